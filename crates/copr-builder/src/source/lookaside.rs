//! Files of a dist-git's look-aside cache: the package's `sources` names them with their digests.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use copr_types::{FileName, Phase};
use copr_wire::builder::SourceTask;
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};

use super::tree::{Found, Tree, below};
use crate::end::{self, Step};
use crate::fetch::{self, Fetched, Wanted};
use crate::work::{HashWriter, Work};

/// The name of the list.
const LIST: &str = "sources";
const LARGEST: u64 = 1 << 20;

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    file: FileName,
    kind: Kind,
    digest: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Md5,
    Sha256,
    Sha512,
}

impl Kind {
    fn named(word: &str) -> Option<Kind> {
        match word.to_ascii_lowercase().as_str() {
            "md5" => Some(Kind::Md5),
            "sha256" => Some(Kind::Sha256),
            "sha512" => Some(Kind::Sha512),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Md5 => "md5",
            Kind::Sha256 => "sha256",
            Kind::Sha512 => "sha512",
        }
    }

    /// Characters of a digest.
    fn length(self) -> usize {
        match self {
            Kind::Md5 => 32,
            Kind::Sha256 => 64,
            Kind::Sha512 => 128,
        }
    }

    fn of(self, path: &Path) -> io::Result<String> {
        match self {
            Kind::Md5 => digest::<Md5>(path),
            Kind::Sha256 => digest::<Sha256>(path),
            Kind::Sha512 => digest::<Sha512>(path),
        }
    }
}

fn digest<D: Digest>(path: &Path) -> io::Result<String> {
    let mut hash = D::new();
    io::copy(&mut fs::File::open(path)?, &mut HashWriter(&mut hash))?;
    Ok(hex::encode(hash.finalize()))
}

/// Fetches the files that the list beside a spec file names and that do not lie there; none when there is no list.
pub(super) async fn fetch(
    work: &Work,
    task: &SourceTask,
    tree: Tree<'_>,
    found: &Found,
    address: Option<&str>,
) -> Step<Vec<PathBuf>> {
    let phase = Phase::Fetch;
    let io = |doing: &'static str| end::local(phase, doing);
    if !found.beside.iter().any(|name| name == LIST) {
        return Ok(Vec::new());
    }
    let into = work.desk.fresh("lookaside").map_err(io("make a directory"))?;
    let list = into.join(LIST);
    let copied =
        work.place.sandbox.copy_out(tree.host, Path::new(&below(&found.directory, LIST)), &list, LARGEST).await;
    copied.map_err(|error| end::user(phase, format!("the file `{LIST}` can not be read: {error}")))?;
    let text = fs::read(&list).map_err(io("read the list of sources"))?;
    let listed = read(&String::from_utf8_lossy(&text)).map_err(|why| end::user(phase, why))?;
    let missing: Vec<Source> =
        listed.into_iter().filter(|one| !found.beside.iter().any(|name| name == one.file.as_str())).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let Some(address) = address else {
        let names: Vec<String> = missing.iter().map(|one| format!("`{}`", one.file)).collect();
        let message = format!(
            "the file `{LIST}` names {}, and the repository belongs to no dist-git whose look-aside cache is known here",
            names.join(", ")
        );
        return Err(end::user(phase, message));
    };
    work.held.enter(phase);
    let most = task.build.limits.file_mib << 20;
    let wanted = missing.iter().map(|one| Wanted { url: url_of(address, one), most }).collect();
    let limit = Duration::from_secs(task.build.limits.timeout);
    let all = work.transcript.step("fetch from the look-aside cache", fetch::fetch(work, wanted, &into, limit)).await?;
    let mut files = Vec::new();
    for (number, (one, fetched)) in missing.into_iter().zip(all).enumerate() {
        if let Fetched::Failed { fault, message } = fetched {
            return Err(fetch::failure(fault, &message));
        }
        let path = into.join("named").join(one.file.as_str());
        let placed =
            fs::create_dir_all(into.join("named")).and_then(|()| fs::rename(into.join(number.to_string()), &path));
        placed.map_err(io("keep a source file"))?;
        files.push(checked(path, one).await?);
    }
    Ok(files)
}

/// The file, if it has the digest that it should have.
async fn checked(path: PathBuf, source: Source) -> Step<PathBuf> {
    let phase = Phase::Fetch;
    let at = path.clone();
    let digest = tokio::task::spawn_blocking(move || source.kind.of(&at)).await;
    let digest =
        digest.map_err(io::Error::other).and_then(|digest| digest).map_err(end::local(phase, "read a file"))?;
    if digest == source.digest {
        return Ok(path);
    }
    let (file, kind) = (&source.file, source.kind.word());
    Err(end::user(
        phase,
        format!("`{file}` of the look-aside cache has another {kind} digest than `{LIST}` says: {digest}"),
    ))
}

/// The address of a file in the cache.
fn url_of(address: &str, source: &Source) -> String {
    let name: String = source.file.as_str().bytes().map(encoded).collect();
    address.replace("{filename}", &name).replace("{hashtype}", source.kind.word()).replace("{hash}", &source.digest)
}

fn encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~+".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// Reads the list: `SHA512 (name) = digest`, or of old `digest  name`.
fn read(text: &str) -> Result<Vec<Source>, String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(line).collect()
}

fn line(line: &str) -> Result<Source, String> {
    let bad = || format!("`{line}` in the file `{LIST}` is no digest of a file");
    let new = line.split_once(" (").and_then(|(kind, rest)| Some((kind, rest.split_once(") = ")?)));
    let (kind, name, digest) = match new {
        Some((kind, (name, digest))) => (Kind::named(kind).ok_or_else(bad)?, name, digest),
        None => {
            let (digest, name) = line.split_once(char::is_whitespace).ok_or_else(bad)?;
            (Kind::Md5, name, digest)
        }
    };
    let digest = digest.trim().to_ascii_lowercase();
    let good = digest.len() == kind.length() && digest.chars().all(|c| c.is_ascii_hexdigit());
    let file = name.trim().trim_start_matches('*').parse::<FileName>().map_err(|error| error.to_string())?;
    if good { Ok(Source { file, kind, digest }) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_both_kinds_are_read() {
        let (md5, sha) = ("0".repeat(32), "A".repeat(128));
        let listed = read(&format!("SHA512 (a b-1.tar.gz) = {sha}\n\n{md5}  c.tar.xz\n")).unwrap();
        let facts: Vec<_> = listed.iter().map(|one| (one.file.as_str(), one.kind, one.digest.len())).collect();
        assert_eq!(facts, [("a b-1.tar.gz", Kind::Sha512, 128), ("c.tar.xz", Kind::Md5, 32)]);
        let url = url_of("https://host/{filename}/{hashtype}/{hash}/{filename}", &listed[0]);
        assert_eq!(url, format!("https://host/a%20b-1.tar.gz/sha512/{}/a%20b-1.tar.gz", "a".repeat(128)));
    }

    #[test]
    fn a_list_that_lies_is_refused() {
        let md5 = "0".repeat(32);
        for text in ["nonsense", &format!("{md5}  ../../etc/passwd"), &format!("MD4 (x) = {md5}"), "0123  x"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
