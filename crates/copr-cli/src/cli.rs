//! The command line: what can be said, and nothing else.
//!
//! Names, choices and defaults are those of copr-cli 2.6. The names of values are what it calls them in its complaints.

pub mod build;
pub mod chain;
pub mod chroot;
pub mod config;
pub mod package;
pub mod permission;
pub mod project;
pub mod repo;
pub mod setup;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Which copr-cli this is like, and what it is.
const VERSION: &str = concat!("version 2.6 (coprd ", env!("CARGO_PKG_VERSION"), ")");

/// Builds RPM packages with a Copr build service.
#[derive(Debug, Parser)]
#[command(
    name = "copr",
    version = VERSION,
    about,
    disable_help_subcommand = true,
    disable_version_flag = true,
    infer_long_args = true,
    args_override_self = true
)]
pub struct Cli {
    /// Say more about what goes wrong
    #[arg(long)]
    pub debug: bool,
    /// Read this file instead of ~/.config/copr
    #[arg(long, value_name = "CONFIG")]
    pub config: Option<PathBuf>,
    /// Print which version this is
    #[arg(long, action = clap::ArgAction::Version)]
    version: Option<bool>,
    /// Print without colors
    #[arg(long, global = true)]
    pub no_color: bool,
    /// In which form things are printed [default: table for lists on a terminal, plain everywhere else]
    #[arg(long, value_name = "FORM", env = "COPR_OUTPUT", global = true)]
    pub output: Option<Output>,
    /// Say what can be done about errors also where the standard error is no terminal
    #[arg(long, global = true)]
    pub hints: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Who we are.
    #[command(flatten)]
    Config(config::Command),
    /// Projects.
    #[command(flatten)]
    Project(project::Command),
    /// Builds.
    #[command(flatten)]
    Build(Box<build::Command>),
    /// Sets of builds.
    #[command(flatten)]
    Chain(chain::Command),
    /// Repositories.
    #[command(flatten)]
    Repo(repo::Command),
    /// Chroots of projects.
    #[command(flatten)]
    Chroot(chroot::Command),
    /// Packages of projects.
    #[command(flatten)]
    Package(Box<package::Command>),
    /// Roles in projects.
    #[command(flatten)]
    Permission(permission::Command),
    /// The program's own affairs.
    #[command(flatten)]
    Setup(setup::Command),
}

/// In which form things are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// One JSON value, documented for each command
    Json,
    /// Lists as tables that fit the terminal
    Table,
    /// As copr-cli prints it
    Plain,
}

/// How lists and things are printed, as copr-cli has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One member a line
    Text,
    /// JSON
    Json,
    /// One thing a line, its members separated by tabs
    TextRow,
}

/// `on` or `off`.
fn switch() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["on", "off"]).map(|word| word == "on")
}

/// One of some words, as a type that is made from words.
fn word<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: From<String> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.iter().copied()).map(T::from)
}

/// A number, complained about as Python does.
fn number(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|_| format!("invalid int value: '{text}'"))
}

/// A yes or no in any of the usual words.
fn yes(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" | "t" | "y" | "1" => Ok(true),
        "no" | "false" | "off" | "f" | "n" | "0" => Ok(false),
        _ => Err("Boolean value expected.".to_owned()),
    }
}
