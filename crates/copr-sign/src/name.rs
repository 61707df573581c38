//! Names of keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// The name of a key, fit to be a file's name: `alice#hello@copr.example.org`, `@group#project`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyName(String);

impl KeyName {
    /// Takes 1 to 200 ASCII letters, digits and `-_.@#+:`, not beginning with a dot.
    pub fn new(name: impl Into<String>) -> Result<KeyName, Error> {
        let name = name.into();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@#+:".contains(&byte);
        if name.is_empty() || name.len() > 200 || name.starts_with('.') || !name.bytes().all(fits) {
            let rule = "1 to 200 letters, digits and -_.@#+: not beginning with a dot";
            return Err(Error::BadKeyName { name, rule });
        }
        Ok(KeyName(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = Error;

    fn from_str(name: &str) -> Result<KeyName, Error> {
        KeyName::new(name)
    }
}

impl TryFrom<String> for KeyName {
    type Error = Error;

    fn try_from(name: String) -> Result<KeyName, Error> {
        KeyName::new(name)
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> String {
        name.0
    }
}
