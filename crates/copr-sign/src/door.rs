//! The process that has the keys: takes requests on a Unix socket.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::socket::{getsockopt, sockopt};

use crate::signer;
use crate::wire::{self, Answer, Ask, Failure, Timed};
use crate::{Error, Expiry, LocalSigner, Signer};

/// How long a connection may be silent between two requests.
const IDLE: Duration = Duration::from_secs(300);
/// How long a request may take to arrive, and its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections at one time; each has a thread, so that no request waits for another.
const MOST: usize = 64;

/// A socket on which a signer listens. One process at a time has it.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    socket: PathBuf,
    // Held until the process ends, however that happens.
    _lock: File,
}

impl Door {
    /// Makes the socket. With `others` every user of the machine can connect, and who may ask is decided by [`Door::serve`];
    /// without, only the user that this process runs as.
    pub fn open(socket: &Path, others: bool) -> Result<Door, Error> {
        let failed = |doing| move |source| Error::Io { doing, path: socket.to_owned(), source };
        let mut lock = socket.as_os_str().to_owned();
        lock.push(".lock");
        let lock = File::create(&lock).map_err(failed("lock"))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let source = io::Error::new(io::ErrorKind::AddrInUse, "another signer listens there");
                return Err(failed("listen on")(source));
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock")(source)),
            Ok(()) => {}
        }
        // Left behind by one that was killed: nobody else has the lock.
        match fs::remove_file(socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("remove")(error)),
            _ => {}
        }
        let listener = UnixListener::bind(socket).map_err(failed("listen on"))?;
        let mode = if others { 0o666 } else { 0o600 };
        fs::set_permissions(socket, Permissions::from_mode(mode)).map_err(failed("open"))?;
        Ok(Door { listener, socket: socket.to_owned(), _lock: lock })
    }

    /// Takes the socket away: whoever comes now finds nobody.
    pub fn close(&self) {
        let _ = fs::remove_file(&self.socket);
    }

    /// Answers requests of these users of the machine, until the process ends.
    pub fn serve(&self, signer: &LocalSigner, users: &[u32]) -> ! {
        let active = Arc::new(AtomicUsize::new(0));
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // No more files just now, say: whoever waits is taken when some are closed.
                Err(error) => {
                    tracing::warn!("could not take a connection: {error}");
                    std::thread::sleep(Duration::from_millis(100));
                    continue;
                }
            };
            if let Some(words) = refused(&stream, users, &active) {
                tracing::warn!("{words}");
                let failure = Answer::Failure(Failure::Other { words });
                let _ = wire::write(&mut Timed::new(&stream, Duration::from_secs(1)), &failure, &[]);
                continue;
            }
            let (signer, guard) = (signer.clone(), Active::one_more(&active));
            let started = std::thread::Builder::new().name("signing".to_owned()).spawn(move || {
                let _guard = guard;
                if let Err(error) = talk(&stream, &signer) {
                    tracing::debug!("a connection ended: {error}");
                }
            });
            if let Err(error) = started {
                tracing::warn!("could not serve a connection: {error}");
            }
        }
    }
}

/// A connection that is being served.
struct Active(Arc<AtomicUsize>);

impl Active {
    fn one_more(all: &Arc<AtomicUsize>) -> Active {
        all.fetch_add(1, Ordering::Relaxed);
        Active(Arc::clone(all))
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why somebody is not served.
fn refused(stream: &UnixStream, users: &[u32], active: &AtomicUsize) -> Option<String> {
    // The kernel knows who connected; nothing that is said has to be believed.
    match getsockopt(stream, sockopt::PeerCredentials) {
        Ok(peer) if !users.contains(&peer.uid()) => Some(format!("user {} may not use this signer", peer.uid())),
        Ok(_) if active.load(Ordering::Relaxed) >= MOST => Some("too many connections".to_owned()),
        Ok(_) => None,
        Err(error) => Some(format!("who connects can not be told: {error}")),
    }
}

/// Answers one request after the other, until the client has no more.
fn talk(stream: &UnixStream, signer: &LocalSigner) -> io::Result<()> {
    loop {
        let mut timed = Timed::new(stream, IDLE);
        let Some(head) = wire::read_begin(&mut timed)? else { return Ok(()) };
        timed.until = Instant::now() + PATIENCE;
        let (head, body) = wire::read_rest(&mut timed, head)?;
        let (answer, packet) = match wire::parse::<Ask>(&head) {
            Ok(ask) => answer(signer, ask, &body),
            Err(words) => (Answer::Failure(Failure::Other { words }), Vec::new()),
        };
        wire::write(&mut Timed::new(stream, PATIENCE), &answer, &packet)?;
    }
}

fn answer(signer: &LocalSigner, ask: Ask, body: &[u8]) -> (Answer, Vec<u8>) {
    let mut packet = Vec::new();
    let done = match &ask {
        Ask::Ensure { key, user_id, kind, valid_seconds } => {
            let expiry = valid_seconds.map_or(Expiry::Never, |seconds| Expiry::After(Duration::from_secs(seconds)));
            signer.store().ensure(key, user_id, *kind, expiry).map(Answer::Key)
        }
        Ask::Public { key } => signer.public_key(key).map(Answer::Key),
        Ask::Sign { key } => signer.signature(body, key).and_then(|signature| {
            packet = signature;
            signer.public_key(key).map(Answer::Signature)
        }),
        Ask::Extend { key, until } => signer.extend_key(key, *until).map(Answer::Key),
        Ask::Delete { key } => signer.delete_key(key).map(|()| Answer::Done),
        Ask::Prepare { kind, wanted } => signer::prepare(signer.store(), *kind, *wanted).map(|()| Answer::Done),
    };
    match done {
        Ok(answer) => {
            tracing::debug!(?ask, "done");
            (answer, packet)
        }
        Err(Error::NoSuchKey { .. }) => (Answer::Failure(Failure::NoSuchKey), Vec::new()),
        Err(error) => {
            let words = in_words(&error);
            tracing::warn!(?ask, "{words}");
            (Answer::Failure(Failure::Other { words }), Vec::new())
        }
    }
}

fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    words
}
