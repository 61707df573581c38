//! Copying one build: its packages are signed where nobody sees them, then all of it is put in place at once.

use super::{Waiting, note, turn};
use crate::publish::intake::{Intake, unfit};
use crate::{App, Refusal, distgit};
use copr_db::build::Build;
use copr_db::build_chroot::BuildChroot;
use copr_db::fork::Fork;
use copr_db::repo::{Repo, RepoPackage};
use copr_sign::Signer;
use copr_types::{BuildId, Event, Failure, FailureClass, Phase, Role, State, state};
use copr_wire::builder::FileRef;
use std::path::PathBuf;

/// A chroot of the copy, its repository, and what that will hold of it.
struct Chroot {
    row: BuildChroot,
    repo: Option<Repo>,
    packages: Result<Vec<RepoPackage>, Failure>,
}

/// Copies a build. On the `last` try what can not be copied fails for good.
pub(super) async fn build(app: &App, fork: &Fork, id: BuildId, original: BuildId, last: bool) -> Result<(), Refusal> {
    let mut conn = app.db.read().await?;
    // Deleted, or its project is.
    let Some(build) = copr_db::build::by_id(&mut conn, id).await? else { return Ok(()) };
    let repos = copr_db::repo::of_project(&mut conn, build.project_id).await?;
    let rows = copr_db::build_chroot::of_builds(&mut conn, &[id]).await?;
    drop(conn);
    let waiting = Waiting::of(app, fork.id, original);
    link_again(app, &waiting, original).await?;
    // Its commits are to be found in the copy's own repository: the original may be deleted one day.
    distgit::copy_for(app, original, &build).await?;
    let mut chroots = Vec::new();
    for row in rows.into_iter().filter(|row| row.state == State::Forking) {
        let repo = repos.iter().find(|repo| repo.chroot_id == row.chroot_id && repo.dir == build.dir).cloned();
        let packages = match sign(app, fork, &build, &row, &waiting).await {
            Err(refusal) if last => {
                tracing::error!(build = id.0, "gave up copying: {}", refusal.inside());
                let what = "the results could not be copied; this is no fault of the package";
                Err(Failure::new(FailureClass::Infrastructure, Phase::Publish, what))
            }
            other => other?,
        };
        chroots.push(Chroot { row, repo, packages });
    }
    place(app, fork, &build, &waiting, chroots).await?;
    let store = app.store.clone();
    crate::blocking(move || Ok(store.remove(&store.relative(&waiting.0))?)).await
}

/// Second names may get lost when the machine's power fails: they are given once more while the original is there.
async fn link_again(app: &App, waiting: &Waiting, original: BuildId) -> Result<(), Refusal> {
    let mut conn = app.db.read().await?;
    let Some(build) = copr_db::build::by_id(&mut conn, original).await? else { return Ok(()) };
    let mut pairs = vec![(app.store.srpm_dir(&build.owner, &build.dir, original), waiting.source())];
    for chroot in copr_db::build_chroot::of_builds(&mut conn, &[original]).await? {
        if let Some(dir) = &chroot.result_dir {
            let from = app.store.build_dir(&build.owner, &build.dir, &chroot.name, dir);
            pairs.push((from, waiting.originals(&chroot.name)));
        }
    }
    let store = app.store.clone();
    crate::blocking(move || {
        for (from, to) in pairs {
            store.link_files(&from, &to)?;
        }
        Ok(())
    })
    .await
}

/// Where a chroot's results are in the end.
fn final_dir(app: &App, build: &Build, row: &BuildChroot) -> PathBuf {
    let dir = row.result_dir.as_deref().unwrap_or_default();
    app.store.build_dir(&build.owner, &build.dir, &row.name, dir)
}

/// Makes all files of a chroot's copy. The inner error is final; the outer one may pass.
async fn sign(
    app: &App,
    fork: &Fork,
    build: &Build,
    row: &BuildChroot,
    waiting: &Waiting,
) -> Result<Result<Vec<RepoPackage>, Failure>, Refusal> {
    let (Some(staged), Some(result_dir)) = (&row.staged, &row.result_dir) else {
        return Ok(Err(unfit("nothing waits to be copied".to_owned())));
    };
    let files: Vec<FileRef> = serde_json::from_str(staged)?;
    let key_name = crate::publish::key_name(build.project_id)?;
    let in_place = final_dir(app, build, row);
    let (signed, staging) = (waiting.signed(&row.name), waiting.originals(&row.name));
    let (store, signer) = (app.store.clone(), app.signer.clone());
    let (id, result_dir, chroot, turn) = (build.id, result_dir.clone(), row.id, fork.copier_fence);
    crate::blocking(move || {
        let key =
            signer.public_key(&key_name).map_err(|error| Refusal::internal("reading the project's key", error))?;
        let work = Intake {
            // A turn that was broken off after putting it in place and before saying so.
            dir: if in_place.exists() { in_place } else { signed },
            staging,
            files,
            info: format!("build_id={id}\nbuilder=\n"),
            store,
            signer,
            key_name,
            key_id: key.key_id,
            result_dir,
            chroot,
            turn,
        };
        Ok(work.all()?.map(|(_, packages)| packages))
    })
    .await
}

/// Puts a build in place, unless it is gone: directories by renaming, packages into their repositories' next generation.
async fn place(app: &App, fork: &Fork, build: &Build, waiting: &Waiting, chroots: Vec<Chroot>) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // Whoever deletes the build or the project, or removes the chroot, holds these as well: nothing comes back.
    copr_db::repo::hold(&mut tx, build.dir_id).await?;
    if copr_db::build::by_id(&mut tx, build.id).await?.is_none() {
        return Ok(());
    }
    turn::keep(app, &mut tx, fork).await?;
    if !copr_db::fork::arrived(&mut tx, build.id, fork.id).await? {
        return Ok(());
    }
    let present = copr_db::build_chroot::of_builds(&mut tx, &[build.id]).await?;
    let mut moves = vec![(waiting.source(), app.store.srpm_dir(&build.owner, &build.dir, build.id))];
    for Chroot { row, repo, packages } in chroots {
        if !present.iter().any(|now| now.id == row.id && now.state == State::Forking) {
            continue;
        }
        let packages = match (packages, repo) {
            (Ok(packages), Some(repo)) => Ok((packages, repo.id)),
            (Ok(_), None) => {
                let what = "this chroot is not enabled any more";
                Err(Failure::new(FailureClass::Policy, Phase::Publish, what))
            }
            (Err(failure), _) => Err(failure),
        };
        match packages {
            Ok((packages, repo)) => {
                moves.push((waiting.signed(&row.name), final_dir(app, build, &row)));
                let generation = copr_db::repo::coming(&mut tx, repo).await?;
                copr_db::repo::put_packages(&mut tx, repo, row.id, generation, &packages).await?;
                copr_db::fork::awaits(&mut tx, row.id, repo).await?;
            }
            Err(failure) => {
                let to = state::next(Role::Chroot, row.state, Event::Failed)?;
                copr_db::build_chroot::set_state(&mut tx, row.id, row.state, to).await?;
                copr_db::build_chroot::ended(&mut tx, row.id, None, Some(&failure), now).await?;
                let body = serde_json::json!({ "state": to.as_str(), "failure": failure });
                note(&mut tx, build.project_id, build.id, row.id, &body, now).await?;
            }
        }
    }
    let store = app.store.clone();
    crate::blocking(move || {
        for (from, to) in moves {
            store.move_in(&from, &to)?;
        }
        Ok(())
    })
    .await?;
    Ok(tx.commit().await?)
}
