//! The page of a build.

use super::{lines, page};
use crate::Web;
use crate::logs::snapshot::{SOURCE, Snapshot, Step};
use crate::logs::{LastPart, last_part};
use crate::results::TreePath;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use copr_app::{App, Refusal, build, distgit, queue};
use copr_types::{BuildId, State as Standing};
use copr_ui::build::{Build, Commit, Log, Step as StepView};
use std::path::PathBuf;

/// Bytes of a log that the page itself holds.
const TAIL: usize = 24 * 1024;
/// Logs that the page shows the end of; the others are linked.
const TAILS: usize = 6;

/// The short address that copr-cli prints.
pub(super) async fn find(State(web): State<Web>, Path(id): Path<i64>) -> Response {
    match Snapshot::load(&web.app, BuildId(id)).await {
        Ok(Some(snapshot)) => {
            let to = lines::build_href(&snapshot.shown);
            (axum::http::StatusCode::FOUND, [(axum::http::header::LOCATION, to)]).into_response()
        }
        Ok(None) => page::not_found_about(format!("There is no build {id}.")),
        Err(refusal) => page::refused(&refusal),
    }
}

pub(super) async fn of_user(web: State<Web>, Path((owner, project, id)): Path<(String, String, i64)>) -> Response {
    show(&web.app, &owner, &project, id).await
}

pub(super) async fn of_group(web: State<Web>, Path((group, project, id)): Path<(String, String, i64)>) -> Response {
    show(&web.app, &format!("@{group}"), &project, id).await
}

async fn show(app: &App, owner: &str, project: &str, id: i64) -> Response {
    match Snapshot::load(app, BuildId(id)).await {
        Ok(Some(snapshot)) if is_of(&snapshot, owner, project) => match view(app, snapshot).await {
            Ok(page) => page::show(&page),
            Err(refusal) => page::refused(&refusal),
        },
        Ok(_) => page::not_found_about(format!("There is no build {id} in {owner}/{project}.")),
        Err(refusal) => page::refused(&refusal),
    }
}

fn is_of(snapshot: &Snapshot, owner: &str, project: &str) -> bool {
    let build = &snapshot.shown.build;
    build.owner.to_string() == owner && build.project.as_str() == project
}

async fn view(app: &App, snapshot: Snapshot) -> Result<Build, Refusal> {
    let tails = with_tails(&snapshot);
    let waits = queue::waits(app, snapshot.shown.build.id).await?;
    let mut steps = Vec::new();
    for step in &snapshot.steps {
        let log = log(app, &snapshot, step, tails.contains(&step.name.as_str())).await?;
        steps.push(StepView {
            name: step.name.clone(),
            state: step.state,
            phase: step.phase,
            reason: step.reason.clone(),
            wait: waits
                .iter()
                .find(|wait| wait.chroot.as_deref().unwrap_or(SOURCE) == step.name)
                .map(queue::Wait::sentence),
            failure: step.failure.clone(),
            started_on: step.started_on,
            ended_on: step.ended_on,
            results_href: step.dir.as_ref().and_then(|dir| href(app, dir)).map(|href| href + "/"),
            log,
            import_href: import_log(app, step).await,
            commit: commit(&snapshot, step),
        });
    }
    let chain = copr_app::chain::of_build(app, snapshot.shown.build.id).await?;
    let (state, finished) = (snapshot.shown.state(), snapshot.shown.is_finished());
    let repeat_href = build::is_repeatable(&snapshot.shown).then(|| lines::repeat_href(&snapshot.shown));
    let build = snapshot.shown.build;
    let pushed = build.scm_object_type.as_ref().zip(build.scm_object_id.as_ref());
    let page = build.scm_object_url.clone().filter(|address| copr_app::repos::is_http(address));
    Ok(Build {
        id: build.id.0,
        project: format!("{}/{}", build.owner, build.project),
        dir: (build.dir.as_str() != build.project.as_str()).then(|| build.dir.to_string()),
        project_href: lines::project_href(&build.owner, build.project.as_str()),
        chain: chain.map(|id| (id.0, super::chain::href(id))),
        source: lines::source_file(&build),
        package: build.package,
        version: build.version,
        submitter: build.submitter.or(build.submitted_by),
        pushed: pushed.map(|(kind, id)| (format!("{kind} {id}"), page)),
        submitted_on: build.submitted_on,
        state,
        finished,
        steps,
        repeats: build.resubmitted_from,
        repeat_href,
    })
}

/// The steps whose logs people came for: those at work and those that failed; when there are none, the last one.
fn with_tails(snapshot: &Snapshot) -> Vec<&str> {
    let wanted = |step: &&Step| step.state.is_active() || step.state == Standing::Failed;
    let names: Vec<&str> = snapshot.steps.iter().filter(wanted).map(|step| step.name.as_str()).take(TAILS).collect();
    if !names.is_empty() {
        return names;
    }
    snapshot.steps.iter().rev().find(|step| step.dir.is_some()).map(|step| step.name.as_str()).into_iter().collect()
}

async fn log(app: &App, snapshot: &Snapshot, step: &Step, with_tail: bool) -> Result<Option<Log>, Refusal> {
    let Some(path) = step.log() else { return Ok(None) };
    let Some(href) = href(app, &path) else { return Ok(None) };
    if !with_tail {
        return Ok(Some(Log { href, follow: None, tail: None, cut: false }));
    }
    let read =
        tokio::task::spawn_blocking(move || last_part(&path, TAIL)).await.map_err(std::io::Error::other).flatten();
    let part = read.map_err(|error| Refusal::internal("reading a log", error))?;
    let follow = |offset: u64| {
        let step = if step.name == SOURCE { SOURCE } else { &step.name };
        format!("/coprs/build/{}/log/{step}?offset={offset}", snapshot.shown.build.id)
    };
    let running = !snapshot.is_over(step);
    Ok(match part {
        Some(LastPart { text, cut, end }) => {
            Some(Log { href, follow: running.then(|| follow(end)), tail: Some(text), cut })
        }
        None if running => Some(Log { href, follow: Some(follow(0)), tail: Some(String::new()), cut: false }),
        None => None,
    })
}

/// Address of the log of the source's import, when it is there.
async fn import_log(app: &App, step: &Step) -> Option<String> {
    let path = step.dir.as_ref().filter(|_| step.name == SOURCE)?.join(format!("{}.gz", distgit::LOG));
    let there = tokio::fs::try_exists(&path).await.is_ok_and(|there| there);
    if there { href(app, &path) } else { None }
}

/// The commit that a chroot is built from.
fn commit(snapshot: &Snapshot, step: &Step) -> Option<Commit> {
    let build = &snapshot.shown.build;
    let id = snapshot.shown.chroots.iter().find(|one| one.name.as_str() == step.name)?.git_hash.clone()?;
    let path = distgit::path(&build.owner, &build.dir, build.package.as_deref()?);
    Some(Commit { href: format!("{path}/commit/{id}"), id })
}

/// Address of what lies below the published tree.
fn href(app: &App, path: &std::path::Path) -> Option<String> {
    let results: PathBuf = app.store.results();
    let parts: Vec<&str> = path.strip_prefix(results).ok()?.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
    Some(TreePath::of(&parts)?.address("/results"))
}
