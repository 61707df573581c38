//! The sections of the file: what they hold, what is the default, and what is not allowed.

use super::bucket::WrittenBucket;
use super::gssapi::WrittenGssapi;
use super::scheduler::{TAG_RULE, is_tag};
use super::{Config, ConfigError, DatabaseUrl, Origin, Scheduler, Surroundings, WebAddress, absolute};
use copr_app::source::distgit::Instance;
use copr_builder::Engine;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The file as it is written: what may be left out is an `Option` where the default depends on something else.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section")]
pub(super) struct Written {
    pub data_dir: Option<PathBuf>,
    #[serde(deserialize_with = "super::address::read_listener")]
    pub listen: SocketAddr,
    pub database: Option<DatabaseUrl>,
    pub public_url: Option<WebAddress>,
    pub results_url: Option<WebAddress>,
    pub vendor: String,
    pub rpm_uploads: bool,
    pub log: Log,
    pub limits: Limits,
    pub builder: WrittenBuilder,
    pub signing: WrittenSigning,
    pub scheduler: Scheduler,
    pub tokens: Tokens,
    pub retention: Retention,
    pub bucket: WrittenBucket,
    pub gssapi: WrittenGssapi,
    pub distgit: Vec<Distgit>,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            data_dir: None,
            // Only this machine can reach it until somebody decides otherwise.
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)),
            database: None,
            public_url: None,
            results_url: None,
            vendor: "Copr".to_owned(),
            rpm_uploads: true,
            log: Log::default(),
            limits: Limits::default(),
            builder: WrittenBuilder::default(),
            signing: WrittenSigning::default(),
            scheduler: Scheduler::default(),
            tokens: Tokens::default(),
            retention: Retention::default(),
            bucket: WrittenBucket::default(),
            gssapi: WrittenGssapi::default(),
            distgit: vec![Distgit::fedora()],
        }
    }
}

/// `[builder]` as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section")]
pub(super) struct WrittenBuilder {
    pub enabled: bool,
    pub workers: Option<u32>,
    pub name: Option<String>,
    pub data_dir: Option<PathBuf>,
    pub arches: Vec<String>,
    pub tags: Vec<String>,
    pub memory_mib: Option<u64>,
    pub tools_dir: PathBuf,
    pub private_networks: bool,
    pub engine: Engine,
    pub cache_mib: u64,
}

impl Default for WrittenBuilder {
    fn default() -> Self {
        Self {
            enabled: true,
            workers: None,
            name: None,
            data_dir: None,
            arches: Vec::new(),
            tags: Vec::new(),
            memory_mib: None,
            tools_dir: PathBuf::new(),
            private_networks: true,
            engine: Engine::Native,
            cache_mib: 20_480,
        }
    }
}

/// `[signing]` as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section")]
pub(super) struct WrittenSigning {
    pub key_type: KeyType,
    pub email_domain: Option<String>,
    pub key_days: u32,
    pub socket: PathBuf,
}

impl Default for WrittenSigning {
    fn default() -> Self {
        Self { key_type: KeyType::Rsa4096, email_domain: None, key_days: 0, socket: PathBuf::new() }
    }
}

