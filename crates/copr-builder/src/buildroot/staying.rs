//! Package managers that stay: a process for each set of repositories that was asked for of late, so that an answer takes
//! as long as the answer and not as long as starting a large Python program.
//!
//! Each is a sandbox of its own that sees its chroot's cache, the repositories of this machine that it needs, and a directory to
//! exchange files by. Projects with other repositories have other processes.

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use copr_sandbox::{Command, Network, Root};
use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::place::Place;

const SCRIPT: &str = include_str!("resolver.py");
const MARK: u8 = 0x1f;
const READY: &[u8] = b"\x1fready";
/// Processes that stay at most; each takes some 40 MB.
const MOST: usize = 4;
/// After this time without a question one ends.
const IDLE: Duration = Duration::from_secs(300);

/// What a process has to see; another set is another process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Python, as the package manager itself is started with it.
    pub python: PathBuf,
    /// The repositories, as one text.
    pub repositories: String,
    /// The chroot's cache.
    pub cache: PathBuf,
    /// Directories of this machine.
    pub local: Vec<PathBuf>,
}

/// One question.
#[derive(Debug, Serialize)]
struct Question<'a> {
    directory: String,
    mark: &'a str,
    commands: Vec<Vec<String>>,
    ask_again: Vec<String>,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// With this code.
    Code(i32),
    /// The process is gone.
    Gone,
    /// It took too long.
    Late,
    /// Nobody wants it any more.
    Unwanted,
}

type Listener = Box<dyn FnMut(&[u8]) + Send>;

/// Who hears the output of a process now.
#[derive(Default)]
struct Hearing {
    /// A line that has no end yet.
    begun: Vec<u8>,
    asked: Option<(Vec<u8>, Listener, oneshot::Sender<i32>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Starting,
    Ready,
    Ended,
}

/// One process that stays.
pub(super) struct Staying {
    kind: Kind,
    exchange: PathBuf,
    counter: AtomicU64,
    hearing: Arc<Mutex<Hearing>>,
    state: watch::Receiver<State>,
    used: Mutex<Instant>,
    stop: CancellationToken,
    _stop: DropGuard,
}

/// All of one builder.
#[derive(Default)]
pub(crate) struct Managers {
    staying: Mutex<Vec<Arc<Staying>>>,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl Managers {
    /// The process for this kind of question, started now unless it is there. Longest unused ones make room.
    pub(super) fn get(&self, place: &Place, kind: Kind) -> io::Result<Arc<Staying>> {
        let Ok(mut staying) = self.staying.lock() else { return Err(io::Error::other("a panic while it was started")) };
        staying.retain(|one| one.lives());
        if let Some(at) = staying.iter().position(|one| one.kind == kind) {
            let one = staying.remove(at);
            one.touch();
            staying.push(Arc::clone(&one));
            return Ok(one);
        }
        if staying.len() >= MOST {
            // Who is being asked holds it as well, and lets it finish.
            staying.remove(0);
        }
        let (started, running) = Staying::start(place, kind)?;
        let started = Arc::new(started);
        staying.push(Arc::clone(&started));
        drop(staying);
        if let Ok(mut all) = self.running.lock() {
            all.retain(|one| !one.is_finished());
            all.push(running);
        }
        Ok(started)
    }

    /// Ends those that have had nothing to do for long.
    pub(crate) fn rest(&self) {
        if let Ok(mut staying) = self.staying.lock() {
            staying.retain(|one| one.lives());
        }
    }

    /// Ends all of them.
    pub(crate) async fn end(&self) {
        if let Ok(mut staying) = self.staying.lock() {
            staying.clear();
        }
        let running = self.running.lock().map(|mut running| std::mem::take(&mut *running)).unwrap_or_default();
        for one in running {
            let _ = one.await;
        }
    }
}

impl Staying {
    fn start(place: &Place, kind: Kind) -> io::Result<(Staying, JoinHandle<()>)> {
        fs::create_dir_all(&kind.cache)?;
        let exchange = place.exchange()?;
        let hearing = Arc::new(Mutex::new(Hearing::default()));
        let (tell, state) = watch::channel(State::Starting);
        let stop = CancellationToken::new();
        let (heard, telling) = (Arc::clone(&hearing), tell.clone());
        let mut command = Command::new(Root::HostTools, kind.python.display().to_string())
            .args(["-I", "-c", SCRIPT])
            .env("LANG", "C.UTF-8")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .bind_writable(&exchange, "/exchange")
            .bind_writable(&kind.cache, "/cache")
            .network(Network::On)
            .cancelled_by(stop.clone())
            .on_output(move |bytes| {
                if let Ok(mut hearing) = heard.lock()
                    && hearing.hear(bytes)
                {
                    telling.send_replace(State::Ready);
                }
            });
        for directory in &kind.local {
            command = command.bind_read_only(directory, directory);
        }
        let sandbox = place.sandbox.clone();
        let heard = Arc::clone(&hearing);
        let cleared = exchange.clone();
        let running = tokio::spawn(async move {
            let ended = sandbox.run(command).await;
            tell.send_replace(State::Ended);
            // Whoever waits learns from the dropped sender that no answer will come.
            if let Ok(mut hearing) = heard.lock() {
                hearing.asked = None;
            }
            match ended {
                Ok(ended) if ended.cancelled => {}
                Ok(ended) => tracing::warn!(exit = %ended.exit, "a package manager that should stay has ended"),
                Err(error) => tracing::warn!(%error, "no package manager can stay"),
            }
            let _ = sandbox.remove_tree(&cleared).await;
        });
        let (counter, used) = (AtomicU64::new(0), Mutex::new(Instant::now()));
        let _stop = stop.clone().drop_guard();
        Ok((Staying { kind, exchange, counter, hearing, state, used, stop, _stop }, running))
    }

