//! A server of files, as others are: ranges, validators, listings. It can be told to hang up in the middle.

use crate::fake::{Asked, head};
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A file.
#[derive(Clone, Debug, Default)]
pub struct File {
    pub bytes: Vec<u8>,
    /// Instead of bytes: so many zeros.
    pub zeros: u64,
    pub kind: &'static str,
    pub tag: &'static str,
    /// More lines of the head.
    pub head: &'static str,
    /// After how many bytes it hangs up, one answer after the other.
    pub cuts: VecDeque<u64>,
    /// Answers with this status instead, one answer after the other.
    pub statuses: VecDeque<u16>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, File>,
    asked: Vec<Asked>,
    /// So many have to ask for files before anybody gets one.
    crowd: usize,
    here: usize,
}

/// A server. Its thread ends with the test.
#[derive(Clone, Debug)]
pub struct Files {
    pub address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Files {
    pub fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let files = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let server = files.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (server, stream) = (server.clone(), stream.unwrap());
                // Whoever hangs up has his reasons.
                std::thread::spawn(move || drop(server.serve(&stream)));
            }
        });
        files
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn put(&self, path: &str, file: File) {
        self.state.0.lock().unwrap().files.insert(path.to_owned(), file);
    }

    pub fn text(&self, path: &str, text: &str) {
        self.put(path, File { bytes: text.as_bytes().to_vec(), tag: "\"1\"", ..File::default() });
    }

    pub fn page(&self, path: &str, html: &str) {
        self.put(path, File { bytes: html.as_bytes().to_vec(), kind: "text/html", ..File::default() });
    }

    pub fn change(&self, path: &str, change: impl FnOnce(&mut File)) {
        change(self.state.0.lock().unwrap().files.get_mut(path).unwrap());
    }

    /// Nobody gets a file before so many ask for one at the same time.
    pub fn wait_for_a_crowd(&self, number: usize) {
        self.state.0.lock().unwrap().crowd = number;
    }

    /// What it was asked for, with the part where only a part was wanted.
    pub fn heard(&self) -> Vec<String> {
        let text = |asked: &Asked| match (asked.header("range"), asked.header("if-range")) {
            (Some(range), condition) => format!("{} {range} {}", asked.what, condition.unwrap_or("-")),
            (None, _) => asked.what.clone(),
        };
        self.state.0.lock().unwrap().asked.drain(..).map(|asked| text(&asked)).collect()
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let asked = head(&mut BufReader::new(stream));
        let (method, path) = asked.what.split_once(' ').unwrap();
        let (method, path) = (method.to_owned(), path.to_owned());
        let (range, condition) =
            (asked.header("range").map(str::to_owned), asked.header("if-range").map(str::to_owned));
        let (file, cut, status) = {
            let mut state = self.state.0.lock().unwrap();
            state.asked.push(asked);
            let Some(file) = state.files.get_mut(&path) else {
                return plain(stream, 404, "<html>nothing here</html>");
            };
            let (cut, status) = (file.cuts.pop_front(), file.statuses.pop_front());
            let file = file.clone();
            if file.kind != "text/html" {
                self.join_the_crowd(state);
            }
            (file, cut, status)
        };
        if let Some(status) = status {
            return plain(stream, status, "<html>trouble</html>");
        }
        send(stream, &method, &file, range.filter(|_| condition.is_none_or(|it| it == file.tag)), cut)
    }

    fn join_the_crowd(&self, mut state: std::sync::MutexGuard<'_, State>) {
        state.here += 1;
        self.state.1.notify_all();
        let waits = |state: &mut State| state.here < state.crowd;
        let outcome = self.state.1.wait_timeout_while(state, Duration::from_secs(20), waits).unwrap().1;
        assert!(!outcome.timed_out(), "nobody else came");
    }
}

fn plain(mut stream: &TcpStream, status: u16, html: &str) -> std::io::Result<()> {
    let length = html.len();
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close");
    write!(stream, "{head}\r\n\r\n{html}")
}

fn send(
    mut stream: &TcpStream,
    method: &str,
    file: &File,
    range: Option<String>,
    cut: Option<u64>,
) -> std::io::Result<()> {
    let size = file.bytes.len() as u64 + file.zeros;
    let start = range.as_deref().map(|range| {
        let start = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-')).unwrap();
        start.parse::<u64>().unwrap()
    });
    let mut head = format!("connection: close\r\n{}", file.head);
    if !file.tag.is_empty() {
        head += &format!("etag: {}\r\nlast-modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", file.tag);
    }
    if !file.kind.is_empty() {
        head += &format!("content-type: {}\r\n", file.kind);
    }
    let (status, start) = match start {
        _ if file.head.contains("location:") => (302, 0),
        Some(start) if start >= size => {
            return write!(
                stream,
                "HTTP/1.1 416 X\r\ncontent-range: bytes */{size}\r\ncontent-length: 0\r\n{head}\r\n"
            );
        }
        Some(start) => {
            head += &format!("content-range: bytes {start}-{}/{size}\r\n", size - 1);
            (206, start)
        }
        None => (200, 0),
    };
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{head}\r\n", size - start)?;
    if method == "HEAD" {
        return Ok(());
    }
    let most = cut.unwrap_or(u64::MAX);
    if file.zeros > 0 {
        let mut left = (size - start).min(most);
        let zeros = [0; 64 << 10];
        while left > 0 {
            let piece = usize::try_from(left).unwrap_or(usize::MAX).min(zeros.len());
            stream.write_all(&zeros[..piece])?;
            left -= piece as u64;
        }
        return Ok(());
    }
    let bytes = &file.bytes[usize::try_from(start).unwrap()..];
    stream.write_all(&bytes[..bytes.len().min(usize::try_from(most).unwrap_or(usize::MAX))])
}
