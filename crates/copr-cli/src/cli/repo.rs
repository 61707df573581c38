//! Repositories and their generations.

use clap::{Args, Subcommand};

/// Repositories.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at the generations of a project's repositories, keep them and bring them back
    #[command(subcommand)]
    Repo(Repo),
}

/// `copr repo`
#[derive(Debug, Subcommand)]
pub enum Repo {
    /// Print the generations of a project's repositories, newest first
    List(List),
    /// Print what differs between two generations of a chroot's repository
    Diff(Diff),
    /// Keep a generation for good, under a name
    Pin(Pin),
    /// Keep a generation no longer than others
    Unpin(Unpin),
    /// Make a new generation that lists what an earlier one does
    Rollback(Rollback),
    /// Publish what only the devel repositories list
    Promote(Promote),
}

/// Whose repositories.
#[derive(Debug, Args)]
pub struct Of {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME; NAME:custom:WORD is a directory of it
    #[arg(value_name = "copr_repo")]
    pub project: String,
    /// The chroot; all of the project when not said
    #[arg(value_name = "chroot")]
    pub chroot: Option<String>,
}

/// `copr repo list`
#[derive(Debug, Args)]
pub struct List {
    /// Whose.
    #[command(flatten)]
    pub of: Of,
}

/// `copr repo diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// The project: NAME of one's own, USER/NAME or @GROUP/NAME; NAME:custom:WORD is a directory of it
    #[arg(value_name = "copr_repo")]
    pub project: String,
    /// The chroot
    #[arg(value_name = "chroot")]
    pub chroot: String,
    /// A generation: its number, or the name of a pin
    #[arg(value_name = "from")]
    pub from: String,
    /// Another one; the present one when not said
    #[arg(value_name = "to")]
    pub to: Option<String>,
}

/// `copr repo pin`
#[derive(Debug, Args)]
pub struct Pin {
    /// Whose.
    #[command(flatten)]
    pub of: Of,
    /// The name: a letter, then letters, digits, dots, dashes and underscores
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The generation's number, which needs a chroot, or the name of another pin [default: the present one]
    #[arg(long, value_name = "GENERATION")]
    pub generation: Option<String>,
}

/// `copr repo unpin`
#[derive(Debug, Args)]
pub struct Unpin {
    /// Whose.
    #[command(flatten)]
    pub of: Of,
    /// The name of the pin
    #[arg(long, value_name = "NAME")]
    pub name: String,
}

/// `copr repo rollback`
#[derive(Debug, Args)]
pub struct Rollback {
    /// Whose.
    #[command(flatten)]
    pub of: Of,
    /// The generation's number, which needs a chroot, or the name of a pin
    #[arg(long, value_name = "GENERATION")]
    pub to: String,
}

/// `copr repo promote`
#[derive(Debug, Args)]
pub struct Promote {
    /// Whose.
    #[command(flatten)]
    pub of: Of,
}
