//! What a project's repositories offer, as far as it can change a buildroot.
//!
//! A project's repository changes with each of its builds. If that alone made warm layers stale, no
//! build of a busy project would find one. So each kept thing remembers the names that mattered when it
//! was made, and is stale only when an offer under one of these names has come, gone or changed.

use std::collections::HashSet;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use copr_rpm::repodata;
use copr_types::Phase;
use copr_wire::builder::{BuildRepo, ChrootSpec};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::repositories::{expand, hash, local_path};
use crate::end::{self, Step};
use crate::fetch::{self, Fetched, Wanted};
use crate::work::Work;

/// Larger lists are not read; then every change of the repository counts.
const LARGEST: u64 = 32 << 20;
const LARGEST_UNPACKED: u64 = 256 << 20;

/// One package of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offer {
    name: String,
    /// The package's digest: another build of the same version is another offer.
    digest: String,
    provides: Vec<String>,
    obsoletes: Vec<String>,
}

/// All repositories of a build.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offers(Vec<Repository>);

#[derive(Clone, Debug)]
struct Repository {
    /// Its address and options.
    key: String,
    packages: Packages,
}

#[derive(Clone, Debug)]
enum Packages {
    Known(Arc<Vec<Offer>>),
    /// Not read; its state as a whole.
    Unknown(String),
}

impl Offers {
    /// Reads what the build's repositories offer.
    pub async fn load(work: &Work, chroot: &ChrootSpec, repos: &[BuildRepo]) -> Step<Offers> {
        let mut offers = Vec::new();
        for repo in repos {
            let url = expand(&repo.baseurl, &chroot.definition.releasever, chroot.name.arch());
            let options = format!("{:?} {:?} {:?}", repo.priority, repo.module_hotfixes, repo.gpgkey);
            let key = hash(&[&repo.id, &url, &options]);
            offers.push(Repository { key, packages: packages(work, repo, &url).await? });
        }
        Ok(Offers(offers))
    }

