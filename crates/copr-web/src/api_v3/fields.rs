//! The fields of a request and how their values are read (contract, "Request bodies", value rules).

use super::python::str;
use copr_app::Refusal;
use serde_json::{Map, Value};

/// Fields by name. What is null was not sent.
#[derive(Clone, Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Takes an object's members.
    pub fn new(object: Map<String, Value>) -> Result<Self, Refusal> {
        // No name or text holds a NUL, and PostgreSQL refuses texts with one.
        if object.values().any(has_nul) {
            return Err(nul());
        }
        Ok(Self(object.into_iter().filter(|(_, value)| !value.is_null()).collect()))
    }

    /// The first of several names that was sent.
    fn value(&self, names: &[&str]) -> Option<&Value> {
        names.iter().find_map(|name| self.0.get(*name))
    }

    /// Text as it was sent; lists are joined by blanks.
    pub fn text(&self, names: &[&str]) -> Option<String> {
        self.value(names).map(|value| match value {
            Value::Array(items) => items.iter().map(word).collect::<Vec<_>>().join(" "),
            one => word(one),
        })
    }

    /// One line of text, without the blanks around it. Numbers come this way too: the rules for them are elsewhere.
    pub fn line(&self, name: &str) -> Option<String> {
        self.text(&[name]).map(|text| text.trim().to_owned())
    }

    /// A text that must be there; Copr names a missing one like a missing argument.
    pub fn need(&self, name: &str) -> Result<String, Refusal> {
        self.line(name).ok_or_else(|| Refusal::invalid(format!("Missing argument {name}")))
    }

    /// A list of texts. Plain form fields can not hold lists: there, and where a client sends text, blanks split it.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        self.value(&[name]).map(|value| match value {
            Value::Array(items) => items.iter().map(word).collect(),
            one => word(one).split_whitespace().map(str::to_owned).collect(),
        })
    }

    /// The words of a list or a text, as they are split where lists are kept as text.
    pub fn words(&self, name: &str) -> Vec<String> {
        self.text(&[name]).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    /// A list that may come as text split by commas. Empty text is an empty list; an empty list was not sent.
    pub fn commas(&self, names: &[&str]) -> Option<Vec<String>> {
        match self.value(names)? {
            Value::Array(items) if items.is_empty() => None,
            Value::Array(items) => Some(items.iter().map(word).collect()),
            one => {
                let text = word(one);
                Some(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
            }
        }
    }

    /// A list of numbers; `None` when there is none or when it holds something else.
    pub fn numbers(&self, name: &str) -> Option<Vec<i64>> {
        let Value::Array(items) = self.value(&[name])? else { return None };
        items.iter().map(|item| item.as_i64().or_else(|| item.as_str()?.trim().parse().ok())).collect()
    }

    /// A switch: `false`, `"false"`, `""` and `0` are off, everything else is on, `"False"` and `"no"` too.
    pub fn flag(&self, names: &[&str]) -> Option<bool> {
        self.value(names).map(|value| match value {
            Value::Bool(on) => *on,
            Value::String(text) => !matches!(text.as_str(), "" | "false"),
            Value::Number(number) => number.as_f64() != Some(0.0),
            _ => true,
        })
    }
}

/// One value as a word; nothing is an empty one.
fn word(value: &Value) -> String {
    if value.is_null() { String::new() } else { str(value) }
}

/// The refusal of such a value.
pub(crate) fn nul() -> Refusal {
    Refusal::invalid("a value can not hold a NUL character")
}

/// Whether there is a NUL character anywhere in a value, names of members included.
pub(crate) fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        let Value::Object(object) = value else { panic!("an object") };
        Fields::new(object).expect("no NUL in it")
    }

    #[test]
    fn null_is_not_sent() {
        let fields = fields(json!({"a": null}));
        assert_eq!((fields.text(&["a"]), fields.flag(&["a"]), fields.list("a")), (None, None, None));
    }

    #[test]
    fn lists_become_text_and_text_becomes_a_list() {
        let fields = fields(json!({"list": ["a", "b", 3], "text": " a  b "}));
        assert_eq!(fields.text(&["list"]).as_deref(), Some("a b 3"));
        assert_eq!(fields.text(&["text"]).as_deref(), Some(" a  b "));
        assert_eq!(fields.line("text").as_deref(), Some("a  b"));
        assert_eq!(fields.list("text"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(fields.list("list"), Some(vec!["a".to_owned(), "b".to_owned(), "3".to_owned()]));
    }

    #[test]
    fn only_four_values_are_off() {
        for off in [json!(false), json!("false"), json!(""), json!(0)] {
            assert_eq!(fields(json!({"x": off})).flag(&["x"]), Some(false), "{off}");
        }
        for on in [json!(true), json!("False"), json!("no"), json!("0"), json!(1), json!([]), json!({})] {
            assert_eq!(fields(json!({"x": on})).flag(&["x"]), Some(true), "{on}");
        }
    }

    #[test]
    fn numbers_may_be_text() {
        let fields = fields(json!({"t": 100, "u": "100", "v": 1.5, "ids": [1, "2"], "bad": [1, "x"]}));
        assert_eq!(["t", "u", "v"].map(|name| fields.line(name).unwrap_or_default()), ["100", "100", "1.5"]);
        assert_eq!(fields.numbers("ids"), Some(vec![1, 2]));
        assert_eq!(fields.numbers("bad"), None);
    }

    #[test]
    fn the_first_name_that_was_sent_counts() {
        let fields = fields(json!({"repos": ["http://b/"], "additional_repos": null}));
        assert_eq!(fields.text(&["additional_repos", "repos"]).as_deref(), Some("http://b/"));
    }
}
