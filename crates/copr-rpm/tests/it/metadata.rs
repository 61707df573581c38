//! Our metadata beside createrepo_c's, field by field.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use copr_rpm::repodata::{Compression, Fragments, Layout, Location, Metadata, Options};
use quick_xml::Reader;
use quick_xml::events::Event;
use sha2::{Digest, Sha256};

use crate::rpmbuild::{Workshop, succeeded};
use crate::{peculiar, samples};

pub const GZIP: Options = Options {
    compression: Compression::Gzip,
    layout: Layout::Frames,
    revision: 7,
    timestamp: 1_700_000_000,
    extras: Vec::new(),
};

/// The fragments of packages that lie directly in the repository.
pub fn describe(packages: &[PathBuf]) -> Vec<Fragments> {
    packages
        .iter()
        .map(|path| {
            let file = path.metadata().unwrap();
            let location = Location {
                href: path.file_name().unwrap().to_str().unwrap(),
                base: None,
                sha256: &hex::encode(Sha256::digest(std::fs::read(path).unwrap())),
                size: file.len(),
                modified: file.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs(),
            };
            Fragments::of(path, &location).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
        .collect()
}

/// Writes the metadata into `repository/repodata`.
pub fn publish(repository: &Path, metadata: &Metadata) {
    let repodata = repository.join("repodata");
    std::fs::create_dir_all(&repodata).unwrap();
    for (name, bytes) in &metadata.files {
        std::fs::write(repodata.join(name), bytes).unwrap();
    }
    std::fs::write(repodata.join("repomd.xml"), &metadata.repomd).unwrap();
}

fn copy_into(directory: &Path, packages: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    std::fs::create_dir_all(directory).unwrap();
    let mut copied: BTreeMap<PathBuf, ()> = BTreeMap::new();
    for path in packages {
        let place = directory.join(path.file_name().unwrap());
        std::fs::write(&place, std::fs::read(&path).unwrap()).unwrap();
        copied.insert(place, ());
    }
    copied.into_keys().collect()
}

fn createrepo(workshop: &Workshop, directory: &Path) -> BTreeMap<String, String> {
    let output = workshop
        .command("createrepo_c")
        .args(["--no-database", "--general-compress-type=gz", "--quiet"])
        .arg(directory)
        .output()
        .unwrap();
    succeeded("createrepo_c", output);
    let files = std::fs::read_dir(directory.join("repodata")).unwrap().map(|entry| entry.unwrap().path());
    let packed = files.filter(|path| path.extension().is_some_and(|ending| ending == "gz"));
    packed.map(|path| (kind_of(&path.to_string_lossy()), unpacked(&std::fs::read(path).unwrap()))).collect()
}

fn kind_of(name: &str) -> String {
    name.rsplit('-').next().unwrap().split('.').next().unwrap().to_owned()
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

/// A document as one line per element and text, grouped by package: layout plays no part.
fn packages_in(xml: &str) -> BTreeMap<String, Vec<String>> {
    let mut reader = Reader::from_str(xml);
    let mut packages = BTreeMap::new();
    let mut lines: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        let event = reader.read_event().unwrap();
        // Text comes in pieces around entities.
        match &event {
            Event::Text(words) => {
                text.push_str(words);
                continue;
            }
            Event::GeneralRef(name) => {
                text.push_str(&format!("&{};", &**name));
                continue;
            }
            _ => {
                let words = text.trim();
                if !words.is_empty() {
                    let plain = quick_xml::escape::unescape(words).unwrap();
                    lines.push(format!("text {plain}"));
                }
                text.clear();
            }
        }
        match event {
            Event::Start(start) | Event::Empty(start) => {
                let mut attributes: Vec<String> = start
                    .attributes()
                    .map(|attribute| {
                        let attribute = attribute.unwrap();
                        let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
                        format!("{}={value}", attribute.key.as_ref())
                    })
                    .collect();
                attributes.sort();
                if start.name().as_ref() == "package" {
                    lines.clear();
                }
                lines.push(format!("<{} {}", start.name().as_ref(), attributes.join(" ")));
            }
            Event::End(end) if end.name().as_ref() == "package" => {
                // filelists and other have the id as attribute, primary as the text after checksum.
                let id = lines
                    .iter()
                    .position(|line| line.starts_with("<checksum"))
                    .map(|at| lines[at + 1].clone())
                    .unwrap_or_else(|| lines[0].clone());
                packages.insert(id, std::mem::take(&mut lines));
            }
            Event::Eof => return packages,
            _ => {}
        }
    }
}

/// Two differences do not matter to a solver: createrepo_c 0.17 repeats a requirement that comes
/// from several scriptlets, and does not mark those of %pretrans and %posttrans as early.
fn comparable(lines: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut section = 0;
    for line in lines {
        let line = line.replace(" pre=1", "");
        if !line.starts_with("<rpm:entry") {
            section = kept.len();
        } else if kept[section..].contains(&line) {
            continue;
        }
        kept.push(line);
    }
    kept
}

fn compare(packages: Vec<PathBuf>, tolerate: impl Fn(&str) -> bool) -> usize {
    let workshop = Workshop::new();
    let directory = workshop.path().join("repository");
    let packages = copy_into(&directory, packages);
    let theirs = createrepo(&workshop, &directory);
    let ours = Metadata::assemble(describe(&packages), &GZIP).unwrap();
    let mut compared = 0;
    for (name, bytes) in &ours.files {
        let kind = kind_of(name);
        let (ours, theirs) = (packages_in(&unpacked(bytes)), packages_in(&theirs[&kind]));
        assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{kind}");
        for (id, expected) in &theirs {
            let found = &ours[id];
            let early: Vec<_> = expected.iter().filter(|line| line.contains(" pre=1")).collect();
            assert!(early.iter().all(|line| found.contains(line)), "{kind} of {id}: {early:?}");
            let (expected, found) = (&comparable(expected), &comparable(found));
            // Lines that only one of them has.
            let missing: Vec<_> = expected.iter().filter(|line| !found.contains(line)).collect();
            let surplus: Vec<_> = found.iter().filter(|line| !expected.contains(line)).collect();
            let tolerable = |line: &&String| tolerate(line);
            if surplus.iter().all(tolerable) && missing.len() == surplus.len() && expected.len() == found.len() {
                compared += 1;
                continue;
            }
            let first = expected.iter().zip(found).position(|(a, b)| a != b).unwrap_or(0);
            let from = first.saturating_sub(2);
            assert!(
                expected == found,
                "{kind} of {}: missing {missing:#?}, surplus {surplus:#?}, first difference: {:#?} became {:#?}",
                expected.iter().find(|line| line.starts_with("text")).unwrap_or(id),
                &expected[from..expected.len().min(first + 6)],
                &found[from..found.len().min(first + 6)],
            );
            compared += 1;
        }
    }
    compared
}

#[test]
fn createrepo_c_says_the_same_of_packages_with_everything_odd_in_them() {
    let workshop = Workshop::new();
    let mut packages = workshop.odd();
    packages.extend(workshop.small("plain"));
    assert_eq!(compare(packages, |_| false), 5 * 3);
}

/// Packages in Latin-1: createrepo_c guesses the encoding, we show that something was there.
fn is_latin1(ours: &str) -> bool {
    ours.contains('\u{fffd}')
}

#[test]
fn createrepo_c_says_the_same_of_peculiar_packages() {
    let workshop = Workshop::new();
    let packages = peculiar::all(&workshop);
    let count = packages.len();
    assert!(count >= 8, "{packages:?}");
    assert_eq!(compare(packages, is_latin1), count * 3);
}

#[test]
fn createrepo_c_says_the_same_of_every_collected_package() {
    let all = samples::collected();
    let readable = all.into_iter().filter(|path| {
        let name = path.to_string_lossy();
        // rpm 4.18 does not read v6 packages, and one is cut short on purpose.
        !name.contains("rpm-rs-v6") && !name.contains("corrupted")
    });
    let readable: Vec<PathBuf> = readable.collect();
    if readable.is_empty() {
        return;
    }
    assert!(compare(readable, is_latin1) > 100);
}

#[test]
fn a_fragment_is_refused_when_its_place_leads_out_of_the_repository() {
    let workshop = Workshop::new();
    let path = workshop.small("place").remove(0);
    let sha256 = "a".repeat(64);
    for href in ["../a.rpm", "/a.rpm", "a/../b.rpm", "", "a//b.rpm", "a\nb.rpm"] {
        let location = Location { href, base: None, sha256: &sha256, size: 1, modified: 1 };
        assert!(Fragments::of(&path, &location).is_err(), "{href:?}");
    }
}

#[test]
fn the_same_packages_make_the_same_bytes() {
    let workshop = Workshop::new();
    let fragments = describe(&workshop.small("same"));
    let once = Metadata::assemble(&fragments, &GZIP).unwrap();
    let again = Metadata::assemble(fragments.clone(), &GZIP).unwrap();
    assert_eq!(once, again);
}

#[test]
fn packages_may_lie_at_another_place_than_their_metadata() {
    let workshop = Workshop::new();
    let path = workshop.small("elsewhere").remove(1);
    let location = Location {
        href: "00000042-elsewhere/elsewhere-1.0-1.test.noarch.rpm",
        base: Some("https://results.example/alice/project/fedora-44-x86_64/"),
        sha256: &"a".repeat(64),
        size: 1,
        modified: 1,
    };
    let primary = String::from_utf8(Fragments::of(&path, &location).unwrap().primary).unwrap();
    let place = primary.lines().find(|line| line.contains("<location")).unwrap();
    assert!(place.contains(r#"xml:base="https://results.example/alice/project/fedora-44-x86_64/""#), "{place}");
    assert!(place.contains(r#"href="00000042-elsewhere/elsewhere-1.0-1.test.noarch.rpm""#), "{place}");
}
