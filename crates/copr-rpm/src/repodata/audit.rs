//! Everything that is wrong with published metadata, not the first thing alone.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::fragments::check_href;
use super::repomd::{self, Repomd, attribute};
use super::verify::{bad, checked};
use crate::Error;

/// What was found in a `repodata` directory.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// The content of `repomd.xml`; None when it can not be read.
    pub repomd: Option<Repomd>,
    /// Its bytes, to verify its signature.
    pub repomd_bytes: Vec<u8>,
    /// The packages in primary, in its order; None when that can not be read.
    pub packages: Option<Vec<Listed>>,
    /// What is wrong, in the order of `repomd.xml`.
    pub faults: Vec<Fault>,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Its name in the directory.
    pub file: String,
    /// In words.
    pub what: String,
}

/// A package in primary.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// SHA-256 of the package's file.
    pub pkgid: String,
    /// Where it lies, relative to the repository.
    pub href: String,
    /// `name-[epoch:]version-release.arch`, as [`crate::Nevra`] has it.
    pub nevra: String,
    /// Bytes of the package's file.
    pub size: u64,
}

/// The most that is read of `repomd.xml`: a byte more than [`repomd::parse`] takes, so that it sees the excess.
const MOST: u64 = (1 << 20) + 1;

/// Looks at a `repodata` directory as it lies there, as [`super::verify`] does, and besides: that no package is listed
/// twice, and that primary, filelists and other list the same ones.
pub fn audit(repodata: &Path) -> Audit {
    let mut audit = Audit::default();
    let read = std::fs::File::open(repodata.join("repomd.xml"))
        .and_then(|file| std::io::copy(&mut std::io::Read::take(file, MOST), &mut audit.repomd_bytes));
    let parsed = match read {
        Err(error) => Err(format!("it can not be read: {error}")),
        Ok(_) => repomd::parse(&audit.repomd_bytes).map_err(|error| error.to_string()),
    };
    match parsed {
        Err(what) => audit.fault("repomd.xml", what),
        Ok(repomd) => {
            audit.records(repodata, &repomd);
            audit.repomd = Some(repomd);
        }
    }
    audit
}

impl Audit {
    fn fault(&mut self, file: &str, what: impl ToString) {
        self.faults.push(Fault { file: file.to_owned(), what: what.to_string() });
    }

    fn records(&mut self, repodata: &Path, repomd: &Repomd) {
        let mut lists = BTreeMap::new();
        for record in &repomd.records {
            let read = checked(repodata, record, |name, reader| match record.kind.as_str() {
                "primary" => primary(name, reader).map(Some),
                "filelists" => plain(name, reader, "filelists").map(Some),
                "other" => plain(name, reader, "otherdata").map(Some),
                _ => Ok(None),
            });
            let file = record.href.rsplit('/').next().unwrap_or_default();
            match read {
                Err(error) => self.fault(file, with_cause(&error)),
                Ok(None) => {}
                Ok(Some(list)) => {
                    lists.insert(record.kind.as_str(), (file, list));
                }
            }
        }
        for kind in ["primary", "filelists", "other"] {
            if repomd.record(kind).is_none() {
                self.fault("repomd.xml", format!("it has no `{kind}`"));
            }
        }
        let Some((file, primary)) = lists.remove("primary") else { return };
        let mut places = BTreeSet::new();
        for one in primary.iter().filter(|one| !places.insert(&one.href)) {
            self.fault(file, format!("it lists `{}` twice", one.href));
        }
        let expected = times(&primary);
        for (file, list) in lists.into_values() {
            let found = times(&list);
            for one in expected.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
                let of = |list: &BTreeMap<(&str, &str), usize>| list.get(one).copied().unwrap_or_default();
                match of(&expected).cmp(&of(&found)) {
                    Ordering::Equal => {}
                    Ordering::Greater => self.fault(file, format!("it lacks `{}`, which primary lists", one.1)),
                    Ordering::Less => self.fault(file, format!("it lists `{}`, which primary does not", one.1)),
                }
            }
        }
        self.packages = Some(primary);
    }
}

/// How often each package is listed. By name as well as by digest: builds that give the same bytes have the same digest.
fn times(list: &[Listed]) -> BTreeMap<(&str, &str), usize> {
    let mut times = BTreeMap::new();
    for one in list {
        *times.entry((one.pkgid.as_str(), one.nevra.as_str())).or_default() += 1;
    }
    times
}

