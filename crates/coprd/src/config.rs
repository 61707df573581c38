//! The configuration: one TOML file, the environment, the command line.
//!
//! The command line wins over the environment, the environment over the file, the file over the defaults. Keys that
//! nobody knows are refused wherever they come from. `docs/configuration.md` explains every key; a test keeps it in step.

mod address;
mod bucket;
mod database;
mod document;
mod environment;
mod error;
mod gssapi;
mod keys;
mod scheduler;
mod sections;
mod warnings;

pub use address::{WebAddress, listener};
pub use bucket::Bucket;
pub use database::{DatabaseUrl, Engine};
pub use error::ConfigError;
pub use gssapi::Gssapi;
pub use scheduler::Scheduler;
pub use sections::{BuilderSettings, Distgit, KeyType, Limits, Log, LogFormat, Retention, Signing, Tokens};

use document::Document;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The name of the configuration file that is looked for in the data directory.
pub const FILE_NAME: &str = "coprd.toml";

/// The configuration as it is in force, with every default filled in.
///
/// Serialised it is a configuration file that means the same, but for secrets, which are hidden.
#[derive(Clone, Debug, Serialize)]
pub struct Config {
    /// Everything the service keeps is below this directory (but for PostgreSQL). Absolute.
    pub data_dir: PathBuf,
    /// Where the web server listens. Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The database.
    pub database: DatabaseUrl,
    /// The address that people and clients use.
    pub public_url: WebAddress,
    /// The address of the results, where it is not the service itself that serves them.
    pub results_url: WebAddress,
    /// Who is named as the packages' vendor, before the project: `Copr - user ada`.
    pub vendor: String,
    /// Whether clients may upload binary packages that were built elsewhere.
    pub rpm_uploads: bool,
    /// What is logged.
    pub log: Log,
    /// Limits of uploads and builds.
    pub limits: Limits,
    /// The builder inside `coprd serve`.
    pub builder: BuilderSettings,
    /// Keys of projects.
    pub signing: Signing,
    /// How tasks are handed out.
    pub scheduler: Scheduler,
    /// Tokens of the API.
    pub tokens: Tokens,
    /// How long what nobody needs any more is kept.
    pub retention: Retention,
    /// The bucket that published repositories are in too.
    pub bucket: Bucket,
    /// Login by Kerberos.
    pub gssapi: Gssapi,
    /// Dist-gits that packages can come from, the preferred one first.
    pub distgit: Vec<Distgit>,
    #[serde(skip)]
    origin: Origin,
}

/// Where a configuration came from.
#[derive(Clone, Debug, Default)]
struct Origin {
    file: Option<PathBuf>,
    variables: Vec<String>,
    public_url_given: bool,
    results_url_given: bool,
}

/// What the command line says. `None` leaves it to the environment, the file and the defaults.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--database`.
    pub database: Option<String>,
    /// `--no-builder`.
    pub no_builder: bool,
}

/// What the configuration needs to know of the process it is read in.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The variables of the environment.
    pub variables: BTreeMap<String, String>,
    /// Whether root runs it.
    pub root: bool,
    /// The machine's name.
    pub hostname: String,
    /// How many processors there are.
    pub processors: usize,
    /// How much memory it has, MiB.
    pub memory_mib: u64,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_this_process() -> Result<Self, ConfigError> {
        let hostname = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
        Ok(Self {
            variables: environment::variables()?,
            root: nix::unistd::geteuid().is_root(),
            hostname: hostname.unwrap_or_else(|| "localhost".to_owned()),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: copr_builder::memory_mib(),
        })
    }

    /// Where a program keeps its state when nobody says otherwise: `/var/lib/<name>` for root,
    /// `$XDG_DATA_HOME/<name>` or `~/.local/share/<name>` for others.
    pub fn default_data_dir(&self, name: &str) -> Result<PathBuf, ConfigError> {
        // The XDG base directory specification: a relative path in the variable is to be ignored.
        let absolute =
            |variable: &str| self.variables.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        if self.root {
            return Ok(Path::new("/var/lib").join(name));
        }
        absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
            .map(|parent| parent.join(name))
            .ok_or(ConfigError::NoDataDir)
    }
}

impl Config {
    /// Reads it from everywhere.
    pub fn load(flags: &Flags, surroundings: &Surroundings) -> Result<Self, ConfigError> {
        let variables = environment::settings(&surroundings.variables)?;
        let (file, mut document) = find_document(flags, surroundings)?;
        for variable in &variables {
            document.set_variable(variable)?;
        }
        let written = document.with_flags(flags)?;
        let origin = Origin {
            file,
            variables: variables.into_iter().map(|variable| variable.name).collect(),
            public_url_given: written.public_url.is_some(),
            results_url_given: written.results_url.is_some(),
        };
        let config = written.resolve(surroundings, origin)?;
        config.check()?;
        Ok(config)
    }

    /// The file it was read from, if any.
    pub fn file(&self) -> Option<&Path> {
        self.origin.file.as_deref()
    }

    /// The variables of the environment that it was read from.
    pub fn variables(&self) -> &[String] {
        &self.origin.variables
    }

    /// The same once the address is known that the server got, which matters when it asked for port 0.
    pub fn bound_to(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        if !self.origin.public_url_given {
            self.public_url = WebAddress::of_listener(address);
        }
        if !self.origin.results_url_given {
            self.results_url = self.public_url.join("results");
        }
        self
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.log.check()?;
        self.limits.check()?;
        self.builder.check()?;
        self.signing.check()?;
        self.scheduler.check()?;
        self.tokens.check()?;
        self.retention.check()?;
        self.bucket.check()?;
        self.gssapi.check()?;
        sections::check_distgits(&self.distgit)?;
        sections::check_vendor(&self.vendor)
    }
}

/// The file that is asked for, or the one in the data directory, or none.
fn find_document(flags: &Flags, surroundings: &Surroundings) -> Result<(Option<PathBuf>, Document), ConfigError> {
    let variable = |name: &str| surroundings.variables.get(name).map(PathBuf::from);
    if let Some(asked) = flags.config.clone().or_else(|| variable("COPRD_CONFIG")) {
        let file = absolute(&asked)?;
        let document = Document::open(&file)?;
        return Ok((Some(file), document));
    }
    let given = flags.data_dir.clone().or_else(|| variable("COPRD_DATA_DIR"));
    let data_dir = match given {
        Some(given) => absolute(&given)?,
        None => match surroundings.default_data_dir("coprd") {
            Ok(default) => default,
            Err(_) => return Ok((None, Document::empty())),
        },
    };
    let file = data_dir.join(FILE_NAME);
    if !file.exists() {
        return Ok((None, Document::empty()));
    }
    let document = Document::open(&file)?;
    document.stays_in(&data_dir)?;
    Ok((Some(file), document))
}

fn absolute(path: &Path) -> Result<PathBuf, ConfigError> {
    std::path::absolute(path).map_err(|source| ConfigError::Path { path: path.to_owned(), source })
}
