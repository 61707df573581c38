//! Which generation of a repository a reader is looking at.
//!
//! A reader fetches `repomd.xml` and comes back for its signature. When a new generation is published in between, the
//! new signature does not fit the old file, and no order of signatures in one file serves both readers (dnf 4.14 with
//! GnuPG 2.2 stops at the first that is bad). So the generation that was served is remembered for a while, and the
//! signature that follows is taken from it. Readers are told apart by address and program: librepo opens a new
//! connection for each file.
//!
//! The server may be killed and started in between, and what it was publishing goes on: nothing but what the reader was
//! given says which signature is right, neither the time nor what was published before. So each is written down before
//! the answer begins, into a file that is read when the server begins. It is not synced: it has to outlive a process, and a
//! reader that waits for a machine to boot is gone.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::{header, request};
use copr_store::Store;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::convert::Infallible;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Seconds that a reader may take between the two.
const REMEMBERED: i64 = 30;
/// Readers remembered at most; the memory is for seconds and small.
const MOST: usize = 10_000;
/// Bytes of the file, after which it begins anew with what is still remembered.
const MOST_BYTES: u64 = 1 << 20;

/// Who reads, as far as can be told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reader(String);

impl Reader {
    /// Of the text that tells readers apart: nobody's address is written down.
    fn of(text: &str) -> Self {
        Self(hex::encode(&Sha256::digest(text)[..12]))
    }
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Infallible> {
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string());
        let forwarded = text(header::HeaderName::from_static("x-forwarded-for"));
        Ok(Self::of(&format!("{}|{forwarded}|{}", peer.unwrap_or_default(), text(header::USER_AGENT))))
    }
}

/// What readers were served lately. Its functions block.
#[derive(Debug, Default)]
pub(super) struct Served(Mutex<Option<Memory>>);

/// Reader and repository; generation and when.
type Marks = HashMap<(Reader, String), (String, i64)>;

#[derive(Debug)]
struct Memory {
    marks: Marks,
    path: PathBuf,
    /// None when it can not be written: then an end of the server is the end of what is remembered.
    file: Option<(File, u64)>,
}

impl Served {
    /// Notes the generation of which a reader is given `repomd.xml`.
    pub(super) fn note(&self, store: &Store, reader: Reader, repository: String, generation: String, now: i64) {
        self.with(store, now, |memory| memory.note(reader, repository, generation, now));
    }

    /// The generation whose signature a reader is to get; none when it may be any.
    pub(super) fn of(&self, store: &Store, reader: Reader, repository: String, now: i64) -> Option<String> {
        self.with(store, now, |memory| {
            let (generation, when) = memory.marks.get(&(reader, repository))?;
            is_young(*when, now).then(|| generation.clone())
        })
    }

    fn with<T>(&self, store: &Store, now: i64, act: impl FnOnce(&mut Memory) -> T) -> T {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(memory.get_or_insert_with(|| Memory::open(store.root().join("served"), now)))
    }
}

fn is_young(when: i64, now: i64) -> bool {
    now - when < REMEMBERED
}

impl Memory {
    /// What an earlier life wrote down and is young enough.
    fn open(path: PathBuf, now: i64) -> Self {
        let marks = read(&path, now);
        let mut memory = Self { marks, path, file: None };
        memory.begin_file(now);
        memory
    }

    fn note(&mut self, reader: Reader, repository: String, generation: String, now: i64) {
        if self.marks.len() >= MOST {
            self.marks.retain(|_, (_, when)| is_young(*when, now));
            if self.marks.len() >= MOST {
                self.marks.clear();
            }
        }
        let line = line(&reader, &repository, &generation, now);
        self.marks.insert((reader, repository), (generation, now));
        let Some((file, size)) = &mut self.file else { return };
        *size += line.len() as u64;
        let (full, written) = (*size > MOST_BYTES, file.write_all(line.as_bytes()));
        if let Err(error) = written {
            tracing::warn!("can't note what readers were served: {error}");
        }
        if full {
            self.begin_file(now);
        }
    }

