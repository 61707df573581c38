//! Many clients at once, each on a connection that it keeps.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

/// One kind of request, in as many forms as there are texts: heads and bodies as they go over the wire.
pub struct Requests {
    texts: Vec<String>,
    next: AtomicUsize,
    once: bool,
}

impl Requests {
    /// These, one after the other, then again from the first.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        Self { texts: texts.into_iter().collect(), next: AtomicUsize::new(0), once: false }
    }

    /// These, each of them once.
    pub fn once(texts: impl IntoIterator<Item = String>) -> Self {
        Self { once: true, ..Self::new(texts) }
    }

    /// Whether each is sent once only.
    pub fn are_used_up(&self) -> bool {
        self.once
    }

    fn next(&self) -> Option<&str> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        if self.once { self.texts.get(next) } else { self.texts.get(next % self.texts.len()) }.map(String::as_str)
    }
}

/// What came of them.
pub struct Outcome {
    /// Answers.
    pub count: usize,
    /// From the first request to the last answer.
    pub wall: Duration,
    /// How long each took, ascending.
    times: Vec<Duration>,
}

impl Outcome {
    /// Answers in a second.
    pub fn rate(&self) -> f64 {
        self.count as f64 / self.wall.as_secs_f64()
    }

    /// The time within which 99 of 100 answers came.
    pub fn p99(&self) -> Duration {
        let at = (self.times.len() * 99).div_ceil(100).saturating_sub(1);
        self.times.get(at).copied().unwrap_or_default()
    }
}

/// `clients` ask for some time, one request after the other, and stop together.
pub fn run(address: SocketAddr, requests: &Requests, clients: usize, time: Duration) -> Result<Outcome> {
    let start = Instant::now();
    let one = || -> Result<Vec<Duration>> {
        let mut connection = Connection::open(address)?;
        let mut times = Vec::new();
        while start.elapsed() < time {
            let Some(text) = requests.next() else { break };
            let asked = Instant::now();
            connection.ask(text)?;
            times.push(asked.elapsed());
        }
        Ok(times)
    };
    let all: Result<Vec<_>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..clients).map(|_| scope.spawn(one)).collect();
        workers.into_iter().map(|worker| worker.join().map_err(|_| anyhow!("a client panicked"))?).collect()
    });
    let wall = start.elapsed();
    let mut times: Vec<Duration> = all?.into_iter().flatten().collect();
    times.sort_unstable();
    Ok(Outcome { count: times.len(), wall, times })
}

/// A connection that is kept.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("can't connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self(BufReader::with_capacity(1 << 16, stream)))
    }

    /// The connection itself: whoever shuts it down ends a request that waits.
    pub fn line(&self) -> Result<TcpStream> {
        Ok(self.0.get_ref().try_clone()?)
    }

    /// Sends a request and reads the whole answer, which must be a 200 that says its length.
    pub fn ask(&mut self, request: &str) -> Result<Vec<u8>> {
        self.ask_for(request)?.with_context(|| format!("{}: nothing", request.lines().next().unwrap_or_default()))
    }

    /// The same; nothing when the answer is that there is nothing, 204.
    pub fn ask_for(&mut self, request: &str) -> Result<Option<Vec<u8>>> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut length, mut line) = (None, String::new());
        let mut status = String::new();
        loop {
            line.clear();
            self.0.read_line(&mut line)?;
            let text = line.trim_end();
            if status.is_empty() {
                text.clone_into(&mut status);
            } else if text.is_empty() {
                break;
            } else if let Some((name, value)) = text.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse::<usize>()?);
            }
            if line.is_empty() {
                bail!("the connection ended");
            }
        }
        if status.split(' ').nth(1) == Some("204") {
            return Ok(None);
        }
        let mut body = vec![0; length.with_context(|| format!("`{status}` does not say its length"))?];
        self.0.read_exact(&mut body)?;
        if status.split(' ').nth(1) != Some("200") {
            bail!("{}: {status}: {}", request.lines().next().unwrap_or_default(), String::from_utf8_lossy(&body));
        }
        Ok(Some(body))
    }
}
