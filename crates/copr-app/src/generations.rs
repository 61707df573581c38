//! Generations as people see them: listed, compared, kept for good, brought back; and what waits in devel repositories.
//!
//! Reading is for everybody who sees the project, changing for its administrators. What concerns several chroots is decided in
//! one transaction, for all of them or for none; publishers then make one generation of each.

use crate::{App, Refusal, access, project, repository};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::event::Subject;
use copr_db::generation::Generation;
use copr_db::project::Project;
use copr_db::repo::{Diff, Repo};
use copr_types::{ChrootName, DirName};

/// Generations of a repository that somebody may pin.
const MOST_PINS: usize = 20;
/// Characters of a pin's name.
const LONGEST_NAME: usize = 50;

/// Whose repositories a request is about.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The project's owner.
    pub owner: String,
    /// The project's name.
    pub project: String,
    /// The directory; the main one when not said.
    pub dir: Option<String>,
    /// The chroot; all when not said.
    pub chroot: Option<String>,
}

/// Repositories with their generations.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The project.
    pub project: Project,
    /// The directory's name.
    pub dir: String,
    /// The repositories, by chroot.
    pub repositories: Vec<Repository>,
}

/// A repository with its generations.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The repository.
    pub repo: Repo,
    /// What is remembered of it, newest first.
    pub generations: Vec<Generation>,
    /// Packages that its devel repository alone lists.
    pub devel: i64,
}

/// What differs between two generations of a repository.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The chroot.
    pub chroot: ChrootName,
    /// The first.
    pub from: i64,
    /// The second.
    pub to: i64,
    /// What differs.
    pub diff: Diff,
}

/// A generation as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Number(i64),
    Pin(String),
}

impl Named {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
            let number = text.parse().map_err(|_| Refusal::not_found(format!("There is no generation {text}.")))?;
            return Ok(Self::Number(number));
        }
        pin_name(text).map(Self::Pin)
    }

    /// Numbers are counted in each repository for itself.
    fn fits(&self, place: &Place) -> Result<(), Refusal> {
        match self {
            Self::Number(_) if place.chroot.is_none() => Err(Refusal::invalid(
                "Each chroot counts its own generations: say which chroot is meant, or the name of a pin.",
            )),
            _ => Ok(()),
        }
    }

    async fn find(&self, conn: &mut Conn, repo: &Repo) -> Result<Generation, Refusal> {
        let found = match self {
            Self::Number(number) => copr_db::generation::by_number(conn, repo.id, *number).await?,
            Self::Pin(name) => copr_db::generation::by_pin(conn, repo.id, name).await?,
        };
        found.ok_or_else(|| {
            Refusal::not_found(match self {
                Self::Number(number) => format!(
                    "Generation {number} of {} is not there, or not all of its packages are any more.",
                    repository::place(repo)
                ),
                Self::Pin(name) => format!("No generation of {} is pinned as '{name}'.", repository::place(repo)),
            })
        })
    }
}

/// The name of a pin. It never looks like a number.
fn pin_name(text: &str) -> Result<String, Refusal> {
    let fits = text.len() <= LONGEST_NAME
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if fits {
        return Ok(text.to_owned());
    }
    Err(Refusal::invalid(format!(
        "'{text}' is no name for a generation: a letter, then letters, digits, dots, dashes and underscores, at most \
         {LONGEST_NAME} in all."
    )))
}

/// The repositories that a request is about, by chroot.
async fn repositories(conn: &mut Conn, place: &Place) -> Result<(Project, String, Vec<Repo>), Refusal> {
    let project = access::project(conn, &place.owner, &place.project).await?;
    let main = DirName::main(&project.name);
    let dir = place.dir.as_deref().filter(|dir| !dir.is_empty()).unwrap_or(main.as_str()).to_owned();
    if copr_db::dir::by_name(conn, project.id, &dir).await?.is_none() {
        return Err(Refusal::not_found(format!("Directory '{dir}' doesn't exist in '{}'", project.full_name())));
    }
    let mut repos = copr_db::repo::of_project(conn, project.id).await?;
    repos.retain(|repo| repo.dir.as_str() == dir);
    if let Some(chroot) = place.chroot.as_deref().filter(|chroot| !chroot.is_empty()) {
        repos.retain(|repo| repo.chroot.as_str() == chroot);
        if repos.is_empty() {
            let text = format!("Chroot '{chroot}' has no repository in '{}/{dir}'", project.owner);
            return Err(Refusal::not_found(text));
        }
    }
    repos.sort_by(|a, b| a.chroot.as_str().cmp(b.chroot.as_str()));
    Ok((project, dir, repos))
}

