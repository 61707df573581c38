//! Names that projects get and leave behind, and the trees that go with them.

use super::being_renamed;
use crate::{App, Refusal, removal};
use copr_db::Conn;
use copr_db::dir::Dir;
use copr_db::event::Subject;
use copr_db::project::Project;
use copr_db::rename::{Alias, Move, dir_under};
use copr_types::permission::Grant;
use copr_types::{DirName, OwnerName, ProjectId, UserId};
use std::path::PathBuf;

/// Seconds that a name is kept from others after its project left it: who had its paths in hand is done by then.
const REST: i64 = 600;

/// The project that had an owner and a name which nobody has taken since.
pub async fn former(app: &App, owner: &str, name: &str) -> Result<Option<Project>, Refusal> {
    let mut conn = app.db.read().await?;
    match copr_db::rename::alias(&mut conn, owner, name).await? {
        Some(alias) => Ok(copr_db::project::living(&mut conn, alias.project_id).await?),
        None => Ok(None),
    }
}

/// That no other project is about to get a name, or left it only just now.
pub(super) async fn is_free(
    app: &App,
    tx: &mut Conn,
    whose: Option<ProjectId>,
    owner: &str,
    name: &str,
) -> Result<(), Refusal> {
    if copr_db::rename::is_promised(tx, owner, name).await? {
        return Err(Refusal::conflict(format!("{owner}/{name} is about to become the name of another project")));
    }
    let alias = copr_db::rename::alias(tx, owner, name).await?.filter(|alias| Some(alias.project_id) != whose);
    if alias.is_some_and(|alias| app.clock.now() - alias.created_on < REST) {
        let text = format!("{owner}/{name} was renamed only just now; the name is free in some minutes");
        return Err(Refusal::conflict(text));
    }
    Ok(())
}

/// Takes a name for a new project, whose row this transaction has made: redirects from it end.
pub(crate) async fn take_name(app: &App, tx: &mut Conn, owner: &OwnerName, name: &str) -> Result<(), Refusal> {
    is_free(app, tx, None, &owner.to_string(), name).await?;
    end_alias(app, tx, owner, name).await?;
    // What is left of a move that was given up.
    let name = DirName::from(name.to_owned());
    unlink(app, places(app, owner, &name)).await
}

/// Ends what an old name leads to.
async fn end_alias(app: &App, tx: &mut Conn, owner: &OwnerName, name: &str) -> Result<(), Refusal> {
    let Some(alias) = copr_db::rename::alias(tx, &owner.to_string(), name).await? else { return Ok(()) };
    let Some(project) = copr_db::project::by_id(tx, alias.project_id).await? else { return Ok(()) };
    let dirs = copr_db::dir::of_project(tx, project.id).await?;
    unlink(app, links(app, &project, &alias, &dirs)).await?;
    Ok(copr_db::rename::forget_alias(tx, &owner.to_string(), name).await?)
}

/// Ends all redirects to a project that is deleted in this transaction; a refusal while it is being renamed.
pub(crate) async fn forget_former(app: &App, tx: &mut Conn, project: &Project) -> Result<(), Refusal> {
    if copr_db::rename::of_project(tx, project.id).await?.is_some() {
        return Err(being_renamed(&project.full_name()));
    }
    for alias in copr_db::rename::aliases(tx, project.id).await? {
        end_alias(app, tx, &alias.owner, alias.name.as_str()).await?;
    }
    Ok(())
}

/// Removes what leads to a directory that goes away.
pub(crate) async fn forget_links_of_dir(app: &App, tx: &mut Conn, project: &Project, dir: &Dir) -> Result<(), Refusal> {
    for alias in copr_db::rename::aliases(tx, project.id).await? {
        unlink(app, links(app, project, &alias, std::slice::from_ref(dir))).await?;
    }
    Ok(())
}

/// Where trees of a directory are.
fn places(app: &App, owner: &OwnerName, dir: &DirName) -> Vec<PathBuf> {
    vec![app.store.dir(owner, dir), app.store.distgit_dir(owner, dir)]
}

/// Where links to directories of a project are, under a name that it had.
fn links(app: &App, project: &Project, alias: &Alias, dirs: &[Dir]) -> Vec<PathBuf> {
    let under = |dir: &Dir| places(app, &alias.owner, &dir_under(&dir.name, &project.name, &alias.name));
    dirs.iter().flat_map(under).collect()
}

async fn unlink(app: &App, links: Vec<PathBuf>) -> Result<(), Refusal> {
    let store = app.store.clone();
    crate::blocking(move || Ok(links.iter().try_for_each(|link| store.remove_link(link))?)).await
}

/// Finishes what was broken off. Returns how many projects have their new names.
pub async fn finish_all(app: &App) -> Result<usize, Refusal> {
    let pending = copr_db::rename::pending(&mut app.db.read().await?).await?;
    let mut count = 0;
    for to in pending {
        match finish(app, to.project_id).await {
            Ok(()) => count += 1,
            Err(refusal) => {
                tracing::warn!(project = to.project_id.0, "could not rename a project: {}", refusal.inside());
                give_up(app, to.project_id).await?;
            }
        }
    }
    Ok(count)
}

