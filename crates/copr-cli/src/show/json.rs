//! JSON as copr-cli prints it: members in order, four spaces, nothing but ASCII.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// The text, without a line's end.
pub fn text(value: &Value) -> io::Result<String> {
    let mut value = value.clone();
    value.sort_all_objects();
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Ascii(PrettyFormatter::with_indent(b"    "))))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

struct Ascii(PrettyFormatter<'static>);

macro_rules! as_pretty {
    ($($method:ident($($name:ident: $type:ty),*);)+) => {
        $(fn $method<W: ?Sized + Write>(&mut self, out: &mut W $(, $name: $type)*) -> io::Result<()> {
            self.0.$method(out $(, $name)*)
        })+
    };
}

impl Formatter for Ascii {
    as_pretty! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        for letter in text.chars() {
            if letter.is_ascii() && letter != '\u{7f}' {
                write!(out, "{letter}")?;
            } else {
                letter.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_in_order_and_letters_are_ascii() {
        let value = json!({"b": [1, {"d": null, "c": "ü😀\n"}], "a": {}, "e": []});
        let expected = "{\n    \"a\": {},\n    \"b\": [\n        1,\n        {\n            \"c\": \"\\u00fc\\ud83d\\ude00\\n\",\n            \
                        \"d\": null\n        }\n    ],\n    \"e\": []\n}";
        assert_eq!(text(&value).unwrap(), expected);
    }
}