impl Written {
    /// Fills in what depends on something else.
    pub fn resolve(self, surroundings: &Surroundings, origin: Origin) -> Result<Config, ConfigError> {
        let data_dir = match self.data_dir {
            Some(given) => absolute(&given)?,
            None => surroundings.default_data_dir("coprd")?,
        };
        let database = match self.database {
            Some(given) => given,
            None => DatabaseUrl::sqlite(&data_dir.join("coprd.sqlite")).ok_or(ConfigError::NoDataDir)?,
        };
        let public_url = self.public_url.unwrap_or_else(|| WebAddress::of_listener(self.listen));
        let results_url = self.results_url.unwrap_or_else(|| public_url.join("results"));
        let domain = public_url.domain().unwrap_or("localhost").trim_end_matches('.').to_owned();
        // Builds are processor-bound and parallel inside: more than one at a time needs more than two processors.
        let workers = u32::try_from(surroundings.processors / 2).unwrap_or(u32::MAX).max(1);
        let builder = BuilderSettings {
            enabled: self.builder.enabled,
            workers: self.builder.workers.unwrap_or(workers),
            name: self.builder.name.unwrap_or_else(|| surroundings.hostname.clone()),
            data_dir: match self.builder.data_dir {
                Some(given) => absolute(&given)?,
                None => data_dir.join("builder"),
            },
            arches: self.builder.arches,
            tags: self.builder.tags,
            memory_mib: self.builder.memory_mib.unwrap_or(surroundings.memory_mib.max(1)),
            tools_dir: match self.builder.tools_dir {
                none if none.as_os_str().is_empty() => None,
                given => Some(absolute(&given)?),
            },
            private_networks: self.builder.private_networks,
            engine: self.builder.engine,
            cache_mib: self.builder.cache_mib,
        };
        let gssapi = self.gssapi.resolve(&domain)?;
        let signing = Signing {
            key_type: self.signing.key_type,
            email_domain: self.signing.email_domain.unwrap_or(domain),
            key_days: self.signing.key_days,
            socket: match self.signing.socket {
                none if none.as_os_str().is_empty() => None,
                given => Some(absolute(&given)?),
            },
        };
        Ok(Config {
            data_dir,
            listen: self.listen,
            database,
            public_url,
            results_url,
            vendor: self.vendor,
            rpm_uploads: self.rpm_uploads,
            log: self.log,
            limits: self.limits,
            builder,
            signing,
            scheduler: self.scheduler,
            tokens: self.tokens,
            retention: self.retention,
            bucket: self.bucket.resolve()?,
            gssapi,
            distgit: self.distgit,
            origin,
        })
    }
}

pub(super) fn rule<T>(key: &'static str, rule: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError::Rule { key, rule: rule.into() })
}

pub(super) fn at_least(key: &'static str, value: u64, least: u64) -> Result<(), ConfigError> {
    if value < least { rule(key, format!("must be at least {least}, not {value}")) } else { Ok(()) }
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section")]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`, also per part: `info,copr_builder=debug`.
    pub level: String,
    /// The form of a line.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

impl Log {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match tracing_subscriber::EnvFilter::try_new(&self.level) {
            Ok(_) if !self.level.trim().is_empty() => Ok(()),
            _ => rule(
                "log.level",
                "must be `error`, `warn`, `info`, `debug` or `trace`, also per part: `info,copr_builder=debug`",
            ),
        }
    }
}

/// The form of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Limits of uploads and builds. Sizes are MiB, times are seconds; where it says so, 0 means no limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section")]
pub struct Limits {
    /// Largest body of a request.
    pub upload_max_mib: u64,
    /// Time of a build that does not ask for another.
    pub default_timeout: u64,
    /// Longest time that a build may ask for.
    pub max_timeout: u64,
    /// Memory of a build; 0: none.
    pub memory_mib: u64,
    /// Processes and threads of a build at one time; 0: none.
    pub processes: u64,
    /// Disk that a build may fill; 0: none.
    pub disk_mib: u64,
    /// Size of a build's log; 0: none.
    pub log_mib: u64,
    /// Size of one file that a build downloads or makes; 0: none.
    pub file_mib: u64,
    /// Packages of a project that anybody may fork; administrators fork larger ones.
    pub fork_packages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            upload_max_mib: 8192,
            // Both as in Copr: five hours, thirty hours.
            default_timeout: 18_000,
            max_timeout: 108_000,
            memory_mib: 4096,
            processes: 4096,
            disk_mib: 16_384,
            log_mib: 64,
            file_mib: 4096,
            fork_packages: 1000,
        }
    }
}