/// Gives a project the name that is noted for it.
pub(super) async fn finish(app: &App, id: ProjectId) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(project) = copr_db::project::held(&mut tx, id).await? else { return Ok(()) };
    let Some(to) = copr_db::rename::of_project(&mut tx, id).await? else { return Ok(()) };
    let (owner, name) = (to.owner.to_string(), to.name.as_str());
    // The name is ours from here on, or somebody else's.
    match copr_db::rename::set(&mut tx, &to).await {
        Err(copr_db::Error::Exists(_)) => {
            return Err(Refusal::taken(format!("{owner} already has a project named '{name}'.")));
        }
        set => set?,
    }
    let deleted = copr_db::project::hold_deleted(&mut tx, &owner, name).await?;
    removal::clear_name(app, &mut tx, &deleted).await?;
    end_alias(app, &mut tx, &to.owner, name).await?;
    let dirs = copr_db::dir::of_project(&mut tx, id).await?;
    rows(app, &mut tx, &project, &to, &dirs).await?;
    let formers = copr_db::rename::aliases(&mut tx, id).await?;
    copr_db::rename::add_alias(&mut tx, id, &project.owner, &project.name, now).await?;
    roles(&mut tx, &project, &to).await?;
    let about = Subject { project: Some(id), ..Subject::default() };
    let body = serde_json::json!({ "from": project.full_name(), "to": format!("{owner}/{name}") }).to_string();
    copr_db::event::append(&mut tx, "project.renamed", about, &body, now).await?;
    copr_db::rename::end(&mut tx, id).await?;
    move_trees(app, &project, &to, &dirs, &formers).await?;
    tx.ring(copr_db::Topic::Change);
    Ok(tx.commit().await?)
}

/// The rows that name places.
async fn rows(app: &App, tx: &mut Conn, project: &Project, to: &Move, dirs: &[Dir]) -> Result<(), Refusal> {
    copr_db::rename::set_dirs(tx, project.id, &project.name, &to.name).await?;
    if project.settings.devel_mode {
        // The metadata of devel repositories name whole addresses.
        for repo in copr_db::repo::of_project(tx, project.id).await? {
            copr_db::repo::want_for(tx, repo.id, "rename").await?;
        }
    }
    for dir in dirs {
        let under = dir_under(&dir.name, &project.name, &to.name);
        let results = &app.rules.results_url;
        let from = format!("{results}/{}/{}/", project.owner, dir.name);
        copr_db::rename::set_addresses(tx, project.id, &from, &format!("{results}/{}/{under}/", to.owner)).await?;
        let [old, new] = [places(app, &project.owner, &dir.name), places(app, &to.owner, &under)];
        for (old, new) in old.iter().zip(&new) {
            let [old, new] = [old, new].map(|place| format!("{}/", app.store.relative(place)));
            copr_db::rename::set_doomed(tx, &old, &new).await?;
        }
    }
    Ok(())
}

/// The new owner needs no role any more; a person who was the owner keeps one.
async fn roles(tx: &mut Conn, project: &Project, to: &Move) -> Result<(), Refusal> {
    if project.owner == to.owner {
        return Ok(());
    }
    if let Some(account) = to.account_id {
        copr_db::project::grant(tx, project.id, UserId(account), Grant::Nothing, Grant::Nothing).await?;
    }
    if let Some(account) = project.account_id {
        copr_db::project::grant(tx, project.id, UserId(account), Grant::Approved, Grant::Approved).await?;
    }
    Ok(())
}

/// Moves the trees, all or none where something is in the way, and lets all former names lead to them.
async fn move_trees(app: &App, from: &Project, to: &Move, dirs: &[Dir], formers: &[Alias]) -> Result<(), Refusal> {
    let mut moves = Vec::new();
    let mut led = Vec::new();
    for dir in dirs {
        let under = dir_under(&dir.name, &from.name, &to.name);
        let new = places(app, &to.owner, &under);
        for former in formers {
            let before = dir_under(&dir.name, &from.name, &former.name);
            led.extend(places(app, &former.owner, &before).into_iter().zip(new.clone()));
        }
        moves.extend(places(app, &from.owner, &dir.name).into_iter().zip(new));
    }
    let store = app.store.clone();
    crate::blocking(move || {
        if let Some((_, to)) = moves.iter().find(|(from, to)| store.is_in_the_way(from, to)) {
            let text = format!("`{}` is in the way: it belongs to no project", store.relative(to));
            return Err(Refusal::conflict(text));
        }
        for (from, to) in &moves {
            store.move_and_link(from, to)?;
        }
        for (link, to) in &led {
            store.lead_link(link, to)?;
        }
        Ok(())
    })
    .await
}

/// Forgets what a project was to be called, unless some of its trees have moved already: then it is tried again.
pub(super) async fn give_up(app: &App, id: ProjectId) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let Some(project) = copr_db::project::held(&mut tx, id).await? else { return Ok(()) };
    let Some(to) = copr_db::rename::of_project(&mut tx, id).await? else { return Ok(()) };
    let dirs = copr_db::dir::of_project(&mut tx, id).await?;
    let old: Vec<PathBuf> = dirs.iter().flat_map(|dir| places(app, &project.owner, &dir.name)).collect();
    let store = app.store.clone();
    let moved = crate::blocking(move || Ok(old.iter().any(|place| store.moved_to(place).is_some()))).await?;
    if moved {
        return Ok(());
    }
    let under = |dir: &Dir| places(app, &to.owner, &dir_under(&dir.name, &project.name, &to.name));
    unlink(app, dirs.iter().flat_map(under).collect()).await?;
    copr_db::rename::end(&mut tx, id).await?;
    Ok(tx.commit().await?)
}
