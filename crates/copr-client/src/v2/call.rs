//! Calls of version 2, and what their answers mean.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Error;
use crate::Message;
use crate::call::{Answer, Call};

/// Sends a call and reads the JSON of its answer.
pub(super) async fn read<T: DeserializeOwned>(call: &Call) -> Result<T, Error> {
    let answer = accepted(call.answer().await?)?;
    let url = answer.url.to_string();
    let json = serde_json::from_slice::<Value>(&answer.text).map_err(|_| not_json(&answer))?;
    serde_json::from_value(json).map_err(|source| Error::Unexpected { url, source })
}

/// Sends a call whose answer may be empty.
pub(super) async fn done(call: &Call) -> Result<Answer, Error> {
    accepted(call.answer().await?)
}

/// An answer unless it is an error.
fn accepted(answer: Answer) -> Result<Answer, Error> {
    let status = answer.status;
    if status.is_success() {
        return Ok(answer);
    }
    let Ok(mut told) = serde_json::from_slice::<Map<String, Value>>(&answer.text) else {
        let message = Message::of(&Value::String(status.to_string()));
        return Err(match status.as_u16() {
            status @ (401 | 403) => Error::Auth { status, message },
            status @ 500.. => Error::Server { status, message },
            _ => not_json(&answer),
        });
    };
    let message = told.get("message").map_or_else(|| Message::of(&Value::String(status.to_string())), Message::of);
    Err(match status.as_u16() {
        status @ (401 | 403) => Error::Auth { status, message },
        status @ 500.. => Error::Server { status, message },
        status => Error::Request { status, message, data: told.remove("data").filter(|data| !data.is_null()) },
    })
}

fn not_json(answer: &Answer) -> Error {
    Error::NotJson { url: answer.url.to_string(), status: answer.status.as_u16(), text: answer.beginning() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_status_says_which_error_it_is() {
        let of = |status, text: &str| accepted(Answer::example(status, text)).unwrap_err();
        let told = r#"{"message": "No.", "data": {"name": ["Required."]}}"#;
        assert!(matches!(of(401, told), Error::Auth { status: 401, .. }));
        assert!(matches!(of(403, "<html>"), Error::Auth { status: 403, .. }));
        assert!(matches!(of(500, "<html>"), Error::Server { status: 500, .. }));
        assert!(matches!(of(404, "<html>"), Error::NotJson { status: 404, .. }));
        let refused = of(400, told);
        assert_eq!((refused.status(), refused.to_string().as_str()), (Some(400), "No."));
        assert_eq!(refused.data(), Some(&json!({"name": ["Required."]})));
        assert_eq!(of(409, "{}").message().unwrap().lines(), ["409 Conflict"]);
    }
}
