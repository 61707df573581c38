//! Reading back what was just written: all bytes, but the packages of new chunks alone.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::join::{Joined, for_each_kind};
use super::pack::Counted;
use super::repomd;
use super::verify::{Published, read_packages, verify};
use super::{Compression, Kind, Layout, Options, Record};
use crate::Error;

/// What a directory is to hold.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// What the files were made by.
    pub options: &'a Options,
    /// Primary, filelists and other.
    pub joined: &'a [Joined; 3],
    /// The records of everything else.
    pub extras: &'a [Record],
    /// `repomd.xml`.
    pub repomd: &'a [u8],
    /// The chunks that no reader has seen yet, by their place among all, and what they are to hold, in its order.
    pub fresh: &'a [(usize, Vec<Published>)],
}

impl Written<'_> {
    /// Proves that a `repodata` directory holds what was written. `repomd.xml` has these bytes and lists these files; each
    /// file has its size and its checksum, and was made of exactly the frames that were joined; its beginning announces
    /// as many packages as there are; and the frames of fresh chunks, unpacked and parsed, hold the packages they are to
    /// hold. Chunks that are not fresh were proved so when they were.
    ///
    /// Files of one frame are parsed as a whole, as [`verify`] does.
    pub fn read_back(&self, repodata: &Path) -> Result<(), Error> {
        let path = repodata.join("repomd.xml");
        let found = std::fs::read(&path).map_err(|source| Error::Io { doing: "read", path, source })?;
        if found != self.repomd {
            return Err(bad("repomd.xml", "it is not what was written"));
        }
        let listed = repomd::parse(&found)?.records;
        let written: Vec<&Record> = self.joined.iter().map(|joined| &joined.record).chain(self.extras).collect();
        if listed.iter().collect::<Vec<_>>() != written {
            return Err(bad("repomd.xml", "it does not list the files that were written"));
        }
        if self.options.layout == Layout::Whole {
            return self.read_whole(repodata);
        }
        for extra in self.extras {
            let name = extra.href.trim_start_matches("repodata/");
            Packed::open(repodata, name, extra)?.finish()?;
        }
        for_each_kind(|kind| {
            let joined = self.joined.iter().find(|joined| joined.kind == kind);
            joined.map_or_else(
                || Err(bad("repomd.xml", format!("it has no `{}`", kind.name()))),
                |joined| self.frames(repodata, joined),
            )
        })?;
        Ok(())
    }

    fn read_whole(&self, repodata: &Path) -> Result<(), Error> {
        let packages = verify(repodata)?.packages;
        let announced = self.joined.iter().map(|joined| joined.packages).max().unwrap_or(0);
        if packages.len() as u64 != announced {
            return Err(bad("primary", format!("it holds {} packages instead of {announced}", packages.len())));
        }
        let found: std::collections::BTreeSet<&Published> = packages.iter().collect();
        match self.fresh.iter().flat_map(|(_, packages)| packages).find(|package| !found.contains(package)) {
            Some(missing) => Err(bad("primary", format!("it lacks `{}`", missing.href))),
            None => Ok(()),
        }
    }

    fn frames(&self, repodata: &Path, joined: &Joined) -> Result<(), Error> {
        let (kind, name) = (joined.kind, joined.name.as_str());
        let compression = self.options.compression;
        let mut file = Packed::open(repodata, name, &joined.record)?;
        let last = joined.frames.len().saturating_sub(1);
        for (at, size) in joined.frames.iter().enumerate() {
            let frame = file.frame(*size)?;
            let open = || unpacked(name, compression, &frame);
            if at == 0 {
                same(name, &open()?, kind.head(joined.packages).as_bytes())?;
            } else if at == last {
                same(name, &open()?, kind.tail().as_bytes())?;
            } else if let Some((_, expected)) = self.fresh.iter().find(|(chunk, _)| chunk + 1 == at) {
                let found = read_packages(name, &open()?[..])?;
                let differs = match kind {
                    Kind::Primary => found.packages != *expected,
                    Kind::Filelists | Kind::Other => {
                        found.packages.iter().map(|one| &one.pkgid).ne(expected.iter().map(|one| &one.pkgid))
                    }
                };
                if differs || found.announced.is_some() {
                    return Err(bad(name, "the packages written are not those that were to be written"));
                }
            }
        }
        file.finish()
    }
}

/// A file that is read in pieces and hashed as a whole.
struct Packed<'a> {
    file: BufReader<File>,
    name: &'a str,
    record: &'a Record,
    counted: Counted,
}

impl<'a> Packed<'a> {
    fn open(repodata: &Path, name: &'a str, record: &'a Record) -> Result<Packed<'a>, Error> {
        let path = repodata.join(name);
        let file = File::open(&path).map_err(|source| Error::Io { doing: "open", path, source })?;
        Ok(Packed { file: BufReader::with_capacity(1 << 17, file), name, record, counted: Counted::default() })
    }

    fn frame(&mut self, size: u64) -> Result<Vec<u8>, Error> {
        let mut frame = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        let mut reader = (&mut self.file).take(size);
        reader.read_to_end(&mut frame).map_err(|error| bad(self.name, error))?;
        self.counted.update(&frame);
        if frame.len() as u64 == size { Ok(frame) } else { Err(bad(self.name, "it is cut short")) }
    }

    /// Reads on to the end and compares everything.
    fn finish(mut self) -> Result<(), Error> {
        let rest = self.record.size.saturating_sub(self.counted.size).saturating_add(1);
        let mut reader = (&mut self.file).take(rest);
        std::io::copy(&mut reader, &mut self.counted).map_err(|error| bad(self.name, error))?;
        let size = self.counted.size;
        let found = self.counted.hex();
        let mismatch =
            |what, expected: String, found| Err(Error::Mismatch { file: self.name.to_owned(), what, expected, found });
        if size != self.record.size {
            return mismatch("size", self.record.size.to_string(), size.to_string());
        }
        if found != self.record.checksum { mismatch("checksum", self.record.checksum.clone(), found) } else { Ok(()) }
    }
}

fn unpacked(name: &str, compression: Compression, frame: &[u8]) -> Result<Vec<u8>, Error> {
    let mut open = Vec::new();
    let reader = compression.unpack(frame);
    reader.and_then(|mut reader| reader.read_to_end(&mut open)).map_err(|error| bad(name, error))?;
    Ok(open)
}

fn same(name: &str, found: &[u8], expected: &[u8]) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(bad(name, "its beginning or its end is not what was written")) }
}

fn bad(file: &str, what: impl ToString) -> Error {
    Error::BadMetadata { file: file.to_owned(), what: what.to_string() }
}
