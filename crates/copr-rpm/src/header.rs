//! What a package says about itself.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::index::{Index, LEAD_LENGTH, Part, read_fully};
use crate::{Error, Nevra, SignatureFacts, architecture, tags};

/// The facts of one package, from its headers alone: no digest and no signature is verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Checked: see [`Nevra::check`].
    pub nevra: Nevra,
    /// Whether it is a source package.
    pub is_source: bool,
    /// A source package without (some of) its sources: it cannot be built.
    pub lacks_sources: bool,
    /// The file name of the source package that a binary package was built from.
    pub source_rpm: Option<String>,
    /// Where the main header lies in the file, in bytes; the payload follows.
    pub header_range: Range<u64>,
    /// Length of the file in bytes; None when read from a reader.
    pub file_size: Option<u64>,
    /// Seconds since 1970.
    pub build_time: Option<u32>,
    /// Texts for people, in the `C` locale.
    pub summary: Option<String>,
    /// The licence, as written in the spec file.
    pub license: Option<String>,
    /// Who distributes it.
    pub vendor: Option<String>,
    /// `BuildArch` of a source package.
    pub build_archs: Vec<String>,
    /// ExclusiveArch and ExcludeArch of a source package.
    pub architectures: architecture::Rules,
    /// ExclusiveOS of a source package.
    pub exclusive_os: Vec<String>,
    /// ExcludeOS of a source package.
    pub exclude_os: Vec<String>,
    /// What it needs to be installed; for a source package: what it needs to be built.
    pub requires: Vec<Dependency>,
    /// What it provides.
    pub provides: Vec<Dependency>,
    /// The signatures it carries, unverified; empty for an unsigned package.
    pub signatures: Vec<SignatureFacts>,
}

/// A capability, perhaps with a version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dependency {
    /// A package, a file, or a rich dependency in parentheses.
    pub name: String,
    /// `<`, `<=`, `=`, `>=`, `>`, or empty.
    pub comparison: String,
    /// `[epoch:]version[-release]`, or empty.
    pub version: String,
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.comparison.is_empty() {
            return f.write_str(&self.name);
        }
        write!(f, "{} {} {}", self.name, self.comparison, self.version)
    }
}

/// Reads the headers of the package at `path`. The payload is not read.
///
/// At most about 100 MiB of memory are used, and no more than twice the headers' size in the file.
pub fn read_package(path: &Path) -> Result<Package, Error> {
    let io = |doing| move |source| Error::Io { doing, path: path.to_owned(), source };
    let file = File::open(path).map_err(io("open"))?;
    let size = file.metadata().map_err(io("read"))?.len();
    let mut package = read_package_from(&mut BufReader::new(file))?;
    if size < package.header_range.end {
        return Err(Error::Truncated { part: "header" });
    }
    package.file_size = Some(size);
    Ok(package)
}

/// Reads the headers of a package from a reader, which is left at the beginning of the payload.
pub fn read_package_from(reader: &mut impl Read) -> Result<Package, Error> {
    Headers::read(reader)?.facts()
}

/// Both headers, checked.
pub(crate) struct Headers {
    pub(crate) signature: Index,
    pub(crate) main: Index,
    pub(crate) lead: [u8; LEAD_LENGTH as usize],
}

impl Headers {
    pub(crate) fn read(reader: &mut impl Read) -> Result<Headers, Error> {
        let mut lead = [0; LEAD_LENGTH as usize];
        // The magic number first: a short text is no package, and not one that was cut short.
        let (magic, rest) = lead.split_at_mut(4);
        match read_fully(reader, magic, "lead") {
            Err(Error::Truncated { .. }) => return Err(Error::NotAPackage { what: "it is empty or all but empty" }),
            read => read?,
        }
        if magic != [0xed, 0xab, 0xee, 0xdb] {
            return Err(Error::NotAPackage { what: "the magic number of the lead is missing" });
        }
        read_fully(reader, rest, "lead")?;
        let signature = Index::read(reader, Part::Signature)?;
        let mut padding = [0; 7];
        let padding = &mut padding[..padding_after(signature.length())];
        read_fully(reader, padding, Part::Signature.name())?;
        let main = Index::read(reader, Part::Main)?;
        Ok(Headers { signature, main, lead })
    }

    /// Where the main header lies in the file.
    pub(crate) fn main_range(&self) -> Range<u64> {
        let length = self.signature.length();
        let start = LEAD_LENGTH + length + padding_after(length) as u64;
        start..start + self.main.length()
    }

