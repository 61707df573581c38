//! Chroots: those of the service, and those of projects.

use clap::{Args, Subcommand};
use copr_client::v3::{Bootstrap, Isolation};
use std::path::PathBuf;

use super::{Format, word};

/// Chroots.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the chroots that the service builds for
    ListChroots,
    /// Print how a project builds for a chroot
    GetChroot(GetChroot),
    /// Change how a project builds for a chroot
    EditChroot(Box<EditChroot>),
    /// Print a configuration for mock that builds much as the project does
    MockConfig(MockConfig),
}

/// `copr get-chroot`
#[derive(Debug, Args)]
pub struct GetChroot {
    /// PROJECT/CHROOT, or OWNER/PROJECT/CHROOT
    #[arg(value_name = "coprchroot")]
    pub coprchroot: String,
    /// How to print it
    #[arg(long, value_name = "OUTPUT_FORMAT", default_value = "json")]
    pub output_format: Format,
}

/// `copr edit-chroot`
#[derive(Debug, Args)]
pub struct EditChroot {
    /// PROJECT/CHROOT, or OWNER/PROJECT/CHROOT
    #[arg(value_name = "coprchroot")]
    pub coprchroot: String,
    /// Upload this file as comps.xml
    #[arg(long, value_name = "FILEPATH", conflicts_with = "delete_comps")]
    pub upload_comps: Option<PathBuf>,
    /// Remove comps.xml
    #[arg(long)]
    pub delete_comps: bool,
    /// Packages in every buildroot, separated by spaces; all of them
    #[arg(long, value_name = "PACKAGES")]
    pub packages: Option<String>,
    /// Repositories that builds may take packages from, separated by spaces; all of them
    #[arg(long, value_name = "REPOS")]
    pub repos: Option<String>,
    /// Modules, separated by commas: NAME:STREAM, or !NAME:STREAM for one that is switched off; all of them
    #[arg(long, value_name = "MODULES")]
    pub modules: Option<String>,
    /// What rpmbuild is told by --with; once for each
    #[arg(long, value_name = "RPMBUILD_WITH")]
    pub rpmbuild_with: Option<Vec<String>>,
    /// What rpmbuild is told by --without; once for each
    #[arg(long, value_name = "RPMBUILD_WITHOUT")]
    pub rpmbuild_without: Option<Vec<String>>,
    /// How builds are kept apart from their builder
    #[arg(long, value_name = "ISOLATION", value_parser = word::<Isolation>(&["simple", "nspawn", "default"]))]
    pub isolation: Option<Isolation>,
    /// How buildroots begin; unchanged is as the project has it
    #[arg(long, value_name = "BOOTSTRAP",
          value_parser = word::<Bootstrap>(&["unchanged", "default", "on", "off", "image"]))]
    pub bootstrap: Option<Bootstrap>,
    /// Begin buildroots with this container image, whatever --bootstrap says
    #[arg(long, value_name = "BOOTSTRAP_IMAGE")]
    pub bootstrap_image: Option<String>,
    /// Set this back before the rest is done, by its name in what get-chroot prints; once for each
    #[arg(long, value_name = "RESET")]
    pub reset: Option<Vec<String>>,
}

/// `copr mock-config`
#[derive(Debug, Args)]
pub struct MockConfig {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "project")]
    pub project: String,
    /// The chroot, such as fedora-42-x86_64
    #[arg(value_name = "chroot")]
    pub chroot: String,
}
