//! All files of a source package, one after the other.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::{Limits, file_names, numbered, plain};
use crate::header::Headers;
use crate::payload::{Archive, Member, decompress};
use crate::{Error, tags};

/// A file of a source package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its plain names: one, or more where they are links to one body.
    pub names: Vec<String>,
    /// Whether its owner may run it.
    pub executable: bool,
    /// Its bytes.
    pub size: u64,
}

/// Hands all files of the source package at `path` to `each`, in the order of the archive, with a reader of their bytes.
///
/// What is not read is passed over. Nothing is held in memory and nothing is written. The package ends with an error when
/// its archive is damaged, larger than the limits, or has other files than its header says. An error of `each` ends the
/// reading.
pub fn unpack<E: From<Error>>(
    path: &Path,
    limits: &Limits,
    each: impl FnMut(&Source, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let file = File::open(path).map_err(|source| Error::Io { doing: "open", path: path.to_owned(), source })?;
    unpack_from(BufReader::with_capacity(1 << 16, file), limits, each)
}

/// Like [`unpack`], from a reader at the beginning of the package.
pub fn unpack_from<E: From<Error>>(
    mut reader: impl BufRead,
    limits: &Limits,
    mut each: impl FnMut(&Source, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let headers = Headers::read(&mut reader)?;
    if !headers.is_source() {
        return Err(Error::NotSource { nevra: headers.nevra()?.to_string() }.into());
    }
    let files = Listed::read(&headers, limits)?;
    let mut archive = Archive::new(decompress(reader)?, limits.payload);
    let mut seen = HashSet::new();
    // Names of links whose body has not come yet, by the number of the file that they are links to.
    let mut links = HashMap::<Option<u32>, Vec<String>>::new();
    loop {
        let (name, size) = match archive.next()? {
            Member::Trailer => break,
            Member::Named { name, size } => (plain(&name)?, size),
            Member::Numbered { index } => numbered(&headers, &files.names, index)?,
        };
        let at = files.place(&name)?;
        if !seen.insert(at) {
            return Err(malformed(format!("its archive holds `{name}` twice")).into());
        }
        // The body of links comes with the last of them.
        if size == 0 && files.size(at) != Some(0) {
            links.entry(files.number(at)).or_default().push(name);
            continue;
        }
        let mut names = links.remove(&files.number(at)).unwrap_or_default();
        names.push(name);
        let source = Source { names, executable: files.executable(at), size };
        let mut body = Body { archive: &mut archive, left: size, failed: None };
        let done = each(&source, &mut body);
        let (left, failed) = (body.left, body.failed);
        let in_file = |error: Error| Error::Unpacking { name: source.names[0].clone(), source: Box::new(error) };
        if let Some(error) = failed {
            return Err(in_file(error).into());
        }
        done?;
        archive.skip(left).map_err(in_file)?;
    }
    if let Some(name) = links.into_values().flatten().next() {
        return Err(malformed(format!("its archive lacks the body of `{name}`")).into());
    }
    match files.names.iter().enumerate().find(|(at, _)| !seen.contains(at)) {
        Some((_, name)) => Err(malformed(format!("its archive lacks `{name}`")).into()),
        None => Ok(()),
    }
}

fn malformed(what: String) -> Error {
    Error::Malformed { part: "payload", what }
}

/// What the header says of the files.
struct Listed {
    names: Vec<String>,
    places: HashMap<String, usize>,
    modes: Vec<u32>,
    numbers: Vec<u32>,
    sizes: Vec<u64>,
}

impl Listed {
    fn read(headers: &Headers, limits: &Limits) -> Result<Self, Error> {
        let names = file_names(headers, limits)?;
        let places: HashMap<String, usize> = names.iter().cloned().zip(0..).collect();
        if places.len() < names.len() {
            return Err(Error::Malformed { part: "header", what: "it lists a file twice".to_owned() });
        }
        let mut sizes = headers.main.long_numbers(tags::LONG_FILE_SIZES);
        if sizes.is_empty() {
            sizes = headers.main.numbers(tags::FILE_SIZES).into_iter().map(u64::from).collect();
        }
        let (modes, numbers) = (headers.main.numbers(tags::FILE_MODES), headers.main.numbers(tags::FILE_INODES));
        Ok(Self { names, places, modes, numbers, sizes })
    }

    fn place(&self, name: &str) -> Result<usize, Error> {
        let found = self.places.get(name).copied();
        // rpm refuses archives with files that the header does not list; so do we.
        found.ok_or_else(|| malformed("its archive holds a file that the header does not list".to_owned()))
    }

    fn size(&self, at: usize) -> Option<u64> {
        self.sizes.get(at).copied()
    }

    fn number(&self, at: usize) -> Option<u32> {
        self.numbers.get(at).copied()
    }

    fn executable(&self, at: usize) -> bool {
        self.modes.get(at).is_some_and(|mode| mode & 0o100 != 0)
    }
}

/// The bytes of one file.
struct Body<'a, R> {
    archive: &'a mut Archive<R>,
    left: u64,
    /// Why they could not be read: better words than an [`io::Error`] has.
    failed: Option<Error>,
}

impl<R: Read> Read for Body<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        match self.archive.some(&mut buffer[..most]) {
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) => {
                let told = io::Error::new(io::ErrorKind::InvalidData, error.to_string());
                self.failed = Some(error);
                Err(told)
            }
        }
    }
}
