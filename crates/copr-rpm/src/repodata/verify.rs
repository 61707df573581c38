//! Reading published metadata back.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;
use sha2::Digest;

use super::Compression;
use super::fragments::check_href;
use super::pack::Counted;
use super::repomd::{self, Record, Repomd, attribute};
use crate::Error;

/// What was found in a `repodata` directory, all of it checked against `repomd.xml`.
#[derive(Clone, Debug)]
pub struct Report {
    /// The content of `repomd.xml`.
    pub repomd: Repomd,
    /// Its bytes, to verify its signature or compare generations.
    pub repomd_bytes: Vec<u8>,
    /// The packages in primary, in its order.
    pub packages: Vec<Published>,
}

/// A package in primary.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Published {
    /// SHA-256 of the package's file.
    pub pkgid: String,
    /// Where it lies, relative to the repository.
    pub href: String,
}

/// Checks a `repodata` directory as it lies there: `repomd.xml` is well-formed and has primary,
/// filelists and other; each file it lists is there with the checksums and sizes that it gives, open
/// and packed; and primary holds as many packages as it says.
///
/// Streams: memory grows with the number of packages (some 200 bytes each), not with their metadata.
pub fn verify(repodata: &Path) -> Result<Report, Error> {
    let path = repodata.join("repomd.xml");
    let io = |source| Error::Io { doing: "read", path: path.clone(), source };
    let mut repomd_bytes = Vec::new();
    // One byte more than `parse` takes, so that it sees the excess.
    let file = File::open(&path).map_err(io)?;
    file.take((1 << 20) + 1).read_to_end(&mut repomd_bytes).map_err(io)?;
    let repomd = repomd::parse(&repomd_bytes)?;
    for kind in ["primary", "filelists", "other"] {
        if repomd.record(kind).is_none() {
            return Err(bad("repomd.xml", format!("it has no `{kind}`")));
        }
    }
    let mut packages = Vec::new();
    for record in &repomd.records {
        packages.extend(checked(repodata, record, |name, reader| match record.kind.as_str() {
            "primary" => read_primary(name, reader),
            _ => Ok(Vec::new()),
        })?);
    }
    Ok(Report { repomd, repomd_bytes, packages })
}

/// Checks one file, and gives what `read` makes of its open content, which it need not read to the end.
pub(super) fn checked<T>(
    repodata: &Path,
    record: &Record,
    read: impl FnOnce(&str, &mut dyn BufRead) -> Result<T, Error>,
) -> Result<T, Error> {
    let name = record.href.strip_prefix("repodata/").filter(|name| !name.contains('/') && check_href(name).is_ok());
    let Some(name) = name else {
        return Err(Error::BadHref { href: record.href.clone() });
    };
    let path = repodata.join(name);
    let file = File::open(&path).map_err(|source| Error::Io { doing: "open", path: path.clone(), source })?;
    let mut packed = Hashing::new(file, record.size);
    let made = {
        let opened = unpack(name, BufReader::with_capacity(1 << 16, &mut packed))?;
        let mut open = Hashing::new(opened, record.open_size.unwrap_or(record.size));
        let made = read(name, &mut BufReader::with_capacity(1 << 16, &mut open))?;
        drain(name, &mut open)?;
        open.compare(name, record.open_checksum.as_deref(), record.open_size, ["open checksum", "open size"])?;
        made
    };
    drain(name, &mut packed)?;
    packed.compare(name, Some(&record.checksum), Some(record.size), ["checksum", "size"])?;
    Ok(made)
}

fn unpack<'a>(name: &str, reader: impl BufRead + 'a) -> Result<Box<dyn Read + 'a>, Error> {
    Ok(match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("zst") => Compression::Zstd.unpack(reader).map_err(|error| bad(name, error))?,
        Some("gz") => Compression::Gzip.unpack(reader).map_err(|error| bad(name, error))?,
        // Packed or not by who made them: what is inside is not ours to judge.
        Some("xml" | "yaml" | "tar" | "xz") => Box::new(reader),
        _ => return Err(bad(name, "its compression is not known")),
    })
}