    /// A file with what is still remembered, also by others who write into it, in place of the present one.
    fn begin_file(&mut self, now: i64) {
        let made = || -> io::Result<(File, u64)> {
            let lines: String = read(&self.path, now)
                .iter()
                .map(|((reader, repository), (generation, when))| line(reader, repository, generation, *when))
                .collect();
            let fresh = self.path.with_extension(format!("{}", std::process::id()));
            std::fs::write(&fresh, &lines)?;
            std::fs::rename(&fresh, &self.path)?;
            Ok((OpenOptions::new().append(true).open(&self.path)?, lines.len() as u64))
        };
        self.file = made().inspect_err(|error| tracing::warn!("can't note what readers are served: {error}")).ok();
    }
}

/// Names of repositories and generations hold no tabs and no line ends; what was cut off at the end is no line.
fn line(reader: &Reader, repository: &str, generation: &str, when: i64) -> String {
    format!("{when}\t{}\t{generation}\t{repository}\n", reader.0)
}

fn read(path: &Path, now: i64) -> Marks {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mark = |line: &str| {
        let mut parts = line.strip_suffix('\n')?.splitn(4, '\t');
        let when = parts.next()?.parse().ok().filter(|when| is_young(*when, now))?;
        let (reader, generation, repository) = (parts.next()?, parts.next()?, parts.next()?);
        Some(((Reader(reader.to_owned()), repository.to_owned()), (generation.to_owned(), when)))
    };
    text.split_inclusive('\n').filter_map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let data = copr_testkit::temp_dir();
        let store = Store::open(data.path()).unwrap();
        (data, store)
    }

    #[test]
    fn a_reader_is_given_what_goes_with_what_it_has() {
        let ((_data, store), served) = (store(), Served::default());
        let (one, other) = (Reader::of("a"), Reader::of("b"));
        served.note(&store, one.clone(), "r".into(), "1".into(), 100);
        served.note(&store, other.clone(), "r".into(), "2".into(), 100);
        assert_eq!(served.of(&store, one.clone(), "r".into(), 100).as_deref(), Some("1"));
        assert_eq!(served.of(&store, other, "r".into(), 100).as_deref(), Some("2"));
        assert_eq!(served.of(&store, one, "another".into(), 100), None);
    }

    #[test]
    fn it_is_forgotten_after_a_while() {
        let ((_data, store), served) = (store(), Served::default());
        served.note(&store, Reader::of("a"), "r".into(), "1".into(), 100);
        assert_eq!(served.of(&store, Reader::of("a"), "r".into(), 100 + REMEMBERED), None);
        assert_eq!(Served::default().of(&store, Reader::of("a"), "r".into(), 100 + REMEMBERED), None);
    }

    #[test]
    fn a_life_knows_what_the_one_before_gave_to_whom() {
        let (_data, store) = store();
        let first = Served::default();
        first.note(&store, Reader::of("a"), "r".into(), "1".into(), 100);
        first.note(&store, Reader::of("a"), "r".into(), "2".into(), 101);
        // Nothing is told of the end; a line was cut off by it.
        let mut file = OpenOptions::new().append(true).open(store.root().join("served")).unwrap();
        file.write_all(b"101\tx").unwrap();
        for _ in 0..2 {
            let next = Served::default();
            assert_eq!(next.of(&store, Reader::of("a"), "r".into(), 102).as_deref(), Some("2"));
        }
    }

    #[test]
    fn the_file_begins_anew_when_it_is_large() {
        let ((_data, store), served) = (store(), Served::default());
        let repository = "r".repeat(10_000);
        for n in 0..300 {
            served.note(&store, Reader::of("a"), repository.clone(), n.to_string(), 100);
        }
        assert!(store.root().join("served").metadata().unwrap().len() < MOST_BYTES);
        assert_eq!(Served::default().of(&store, Reader::of("a"), repository, 101).as_deref(), Some("299"));
    }
}