/// The name, version and architecture of a package on its way in.
#[derive(Default)]
struct Names {
    name: String,
    evr: String,
    arch: String,
}

impl Names {
    fn version(&mut self, start: &BytesStart<'_>) -> Result<(), Error> {
        let (epoch, version) = (attribute(start, "epoch").unwrap_or_default(), attribute(start, "ver")?);
        let release = attribute(start, "rel")?;
        self.evr = match epoch.as_str() {
            "" | "0" => format!("{version}-{release}"),
            epoch => format!("{epoch}:{version}-{release}"),
        };
        Ok(())
    }

    fn nevra(&self) -> String {
        format!("{}-{}.{}", self.name, self.evr, self.arch)
    }
}

fn primary(file: &str, reader: &mut dyn BufRead) -> Result<Vec<Listed>, Error> {
    let mut reader = Reader::from_reader(reader);
    let (mut buffer, mut packages, mut announced) = (Vec::new(), Vec::new(), None);
    let (mut one, mut names) = (Listed::default(), Names::default());
    // Elements of the same names stand deeper as well, in `format`.
    let (mut depth, mut element) = (0_usize, String::new());
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| bad(file, error))? {
            Event::Start(start) => {
                depth += 1;
                element = if depth == 3 { start.name().as_ref().to_owned() } else { String::new() };
                if depth == 1 {
                    announced = Some(attribute(&start, "packages")?);
                }
            }
            Event::Empty(start) if depth == 2 => match start.name().as_ref() {
                "version" => names.version(&start)?,
                "location" => {
                    one.href = attribute(&start, "href")?;
                    check_href(&one.href)?;
                }
                "size" => {
                    let size = attribute(&start, "package")?;
                    one.size = size.parse().map_err(|_| bad(file, "the size of a package is not a number"))?;
                }
                _ => {}
            },
            Event::Text(words) => match element.as_str() {
                "name" => names.name.push_str(words.trim()),
                "arch" => names.arch.push_str(words.trim()),
                "checksum" => one.pkgid.push_str(words.trim()),
                _ => {}
            },
            Event::End(_) => {
                if depth == 2 {
                    if one.pkgid.is_empty() || one.href.is_empty() {
                        return Err(bad(file, "a package has no checksum or no location"));
                    }
                    one.nevra = std::mem::take(&mut names).nevra();
                    packages.push(std::mem::take(&mut one));
                }
                depth = depth.saturating_sub(1);
                element.clear();
            }
            Event::DocType(_) => return Err(bad(file, "it has a document type")),
            Event::Eof => return counted(file, packages, announced),
            _ => {}
        }
    }
}

/// The packages of filelists or other, which say neither place nor size.
fn plain(file: &str, reader: &mut dyn BufRead, root: &str) -> Result<Vec<Listed>, Error> {
    let mut reader = Reader::from_reader(reader);
    let (mut buffer, mut packages, mut announced) = (Vec::new(), Vec::new(), None);
    let (mut one, mut names) = (Listed::default(), Names::default());
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| bad(file, error))? {
            Event::Start(start) => match start.name().as_ref() {
                "package" => {
                    one.pkgid = attribute(&start, "pkgid")?;
                    (names.name, names.arch) = (attribute(&start, "name")?, attribute(&start, "arch")?);
                }
                name if name == root => announced = Some(attribute(&start, "packages")?),
                _ => {}
            },
            Event::Empty(start) if start.name().as_ref() == "version" => names.version(&start)?,
            Event::End(end) if end.name().as_ref() == "package" => {
                one.nevra = std::mem::take(&mut names).nevra();
                packages.push(std::mem::take(&mut one));
            }
            Event::DocType(_) => return Err(bad(file, "it has a document type")),
            Event::Eof => return counted(file, packages, announced),
            _ => {}
        }
    }
}

/// As many as the beginning of the file says.
fn counted(file: &str, packages: Vec<Listed>, announced: Option<String>) -> Result<Vec<Listed>, Error> {
    let found = packages.len().to_string();
    if announced.as_ref() == Some(&found) {
        return Ok(packages);
    }
    let expected = announced.unwrap_or_default();
    Err(Error::Mismatch { file: file.to_owned(), what: "number of packages", expected, found })
}

fn with_cause(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
