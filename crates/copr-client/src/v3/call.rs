//! Calls of version 3, and what their answers mean.

use reqwest::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Error;
use crate::call::Answer;
pub(crate) use crate::call::Call;
use crate::form::Part;

impl Call {
    /// Sends it and reads the answer.
    pub(super) async fn send<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let answer = self.answer().await?;
        let url = answer.url.to_string();
        serde_json::from_value(judged(&answer)?).map_err(|source| Error::Unexpected { url, source })
    }

    /// As a form in python-copr's layout: the file first, then a *file* part named `json` with everything else.
    pub(super) fn form_of(self, file: Option<Part>, body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(json) => {
                let json = Part::text("json", json).named_file("json").of_kind("application/json");
                self.form(file.into_iter().chain([json]).collect())
            }
            // It fails there in the same way.
            Err(_) => self.json(body),
        }
    }
}

/// The JSON of an answer, unless it is an error.
///
/// A member `error` makes an answer an error whatever its status says; that is what the clients of Copr have always
/// gone by.
fn judged(answer: &Answer) -> Result<Value, Error> {
    let (url, status) = (answer.url.as_str(), answer.status);
    let Ok(json) = serde_json::from_slice::<Value>(&answer.text) else {
        return Err(not_json(answer));
    };
    if let Some(told) = json.get("error") {
        return Err(Error::told(status.as_u16(), url, told));
    }
    if !status.is_success() {
        let told = json.get("message").cloned().unwrap_or_else(|| Value::String(status.to_string()));
        return Err(Error::told(status.as_u16(), url, &told));
    }
    Ok(json)
}

fn not_json(answer: &Answer) -> Error {
    let url = answer.url.to_string();
    if answer.status == StatusCode::GATEWAY_TIMEOUT {
        return Error::Timeout { url, reason: answer.status.to_string() };
    }
    Error::NotJson { url, status: answer.status.as_u16(), text: answer.beginning() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_whatever_the_status_says() {
        let of = |status, text: &str| judged(&Answer::example(status, text));
        assert!(matches!(of(200, r#"{"error": "No."}"#), Err(Error::Refused { status: 200, .. })));
        assert!(matches!(of(502, r#"{"message": "No."}"#), Err(Error::Refused { status: 502, .. })));
        assert!(matches!(of(504, "<html>"), Err(Error::Timeout { .. })));
        assert!(matches!(of(200, "<html>"), Err(Error::NotJson { status: 200, .. })));
        assert_eq!(of(200, "{}").unwrap(), serde_json::json!({}));
    }
}