    /// The repositories themselves, whatever they hold.
    pub fn repositories(&self) -> String {
        self.0.iter().map(|one| one.key.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Changes when, and only when, what is offered under one of these names changes.
    pub fn fingerprint(&self, interest: &[String]) -> String {
        let interest: HashSet<&str> = interest.iter().map(String::as_str).collect();
        let mut parts = Vec::new();
        for one in &self.0 {
            let mut relevant: Vec<&str> = match &one.packages {
                Packages::Unknown(state) => vec![state],
                Packages::Known(offers) => {
                    let relevant = offers.iter().filter(|offer| offer.names().any(|name| interest.contains(name)));
                    relevant.map(|offer| offer.digest.as_str()).collect()
                }
            };
            relevant.sort_unstable();
            parts.push(format!("{} {}", one.key, relevant.join(" ")));
        }
        hash(&parts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Whether one of these installed packages could be replaced by what is offered.
    pub fn replace(&self, installed: &HashSet<String>) -> bool {
        self.0.iter().any(|one| match &one.packages {
            Packages::Unknown(_) => true,
            Packages::Known(offers) => offers.iter().any(|offer| {
                installed.contains(&offer.name) || offer.obsoletes.iter().any(|name| installed.contains(name))
            }),
        })
    }
}

impl Offer {
    fn names(&self) -> impl Iterator<Item = &str> {
        let others = self.provides.iter().chain(&self.obsoletes).map(String::as_str);
        std::iter::once(self.name.as_str()).chain(others)
    }
}

async fn packages(work: &Work, repo: &BuildRepo, url: &str) -> Step<Packages> {
    let known = &work.place.offers;
    // A revision says that nothing has changed without anybody being asked.
    let by_revision = repo.revision.as_deref().map(|revision| hash(&["revision", url, revision]));
    if let Some(key) = &by_revision
        && let Some(offers) = known.get(key)
    {
        return Ok(Packages::Known(offers));
    }
    let base = url.trim_end_matches('/');
    let Some(bytes) = read(work, repo, &format!("{base}/repodata/repomd.xml"), 1 << 20).await? else {
        // A state that no other look will have: the package manager gets to say what is wrong.
        return Ok(Packages::Unknown(format!("unread {}", work.desk.files.display())));
    };
    let state = hash(&["state", url, &String::from_utf8_lossy(&bytes)]);
    let offers = match known.get(&state) {
        Some(offers) => offers,
        None => match primary(work, repo, base, &bytes).await? {
            Some(offers) => known.put(state, Arc::new(offers)),
            None => return Ok(Packages::Unknown(state)),
        },
    };
    if let Some(key) = by_revision {
        known.put(key, Arc::clone(&offers));
    }
    Ok(Packages::Known(offers))
}

/// Reads the list of packages; `None` when it is not one that we read.
async fn primary(work: &Work, repo: &BuildRepo, base: &str, bytes: &[u8]) -> Step<Option<Vec<Offer>>> {
    let Ok(repomd) = repodata::parse(bytes) else { return Ok(None) };
    let Some(record) = repomd.record("primary") else { return Ok(None) };
    if record.size > LARGEST || record.href.contains("://") || record.href.contains("..") {
        return Ok(None);
    }
    let Some(packed) = read(work, repo, &format!("{base}/{}", record.href), LARGEST).await? else { return Ok(None) };
    let parsed = tokio::task::spawn_blocking(move || unpack(&packed).and_then(|text| parse(&text))).await;
    Ok(parsed.ok().flatten())
}

/// One file of a repository. The server's own are read here; those that users named, in a sandbox.
async fn read(work: &Work, repo: &BuildRepo, url: &str, most: u64) -> Step<Option<Vec<u8>>> {
    if let Some(path) = local_path(url) {
        return Ok(tokio::fs::read(path).await.ok());
    }
    if repo.id.starts_with("copr_") {
        let answer = work.place.http.get(url).send().await.and_then(reqwest::Response::error_for_status);
        let Ok(answer) = answer else { return Ok(None) };
        if answer.content_length().is_none_or(|length| length > most) {
            return Ok(None);
        }
        return Ok(answer.bytes().await.ok().map(|bytes| bytes.to_vec()));
    }
    let into = work.desk.fresh("metadata").map_err(end::local(Phase::Builddeps, "make a directory"))?;
    let wanted = vec![Wanted { url: url.to_owned(), most }];
    let fetched = fetch::fetch(work, wanted, &into, Duration::from_secs(120)).await?;
    match fetched.first() {
        Some(Fetched::There { .. }) => Ok(tokio::fs::read(into.join("0")).await.ok()),
        _ => Ok(None),
    }
}

fn unpack(packed: &[u8]) -> Option<String> {
    let mut text = String::new();
    let reader: Box<dyn Read + '_> = match packed {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(packed)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::stream::Decoder::new(packed).ok()?),
        [b'<', ..] => Box::new(packed),
        _ => return None,
    };
    let length = reader.take(LARGEST_UNPACKED).read_to_string(&mut text).ok()?;
    ((length as u64) < LARGEST_UNPACKED).then_some(text)
}

/// Reads `primary.xml`: names, digests, what is provided (files that are listed too) and obsoleted.
fn parse(text: &str) -> Option<Vec<Offer>> {
    let mut reader = Reader::from_str(text);
    let (mut offers, mut offer, mut path) = (Vec::new(), Offer::default(), Vec::<String>::new());
    let mut words = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                path.push(start.local_name().as_ref().to_owned());
                words.clear();
            }
            Event::Empty(start) if start.local_name().as_ref() == "entry" => match path.last().map(String::as_str) {
                Some("provides") => offer.provides.push(name(&start)?),
                Some("obsoletes") => offer.obsoletes.push(name(&start)?),
                _ => {}
            },
            Event::Text(text) => words.push_str(&text),
            Event::End(_) => {
                let element = path.pop()?;
                match (element.as_str(), path.last().map(String::as_str)) {
                    ("name", Some("package")) => offer.name = words.trim().to_owned(),
                    ("checksum", Some("package")) => offer.digest = words.trim().to_owned(),
                    ("file", Some("format")) => offer.provides.push(words.trim().to_owned()),
                    ("package", _) => offers.push(std::mem::take(&mut offer)),
                    _ => {}
                }
            }
            Event::DocType(_) => return None,
            Event::Eof => return path.is_empty().then_some(offers),
            _ => {}
        }
    }
}

fn name(entry: &BytesStart<'_>) -> Option<String> {
    let value = entry.attributes().flatten().find(|attribute| attribute.key.as_ref() == "name")?;
    Some(value.value.to_string())
}

