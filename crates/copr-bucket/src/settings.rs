//! Where a bucket is, and who may use it.

use secrecy::SecretString;
use std::time::Duration;

/// Where a bucket is, and who may use it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bucket's name.
    pub bucket: String,
    /// What all names begin with, so that a bucket can be shared; no `/` at the ends, may be empty.
    pub prefix: String,
    /// The address of the service; none is Amazon's of the region.
    pub endpoint: Option<String>,
    /// The region; most other services take any word.
    pub region: String,
    /// The key's name. None takes the credentials that the machine has from its surroundings (a role of the instance or
    /// of the container).
    pub access_key: Option<String>,
    /// The key itself.
    pub secret_key: Option<SecretString>,
    /// Whether the bucket's name is in the host's name and not in the path.
    pub virtual_host: bool,
    /// Whether the address may be `http://`: for services on the same machine.
    pub allow_http: bool,
    /// How long one request may take.
    pub timeout: Duration,
    /// How long requests are tried again that failed through the service's fault.
    pub retry: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bucket: String::new(),
            prefix: String::new(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key: None,
            secret_key: None,
            virtual_host: false,
            allow_http: false,
            timeout: Duration::from_secs(60),
            retry: Duration::from_secs(30),
        }
    }
}
