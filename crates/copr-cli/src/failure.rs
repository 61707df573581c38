//! What goes wrong: the text on the standard error and the exit status, as copr-cli has them.

use copr_client::v3::{Error, Message};
use std::process::ExitCode;

/// Exit statuses of copr-cli.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The service said no, or can't be reached.
    Refused = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// Something on this side, such as a file that is not there.
    Here = 3,
    /// A build that was waited for did not end well.
    Build = 4,
    /// The service answers what nobody understands.
    Strange = 5,
    /// The configuration is no good.
    Config = 6,
    /// Not allowed, or nobody in particular.
    Forbidden = 7,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Not a Copr service, or something in between.
const NOT_JSON: &str = "Response is not in JSON format, there is probably a bug in the API code.";

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit status.
    pub exit: Exit,
    /// For the standard error, with all its lines; nothing for a failure that was told already.
    pub text: String,
    /// What comes behind it: with `--debug`, and without.
    pub more: More,
    /// What it has to do with.
    pub cause: Cause,
    /// What can be done about it, for people.
    pub hints: Vec<String>,
}

/// What a failure has to do with: who gives hints goes by this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// We are nobody to the service.
    Nobody,
    /// The service does not know our token.
    Unknown,
    /// We may not do that.
    Forbidden,
    /// The service said no, perhaps because there is no such thing.
    Refused,
    /// The service can't be reached; what the network said.
    Connection(String),
    /// It may be no Copr service.
    Stranger,
    /// The configuration.
    Config,
    /// Anything else.
    #[default]
    Other,
}

/// What comes behind a failure's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct More {
    /// With `--debug`: all there is.
    pub debug: String,
    /// Without: how to be told.
    pub hint: &'static str,
}

impl Failure {
    fn new(exit: Exit, text: String) -> Self {
        Self { exit, text, more: More::default(), cause: Cause::Other, hints: Vec::new() }
    }

    /// The service did not do what was asked.
    pub fn refused(reason: &str) -> Self {
        Self::new(Exit::Refused, format!("\nSomething went wrong:\nError: {reason}\n"))
    }

    /// Something is wrong on this side.
    pub fn here(reason: &str) -> Self {
        Self::new(Exit::Here, format!("\nError: {reason}\n"))
    }

    /// What was asked for makes no sense, as is only seen behind the command line.
    pub fn usage(reason: &str) -> Self {
        Self::new(Exit::Usage, format!("\nError: {reason}\n"))
    }

    /// The configuration is no good.
    pub fn config(reason: &str) -> Self {
        let text = format!("\nError: Copr configuration error. {reason}\n");
        Self { cause: Cause::Config, ..Self::new(Exit::Config, text) }
    }

    /// A build that was waited for did not end well.
    pub fn build(reason: &str) -> Self {
        Self::new(Exit::Build, format!("\nBuild error: {reason}\n"))
    }

    /// Not allowed.
    pub fn forbidden(reason: &str) -> Self {
        let general = "Operation requires API authentication. See the 'AUTHENTICATION' section in man copr-cli(1).";
        Self::new(Exit::Forbidden, format!("\nError: {general}\n\nError: {reason}\n"))
    }

    /// There is nobody to answer a question.
    pub fn unanswered() -> Self {
        Self::new(Exit::Refused, "\nError: There is no answer: neither `y` nor `n`.\n".to_owned())
    }

    /// The same, with what it has to do with.
    pub fn of(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }

    /// Somebody has ended the program.
    pub fn interrupted() -> Self {
        Self::new(Exit::Refused, "\nInterrupted by user.\n".to_owned())
    }

    /// The program can't print: who reads it has gone away.
    pub fn unheard() -> Self {
        Self::new(Exit::Refused, String::new())
    }

    /// The same, with a line before it.
    pub fn after(self, line: &str) -> Self {
        Self { text: format!("{line}\n{}", self.text), ..self }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let more = match &error {
            Error::NotJson { text, .. } => More {
                debug: format!("\nServer response:\n----------------\n{}\n", text.trim_end()),
                hint: "Try 'copr-cli --debug' for more info.\n",
            },
            _ => More::default(),
        };
        let failure = match &error {
            Error::Authentication { status: 403, message } => Self::forbidden(&plain(message)),
            Error::Authentication { message, .. } | Error::Refused { message, .. } => Self::refused(&listed(message)),
            Error::NoResult { message } => Self::refused(&plain(message)),
            Error::NotJson { .. } => Self::refused(NOT_JSON),
            Error::Connection { url, source } => Self::refused(&unconnected(url, source.as_ref())),
            Error::Unexpected { .. } => Self::new(Exit::Strange, format!("\nError: {error}\n")),
            Error::Config(error) => Self::config(&error.to_string()),
            Error::Timeout { reason, .. } if reason == "504 Gateway Timeout" => {
                Self::here("Gateway Timeout\nConsider using pagination for large queries.")
            }
            // A gateway's own words, as opposed to ours about a service that says nothing.
            Error::Timeout { reason, .. } if !reason.starts_with("nothing moved") => Self::here(reason),
            Error::Moved { .. } => Self::refused(&error.to_string()),
            _ => Self::here(&error.to_string()),
        };
        let cause = match &error {
            Error::Authentication { status: 403, .. } => Cause::Forbidden,
            Error::Authentication { .. } => Cause::Unknown,
            Error::NoResult { .. } | Error::Refused { .. } => Cause::Refused,
            Error::Connection { source, .. } => Cause::Connection(last_of(source.as_ref())),
            Error::NotJson { .. } | Error::Moved { .. } => Cause::Stranger,
            _ => failure.cause.clone(),
        };
        Self { more, cause, ..failure }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::unheard(),
            _ => Self::here(&error.to_string()),
        }
    }
}

/// The service's words as they came.
fn plain(message: &Message) -> String {
    match message.text() {
        "" => "Unspecified error".to_owned(),
        text => text.to_owned(),
    }
}

/// The service's words as a list, when they are several lines.
fn listed(message: &Message) -> String {
    match message.text() {
        text if text.contains('\n') => text.split('\n').map(|line| format!("\n- {line}")).collect(),
        _ => plain(message),
    }
}

/// What lies at the bottom of an error.
fn last_of(source: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let causes = std::iter::successors(Some(source as &(dyn std::error::Error + 'static)), |error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}

fn unconnected(url: &str, source: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let service = url.find("/api_3").map_or(url, |end| &url[..end]);
    let cause = last_of(source);
    match source.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_connect() => format!("Unable to connect to {service}/api_3/: {cause}"),
        _ => format!("The connection to {service}/api_3/ broke: {cause}"),
    }
}
