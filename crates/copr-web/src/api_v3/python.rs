//! Texts in the form that Python's `repr` gives them: some of the contract's error texts are dictionaries so printed.

use serde_json::Value;
use std::fmt::Write;

/// A value as text, spelled as Python spells it; lists and dictionaries stay JSON.
pub fn str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => "None".to_owned(),
        other => other.to_string(),
    }
}

/// `{'field': ['message', …], …}`
pub fn dict_repr<S: AsRef<str>>(fields: &[(S, Vec<String>)]) -> String {
    let one = |(field, messages): &(S, Vec<String>)| {
        let messages: Vec<String> = messages.iter().map(|message| str_repr(message)).collect();
        format!("{}: [{}]", str_repr(field.as_ref()), messages.join(", "))
    };
    let items: Vec<String> = fields.iter().map(one).collect();
    format!("{{{}}}", items.join(", "))
}

/// A text in quotes: single ones, unless it holds single quotes and no double ones.
pub fn str_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote || c == '\\' => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => escape(c, &mut out),
        }
    }
    out.push(quote);
    out
}

fn escape(c: char, out: &mut String) {
    let number = u32::from(c);
    // Writing into a String can not fail.
    let _ = match number {
        0..=0xff => write!(out, "\\x{number:02x}"),
        0x100..=0xffff => write!(out, "\\u{number:04x}"),
        _ => write!(out, "\\U{number:08x}"),
    };
}

/// `str.isprintable` of Python. Rust's own table for `Debug` has the same rule (no controls, formats, separators but
/// the blank, unassigned), and leaves combining marks as they are when they follow something.
fn is_printable(c: char) -> bool {
    let after_a_letter: String = ['a', c].iter().collect();
    matches!(c, '"' | '\'' | '\\') || !after_a_letter.escape_debug().any(|one| one == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    // Each right side was printed by Python 3.11.
    #[test]
    fn texts_are_quoted_as_python_quotes_them() {
        for (text, repr) in [
            ("plain", r"'plain'"),
            ("it's", r#""it's""#),
            (r#"say "hi""#, r#"'say "hi"'"#),
            (r#"it's "both""#, r#"'it\'s "both"'"#),
            ("back\\slash", r"'back\\slash'"),
            ("a\nb\rc\td", r"'a\nb\rc\td'"),
            ("\u{0}\u{1b}\u{7f}", r"'\x00\x1b\x7f'"),
            ("žluťoučký 🐎", "'žluťoučký 🐎'"),
            ("\u{a0}\u{ad}", r"'\xa0\xad'"),
            ("\u{200b}\u{2028}\u{feff}", r"'\u200b\u2028\ufeff'"),
            ("\u{e0001}", r"'\U000e0001'"),
            ("e\u{301}", "'e\u{301}'"),
            ("", "''"),
        ] {
            assert_eq!(str_repr(text), repr);
        }
    }

    #[test]
    fn fields_become_a_dictionary_in_their_order() {
        let fields = [("pkgs", vec!["one".to_owned(), "it's".to_owned()]), ("a", vec![])];
        assert_eq!(dict_repr(&fields), r#"{'pkgs': ['one', "it's"], 'a': []}"#);
    }
}
