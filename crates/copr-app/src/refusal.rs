//! Why a use case says no: an outside half for the person and an inside half for the log.

use std::fmt;

/// What kind of no; each dialect has its status for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something in the request is wrong.
    Invalid,
    /// Who asks is not known.
    Unauthenticated,
    /// Who asks may not.
    Forbidden,
    /// It is not there.
    NotFound,
    /// It can not be done now, as things stand.
    Conflict,
    /// There is one of that name already.
    Taken,
    /// It is too large.
    TooLarge,
    /// It is not in the form that it must have.
    Form,
    /// Our fault.
    Internal,
}

/// Messages about fields, in the order the fields are declared. Fields have the names that the contract's texts use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<(&'static str, Vec<String>)>);

impl FieldErrors {
    /// Adds a message about a field.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        let message = message.into();
        match self.0.iter_mut().find(|(name, _)| *name == field) {
            Some((_, messages)) => messages.push(message),
            None => self.0.push((field, vec![message])),
        }
    }

    /// A refusal when there is any message.
    pub fn check(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::fields(self)) }
    }
}

/// Words as a sentence lists them: `a`, `a and b`, `a, b, and c`.
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}

/// A no.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Its kind.
    pub kind: Kind,
    /// A sentence for the person: the contract's text where there is one. Never holds anything from inside.
    pub message: String,
    /// What is wrong with which field, when that is the reason; `message` then says it in one line each.
    pub fields: Option<FieldErrors>,
    /// The cause, for the log only.
    #[source]
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Refusal {
    fn plain(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), fields: None, cause: None }
    }

    /// The same once more, for somebody else who is told; without the cause, which is logged once.
    pub(crate) fn again(&self) -> Self {
        Self::plain(self.kind, self.message.clone())
    }

    /// Something in the request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::plain(Kind::Invalid, message)
    }

    /// Fields of the request are wrong.
    pub fn fields(errors: FieldErrors) -> Self {
        let lines: Vec<String> = errors
            .0
            .iter()
            .flat_map(|(field, messages)| messages.iter().map(move |message| format!("{field}: {message}")))
            .collect();
        Self { fields: Some(errors), ..Self::plain(Kind::Invalid, lines.join("\n")) }
    }

    /// One field of the request is wrong.
    pub fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self::fields(FieldErrors(vec![(field, vec![message.into()])]))
    }

    /// Who asks is not known.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::plain(Kind::Unauthenticated, message)
    }

    /// Who asks may not.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::plain(Kind::Forbidden, message)
    }

    /// It is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::plain(Kind::NotFound, message)
    }

    /// It can not be done now.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::plain(Kind::Conflict, message)
    }

    /// There is one of that name already.
    pub fn taken(message: impl Into<String>) -> Self {
        Self::plain(Kind::Taken, message)
    }

    /// It is too large.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::plain(Kind::TooLarge, message)
    }

    /// It is not in the form that it must have.
    pub fn form(message: impl Into<String>) -> Self {
        Self::plain(Kind::Form, message)
    }

    /// Our fault: `doing` goes to the log with the cause, the person gets a sentence.
    pub fn internal(doing: &'static str, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Box::new(Inside { doing, cause: Box::new(cause) })),
            ..Self::plain(Kind::Internal, "Request wasn't successful, there is probably a bug in the Copr code.")
        }
    }

    /// The whole chain of causes in one line, for the log.
    pub fn inside(&self) -> String {
        let mut text = self.message.clone();
        let mut next: Option<&(dyn std::error::Error + 'static)> = self.cause.as_deref().map(|cause| cause as _);
        while let Some(error) = next {
            text.push_str(": ");
            text.push_str(&error.to_string());
            next = error.source();
        }
        text
    }
}

/// What we were doing when the cause struck.
#[derive(Debug)]
struct Inside {
    doing: &'static str,
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl fmt::Display for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.doing)
    }
}

impl std::error::Error for Inside {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.cause.as_ref())
    }
}

impl From<copr_db::Error> for Refusal {
    fn from(error: copr_db::Error) -> Self {
        Self { message: "Database error, contact admin".to_owned(), ..Self::internal("asking the database", error) }
    }
}

impl From<copr_store::Error> for Refusal {
    fn from(error: copr_store::Error) -> Self {
        Self::internal("working with files", error)
    }
}

impl From<copr_types::state::Illegal> for Refusal {
    fn from(error: copr_types::state::Illegal) -> Self {
        Self::internal("changing a state", error)
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::internal("reading or writing stored JSON", error)
    }
}