/// The same for somebody who changes them: nobody else does until the transaction ends.
async fn held(conn: &mut Conn, who: &Account, place: &Place) -> Result<(Project, Vec<Repo>), Refusal> {
    let project = access::project(conn, &place.owner, &place.project).await?;
    let project = access::held(conn, project.id).await?;
    access::admin(conn, who, &project).await?;
    let (_, _, repos) = repositories(conn, place).await?;
    let mut held = Vec::new();
    for repo in repos {
        if copr_db::repo::hold_one(conn, repo.id).await?
            && let Some(now) = copr_db::repo::by_id(conn, repo.id).await?
        {
            held.push(now);
        }
    }
    Ok((project, held))
}

/// What happened, for the outbox.
async fn note(
    conn: &mut Conn,
    kind: &str,
    project: &Project,
    body: &serde_json::Value,
    now: i64,
) -> Result<(), Refusal> {
    let about = Subject { project: Some(project.id), ..Subject::default() };
    Ok(copr_db::event::append(conn, kind, about, &body.to_string(), now).await?)
}

/// The repositories and the generations that are remembered.
pub async fn list(app: &App, place: &Place) -> Result<Shown, Refusal> {
    let mut conn = app.db.read().await?;
    let (project, dir, repos) = repositories(&mut conn, place).await?;
    let mut repositories = Vec::new();
    for repo in repos {
        let generations = copr_db::generation::list(&mut conn, repo.id, i64::MAX).await?;
        let devel = match project.settings.devel_mode {
            true => copr_db::repo::devel_count(&mut conn, repo.id, repo.generation).await?,
            false => 0,
        };
        repositories.push(Repository { repo, generations, devel });
    }
    Ok(Shown { project, dir, repositories })
}

/// What differs between two generations of a chroot's repository; without a second one, up to the present one.
pub async fn diff(app: &App, place: &Place, from: &str, to: Option<&str>) -> Result<Difference, Refusal> {
    let (from, to) = (Named::parse(from)?, to.filter(|to| !to.is_empty()).map(Named::parse).transpose()?);
    let mut conn = app.db.read().await?;
    let (_, _, repos) = repositories(&mut conn, place).await?;
    let [repo] = repos.as_slice() else {
        return Err(Refusal::invalid("Generations are compared in one chroot: say which."));
    };
    let from = from.find(&mut conn, repo).await?.number;
    let to = match to {
        Some(to) => to.find(&mut conn, repo).await?.number,
        None => repo.generation,
    };
    let diff = copr_db::repo::diff(&mut conn, repo.id, from, to).await?;
    Ok(Difference { chroot: repo.chroot.clone(), from, to, diff })
}

