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

const PATIENCE: Duration = Duration::from_secs(60);

/// Asks one service, as one user or as nobody.
pub struct Client {
    address: SocketAddr,
    authorization: Option<String>,
}

/// A status and a body.
pub struct Answer {
    pub status: u16,
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

    /// Posts JSON.
    pub fn post_json(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("POST", path, Some(("application/json", body.to_string().as_bytes())))
    }

    /// Posts a file and JSON in the layout of python-copr: the file first, then the part `json`.
    pub fn post_file(&self, path: &str, name: &str, file: &[u8], json: &Value) -> Result<Answer> {
        const BOUNDARY: &str = "----------------------------coprd-xtask";
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
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send("POST", path, Some((&kind, &body)))
    }

    fn send(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.0\r\nHost: {}\r\n", self.address);
        if let Some(authorization) = &self.authorization {
            request += &format!("Authorization: {authorization}\r\n");
        }
        if let Some((kind, bytes)) = body {
            request += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", bytes.len());
        }
        let mut connection = TcpStream::connect_timeout(&self.address, PATIENCE)
            .with_context(|| format!("can't connect to {}", self.address))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_nodelay(true)?;
        connection.write_all((request + "\r\n").as_bytes())?;
        if let Some((_, bytes)) = body {
            connection.write_all(bytes)?;
        }
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer)?;
        parse(&answer).with_context(|| format!("no HTTP answer to {method} {path}"))
    }
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
