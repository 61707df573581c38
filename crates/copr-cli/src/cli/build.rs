//! Builds.

use clap::{ArgAction, Args, Subcommand};
use copr_client::v3::{Bootstrap, Isolation};
use std::path::PathBuf;

use super::chain::Flags;
use super::package::{Distgit, PypiSettings, Rubygems, Scm, Script};
use super::{number, switch, word};

/// Builds.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the builds of a project, newest first
    ListBuilds(ListBuilds),
    /// Build source packages or spec files
    Build(Build),
    /// Publish a package that was built elsewhere
    Uploadrpm(UploadRpm),
    /// Build a package of the Python Package Index
    Buildpypi(BuildPypi),
    /// Build a gem of RubyGems
    Buildgem(BuildGem),
    /// Build what a script makes
    Buildcustom(BuildCustom),
    /// Build from Git or Subversion
    Buildscm(BuildScm),
    /// Build from a distribution's dist-git
    BuildDistgit(BuildDistgit),
    /// Build a package of the project from its own source
    BuildPackage(BuildPackage),
    /// Build once more what another build was made of
    Resubmit(Resubmit),
    /// Print how far a build is
    Status(Status),
    /// Fetch what a build left: packages, logs and more
    DownloadBuild(DownloadBuild),
    /// Print the log of a build, or follow it to its end
    Logs(Logs),
    /// End a build
    Cancel(Cancel),
    /// Wait until builds have ended, and say how they are doing
    WatchBuild(Several),
    /// Delete builds that have ended
    DeleteBuild(Several),
}

/// `copr list-builds`
#[derive(Debug, Args)]
pub struct ListBuilds {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "project")]
    pub project: String,
    /// How to print them [default: text-row]
    #[arg(long, value_name = "OUTPUT_FORMAT")]
    pub output_format: Option<super::Format>,
}

/// How and where to build: what all kinds of builds have.
#[derive(Debug, Args)]
pub struct Options {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME; NAME:custom:WORD is a directory of it
    #[arg(value_name = "copr_repo")]
    pub copr_repo: String,
    /// Taken for the sake of old scripts; does nothing
    #[arg(long, value_name = "MEMORY", hide = true)]
    pub memory: Option<String>,
    /// Give the build up after so many seconds [default: as the service has it, mostly 18000]
    #[arg(long, value_name = "TIMEOUT")]
    pub timeout: Option<String>,
    /// Do not wait for the build
    #[arg(long)]
    pub nowait: bool,
    /// Build for this chroot, not for all of the project; once for each
    #[arg(short = 'r', long = "chroot", value_name = "CHROOT")]
    pub chroots: Option<Vec<String>>,
    /// Do not build for this chroot; once for each
    #[arg(long = "exclude-chroot", value_name = "CHROOT")]
    pub exclude_chroots: Option<Vec<String>>,
    /// Let other builds go first
    #[arg(long)]
    pub background: bool,
    /// How the build is kept apart from its builder [default: as the project has it]
    #[arg(long, value_name = "ISOLATION", value_parser = word::<Isolation>(&["simple", "nspawn", "default"]))]
    pub isolation: Option<Isolation>,
    /// Give the build a network [default: as the project has it]
    #[arg(long, value_name = "ENABLE_NET", value_parser = switch())]
    pub enable_net: Option<bool>,
    /// How the buildroot begins [default: as the chroot and the project have it]
    #[arg(long, value_name = "BOOTSTRAP",
          value_parser = word::<Bootstrap>(&["unchanged", "default", "on", "off", "image"]))]
    pub bootstrap: Option<Bootstrap>,
    /// Begin after this build, and all that are in its batch
    #[arg(long, value_name = "BUILD_ID", conflicts_with = "with_build_id")]
    pub after_build_id: Option<String>,
    /// Go into the batch of this build
    #[arg(long, value_name = "BUILD_ID")]
    pub with_build_id: Option<String>,
}

/// `copr build`
#[derive(Debug, Args)]
pub struct Build {
    /// How and where.
    #[command(flatten)]
    pub options: Options,
    /// How they go together.
    #[command(flatten)]
    pub chain: Flags,
    /// Files, or addresses, of source packages or spec files
    #[arg(value_name = "pkgs", required = true)]
    pub pkgs: Vec<String>,
}

/// `copr uploadrpm`
#[derive(Debug, Args)]
pub struct UploadRpm {
    /// How and where.
    #[command(flatten)]
    pub options: Options,
    /// The file of the package
    #[arg(value_name = "rpm")]
    pub rpm: PathBuf,
}

/// `copr buildpypi`
#[derive(Debug, Args)]
pub struct BuildPypi {
    /// What of it.
    #[command(flatten)]
    pub pypi: PypiSettings,
    /// Its name there
    #[arg(long, value_name = "PYPINAME")]
    pub packagename: String,
    /// How and where.
    #[command(flatten)]
    pub options: Options,
    /// Build what it needs as well; asks for a library of Python
    #[arg(long)]
    pub with_deps: bool,
}

