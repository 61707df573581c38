//! Options as fields of forms.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Error;
use crate::Trouble;
use crate::form::Part;

/// Lists that are not one field with spaces between, but several fields.
const REPEATED: [&str; 1] = ["python_versions"];

/// The fields of a form.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of a set of options.
    pub fn of(options: &impl Serialize) -> Result<Self, Error> {
        let members = serde_json::to_value(options).map_err(|error| Trouble::Argument(error.to_string()))?;
        let members: Map<String, Value> = match members {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let mut fields = Self::new();
        for (name, value) in members {
            match value {
                Value::Array(items) if REPEATED.contains(&name.as_str()) => {
                    fields.0.extend(items.iter().filter_map(text).map(|text| (name.clone(), text)));
                }
                Value::Array(items) => {
                    let texts: Vec<String> = items.iter().filter_map(text).collect();
                    fields.0.push((name, texts.join(" ")));
                }
                value => fields.0.extend(text(&value).map(|text| (name, text))),
            }
        }
        Ok(fields)
    }

    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// With those of other options.
    pub fn and(mut self, options: &impl Serialize) -> Result<Self, Error> {
        self.0.extend(Self::of(options)?.0);
        Ok(self)
    }

    /// With chroots that are chosen: a field for each.
    pub fn with_chroots(mut self, chroots: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.0.extend(chroots.into_iter().map(|chroot| (chroot.as_ref().to_owned(), "y".to_owned())));
        self
    }

    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }

    /// For a form that has a file, too.
    pub fn into_parts(self) -> Vec<Part> {
        self.0.into_iter().map(|(name, value)| Part::text(name, value)).collect()
    }
}

/// No is the empty text here; everything else is yes for some services.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(true) => Some("y".to_owned()),
        Value::Bool(false) => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn options_become_fields() {
        let options = json!({"a": true, "b": false, "c": ["x", "y"], "d": 5, "e": null, "python_versions": ["3", "2"]});
        let fields = Fields::of(&options).unwrap().with_chroots(["f-1-x"]).into_pairs();
        let expected =
            [("a", "y"), ("b", ""), ("c", "x y"), ("d", "5"), ("python_versions", "3"), ("python_versions", "2")];
        let expected = expected.into_iter().chain([("f-1-x", "y")]);
        assert!(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected), "{fields:?}");
    }
}
