//! Forks: one project copied into another.
//!
//! The call makes the project and notes the work; a reconciler does it in turns. `take` gives the files of the builds
//! that are worth copying a second name in a place of the fork's own and makes their rows, so that nothing that happens
//! to the source from then on matters. `copy` signs copies of the packages there, with the key of the project that they
//! are for, and moves each build into place by renaming directories. Then a publisher's turn takes up what is in place,
//! as with every build: until a generation holds them, copies are `forking`, which clients see as `forked`.

mod copy;
mod take;
mod turn;

pub use turn::{next, release_all, sweep};

use crate::project::{self, Input, Owner, Shown};
use crate::{App, FieldErrors, Refusal, access, publish, removal};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::event::Subject;
use copr_db::project::{Project, Settings};
use copr_db::repo::Repo;
use copr_types::{BuildChrootId, BuildId, Event, OwnerName, ProjectId, ProjectName, Role, State, state};
use std::path::PathBuf;

/// What a request says about a fork. `None`: not said.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Whose it will be; the requester's when not said.
    pub owner: Option<String>,
    /// Its name; the source's when not said.
    pub name: Option<String>,
    /// The destination may exist.
    pub confirm: bool,
}

/// Forks a project. Returns the destination; copying goes on when this has returned.
pub async fn create(app: &App, who: &Account, owner: &str, name: &str, wish: &Wish) -> Result<Shown, Refusal> {
    let to = wish.owner.clone().unwrap_or_else(|| who.name.to_string());
    removal::wait_for_name(app, &to, wish.name.as_deref().unwrap_or(name).trim()).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let source = access::project(&mut tx, owner, name).await?;
    let mut errors = FieldErrors::default();
    let owner = destination(&mut tx, who, wish.owner.as_deref(), &mut errors).await?;
    let said = wish.name.clone().unwrap_or_else(|| source.name.to_string());
    let name = Input { name: Some(said), ..Input::default() }.name(&mut errors);
    errors.check()?;
    let (Some(owner), Some(name)) = (owner, name) else {
        return Err(Refusal::field("name", "This field is required."));
    };
    let existing = copr_db::project::by_name(&mut tx, &owner.name.to_string(), name.as_str()).await?;
    let source_size = copr_db::package::count(&mut tx, source.id, i64::MAX).await?;
    check(app, who, &source, source_size, existing.as_ref(), wish)?;
    let is_new = existing.is_none();
    let id = match existing {
        Some(project) => project.id,
        None => begin(app, &mut tx, who, &source, &owner, &name).await?,
    };
    let fork = copr_db::fork::create(&mut tx, id, source.id, now, now + turn::SECONDS).await?;
    let about = Subject { project: Some(id), ..Subject::default() };
    let body = serde_json::json!({ "from": source.full_name() }).to_string();
    copr_db::event::append(&mut tx, "project.forked", about, &body, now).await?;
    tx.commit().await?;
    // The first packages at once: most projects are shown whole when this returns.
    turn::work(app, &fork).await?;
    if is_new {
        publish::project(app, id).await?;
    }
    project::find(app, &owner.name.to_string(), name.as_str()).await
}

/// The owner of the copy: the requester, or a group of the requester's.
async fn destination(
    conn: &mut Conn,
    who: &Account,
    said: Option<&str>,
    errors: &mut FieldErrors,
) -> Result<Option<Owner>, Refusal> {
    let myself = || Owner {
        name: OwnerName::User(who.name.clone()),
        account_id: Some(who.id.0),
        group_id: None,
        external_group: None,
    };
    match said.map(str::parse::<OwnerName>) {
        None => return Ok(Some(myself())),
        Some(Ok(OwnerName::User(name))) if name == who.name => return Ok(Some(myself())),
        Some(Ok(OwnerName::Group(alias))) => {
            if let Some(group) = copr_db::group::by_alias(conn, alias.as_str()).await?
                && copr_db::group::has(conn, group.id, who.id).await?
            {
                return Ok(Some(Owner {
                    name: OwnerName::Group(group.alias),
                    account_id: None,
                    group_id: Some(group.id.0),
                    external_group: Some(group.external_name),
                }));
            }
        }
        _ => {}
    }
    errors.add("owner", project::input::NOT_A_CHOICE);
    Ok(None)
}

