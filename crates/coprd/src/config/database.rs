use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use url::Url;

/// The address of a database. Its `Display`, `Debug` and `Serialize` hide the password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl {
    text: String,
    engine: Engine,
}

/// The kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

const HIDDEN: &str = "hidden";

impl DatabaseUrl {
    /// The SQLite database in a file, whose path must be absolute.
    pub fn sqlite(file: &Path) -> Option<Self> {
        // SQLite's path is percent-encoded in the address, just as that of `file:`.
        let url = Url::from_file_path(file).ok()?;
        Some(Self { text: format!("sqlite://{}", url.path()), engine: Engine::Sqlite })
    }

    /// The file, when it is SQLite.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let path = self.text.strip_prefix("sqlite://")?;
        Url::parse(&format!("file://{path}")).ok()?.to_file_path().ok()
    }

    /// The whole address with its password: for the connection alone.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The kind of database.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Whether a password stands in it.
    pub fn has_password(&self) -> bool {
        self.hidden() != self.text
    }

    fn hidden(&self) -> String {
        let Ok(mut url) = Url::parse(&self.text) else { return HIDDEN.to_owned() };
        let is_secret = |key: &str| key.to_ascii_lowercase().contains("password");
        if url.password().is_none() && !url.query_pairs().any(|(key, _)| is_secret(&key)) {
            return self.text.clone();
        }
        if url.password().is_some() && url.set_password(Some(HIDDEN)).is_err() {
            return HIDDEN.to_owned();
        }
        // Rewritten only when a secret is in it: writing the query anew may encode it differently.
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        if query.iter().any(|(key, _)| is_secret(key)) {
            let shown = query.iter().map(|(key, value)| (key, if is_secret(key) { HIDDEN } else { value.as_str() }));
            url.query_pairs_mut().clear().extend_pairs(shown);
        }
        url.to_string()
    }
}

impl DatabaseUrl {
    /// Whether the database is a file of this machine.
    pub fn is_sqlite(&self) -> bool {
        self.engine == Engine::Sqlite
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    /// Says the rule without the text: it may hold a password.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        const RULE: &str = "write `postgres://user@host/database` or `sqlite:///absolute/path`";
        let engine = match text.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => Engine::Postgres,
            Some("sqlite") if text.starts_with("sqlite:///") => Engine::Sqlite,
            _ => return Err(RULE),
        };
        if Url::parse(text).is_err() || text.len() <= "postgres://".len() {
            return Err(RULE);
        }
        Ok(Self { text: text.to_owned(), engine })
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hidden())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
