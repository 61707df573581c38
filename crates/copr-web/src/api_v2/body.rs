//! What stands in the body: a JSON object, whatever the request says that it is.

use super::refused::Refused;
use crate::Web;
use crate::api_v3::fields::{has_nul, nul};
use crate::form::up_to;
use axum::extract::{FromRequest, Request};
use copr_app::{FieldErrors, Refusal};
use serde_json::{Map, Value};

/// Most bytes of a body: a comps file, Fedora's own having 2 MB, may stand in it.
const LIMIT: usize = 16 << 20;

/// A body that is an object.
#[derive(Debug)]
pub struct Body(pub Fields);

impl FromRequest<Web> for Body {
    type Rejection = Refused;

    async fn from_request(request: Request, _web: &Web) -> Result<Self, Refused> {
        let bytes = up_to(request.into_body(), LIMIT, too_large).await?;
        Ok(Self(Fields::read(&bytes)?))
    }
}

fn too_large() -> Refusal {
    Refusal::too_large(format!("The request is too large: it can have {} MiB.", LIMIT >> 20))
}

/// What a request says about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<T> {
    /// Nothing.
    Nothing,
    /// That there is none.
    Null,
    /// This.
    This(T),
}

impl<T> Said<T> {
    /// What is said, none being nothing.
    pub fn this(self) -> Option<T> {
        match self {
            Self::This(value) => Some(value),
            Self::Nothing | Self::Null => None,
        }
    }

    /// What is said, with a value for none.
    pub fn or_null(self, null: T) -> Option<T> {
        match self {
            Self::This(value) => Some(value),
            Self::Null => Some(null),
            Self::Nothing => None,
        }
    }

    /// What is said, none being something too.
    pub fn either(self) -> Option<Option<T>> {
        match self {
            Self::This(value) => Some(Some(value)),
            Self::Null => Some(None),
            Self::Nothing => None,
        }
    }
}

/// The members of an object, and what is wrong with those that were looked at.
#[derive(Debug, Default)]
pub struct Fields {
    members: Map<String, Value>,
    errors: FieldErrors,
}

impl Fields {
    /// Reads an object.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let value = serde_json::from_slice(bytes).map_err(|error| Refusal::invalid(format!("Not JSON: {error}")))?;
        if has_nul(&value) {
            return Err(nul());
        }
        match value {
            Value::Object(members) => Ok(Self { members, errors: FieldErrors::default() }),
            _ => Err(Refusal::invalid("Not a JSON object.")),
        }
    }

    fn said<T>(&mut self, name: &'static str, wrong: &str, read: impl Fn(&Value) -> Option<T>) -> Said<T> {
        match self.members.get(name) {
            None => Said::Nothing,
            Some(Value::Null) => Said::Null,
            Some(value) => match read(value) {
                Some(value) => Said::This(value),
                None => {
                    self.errors.add(name, wrong);
                    Said::Nothing
                }
            },
        }
    }

    /// A text.
    pub fn text(&mut self, name: &'static str) -> Said<String> {
        self.said(name, "Not a valid string.", |value| value.as_str().map(str::to_owned))
    }

    /// A list of texts.
    pub fn list(&mut self, name: &'static str) -> Said<Vec<String>> {
        self.said(name, "Not a valid list of strings.", |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// A switch; clients may write it as a word or a number.
    pub fn flag(&mut self, name: &'static str) -> Said<bool> {
        self.said(name, "Not a valid boolean.", |value| match value {
            Value::Bool(on) => Some(*on),
            Value::Number(number) => match number.as_i64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            Value::String(word) => match word.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Some(true),
                "false" | "no" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        })
    }

    /// A whole number, which may be written as a text.
    pub fn number(&mut self, name: &'static str) -> Said<i64> {
        self.said(name, "Not a valid integer.", |value| {
            value.as_i64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
        })
    }

    /// Whether anything is said about it, be it wrong.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Complains about something else.
    pub fn wrong(&mut self, name: &'static str, message: &str) {
        self.errors.add(name, message);
    }

    /// That nothing was wrong.
    pub fn check(self) -> Result<(), Refusal> {
        self.errors.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_are_read() {
        for text in ["", "x", "[]", "1", "null", "\"x\"", "{\"a\": 1", "{\"a\": \"\\u0000\"}", "\u{0}"] {
            assert!(Fields::read(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(Fields::read(b"{\"a\": \"\xff\"}").is_err());
        assert!(Fields::read(&[b'['; 100_000]).is_err());
    }

    #[test]
    fn values_of_other_kinds_are_wrong_and_none_is_not_nothing() {
        let text = r#"{"s": "x", "l": ["a"], "f": true, "n": 7, "null": null, "m": ["a", 1], "w": "No", "t": " 8 ", "x": 1.5}"#;
        let mut fields = Fields::read(text.as_bytes()).expect("an object");
        assert_eq!(
            (fields.text("s"), fields.text("null"), fields.text("no")),
            (Said::This("x".to_owned()), Said::Null, Said::Nothing)
        );
        assert_eq!(
            (fields.list("l"), fields.flag("f"), fields.flag("w")),
            (Said::This(vec!["a".to_owned()]), Said::This(true), Said::This(false))
        );
        assert_eq!((fields.number("n"), fields.number("t")), (Said::This(7), Said::This(8)));
        assert_eq!(fields.text("null").or_null(String::new()), Some(String::new()));
        assert_eq!((fields.text("no").either(), fields.text("null").either()), (None, Some(None)));
        assert_eq!(
            (fields.text("n"), fields.list("s"), fields.list("m")),
            (Said::Nothing, Said::Nothing, Said::Nothing)
        );
        assert_eq!(
            (fields.flag("s"), fields.flag("n"), fields.number("x")),
            (Said::Nothing, Said::Nothing, Said::Nothing)
        );
        let refusal = fields.check().expect_err("much was wrong");
        let names: Vec<&str> = refusal.fields.expect("fields").0.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["n", "s", "m", "x"]);
    }
}
