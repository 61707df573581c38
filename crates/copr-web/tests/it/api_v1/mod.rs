//! Version 1 of the API. `checklist` and `later` hold one test for each row of the contract's two tables of calls: what the
//! client sends, as it was recorded, and what it needs back.

mod bad_input;
mod builds;
mod checklist;
mod decisions;
mod examples;
mod help;
mod later;
mod packages;
mod projects;

use crate::server::{Answer, Person, Server, send};
use reqwest::Method;
use serde_json::Value;

const BOUNDARY: &str = "7f0e8a1b2c3d";

/// What is built where it does not matter.
pub const PKGS: (&str, &str) = ("pkgs", "http://x.example/hello-1-1.src.rpm");

/// A service with alice's project `tools`.
pub async fn with_tools() -> Server {
    let server = Server::start().await;
    server.project("tools").await;
    server
}

/// What goes with a `POST`.
pub enum Sent<'a> {
    /// No body, and no word about one.
    Nothing,
    /// Names and values of a plain form.
    Form(&'a [(&'a str, &'a str)]),
    /// The same as a multipart form, with a file: the part, its file name, its text.
    Multipart(&'a [(&'a str, &'a str)], Option<(&'a str, &'a str, &'a str)>),
    Json(Value),
}

/// Asks without credentials.
pub async fn get(server: &Server, path: &str) -> Answer {
    send(server.anywhere(Method::GET, &format!("/api{path}"))).await
}

pub async fn post(server: &Server, who: &Person, path: &str, sent: Sent<'_>) -> Answer {
    let request = server.anywhere(Method::POST, &format!("/api{path}")).basic_auth(&who.login, Some(&who.token));
    let request = match sent {
        Sent::Nothing => request,
        Sent::Form(pairs) => {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            request.header("content-type", "application/x-www-form-urlencoded").body(body)
        }
        Sent::Multipart(pairs, file) => request
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(multipart(pairs, file)),
        Sent::Json(value) => request.json(&value),
    };
    send(request).await
}

fn multipart(pairs: &[(&str, &str)], file: Option<(&str, &str, &str)>) -> String {
    let mut body = String::new();
    for (name, value) in pairs {
        body += &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    if let Some((part, name, text)) = file {
        body += &format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"{name}\"\r\n\
             Content-Type: application/x-rpm\r\n\r\n{text}\r\n"
        );
    }
    body + &format!("--{BOUNDARY}--\r\n")
}

/// The object of a success.
#[track_caller]
pub fn ok(answer: Answer) -> Value {
    let json = answer.ok();
    assert_eq!(json["output"], "ok", "{json}");
    json
}

/// The status and the text of a refusal.
#[track_caller]
pub fn no(answer: &Answer) -> (u16, &str) {
    assert_eq!(answer.json["output"], "notok", "{}", answer.json);
    assert!(!answer.status.is_success(), "{}", answer.json);
    answer.refusal()
}

/// A text of an answer.
#[track_caller]
pub fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_else(|| panic!("`{key}` is no text in {json}"))
}

/// Whether an object has the keys of another, each with a value of the same type, and so all the way down. What is null in
/// the other may be anything, and lists are alike when their first items are.
pub fn has_shape_of(object: &Value, model: &Value) -> Result<(), String> {
    match (object, model) {
        (_, Value::Null) | (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => Ok(()),
        (Value::Bool(_), Value::Bool(_)) => Ok(()),
        (Value::Array(items), Value::Array(models)) => match (items.first(), models.first()) {
            (Some(item), Some(model)) => has_shape_of(item, model),
            (None, Some(model)) => Err(format!("an empty list, not one of {model}")),
            (_, None) => Ok(()),
        },
        (Value::Object(members), Value::Object(models)) => models.iter().try_for_each(|(key, model)| {
            let member = members.get(key).ok_or_else(|| format!("no `{key}` in {object}"))?;
            has_shape_of(member, model).map_err(|error| format!("{key}: {error}"))
        }),
        _ => Err(format!("{object}, not something like {model}")),
    }
}
