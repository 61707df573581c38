//! Projects: make, find, list, search, change, delete.

pub(crate) mod input;
pub mod numbered;

pub use input::Input;

use crate::build::Running;
use crate::refusal::listed;
use crate::{App, FieldErrors, Refusal, access, build, expiry, generations, publish, removal, renaming};
use copr_db::account::Account;
use copr_db::project::{NewProject, Project, Settings};
use copr_db::search::{Exactly, First};
use copr_db::{Conn, Page};
use copr_types::{DirId, DirName, OwnerName, ProjectId, ProjectName};
use std::collections::HashMap;

/// A project with the names of its enabled and active chroots: what every dialect shows.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The project.
    pub project: Project,
    /// Names of its chroots, sorted.
    pub chroots: Vec<String>,
}

/// The project of an owner and a name.
pub async fn find(app: &App, owner: &str, name: &str) -> Result<Shown, Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    Ok(show(&mut conn, vec![project]).await?.remove(0))
}

/// The project of an owner and a name, and when something was built there last.
pub async fn find_with_end(app: &App, owner: &str, name: &str) -> Result<(Shown, Option<i64>), Refusal> {
    let shown = find(app, owner, name).await?;
    let end = copr_db::build_chroot::last_good(&mut app.db.read().await?, shown.project.id).await?;
    Ok((shown, end))
}

/// Projects of one owner, or all.
pub async fn list(app: &App, owner: Option<&str>, order: &str, page: &Page) -> Result<Vec<Shown>, Refusal> {
    let mut conn = app.db.read().await?;
    let projects = copr_db::project::list(&mut conn, owner, order, page).await?;
    show(&mut conn, projects).await
}

/// Projects that a text finds: `owner/name` parts as substrings, or words anywhere; newest first.
pub async fn search(app: &App, query: &str, page: &Page) -> Result<Vec<Shown>, Refusal> {
    let mut conn = app.db.read().await?;
    let query = query.trim();
    let projects = if query.is_empty() {
        let newest = Page { descending: true, ..*page };
        copr_db::project::list(&mut conn, None, "created_on", &newest).await?
    } else {
        numbered::found(&mut conn, query, &Exactly::default(), First::Newest, page).await?
    };
    show(&mut conn, projects).await
}

/// Adds what is shown with projects.
pub(crate) async fn show(conn: &mut Conn, projects: Vec<Project>) -> Result<Vec<Shown>, Refusal> {
    let names = copr_db::project_chroot::active_names(conn, projects.iter().map(|project| project.id)).await?;
    let mut chroots = HashMap::<ProjectId, Vec<String>>::new();
    for (project, name) in names {
        chroots.entry(project).or_default().push(name);
    }
    let shown = |project: Project| Shown { chroots: chroots.remove(&project.id).unwrap_or_default(), project };
    Ok(projects.into_iter().map(shown).collect())
}

/// Whose a new project is.
pub(crate) struct Owner {
    /// As in addresses.
    pub name: OwnerName,
    /// The person.
    pub account_id: Option<i64>,
    /// The group.
    pub group_id: Option<i64>,
    /// Name of the group where its members are kept.
    pub external_group: Option<String>,
}

/// The owner that a request names, when the person may make projects there.
pub(crate) async fn owner_for(conn: &mut Conn, who: &Account, owner: &str) -> Result<Owner, Refusal> {
    match owner.strip_prefix('@') {
        Some(alias) => {
            let group = access::own_group(conn, who, alias).await?;
            Ok(Owner {
                name: OwnerName::Group(group.alias),
                account_id: None,
                group_id: Some(group.id.0),
                external_group: Some(group.external_name),
            })
        }
        None => {
            let account = copr_db::account::by_name(conn, owner)
                .await?
                .ok_or_else(|| Refusal::not_found(format!("No such user `{owner}'")))?;
            if account.id != who.id && !who.admin {
                return Err(Refusal::forbidden(format!(
                    "You were authorized as '{}' user without permissions to access projects of user '{owner}'",
                    who.name
                )));
            }
            let (name, id) = (account.name, account.id.0);
            Ok(Owner { name: OwnerName::User(name), account_id: Some(id), group_id: None, external_group: None })
        }
    }
}

