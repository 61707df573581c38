//! Publishing: what builders delivered becomes a signed generation of a repository, and only then "succeeded".
//!
//! One *turn* publishes one repository: it takes in every chroot that waits for it, joins the metadata of everything
//! that the repository holds, signs, switches and reads back. A turn is held like a lease (deadline and fence), may be
//! broken off at any line and is simply taken again. One build that can not be published stops no other.

pub mod chunks;
pub(crate) mod entry;
pub(crate) mod generation;
pub(crate) mod intake;
pub(crate) mod kept;

use crate::build::twin;
use crate::key::{self, Keys};
use crate::lease::change_chroot;
use crate::{App, Refusal, removal};
use copr_db::build_chroot::{BuildChroot, BuiltPackage};
use copr_db::event::Subject;
use copr_db::repo::{Repo, RepoPackage, Which};
use copr_types::{DirName, Event, Failure, FailureClass, Phase, ProjectId, RepoId, Role, state};
use std::time::Duration;

/// Seconds that a publisher may be silent before somebody else takes its turn over. A turn may last longer: it is kept
/// while it is worked on. Short, because nobody publishes the repository of a publisher that was killed until then.
const TURN_SECONDS: i64 = 15;
/// Seconds until a turn is tried again for which the signer was away: to ask it costs nothing.
const SIGNER_PAUSE: i64 = 5;
/// Turns in a row that may fail through our own fault before a build that they can not publish fails for good.
const TRIES: i64 = 8;
/// How long somebody who made a project waits for another publisher.
const PATIENCE: Duration = Duration::from_secs(30);

/// Publishes all repositories of a project that want it, now. Where another publisher was faster with the first
/// generation of one, waits for that: a project is not there before its repositories are.
pub async fn project(app: &App, id: ProjectId) -> Result<(), Refusal> {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let heard = app.db.wake().heard(copr_db::Topic::Change);
        tokio::pin!(heard);
        heard.as_mut().enable();
        let mut others = false;
        let repos = copr_db::repo::of_project(&mut app.db.read().await?, id).await?;
        for repo in repos.into_iter().filter(|repo| repo.wanted > repo.generation) {
            let mine = next(app, Some(repo.id)).await?;
            // What failed before is tried again by itself, and may take long.
            others |= !mine && repo.generation == 0 && repo.failures == 0;
        }
        let left = end.saturating_duration_since(tokio::time::Instant::now());
        if !others || left.is_zero() {
            return Ok(());
        }
        // Besides the bell a look each second: bells of other servers may get lost.
        let _ = tokio::time::timeout(left.min(Duration::from_secs(1)), heard).await;
    }
}

/// Takes one turn, for a given repository or for the one that waits longest. False when there is nothing to do.
pub async fn next(app: &App, only: Option<RepoId>) -> Result<bool, Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let repo = copr_db::repo::claim(&mut tx, only, now, now + TURN_SECONDS).await?;
    tx.commit().await?;
    let Some(repo) = repo else { return Ok(false) };
    let done = tokio::select! {
        done = turn(app, &repo) => done,
        never = crate::keep_on("a publisher's", repo.id.0, || keep_now(app, &repo)) => match never {},
    };
    if let Err(refusal) = done {
        let place = crate::repository::place(&repo);
        tracing::error!(repository = place, "could not publish: {}", refusal.inside());
        let (now, fence, why) = (app.clock.now(), repo.publisher_fence, refusal.inside());
        let mut tx = app.db.begin().await?;
        if refusal.is_about_keys() {
            copr_db::repo::put_off(&mut tx, repo.id, fence, &why, now + SIGNER_PAUSE).await?;
        } else {
            copr_db::repo::failed(&mut tx, repo.id, fence, &why, now + pause(&repo)).await?;
        }
        copr_db::repo::leave(&mut tx, repo.id, repo.publisher_fence).await?;
        tx.commit().await?;
    }
    Ok(true)
}

/// Seconds until the next try: 1, 2, 4, … to some four minutes.
fn pause(repo: &Repo) -> i64 {
    1_i64 << repo.failures.clamp(0, 8)
}

/// Keeps the turn for as long as one may take; a refusal when somebody else has it by now.
async fn keep(app: &App, tx: &mut copr_db::Conn, repo: &Repo) -> Result<(), Refusal> {
    let until = app.clock.now() + TURN_SECONDS;
    if copr_db::repo::keep(tx, repo.id, repo.publisher_fence, until).await? { Ok(()) } else { Err(lost()) }
}

async fn keep_now(app: &App, repo: &Repo) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    keep(app, &mut tx, repo).await?;
    Ok(tx.commit().await?)
}

/// Ends the turns of publishers that are no more, when whoever calls knows that nobody publishes now.
pub async fn release_all(app: &App) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    copr_db::repo::release_all(&mut tx).await?;
    Ok(tx.commit().await?)
}