impl Limits {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        at_least("limits.upload_max_mib", self.upload_max_mib, 1)?;
        at_least("limits.default_timeout", self.default_timeout, 1)?;
        if self.default_timeout > self.max_timeout {
            return rule(
                "limits.default_timeout",
                format!("is {}: more than `limits.max_timeout`, {}", self.default_timeout, self.max_timeout),
            );
        }
        if self.processes > 0 {
            // Fewer are not enough for make, the compiler and the shells between them.
            at_least("limits.processes", self.processes, 16)?;
        }
        Ok(())
    }
}

/// The builder inside `coprd serve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuilderSettings {
    /// Whether there is one.
    pub enabled: bool,
    /// Builds at one time.
    pub workers: u32,
    /// Its name for people.
    pub name: String,
    /// Where its buildroots and caches are. Absolute.
    pub data_dir: PathBuf,
    /// Architectures it builds for; none named means all that the processor can.
    pub arches: Vec<String>,
    /// What it is called besides.
    pub tags: Vec<String>,
    /// Memory that it has for all that it builds at one time, MiB.
    pub memory_mib: u64,
    /// A directory with further programs that make sources, in `bin` below it. Absolute; written as an empty text where
    /// there is none.
    #[serde(serialize_with = "super::gssapi::path_or_empty")]
    pub tools_dir: Option<PathBuf>,
    /// Whether sources may be fetched from this machine and from private networks.
    pub private_networks: bool,
    /// What builds packages.
    pub engine: Engine,
    /// MiB that kept buildroots, downloaded packages and metadata may take together.
    pub cache_mib: u64,
}

impl BuilderSettings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.workers == 0 {
            return rule("builder.workers", "must be at least 1; write `builder.enabled = false` for no builder");
        }
        if self.name.trim().is_empty() || self.name.chars().any(char::is_control) {
            return rule("builder.name", "must be a name of one line");
        }
        // Less than a buildroot with a compiler would be made anew for each build.
        at_least("builder.cache_mib", self.cache_mib, 512)?;
        if let Some(tag) = self.tags.iter().find(|tag| !is_tag(tag)) {
            return rule("builder.tags", format!("has `{tag}`: {TAG_RULE}"));
        }
        at_least("builder.memory_mib", self.memory_mib, 1)?;
        match self.arches.iter().find(|arch| !is_arch(arch)) {
            Some(arch) => rule("builder.arches", format!("has `{arch}`: write architectures such as `x86_64`")),
            None => Ok(()),
        }
    }
}

pub(super) fn is_arch(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Keys of projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signing {
    /// Their algorithm.
    pub key_type: KeyType,
    /// A key is for `<owner>#<project>@copr.<this>`.
    pub email_domain: String,
    /// Days that a key is valid for; it is extended at half time. 0: for good.
    pub key_days: u32,
    /// Where another process signs, which has the keys (`coprd signer`). Absolute; written as an empty text where this process has
    /// them itself.
    #[serde(serialize_with = "super::gssapi::path_or_empty")]
    pub socket: Option<PathBuf>,
}

impl Signing {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        // Less would be over before machines look again, more is for good.
        if self.key_days > 0 && !(30..=36_500).contains(&self.key_days) {
            return rule("signing.key_days", format!("must be 0 or from 30 to 36500, not {}", self.key_days));
        }
        check_domain("signing.email_domain", &self.email_domain)
    }
}

pub(super) fn check_domain(key: &'static str, domain: &str) -> Result<(), ConfigError> {
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if !domain.split('.').all(label) {
        return rule(key, "must be a domain such as `example.org`");
    }
    Ok(())
}

/// The algorithm of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// RSA, 4096 bits: every rpm can check it.
    Rsa4096,
    /// RSA, 3072 bits: faster to make and to sign with.
    Rsa3072,
    /// Ed25519: fast and small; rpm 4.16 and later.
    Ed25519,
}

/// Tokens of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section")]
pub struct Tokens {
    /// Their life in days.
    pub life_days: u32,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { life_days: 180 }
    }
}

