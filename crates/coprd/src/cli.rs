//! The command line.

use crate::config::Flags;
use clap::{ArgGroup, Args, Parser, Subcommand};
use copr_types::{ChrootName, GroupAlias, OwnerName, ProjectName, UserName};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Builds RPM packages and publishes them as signed repositories.
#[derive(Debug, Parser)]
#[command(name = "coprd", version, about, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service: web, jobs, scheduler and a builder in one process
    Serve(Serve),
    /// Run a builder for a server elsewhere
    Builder(Builder),
    /// Keep the keys and sign, for a service that has none itself
    Signer(Signer),
    /// Print what the configuration means, and what is questionable about it
    CheckConfig(CheckConfig),
    /// Change users, groups, chroots, builders and keys, also while the service runs
    Admin(Admin),
}

/// Which service is meant.
#[derive(Clone, Debug, Default, Args)]
pub struct Service {
    /// Where the service keeps its state [default: /var/lib/coprd for root, else ~/.local/share/coprd]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file [default: coprd.toml in the data directory, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Database, such as postgres://user@host/name [default: SQLite in the data directory]
    #[arg(long, global = true, value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
}

/// `coprd serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Which service.
    #[command(flatten)]
    pub service: Service,
    /// Address and port to listen on [default: 127.0.0.1:5000]
    #[arg(long, value_name = "ADDR", value_parser = crate::config::listener)]
    pub listen: Option<SocketAddr>,
    /// Run without a builder of its own
    #[arg(long)]
    pub no_builder: bool,
}

/// `coprd builder`
#[derive(Debug, Args)]
pub struct Builder {
    /// Address of the server
    #[arg(long, value_name = "URL")]
    pub server: crate::config::WebAddress,
    /// File with the token that `coprd admin builder add` printed
    #[arg(long, value_name = "FILE")]
    pub token: PathBuf,
    /// Where buildroots and caches go [default: /var/lib/coprd-builder for root, else ~/.local/share/coprd-builder]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Builds at one time [default: half of the processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub workers: Option<u32>,
    /// Its name for people [default: the machine's]
    #[arg(long)]
    pub name: Option<String>,
    /// What it is called besides, for tasks that are for such builders alone; several with commas between them
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// Memory that it has for all that it builds at one time, MiB [default: the machine's]
    #[arg(long, value_name = "MIB")]
    pub memory_mib: Option<u64>,
    /// Further programs that make sources are in `bin` below this directory
    #[arg(long, value_name = "DIR")]
    pub tools_dir: Option<PathBuf>,
    /// Fetch sources from the public internet alone
    #[arg(long)]
    pub no_private_networks: bool,
    /// Build packages with mock, which has to be on the machine
    #[arg(long)]
    pub mock: bool,
    /// MiB that kept buildroots, downloaded packages and metadata may take together [default: 20480]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(512..))]
    pub cache_mib: Option<u64>,
}

/// `coprd signer`
#[derive(Debug, Args)]
pub struct Signer {
    /// Where it listens; what `signing.socket` of the service names
    #[arg(long, value_name = "PATH")]
    pub socket: PathBuf,
    /// Directory of the keys [default: /var/lib/coprd-signer for root, else ~/.local/share/coprd-signer]
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// User who may have things signed, by name or number; several with commas between them [default: the one who runs this]
    #[arg(long, value_name = "USER", value_delimiter = ',')]
    pub allow: Vec<String>,
}

/// `coprd check-config`
#[derive(Debug, Args)]
pub struct CheckConfig {
    /// Which service.
    #[command(flatten)]
    pub service: Service,
}

/// `coprd admin`
#[derive(Debug, Args)]
pub struct Admin {
    /// Which service.
    #[command(flatten)]
    pub service: Service,
    /// What to change.
    #[command(subcommand)]
    pub subject: Subject,
}

/// What `coprd admin` works on.
#[derive(Debug, Subcommand)]
pub enum Subject {
    /// People
    #[command(subcommand)]
    User(UserCommand),
    /// Groups of people who own projects together
    #[command(subcommand)]
    Group(GroupCommand),
    /// Distributions to build for
    #[command(subcommand)]
    Chroot(ChrootCommand),
    /// Work that waits or runs
    #[command(subcommand)]
    Task(TaskCommand),
    /// Builders that may connect
    #[command(subcommand)]
    Builder(BuilderCommand),
    /// Published repositories: whether they tell the truth, and making their metadata anew
    #[command(subcommand)]
    Repo(RepoCommand),
    /// Take old versions out of the repositories now; the service does it each day
    Prune(Prune),
    /// Keys that projects' packages and metadata are signed with
    #[command(subcommand)]
    Key(KeyCommand),
}