/// What stands in one of the three files, or in some frames of it.
pub(super) struct Parsed {
    /// The number of packages that the root announces; None when there is no root.
    pub(super) announced: Option<String>,
    /// In their order. Only primary knows where they lie.
    pub(super) packages: Vec<Published>,
}

/// All packages of primary, filelists or other: of a whole file or of frames.
pub(super) fn read_packages(name: &str, reader: impl BufRead) -> Result<Parsed, Error> {
    let mut reader = Reader::from_reader(reader);
    let mut buffer = Vec::new();
    let mut parsed = Parsed { announced: None, packages: Vec::new() };
    let nothing = Published { pkgid: String::new(), href: String::new() };
    let mut current = nothing.clone();
    let (mut in_pkgid, mut needs_place, mut depth) = (false, true, 0_u32);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| bad(name, error))? {
            Event::Start(start) => {
                depth += 1;
                match start.name().as_ref() {
                    "metadata" | "filelists" | "otherdata" if depth == 1 => {
                        parsed.announced = Some(attribute(&start, "packages")?);
                    }
                    "package" => {
                        if let Ok(pkgid) = attribute(&start, "pkgid") {
                            current.pkgid = pkgid;
                            needs_place = false;
                        }
                    }
                    "checksum" => in_pkgid = true,
                    _ => {}
                }
            }
            Event::Text(words) if in_pkgid => {
                current.pkgid = words.trim().to_owned();
                in_pkgid = false;
            }
            Event::Empty(start) if start.name().as_ref() == "location" => {
                current.href = attribute(&start, "href")?;
                check_href(&current.href)?;
            }
            Event::End(end) => {
                // It was opened: the parser compares names.
                depth = depth.saturating_sub(1);
                if end.name().as_ref() == "package" {
                    if current.pkgid.is_empty() || (needs_place && current.href.is_empty()) {
                        return Err(bad(name, "a package has no checksum or no location"));
                    }
                    parsed.packages.push(std::mem::replace(&mut current, nothing.clone()));
                    needs_place = true;
                }
            }
            Event::DocType(_) => return Err(bad(name, "it has a document type")),
            Event::Eof if depth > 0 => return Err(bad(name, "it is cut short")),
            Event::Eof => return Ok(parsed),
            _ => {}
        }
    }
}

fn read_primary(name: &str, reader: impl BufRead) -> Result<Vec<Published>, Error> {
    let Parsed { announced, packages } = read_packages(name, reader)?;
    let found = packages.len().to_string();
    match announced {
        Some(expected) if expected == found => Ok(packages),
        expected => Err(Error::Mismatch {
            file: name.to_owned(),
            what: "number of packages",
            expected: expected.unwrap_or_default(),
            found,
        }),
    }
}

/// A reader that hashes and counts what passes, and ends one byte after the expected size.
struct Hashing<R> {
    reader: io::Take<R>,
    counted: Counted,
}

impl<R: Read> Hashing<R> {
    fn new(reader: R, expected: u64) -> Self {
        Hashing { reader: reader.take(expected.saturating_add(1)), counted: Counted::default() }
    }

    fn compare(
        self,
        file: &str,
        checksum: Option<&str>,
        size: Option<u64>,
        [checksum_words, size_words]: [&'static str; 2],
    ) -> Result<(), Error> {
        let mismatch =
            |what, expected: String, found| Err(Error::Mismatch { file: file.to_owned(), what, expected, found });
        if let Some(size) = size.filter(|size| *size != self.counted.size) {
            return mismatch(size_words, size.to_string(), self.counted.size.to_string());
        }
        let found = hex::encode(self.counted.digest.finalize());
        match checksum {
            Some(expected) if expected != found => mismatch(checksum_words, expected.to_owned(), found),
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.reader.read(buffer)?;
        self.counted.update(&buffer[..got]);
        Ok(got)
    }
}

fn drain(name: &str, reader: &mut impl Read) -> Result<(), Error> {
    io::copy(reader, &mut io::sink()).map(drop).map_err(|error| bad(name, error))
}

pub(super) fn bad(file: &str, what: impl ToString) -> Error {
    Error::BadMetadata { file: file.to_owned(), what: what.to_string() }
}