/// What a new project has to be like: APIs differ in that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// A name that is taken is one wrong field among others, or none at all where it may exist; there are chroots.
    Usual { exist_ok: bool },
    /// A name begins with a letter, and being taken is a refusal of its own; chroots may come later.
    Old,
}

/// Makes a project with its key and its repositories: signed, empty and there when this returns.
///
/// `exist_ok`: an existing project is returned as it is when nothing else is wrong.
pub async fn create(app: &App, who: &Account, owner: &str, input: &Input, exist_ok: bool) -> Result<Shown, Refusal> {
    Ok(make(app, who, owner, input, &[], Manner::Usual { exist_ok }).await?.0)
}

/// The same with a build of each of some addresses: all of it or nothing.
pub async fn create_with_builds(
    app: &App,
    who: &Account,
    owner: &str,
    input: &Input,
    urls: &[String],
) -> Result<(Shown, Vec<build::Shown>), Refusal> {
    make(app, who, owner, input, urls, Manner::Usual { exist_ok: false }).await
}

async fn make(
    app: &App,
    who: &Account,
    owner: &str,
    input: &Input,
    urls: &[String],
    manner: Manner,
) -> Result<(Shown, Vec<build::Shown>), Refusal> {
    removal::wait_for_name(app, owner, input.name.as_deref().unwrap_or_default().trim()).await?;
    let mut tx = app.db.begin().await?;
    let owner = owner_for(&mut tx, who, owner).await?;
    let mut errors = FieldErrors::default();
    let name = input.name(&mut errors);
    let existing = match &name {
        Some(name) => copr_db::project::by_name(&mut tx, &owner.name.to_string(), name.as_str()).await?,
        None => None,
    };
    match (&name, &existing, manner) {
        (Some(name), Some(_), Manner::Usual { .. }) => errors.add("name", taken(&owner, name)),
        (Some(name), None, Manner::Old) if !name.as_str().starts_with(|c: char| c.is_ascii_alphabetic()) => {
            errors.add("name", "Name must begin with a letter.");
        }
        _ => {}
    }
    let known = copr_db::chroot::list(&mut tx).await?;
    let chroots = input.new_chroots(&known, manner == Manner::Old, &mut errors);
    let mut settings = Settings::default();
    input.apply(&mut tx, app, &mut settings, &mut errors).await?;
    // No days are no wish: what is persistent stays anyway.
    if settings.delete_on.is_some_and(|end| end > app.clock.now()) && input.persistent == Some(true) {
        errors.add("delete_after_days", "'delete after' can not be combined with persistent");
    }
    let forgiven = manner == Manner::Usual { exist_ok: true } && errors.0.len() == 1;
    let is_taken = existing.is_some();
    if let Some(existing) = existing.filter(|_| forgiven) {
        return Ok((show(&mut tx, vec![existing]).await?.remove(0), Vec::new()));
    }
    let files = build::read_urls(urls, "initial_pkgs", &mut errors);
    errors.check()?;
    settings.persistent = input.persistent.unwrap_or(false);
    admin_only(who, input, &settings)?;
    let Some(name) = name else { return Err(Refusal::field("name", "This field is required.")) };
    if is_taken {
        return Err(Refusal::taken(taken(&owner, &name)));
    }
    let storage = input.storage.as_deref().unwrap_or("backend");
    let (id, dir) = insert(app, &mut tx, who, &owner, &name, storage, &settings).await?;
    for chroot in chroots {
        copr_db::project_chroot::enable(&mut tx, id, chroot).await?;
        copr_db::repo::ensure(&mut tx, dir, chroot).await?;
    }
    let builds = match files.is_empty() {
        true => Vec::new(),
        false => {
            let project = access::project(&mut tx, &owner.name.to_string(), name.as_str()).await?;
            let options = build::Options::default();
            build::of_urls(app, &mut tx, who, project, &files, &options, FieldErrors::default()).await?
        }
    };
    tx.commit().await?;
    publish::project(app, id).await?;
    Ok((find(app, &owner.name.to_string(), name.as_str()).await?, builds))
}