/// `copr buildgem`
#[derive(Debug, Args)]
pub struct BuildGem {
    /// Which one.
    #[command(flatten)]
    pub gem: Rubygems,
    /// How and where.
    #[command(flatten)]
    pub options: Options,
}

/// `copr buildcustom`
#[derive(Debug, Args)]
pub struct BuildCustom {
    /// The script.
    #[command(flatten)]
    pub script: Script,
    /// How and where.
    #[command(flatten)]
    pub options: Options,
}

/// `copr buildscm`
#[derive(Debug, Args)]
pub struct BuildScm {
    /// Where the sources are.
    #[command(flatten)]
    pub scm: Scm,
    /// How and where.
    #[command(flatten)]
    pub options: Options,
}

/// `copr build-distgit`
#[derive(Debug, Args)]
pub struct BuildDistgit {
    /// Where the sources are.
    #[command(flatten)]
    pub distgit: Distgit,
    /// How and where.
    #[command(flatten)]
    pub options: Options,
    /// The package's name there
    #[arg(long = "name", value_name = "PKGNAME", id = "pkgname")]
    pub name: String,
}

/// `copr build-package`
#[derive(Debug, Args)]
pub struct BuildPackage {
    /// How and where.
    #[command(flatten)]
    pub options: Options,
    /// How they go together.
    #[command(flatten)]
    pub chain: Flags,
    /// The package's name; with --chain there may be several, each with an option of its own
    #[arg(long = "name", value_name = "PKGNAME", required = true, action = ArgAction::Append)]
    pub names: Vec<String>,
}

/// `copr resubmit`
#[derive(Debug, Args)]
pub struct Resubmit {
    /// The number of the build that is to be repeated
    #[arg(value_name = "build_id")]
    pub build_id: String,
    /// Only for the chroots in which it failed or was canceled
    #[arg(long)]
    pub failed: bool,
    /// Build for this chroot; once for each
    #[arg(short = 'r', long = "chroot", value_name = "CHROOT")]
    pub chroots: Option<Vec<String>>,
    /// Do not build for this chroot; once for each
    #[arg(long = "exclude-chroot", value_name = "CHROOT")]
    pub exclude_chroots: Option<Vec<String>>,
    /// Give the build up after so many seconds [default: as many as before]
    #[arg(long, value_name = "TIMEOUT")]
    pub timeout: Option<String>,
    /// Let other builds go first
    #[arg(long)]
    pub background: bool,
    /// Do not wait for the build
    #[arg(long)]
    pub nowait: bool,
}

/// `copr status`
#[derive(Debug, Args)]
pub struct Status {
    /// The build's number
    #[arg(value_name = "build_id", value_parser = number)]
    pub build_id: i64,
}

/// `copr download-build`
#[derive(Debug, Args)]
pub struct DownloadBuild {
    /// The build's number
    #[arg(value_name = "build_id")]
    pub build_id: String,
    /// Fetch what this chroot left, not that of all; once for each
    #[arg(short = 'r', long = "chroot", value_name = "CHROOT")]
    pub chroots: Option<Vec<String>>,
    /// Put it into this directory, in one more for each chroot
    #[arg(long, short = 'd', value_name = "DEST", default_value = ".")]
    pub dest: PathBuf,
    /// Packages only
    #[arg(long)]
    pub rpms: bool,
    /// The spec file only
    #[arg(long)]
    pub spec: bool,
    /// What fedora-review says only
    #[arg(long)]
    pub review: bool,
    /// Logs only
    #[arg(long)]
    pub logs: bool,
    /// Fetch so many files at once
    #[arg(long, value_name = "N", default_value = "5", value_parser = at_once)]
    pub jobs: usize,
}

/// `copr logs`
#[derive(Debug, Args)]
pub struct Logs {
    /// The build's number
    #[arg(value_name = "build_id")]
    pub build_id: String,
    /// Whose log: a chroot, or source; unless told, what failed or what runs
    #[arg(value_name = "chroot")]
    pub chroot: Option<String>,
    /// Print what comes until the end, not only what there is
    #[arg(long, short = 'f')]
    pub follow: bool,
}

fn at_once(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=64) => Ok(number),
        _ => Err(format!("'{text}' is not a number from 1 to 64")),
    }
}

/// `copr cancel`
#[derive(Debug, Args)]
pub struct Cancel {
    /// The build's number
    #[arg(value_name = "build_id")]
    pub build_id: String,
}

/// `copr watch-build` and `copr delete-build`
#[derive(Debug, Args)]
pub struct Several {
    /// The builds' numbers
    #[arg(value_name = "build_id", value_parser = number, required = true, action = ArgAction::Append)]
    pub build_id: Vec<i64>,
}
