//! Where the program prints: whether a person looks at it, how wide it is, and whether it is for colours.

use anstyle::{AnsiColor, Style};
use std::io::{self, IsTerminal};

/// What is known of the standard output and the standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// The standard output is a terminal.
    pub out: bool,
    /// The standard error is one.
    pub err: bool,
    /// Terminals can draw over what they show.
    pub redraws: bool,
    /// The standard output is for colours.
    pub colours_out: bool,
    /// The standard error is.
    pub colours_err: bool,
}

impl Terminal {
    /// Of this process.
    pub fn look(no_color: bool) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::of(io::stdout().is_terminal(), io::stderr().is_terminal(), no_color, variable)
    }

    /// `NO_COLOR` goes before `CLICOLOR_FORCE`, and that one before what the terminal says of itself.
    fn of(out: bool, err: bool, no_color: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_dumb = variable("TERM").is_some_and(|term| term == "dumb");
        let none = no_color || variable("NO_COLOR").is_some();
        let forced = variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let unwanted = is_dumb || variable("CLICOLOR").is_some_and(|value| value == "0");
        let colours = |is_terminal: bool| !none && (forced || is_terminal && !unwanted);
        Self { out, err, redraws: !is_dumb, colours_out: colours(out), colours_err: colours(err) }
    }
}

/// Columns of the standard output; none when it is no terminal and nothing says how many it should have.
pub fn columns() -> Option<usize> {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    told.or_else(seen).filter(|columns| *columns > 0)
}

/// How a state looks: the colours of copr-cli.
pub fn of_state(state: &str) -> Style {
    let colour = match state {
        "importing" | "pending" => AnsiColor::Blue,
        "starting" | "running" => AnsiColor::Yellow,
        "succeeded" | "forked" | "skipped" => AnsiColor::Green,
        "failed" => AnsiColor::Red,
        _ => return Style::new(),
    };
    Style::new().fg_color(Some(colour.into()))
}

/// How the word looks that says that something went wrong.
pub fn of_error() -> Style {
    Style::new().bold().fg_color(Some(AnsiColor::Red.into()))
}

/// A text in a style, where that is wanted.
pub fn painted(text: &str, style: Style, wanted: bool) -> String {
    match wanted && style != Style::new() {
        true => format!("{style}{text}{style:#}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(out: bool, no_color: bool, variables: &[(&str, &str)]) -> bool {
        let variable = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Terminal::of(out, false, no_color, variable).colours_out
    }

    #[test]
    fn colours_are_for_terminals_unless_somebody_says_otherwise() {
        assert!(colours(true, false, &[]));
        assert!(!colours(false, false, &[]));
        assert!(!colours(true, true, &[("CLICOLOR_FORCE", "1")]));
        assert!(!colours(true, false, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(!colours(true, false, &[("TERM", "dumb")]));
        assert!(!colours(true, false, &[("CLICOLOR", "0")]));
        assert!(colours(false, false, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")]));
        assert!(!colours(false, false, &[("CLICOLOR_FORCE", "0")]));
    }

    #[test]
    fn only_what_has_a_colour_is_painted() {
        assert_eq!(painted("failed", of_state("failed"), true), "\u{1b}[31mfailed\u{1b}[0m");
        assert_eq!(painted("failed", of_state("failed"), false), "failed");
        assert_eq!(painted("waiting", of_state("waiting"), true), "waiting");
    }
}