/// The rows of a new project: itself and its main directory, which is an empty place whoever had the name before.
pub(crate) async fn insert(
    app: &App,
    tx: &mut Conn,
    who: &Account,
    owner: &Owner,
    name: &ProjectName,
    storage: &str,
    settings: &Settings,
) -> Result<(ProjectId, DirId), Refusal> {
    let new = NewProject {
        owner: &owner.name,
        account_id: owner.account_id,
        group_id: owner.group_id,
        created_by: who.id,
        name,
        storage,
    };
    let now = app.clock.now();
    let id = match copr_db::project::create(tx, &new, settings, now).await {
        Err(copr_db::Error::Exists(_)) => {
            return Err(Refusal::taken(format!("Copr '{}/{name}' has not been created (race condition)", owner.name)));
        }
        other => other?,
    };
    let deleted = copr_db::project::hold_deleted(tx, &owner.name.to_string(), name.as_str()).await?;
    removal::clear_name(app, tx, &deleted).await?;
    renaming::take_name(app, tx, &owner.name, name.as_str()).await?;
    let dir = copr_db::dir::create(tx, id, &DirName::main(name), true, now).await?;
    note(tx, "project.created", id, now).await?;
    Ok((id, dir))
}

fn taken(owner: &Owner, name: &ProjectName) -> String {
    match (&owner.name, &owner.external_group) {
        (OwnerName::Group(alias), Some(external)) => {
            format!("Group {alias} (fas: {external}) already has a project named '{name}'.")
        }
        _ => format!("You already have a project named '{name}'."),
    }
}

/// What only administrators of the service may set.
fn admin_only(who: &Account, input: &Input, settings: &Settings) -> Result<(), Refusal> {
    if who.admin {
        return Ok(());
    }
    if settings.persistent {
        return Err(Refusal::forbidden("Non-admin cannot create persistent project."));
    }
    if !settings.auto_prune {
        return Err(Refusal::forbidden("Non-admin cannot disable auto-prunning."));
    }
    if input.storage.is_some() {
        return Err(Refusal::forbidden("Non-admin cannot set storage"));
    }
    Ok(())
}

pub(crate) async fn note(tx: &mut Conn, kind: &str, id: ProjectId, now: i64) -> Result<(), Refusal> {
    let about = copr_db::event::Subject { project: Some(id), ..Default::default() };
    Ok(copr_db::event::append(tx, kind, about, "{}", now).await?)
}

/// Changes what the input names; the rest stays.
pub async fn edit(app: &App, who: &Account, owner: &str, name: &str, input: &Input) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let id = access::project(&mut tx, owner, name).await?.id;
    change(app, tx, who, id, input).await
}

/// The same, with builds that run in chroots that are dropped: there they are canceled, and packages that are on their way
/// into a repository get there first.
pub async fn edit_with(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    input: &Input,
    running: Running,
) -> Result<Shown, Refusal> {
    if running == Running::Cancel {
        let project = access::project(&mut app.db.read().await?, owner, name).await?;
        build::until_over(app, || clear_dropped(app, who, project.id, input)).await?;
    }
    edit(app, who, owner, name, input).await
}

