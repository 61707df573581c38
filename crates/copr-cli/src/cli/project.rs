//! Projects.

use clap::{ArgAction, Args, Subcommand};
use copr_client::v3::{Bootstrap, Isolation, Storage};

use super::{switch, word, yes};

/// Projects.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the projects of a user or a group
    List(List),
    /// Print one project
    Get(Get),
    /// Make a project
    Create(Box<Create>),
    /// Change a project; what is not named stays as it is
    Modify(Box<Modify>),
    /// Delete a project with all that is in it
    Delete(Delete),
    /// Delete a directory of a project, beside the main one
    DeleteDirectory(DeleteDirectory),
    /// Copy a project with its packages and builds
    Fork(Fork),
    /// Give a project another name; the old one leads to it until somebody takes that
    Rename(Rename),
    /// Give a project to another owner
    Transfer(Transfer),
    /// Have the metadata of a project's repositories made anew
    RegenerateRepos(RegenerateRepos),
    /// Print the newest build of each package in each chroot
    Monitor(Monitor),
}

/// `copr list`
#[derive(Debug, Args)]
pub struct List {
    /// Whose projects; one's own unless told
    #[arg(value_name = "username|@groupname")]
    pub username: Option<String>,
}

/// `copr get`
#[derive(Debug, Args)]
pub struct Get {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "project")]
    pub project: String,
}

/// `copr create`
#[derive(Debug, Args)]
pub struct Create {
    /// The new project: NAME, or @GROUP/NAME for a group's
    #[arg(value_name = "name")]
    pub name: String,
    /// A chroot to build for; once for each
    #[arg(long = "chroot", value_name = "CHROOT")]
    pub chroots: Vec<String>,
    /// Taken for the sake of old scripts; does nothing
    #[arg(long, value_name = "INITIAL_PKGS")]
    pub initial_pkgs: Vec<String>,
    /// Give builds a network
    #[arg(long, value_name = "ENABLE_NET", value_parser = switch(), action = ArgAction::Set, default_value = "off")]
    pub enable_net: bool,
    /// Protect it from being deleted; for administrators
    #[arg(long)]
    pub persistent: bool,
    /// Delete builds that newer ones have replaced; off is for administrators
    #[arg(long, value_name = "AUTO_PRUNE", value_parser = switch(), action = ArgAction::Set, default_value = "on")]
    pub auto_prune: bool,
    /// How builds are kept apart from their builder
    #[arg(long, value_name = "ISOLATION", value_parser = word::<Isolation>(&["simple", "nspawn", "default"]),
          default_value = "default")]
    pub isolation: Isolation,
    /// Let its packages go before those of modules
    #[arg(long, value_name = "MODULE_HOTFIXES", value_parser = switch(), action = ArgAction::Set, default_value = "off")]
    pub module_hotfixes: bool,
    /// Bring the 32-bit repository along with the 64-bit one
    #[arg(long, value_name = "MULTILIB", value_parser = switch(), action = ArgAction::Set, default_value = "off")]
    pub multilib: bool,
    /// Have builds looked over by fedora-review
    #[arg(long)]
    pub fedora_review: bool,
    /// Make AppStream metadata
    #[arg(long, value_name = "APPSTREAM", value_parser = switch(), action = ArgAction::Set, default_value = "off")]
    pub appstream: bool,
    /// Get the chroots of new Fedora releases by itself
    #[arg(long, value_name = "FOLLOW_FEDORA_BRANCHING", value_parser = switch(), action = ArgAction::Set,
          default_value = "on")]
    pub follow_fedora_branching: bool,
    /// Where results are kept; for administrators
    #[arg(long, value_name = "STORAGE", value_parser = word::<Storage>(&["backend", "pulp"]))]
    pub storage: Option<Storage>,
    /// What a new project and one that is there have alike.
    #[command(flatten)]
    pub settings: Settings,
}

/// `copr modify`
#[derive(Debug, Args)]
pub struct Modify {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "name")]
    pub name: String,
    /// A chroot to build for; once for each: those that are not named are dropped
    #[arg(long = "chroot", value_name = "CHROOT")]
    pub chroots: Option<Vec<String>>,
    /// Give builds a network
    #[arg(long, value_name = "ENABLE_NET", value_parser = switch())]
    pub enable_net: Option<bool>,
    /// Delete builds that newer ones have replaced; off is for administrators
    #[arg(long, value_name = "AUTO_PRUNE", value_parser = switch())]
    pub auto_prune: Option<bool>,
    /// How builds are kept apart from their builder
    #[arg(long, value_name = "ISOLATION", value_parser = word::<Isolation>(&["simple", "nspawn", "default"]))]
    pub isolation: Option<Isolation>,
    /// Let its packages go before those of modules
    #[arg(long, value_name = "MODULE_HOTFIXES", value_parser = switch())]
    pub module_hotfixes: Option<bool>,
    /// Bring the 32-bit repository along with the 64-bit one
    #[arg(long, value_name = "MULTILIB", value_parser = switch())]
    pub multilib: Option<bool>,
    /// Have builds looked over by fedora-review
    #[arg(long, value_name = "FEDORA_REVIEW", value_parser = switch())]
    pub fedora_review: Option<bool>,
    /// Make AppStream metadata
    #[arg(long, value_name = "APPSTREAM", value_parser = switch())]
    pub appstream: Option<bool>,
    /// Get the chroots of new Fedora releases by itself
    #[arg(long, value_name = "FOLLOW_FEDORA_BRANCHING", value_parser = switch())]
    pub follow_fedora_branching: Option<bool>,
    /// What a new project and one that is there have alike.
    #[command(flatten)]
    pub settings: Settings,
}