    pub(crate) fn is_source(&self) -> bool {
        if self.main.has(tags::SOURCE_PACKAGE) {
            return true;
        }
        // Before rpm 4.8 only binary packages said where they came from, and only source packages
        // had all their files in a directory without a name.
        !self.main.has(tags::SOURCE_RPM) && self.main.strings(tags::DIR_NAMES) == [&b""[..]]
    }

    pub(crate) fn nevra(&self) -> Result<Nevra, Error> {
        let arch = match (self.is_source(), self.lacks_sources()) {
            (true, true) => "nosrc".to_owned(),
            (true, false) => "src".to_owned(),
            (false, _) => self.required(tags::ARCH, "architecture")?,
        };
        let nevra = Nevra {
            name: self.required(tags::NAME, "name")?,
            epoch: self.main.numbers(tags::EPOCH).first().copied(),
            version: self.required(tags::VERSION, "version")?,
            release: self.required(tags::RELEASE, "release")?,
            arch,
        };
        nevra.check()?;
        Ok(nevra)
    }

    fn lacks_sources(&self) -> bool {
        self.is_source() && (self.main.has(tags::NO_SOURCE) || self.main.has(tags::NO_PATCH))
    }

    fn required(&self, tag: u32, words: &'static str) -> Result<String, Error> {
        let bytes = self.main.string(tag).ok_or(Error::MissingTag { tag: words })?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Error::NotUtf8 { tag: words })
    }

    fn facts(&self) -> Result<Package, Error> {
        let main = &self.main;
        Ok(Package {
            nevra: self.nevra()?,
            is_source: self.is_source(),
            lacks_sources: self.lacks_sources(),
            source_rpm: main.text(tags::SOURCE_RPM),
            header_range: self.main_range(),
            file_size: None,
            build_time: main.numbers(tags::BUILD_TIME).first().copied(),
            summary: main.text(tags::SUMMARY),
            license: main.text(tags::LICENSE),
            vendor: main.text(tags::VENDOR),
            build_archs: main.texts(tags::BUILD_ARCHS),
            architectures: architecture::Rules {
                exclusive: main.texts(tags::EXCLUSIVE_ARCH),
                exclude: main.texts(tags::EXCLUDE_ARCH),
            },
            exclusive_os: main.texts(tags::EXCLUSIVE_OS),
            exclude_os: main.texts(tags::EXCLUDE_OS),
            requires: self.dependencies([tags::REQUIRE_NAME, tags::REQUIRE_FLAGS, tags::REQUIRE_VERSION]),
            provides: self.dependencies([tags::PROVIDE_NAME, tags::PROVIDE_FLAGS, tags::PROVIDE_VERSION]),
            signatures: self.signatures(),
        })
    }

    fn dependencies(&self, [names, flags, versions]: [u32; 3]) -> Vec<Dependency> {
        let flags = self.main.numbers(flags);
        let versions = self.main.texts(versions);
        let names = self.main.texts(names).into_iter().enumerate();
        names
            .map(|(at, name)| Dependency {
                name,
                comparison: comparison(flags.get(at).copied().unwrap_or(0)).to_owned(),
                version: versions.get(at).cloned().unwrap_or_default(),
            })
            .collect()
    }

    /// All signatures, each once: rpm 6 repeats the one in the RSA or DSA tag in the OPENPGP tag.
    fn signatures(&self) -> Vec<SignatureFacts> {
        use tags::signature::{DSA, GPG, OPENPGP, PGP, RSA};
        let old = [RSA, DSA, PGP, GPG].into_iter().filter_map(|tag| self.signature.binary(tag)?.into());
        let new = self.signature.strings(OPENPGP).into_iter().filter_map(crate::signature::from_base64);
        let mut found = Vec::new();
        for facts in old.map(<[u8]>::to_vec).chain(new).filter_map(|packet| SignatureFacts::of(&packet)) {
            if !found.contains(&facts) {
                found.push(facts);
            }
        }
        found
    }
}

/// The main header begins at a multiple of eight.
pub(crate) fn padding_after(length: u64) -> usize {
    (length.wrapping_neg() % 8) as usize
}

fn comparison(flags: u32) -> &'static str {
    const LESS: u32 = 2;
    const GREATER: u32 = 4;
    const EQUAL: u32 = 8;
    match flags & (LESS | GREATER | EQUAL) {
        LESS => "<",
        GREATER => ">",
        EQUAL => "=",
        0x0a => "<=",
        0x0c => ">=",
        _ => "",
    }
}
