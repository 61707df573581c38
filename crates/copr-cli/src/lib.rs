#![deny(missing_docs)]
//! The command line of Copr build services: every sub-command of copr-cli 2.6, with its options, texts and exit statuses.
//!
//! What can be said is in [`cli`]; each group of [`commands`] asks the service through `copr-client` and hands over values,
//! which [`show`] prints. Nothing is made before it is needed: no connection, no certificates, no configuration for `--help`.
//!
//! ```
//! let code = copr_cli::main(["copr", "--version"].map(Into::into));
//! # let _ = code;
//! ```

pub mod argv;
pub mod cli;
pub mod commands;
pub mod failure;
pub mod live;
pub mod progress;
pub mod session;
pub mod show;
pub mod terminal;
pub mod usage;
pub mod watch;

mod hint;
mod name;
mod token;
mod typed;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use cli::Cli;
use failure::{Exit, Failure};
use show::Screen;
use terminal::Terminal;
use usage::{Asked, Misuse};

/// The command line as clap knows it: for help, completions and manual pages.
pub fn command() -> clap::Command {
    with_negative_numbers(Cli::command())
}

/// With numbers such as `-1` as values of everything that has one.
fn with_negative_numbers(command: clap::Command) -> clap::Command {
    use clap::ArgAction::{Append, Set};
    let command = command.mut_args(|argument| match argument.get_action() {
        Set | Append => argument.allow_negative_numbers(true),
        _ => argument,
    });
    command.mut_subcommands(with_negative_numbers)
}

/// The whole program. The first word is its name.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut words: Vec<OsString> = words.into_iter().collect();
    // The name in texts is the program's own, whatever it was started as.
    words.splice(..words.len().min(1), [OsString::from("copr")]);
    let root = command();
    let told = |option: &str| words.iter().any(|word| word == option);
    // Who makes a mistake may have said these, too.
    let eyes = Eyes { terminal: Terminal::look(told("--no-color")), hints: told("--hints") };
    let matches = match usage::parse(&root, words) {
        Ok(Asked::Call(matches)) => matches,
        Ok(Asked::Text(text)) => return printed(&text),
        Err(misuse) => return misused(eyes, &misuse),
    };
    match Cli::from_arg_matches(&matches) {
        Ok(Cli { command: Some(cli::Command::Permission(command)), .. }) if command.repetition().is_some() => {
            let (name, problem) = command.repetition().unwrap_or_default();
            misused(eyes, &usage::misuse(&root, &[name], &problem))
        }
        Ok(cli) => run(root, cli, is_format_asked(&matches)),
        Err(error) => misused(eyes, &Misuse { text: error.to_string(), hint: None }),
    }
}

/// Who looks at what is wrong with a call.
#[derive(Clone, Copy)]
struct Eyes {
    terminal: Terminal,
    hints: bool,
}

/// Whether somebody has named one of copr-cli's formats, be it the usual one.
fn is_format_asked(matches: &ArgMatches) -> bool {
    let is_asked = |called: &ArgMatches| {
        called.ids().any(|id| id == "output_format")
            && called.value_source("output_format") == Some(ValueSource::CommandLine)
    };
    matches.subcommand().is_some_and(|(_, called)| is_asked(called))
}

fn run(mut root: clap::Command, cli: Cli, is_format_asked: bool) -> ExitCode {
    if cli.debug {
        eprintln!("#  Debug log enabled  #");
    }
    let Some(command) = cli.command else { return printed(&root.render_help().to_string()) };
    let terminal = Terminal::look(cli.no_color);
    let screen = Screen::new(terminal, cli.output, cli.hints, is_format_asked);
    match commands::run(screen, cli.config, cli.debug, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { exit, text, more, hints, .. }) => {
            let text = highlighted(&text, terminal.colours_err);
            eprint!("{text}{}", if cli.debug { more.debug.as_str() } else { more.hint });
            hints.iter().for_each(|hint| eprintln!("hint: {hint}"));
            exit.into()
        }
    }
}

fn misused(Eyes { terminal, hints }: Eyes, misuse: &Misuse) -> ExitCode {
    eprint!("{}", highlighted(&misuse.text, terminal.colours_err));
    if let (true, Some(hint)) = (hints || terminal.err, &misuse.hint) {
        eprintln!("hint: {hint}");
    }
    Exit::Usage.into()
}

/// A text with colours on the words that say that something is wrong.
fn highlighted(text: &str, colours: bool) -> String {
    let painted = |line: &str| {
        let beginning = ["Error:", "Build error:", "Something went wrong:"].into_iter().find(|it| line.starts_with(it));
        match beginning {
            // As argparse has it: `copr list: error: …`.
            None if line.starts_with("copr") && line.contains(": error: ") => {
                line.replacen("error:", &terminal::painted("error:", terminal::of_error(), colours), 1)
            }
            Some(word) => terminal::painted(word, terminal::of_error(), colours) + &line[word.len()..],
            None => line.to_owned(),
        }
    };
    text.split_inclusive('\n').map(painted).collect()
}

fn printed(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