/// May this be copied there? In the order in which Copr looks.
fn check(
    app: &App,
    who: &Account,
    source: &Project,
    packages: i64,
    existing: Option<&Project>,
    wish: &Wish,
) -> Result<(), Refusal> {
    if let Some(existing) = existing {
        if !wish.confirm {
            return Err(Refusal::invalid(format!(
                "You are about to fork into existing project: {}\nPlease use --confirm if you really want to do this",
                existing.name
            )));
        }
        if existing.id == source.id {
            return Err(Refusal::invalid("Source project should not be same as destination"));
        }
        if existing.storage != source.storage {
            return Err(Refusal::invalid("Cannot fork a project from one storage to another"));
        }
    }
    if packages > app.rules.fork_packages && !who.admin {
        return Err(Refusal::invalid(format!(
            "This project is too large to be forked, it has {packages} packages. Only administrators can fork projects \
             with more than {}.",
            app.rules.fork_packages
        )));
    }
    Ok(())
}

/// A new project with the source's settings and active chroots.
async fn begin(
    app: &App,
    tx: &mut Conn,
    who: &Account,
    source: &Project,
    owner: &Owner,
    name: &ProjectName,
) -> Result<ProjectId, Refusal> {
    // Rights that only administrators give, and whom to write to, do not go along.
    let settings = Settings { persistent: false, auto_prune: true, contact: None, ..source.settings.clone() };
    let (id, dir) = project::insert(app, tx, who, owner, name, &source.storage, &settings).await?;
    copr_db::project::set_forked_from(tx, id, source.id).await?;
    for chroot in copr_db::project_chroot::list(tx, source.id).await? {
        if chroot.enabled && chroot.active {
            copr_db::project_chroot::enable(tx, id, chroot.chroot_id).await?;
            copr_db::project_chroot::update(tx, id, chroot.chroot_id, &chroot.settings).await?;
            copr_db::repo::ensure(tx, dir, chroot.chroot_id).await?;
        }
    }
    Ok(id)
}

/// Where the files of one build wait until they are in place.
struct Waiting(PathBuf);

impl Waiting {
    fn of(app: &App, fork: i64, original: BuildId) -> Self {
        Self(app.store.fork_dir(fork).join(original.to_string()))
    }

    /// The source's results.
    fn source(&self) -> PathBuf {
        self.0.join("source")
    }

    /// What the original's chroot has.
    fn originals(&self, chroot: &copr_types::ChrootName) -> PathBuf {
        self.0.join(chroot.as_str())
    }

    /// What the copy's chroot will have.
    fn signed(&self, chroot: &copr_types::ChrootName) -> PathBuf {
        self.0.join(format!("{chroot}.signed"))
    }
}

/// A chroot of a copy changed.
async fn note(
    tx: &mut Conn,
    project: ProjectId,
    build: BuildId,
    chroot: BuildChrootId,
    body: &serde_json::Value,
    now: i64,
) -> Result<(), Refusal> {
    let about = Subject { project: Some(project), build: Some(build), build_chroot: Some(chroot) };
    Ok(copr_db::event::append(tx, "chroot.state", about, &body.to_string(), now).await?)
}

/// A generation is published: copies that waited for it are there now.
pub(crate) async fn settle(tx: &mut Conn, repo: &Repo, now: i64) -> Result<(), Refusal> {
    let to = state::next(Role::Chroot, State::Forking, Event::Published)?;
    for (chroot, build) in copr_db::fork::published(tx, repo.id, repo.wanted).await? {
        if copr_db::build_chroot::set_state(tx, chroot, State::Forking, to).await? {
            let body = serde_json::json!({ "state": to.as_str(), "generation": repo.wanted });
            note(tx, repo.project_id, build, chroot, &body, now).await?;
        }
    }
    Ok(())
}
