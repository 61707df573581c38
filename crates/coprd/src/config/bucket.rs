//! `[bucket]`: an S3-compatible bucket that published repositories are in too.

use super::sections::rule;
use super::{ConfigError, WebAddress, absolute};
use copr_bucket::Settings;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `[bucket]` as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section")]
pub(super) struct WrittenBucket {
    pub name: String,
    pub prefix: String,
    pub endpoint: String,
    pub region: String,
    pub access_key: String,
    pub secret_key_file: PathBuf,
    pub virtual_host: bool,
    pub public_url: String,
}

impl Default for WrittenBucket {
    fn default() -> Self {
        Self {
            name: String::new(),
            prefix: String::new(),
            endpoint: String::new(),
            region: "us-east-1".to_owned(),
            access_key: String::new(),
            secret_key_file: PathBuf::new(),
            virtual_host: false,
            public_url: String::new(),
        }
    }
}

impl WrittenBucket {
    pub fn resolve(self) -> Result<Bucket, ConfigError> {
        let named = !self.secret_key_file.as_os_str().is_empty();
        Ok(Bucket {
            name: self.name,
            prefix: self.prefix,
            endpoint: address("bucket.endpoint", &self.endpoint)?,
            region: self.region,
            access_key: self.access_key,
            secret_key_file: if named { Some(absolute(&self.secret_key_file)?) } else { None },
            virtual_host: self.virtual_host,
            public_url: address("bucket.public_url", &self.public_url)?,
        })
    }
}

/// An address; none where the text is empty.
fn address(key: &'static str, text: &str) -> Result<Option<WebAddress>, ConfigError> {
    let wrong = |rule: String| ConfigError::Rule { key, rule: format!("must be an address: {rule}") };
    (!text.is_empty())
        .then(|| WebAddress::try_from(text.to_owned()).map_err(|error| wrong(error.to_string())))
        .transpose()
}

fn address_or_empty<S: serde::Serializer>(address: &Option<WebAddress>, serializer: S) -> Result<S::Ok, S::Error> {
    address.as_ref().map(WebAddress::as_str).unwrap_or_default().serialize(serializer)
}

/// The bucket that published repositories are in too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// Its name; empty for none.
    pub name: String,
    /// What all names in it begin with.
    pub prefix: String,
    /// The address of the service; none is Amazon's of the region.
    #[serde(serialize_with = "address_or_empty")]
    pub endpoint: Option<WebAddress>,
    /// The region.
    pub region: String,
    /// The name of the key; empty takes the credentials that the machine has from its surroundings.
    pub access_key: String,
    /// A file with the key itself, absolute; written as an empty text where there is none.
    #[serde(serialize_with = "super::gssapi::path_or_empty")]
    pub secret_key_file: Option<PathBuf>,
    /// Whether the bucket's name is in the host's name and not in the path.
    pub virtual_host: bool,
    /// Where everybody may read the bucket, below its prefix; none has readers sent to signed addresses.
    #[serde(serialize_with = "address_or_empty")]
    pub public_url: Option<WebAddress>,
}

impl Bucket {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
        if !plain(&self.name) || self.name.contains('/') {
            return rule("bucket.name", "must be letters, digits and the characters `-_.`");
        }
        if !plain(&self.prefix) || self.prefix.split('/').any(|part| part == "..") {
            return rule("bucket.prefix", "must be letters, digits and the characters `-_./`");
        }
        if self.access_key.is_empty() != self.secret_key_file.is_none() {
            return rule("bucket.secret_key_file", "must be given with `bucket.access_key`, and only then");
        }
        Ok(())
    }

    /// The same as the library has it, with the secret read; none where no bucket is named.
    pub fn settings(&self) -> Result<Option<Settings>, ConfigError> {
        if self.name.is_empty() {
            return Ok(None);
        }
        let secret = match &self.secret_key_file {
            Some(path) => {
                let read = |source| ConfigError::Read { path: path.clone(), source };
                Some(std::fs::read_to_string(path).map_err(read)?.trim().to_owned().into())
            }
            None => None,
        };
        let endpoint = self.endpoint.as_ref().map(|address| address.as_str().to_owned());
        Ok(Some(Settings {
            bucket: self.name.clone(),
            prefix: self.prefix.clone(),
            // An address without TLS was written down on purpose.
            allow_http: endpoint.as_ref().is_some_and(|address| address.starts_with("http://")),
            endpoint,
            region: self.region.clone(),
            access_key: (!self.access_key.is_empty()).then(|| self.access_key.clone()),
            secret_key: secret,
            virtual_host: self.virtual_host,
            ..Settings::default()
        }))
    }
}
