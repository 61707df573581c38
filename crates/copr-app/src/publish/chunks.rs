//! The chunks that a generation is joined from. One is rendered when something in it has changed; until then its file
//! does, which may be damaged or gone at any time.
//!
//! A file is named by its chunk and carries the chunk's edition, which rises with every change. It gets its name once the
//! generation that it was rendered for has been read back: what is joined unread was read before.

use super::fragments;
use crate::{App, Refusal};
use copr_db::repo::{Repo, RepoPackage};
use copr_rpm::repodata::{Chunk, Compression, Published};
use copr_store::Store;
use copr_types::RepoId;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What a generation is joined from.
#[derive(Default)]
pub(super) struct Gathered {
    /// In the order of the metadata.
    pub chunks: Vec<Chunk>,
    /// Those of them that were not joined before, by their place, and what is in them.
    pub fresh: Vec<(usize, Vec<Published>)>,
    /// The repository whose files they are; none when there are no files.
    repo: Option<RepoId>,
    /// Names that files have so far, and are to have.
    made: Vec<(String, String)>,
    /// Names of files that are of use.
    names: BTreeSet<String>,
}

/// The chunks of the generation that is wanted; `anew` without a look at what is kept.
pub(super) async fn gather(app: &App, repo: &Repo, compression: Compression, anew: bool) -> Result<Gathered, Refusal> {
    let rows = copr_db::repo::chunks(&mut app.db.read().await?, repo.id).await?;
    let (dir, id, wanted) = (app.store.chunk_dir(repo.id), repo.id, repo.wanted);
    let rows = crate::blocking(move || {
        let known = rows.into_iter().map(|row| {
            let label = format!("{id} {} {}", row.number, row.edition);
            // With something noted for a later generation, the edition does not tell what this one lists.
            let settled = row.changed_in <= wanted;
            let path = dir.join(row.number.to_string());
            let kept = (settled && !anew).then(|| Chunk::open(&path, &label, compression)).flatten();
            (row.number, label, settled, kept)
        });
        Ok(known.collect::<Vec<_>>())
    })
    .await?;
    let mut gathered = Gathered { repo: Some(repo.id), ..Gathered::default() };
    for (number, label, settled, kept) in rows {
        let name = number.to_string();
        gathered.names.insert(name.clone());
        let (chunk, published) = match kept {
            Some(chunk) => (chunk, None),
            None => {
                let packages = copr_db::repo::chunk_at(&mut app.db.read().await?, repo.id, number, repo.wanted).await?;
                // Of this turn alone: whoever lost it may be writing still.
                let file = format!("{name}.{}", repo.publisher_fence);
                let (store, path) = (app.store.clone(), app.store.chunk_dir(repo.id).join(&file));
                if settled {
                    gathered.made.push((file, name));
                }
                let made = crate::blocking(move || {
                    let (chunk, published) = render(packages, None, compression)?;
                    Ok((kept_in(&store, path, &chunk, &label)?, published))
                });
                let (chunk, published) = made.await?;
                (chunk, Some(published))
            }
        };
        if chunk.packages() > 0 {
            gathered.fresh.extend(published.map(|published| (gathered.chunks.len(), published)));
            gathered.chunks.push(chunk);
        }
    }
    Ok(gathered)
}

fn render(
    packages: Vec<RepoPackage>,
    base: Option<&str>,
    compression: Compression,
) -> Result<(Chunk, Vec<Published>), Refusal> {
    let published = packages.iter().map(|one| Published { pkgid: one.pkgid.clone(), href: one.href.clone() }).collect();
    let fragments = packages.into_iter().map(|package| fragments(package, base));
    let chunk = Chunk::render(fragments, compression).map_err(|error| Refusal::internal("packing metadata", error))?;
    Ok((chunk, published))
}

/// The same chunk in a file, out of memory.
fn kept_in(store: &Store, path: PathBuf, chunk: &Chunk, label: &str) -> Result<Chunk, Refusal> {
    let damaged = |error| Refusal::internal("keeping rendered metadata", error);
    store.write_unsynced(&path, &chunk.to_bytes(label).map_err(damaged)?)?;
    let lost = || damaged(copr_rpm::Error::DamagedChunk { path: path.clone() });
    Chunk::open(&path, label, chunk.compression()).ok_or_else(lost)
}

impl Gathered {
    /// Chunks that no file keeps.
    pub fn of(packages: Vec<RepoPackage>, base: Option<&str>, compression: Compression) -> Result<Gathered, Refusal> {
        let mut gathered = Gathered::default();
        let mut rest = packages;
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(Chunk::PACKAGES));
            let (chunk, published) = render(std::mem::replace(&mut rest, later), base, compression)?;
            gathered.fresh.push((gathered.chunks.len(), published));
            gathered.chunks.push(chunk);
        }
        Ok(gathered)
    }

    /// How many packages there are.
    pub fn packages(&self) -> i64 {
        self.chunks.iter().map(|chunk| i64::from(chunk.packages())).sum()
    }

    /// What was rendered has proved true: it is kept, and what is of no use any more goes. A cache that can not be written is
    /// no reason to fail.
    pub fn keep(&self, store: &Store) {
        let Some(repo) = self.repo else { return };
        let dir = store.chunk_dir(repo);
        let kept = self.made.iter().try_for_each(|(from, to)| store.rename_unsynced(&dir.join(from), &dir.join(to)));
        if let Err(error) = kept.and_then(|()| store.keep_only(&dir, |name| self.names.contains(name))) {
            tracing::warn!(repository = repo.0, "could not keep rendered metadata: {error}");
        }
    }

    /// What was rendered, or was kept, is not what it was to be: all of it goes.
    pub fn forget(&self, store: &Store) {
        let Some(repo) = self.repo else { return };
        if let Err(error) = store.remove(&store.relative(&store.chunk_dir(repo))) {
            tracing::warn!(repository = repo.0, "could not remove rendered metadata: {error}");
        }
    }
}

/// Removes what is kept of repositories that are gone.
pub async fn sweep(app: &App) -> Result<(), Refusal> {
    let store = app.store.clone();
    let repos = crate::blocking(move || Ok(store.chunked()?)).await?;
    for repo in repos {
        if copr_db::repo::by_id(&mut app.db.read().await?, repo).await?.is_none() {
            let store = app.store.clone();
            crate::blocking(move || Ok(store.remove(&store.relative(&store.chunk_dir(repo)))?)).await?;
        }
    }
    Ok(())
}
