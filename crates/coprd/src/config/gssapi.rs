//! `[gssapi]`: login by Kerberos.

use super::sections::{check_domain, rule};
use super::{ConfigError, absolute};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `[gssapi]` as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section")]
pub(super) struct WrittenGssapi {
    pub keytab: PathBuf,
    pub service: String,
    pub create_accounts: bool,
    pub email_domain: Option<String>,
    pub deny: Vec<String>,
}

impl Default for WrittenGssapi {
    fn default() -> Self {
        let (service, deny) = ("HTTP".to_owned(), Vec::new());
        Self { keytab: PathBuf::new(), service, create_accounts: false, email_domain: None, deny }
    }
}

impl WrittenGssapi {
    /// Fills in what depends on something else; `domain` is that of the service.
    pub fn resolve(self, domain: &str) -> Result<Gssapi, ConfigError> {
        let named = !self.keytab.as_os_str().is_empty();
        Ok(Gssapi {
            keytab: if named { Some(absolute(&self.keytab)?) } else { None },
            service: self.service,
            create_accounts: self.create_accounts,
            email_domain: self.email_domain.unwrap_or_else(|| domain.to_owned()),
            deny: self.deny,
        })
    }
}

/// Login by Kerberos.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gssapi {
    /// The file with the service's key, absolute; written as an empty text where nobody logs in by Kerberos.
    #[serde(serialize_with = "path_or_empty")]
    pub keytab: Option<PathBuf>,
    /// The first part of the service's principal.
    pub service: String,
    /// Whether the first login makes an account.
    pub create_accounts: bool,
    /// Domain of the mail addresses of such accounts.
    pub email_domain: String,
    /// Patterns of principals that are not let in.
    pub deny: Vec<String>,
}

pub(super) fn path_or_empty<S: serde::Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.clone().unwrap_or_default().serialize(serializer)
}

impl Gssapi {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let word = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if self.service.is_empty() || !self.service.chars().all(word) {
            return rule("gssapi.service", "must be the first part of the service's principal, usually `HTTP`");
        }
        check_domain("gssapi.email_domain", &self.email_domain)?;
        self.denied().map(drop)
    }

    /// The patterns, parsed.
    pub fn denied(&self) -> Result<Vec<glob::Pattern>, ConfigError> {
        let parse = |text: &String| {
            let wrong = |error: glob::PatternError| {
                let rule = format!("has `{text}`, which is no pattern: {}", error.msg);
                ConfigError::Rule { key: "gssapi.deny", rule }
            };
            glob::Pattern::new(text).map_err(wrong)
        };
        self.deny.iter().map(parse).collect()
    }
}
