//! Packages of projects, and where sources are: the same for packages and for single builds.

use clap::{ArgAction, Args, Subcommand};
use copr_client::v3::{ScmType, SourceBuildMethod, SpecGenerator};
use std::io::{self, Read};

use super::{Format, number, switch, word};

/// Packages of projects.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a package of the Python Package Index
    AddPackagePypi(AddPypi),
    /// Change a package into one of the Python Package Index
    EditPackagePypi(EditPypi),
    /// Add a package from Git or Subversion
    AddPackageScm(ScmPackage),
    /// Change a package into one from Git or Subversion
    EditPackageScm(ScmPackage),
    /// Add a package from a distribution's dist-git
    AddPackageDistgit(DistgitPackage),
    /// Change a package into one from a distribution's dist-git
    EditPackageDistgit(DistgitPackage),
    /// Add a gem of RubyGems
    AddPackageRubygems(RubygemsPackage),
    /// Change a package into a gem of RubyGems
    EditPackageRubygems(RubygemsPackage),
    /// Add a package of which a script makes the sources
    AddPackageCustom(CustomPackage),
    /// Change a package into one of which a script makes the sources
    EditPackageCustom(CustomPackage),
    /// Print the packages of a project
    ListPackages(ListPackages),
    /// Print the names of the packages of a project
    ListPackageNames(Project),
    /// Print one package
    GetPackage(GetPackage),
    /// Delete a package with its builds
    DeletePackage(DeletePackage),
    /// Take a package's source away
    ResetPackage(Which),
}

/// Which project.
#[derive(Debug, Args)]
pub struct Project {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "copr")]
    pub copr: String,
}

/// Which package.
#[derive(Debug, Args)]
pub struct Name {
    /// The package's name
    #[arg(long, value_name = "PKGNAME")]
    pub name: String,
}

/// Which package of which project.
#[derive(Debug, Args)]
pub struct Which {
    /// The project.
    #[command(flatten)]
    pub project: Project,
    /// The package.
    #[command(flatten)]
    pub name: Name,
}

/// `copr delete-package`
#[derive(Debug, Args)]
pub struct DeletePackage {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// Cancel its builds that run
    #[arg(long)]
    pub cancel_builds: bool,
}

/// How a package is to be, beside its source.
#[derive(Debug, Args)]
pub struct Settings {
    /// Which package.
    #[command(flatten)]
    pub name: Name,
    /// Of which project.
    #[command(flatten)]
    pub project: Project,
    /// Let web hooks build it
    #[arg(long, value_name = "WEBHOOK_REBUILD", value_parser = switch())]
    pub webhook_rebuild: Option<bool>,
    /// Keep so many of its builds; 0 is all
    #[arg(long, value_name = "MAX_BUILDS")]
    pub max_builds: Option<String>,
    /// Give builds up after so many seconds [default: as the service has it, mostly 18000]
    #[arg(long, value_name = "TIMEOUT")]
    pub timeout: Option<String>,
    /// Chroots that it is not built for: patterns such as fedora-*, separated by commas
    #[arg(long, value_name = "CHROOT_DENYLIST")]
    pub chroot_denylist: Option<String>,
}

/// What of the Python Package Index.
#[derive(Debug, Args)]
pub struct PypiSettings {
    /// The generations of Python [default: 3 2]
    #[arg(long, value_name = "VERSION", num_args = 0.., value_parser = number, action = ArgAction::Set)]
    pub pythonversions: Option<Vec<i64>>,
    /// The version; the newest unless told
    #[arg(long, value_name = "PYPIVERSION")]
    pub packageversion: Option<String>,
    /// What writes the spec file
    #[arg(long, value_name = "SPEC_GENERATOR", value_parser = word::<SpecGenerator>(&["pyp2rpm", "pyp2spec"]),
          default_value = "pyp2spec")]
    pub spec_generator: SpecGenerator,
    /// The template for it, of pyp2rpm only
    #[arg(long = "template", short = 't', value_name = "SPEC_TEMPLATE")]
    pub spec_template: Option<String>,
}

/// `copr add-package-pypi`
#[derive(Debug, Args)]
pub struct AddPypi {
    /// What of it.
    #[command(flatten)]
    pub pypi: PypiSettings,
    /// Its name there
    #[arg(long, value_name = "PYPINAME")]
    pub packagename: String,
    /// How the package is to be.
    #[command(flatten)]
    pub settings: Settings,
}

/// `copr edit-package-pypi`
#[derive(Debug, Args)]
pub struct EditPypi {
    /// What of it.
    #[command(flatten)]
    pub pypi: PypiSettings,
    /// How the package is to be.
    #[command(flatten)]
    pub settings: Settings,
    /// Its name there
    #[arg(long, value_name = "PYPINAME")]
    pub packagename: Option<String>,
}

