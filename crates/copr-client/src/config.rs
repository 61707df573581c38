//! Where the service is and who we are.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

use crate::ini::{self, Section};

/// What is asked where nobody says anything else: the Fedora project's public service.
const PUBLIC: &str = "https://copr.fedorainfracloud.org";
/// The section that all clients of Copr share.
const SECTION: &str = "copr-cli";

/// A configuration that is no good, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}{problem}", place(path.as_deref(), *line))]
pub struct ConfigError {
    /// The file, if it came from one.
    pub path: Option<PathBuf>,
    /// The line in it, from 1.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub problem: String,
}

fn place(path: Option<&Path>, line: Option<usize>) -> String {
    match (path, line) {
        (Some(path), Some(line)) => format!("`{}`, line {line}: ", path.display()),
        (Some(path), None) => format!("`{}`: ", path.display()),
        (None, _) => String::new(),
    }
}

/// A text that does not appear in logs.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("\"…\"")
    }
}

/// What is shown to the service so that it knows who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// Nothing. Everything can be read, nothing changed.
    None,
    /// An API token, from the service's page `/api`.
    Token {
        /// Its name; not the user's.
        login: String,
        /// The token.
        token: Secret,
    },
    /// The cookie `session` of somebody who has logged in.
    Session(Secret),
}

/// Where the service is, who we are, and how much patience there is.
///
/// ```
/// use copr_client::Config;
///
/// let config = Config::new("https://copr.example.org")?.token("login", "secret").username("alice").attempts(5);
/// # Ok::<(), copr_client::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) url: Url,
    pub(crate) username: Option<String>,
    pub(crate) credentials: Credentials,
    pub(crate) gssapi: bool,
    pub(crate) attempts: u32,
    pub(crate) timeout: Duration,
    pub(crate) user_agent: String,
}

impl Config {
    /// A service by its address, such as `https://copr.example.org`, without the `/api_3`.
    pub fn new(url: &str) -> Result<Self, ConfigError> {
        let problem = |problem| ConfigError { path: None, line: None, problem };
        Self::of(url).map_err(problem)
    }

    fn of(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("`{text}` is no address: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("`{text}` does not begin with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address with a password in it\nhint: use `login` and `token`".to_owned());
        }
        Ok(Self {
            url,
            username: None,
            credentials: Credentials::None,
            gssapi: false,
            attempts: 3,
            timeout: Duration::from_secs(300),
            user_agent: concat!("copr-client/", env!("CARGO_PKG_VERSION")).to_owned(),
        })
    }

    /// The Fedora project's public service, as nobody.
    ///
    /// With [`Result::or_else`] it is what is asked when a file is missing.
    pub fn public() -> Result<Self, ConfigError> {
        Self::new(PUBLIC)
    }

    /// From `~/.config/copr`. When there is no such file: the Fedora project's public service, as nobody.
    pub fn from_default_file() -> Result<Self, ConfigError> {
        Self::of_home(std::env::home_dir())
    }

    fn of_home(home: Option<PathBuf>) -> Result<Self, ConfigError> {
        match home.map(|home| home.join(".config/copr")) {
            Some(path) if path.exists() => Self::from_file(path),
            _ => Self::public(),
        }
    }

    /// From a file as copr-cli reads it: the section `[copr-cli]` with `copr_url`, `login`, `token`, `username`,
    /// `encrypted`, `gssapi` and `connection_attempts`.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let problem = |line, problem| ConfigError { path: Some(path.to_owned()), line, problem };
        let text = std::fs::read_to_string(path).map_err(|error| problem(None, error.to_string()))?;
        Self::from_text(&text).map_err(|(line, text)| problem(line, text))
    }

    fn from_text(text: &str) -> Result<Self, (Option<usize>, String)> {
        let section = ini::section(text, SECTION).map_err(|(line, problem)| (Some(line), problem))?;
        let Some(section) = section else {
            return Err((None, format!("there is no section [{SECTION}]")));
        };
        let Some((line, url)) = section.get("copr_url") else {
            return Err((Some(section.line), format!("`copr_url` is missing in [{SECTION}]")));
        };
        let mut config = Self::of(url).map_err(|problem| (Some(line), problem))?;
        let encrypted = section.boolean("encrypted").map_err(|(line, problem)| (Some(line), problem))?;
        if config.url.scheme() == "http" && encrypted.unwrap_or(true) {
            let problem = format!("`{url}` is not encrypted\nhint: where that is right, `encrypted = False` says so");
            return Err((Some(line), problem));
        }
        config.username = section.get("username").map(|(_, name)| name.to_owned());
        config.credentials = credentials(&section)?;
        config.gssapi = section.boolean("gssapi").map_err(|(line, problem)| (Some(line), problem))?.unwrap_or(false);
        if let Some((line, number)) = section.get("connection_attempts") {
            let number = number.parse().map_err(|_| (Some(line), format!("`{number}` is not a number")))?;
            config = config.attempts(number);
        }
        Ok(config)
    }

    /// Sets the API token.
    pub fn token(self, login: impl Into<String>, token: impl Into<Secret>) -> Self {
        self.credentials(Credentials::Token { login: login.into(), token: token.into() })
    }

    /// Sets what is shown to the service.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// Sets whether calls of version 3 that need credentials get them by Kerberos where there are none; they do not unless
    /// told. The ticket has to be there (`kinit`), and the crate has to be built with its feature `gssapi`.
    ///
    /// The session that it opens is kept in `~/.cache/copr` for ten hours, where python-copr keeps it, too.
    pub fn gssapi(mut self, wanted: bool) -> Self {
        self.gssapi = wanted;
        self
    }

    /// Sets the name of the user whom the credentials belong to. It is not sent: see
    /// [`General::username`](crate::v3::General::username).
    pub fn username(mut self, name: impl Into<String>) -> Self {
        self.username = Some(name.into());
        self
    }

    /// Sets how often a call is tried when that can do no harm; 3 unless told, 1 at least.
    ///
    /// What only reads is repeated when the connection breaks and when the service answers 5xx; what writes only when no
    /// connection could be made at all.
    pub fn attempts(mut self, number: u32) -> Self {
        self.attempts = number.max(1);
        self
    }

    /// Sets after what time without progress a call is given up; five minutes unless told. An upload of any length is
    /// fine as long as it goes on.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sets what the service is told about the program that calls.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = text.into();
        self
    }

    /// The address of the service.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The name of the user whom the credentials belong to, when it is known.
    pub fn user(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// Whether Kerberos gives credentials where there are none; see [`Config::gssapi`].
    pub fn has_gssapi(&self) -> bool {
        self.gssapi
    }

    /// What is shown to the service.
    pub fn shown(&self) -> &Credentials {
        &self.credentials
    }
}