/// `coprd admin prune`
#[derive(Debug, Args)]
pub struct Prune {
    /// One project, or all
    #[arg(value_name = "OWNER/PROJECT", value_parser = full_name)]
    pub project: Option<(String, String)>,
    /// Only print what would go
    #[arg(long)]
    pub dry_run: bool,
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Listing {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `coprd admin user`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make a user and print the block for ~/.config/copr
    Create {
        /// Name
        name: UserName,
        /// May do everything, everywhere
        #[arg(long)]
        admin: bool,
        /// Address for mail
        #[arg(long)]
        email: Option<String>,
    },
    /// List users
    List(Listing),
    /// Give a user a new token in place of the old one, and print the block for ~/.config/copr
    Token {
        /// Name
        name: UserName,
    },
    /// Keep a user out; projects stay
    Disable {
        /// Name
        name: UserName,
    },
    /// Let a disabled user in again
    Enable {
        /// Name
        name: UserName,
    },
}

/// `coprd admin group`
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// Make a group
    Create {
        /// Name, without the `@`
        #[arg(value_parser = group)]
        name: GroupAlias,
    },
    /// Put a user into a group
    Add {
        /// Group
        #[arg(value_parser = group)]
        group: GroupAlias,
        /// User
        user: UserName,
    },
    /// Take a user out of a group
    Remove {
        /// Group
        #[arg(value_parser = group)]
        group: GroupAlias,
        /// User
        user: UserName,
    },
    /// List groups and their members
    List(Listing),
}

/// `coprd admin chroot`
#[derive(Debug, Subcommand)]
pub enum ChrootCommand {
    /// List the chroots of the service
    List {
        /// List those of the catalogue too
        #[arg(long)]
        all: bool,
        /// How.
        #[command(flatten)]
        listing: Listing,
    },
    /// Add a chroot: from the catalogue, or from a repository
    Add(ChrootAdd),
    /// Open chroots for builds; those of the catalogue are added first
    Enable {
        /// Names or patterns, such as fedora-44-x86_64 or 'epel-9-*'
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Close chroots for builds; what is built stays
    Disable {
        /// Names or patterns
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Close chroots at the end of their life, and cancel what is still to be built in them
    Eol {
        /// Names or patterns
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Add or change the chroots that a file describes, in the form of the catalogue
    Import {
        /// TOML file
        file: PathBuf,
    },
}

/// `coprd admin chroot add`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("origin").required(true).args(["baseurl", "from_catalogue"]))]
pub struct ChrootAdd {
    /// Name, such as fedora-44-x86_64
    pub name: ChrootName,
    /// Take it as the catalogue has it
    #[arg(long)]
    pub from_catalogue: bool,
    /// Address of the repository that it is installed from
    #[arg(long, value_name = "URL")]
    pub baseurl: Option<String>,
    /// Packages and @groups of the minimal buildroot
    #[arg(long, value_name = "PKG", num_args = 1.., default_value = "@buildsys-build", conflicts_with = "from_catalogue")]
    pub install: Vec<String>,
    /// What $releasever stands for [default: the version in the name]
    #[arg(long, value_name = "VERSION", conflicts_with = "from_catalogue")]
    pub releasever: Option<String>,
    /// Address of the key that the repository's packages are signed with [default: signatures are not checked]
    #[arg(long, value_name = "URL", conflicts_with = "from_catalogue")]
    pub gpgkey: Option<String>,
    /// Open it for builds
    #[arg(long)]
    pub enable: bool,
}

/// `coprd admin task`
#[derive(Debug, Subcommand)]
pub enum TaskCommand {
    /// List the tasks that wait or run
    List(Listing),
}

/// `coprd admin builder`
#[derive(Debug, Subcommand)]
pub enum BuilderCommand {
    /// Let a builder connect and print its token
    Add {
        /// Name
        #[arg(value_parser = builder_name)]
        name: String,
    },
    /// List builders
    List(Listing),
    /// Take a builder's token away
    Remove {
        /// Name
        name: String,
    },
}

/// `coprd admin key`
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// List projects' keys, older ones included
    List {
        /// OWNER/PROJECT [default: all projects]
        project: Option<ProjectPath>,
        /// How.
        #[command(flatten)]
        listing: Listing,
    },
    /// Give a project a new key: it signs from now on, and for a time the one before signs metadata too
    Rotate {
        /// OWNER/PROJECT
        project: ProjectPath,
        /// Days that metadata are signed by the key before as well, for machines that know no other
        #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(..=36_500))]
        retire_after: u32,
    },
    /// Give a project's key another end
    #[command(group = ArgGroup::new("end").required(true).args(["days", "never"]))]
    Extend {
        /// OWNER/PROJECT
        project: ProjectPath,
        /// So many days from now
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: Option<u32>,
        /// It does not end
        #[arg(long)]
        never: bool,
    },
}

/// A project as people write it: `ada/hello`, `@kitchen/tools`.
#[derive(Clone, Debug)]
pub struct ProjectPath {
    /// Whose it is.
    pub owner: OwnerName,
    /// What it is called.
    pub name: ProjectName,
}

impl std::str::FromStr for ProjectPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (owner, name) = text.split_once('/').ok_or("write it as OWNER/PROJECT")?;
        let owner = owner.parse().map_err(|error: copr_types::InvalidName| error.to_string())?;
        let name = name.parse().map_err(|error: copr_types::InvalidName| error.to_string())?;
        Ok(Self { owner, name })
    }
}

