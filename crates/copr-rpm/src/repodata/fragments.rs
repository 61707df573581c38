//! One package's pieces of primary, filelists and other.

use std::fs::File;
use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rpmrepo_metadata::utils::create_xml_writer;
use rpmrepo_metadata::{
    Changelog, Checksum, FilelistsXml, MetadataError, OtherXml, Package, PackageOptions, PackageSource, PrimaryXml,
};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::header::Headers;

/// Changelog entries per package: createrepo_c's default.
const CHANGELOG_ENTRIES: usize = 10;

/// A `<package>` element for each of the three files, without XML declaration, in UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragments {
    /// For `primary.xml`: names, dependencies, place.
    pub primary: Vec<u8>,
    /// For `filelists.xml`: all files.
    pub filelists: Vec<u8>,
    /// For `other.xml`: the changelog.
    pub other: Vec<u8>,
}

/// What the metadata say about a package's file that is not in its headers.
#[derive(Clone, Debug)]
pub struct Location<'a> {
    /// Relative to the repository, `00000042-hello/hello-1-1.x86_64.rpm`; not percent-encoded.
    pub href: &'a str,
    /// An absolute URL that `href` is relative to, when that is not the repository itself: metadata
    /// that lie elsewhere than their packages.
    pub base: Option<&'a str>,
    /// SHA-256 of the file in hexadecimal. It is also the package's id: two packages of one repository
    /// must differ in it.
    pub sha256: &'a str,
    /// Bytes.
    pub size: u64,
    /// Seconds since 1970.
    pub modified: u64,
}

impl Fragments {
    /// Makes the fragments of the package at `path`, which must be signed already: a signature changes
    /// the file's checksum. Takes some 0.1 ms for a small package.
    pub fn of(path: &Path, location: &Location<'_>) -> Result<Fragments, Error> {
        let file = File::open(path).map_err(|source| Error::Io { doing: "open", path: path.to_owned(), source })?;
        Fragments::from_reader(&mut BufReader::new(file), location)
    }

    /// Like [`Fragments::of`]; only the headers are read.
    pub fn from_reader(reader: &mut impl Read, location: &Location<'_>) -> Result<Fragments, Error> {
        check_href(location.href)?;
        check_checksum(location.sha256)?;
        let headers = Headers::read(reader)?;
        headers.nevra()?;
        // The rpm crate indexes by what headers say. Ours were checked, but lists that refer to each
        // other (files and their directories) are its own business.
        let made = catch_unwind(AssertUnwindSafe(|| write(&headers, location)));
        made.unwrap_or_else(|_| {
            let what = "its lists contradict each other".to_owned();
            Err(Error::Malformed { part: "header", what })
        })
    }
}

fn write(headers: &Headers, location: &Location<'_>) -> Result<Fragments, Error> {
    let mut bytes = headers.lead.to_vec();
    bytes.extend_from_slice(headers.signature.bytes());
    bytes.resize(headers.main_range().start as usize, 0);
    bytes.extend_from_slice(headers.main.bytes());
    let parsed = rpm::PackageMetadata::parse(&mut &bytes[..])
        .map_err(|error| Error::Malformed { part: "header", what: error.to_string() })?;

    let source = PackageSource {
        checksum: Some(Checksum::Sha256(location.sha256.to_ascii_lowercase())),
        size_package: Some(location.size),
        time_file: location.modified,
        location_href: location.href.to_owned(),
        location_base: location.base.map(str::to_owned),
    };
    let options = PackageOptions { changelog_limit: CHANGELOG_ENTRIES, ..PackageOptions::default() };
    let mut package = Package::from_package_metadata(&parsed, source, options).map_err(undescribable)?;
    let changelogs = in_order(package.changelogs());
    package.set_changelogs(changelogs);

    let mut primary = PrimaryXml::new_writer(create_xml_writer(Vec::new()));
    primary.write_package(&package).map_err(undescribable)?;
    let mut filelists = FilelistsXml::new_writer(create_xml_writer(Vec::new()));
    filelists.write_package(&package).map_err(undescribable)?;
    let mut other = OtherXml::new_writer(create_xml_writer(Vec::new()));
    other.write_package(&package).map_err(undescribable)?;
    Ok(Fragments { primary: primary.into_inner(), filelists: filelists.into_inner(), other: other.into_inner() })
}

/// Entries of one day share a time, and clients sort by it: createrepo_c counts a second up for each
/// newer one. Takes and gives the oldest first.
fn in_order(entries: &[Changelog]) -> Vec<Changelog> {
    let mut ordered: Vec<Changelog> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let mut entry = entry.clone();
        if at > 0 && entry.timestamp == entries[at - 1].timestamp {
            entry.timestamp = ordered[at - 1].timestamp + 1;
        }
        ordered.push(entry);
    }
    ordered
}

fn undescribable(error: MetadataError) -> Error {
    Error::NotDescribable { what: error.to_string() }
}

/// A relative path of plain parts.
pub(super) fn check_href(href: &str) -> Result<(), Error> {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    if href.contains(|character: char| character.is_control() || character == '\\') || !href.split('/').all(plain) {
        return Err(Error::BadHref { href: href.to_owned() });
    }
    Ok(())
}

fn check_checksum(sha256: &str) -> Result<(), Error> {
    if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let what = "the checksum is not 64 hexadecimal digits".to_owned();
        return Err(Error::NotDescribable { what });
    }
    Ok(())
}
