//! Directories of projects beside the main one. They are made by the first build into them.

use crate::build::{self, Running};
use crate::{App, Refusal, access, expiry, removal};
use copr_db::account::Account;
use copr_db::dir::Dir;
use copr_types::BuildId;

/// Removes a directory beside the main one, with its builds and repositories. Returns what it was.
pub async fn delete(
    app: &App,
    who: &Account,
    owner: &str,
    project: &str,
    name: &str,
    running: Running,
) -> Result<Dir, Refusal> {
    build::until_over(app, || try_delete(app, who, owner, project, name, running)).await
}

/// None while there is something to wait for.
async fn try_delete(
    app: &App,
    who: &Account,
    owner: &str,
    project: &str,
    name: &str,
    running: Running,
) -> Result<Option<Dir>, Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, project).await?;
    access::admin(&mut tx, who, &project).await?;
    if project.settings.persistent {
        return Err(Refusal::forbidden("This project is protected against deletion."));
    }
    let Some(dir) = copr_db::dir::by_name(&mut tx, project.id, name).await? else {
        let text = format!("Directory '{name}' doesn't exist in '{}'", project.full_name());
        return Err(Refusal::not_found(text));
    };
    if dir.main {
        return Err(Refusal::invalid("The main directory goes with its project only"));
    }
    // A submission into the directory has marked it, and is waited for: all builds are seen.
    copr_db::dir::ensure(&mut tx, project.id, &dir.name, dir.used_on).await?;
    let builds = copr_db::build::of_dir(&mut tx, dir.id).await?;
    let builds = build::show(&mut tx, builds).await?;
    let busy: Vec<BuildId> = builds.iter().filter(|one| !build::can_go(one)).map(|one| one.build.id).collect();
    if !busy.is_empty() && running == Running::Refuse {
        let ids: Vec<String> = busy.iter().map(ToString::to_string).collect();
        return Err(Refusal::invalid(format!("Build(s) {} are still running.\n", ids.join(", "))));
    }
    let over = build::stop_all(app, &mut tx, &builds).await?;
    if over {
        for one in &builds {
            for (task, fence) in copr_db::task::remove_build(&mut tx, one.build.id).await? {
                removal::doom_lease(app, &mut tx, task, fence, now).await?;
            }
        }
        if expiry::take_dir(app, &mut tx, &project, &dir, i64::MAX).await? {
            tx.commit().await?;
            return Ok(Some(dir));
        }
        // A publisher is there, perhaps with nothing of these builds: nothing was changed.
        return Ok(None);
    }
    tx.commit().await?;
    Ok(None)
}
