//! The bucket in which published repositories lie beside the tree, where one is configured.
//!
//! A generation is published when its packages and its metadata are in the bucket too, and the bucket's own head, one small
//! object that is switched by compare and swap, names it. So whoever reads from the bucket finds what the head names whole,
//! however many servers publish and whatever ends them. Names begin with the repository's number, which no
//! renaming changes and no other repository ever gets: `repositories/7/00000042-hello/hello-1-1.noarch.rpm`,
//! `repositories/7/.repodata/00000012-3/repomd.xml`, `repositories/7/head`.

use crate::{App, Refusal, publish};
use copr_bucket::{Bucket, Error, Key, Version};
use copr_db::repo::Repo;
use copr_types::RepoId;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files on their way into the bucket at once.
const AT_ONCE: usize = 4;
/// How long an address of an object is good: a reader follows it at once, and a large package takes its time.
const ADDRESS_VALID: Duration = Duration::from_secs(3600);
/// Bytes of a head at most.
const HEAD_BYTES: u64 = 256;
/// How paths begin, among those that are to be removed, that lie in the bucket and not in the tree.
pub(crate) const DOOMED: &str = "bucket/";

/// The bucket, and how readers reach it.
#[derive(Clone, Debug)]
pub struct Shelf {
    bucket: Bucket,
    public_url: Option<String>,
}

impl Shelf {
    /// With `public_url`, a bucket that everybody may read there; else readers are given signed addresses.
    pub fn new(bucket: Bucket, public_url: Option<String>) -> Self {
        Self { bucket, public_url }
    }

    /// The bucket.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }
}

fn failed(error: Error) -> Refusal {
    Refusal::internal("using the bucket", error)
}

/// Where a repository's things are in the bucket.
fn place(id: RepoId) -> String {
    format!("repositories/{id}")
}

fn key(id: RepoId, rest: &str) -> Result<Key, Refusal> {
    Key::new(format!("{}/{rest}", place(id))).map_err(failed)
}

/// The path under which something of a repository is doomed; its whole place when `rest` is empty.
pub(crate) fn doomed(id: RepoId, rest: &str) -> String {
    let place = place(id);
    if rest.is_empty() { format!("{DOOMED}{place}") } else { format!("{DOOMED}{place}/{rest}") }
}

/// Which generation, of which publisher's turn: what a directory of metadata is called after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    generation: i64,
    fence: i64,
}

impl Head {
    fn parse(name: &str) -> Option<Self> {
        let (generation, fence) = name.split_once('-')?;
        Some(Self { generation: generation.parse().ok()?, fence: fence.parse().ok()? })
    }
}

async fn head(shelf: &Shelf, id: RepoId) -> Result<Option<(Head, Version)>, Refusal> {
    let key = key(id, "head")?;
    let Some((bytes, version)) = shelf.bucket.read_small(&key, HEAD_BYTES).await.map_err(failed)? else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes).ok().and_then(Head::parse).ok_or_else(|| {
        let what = std::io::Error::other(format!("`{key}` does not name a generation"));
        Refusal::internal("reading the bucket", what)
    })?;
    Ok(Some((head, version)))
}

/// The generation up to which the bucket has all packages for sure. A turn that switched the bucket's head and was broken off before
/// the database knew is taken again, perhaps under the same number and with more packages.
fn since(head: Option<Head>, published: i64) -> i64 {
    head.map_or(0, |head| head.generation.min(published))
}

/// Brings a generation that lies in the tree into the bucket and switches the bucket's head to it. Every step may have happened
/// before; a turn that is lost changes nothing that readers see.
pub(crate) async fn publish(app: &App, repo: &Repo, metadata: &str) -> Result<(), Refusal> {
    let Some(shelf) = &app.shelf else { return Ok(()) };
    let mine = Head { generation: repo.wanted, fence: repo.publisher_fence };
    let before = head(shelf, repo.id).await?;
    let since = since(before.as_ref().map(|(head, _)| *head), repo.generation);
    if before.as_ref().is_some_and(|(head, _)| *head > mine) {
        return Err(publish::lost());
    }
    let dir = app.store.chroot_dir(&repo.owner, &repo.dir, &repo.chroot);
    let new = copr_db::repo::listed_since(&mut app.db.read().await?, repo.id, since, repo.wanted).await?;
    let packages = new.into_iter().map(|href| (dir.join(&href), href, "application/x-rpm"));
    put_all(shelf, repo.id, packages).await?;
    let named = named_in(&dir.join(".repodata").join(metadata)).await?;
    let files = named.into_iter().map(|(path, name)| (path, format!(".repodata/{metadata}/{name}"), kind(&name)));
    put_all(shelf, repo.id, files).await?;
    let version = before.as_ref().map(|(_, version)| version);
    match shelf.bucket.switch(&key(repo.id, "head")?, metadata.as_bytes(), version).await {
        Err(Error::Changed { .. }) => return Err(publish::lost()),
        switched => switched.map_err(failed)?,
    };
    let mut tx = app.db.begin().await?;
    copr_db::repo::shelved(&mut tx, repo.id, repo.publisher_fence, repo.wanted).await?;
    tx.commit().await?;
    forget_lost(app, shelf, repo, mine).await
}