/// What was read before, by state.
#[derive(Debug, Default)]
pub(crate) struct KnownOffers(std::sync::Mutex<std::collections::HashMap<String, Arc<Vec<Offer>>>>);

impl KnownOffers {
    /// Entries kept; a builder serves few projects at a time.
    const MOST: usize = 64;

    fn get(&self, key: &str) -> Option<Arc<Vec<Offer>>> {
        self.0.lock().ok()?.get(key).cloned()
    }

    fn put(&self, key: String, offers: Arc<Vec<Offer>>) -> Arc<Vec<Offer>> {
        if let Ok(mut known) = self.0.lock() {
            if known.len() >= Self::MOST {
                known.clear();
            }
            known.insert(key, Arc::clone(&offers));
        }
        offers
    }
}

/// The name of a package from `name-[epoch:]version-release.arch`.
pub(crate) fn package_name(nevra: &str) -> &str {
    let mut parts = nevra.rsplitn(3, '-');
    parts.nth(2).unwrap_or(nevra)
}

/// The words of a dependency: a rich one has several.
pub(crate) fn words_of(dependency: &str) -> impl Iterator<Item = String> + '_ {
    let rich = dependency.starts_with('(');
    let whole = dependency.split_whitespace().next().unwrap_or(dependency).to_owned();
    let parts = dependency.split_whitespace().filter(move |_| rich);
    // `(a or pkgconfig(b))`: brackets belong to names too, so both readings count.
    let parts = parts.flat_map(|part| {
        let inner = part.trim_start_matches('(').trim_end_matches(')');
        [inner.to_owned(), format!("{inner})")]
    });
    std::iter::once(whole).chain(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIMARY: &str = r#"<?xml version="1.0"?><metadata xmlns="c" xmlns:rpm="r" packages="2">
        <package type="rpm"><name>libgreet</name><arch>x86_64</arch><checksum type="sha256" pkgid="YES">aa</checksum>
        <format><rpm:provides><rpm:entry name="libgreet.so.2()(64bit)"/></rpm:provides>
        <rpm:requires><rpm:entry name="libc.so.6"/></rpm:requires>
        <rpm:obsoletes><rpm:entry name="oldgreet" flags="LT" ver="1"/></rpm:obsoletes><file>/usr/bin/greet</file></format>
        </package><package type="rpm"><name>other</name><checksum pkgid="YES">bb</checksum></package></metadata>"#;

    fn offers(text: &str) -> Offers {
        let packages = Packages::Known(Arc::new(parse(text).unwrap()));
        Offers(vec![Repository { key: "k".into(), packages }])
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_change_counts_only_under_a_name_that_matters() {
        let (before, after) = (offers(PRIMARY), offers(&PRIMARY.replace(">aa<", ">cc<")));
        for matters in ["libgreet", "libgreet.so.2()(64bit)", "oldgreet", "/usr/bin/greet"] {
            let interest = names(&[matters]);
            assert_ne!(before.fingerprint(&interest), after.fingerprint(&interest), "{matters}");
        }
        for does_not in ["libc.so.6", "gcc", "x86_64"] {
            let interest = names(&[does_not, "other"]);
            assert_eq!(before.fingerprint(&interest), after.fingerprint(&interest), "{does_not}");
        }
    }

    #[test]
    fn a_newer_or_obsoleting_package_replaces_an_installed_one() {
        let installed = |name: &str| HashSet::from([name.to_owned()]);
        assert!(offers(PRIMARY).replace(&installed("libgreet")));
        assert!(offers(PRIMARY).replace(&installed("oldgreet")));
        assert!(!offers(PRIMARY).replace(&installed("bash")));
    }

    #[test]
    fn what_is_cut_short_is_not_read() {
        assert!(parse(&PRIMARY[..PRIMARY.len() - 20]).is_none());
        assert!(unpack(b"\x1f\x8bgarbage").is_none());
    }

    #[test]
    fn names_are_found_in_nevras_and_rich_dependencies() {
        assert_eq!(package_name("gcc-c++-4:12.2.0-3.x86_64"), "gcc-c++");
        let words: Vec<String> = words_of("(foo >= 1 or pkgconfig(bar))").collect();
        assert!(["foo", "pkgconfig(bar)"].iter().all(|word| words.iter().any(|one| one == word)), "{words:?}");
        assert_eq!(words_of("libgreet-devel >= 2.0").collect::<Vec<_>>(), ["libgreet-devel"]);
    }
}