pub(crate) fn lost() -> Refusal {
    Refusal::conflict("the turn took too long and somebody else has it")
}

/// A chroot of a build whose files are in place.
struct Ready {
    chroot: BuildChroot,
    result_dir: String,
    built: Vec<BuiltPackage>,
}

async fn turn(app: &App, repo: &Repo) -> Result<(), Refusal> {
    let project = {
        let mut conn = app.db.read().await?;
        copr_db::project::by_id(&mut conn, repo.project_id).await?
    };
    let Some(project) = project else { return Ok(()) };
    let main = DirName::main(&project.name);
    let keys = keys(app, repo, &main).await?;
    begin_with_uploads(app, repo).await?;
    let waiting = copr_db::build_chroot::publishing(&mut app.db.read().await?, repo.id).await?;
    let (mut ready, mut again) = (Vec::new(), false);
    for chroot in waiting {
        if let Some(failure) = twin(&mut app.db.read().await?, repo.id, &chroot).await? {
            fail(app, repo, &chroot, &failure).await?;
            continue;
        }
        match intake::take_in(app, repo, &chroot, &keys).await {
            Ok(Ok((result_dir, built, packages))) => {
                let mut tx = app.db.begin().await?;
                keep(app, &mut tx, repo).await?;
                copr_db::repo::put_packages(&mut tx, repo.id, chroot.id, repo.wanted, &packages).await?;
                tx.commit().await?;
                ready.push(Ready { chroot, result_dir, built });
            }
            Ok(Err(failure)) => fail(app, repo, &chroot, &failure).await?,
            // Nothing is lost and nothing given up: all of it waits for the signer.
            Err(refusal) if refusal.is_about_keys() => return Err(refusal),
            Err(refusal) if repo.failures + 1 < TRIES => {
                tracing::warn!(build = chroot.build_id.0, "could not take in results yet: {}", refusal.inside());
                again = true;
            }
            Err(refusal) => {
                tracing::error!(build = chroot.build_id.0, "gave up taking in results: {}", refusal.inside());
                let what = "the results could not be taken into the repository; this is no fault of the package";
                let failure = Failure::new(FailureClass::Infrastructure, Phase::Publish, what);
                fail(app, repo, &chroot, &failure).await?;
            }
        }
    }
    let written = generation::publish(app, repo, &keys, project.settings.devel_mode).await?;
    crate::shelf::publish(app, repo, &written.metadata).await?;
    settle(app, repo, &written, ready, again).await
}

