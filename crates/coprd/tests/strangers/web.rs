//! A web server that can not be relied on.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Answers by the first part of the path.
pub struct Web {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Web {
    /// A server whose good answer is this file.
    pub fn of(file: Vec<u8>) -> Web {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let ended = Arc::new(AtomicBool::new(false));
        let (file, over) = (Arc::new(file), Arc::clone(&ended));
        let listening = std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let file = Arc::clone(&file);
                // Whoever asked went away: that is what some answers are for.
                std::thread::spawn(move || answer(connection, &file).ok());
            }
        });
        Web { address, ended, listening: Some(listening) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The same, with a user and a password.
    pub fn url_with(&self, user: &str, path: &str) -> String {
        format!("http://{user}@{}/{path}", self.address)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            listening.join().ok();
        }
    }
}

fn answer(mut to: TcpStream, file: &[u8]) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        to.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let size = file.len();
    let mut say = |status: &str, headers: &str, body: &[u8]| {
        write!(to, "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n")?;
        to.write_all(body)
    };
    match path.split('/').nth(1).unwrap_or_default() {
        "good" => say("200 OK", &format!("Content-Length: {size}\r\n"), file),
        "404" => say("404 Not Found", "Content-Length: 0\r\n", b""),
        "500" => say("500 Internal Server Error", "Content-Length: 0\r\n", b""),
        "page" => say("200 OK", "Content-Type: text/html\r\n", b"<html>please log in</html>"),
        "short" => say("200 OK", &format!("Content-Length: {}\r\n", size + 500), file),
        "huge" => say("200 OK", "Content-Length: 99999999999\r\n", file),
        "negative" => say("200 OK", "Content-Length: -5\r\n", file),
        "loop" => say("302 Found", &format!("Location: {path}\r\nContent-Length: 0\r\n"), b""),
        "to-file" => say("302 Found", "Location: file:///etc/passwd\r\nContent-Length: 0\r\n", b""),
        "to-ftp" => say("302 Found", "Location: ftp://127.0.0.1/x.src.rpm\r\nContent-Length: 0\r\n", b""),
        "to-cloud" => say("302 Found", "Location: http://169.254.169.254/x\r\nContent-Length: 0\r\n", b""),
        "no-http" => to.write_all(b"\0\x01\x02 this is no HTTP\r\n\r\n"),
        "endless" => {
            say("200 OK", "", b"")?;
            loop {
                to.write_all(&[b'x'; 65536])?;
            }
        }
        "headers" => {
            to.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                write!(to, "X-More: {}\r\n", "y".repeat(1000))?;
            }
        }
        "stalls" => {
            say("200 OK", &format!("Content-Length: {size}\r\n"), &file[..100])?;
            to.read_to_end(&mut Vec::new()).map(drop)
        }
        // Nothing at all, until the other side has had enough.
        _ => to.read_to_end(&mut Vec::new()).map(drop),
    }
}
