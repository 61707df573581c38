//! What is inside a source package: the spec file, or all of it.

mod unpack;

pub use unpack::{Source, unpack, unpack_from};

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::header::Headers;
use crate::payload::{Archive, Member, decompress};
use crate::{Error, tags};

/// What we are willing to read of a source package.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a spec file.
    pub spec: u64,
    /// Bytes of the unpacked payload, up to and including the spec file.
    pub payload: u64,
    /// Files in the package.
    pub files: usize,
}

impl Default for Limits {
    /// A spec file of 16 MiB (the largest known, texlive's, has 12), 32 GiB of sources, 50 000 files.
    fn default() -> Self {
        Limits { spec: 16 << 20, payload: 32 << 30, files: 50_000 }
    }
}

/// A spec file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecFile {
    /// A plain file name that ends in `.spec`.
    pub name: String,
    /// Its content; spec files are usually, but not always, UTF-8.
    pub bytes: Vec<u8>,
}

/// Reads the spec file out of the source package at `path`.
///
/// The payload is unpacked only until the spec file has been read; nothing is written to disk.
pub fn read_spec(path: &Path, limits: &Limits) -> Result<SpecFile, Error> {
    let file = File::open(path).map_err(|source| Error::Io { doing: "open", path: path.to_owned(), source })?;
    read_spec_from(BufReader::with_capacity(1 << 16, file), limits)
}

/// Like [`read_spec`], from a reader at the beginning of the package.
pub fn read_spec_from(mut reader: impl BufRead, limits: &Limits) -> Result<SpecFile, Error> {
    let headers = Headers::read(&mut reader)?;
    if !headers.is_source() {
        return Err(Error::NotSource { nevra: headers.nevra()?.to_string() });
    }
    let files = file_names(&headers, limits)?;
    let spec = the_spec(&headers, &files)?;
    let mut archive = Archive::new(decompress(reader)?, limits.payload);
    loop {
        let (name, size) = match archive.next()? {
            Member::Trailer => break,
            Member::Named { name, size } => (plain(&name)?, size),
            Member::Numbered { index } => numbered(&headers, &files, index)?,
        };
        // rpm refuses archives with files that the header does not list; so do we.
        if !files.contains(&name) {
            let what = "its archive holds a file that the header does not list".to_owned();
            return Err(Error::Malformed { part: "payload", what });
        }
        if name != *spec {
            archive.skip(size)?;
        } else if size > limits.spec {
            return Err(Error::TooLarge { what: format!("the spec file `{name}`"), size, limit: limits.spec });
        } else {
            return Ok(SpecFile { name, bytes: archive.data(size)? });
        }
    }
    Err(Error::NoSpecFile)
}

/// The names of a source package's files, in the order of its header.
pub fn file_list(path: &Path, limits: &Limits) -> Result<Vec<String>, Error> {
    let file = File::open(path).map_err(|source| Error::Io { doing: "open", path: path.to_owned(), source })?;
    file_names(&Headers::read(&mut BufReader::new(file))?, limits)
}

fn file_names(headers: &Headers, limits: &Limits) -> Result<Vec<String>, Error> {
    let names = headers.main.strings(tags::BASE_NAMES);
    if names.len() > limits.files {
        let what = "the number of files in the source package".to_owned();
        return Err(Error::TooLarge { what, size: names.len() as u64, limit: limits.files as u64 });
    }
    // Source packages keep their files in a directory without a name; `rpm -i` puts it elsewhere.
    let directories = headers.main.strings(tags::DIR_NAMES);
    if let Some(directory) = directories.iter().find(|name| !name.is_empty()) {
        return Err(Error::BadFileName { name: String::from_utf8_lossy(directory).into_owned() });
    }
    if headers.main.numbers(tags::DIR_INDEXES).iter().any(|index| *index as usize >= directories.len()) {
        let what = "a file lies in a directory that is not there".to_owned();
        return Err(Error::Malformed { part: "header", what });
    }
    names.into_iter().map(plain).collect()
}

/// The one that rpmbuild marked as the spec file when others are among the sources; else the only one.
fn the_spec<'a>(headers: &Headers, files: &'a [String]) -> Result<&'a String, Error> {
    const SPEC_FILE: u32 = 1 << 5;
    let flags = headers.main.numbers(tags::FILE_FLAGS);
    let is_marked = |at: usize| flags.get(at).is_some_and(|flags| flags & SPEC_FILE != 0);
    let specs: Vec<(usize, &String)> = files.iter().enumerate().filter(|(_, name)| name.ends_with(".spec")).collect();
    let marked: Vec<&String> = specs.iter().filter(|(at, _)| is_marked(*at)).map(|(_, name)| *name).collect();
    match (&specs[..], &marked[..]) {
        ([], _) => Err(Error::NoSpecFile),
        ([(_, one)], _) | (_, [one]) => Ok(one),
        _ => Err(Error::SeveralSpecFiles { names: specs.into_iter().map(|(_, name)| name.clone()).collect() }),
    }
}

/// Name and size of a member that the archive gives by number only.
fn numbered(headers: &Headers, files: &[String], index: u32) -> Result<(String, u64), Error> {
    let at = index as usize;
    let size = headers
        .main
        .long_numbers(tags::LONG_FILE_SIZES)
        .get(at)
        .copied()
        .or_else(|| headers.main.numbers(tags::FILE_SIZES).get(at).copied().map(u64::from));
    files.get(at).cloned().zip(size).ok_or_else(|| Error::Malformed {
        part: "payload",
        what: "its archive holds a file that the header does not list".to_owned(),
    })
}

/// A plain file name: no directory, nothing hidden in it, not `.` or `..`.
fn plain(name: &[u8]) -> Result<String, Error> {
    let bad = || Error::BadFileName { name: String::from_utf8_lossy(name).into_owned() };
    let text = std::str::from_utf8(name).map_err(|_| bad())?;
    let text = text.strip_prefix("./").unwrap_or(text);
    let forbidden = |character: char| character == '/' || character.is_control();
    if text.is_empty() || text == "." || text == ".." || text.len() > 255 || text.contains(forbidden) {
        return Err(bad());
    }
    Ok(text.to_owned())
}
