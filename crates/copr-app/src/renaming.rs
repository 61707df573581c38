//! Projects that get another name, or another owner.
//!
//! All that a project has goes along, and what runs goes on: builds, publishers and imports that began under the old name
//! end under the new one. The trees move in one step each, and links stay where they were (`copr_store`); so does the old
//! name, as an alias, until somebody else takes it. Pages and files answer under it with redirects, the API as under the new one.
//!
//! A first transaction notes what is to be; a second one changes the rows, moves the trees while it holds them, and forgets the
//! note. A crash before its end leaves the old rows, whose paths lead through the links to whatever has moved already; a
//! reconciler finishes it. Nobody else gets the new name while it is noted.

mod names;

pub use names::{finish_all, former};
pub(crate) use names::{forget_former, forget_links_of_dir, take_name};

use crate::project::{self, Input, Owner, Shown};
use crate::{App, FieldErrors, Refusal, access, removal};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::project::Project;
use copr_db::rename::Move;
use copr_types::permission::Standing;
use copr_types::{OwnerName, ProjectName};

/// Bytes of a directory's name at most: what file systems take.
const LONGEST_DIR: usize = 255;

/// Gives a project another name. Who may change the project may.
pub async fn rename(app: &App, who: &Account, owner: &str, name: &str, to: &str) -> Result<Shown, Refusal> {
    removal::wait_for_name(app, owner, to.trim()).await?;
    let mut tx = app.db.begin().await?;
    let (project, standing) = held(&mut tx, who, owner, name).await?;
    let mut errors = FieldErrors::default();
    let new = Input { name: Some(to.to_owned()), ..Input::default() }.name(&mut errors);
    if !standing.can_edit() {
        return Err(Refusal::forbidden("Only owners and admins may rename their projects."));
    }
    errors.check()?;
    let Some(new) = new else { return Err(Refusal::field("name", "This field is required.")) };
    if new == project.name {
        return Err(Refusal::invalid(format!("{} is called that already.", project.full_name())));
    }
    let (owner, account_id, group_id) = (project.owner.clone(), project.account_id, project.group_id);
    let to = Move { project_id: project.id, owner, name: new, account_id, group_id };
    carry_out(app, tx, &project, to).await
}

/// Gives a project to another owner: to a group of the requester's, or from a group to the requester. Only owners may; and
/// administrators of the service, to anybody. A person who owned it stays among its administrators.
pub async fn transfer(app: &App, who: &Account, owner: &str, name: &str, to: &str) -> Result<Shown, Refusal> {
    removal::wait_for_name(app, to.trim(), name).await?;
    let mut tx = app.db.begin().await?;
    let (project, standing) = held(&mut tx, who, owner, name).await?;
    if !standing.can_delete() {
        return Err(Refusal::forbidden("Only owners may give their projects away."));
    }
    if to.trim().is_empty() {
        return Err(Refusal::field("ownername", "This field is required."));
    }
    let new: Owner = project::owner_for(&mut tx, who, to.trim()).await?;
    if new.name == project.owner {
        return Err(Refusal::invalid(format!("{} belongs to {} already.", project.full_name(), new.name)));
    }
    let to = Move {
        project_id: project.id,
        owner: new.name,
        name: project.name.clone(),
        account_id: new.account_id,
        group_id: new.group_id,
    };
    carry_out(app, tx, &project, to).await
}

/// The project under exactly this name, and what somebody may who may rename it: for whoever asks before.
pub async fn allowed(app: &App, who: &Account, owner: &str, name: &str) -> Result<(Project, Standing), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project_exactly(&mut conn, owner, name).await?;
    let standing = access::standing(&mut conn, who, &project).await?;
    if !standing.can_edit() {
        return Err(Refusal::forbidden("Only owners and admins may rename their projects."));
    }
    Ok((project, standing))
}

/// The project under exactly this name: who names one that is called otherwise now means another one.
async fn held(tx: &mut Conn, who: &Account, owner: &str, name: &str) -> Result<(Project, Standing), Refusal> {
    let id = access::project_exactly(tx, owner, name).await?.id;
    let project = access::held(tx, id).await?;
    let standing = access::standing(tx, who, &project).await?;
    Ok((project, standing))
}

/// Notes what is to be, and does it.
async fn carry_out(app: &App, mut tx: Conn, project: &Project, to: Move) -> Result<Shown, Refusal> {
    may_be_called(app, &mut tx, project, &to.owner, &to.name).await?;
    match copr_db::rename::begin(&mut tx, &to, app.clock.now()).await {
        Err(copr_db::Error::Exists(_)) => return Err(being_renamed(&project.full_name())),
        noted => noted?,
    }
    tx.commit().await?;
    if let Err(refusal) = names::finish(app, to.project_id).await {
        names::give_up(app, to.project_id).await?;
        return Err(refusal);
    }
    project::numbered::find(app, to.project_id).await
}

pub(crate) fn being_renamed(project: &str) -> Refusal {
    Refusal::conflict(format!("{project} is just being renamed; try again in a moment"))
}

/// That a name is free, and directories under it are not too long.
async fn may_be_called(
    app: &App,
    tx: &mut Conn,
    project: &Project,
    owner: &OwnerName,
    name: &ProjectName,
) -> Result<(), Refusal> {
    let (of, called) = (owner.to_string(), name.as_str());
    if copr_db::project::by_name(tx, &of, called).await?.is_some() {
        return Err(Refusal::taken(format!("{of} already has a project named '{name}'.")));
    }
    names::is_free(app, tx, Some(project.id), &of, called).await?;
    for dir in copr_db::dir::of_project(tx, project.id).await? {
        let under = copr_db::rename::dir_under(&dir.name, &project.name, name);
        if under.as_str().len() > LONGEST_DIR {
            return Err(Refusal::field("name", format!("The directory {} would get too long a name.", dir.name)));
        }
    }
    Ok(())
}