/// Puts files, which come as their place in the tree, their name in the bucket, and their kind.
async fn put_all(
    shelf: &Shelf,
    id: RepoId,
    files: impl Iterator<Item = (PathBuf, String, &'static str)>,
) -> Result<(), Refusal> {
    let put = |(path, name, kind): (PathBuf, String, &'static str)| {
        let bucket = shelf.bucket.clone();
        async move { bucket.put_file(&key(id, &name)?, &path, kind).await.map_err(failed) }.boxed()
    };
    let puts: Vec<_> = files.map(put).collect();
    stream::iter(puts).buffer_unordered(AT_ONCE).try_collect().await
}

/// The files of a directory of metadata that `repomd.xml` names, and it with its signature and keys; that they are what
/// it says was proved when they were written.
async fn named_in(dir: &Path) -> Result<Vec<(PathBuf, String)>, Refusal> {
    let dir = dir.to_owned();
    crate::blocking(move || {
        let io = |error| Refusal::internal("reading metadata", error);
        let repomd = std::fs::read(dir.join("repomd.xml")).map_err(io)?;
        let repomd =
            copr_rpm::repodata::parse(&repomd).map_err(|error| Refusal::internal("reading metadata", error))?;
        let names = repomd.records.iter().filter_map(|record| record.href.strip_prefix("repodata/"));
        let fixed = ["repomd.xml.key", "repomd.xml.asc", "repomd.xml"];
        Ok(names.chain(fixed).map(|name| (dir.join(name), name.to_owned())).collect())
    })
    .await
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("xml") => "text/xml",
        Some("asc" | "key") => "application/pgp-keys",
        Some("gz") => "application/gzip",
        Some("zst") => "application/zstd",
        _ => "application/octet-stream",
    }
}

/// Removes metadata of turns that were lost before they switched: nobody ever saw them.
async fn forget_lost(app: &App, shelf: &Shelf, repo: &Repo, mine: Head) -> Result<(), Refusal> {
    let kept = copr_db::generation::metadata(&mut app.db.read().await?, repo.id).await?;
    let base = key(repo.id, ".repodata")?;
    let listed = shelf.bucket.list(&base).await.map_err(failed)?;
    let name = |key: &Key| key.as_str().strip_prefix(base.as_str())?.split('/').nth(1).map(str::to_owned);
    let names: BTreeSet<String> = listed.iter().filter_map(|entry| name(&entry.key)).collect();
    let is_lost = |name: &String| Head::parse(name).is_some_and(|head| head < mine) && !kept.contains(name);
    for name in names.into_iter().filter(is_lost) {
        shelf.bucket.remove_below(&base.join(&name).map_err(failed)?).await.map_err(failed)?;
    }
    Ok(())
}

/// Asks for generations of repositories that the bucket does not have yet: it was configured later than they were published.
pub async fn fill(app: &App) -> Result<(), Refusal> {
    if app.shelf.is_none() {
        return Ok(());
    }
    for repo in copr_db::repo::not_shelved(&mut app.db.read().await?).await? {
        let mut tx = app.db.begin().await?;
        copr_db::repo::want_for(&mut tx, repo, "bucket").await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The address in the bucket of a package of a repository in the tree; none when it is not there, or there is no bucket.
pub async fn elsewhere(app: &App, owner: &str, dir: &str, chroot: &str, href: &str) -> Result<Option<String>, Refusal> {
    let Some(shelf) = &app.shelf else { return Ok(None) };
    let mut conn = app.db.read().await?;
    let Some((id, _)) = copr_db::repo::by_path(&mut conn, owner, dir, chroot).await? else { return Ok(None) };
    if !copr_db::repo::is_shelved(&mut conn, id, href).await? {
        return Ok(None);
    }
    let key = key(id, href)?;
    match &shelf.public_url {
        Some(base) => {
            let mut url = url::Url::parse(base).map_err(|error| Refusal::internal("naming the bucket", error))?;
            if let Ok(mut parts) = url.path_segments_mut() {
                parts.pop_if_empty().extend(key.as_str().split('/'));
            }
            Ok(Some(url.into()))
        }
        None => shelf.bucket.address(&key, ADDRESS_VALID).await.map(Some).map_err(failed),
    }
}

/// Removes an object, or all below a name, of which the list of doomed paths says that it may go. False when there is no
/// bucket now: it waits until there is one again.
pub(crate) async fn remove(app: &App, name: &str) -> Result<bool, Refusal> {
    let Some(shelf) = &app.shelf else { return Ok(false) };
    let key = Key::new(name).map_err(failed)?;
    if shelf.bucket.remove_below(&key).await.map_err(failed)? == 0 {
        shelf.bucket.remove(&key).await.map_err(failed)?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{Head, doomed, since};
    use copr_types::RepoId;

    #[test]
    fn later_turns_of_the_same_generation_are_later() {
        let head = |name| Head::parse(name).expect(name);
        assert!(head("00000002-1") > head("00000001-9"));
        assert!(head("00000010-12") > head("00000010-9"));
        assert!(head("100000000-1") > head("99999999-1"));
        for other in ["", "1", "a-1", "1-b", "1-2-3"] {
            assert_eq!(Head::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_turn_that_was_broken_off_proves_nothing_of_what_came_under_its_number() {
        let head = Head::parse("00000005-1");
        assert_eq!(since(None, 4), 0);
        assert_eq!(since(head, 4), 4, "the database knows nothing of the fifth");
        assert_eq!(since(head, 5), 5);
        assert_eq!(since(head, 9), 5, "published without the bucket since");
    }

    #[test]
    fn what_is_doomed_is_told_from_the_tree() {
        assert_eq!(doomed(RepoId(7), ""), "bucket/repositories/7");
        assert_eq!(doomed(RepoId(7), "a/b.rpm"), "bucket/repositories/7/a/b.rpm");
    }
}