/// Git or Subversion.
#[derive(Debug, Args)]
pub struct Scm {
    /// The address of the repository
    #[arg(long, value_name = "CLONE_URL")]
    pub clone_url: String,
    /// A branch, tag or commit
    #[arg(long = "commit", value_name = "COMMITTISH", default_value = "", hide_default_value = true)]
    pub committish: String,
    /// The directory of the package in it
    #[arg(long = "subdir", value_name = "SUBDIRECTORY", default_value = "", hide_default_value = true)]
    pub subdirectory: String,
    /// The spec file, relative to that directory
    #[arg(long, value_name = "SPEC", default_value = "", hide_default_value = true)]
    pub spec: String,
    /// Which system it is
    #[arg(long = "type", value_name = "SCM_TYPE", value_parser = word::<ScmType>(&["git", "svn"]), default_value = "git")]
    pub scm_type: ScmType,
    /// How the source package is made
    #[arg(long, value_name = "METHOD", value_parser = word::<SourceBuildMethod>(&["rpkg", "tito", "tito_test", "make_srpm"]),
          default_value = "rpkg")]
    pub method: SourceBuildMethod,
}

/// `copr add-package-scm` and `copr edit-package-scm`
#[derive(Debug, Args)]
pub struct ScmPackage {
    /// Where the sources are.
    #[command(flatten)]
    pub scm: Scm,
    /// How the package is to be.
    #[command(flatten)]
    pub settings: Settings,
}

/// A distribution's dist-git.
#[derive(Debug, Args)]
pub struct Distgit {
    /// A branch, tag or commit
    #[arg(long = "commit", value_name = "COMMITTISH")]
    pub committish: Option<String>,
    /// The part of it, such as forks/alice
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Which one, by a name that the service has for it
    #[arg(long, value_name = "INSTANCE")]
    pub distgit: Option<String>,
}

/// `copr add-package-distgit` and `copr edit-package-distgit`
#[derive(Debug, Args)]
pub struct DistgitPackage {
    /// Where the sources are.
    #[command(flatten)]
    pub distgit: Distgit,
    /// How the package is to be.
    #[command(flatten)]
    pub settings: Settings,
}

/// RubyGems.
#[derive(Debug, Args)]
pub struct Rubygems {
    /// The gem's name
    #[arg(long, value_name = "GEM")]
    pub gem: Option<String>,
}

/// `copr add-package-rubygems` and `copr edit-package-rubygems`
#[derive(Debug, Args)]
pub struct RubygemsPackage {
    /// Which one.
    #[command(flatten)]
    pub gem: Rubygems,
    /// How the package is to be.
    #[command(flatten)]
    pub settings: Settings,
}

/// A script that makes sources.
#[derive(Debug, Args)]
pub struct Script {
    /// The file of the script; - is the standard input
    #[arg(long, value_name = "SCRIPT", value_parser = contents)]
    pub script: String,
    /// The chroot that it runs in; the newest Fedora unless told
    #[arg(long, value_name = "SCRIPT_CHROOT")]
    pub script_chroot: Option<String>,
    /// Packages that it needs, separated by spaces
    #[arg(long, value_name = "SCRIPT_BUILDDEPS")]
    pub script_builddeps: Option<String>,
    /// The directory in which it leaves the sources
    #[arg(long, value_name = "SCRIPT_RESULTDIR")]
    pub script_resultdir: Option<String>,
    /// Repositories that those packages may come from, separated by spaces
    #[arg(long, value_name = "SCRIPT_REPOS")]
    pub script_repos: Option<String>,
}

/// `copr add-package-custom` and `copr edit-package-custom`
#[derive(Debug, Args)]
pub struct CustomPackage {
    /// The script.
    #[command(flatten)]
    pub script: Script,
    /// How the package is to be.
    #[command(flatten)]
    pub settings: Settings,
}

/// Which builds are printed along with a package.
#[derive(Debug, Args)]
pub struct With {
    /// With its newest build
    #[arg(long)]
    pub with_latest_build: bool,
    /// With its newest build that succeeded
    #[arg(long)]
    pub with_latest_succeeded_build: bool,
    /// With all of its builds
    #[arg(long)]
    pub with_all_builds: bool,
    /// How to print it
    #[arg(long, value_name = "OUTPUT_FORMAT", default_value = "json")]
    pub output_format: Format,
}

/// `copr list-packages`
#[derive(Debug, Args)]
pub struct ListPackages {
    /// The project.
    #[command(flatten)]
    pub project: Project,
    /// With which builds.
    #[command(flatten)]
    pub with: With,
}

/// `copr get-package`
#[derive(Debug, Args)]
pub struct GetPackage {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// With which builds.
    #[command(flatten)]
    pub with: With,
}

/// A file's text.
fn contents(path: &str) -> Result<String, String> {
    let mut text = String::new();
    let read = match path {
        "-" => io::stdin().read_to_string(&mut text),
        _ => std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text)),
    };
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(format!("can't open '{path}': {}", as_python_says(&error, path))),
    }
}

fn as_python_says(error: &io::Error, path: &str) -> String {
    let text = error.to_string();
    match error.raw_os_error() {
        Some(number) => {
            format!("[Errno {number}] {}: '{path}'", text.trim_end_matches(&format!(" (os error {number})")))
        }
        None => text,
    }
}