impl Tokens {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        at_least("tokens.life_days", self.life_days.into(), 1)?;
        if self.life_days > 36_500 {
            return rule("tokens.life_days", format!("must be at most 36500, not {}", self.life_days));
        }
        Ok(())
    }
}

/// How long what nobody needs any more is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section")]
pub struct Retention {
    /// Days that the results of a chroot are kept after its project dropped it.
    pub dropped_chroot_days: u32,
    /// Days that a pull request's directory is kept after the last build into it.
    pub pr_dir_days: u32,
    /// Days that events are kept.
    pub event_days: u32,
    /// Days that old versions of packages, and results without packages, are kept.
    pub prune_days: u32,
    /// Seconds that superseded repository metadata is kept for readers that have begun with it.
    pub old_metadata_seconds: u64,
    /// Seconds that a superseded generation of a repository is kept, with the packages that it lists.
    pub generation_seconds: u64,
    /// Generations of a repository that are remembered beyond that, while all of their packages are there.
    pub generations: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            dropped_chroot_days: 7,
            pr_dir_days: 40,
            event_days: 30,
            prune_days: 14,
            old_metadata_seconds: 3600,
            generation_seconds: 600,
            generations: 100,
        }
    }
}

impl Retention {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        // A pull request's directory outlives its first build, and watchers read what happened before it is forgotten.
        at_least("retention.pr_dir_days", self.pr_dir_days.into(), 1)?;
        at_least("retention.event_days", self.event_days.into(), 1)?;
        at_least("retention.prune_days", self.prune_days.into(), 1)?;
        // dnf reads repomd.xml and then, one after the other, the files that it names.
        at_least("retention.old_metadata_seconds", self.old_metadata_seconds, 60)?;
        at_least("retention.generations", self.generations.into(), 1)
    }
}

/// `%vendor` becomes a tag of every package.
pub(super) fn check_vendor(vendor: &str) -> Result<(), ConfigError> {
    if vendor.trim().is_empty() || vendor.chars().any(|c| c.is_control() || c == '%') {
        return rule("vendor", "must be text of one line without `%`");
    }
    Ok(())
}

/// A dist-git that packages can come from. The first one is meant when nobody names one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section")]
pub struct Distgit {
    /// What clients call it.
    pub name: String,
    /// Address of a package's repository, with `{package}` and perhaps `{namespace}`; a part in square brackets is left
    /// out when nobody names a namespace.
    pub clone_url: String,
    /// Address of a file in its look-aside cache, with `{filename}`, `{hashtype}` and `{hash}`, too.
    pub lookaside_url: String,
}

impl Distgit {
    fn fedora() -> Self {
        let Instance { name, clone_url, lookaside_url } = Instance::fedora();
        Self { name, clone_url, lookaside_url }
    }

    /// The same as the use cases have it.
    pub fn instance(&self) -> Instance {
        let Self { name, clone_url, lookaside_url } = self.clone();
        Instance { name, clone_url, lookaside_url }
    }
}

pub(super) fn check_distgits(distgits: &[Distgit]) -> Result<(), ConfigError> {
    for (number, distgit) in distgits.iter().enumerate() {
        let name = &distgit.name;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
            return rule("distgit.name", "must be letters, digits and the characters `-_.`");
        }
        if distgits[..number].iter().any(|other| other.name == *name) {
            return rule("distgit.name", format!("has `{name}` twice"));
        }
        let lacks = |pattern: &str, places: &[&str]| {
            let address = ["https://", "http://"].iter().any(|scheme| pattern.starts_with(scheme));
            !address || places.iter().any(|place| !pattern.contains(place))
        };
        if lacks(&distgit.clone_url, &["{package}"]) {
            return rule("distgit.clone_url", "must be an http or https address with `{package}` in it");
        }
        if lacks(&distgit.lookaside_url, &["{filename}", "{hash}"]) {
            let wanted = "must be an http or https address with `{filename}` and `{hash}` in it";
            return rule("distgit.lookaside_url", wanted);
        }
    }
    Ok(())
}
