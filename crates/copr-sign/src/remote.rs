//! Signing by a process that has the keys.

use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::socket::{self, AddressFamily, SockFlag, SockType, UnixAddr, sockopt};
use nix::sys::time::TimeVal;

use crate::wire::{self, Answer, Ask, Failure, Timed};
use crate::{Error, Expiry, KeyName, KeyType, PublicKey, Signer, key};

/// How long a signer that is there needs to take a connection.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long a signature may take: a slow machine, a large header, others before us.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a key may take to be made.
const MAKING: Duration = Duration::from_secs(180);
/// Connections that are kept for the next request.
const KEPT: usize = 8;

/// Signs with the keys of another process, which listens on a Unix socket ([`crate::Door`]).
///
/// No private key is ever in this process. When the signer is away every call says so
/// ([`Error::Unreachable`]); when it is back the next call reaches it.
#[derive(Clone, Debug)]
pub struct RemoteSigner {
    socket: PathBuf,
    kind: KeyType,
    expiry: Expiry,
    kept: Arc<Mutex<Vec<UnixStream>>>,
}

impl RemoteSigner {
    /// Connects when something is to be signed. Keys that have to be made will be of `kind` and valid for `expiry`.
    pub fn new(socket: impl Into<PathBuf>, kind: KeyType, expiry: Expiry) -> RemoteSigner {
        RemoteSigner { socket: socket.into(), kind, expiry, kept: Arc::default() }
    }

    /// Whether somebody takes connections there.
    pub fn is_there(socket: &Path) -> io::Result<()> {
        connect(socket).map(drop)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<UnixStream>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks on a connection that was kept, or on a new one. A kept one may have ended since: every request may be made
    /// twice, so it is made again.
    fn ask(&self, ask: &Ask, body: &[u8], patience: Duration) -> Result<(Answer, Vec<u8>), Error> {
        let kept = self.kept().pop();
        if let Some(stream) = kept {
            match self.exchange(stream, ask, body, patience) {
                Err(error) if error.kind() != ErrorKind::TimedOut => {}
                done => return done.map_err(|source| self.unreachable(source)),
            }
        }
        let stream = connect(&self.socket).map_err(|source| self.unreachable(source))?;
        self.exchange(stream, ask, body, patience).map_err(|source| self.unreachable(source))
    }

    fn exchange(
        &self,
        stream: UnixStream,
        ask: &Ask,
        body: &[u8],
        patience: Duration,
    ) -> io::Result<(Answer, Vec<u8>)> {
        let mut timed = Timed::new(&stream, patience);
        // A signer that says no before it has heard all is to be heard.
        let sent = wire::write(&mut timed, ask, body);
        let answer = match wire::read_begin(&mut timed) {
            Ok(Some(head)) => wire::read_rest(&mut timed, head)?,
            Ok(None) => return Err(sent.err().unwrap_or_else(|| ErrorKind::UnexpectedEof.into())),
            Err(error) => return Err(sent.err().unwrap_or(error)),
        };
        let parsed = wire::parse::<Answer>(&answer.0).map_err(|words| io::Error::new(ErrorKind::InvalidData, words))?;
        if sent.is_ok() {
            let mut kept = self.kept();
            if kept.len() < KEPT {
                kept.push(stream);
            }
        }
        Ok((parsed, answer.1))
    }

    fn unreachable(&self, source: io::Error) -> Error {
        Error::Unreachable { socket: self.socket.clone(), source }
    }

    fn wrong(&self, what: &'static str) -> Error {
        Error::WrongAnswer { socket: self.socket.clone(), what }
    }

    fn failed(&self, failure: Failure, key: Option<&KeyName>) -> Error {
        match (failure, key) {
            (Failure::NoSuchKey, Some(key)) => Error::NoSuchKey { key: key.to_string() },
            (Failure::NoSuchKey, None) => self.wrong("a key that nobody asked for"),
            (Failure::Other { words }, _) => Error::Refused { socket: self.socket.clone(), why: words },
        }
    }

    /// A request that is answered by a key.
    fn key(&self, ask: &Ask, key: &KeyName, patience: Duration) -> Result<PublicKey, Error> {
        match self.ask(ask, &[], patience)?.0 {
            Answer::Key(public) => Ok(public),
            Answer::Failure(failure) => Err(self.failed(failure, Some(key))),
            _ => Err(self.wrong("a key was asked for")),
        }
    }

    /// A request that is done or not.
    fn done(&self, ask: &Ask, patience: Duration) -> Result<(), Error> {
        match self.ask(ask, &[], patience)?.0 {
            Answer::Done => Ok(()),
            Answer::Failure(failure) => Err(self.failed(failure, None)),
            _ => Err(self.wrong("something was to be done")),
        }
    }
}

impl Signer for RemoteSigner {
    fn ensure_key(&self, key: &KeyName, user_id: &str) -> Result<PublicKey, Error> {
        let valid_seconds = match self.expiry {
            Expiry::Never => None,
            Expiry::After(time) => Some(time.as_secs()),
        };
        let ask = Ask::Ensure { key: key.clone(), user_id: user_id.to_owned(), kind: self.kind, valid_seconds };
        self.key(&ask, key, MAKING)
    }

    fn public_key(&self, key: &KeyName) -> Result<PublicKey, Error> {
        self.key(&Ask::Public { key: key.clone() }, key, PATIENCE)
    }

    fn signature(&self, data: &[u8], key: &KeyName) -> Result<Vec<u8>, Error> {
        if data.len() > wire::MOST_BODY {
            return Err(Error::TooLarge { size: data.len(), limit: wire::MOST_BODY });
        }
        let (answer, packet) = self.ask(&Ask::Sign { key: key.clone() }, data, PATIENCE)?;
        match answer {
            // Looked at before it gets into a package: what is published stays.
            Answer::Signature(by) if key::is_signature_of(&packet, data, &by.armored) => Ok(packet),
            Answer::Signature(_) => Err(self.wrong("that is no signature of what was sent")),
            Answer::Failure(failure) => Err(self.failed(failure, Some(key))),
            _ => Err(self.wrong("a signature was asked for")),
        }
    }

    fn extend_key(&self, key: &KeyName, until: Option<i64>) -> Result<PublicKey, Error> {
        self.key(&Ask::Extend { key: key.clone(), until }, key, PATIENCE)
    }

    fn delete_key(&self, key: &KeyName) -> Result<(), Error> {
        self.done(&Ask::Delete { key: key.clone() }, PATIENCE)
    }

    fn prepare(&self, wanted: usize) -> Result<(), Error> {
        self.done(&Ask::Prepare { kind: self.kind, wanted }, MAKING)
    }
}

/// Connects in bounded time: the queue of a signer that was stopped may be full.
fn connect(path: &Path) -> io::Result<UnixStream> {
    let socket = socket::socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    let seconds = i64::try_from(CONNECTING.as_secs()).map_err(io::Error::other)?;
    socket::setsockopt(&socket, sockopt::SendTimeout, &TimeVal::new(seconds, 0))?;
    socket::connect(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(UnixStream::from(socket))
}
