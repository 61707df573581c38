//! What is wrong with a command line, in the words of Python's argparse: scripts and people look at the last line.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command, Error};
use std::ffi::OsString;

use crate::{argv, hint};

/// A call that makes no sense.
#[derive(Debug)]
pub struct Misuse {
    /// How the command is used, and what is wrong: lines for the standard error.
    pub text: String,
    /// What may have been meant, for people.
    pub hint: Option<String>,
}

/// What comes of looking at a command line.
#[derive(Debug)]
pub enum Asked {
    /// Something to do.
    Call(ArgMatches),
    /// A text for the standard output: help, or the version.
    Text(String),
}

/// Looks at a command line.
pub fn parse(root: &Command, words: Vec<OsString>) -> Result<Asked, Misuse> {
    let mut words = argv::prepared(root, words);
    let mut unknown = Vec::new();
    // Python complains about what it does not know only when nothing else is wrong.
    loop {
        match root.clone().try_get_matches_from(&words) {
            Ok(matches) if unknown.is_empty() => return Ok(Asked::Call(matches)),
            Ok(_) => return Err(misuse(root, &[], &format!("unrecognized arguments: {}", unknown.join(" ")))),
            Err(error) if !error.use_stderr() => return Ok(Asked::Text(error.to_string())),
            Err(error) => match surplus(&error, &words) {
                Some(place) if !is_ambiguous(command_of(root, &words).1, &words[place].to_string_lossy()) => {
                    unknown.push(words.remove(place).to_string_lossy().into_owned());
                }
                _ => return Err(explained(root, &words, &error)),
            },
        }
    }
}

/// A complaint about a command.
///
/// `path` are the names of the sub-commands, none for the program itself.
pub fn misuse(root: &Command, path: &[&str], problem: &str) -> Misuse {
    let mut command = root.clone();
    let mut name = command.get_name().to_owned();
    for word in path {
        name = format!("{name} {word}");
        command = command.find_subcommand(word).cloned().unwrap_or(command);
    }
    let usage = command.bin_name(&name).render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    Misuse { text: format!("usage: {usage}\n{name}: error: {problem}\n"), hint: None }
}

/// Where in the words one is that nobody knows.
fn surplus(error: &Error, words: &[OsString]) -> Option<usize> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let word = text(error, ContextKind::InvalidArg)?;
    let is_it = |given: &OsString| {
        let given = given.to_string_lossy();
        given == word || given.split_once('=').is_some_and(|(name, _)| name == word)
    };
    // Short options may hide in others, as in `-xr`.
    let hides = |given: &OsString| {
        let given = given.to_string_lossy();
        let letter = word.strip_prefix('-').filter(|rest| rest.chars().count() == 1);
        letter.is_some_and(|letter| given.starts_with('-') && !given.starts_with("--") && given.contains(letter))
    };
    words.iter().skip(1).position(is_it).or_else(|| words.iter().skip(1).position(hides)).map(|place| place + 1)
}

/// The sub-command that is called, and its name.
fn command_of<'c>(root: &'c Command, words: &[OsString]) -> (Vec<&'c str>, &'c Command) {
    let called = words.iter().skip(1).find_map(|word| root.find_subcommand(word));
    called.map_or((Vec::new(), root), |command| (vec![command.get_name()], command))
}

fn is_ambiguous(command: &Command, word: &str) -> bool {
    !matches!(candidates(command, word).as_slice(), [] | [_])
}

/// The long options that a word can be the beginning of.
fn candidates(command: &Command, word: &str) -> Vec<String> {
    let Some(beginning) = word.strip_prefix("--") else { return Vec::new() };
    let beginning = beginning.split('=').next().unwrap_or_default();
    let long = argv::options(command).filter_map(Arg::get_long).filter(|long| !argv::OURS.contains(long));
    long.filter(|long| long.starts_with(beginning)).map(|long| format!("--{long}")).collect()
}

