//! JSON in letters of ASCII alone, as Copr's older versions of the API sent it. In version 2, python-copr 1.63 on Python 2
//! fails on any other letter in an answer, wherever it stands; in version 1 it takes the answer for text, of which
//! python-requests before 2.25 guesses the encoding.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// An answer in JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match text(&self.0) {
            // Clients look for exactly these words.
            Ok(text) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response(),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// An object as it goes out.
pub fn text(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Ascii))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// As little as JSON takes, with other letters as the numbers of their UTF-16 halves.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut halves = [0; 2];
        for letter in fragment.chars() {
            match u8::try_from(letter).ok().filter(u8::is_ascii) {
                Some(byte) => writer.write_all(&[byte])?,
                None => {
                    letter.encode_utf16(&mut halves).iter().try_for_each(|half| write!(writer, "\\u{half:04x}"))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn letters_outside_of_ascii_are_escaped_and_read_back_as_they_were() {
        let value = json!({"é\"": ["plain", "Dépôt \n\u{7f} €", "🦀"]});
        let written = text(&value).expect("a text");
        assert_eq!(written, "{\"\\u00e9\\\"\":[\"plain\",\"D\\u00e9p\\u00f4t \\n\u{7f} \\u20ac\",\"\\ud83e\\udd80\"]}");
        assert_eq!(serde_json::from_str::<Value>(&written).expect("JSON"), value);
    }
}
