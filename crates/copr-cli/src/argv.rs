//! Words of a command line on their way to clap, which is stricter than Python in one thing: a word with a space in it is
//! a value there, even when it begins with a dash, as in `--description "- fast"`.

use clap::{Arg, ArgAction, Command};
use std::ffi::{OsStr, OsString};

/// The same words, with such values fastened to their options by `=`.
pub fn prepared(root: &Command, words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut command = root;
    let mut done: Vec<OsString> = Vec::new();
    for word in words {
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