    /// Whether it is to be asked once more.
    fn lives(&self) -> bool {
        let fresh = self.used.lock().is_ok_and(|used| used.elapsed() < IDLE);
        fresh && *self.state.borrow() != State::Ended && !self.stop.is_cancelled()
    }

    fn touch(&self) {
        if let Ok(mut used) = self.used.lock() {
            *used = Instant::now();
        }
    }

    /// A directory for the files of one question, and its path inside.
    pub fn directory(&self) -> io::Result<(PathBuf, PathBuf)> {
        let name = self.counter.fetch_add(1, Ordering::Relaxed).to_string();
        let path = self.exchange.join(&name);
        fs::create_dir(&path)?;
        // Inner root writes there, whoever that is on this machine.
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o777))?;
        Ok((path, Path::new("/exchange").join(name)))
    }

    /// Where packages are after a good answer.
    pub fn out(&self) -> PathBuf {
        self.kind.cache.join(".out")
    }

    /// Asks. The caller holds the lock of the chroot's cache, so there is one question at a time.
    pub async fn ask(
        &self,
        directory: &Path,
        commands: Vec<Vec<String>>,
        ask_again: Vec<String>,
        listener: impl FnMut(&[u8]) + Send + 'static,
        stop: &CancellationToken,
        most: Duration,
    ) -> Answered {
        let mark = format!("{:016x}", RandomState::new().build_hasher().finish());
        let question = Question { directory: directory.display().to_string(), mark: &mark, commands, ask_again };
        let Ok(mut line) = serde_json::to_vec(&question) else { return Answered::Gone };
        line.push(b'\n');
        let (tell, told) = oneshot::channel();
        let mut begin = vec![MARK];
        begin.extend_from_slice(mark.as_bytes());
        begin.push(b' ');
        if let Ok(mut hearing) = self.hearing.lock() {
            hearing.asked = Some((begin, Box::new(listener), tell));
        }
        let asking = async {
            if self.speak(&line).await.is_err() {
                return Answered::Gone;
            }
            told.await.map_or(Answered::Gone, Answered::Code)
        };
        let answered = tokio::select! {
            answered = asking => answered,
            () = stop.cancelled() => Answered::Unwanted,
            () = tokio::time::sleep(most) => Answered::Late,
        };
        if let Ok(mut hearing) = self.hearing.lock() {
            hearing.asked = None;
        }
        if !matches!(answered, Answered::Code(_)) {
            // Whatever it does now, nobody waits for it, and its files may be half written.
            self.stop.cancel();
        }
        self.touch();
        answered
    }

    async fn speak(&self, line: &[u8]) -> io::Result<()> {
        let mut state = self.state.clone();
        let gone = || io::Error::other("the package manager has ended");
        let now = *state.wait_for(|state| *state != State::Starting).await.map_err(|_| gone())?;
        if now == State::Ended {
            return Err(gone());
        }
        // Sockets have short addresses, and data directories long names.
        let directory = File::open(&self.exchange)?;
        let path = format!("/proc/self/fd/{}/socket", directory.as_raw_fd());
        let mut stream = UnixStream::connect(path).await?;
        stream.write_all(line).await?;
        stream.shutdown().await
    }
}

impl Hearing {
    /// The next piece of output. True when the process says that it is ready.
    fn hear(&mut self, bytes: &[u8]) -> bool {
        let mut ready = false;
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.begun);
                ready |= line.trim_ascii_end() == READY;
                self.line(&line);
            }
        }
        ready
    }

    fn line(&mut self, line: &[u8]) {
        let Some((mark, listener, _)) = &mut self.asked else { return };
        match line.strip_prefix(mark.as_slice()) {
            None => listener(line),
            Some(code) => {
                let code = std::str::from_utf8(code).ok().and_then(|code| code.trim().parse().ok()).unwrap_or(1);
                if let Some((_, _, tell)) = self.asked.take() {
                    let _ = tell.send(code);
                }
            }
        }
    }
}

/// The Python that a package manager written in it is started with.
pub(super) fn python_of(program: &Path) -> Option<PathBuf> {
    let text = fs::read(program).ok()?;
    let first = text.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(first).ok()?.strip_prefix("#!")?;
    let python = PathBuf::from(line.split_whitespace().next()?);
    (python.is_absolute() && python.to_string_lossy().contains("python") && python.exists()).then_some(python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_heard_by_who_asked_until_the_mark() {
        let mut hearing = Hearing::default();
        assert!(hearing.hear(b"warning\n\x1fready\n"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (tell, mut told) = oneshot::channel();
        let keep = Arc::clone(&heard);
        let listener: Listener = Box::new(move |bytes| keep.lock().unwrap().extend_from_slice(bytes));
        hearing.asked = Some((b"\x1fabc ".to_vec(), listener, tell));
        assert!(!hearing.hear(b"one\n\x1fxyz 0\ntw"));
        hearing.hear(b"o\n\n\x1fabc 3\nlate\n");
        assert_eq!(told.try_recv(), Ok(3));
        assert_eq!(*heard.lock().unwrap(), b"one\n\x1fxyz 0\ntwo\n\n");
    }

    #[test]
    fn only_programs_in_python_have_one() {
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("dnf");
        for (text, expected) in [("#!/bin/sh\n", false), ("\x7fELF", false), ("#!/usr/bin/nopython3\n", false)] {
            fs::write(&program, text).unwrap();
            assert_eq!(python_of(&program).is_some(), expected, "{text}");
        }
    }
}
