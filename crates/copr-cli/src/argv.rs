//! Words of a command line on their way to clap, which is stricter than Python in one thing: a word with a space in it is
//! a value there, even when it begins with a dash, as in `--description "- fast"`.
//!
//! Options that copr-cli does not have are not to get into the way of those that it has: the beginning of a name still
//! means what it means there.

use clap::{Arg, ArgAction, Command};
use std::ffi::{OsStr, OsString};

/// Options of all commands that copr-cli does not have.
pub const OURS: &[&str] = &["output", "hints"];

/// The same words, with such values fastened to their options by `=`.
pub fn prepared(root: &Command, words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut command = root;
    let mut done: Vec<OsString> = Vec::new();
    let mut words = words.into_iter().peekable();
    let mut is_over = false;
    while let Some(word) = words.next() {
        is_over |= word == "--";
        let word = match is_over {
            true => word,
            false => full(command, word, words.peek().and_then(|next| next.to_str())),
        };
        let before = done.last().and_then(|before| before.to_str());
        if let (Some(text), Some(option)) = (word.to_str(), before.and_then(|before| waiting(command, before)))
            && text.starts_with('-')
            && text.contains(' ')
        {
            done.pop();
            done.push(format!("--{option}={text}").into());
            continue;
        }
        command = subcommand(command, &word).unwrap_or(command);
        done.push(word);
    }
    done
}

/// The word, with the name of copr-cli's option that it can only be the beginning of.
fn full(command: &Command, word: OsString, next: Option<&str>) -> OsString {
    let Some(text) = word.to_str().and_then(|word| word.strip_prefix("--")) else { return word };
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let is_theirs = |long: &&str| !OURS.contains(long);
    let long = |name: &str| options(command).filter_map(Arg::get_long).find(|long| *long == name);
    // `--output` is one of them, too, in the commands with `--output-format`.
    let is_format = name == "output" && matches!(value.or(next), Some("text" | "text-row"));
    if !is_format && (name.is_empty() || OURS.contains(&name) || long(name).is_some()) {
        return word;
    }
    let mut fits = options(command).filter_map(Arg::get_long).filter(is_theirs).filter(|long| long.starts_with(name));
    match (fits.next(), fits.next()) {
        (Some(long), None) => match value {
            Some(value) => format!("--{long}={value}").into(),
            None => format!("--{long}").into(),
        },
        _ => word,
    }
}

fn subcommand<'c>(command: &'c Command, word: &OsStr) -> Option<&'c Command> {
    command.find_subcommand(word)
}

/// The long name of an option that waits for its value.
fn waiting<'c>(command: &'c Command, word: &str) -> Option<&'c str> {
    let fits: Vec<&Arg> = options(command).filter(|option| is_called(option, word)).collect();
    let exact = fits.iter().find(|option| long_of(option) == word.strip_prefix("--"));
    let option = match (exact, fits.as_slice()) {
        (Some(option), _) => *option,
        (None, [option]) => option,
        (None, _) => return None,
    };
    let takes_value = matches!(option.get_action(), ArgAction::Set | ArgAction::Append);
    long_of(option).filter(|_| takes_value)
}

/// Whether a word is an option's name, or the beginning of its long one.
fn is_called(option: &Arg, word: &str) -> bool {
    match word.strip_prefix("--") {
        Some("") => false,
        Some(beginning) => long_of(option).is_some_and(|long| long.starts_with(beginning)),
        None => option.get_short().is_some_and(|short| word.strip_prefix('-') == Some(short.to_string().as_str())),
    }
}

fn long_of(option: &Arg) -> Option<&str> {
    option.get_long()
}

/// What a command has of options, other than the positions.
pub fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| !argument.is_positional())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Vec<String> {
        let words = words.iter().map(OsString::from);
        prepared(&crate::command(), words).into_iter().map(|word| word.into_string().unwrap()).collect()
    }

    #[test]
    fn a_value_may_begin_with_a_dash_when_it_has_a_space() {
        assert_eq!(of(&["copr", "create", "a", "--desc", "- b"]), ["copr", "create", "a", "--description=- b"]);
        assert_eq!(of(&["copr", "build", "-r", "-x y"]), ["copr", "build", "--chroot=-x y"]);
    }

    #[test]
    fn beginnings_of_names_mean_what_they_mean_to_copr_cli() {
        let list = ["copr", "list-builds", "a"];
        for (given, meant) in [
            (&["--out", "json"][..], &["--output-format", "json"][..]),
            (&["--output", "text-row"], &["--output-format", "text-row"]),
            (&["--output=text"], &["--output-format=text"]),
            (&["--output", "json"], &["--output", "json"]),
            (&["--", "--out"], &["--", "--out"]),
        ] {
            assert_eq!(of(&[&list, given].concat()), [&list, meant].concat());
        }
        assert_eq!(of(&["copr", "--h"]), ["copr", "--h"]);
        assert_eq!(of(&["copr", "--no", "build", "--no"]), ["copr", "--no-color", "build", "--nowait"]);
        assert_eq!(of(&["copr", "get", "--output", "text"]), ["copr", "get", "--output", "text"]);
    }

    #[test]
    fn everything_else_stays() {
        for words in [
            &["copr", "create", "--persistent", "- b"][..],
            &["copr", "create", "--description", "-b"],
            &["copr", "create", "--de", "- b"],
            &["copr", "--", "- b"],
        ] {
            assert_eq!(of(words), words);
        }
    }
}