/// Ready packages that clients uploaded are from now on to be published: it is too late to cancel them.
async fn begin_with_uploads(app: &App, repo: &Repo) -> Result<(), Refusal> {
    let uploaded = copr_db::build_chroot::uploaded(&mut app.db.read().await?, repo.id).await?;
    for chroot in uploaded {
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        keep(app, &mut tx, repo).await?;
        let build = copr_db::build::by_id(&mut tx, chroot.build_id).await?;
        let Some(package) = build.and_then(|build| build.package) else { continue };
        let package = package.parse().map_err(|error| Refusal::internal("reading a package's name", error))?;
        if change_chroot(&mut tx, chroot.id, Event::Delivered).await? {
            let result_dir = copr_store::result_dir(chroot.build_id, &package);
            copr_db::build_chroot::started(&mut tx, chroot.id, &result_dir, now).await?;
            let about =
                Subject { project: Some(repo.project_id), build: Some(chroot.build_id), build_chroot: Some(chroot.id) };
            let body = r#"{"state":"publishing"}"#;
            copr_db::event::append(&mut tx, "chroot.state", about, body, now).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The database learns that the generation is there, and each chroot in it that it succeeded: one transaction. With
/// `again` another generation is asked for, for what could not be taken in this time.
async fn settle(
    app: &App,
    repo: &Repo,
    written: &generation::Written,
    ready: Vec<Ready>,
    again: bool,
) -> Result<(), Refusal> {
    let now = app.clock.now();
    for one in &ready {
        // Before the end is told: whoever hears of it finds the logs under their final names.
        intake::close(app, repo, &one.result_dir).await?;
    }
    let mut tx = app.db.begin().await?;
    let (id, fence) = (repo.id, repo.publisher_fence);
    let mine = if again {
        copr_db::repo::published_partly(&mut tx, id, fence, repo.wanted, now, now + pause(repo)).await?
    } else {
        copr_db::repo::published(&mut tx, id, fence, repo.wanted, now).await?
    };
    if !mine {
        return Err(lost());
    }
    copr_db::generation::publish(&mut tx, id, repo.wanted, written.packages, &written.metadata, now).await?;
    let about = |chroot: Option<&BuildChroot>| Subject {
        project: Some(repo.project_id),
        build: chroot.map(|chroot| chroot.build_id),
        build_chroot: chroot.map(|chroot| chroot.id),
    };
    let body = serde_json::json!({ "repo": repo.id.0, "generation": repo.wanted }).to_string();
    copr_db::event::append(&mut tx, "repo.published", about(None), &body, now).await?;
    crate::fork::settle(&mut tx, repo, now).await?;
    for one in &ready {
        let to = state::next(Role::Chroot, one.chroot.state, Event::Published)?;
        if copr_db::build_chroot::set_state(&mut tx, one.chroot.id, one.chroot.state, to).await? {
            copr_db::build_chroot::set_built(&mut tx, one.chroot.id, &one.built).await?;
            copr_db::build_chroot::ended(&mut tx, one.chroot.id, Some(repo.wanted), None, now).await?;
            removal::doom_staging(app, &mut tx, one.chroot.staged.as_deref(), now).await?;
            let body = serde_json::json!({ "state": "succeeded", "generation": repo.wanted }).to_string();
            copr_db::event::append(&mut tx, "chroot.state", about(Some(&one.chroot)), &body, now).await?;
        }
    }
    Ok(tx.commit().await?)
}

async fn fail(app: &App, repo: &Repo, chroot: &BuildChroot, failure: &Failure) -> Result<(), Refusal> {
    let now = app.clock.now();
    if let Some(result_dir) = &chroot.result_dir {
        intake::close(app, repo, result_dir).await?;
    }
    let mut tx = app.db.begin().await?;
    keep(app, &mut tx, repo).await?;
    let to = state::next(Role::Chroot, chroot.state, Event::Failed)?;
    if copr_db::build_chroot::set_state(&mut tx, chroot.id, chroot.state, to).await? {
        // An earlier turn may have put some there, and been lost.
        copr_db::repo::withdraw(&mut tx, repo.id, Which::Chroot(chroot.id), repo.wanted).await?;
        copr_db::build_chroot::ended(&mut tx, chroot.id, None, Some(failure), now).await?;
        removal::doom_staging(app, &mut tx, chroot.staged.as_deref(), now).await?;
        let about =
            Subject { project: Some(repo.project_id), build: Some(chroot.build_id), build_chroot: Some(chroot.id) };
        let body = serde_json::json!({ "state": "failed", "failure": failure }).to_string();
        copr_db::event::append(&mut tx, "chroot.state", about, &body, now).await?;
    }
    Ok(tx.commit().await?)
}

/// The project's keys, and their public halves where clients fetch them: before anything is signed with the newest.
async fn keys(app: &App, repo: &Repo, main: &DirName) -> Result<Keys, Refusal> {
    let paths = [app.store.pubkey(&repo.owner, main), app.store.pubkey(&repo.owner, &repo.dir)];
    let mut keys = key::of_project(app, repo.project_id, &repo.owner.to_string(), repo.project.as_str()).await?;
    loop {
        let (armored, store, paths) = (keys.armored(), app.store.clone(), paths.clone());
        crate::blocking(move || {
            for path in paths {
                if std::fs::read(&path).ok().as_deref() != Some(armored.as_bytes()) {
                    store.write(&path, armored.as_bytes())?;
                }
            }
            Ok(())
        })
        .await?;
        // Somebody who knew of newer keys may have written before us: whoever is the last to write looks once more.
        let now = key::of_project(app, repo.project_id, &repo.owner.to_string(), repo.project.as_str()).await?;
        if now.armored() == keys.armored() {
            return Ok(now);
        }
        keys = now;
    }
}

/// Packages of a repository, as metadata wants them: with the address of the place below which they are, when the metadata are
/// elsewhere.
fn fragments(package: RepoPackage, base: Option<&str>) -> copr_rpm::repodata::Fragments {
    copr_rpm::repodata::Fragments {
        primary: match base {
            Some(base) => elsewhere(&package.primary_xml, base),
            None => package.primary_xml,
        },
        filelists: package.filelists_xml,
        other: package.other_xml,
    }
}

/// A package's part of primary with an `xml:base` for its location. Texts in it have no `<` of their own.
fn elsewhere(primary: &[u8], base: &str) -> Vec<u8> {
    const LOCATION: &[u8] = b"<location ";
    let Some(at) = primary.windows(LOCATION.len()).position(|part| part == LOCATION) else { return primary.to_vec() };
    let (before, after) = primary.split_at(at + LOCATION.len());
    let base = base.replace('&', "&amp;").replace('"', "&quot;");
    [before, format!("xml:base=\"{base}\" ").as_bytes(), after].concat()
}

#[cfg(test)]
mod tests {
    use super::elsewhere;

    #[test]
    fn a_package_can_be_described_from_another_place() {
        let part = b"<package>a <location href=\"1/a.rpm\"/></package>";
        let expected = b"<package>a <location xml:base=\"http://x/?a&amp;b\" href=\"1/a.rpm\"/></package>";
        assert_eq!(elsewhere(part, "http://x/?a&b"), expected);
        assert_eq!(elsewhere(b"<package/>", "http://x/"), b"<package/>");
    }
}
