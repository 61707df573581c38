//! A server that gives prepared answers, one on each connection, and remembers what it was asked; a clock that makes
//! nobody wait.

use copr_client::v3::{Client, Clock, Config};
use std::fmt;
use std::future::{Future, ready};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answers with a status and a body.
    Says(u16, String),
    /// Answers with more lines in the head.
    Heads(u16, &'static str),
    /// Answers as soon as it knows the head.
    Interrupts(u16, String),
    /// Sends this and hangs up.
    Sends(String),
    /// Hangs up.
    HangsUp,
    /// Says nothing, for as long as the server is there.
    IsSilent,
}

/// An answer with this body.
pub fn says(status: u16, body: &str) -> Reply {
    Reply::Says(status, body.to_owned())
}

/// What it was asked.
#[derive(Debug, Default)]
pub struct Asked {
    /// Method and path, as `GET /api_3/build/1`.
    pub what: String,
    /// Lines of the head, with names in small letters.
    pub head: Vec<String>,
    /// The body, if it is of some KiB.
    pub body: String,
    /// Its length.
    pub length: usize,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A server. It ends after its last answer.
#[derive(Debug)]
pub struct Fake {
    pub address: SocketAddr,
    asked: Receiver<Asked>,
}

impl Fake {
    pub fn new(replies: Vec<Reply>) -> Self {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(), replies)
    }

    pub fn on(listener: TcpListener, replies: Vec<Reply>) -> Self {
        let (sender, asked) = channel();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || serve(&listener, replies, &sender));
        Self { address, asked }
    }

    /// What it was asked, once it has given all of its answers.
    pub fn asked(self) -> Vec<Asked> {
        self.asked.iter().collect()
    }

    /// The same, without the details.
    pub fn heard(self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.what).collect()
    }

    pub fn client(&self) -> (Client, Arc<Quick>) {
        client(config(self.address))
    }
}

pub fn config(address: SocketAddr) -> Config {
    Config::new(&format!("http://{address}")).unwrap().token("login", "token")
}

pub fn client(config: Config) -> (Client, Arc<Quick>) {
    let clock = Arc::new(Quick::new(|| ()));
    (Client::new(config).unwrap().with_clock(clock.clone()), clock)
}

fn serve(listener: &TcpListener, replies: Vec<Reply>, sender: &Sender<Asked>) {
    let mut silent = Vec::new();
    for reply in replies {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut asked = head(&mut reader);
        if !matches!(reply, Reply::Interrupts(..)) {
            read_body(&mut reader, &mut asked);
        }
        // Nobody may be interested any more.
        let _ = sender.send(asked);
        match reply {
            Reply::Says(status, body) => answer(&stream, status, "", &body),
            Reply::Heads(status, head) => answer(&stream, status, head, ""),
            Reply::Interrupts(status, body) => {
                answer(&stream, status, "", &body);
                stream.shutdown(Shutdown::Write).unwrap();
                // Until the client has hung up: whoever closes on data that are coming loses his own last words.
                let _ = std::io::copy(&mut reader, &mut std::io::sink());
            }
            Reply::Sends(text) => (&stream).write_all(text.as_bytes()).unwrap(),
            Reply::HangsUp => drop(stream),
            Reply::IsSilent => silent.push(stream),
        }
    }
    for stream in silent {
        // Until the client has hung up.
        let _ = BufReader::new(stream).read_line(&mut String::new());
    }
}

/// The head of a request.
pub fn head(reader: &mut impl BufRead) -> Asked {
    let mut asked = Asked::default();
    for line in reader.lines().map(Result::unwrap).take_while(|line| !line.is_empty()) {
        match line.strip_suffix(" HTTP/1.1") {
            Some(what) => asked.what = what.to_owned(),
            None => {
                let (name, value) = line.split_once(':').unwrap();
                asked.head.push(format!("{}: {}", name.to_lowercase(), value.trim()));
            }
        }
    }
    asked.length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
    asked
}

fn read_body(reader: &mut impl BufRead, asked: &mut Asked) {
    let mut body = reader.take(asked.length as u64);
    if asked.length <= 16 << 10 {
        body.read_to_string(&mut asked.body).unwrap();
    } else {
        asked.length = usize::try_from(std::io::copy(&mut body, &mut std::io::sink()).unwrap()).unwrap();
    }
}

fn answer(mut stream: &TcpStream, status: u16, head: &str, body: &str) {
    let length = body.len();
    let text = format!("HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\nconnection: close\r\n{head}\r\n{body}");
    stream.write_all(text.as_bytes()).unwrap();
}

/// A clock on which time goes by as soon as somebody waits for it.
pub struct Quick {
    begin: Instant,
    slept: Mutex<Vec<Duration>>,
    meanwhile: Box<dyn Fn() + Send + Sync>,
}

impl Quick {
    /// What happens while somebody waits.
    pub fn new(meanwhile: impl Fn() + Send + Sync + 'static) -> Self {
        Self { begin: Instant::now(), slept: Mutex::default(), meanwhile: Box::new(meanwhile) }
    }

    /// Seconds, in the order in which somebody waited for them.
    pub fn slept(&self) -> Vec<u64> {
        self.slept.lock().unwrap().iter().map(Duration::as_secs).collect()
    }
}

impl fmt::Debug for Quick {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Quick")
    }
}

impl Clock for Quick {
    fn now(&self) -> Instant {
        self.begin + self.slept.lock().unwrap().iter().sum()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.slept.lock().unwrap().push(time);
        (self.meanwhile)();
        Box::pin(ready(()))
    }
}

/// The most memory that this process has ever had, in bytes.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}
