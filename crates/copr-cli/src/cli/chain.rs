//! Sets of builds whose order the service finds itself.

use clap::{Args, Subcommand};

/// Chains.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build all packages of a project again that need some packages, in an order that fits
    RebuildDependents(RebuildDependents),
    /// Print a chain: its builds in their order, and why it is that
    GetChain(GetChain),
    /// Print the chains of a project, newest first
    ListChains(ListChains),
    /// End all builds of a chain
    CancelChain(CancelChain),
}

/// How builds go together.
#[derive(Debug, Args)]
pub struct Flags {
    /// Build them in an order that fits: each when what it needs of the others is published
    #[arg(long, conflicts_with_all = ["after_build_id", "with_build_id"])]
    pub chain: bool,
    /// Build also what needs something that failed
    #[arg(long, requires = "chain")]
    pub keep_going: bool,
    /// Build all packages of the project again that need these
    #[arg(long, requires = "chain")]
    pub with_dependents: bool,
    /// Print the order and why it is that, and build nothing
    #[arg(long, requires = "chain")]
    pub plan: bool,
}

/// `copr rebuild-dependents`
#[derive(Debug, Args)]
pub struct RebuildDependents {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME; NAME:custom:WORD is a directory of it
    #[arg(value_name = "copr_repo")]
    pub copr_repo: String,
    /// Names of packages; they are not built themselves
    #[arg(value_name = "package", required = true)]
    pub packages: Vec<String>,
    /// For this chroot, not for all of the project; once for each
    #[arg(short = 'r', long = "chroot", value_name = "CHROOT")]
    pub chroots: Option<Vec<String>>,
    /// Build also what needs something that failed
    #[arg(long)]
    pub keep_going: bool,
    /// Print which packages these are and why, and build nothing
    #[arg(long)]
    pub plan: bool,
    /// Do not wait for the builds
    #[arg(long)]
    pub nowait: bool,
}

/// `copr get-chain`
#[derive(Debug, Args)]
pub struct GetChain {
    /// The chain's number
    #[arg(value_name = "chain_id")]
    pub chain_id: u64,
}

/// `copr list-chains`
#[derive(Debug, Args)]
pub struct ListChains {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME
    #[arg(value_name = "project")]
    pub project: String,
    /// How to print them [default: text-row]
    #[arg(long, value_name = "OUTPUT_FORMAT")]
    pub output_format: Option<super::Format>,
}

/// `copr cancel-chain`
#[derive(Debug, Args)]
pub struct CancelChain {
    /// The chain's number
    #[arg(value_name = "chain_id")]
    pub chain_id: u64,
}