fn explained(root: &Command, words: &[OsString], error: &Error) -> Misuse {
    let (path, command) = command_of(root, words);
    let invalid = text(error, ContextKind::InvalidArg).unwrap_or_default();
    let argument = argument(command, &invalid).or_else(|| argument(root, &invalid));
    let named = argument.map_or_else(|| invalid.clone(), name);
    let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
    let problem = match error.kind() {
        ErrorKind::UnknownArgument => {
            format!("ambiguous option: {invalid} could match {}", candidates(command, &invalid).join(", "))
        }
        ErrorKind::InvalidSubcommand => {
            let word = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            let known: Vec<&str> = root.get_subcommands().map(Command::get_name).collect();
            format!(
                "argument {{{}}}: invalid choice: '{word}' (choose from {})",
                known.join(","),
                quoted(known.iter().copied())
            )
        }
        ErrorKind::InvalidValue if value.is_empty() && is_missing(words, &invalid, argument) => {
            format!("argument {named}: expected one argument")
        }
        ErrorKind::InvalidValue => {
            let choices = argument.map(Arg::get_possible_values).unwrap_or_default();
            let choices = quoted(choices.iter().map(clap::builder::PossibleValue::get_name));
            format!("argument {named}: invalid choice: '{value}' (choose from {choices})")
        }
        ErrorKind::ValueValidation => {
            let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            format!("argument {named}: {cause}")
        }
        ErrorKind::TooManyValues => format!("argument {named}: ignored explicit argument '{value}'"),
        ErrorKind::ArgumentConflict => {
            let other = argument_of(error, ContextKind::PriorArg, command).map(name).unwrap_or_default();
            let (later, earlier) = in_order(words, named, other);
            format!("argument {later}: not allowed with argument {earlier}")
        }
        ErrorKind::MissingRequiredArgument => {
            format!("the following arguments are required: {}", missing(error, command).join(", "))
        }
        _ => error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    };
    // What is wrong with the name of a sub-command is the program's own business.
    let path = if error.kind() == ErrorKind::InvalidSubcommand { Vec::new() } else { path };
    Misuse { hint: meant(root, error), ..misuse(root, &path, &problem) }
}

/// The sub-commands that somebody may have meant.
fn meant(root: &Command, error: &Error) -> Option<String> {
    let word = text(error, ContextKind::InvalidSubcommand)?;
    let known: Vec<String> = root.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let near = hint::nearest(&word, &known);
    (!near.is_empty()).then(|| format!("there is {}", hint::quoted(&near)))
}

/// Whether a value is missing, as opposed to empty.
fn is_missing(words: &[OsString], invalid: &str, argument: Option<&Arg>) -> bool {
    let choices = argument.map(Arg::get_possible_values).unwrap_or_default();
    let empty = words.iter().any(|word| word.is_empty() || word.to_string_lossy().ends_with('='));
    !invalid.is_empty() && (choices.is_empty() || !empty)
}

fn quoted<'t>(words: impl Iterator<Item = &'t str>) -> String {
    words.map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

/// Of two options, the one that was given later first.
fn in_order(words: &[OsString], one: String, other: String) -> (String, String) {
    let place = |name: &str| {
        words.iter().position(|word| {
            let word = word.to_string_lossy();
            let word = word.split('=').next().unwrap_or_default();
            word.len() > 2 && name.starts_with(word)
        })
    };
    if place(&one) > place(&other) { (one, other) } else { (other, one) }
}

/// The names of what is missing, in the order in which the command has them.
fn missing(error: &Error, command: &Command) -> Vec<String> {
    let Some(ContextValue::Strings(shown)) = error.get(ContextKind::InvalidArg) else { return Vec::new() };
    let is_missing = |argument: &&Arg| shown.iter().any(|shown| is_shown_as(argument, shown));
    command.get_arguments().filter(is_missing).map(name).collect()
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

fn argument_of<'c>(error: &Error, kind: ContextKind, command: &'c Command) -> Option<&'c Arg> {
    argument(command, &text(error, kind)?)
}

/// The argument that clap shows so.
fn argument<'c>(command: &'c Command, shown: &str) -> Option<&'c Arg> {
    command.get_arguments().find(|argument| is_shown_as(argument, shown))
}

fn is_shown_as(argument: &Arg, shown: &str) -> bool {
    let first = shown.split([' ', '=']).next().unwrap_or_default().trim_end_matches('.');
    match argument.get_long() {
        Some(long) => first.strip_prefix("--") == Some(long),
        None => first.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) == Some(&position(argument)),
    }
}

fn position(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    names.first().map_or_else(|| argument.get_id().to_string(), ToString::to_string)
}

/// An argument as argparse calls it.
fn name(argument: &Arg) -> String {
    let short = argument.get_short().map(|short| format!("-{short}"));
    match (short, argument.get_long()) {
        // The one option whose short name comes first there.
        (Some(short), Some("chroot")) => format!("{short}/--chroot"),
        (Some(short), Some(long)) => format!("--{long}/{short}"),
        (None, Some(long)) => format!("--{long}"),
        (Some(short), None) => short,
        (None, None) => position(argument),
    }
}
