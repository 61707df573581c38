//! How a build stands at one moment.

use copr_app::build::Shown;
use copr_app::{App, Refusal};
use copr_types::{BuildId, Failure, Phase, State};
use copr_ui::words;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Name of the source among a build's steps; no chroot is called so, for it has no dash.
pub(crate) const SOURCE: &str = "source";

/// A build, its steps and what the builders are at.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) shown: Shown,
    pub(crate) steps: Vec<Step>,
}

/// The source, or one chroot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) phase: Option<Phase>,
    pub(crate) reason: String,
    pub(crate) failure: Option<Failure>,
    pub(crate) started_on: Option<i64>,
    pub(crate) ended_on: Option<i64>,
    /// The result directory, once there.
    pub(crate) dir: Option<PathBuf>,
}

impl Snapshot {
    /// How the build stands now; `None` when there is no such build.
    pub(crate) async fn load(app: &App, id: BuildId) -> Result<Option<Self>, Refusal> {
        let Some(shown) = copr_app::build::chroots(app, id).await? else { return Ok(None) };
        let tasks = copr_db::task::of_build(&mut app.db.read().await?, id).await?;
        let phase_of = |chroot: Option<i64>| {
            let task = tasks.iter().find(|task| task.build_chroot_id == chroot)?;
            Phase::from_word(task.phase.as_deref()?)
        };
        let build = &shown.build;
        let mut steps = vec![Step {
            name: SOURCE.to_owned(),
            state: build.source_state,
            phase: phase_of(None),
            reason: String::new(),
            failure: build.failure(),
            started_on: build.source_started_on,
            ended_on: build.source_ended_on,
            dir: build.result_dir.as_ref().map(|_| app.store.srpm_dir(&build.owner, &build.dir, build.id)),
        }];
        steps.extend(shown.chroots.iter().map(|chroot| Step {
            name: chroot.name.to_string(),
            state: chroot.state,
            phase: phase_of(Some(chroot.id.0)),
            reason: chroot.reason.clone(),
            failure: chroot.failure(),
            started_on: chroot.started_on,
            ended_on: chroot.ended_on,
            dir: chroot.result_dir.as_ref().map(|dir| app.store.build_dir(&build.owner, &build.dir, &chroot.name, dir)),
        }));
        Ok(Some(Self { shown, steps }))
    }

    /// The step of a name.
    pub(crate) fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// Whether nothing more will come of a step.
    pub(crate) fn is_over(&self, step: &Step) -> bool {
        step.state.is_finished() || self.shown.is_finished()
    }

    /// What watchers are sent.
    pub(crate) fn json(&self) -> Value {
        let step = |step: &Step| {
            json!({
                "name": step.name,
                "state": step.state.as_str(),
                "phase": step.phase.map(Phase::as_str),
                "doing": words::doing(step.state, step.phase),
            })
        };
        json!({
            "id": self.shown.build.id.0,
            "state": words::state(self.shown.state()),
            "finished": self.shown.is_finished(),
            "steps": self.steps.iter().map(step).collect::<Vec<_>>(),
        })
    }
}

impl Step {
    /// The log that grows while the step runs.
    pub(crate) fn log(&self) -> Option<PathBuf> {
        self.dir.as_ref().map(|dir| dir.join("builder-live.log"))
    }
}
