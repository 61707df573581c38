//! What the forge answers over HTTP.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{PASSWORD, USER, git};

struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// One request, and its answer.
pub(super) fn serve(connection: TcpStream, root: &Path, asked: &Mutex<Vec<String>>) {
    let Ok(mut answer) = connection.try_clone() else { return };
    let Ok(request) = read(BufReader::new(connection), &mut answer) else { return };
    if let Ok(mut asked) = asked.lock() {
        asked.push(request.path.clone());
    }
    let (status, headers, body) = respond(&request, root).unwrap_or_else(|error| {
        ("500 Internal Server Error".to_owned(), String::new(), format!("{error:#}").into_bytes())
    });
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = answer.write_all(head.as_bytes()).and_then(|()| answer.write_all(&body));
}

fn read(mut from: impl BufRead, answer: &mut TcpStream) -> Result<Request> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().context("no method")?.to_owned(), words.next().context("no path")?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut request = Request { method, path: path.to_owned(), query: query.to_owned(), headers, body: Vec::new() };
    if request.header("expect") == "100-continue" {
        answer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    if request.header("transfer-encoding") == "chunked" {
        loop {
            let mut size = String::new();
            from.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim(), 16)?;
            let begin = request.body.len();
            request.body.resize(begin + size, 0);
            from.read_exact(&mut request.body[begin..])?;
            from.read_line(&mut String::new())?;
            if size == 0 {
                break;
            }
        }
    } else {
        request.body.resize(request.header("content-length").parse().unwrap_or(0), 0);
        from.read_exact(&mut request.body)?;
    }
    Ok(request)
}

type Answer = (String, String, Vec<u8>);

fn respond(request: &Request, root: &Path) -> Result<Answer> {
    let (_, rest) = request.path.split_once('/').context("no path")?;
    let (kind, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = percent_decoded(path);
    if path.split('/').any(|part| part == "..") {
        bail!("`{path}` leads out");
    }
    match kind {
        "git" => backend(request, root, &path),
        "secret" => {
            let known = format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}")));
            if request.header("authorization") == known {
                return backend(request, root, &path);
            }
            let ask = "WWW-Authenticate: Basic realm=\"forge\"\r\n".to_owned();
            Ok(("401 Unauthorized".to_owned(), ask, Vec::new()))
        }
        "files" => match fs::read(root.join(&path)) {
            Ok(bytes) => Ok(("200 OK".to_owned(), String::new(), bytes)),
            Err(_) => Ok(("404 Not Found".to_owned(), String::new(), Vec::new())),
        },
        "broken" => Ok(("503 Service Unavailable".to_owned(), String::new(), Vec::new())),
        _ => Ok(("404 Not Found".to_owned(), String::new(), Vec::new())),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = std::str::from_utf8(after.get(..2).unwrap_or_default()).unwrap_or_default();
        match (first, u8::from_str_radix(hex, 16)) {
            (b'%', Ok(byte)) if hex.len() == 2 => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// git's own server, which speaks CGI.
fn backend(request: &Request, root: &Path, path: &str) -> Result<Answer> {
    let mut child = git()
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{path}"))
        .env("QUERY_STRING", &request.query)
        .env("REQUEST_METHOD", &request.method)
        .env("CONTENT_TYPE", request.header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", request.header("content-encoding"))
        .env("GIT_PROTOCOL", request.header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut input = child.stdin.take().context("its input")?;
    let body = request.body.clone();
    let writer = std::thread::spawn(move || input.write_all(&body));
    let done = child.wait_with_output()?;
    let _ = writer.join();
    let end = done.stdout.windows(4).position(|four| four == b"\r\n\r\n").context("git said nothing")?;
    let (mut status, mut headers) = ("200 OK".to_owned(), String::new());
    for line in String::from_utf8_lossy(&done.stdout[..end]).lines() {
        match line.split_once(": ") {
            Some(("Status", value)) => status = value.to_owned(),
            _ => headers.push_str(&format!("{line}\r\n")),
        }
    }
    Ok((status, headers, done.stdout[end + 4..].to_vec()))
}
