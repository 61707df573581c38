//! Joining fragments into the files of a repository.

use std::borrow::Borrow;
use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::repomd::{Record, Repomd};
use super::{Compression::*, Fragments};

/// How metadata files are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Half the size of gzip and three times as fast; read by dnf since 2018 (EL 8, Fedora 30).
    Zstd,
    /// Read by everything, yum of EL 7 included.
    Gzip,
}

/// Level 19 takes minutes where 9 takes parts of a second, for a few per cent.
const ZSTD_LEVEL: i32 = 9;
const GZIP_LEVEL: u32 = 6;

/// What a repository's metadata are made of besides its packages.
#[derive(Clone, Debug)]
pub struct Options {
    /// How to pack them.
    pub compression: Compression,
    /// Tells generations apart; a number that grows.
    pub revision: u64,
    /// When they were made, in seconds since 1970.
    pub timestamp: u64,
    /// The content of a `comps.xml`, if the repository has one.
    pub comps: Option<Vec<u8>>,
}

/// The files of one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Name in `repodata/` and content. Names begin with the content's SHA-256, so that generations can
    /// lie beside each other: `<sha256>-primary.xml.zst`.
    pub files: Vec<(String, Vec<u8>)>,
    /// `repomd.xml`, to be written last and with its signature.
    pub repomd: Vec<u8>,
}

impl Metadata {
    /// Joins the fragments in the order given; the same fragments and options give the same bytes. An
    /// empty repository is fine.
    ///
    /// The number of packages stands at the beginning of each file, so it must be known; an iterator
    /// that says a wrong number is an error, as is a failing compressor.
    pub fn assemble<I>(packages: I, options: &Options) -> io::Result<Metadata>
    where
        I: IntoIterator<IntoIter: ExactSizeIterator>,
        I::Item: Borrow<Fragments>,
    {
        let packages = packages.into_iter();
        let count = packages.len();
        let mut primary = Document::begin("primary", "metadata", PRIMARY_NAMESPACES, count, options)?;
        let mut filelists = Document::begin("filelists", "filelists", FILELISTS_NAMESPACE, count, options)?;
        let mut other = Document::begin("other", "otherdata", OTHER_NAMESPACE, count, options)?;
        let mut seen = 0;
        for package in packages {
            let package: &Fragments = package.borrow();
            primary.push(&package.primary)?;
            filelists.push(&package.filelists)?;
            other.push(&package.other)?;
            seen += 1;
        }
        if seen != count {
            return Err(io::Error::other(format!("{count} packages were announced, {seen} came")));
        }
        let mut made = vec![primary.finish(options)?, filelists.finish(options)?, other.finish(options)?];
        made.extend(options.comps.as_ref().map(|comps| plain_file("group", "comps", comps, options)));

        let mut repomd = Repomd { revision: options.revision.to_string(), records: Vec::new() };
        let mut files = Vec::new();
        for (record, name, bytes) in made {
            repomd.records.push(record);
            files.push((name, bytes));
        }
        Ok(Metadata { files, repomd: repomd.to_xml() })
    }
}

const PRIMARY_NAMESPACES: &str =
    r#"xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm""#;
const FILELISTS_NAMESPACE: &str = r#"xmlns="http://linux.duke.edu/metadata/filelists""#;
const OTHER_NAMESPACE: &str = r#"xmlns="http://linux.duke.edu/metadata/other""#;

/// One XML file in the making: hashed open, packed, hashed packed.
///
/// The seam for joining packed chunks: `push` takes any run of whole `<package>` elements, and header
/// and footer could be frames of their own; only the open checksum then still needs the open bytes.
struct Document {
    kind: &'static str,
    root: &'static str,
    open: Counted,
    packer: Packer,
}

type Made = (Record, String, Vec<u8>);

impl Document {
    fn begin(
        kind: &'static str,
        root: &'static str,
        namespaces: &str,
        count: usize,
        options: &Options,
    ) -> io::Result<Document> {
        let packer = Packer::new(options.compression)?;
        let mut document = Document { kind, root, open: Counted::default(), packer };
        let header =
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} {namespaces} packages=\"{count}\">\n");
        document.push_bytes(header.as_bytes())?;
        Ok(document)
    }

    fn push(&mut self, fragment: &[u8]) -> io::Result<()> {
        self.push_bytes(fragment)?;
        self.push_bytes(b"\n")
    }

    fn push_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.open.update(bytes);
        self.packer.write_all(bytes)
    }

    fn finish(mut self, options: &Options) -> io::Result<Made> {
        self.push_bytes(format!("</{}>\n", self.root).as_bytes())?;
        let bytes = self.packer.finish()?;
        let checksum = hex::encode(Sha256::digest(&bytes));
        let ending = match options.compression {
            Zstd => "zst",
            Gzip => "gz",
        };
        let name = format!("{checksum}-{}.xml.{ending}", self.kind);
        let record = Record {
            kind: self.kind.to_owned(),
            href: format!("repodata/{name}"),
            checksum,
            size: bytes.len() as u64,
            open_size: Some(self.open.size),
            open_checksum: Some(hex::encode(self.open.digest.finalize())),
            timestamp: options.timestamp,
        };
        Ok((record, name, bytes))
    }
}

/// A file that is small and stays as it is: dnf 4 and yum look for an unpacked `group`.
fn plain_file(kind: &str, file: &str, bytes: &[u8], options: &Options) -> Made {
    let checksum = hex::encode(Sha256::digest(bytes));
    let name = format!("{checksum}-{file}.xml");
    let record = Record {
        kind: kind.to_owned(),
        href: format!("repodata/{name}"),
        checksum,
        size: bytes.len() as u64,
        open_checksum: None,
        open_size: None,
        timestamp: options.timestamp,
    };
    (record, name, bytes.to_vec())
}

#[derive(Default)]
pub(super) struct Counted {
    pub(super) digest: Sha256,
    pub(super) size: u64,
}

impl Counted {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
    }
}

enum Packer {
    Zstd(zstd::stream::Encoder<'static, Vec<u8>>),
    Gzip(flate2::write::GzEncoder<Vec<u8>>),
}

impl Packer {
    fn new(compression: Compression) -> io::Result<Packer> {
        Ok(match compression {
            Zstd => Packer::Zstd(zstd::stream::Encoder::new(Vec::new(), ZSTD_LEVEL)?),
            Gzip => {
                let level = flate2::Compression::new(GZIP_LEVEL);
                Packer::Gzip(flate2::write::GzEncoder::new(Vec::new(), level))
            }
        })
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Packer::Zstd(encoder) => encoder.write_all(bytes),
            Packer::Gzip(encoder) => encoder.write_all(bytes),
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Packer::Zstd(encoder) => encoder.finish(),
            Packer::Gzip(encoder) => encoder.finish(),
        }
    }
}
