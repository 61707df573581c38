//! Looking after repositories: whether they tell the truth, and making their metadata anew.
//!
//! [`verify()`] changes nothing and may run at any time: what is published meanwhile is not taken for a fault. [`rebuild()`]
//! believes the packages in the tree and nothing else.

mod contents;
mod rebuild;
mod verify;

pub use rebuild::{Rebuilt, rebuild};
pub use verify::{Depth, Verified, verify};

use crate::{App, Refusal, access};
use copr_db::repo::Repo;
use copr_types::RepoId;
use serde::Serialize;
use std::path::Path;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file that it is about, relative to the data directory.
    pub file: String,
    /// In words.
    pub what: String,
}

/// The repositories of a project, of one of its directories (`project:pr:1`), or of one chroot there.
pub async fn find(app: &App, owner: &str, dir: &str, chroot: Option<&str>) -> Result<Vec<Repo>, Refusal> {
    let (name, all) = dir.split_once(':').map_or((dir, true), |(name, _)| (name, false));
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    let mut repos = copr_db::repo::of_project(&mut conn, project.id).await?;
    repos.retain(|repo| all || repo.dir.as_str() == dir);
    if repos.is_empty() && !all {
        return Err(Refusal::not_found(format!("`{owner}/{name}` has no directory `{dir}`")));
    }
    if let Some(chroot) = chroot {
        repos.retain(|repo| repo.chroot.as_str() == chroot);
        if repos.is_empty() {
            return Err(Refusal::not_found(format!("`{owner}/{dir}` has no repository for `{chroot}`")));
        }
    }
    Ok(repos)
}

/// All repositories.
pub async fn all(app: &App) -> Result<Vec<Repo>, Refusal> {
    Ok(copr_db::repo::all(&mut app.db.read().await?).await?)
}

/// Where a repository is, for people: `owner/directory/chroot`.
pub fn place(repo: &Repo) -> String {
    format!("{}/{}/{}", repo.owner, repo.dir, repo.chroot)
}

/// The repository as it is now; a refusal when it is gone.
async fn again(app: &App, id: RepoId) -> Result<Repo, Refusal> {
    let found = copr_db::repo::by_id(&mut app.db.read().await?, id).await?;
    found.ok_or_else(|| Refusal::not_found("the repository was deleted meanwhile"))
}

/// The names in a directory, sorted; none when it can not be read.
fn names(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}
