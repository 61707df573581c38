//! As much HTTP as polling a service on this machine takes.
//!
//! HTTP/1.0, so that an answer ends where the connection does: no keep-alive, no chunks, no TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

const BOUNDARY: &str = "----------------------------coprd-test";
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks one service, as one user or as nobody.
#[derive(Clone, Debug)]
pub struct Client {
    address: SocketAddr,
    authorization: Option<String>,
}

/// A status and a body.
#[derive(Debug)]
pub struct Answer {
    /// As in `200`.
    pub status: u16,
    /// As it came.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body of a successful answer, as JSON.
    pub fn json(&self) -> Result<Value> {
        if self.status != 200 {
            bail!("HTTP {}: {}", self.status, String::from_utf8_lossy(&self.body).trim());
        }
        serde_json::from_slice(&self.body).context("the answer is not JSON")
    }
}

impl Client {
    /// A client that is nobody.
    pub fn new(address: SocketAddr) -> Client {
        Client { address, authorization: None }
    }

    /// The same, with an API token.
    pub fn with_token(self, login: &str, token: &str) -> Client {
        let pair = BASE64_STANDARD.encode(format!("{login}:{token}"));
        Client { authorization: Some(format!("Basic {pair}")), ..self }
    }

    /// `path` with its query, from the root: `/api_3/`.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, None)
    }

    /// Asks for the removal of what `path` names.
    pub fn delete(&self, path: &str) -> Result<Answer> {
        self.send("DELETE", path, Some(("application/json", b"{}")))
    }

    /// Posts JSON.
    pub fn post_json(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("POST", path, Some(("application/json", body.to_string().as_bytes())))
    }

    /// Posts anything, as what it says that it is.
    pub fn post(&self, path: &str, kind: &str, body: &[u8]) -> Result<Answer> {
        self.send("POST", path, Some((kind, body)))
    }

    /// Posts a file and JSON in the layout of python-copr: the file first, then the part `json`.
    pub fn post_file(&self, path: &str, name: &str, file: &[u8], json: &Value) -> Result<Answer> {
        let body = form(name, file, json)?;
        self.send("POST", path, Some((&form_type(), &body)))
    }

    /// Sends the head of a request, and gives the connection: for those who break off in the middle of the body.
    /// `body` is its media type and how long it says that it is.
    pub fn begin(&self, method: &str, path: &str, body: Option<(&str, usize)>) -> Result<TcpStream> {
        let mut request = format!("{method} {path} HTTP/1.0\r\nHost: {}\r\n", self.address);
        if let Some(authorization) = &self.authorization {
            request += &format!("Authorization: {authorization}\r\n");
        }
        if let Some((kind, length)) = body {
            request += &format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n");
        }
        let mut connection = TcpStream::connect_timeout(&self.address, PATIENCE)
            .with_context(|| format!("can't connect to {}", self.address))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_nodelay(true)?;
        connection.write_all((request + "\r\n").as_bytes())?;
        Ok(connection)
    }

    fn send(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Result<Answer> {
        let (kind, bytes) = body.unzip();
        let mut connection = self.begin(method, path, kind.map(|kind| (kind, bytes.unwrap_or_default().len())))?;
        connection.write_all(bytes.unwrap_or_default())?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer)?;
        parse(&answer).with_context(|| format!("no HTTP answer to {method} {path}"))
    }
}

/// A form as python-copr sends it: the file first, then the part `json`.
pub fn form(name: &str, file: &[u8], json: &Value) -> Result<Vec<u8>> {
    let mut body = Vec::with_capacity(file.len() + 1024);
    write!(
        body,
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"pkgs\"; filename=\"{name}\"\r\n\
         Content-Type: application/x-rpm\r\n\r\n"
    )?;
    body.extend_from_slice(file);
    write!(
        body,
        "\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"json\"; filename=\"json\"\r\n\
         Content-Type: application/json\r\n\r\n{json}\r\n--{BOUNDARY}--\r\n"
    )?;
    Ok(body)
}

/// The media type of [`Client::post_file`]'s bodies.
pub fn form_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let status = std::str::from_utf8(&answer[..end]).ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: answer[end + 4..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_answer_is_split_into_status_and_body() {
        let answer = parse(b"HTTP/1.0 404 Not Found\r\nX: y\r\n\r\n{}\r\n\r\n").unwrap();
        assert_eq!((answer.status, &answer.body[..]), (404, &b"{}\r\n\r\n"[..]));
    }

    #[test]
    fn a_broken_answer_is_none() {
        for bytes in ["", "HTTP/1.0 200 OK\r\n", "garbage\r\n\r\n"] {
            assert!(parse(bytes.as_bytes()).is_none(), "{bytes:?}");
        }
    }
}
