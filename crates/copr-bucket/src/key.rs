//! Names of objects.

use crate::Error;
use object_store::path::Path;
use std::fmt;

/// The longest name that S3 takes, less room for a bucket's prefix.
const MOST_BYTES: usize = 900;

/// A name below the bucket's prefix: parts that are separated by `/`, none of them empty, `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// Takes a name of at most 900 bytes without control characters.
    pub fn new(key: impl Into<String>) -> Result<Key, Error> {
        let key = key.into();
        let refuse = |rule| Err(Error::BadKey { key: key.clone(), rule });
        if key.len() > MOST_BYTES {
            return refuse("at most 900 bytes");
        }
        if key.contains(char::is_control) {
            return refuse("no control characters");
        }
        if key.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return refuse("no part may be empty, `.` or `..`");
        }
        Ok(Key(key))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of something below this one.
    pub fn join(&self, rest: &str) -> Result<Key, Error> {
        Key::new(format!("{self}/{rest}"))
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The path of the library beneath. Never `Path::from`, which writes `~` and `^` as `%7E` and `%5E`.
    pub(crate) fn below(&self, prefix: &str) -> Result<Path, Error> {
        let whole = if prefix.is_empty() { self.0.clone() } else { format!("{prefix}/{}", self.0) };
        Path::parse(&whole).map_err(|_| Error::BadKey { key: self.0.clone(), rule: "the object store can not name it" })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn names_stay_what_they_are() {
        for name in ["a", "results/@group/p:pr:1/x/00000001-a/a-1~rc1^git1-1.x86_64.rpm", "a b/ü+%41"] {
            let key = Key::new(name).expect(name);
            assert_eq!(key.below("").expect(name).as_ref(), name);
            assert_eq!(key.below("copr/live").expect(name).as_ref(), format!("copr/live/{name}"));
        }
    }

    #[test]
    fn no_name_leads_elsewhere() {
        for name in ["", "/", "/a", "a/", "a//b", "a/../b", "./a", "..", "a\nb", &"x".repeat(901)] {
            assert!(Key::new(name).is_err(), "{name}");
        }
    }
}
