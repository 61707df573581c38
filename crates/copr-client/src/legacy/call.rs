//! Calls of version 1, and what their answers mean.

use reqwest::StatusCode;
use serde_json::Value;

use super::Error;
use crate::Message;
use crate::call::{Answer, Call};

/// An answer that is none of an error, and where it came from.
pub(super) struct Told {
    pub url: String,
    pub data: Value,
}

/// Sends a call and reads its answer.
pub(super) async fn ask(call: &Call) -> Result<Told, Error> {
    judged(call.answer().await?)
}

fn judged(answer: Answer) -> Result<Told, Error> {
    let (url, status) = (answer.url.to_string(), answer.status);
    let Ok(data) = serde_json::from_slice::<Value>(&answer.text) else {
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            return Err(refused(status, &Value::String(status.to_string())));
        }
        return Err(Error::UnknownResponse { url, status: status.as_u16(), text: answer.beginning() });
    };
    let is_notok = data.get("output").and_then(Value::as_str) == Some("notok");
    if status.is_success() && !is_notok {
        return Ok(Told { url, data });
    }
    let told = data.get("error").or_else(|| data.get("message")).cloned();
    Err(refused(status, &told.unwrap_or_else(|| Value::String(status.to_string()))))
}

fn refused(status: StatusCode, told: &Value) -> Error {
    let (status, message) = (status.as_u16(), Message::of(told));
    match status {
        401 | 403 => Error::Auth { status, message },
        _ => Error::Request { status, message },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_known_by_status_and_by_words() {
        let of = |status, text: &str| judged(Answer::example(status, text)).err().unwrap();
        let told = r#"{"output": "notok", "error": "No."}"#;
        assert!(matches!(of(401, told), Error::Auth { status: 401, .. }));
        assert!(matches!(of(500, told), Error::Request { status: 500, .. }));
        assert!(matches!(of(200, told), Error::Request { status: 200, .. }));
        assert!(matches!(of(403, "<html>"), Error::Auth { status: 403, .. }));
        assert!(matches!(of(200, "<html>"), Error::UnknownResponse { status: 200, .. }));
        let fields = of(500, r#"{"output": "notok", "error": {"name": ["Required."]}}"#);
        assert_eq!(fields.to_string(), "name: Required.");
    }
}
