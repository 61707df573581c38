//! The program's own affairs: who it is at which service, and what shells and `man` know of it.

use clap::{Args, Subcommand, ValueHint};
use clap_complete::Shell;
use std::path::PathBuf;

/// The program's own affairs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put the token of a service into the configuration
    Login(Login),
    /// Print what a shell needs to complete the words of this program
    Completions(Completions),
    /// Print the manual page, or write those of all commands
    Man(Man),
}

/// `copr login`
#[derive(Debug, Args)]
pub struct Login {
    /// The address of the service; unless told the one of the configuration
    #[arg(value_name = "url", value_hint = ValueHint::Url)]
    pub url: Option<String>,
    /// The login of the token, which is not the user's name; without it, the block of the page /api/ is read
    #[arg(long, value_name = "LOGIN", requires = "token")]
    pub login: Option<String>,
    /// The user's name; the service knows it, too
    #[arg(long, value_name = "USERNAME")]
    pub username: Option<String>,
    /// The token
    #[arg(long, value_name = "TOKEN", requires = "login")]
    pub token: Option<String>,
    /// Log in by the ticket of Kerberos from now on, without a token
    #[arg(long, conflicts_with_all = ["login", "token"])]
    pub kerberos: bool,
    /// Replace the token that is there without asking
    #[arg(long)]
    pub force: bool,
}

/// `copr completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell
    #[arg(value_name = "shell")]
    pub shell: Shell,
}

/// `copr man`
#[derive(Debug, Args)]
pub struct Man {
    /// Write the pages of all commands into this directory
    #[arg(value_name = "dir", value_hint = ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
}