/// Cancels what runs in the chroots that a change will drop. None while packages of them are on their way into a
/// repository. What is wrong with the change is left to be told by whoever makes it.
async fn clear_dropped(app: &App, who: &Account, id: ProjectId, input: &Input) -> Result<Option<()>, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::held(&mut tx, id).await?;
    let known = copr_db::chroot::list(&mut tx).await?;
    let chosen = input.changed_chroots(&known, &mut FieldErrors::default());
    let (Some(chosen), true) = (chosen, access::standing(&mut tx, who, &project).await?.can_edit()) else {
        return Ok(Some(()));
    };
    let current = copr_db::project_chroot::list(&mut tx, id).await?;
    let mut over = true;
    for chroot in current.iter().filter(|one| one.enabled && one.active && !chosen.contains(&one.chroot_id)) {
        let reason = format!("Chroot '{}' was dropped from the project", chroot.name);
        for busy in copr_db::build_chroot::unfinished_in(&mut tx, id, chroot.chroot_id).await? {
            let shown = build::load(&mut tx, busy).await?;
            for one in shown.chroots.iter().filter(|one| one.chroot_id == chroot.chroot_id) {
                over &= build::stop_chroot(app, &mut tx, one, &reason).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(over.then_some(()))
}

async fn change(app: &App, mut tx: Conn, who: &Account, id: ProjectId, input: &Input) -> Result<Shown, Refusal> {
    let now = app.clock.now();
    let project = access::held(&mut tx, id).await?;
    let standing = access::standing(&mut tx, who, &project).await?;
    let mut errors = FieldErrors::default();
    let mut settings = project.settings.clone();
    input.apply(&mut tx, app, &mut settings, &mut errors).await?;
    let known = copr_db::chroot::list(&mut tx).await?;
    let chroots = input.changed_chroots(&known, &mut errors);
    errors.check()?;
    if !standing.can_edit() {
        return Err(Refusal::forbidden("Only owners and admins may update their projects."));
    }
    if !settings.auto_prune && !who.admin {
        return Err(Refusal::forbidden("Non-admin cannot disable auto-prunning."));
    }
    if let Some(chosen) = chroots {
        set_chroots(app, &mut tx, &project, &chosen, now).await?;
    }
    let devel_changed = settings.devel_mode != project.settings.devel_mode;
    copr_db::project::update(&mut tx, project.id, &settings).await?;
    if devel_changed {
        let repos = copr_db::repo::of_project(&mut tx, project.id).await?;
        if settings.devel_mode {
            for repo in repos {
                copr_db::repo::want(&mut tx, repo.id).await?;
            }
        } else {
            generations::promote_in(&mut tx, &repos).await?;
        }
    }
    note(&mut tx, "project.changed", project.id, now).await?;
    tx.commit().await?;
    publish::project(app, project.id).await?;
    numbered::find(app, project.id).await
}

/// Makes `chosen` the project's complete set of enabled chroots. Chroots that the administrator switched off stay
/// as they are.
pub(crate) async fn set_chroots(
    app: &App,
    tx: &mut Conn,
    project: &Project,
    chosen: &[copr_types::ChrootId],
    now: i64,
) -> Result<(), Refusal> {
    let current = copr_db::project_chroot::list(tx, project.id).await?;
    for chroot in current.iter().filter(|chroot| chroot.enabled && chroot.active) {
        if chosen.contains(&chroot.chroot_id) {
            continue;
        }
        let busy = copr_db::build_chroot::unfinished_in(tx, project.id, chroot.chroot_id).await?;
        if !busy.is_empty() {
            return Err(Refusal::conflict(in_progress(&busy)));
        }
        let delete_on = now + app.rules.dropped_chroot_seconds;
        copr_db::project_chroot::drop(tx, project.id, chroot.chroot_id, delete_on).await?;
    }
    for chroot in current.iter().filter(|chroot| chosen.contains(&chroot.chroot_id)) {
        // What is due does not come back, even if nobody came to remove it: its files may be gone by half.
        if !chroot.enabled
            && chroot.delete_on.is_some_and(|end| end <= now)
            && !expiry::remove_chroot(app, tx, project, chroot.chroot_id).await?
        {
            return Err(Refusal::conflict(format!(
                "Chroot {} is being removed from {}; try again in a moment",
                chroot.name,
                project.full_name()
            )));
        }
    }
    let dirs = copr_db::dir::of_project(tx, project.id).await?;
    for id in chosen {
        copr_db::project_chroot::enable(tx, project.id, *id).await?;
        for dir in &dirs {
            copr_db::repo::ensure(tx, dir.id, *id).await?;
        }
    }
    Ok(())
}

/// The contract's sentence about builds that keep a chroot from being dropped.
fn in_progress(builds: &[copr_types::BuildId]) -> String {
    let mut words: Vec<String> = builds.iter().take(5).map(ToString::to_string).collect();
    if builds.len() > 5 {
        words.push("others".to_owned());
    }
    let (noun, verb) = if words.len() == 1 { ("build", "is") } else { ("builds", "are") };
    format!("Can't drop chroot from project, related {noun} {} {verb} still in progress", listed(&words))
}

/// Deletes a project in which nothing runs: it is gone at once, its files soon after. Returns what it was.
pub async fn delete(app: &App, who: &Account, owner: &str, name: &str) -> Result<Shown, Refusal> {
    delete_with(app, who, owner, name, Running::Refuse).await
}

/// The same, with its builds that run. Packages that are on their way into its repositories do not get there.
pub async fn delete_with(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    running: Running,
) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project_exactly(&mut tx, owner, name).await?;
    remove(app, tx, who, project, running).await
}

async fn remove(app: &App, mut tx: Conn, who: &Account, project: Project, running: Running) -> Result<Shown, Refusal> {
    // Whoever submits a build keeps the project, or finds it gone: all builds are seen here.
    let Some(project) = copr_db::project::held(&mut tx, project.id).await? else {
        return Err(Refusal::not_found(format!("Project {} does not exist.", project.full_name())));
    };
    let standing = access::standing(&mut tx, who, &project).await?;
    if project.settings.persistent {
        return Err(Refusal::forbidden("This project is protected against deletion."));
    }
    let busy = copr_db::build::unfinished(&mut tx, project.id).await?;
    if !standing.can_delete() {
        return Err(match &project.owner {
            OwnerName::User(_) => Refusal::forbidden("Only owners may delete their projects."),
            OwnerName::Group(alias) => match access::own_group(&mut tx, who, alias.as_str()).await {
                Err(refusal) => refusal,
                Ok(_) => Refusal::forbidden("Only owners may delete their projects."),
            },
        });
    }
    if !busy.is_empty() && running == Running::Refuse {
        let ids: Vec<String> = busy.iter().map(ToString::to_string).collect();
        return Err(Refusal::invalid(format!("Build(s) {} are still running.\n", ids.join(", "))));
    }
    renaming::forget_former(app, &mut tx, &project).await?;
    let shown = show(&mut tx, vec![project]).await?.remove(0);
    let now = app.clock.now();
    removal::doom_work(app, &mut tx, shown.project.id, now).await?;
    copr_db::project::mark_deleted(&mut tx, shown.project.id, now).await?;
    note(&mut tx, "project.deleted", shown.project.id, now).await?;
    tx.ring(copr_db::Topic::Remove);
    tx.commit().await?;
    Ok(shown)
}

/// Asks for a new generation of all repositories of a project, which lists all that there is.
pub async fn regenerate(app: &App, who: &Account, owner: &str, name: &str) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    access::admin(&mut tx, who, &project).await?;
    let repos = copr_db::repo::of_project(&mut tx, project.id).await?;
    if project.settings.devel_mode {
        generations::promote_in(&mut tx, &repos).await?;
    } else {
        for repo in repos {
            copr_db::repo::want_for(&mut tx, repo.id, "regenerated").await?;
        }
    }
    tx.commit().await?;
    find(app, owner, name).await
}

#[cfg(test)]
mod tests {
    use super::in_progress;
    use copr_types::BuildId;

    #[test]
    fn builds_in_progress_are_listed_as_the_contract_says() {
        let say = |ids: &[i64]| in_progress(&ids.iter().map(|id| BuildId(*id)).collect::<Vec<_>>());
        assert_eq!(say(&[59]), "Can't drop chroot from project, related build 59 is still in progress");
        assert!(say(&[1, 2, 3]).ends_with("related builds 1, 2, and 3 are still in progress"));
        assert!(say(&[1, 2, 3, 4, 5, 6]).ends_with("1, 2, 3, 4, 5, and others are still in progress"));
    }
}