fn credentials(section: &Section<'_>) -> Result<Credentials, (Option<usize>, String)> {
    match (section.get("login"), section.get("token")) {
        (Some((_, login)), Some((_, token))) => Ok(Credentials::Token { login: login.to_owned(), token: token.into() }),
        (None, None) => Ok(Credentials::None),
        (Some((line, _)), None) => Err((Some(line), "a `login` without `token`".to_owned())),
        (None, Some((line, _))) => Err((Some(line), "a `token` without `login`".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[copr-cli]\nlogin = abc\nusername = alice\ntoken = x=y\ncopr_url = https://copr.example.org\n\
                        # expiration date: 2027-05-19\n";

    fn error(text: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("copr");
        std::fs::write(&path, text).unwrap();
        let error = Config::from_file(&path).unwrap_err().to_string();
        error.replace(&directory.path().display().to_string(), "")
    }

    #[test]
    fn the_file_that_the_service_prints_is_read() {
        let config = Config::from_text(GOOD).unwrap();
        assert_eq!(config.url.as_str(), "https://copr.example.org/");
        assert_eq!(config.username.as_deref(), Some("alice"));
        assert_eq!(config.credentials, Credentials::Token { login: "abc".into(), token: "x=y".into() });
    }

    #[test]
    fn without_a_file_the_public_service_is_read() {
        let home = tempfile::tempdir().unwrap();
        let of_home = || Config::of_home(Some(home.path().to_owned())).unwrap();
        assert_eq!(
            (of_home().url.as_str(), of_home().credentials),
            ("https://copr.fedorainfracloud.org/", Credentials::None)
        );
        std::fs::create_dir(home.path().join(".config")).unwrap();
        std::fs::write(home.path().join(".config/copr"), GOOD).unwrap();
        assert_eq!(of_home().url.as_str(), "https://copr.example.org/");
    }

    #[test]
    fn secrets_are_not_printed() {
        let shown = format!("{:?}", Config::from_text(GOOD).unwrap());
        assert!(!shown.contains("x=y"), "{shown}");
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        assert_eq!(error("[other]\n"), "`/copr`: there is no section [copr-cli]");
        assert_eq!(error("\n[copr-cli]\nlogin=a\n"), "`/copr`, line 2: `copr_url` is missing in [copr-cli]");
        assert_eq!(
            error("[copr-cli]\ncopr_url = nonsense\n").lines().next().unwrap(),
            "`/copr`, line 2: `nonsense` is no address: relative URL without a base"
        );
        assert_eq!(error("[copr-cli]\nnonsense\n"), "`/copr`, line 2: `nonsense` is not of the form `name = value`");
        assert_eq!(error("[copr-cli]\nlogin=a\ncopr_url=https://h\n"), "`/copr`, line 2: a `login` without `token`");
        let plain = error("[copr-cli]\ncopr_url=http://h\n");
        assert_eq!(plain.lines().next().unwrap(), "`/copr`, line 2: `http://h` is not encrypted");
    }

    #[test]
    fn plain_http_has_to_be_allowed() {
        assert!(Config::from_text("[copr-cli]\ncopr_url = http://h\nencrypted = False\n").is_ok());
    }

    #[test]
    fn kerberos_has_to_be_wanted() {
        let config = |more: &str| Config::from_text(&format!("[copr-cli]\ncopr_url = https://h\n{more}")).unwrap();
        assert!(config("gssapi = True").gssapi && !config("gssapi = no").gssapi && !config("").gssapi);
    }

    #[test]
    fn the_number_of_attempts_is_in_the_file() {
        let config = Config::from_text("[copr-cli]\ncopr_url = https://h\nconnection_attempts = 7\n").unwrap();
        assert_eq!(config.attempts, 7);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Config::from_file("/nowhere/copr").unwrap_err();
        assert!(error.to_string().starts_with("`/nowhere/copr`: No such file"), "{error}");
    }
}