/// How a project is to be: what is said in the same way of new ones and of those that are there.
#[derive(Debug, Args)]
pub struct Settings {
    /// What the project is, in Markdown
    #[arg(long, value_name = "DESCRIPTION")]
    pub description: Option<String>,
    /// How to use it, in Markdown
    #[arg(long, value_name = "INSTRUCTIONS")]
    pub instructions: Option<String>,
    /// Make the repositories' metadata only when somebody asks for it: yes or no
    #[arg(long = "disable_createrepo", value_name = "DISABLE_CREATEREPO", value_parser = yes)]
    pub disable_createrepo: Option<bool>,
    /// Keep the project off the start page
    #[arg(long, value_name = "UNLISTED_ON_HP", value_parser = switch())]
    pub unlisted_on_hp: Option<bool>,
    /// How buildroots begin: with the host's tools, a first root of packages, or a container image
    #[arg(long, value_name = "BOOTSTRAP", value_parser = word::<Bootstrap>(&["default", "on", "off", "image"]))]
    pub bootstrap: Option<Bootstrap>,
    /// Delete the project after so many days; -1 is never
    #[arg(long, value_name = "DAYS")]
    pub delete_after_days: Option<String>,
    /// Priority of its repositories; smaller goes first
    #[arg(long, value_name = "REPO_PRIORITY")]
    pub repo_priority: Option<String>,
    /// A repository that builds may take packages from: https://… or copr://owner/project; once for each
    #[arg(long = "repo", value_name = "REPO_BASEURL")]
    pub repos: Option<Vec<String>>,
    /// A repository that users of the project need as well; once for each
    #[arg(long = "runtime-repo-dependency", value_name = "REPO_BASEURL")]
    pub runtime_dependencies: Option<Vec<String>>,
    /// A project of a code forge that may build here through Packit, stars allowed; once for each
    #[arg(long = "packit-forge-project-allowed", value_name = "FORGE_PROJECT")]
    pub packit_forge_projects_allowed: Option<Vec<String>>,
}

/// `copr delete`
#[derive(Debug, Args)]
pub struct Delete {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "copr")]
    pub copr: String,
    /// Cancel what is being built in it
    #[arg(long)]
    pub cancel_builds: bool,
}

/// `copr delete-directory`
#[derive(Debug, Args)]
pub struct DeleteDirectory {
    /// The directory: NAME:custom:WORD or NAME:pr:NUMBER, perhaps behind USER/ or @GROUP/
    #[arg(value_name = "directory")]
    pub directory: String,
    /// Cancel what is being built in it
    #[arg(long)]
    pub cancel_builds: bool,
}

/// `copr fork`
#[derive(Debug, Args)]
pub struct Fork {
    /// The project to copy: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "src")]
    pub src: String,
    /// The copy: NAME, or @GROUP/NAME for a group's
    #[arg(value_name = "dst")]
    pub dst: String,
    /// Copy into a project that is there already
    #[arg(long)]
    pub confirm: bool,
}

/// `copr rename`
#[derive(Debug, Args)]
pub struct Rename {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "old")]
    pub old: String,
    /// Its new name, without an owner
    #[arg(value_name = "new")]
    pub new: String,
}

/// `copr transfer`
#[derive(Debug, Args)]
pub struct Transfer {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "copr")]
    pub copr: String,
    /// Whose it is to be: @GROUP, or one's own name
    #[arg(long, value_name = "OWNER")]
    pub to: String,
}

/// `copr regenerate-repos`
#[derive(Debug, Args)]
pub struct RegenerateRepos {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "copr")]
    pub copr: String,
}

/// `copr monitor`
#[derive(Debug, Args)]
pub struct Monitor {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "project")]
    pub project: String,
    /// The directory of the project, such as NAME:pr:125; the main one unless told
    #[arg(long, value_name = "DIRNAME")]
    pub dirname: Option<String>,
    /// How to print it
    #[arg(long, value_name = "OUTPUT_FORMAT", default_value = "json")]
    pub output_format: super::Format,
    /// What to print, in this order, separated by commas: name, chroot, build_id, state, pkg_version, url_build_log,
    /// url_backend_log, url_build. The logs' addresses take the service some time
    #[arg(long, value_name = "FIELDS")]
    pub fields: Option<String>,
}