/// Keeps a generation for good under a name: the present one of each repository, or the one that is named.
pub async fn pin(
    app: &App,
    who: &Account,
    place: &Place,
    generation: Option<&str>,
    name: &str,
) -> Result<Shown, Refusal> {
    let generation = generation.filter(|said| !said.is_empty()).map(Named::parse).transpose()?;
    let name = pin_name(name)?;
    if let Some(named) = &generation {
        named.fits(place)?;
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (project, repos) = held(&mut tx, who, place).await?;
    for repo in &repos {
        let found = match &generation {
            Some(named) => named.find(&mut tx, repo).await?,
            None => Named::Number(repo.generation).find(&mut tx, repo).await?,
        };
        let all = copr_db::generation::list(&mut tx, repo.id, i64::MAX).await?;
        if all.iter().any(|one| one.pinned.as_deref() == Some(name.as_str())) {
            return Err(Refusal::conflict(format!(
                "A generation of {} is pinned as '{name}' already.",
                repository::place(repo)
            )));
        }
        if all.iter().filter(|one| one.pinned.is_some()).count() >= MOST_PINS {
            let text = format!(
                "{} has {MOST_PINS} pinned generations: unpin one that is not needed.",
                repository::place(repo)
            );
            return Err(Refusal::conflict(text));
        }
        if !copr_db::generation::pin(&mut tx, repo.id, found.number, &name).await? {
            return Err(Refusal::conflict(match found.pinned {
                Some(other) => {
                    format!(
                        "Generation {} of {} is pinned already, as '{other}'.",
                        found.number,
                        repository::place(repo)
                    )
                }
                None => format!(
                    "The metadata of generation {} of {} are gone. Roll back to it and pin what that makes.",
                    found.number,
                    repository::place(repo)
                ),
            }));
        }
        let body = serde_json::json!({ "repo": repo.id.0, "generation": found.number, "name": name });
        note(&mut tx, "repo.pinned", &project, &body, now).await?;
    }
    tx.commit().await?;
    list(app, place).await
}

/// Keeps what is pinned under a name no longer than other generations.
pub async fn unpin(app: &App, who: &Account, place: &Place, name: &str) -> Result<Shown, Refusal> {
    let named = Named::Pin(pin_name(name)?);
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (project, repos) = held(&mut tx, who, place).await?;
    let mut last = None;
    let mut count = 0;
    for repo in &repos {
        match named.find(&mut tx, repo).await {
            Ok(found) => {
                copr_db::generation::unpin(&mut tx, repo.id, found.number).await?;
                let body = serde_json::json!({ "repo": repo.id.0, "generation": found.number, "name": name });
                note(&mut tx, "repo.unpinned", &project, &body, now).await?;
                count += 1;
            }
            Err(refusal) => last = Some(refusal),
        }
    }
    // Chroots that came later have no such pin, and that is fine.
    if let (0, Some(refusal)) = (count, last) {
        return Err(refusal);
    }
    tx.commit().await?;
    list(app, place).await
}

/// Makes a new generation that lists what an earlier one does, as far as the builds are there still; of all repositories or of
/// none. Later builds go on top of it.
pub async fn roll_back(app: &App, who: &Account, place: &Place, to: &str) -> Result<Shown, Refusal> {
    let to = Named::parse(to)?;
    to.fits(place)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (project, repos) = held(&mut tx, who, place).await?;
    for repo in &repos {
        let found = to.find(&mut tx, repo).await?;
        let cause = match &found.pinned {
            Some(name) => format!("rolled back to {} ({name})", found.number),
            None => format!("rolled back to {}", found.number),
        };
        let generation = copr_db::repo::want_for(&mut tx, repo.id, &cause).await?;
        let changed = copr_db::repo::restore(&mut tx, repo.id, found.number, generation).await?;
        let body = serde_json::json!({
            "repo": repo.id.0, "generation": generation, "to": found.number, "changed": changed, "by": who.name.as_str()
        });
        note(&mut tx, "repo.rolled-back", &project, &body, now).await?;
    }
    tx.commit().await?;
    list(app, place).await
}

/// Lists in public what the devel repositories alone do; of all repositories or of none.
pub async fn promote(app: &App, who: &Account, place: &Place) -> Result<Shown, Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (project, repos) = held(&mut tx, who, place).await?;
    promote_in(&mut tx, &repos).await?;
    project::note(&mut tx, "repo.promoted", project.id, now).await?;
    tx.commit().await?;
    list(app, place).await
}

/// Asks for generations of repositories that list all that there is.
pub(crate) async fn promote_in(tx: &mut Conn, repos: &[Repo]) -> Result<(), Refusal> {
    for repo in repos {
        let generation = copr_db::repo::want_for(tx, repo.id, "promoted").await?;
        copr_db::repo::promote(tx, repo.id, generation).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Named, pin_name};

    #[test]
    fn pins_have_names_that_are_no_numbers() {
        for good in ["v1", "release-2.0", "A", "a_b"] {
            assert_eq!(Named::parse(good).unwrap(), Named::Pin(good.to_owned()));
        }
        for bad in ["", "1v", "-x", "a b", "a/b", "ä", &"a".repeat(51)] {
            assert!(pin_name(bad).is_err(), "{bad}");
        }
        assert_eq!(Named::parse("12").unwrap(), Named::Number(12));
        assert!(Named::parse("99999999999999999999").is_err());
    }
}