/// `coprd admin repo`
#[derive(Debug, Subcommand)]
pub enum RepoCommand {
    /// List repositories, their generations, and what keeps them from being published
    List {
        /// Those alone that could not be published
        #[arg(long)]
        failing: bool,
        /// How.
        #[command(flatten)]
        listing: Listing,
    },
    /// Check that repositories resolve: signatures, digests, files, and what the database says; changes nothing
    Verify {
        /// Which: all chroots of a project, or one
        #[arg(value_name = "OWNER/PROJECT[/CHROOT]", required_unless_present = "all")]
        repo: Option<RepoName>,
        /// All repositories of the service
        #[arg(long, conflicts_with = "repo")]
        all: bool,
        /// Read all packages too: their digests, headers and signatures
        #[arg(long)]
        deep: bool,
        /// How.
        #[command(flatten)]
        listing: Listing,
    },
    /// Make all metadata anew from the packages that lie in the tree
    Rebuild {
        /// Which: all chroots of a project, or one
        #[arg(value_name = "OWNER/PROJECT[/CHROOT]")]
        repo: RepoName,
        /// How.
        #[command(flatten)]
        listing: Listing,
    },
}

/// Repositories by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoName {
    /// User or `@group`.
    pub owner: String,
    /// Project, or one of its directories: `project:pr:1`.
    pub dir: String,
    /// All chroots when there is none.
    pub chroot: Option<String>,
}

impl std::str::FromStr for RepoName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [owner, dir, rest @ ..] if rest.len() < 2 && parts.iter().all(|part| !part.is_empty()) => Ok(Self {
                owner: (*owner).to_owned(),
                dir: (*dir).to_owned(),
                chroot: rest.first().map(|&chroot| chroot.to_owned()),
            }),
            _ => Err("it has to be OWNER/PROJECT or OWNER/PROJECT/CHROOT"),
        }
    }
}

impl Service {
    /// As the configuration wants it.
    pub fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            database: self.database.clone(),
            ..Flags::default()
        }
    }
}

impl Serve {
    /// As the configuration wants it.
    pub fn flags(&self) -> Flags {
        Flags { listen: self.listen, no_builder: self.no_builder, ..self.service.flags() }
    }
}

/// A project with its owner.
fn full_name(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('/') {
        Some((owner, name)) if !owner.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok((owner.to_owned(), name.to_owned()))
        }
        _ => Err("name the owner and the project, such as alice/hello or @group/hello"),
    }
}

/// People write a group as they see it, with its `@`.
fn group(text: &str) -> Result<GroupAlias, copr_types::InvalidName> {
    text.strip_prefix('@').unwrap_or(text).parse()
}

/// A builder's name stands in logs and lists, as it is.
fn builder_name(text: &str) -> Result<String, &'static str> {
    let allowed = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.len() > 100 || text.starts_with('-') || !text.chars().all(allowed) {
        return Err("use up to 100 letters, digits, underscores, dashes and dots");
    }
    Ok(text.to_owned())
}
