//! What a signer and its clients say to each other over a Unix socket. `docs/signer.md` describes it for others.
//!
//! A request and its answer are one frame each: the length of the head (four bytes, the most significant first), the head
//! (JSON), the length of the body, the body. One connection carries any number of requests, one after the other.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{KeyName, KeyType, PublicKey};

/// The version of all this.
pub(crate) const VERSION: u32 = 1;
/// The largest head: an armored public key is some 4 KiB.
const MOST_HEAD: usize = 64 << 10;
/// The largest body: the header of a package has at most 64 MiB (`copr_rpm`), and an introduction.
pub(crate) const MOST_BODY: usize = (64 << 20) + 64;

/// What every head has, whatever its version.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head<T> {
    pub version: u32,
    #[serde(flatten)]
    pub what: T,
}

/// The part of a head that is the same in all versions.
#[derive(Debug, Deserialize)]
pub(crate) struct AnyVersion {
    pub version: u32,
}

/// What a client asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Ask {
    /// Make a key if there is none of that name. Answered by a key.
    Ensure { key: KeyName, user_id: String, kind: KeyType, valid_seconds: Option<u64> },
    /// Answered by a key.
    Public { key: KeyName },
    /// Sign the body. Answered by a signature: the key, and the packet as body.
    Sign { key: KeyName },
    /// Give a key another end. Answered by a key.
    Extend { key: KeyName, until: Option<i64> },
    /// Remove a key. Done, also when it was not there.
    Delete { key: KeyName },
    /// Make one spare key when fewer than these lie ready. Done.
    Prepare { kind: KeyType, wanted: usize },
}

/// What a signer answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Answer {
    Key(PublicKey),
    Signature(PublicKey),
    Done,
    Failure(Failure),
}

/// Why not. Nothing secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub(crate) enum Failure {
    NoSuchKey,
    /// In words for people.
    Other {
        words: String,
    },
}

/// A connection on which everything has to be done by a moment.
pub(crate) struct Timed<'a> {
    pub stream: &'a UnixStream,
    pub until: Instant,
}

impl<'a> Timed<'a> {
    pub(crate) fn new(stream: &'a UnixStream, patience: Duration) -> Self {
        Self { stream, until: Instant::now() + patience }
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        match self.until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(ErrorKind::TimedOut.into()),
            left => Ok(Some(left)),
        }
    }
}

/// The kernel says "would block" when the time of a blocking socket is over.
fn in_time<T>(done: io::Result<T>) -> io::Result<T> {
    done.map_err(|error| if error.kind() == ErrorKind::WouldBlock { ErrorKind::TimedOut.into() } else { error })
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        in_time((&*self.stream).read(buffer))
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        in_time((&*self.stream).write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a frame.
pub(crate) fn write(to: &mut impl Write, what: &impl Serialize, body: &[u8]) -> io::Result<()> {
    let head = serde_json::to_vec(&Head { version: VERSION, what })?;
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).map(u32::to_be_bytes).map_err(io::Error::other);
    let mut bytes = Vec::with_capacity(8 + head.len());
    bytes.extend_from_slice(&length(&head)?);
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(&length(body)?);
    to.write_all(&bytes)?;
    to.write_all(body)
}

/// Reads the length of a head; none when the other side has nothing more to say.
pub(crate) fn read_begin(from: &mut impl Read) -> io::Result<Option<usize>> {
    let mut length = [0; 4];
    let mut filled = 0;
    while filled < length.len() {
        match from.read(&mut length[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(u32::from_be_bytes(length) as usize))
}

/// Reads the rest of a frame: head and body.
pub(crate) fn read_rest(from: &mut impl Read, head: usize) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let head = exactly(from, head, MOST_HEAD)?;
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let body = exactly(from, u32::from_be_bytes(length) as usize, MOST_BODY)?;
    Ok((head, body))
}

/// Memory is taken as bytes arrive, whatever the other side has promised.
fn exactly(from: &mut impl Read, length: usize, most: usize) -> io::Result<Vec<u8>> {
    if length > most {
        return Err(io::Error::new(ErrorKind::InvalidData, "a frame is too large"));
    }
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}

/// What a head says; an error in words when it is of another version or none at all.
pub(crate) fn parse<T: DeserializeOwned>(head: &[u8]) -> Result<T, String> {
    match serde_json::from_slice::<AnyVersion>(head) {
        Ok(AnyVersion { version: VERSION }) => {}
        Ok(AnyVersion { version }) => return Err(format!("version {version} of the protocol is not {VERSION}")),
        Err(_) => return Err("the head of a frame is not JSON with a version".to_owned()),
    }
    match serde_json::from_slice::<Head<T>>(head) {
        Ok(head) => Ok(head.what),
        Err(error) => Err(format!("the head of a frame is not understood: {error}")),
    }
}
