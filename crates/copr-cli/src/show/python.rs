//! Values as Python prints them: what the text formats of copr-cli hold.

use serde_json::{Map, Value};

/// `str(value)`: texts as they are, everything else as [`repr`].
pub fn str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => repr(other),
    }
}

/// `repr(value)`.
pub fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(repr))),
        Value::Object(members) => object(members),
    }
}

/// A whole thing in a list: copr-cli keeps these in a class of its own, whose name Python prints along.
pub fn thing(value: &Value) -> String {
    match value {
        Value::Object(members) => format!("Munch({})", object(members)),
        other => repr(other),
    }
}

fn object(members: &Map<String, Value>) -> String {
    format!("{{{}}}", joined(members.iter().map(|(name, value)| format!("{}: {}", quoted(name), repr(value)))))
}

/// Texts with commas between them.
pub fn joined(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\n' => shown += "\\n",
            '\r' => shown += "\\r",
            '\t' => shown += "\\t",
            '\\' => shown += "\\\\",
            _ if letter == quote => shown.extend(['\\', letter]),
            _ if letter.is_control() => shown += &format!("\\x{:02x}", u32::from(letter)),
            _ => shown.push(letter),
        }
    }
    shown.push(quote);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_printed_as_python_prints_them() {
        let value = json!({"a": ["x", null, true], "b": {"c": 1.5}, "d": "it's", "e": "\"'\n\u{1}"});
        assert_eq!(repr(&value), r#"{'a': ['x', None, True], 'b': {'c': 1.5}, 'd': "it's", 'e': '"\'\n\x01'}"#);
        assert_eq!(str(&json!("it's")), "it's");
        assert_eq!(thing(&json!({"a": 1})), "Munch({'a': 1})");
    }
}
