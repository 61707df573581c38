//! What the judges know from outside: what servers promised, what builders were told, what readers saw.

use super::errand::{Answer, Errand, Outcomes, Said};
use copr_types::state::{Event, Role, next};
use copr_types::{BuildId, State};
use copr_wire::builder::Task;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// What was said of a build's removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Removal {
    Never,
    /// Asked for, and nobody knows what came of it.
    Asked,
    Done,
}

pub struct Project {
    pub owner: String,
    pub name: String,
    pub chroots: &'static [&'static str],
    /// Builds whose submission was confirmed, or that were found there.
    pub builds: BTreeMap<BuildId, Removal>,
}

#[derive(Default)]
pub struct Ledger {
    pub projects: Vec<Project>,
    /// The project of each build.
    of: HashMap<BuildId, usize>,
    /// The last fence of each task.
    fences: HashMap<i64, i64>,
    /// Leases that count, at least, of each task.
    attempts: HashMap<i64, i64>,
    /// Leases whose end was confirmed.
    ended: HashSet<(i64, i64)>,
    /// Tasks of which an end was confirmed after which nobody may have them.
    over: HashSet<i64>,
    /// Builds of which a builder said, or may have said, that they fail or what is not true.
    pub excused: HashSet<BuildId>,
    /// Builds of which somebody may have delivered packages.
    pub delivered: HashSet<BuildId>,
    /// Builds that somebody asked to cancel.
    pub canceled: HashSet<BuildId>,
    /// What was seen in each repository: file and digest; no digest of what is there no more.
    digests: HashMap<PathBuf, HashMap<String, Option<String>>>,
    /// States by events, of sources and of chroots.
    states: BTreeMap<(i64, Option<i64>), State>,
    pub last_event: i64,
    /// When builders began with sources, by build.
    since: HashMap<i64, i64>,
    /// Seconds that each project's sources were held by builders, in leases that are over.
    pub held: BTreeMap<usize, i64>,
    /// Confirmed ends that are of use to nobody: leases that were over.
    pub refused: u64,
    pub leased: u64,
}

fn build_of(task: &Task) -> BuildId {
    BuildId(match task {
        Task::Source(task) => task.build.build_id,
        Task::Rpm(task) => task.build.build_id,
    })
}

impl Ledger {
    pub fn project(&mut self, owner: &str, name: &str, chroots: &'static [&'static str]) -> usize {
        let builds = BTreeMap::new();
        self.projects.push(Project { owner: owner.to_owned(), name: name.to_owned(), chroots, builds });
        self.projects.len() - 1
    }

    pub fn name(&self, project: usize) -> (String, String) {
        (self.projects[project].owner.clone(), self.projects[project].name.clone())
    }

    /// Builds that should be there, oldest first.
    pub fn builds_of(&self, project: usize) -> Vec<BuildId> {
        let builds = self.projects[project].builds.iter();
        builds.filter(|(_, removal)| **removal == Removal::Never).map(|(id, _)| *id).collect()
    }

    /// The oldest of those, once there are more than `keep`.
    pub fn oldest(&self, project: usize, keep: usize, count: usize) -> Vec<BuildId> {
        let mut builds = self.builds_of(project);
        builds.truncate(builds.len().saturating_sub(keep).min(count));
        if builds.len() < count { Vec::new() } else { builds }
    }

    /// A build that is there, whoever heard of it.
    pub fn found(&mut self, project: usize, id: BuildId) {
        self.of.insert(id, project);
        self.projects[project].builds.entry(id).or_insert(Removal::Never);
    }

    fn removal(&mut self, id: BuildId, what: Removal) {
        if let Some(project) = self.of.get(&id)
            && let Some(removal) = self.projects[*project].builds.get_mut(&id)
        {
            *removal = (*removal).max(what);
        }
    }

    /// An answer, or the lack of it, also when nobody else hears it.
    pub fn hear(&mut self, errand: &Errand, outcome: &Outcomes) {
        let internal = matches!(outcome, Err(refusal) if refusal.kind == copr_app::Kind::Internal);
        if internal {
            return self.unknown(errand);
        }
        match (errand, outcome) {
            (Errand::Submit(wish), Ok(Answer::Submitted(builds))) => {
                for shown in builds {
                    self.found(wish.project, shown.build.id);
                }
            }
            (Errand::Cancel(_, id), Ok(_)) => {
                self.canceled.insert(*id);
            }
            (Errand::Delete(_, ids), Ok(_)) => ids.iter().for_each(|id| self.removal(*id, Removal::Done)),
            (Errand::Lease(..), Ok(Answer::Leased(Some(lease)))) => {
                self.leased += 1;
                let (task, fence) = (lease.task_id, lease.fence);
                let before = self.fences.insert(task, fence).unwrap_or_default();
                assert!(before < fence, "task {task} had fence {before} and was handed out with {fence}");
                assert!(!self.over.contains(&task), "task {task} was handed out after its end");
                *self.attempts.entry(task).or_default() += 1;
                let attempts = self.attempts[&task];
                assert!(attempts <= 3, "task {task} was handed out {attempts} times");
            }
            (Errand::Finish(_, _, lease, said), Ok(_)) => {
                let key = (lease.task_id, lease.fence);
                assert!(self.ended.insert(key), "the lease {key:?} was ended twice");
                let build = build_of(&lease.task);
                match said {
                    Said::Done => {
                        self.over.insert(lease.task_id);
                        self.delivered.insert(build);
                    }
                    Said::Lie | Said::UserFailure => {
                        self.over.insert(lease.task_id);
                        self.excused.insert(build);
                    }
                    Said::OurFailure => {
                        self.excused.insert(build);
                    }
                    Said::Canceled => {
                        self.over.insert(lease.task_id);
                    }
                    Said::Returned => *self.attempts.entry(lease.task_id).or_default() -= 1,
                }
            }
            (Errand::Finish(..), Err(_)) => self.refused += 1,
            _ => {}
        }
    }

    /// It may have been done or not.
    pub fn unknown(&mut self, errand: &Errand) {
        match errand {
            Errand::Cancel(_, id) => {
                self.canceled.insert(*id);
            }
            Errand::Delete(_, ids) => ids.iter().for_each(|id| self.removal(*id, Removal::Asked)),
            Errand::Finish(_, _, lease, said) => {
                let build = build_of(&lease.task);
                match said {
                    Said::Done => self.delivered.insert(build),
                    Said::Returned => {
                        *self.attempts.entry(lease.task_id).or_default() -= 1;
                        false
                    }
                    _ => self.excused.insert(build),
                };
            }
            _ => {}
        }
    }

    /// An event of the outbox; whether it is one that may follow what was before.
    pub fn event(&mut self, kind: &str, build: i64, chroot: Option<i64>, body: &str) {
        if kind == "build.canceled" {
            for (_, state) in self.states.range_mut((build, None)..=(build, Some(i64::MAX))) {
                if !state.is_finished() && *state != State::Publishing {
                    *state = State::Canceled;
                }
            }
            // What was never heard of before is canceled, too.
            self.states.entry((build, None)).or_insert(State::Canceled);
            return;
        }
        let role = match kind {
            "chroot.state" => Role::Chroot,
            "source.state" => Role::Source,
            _ => return,
        };
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        let word = body["state"].as_str().expect("a state");
        // Phases of builders are told in the same way.
        let to = State::from_word(word).unwrap_or(State::Running);
        let from = self.states.insert((build, chroot), to).unwrap_or(State::Pending);
        let moves = |from: State| Event::ALL.into_iter().filter_map(move |event| next(role, from, event).ok());
        let same = from == to && matches!(to, State::Running | State::Canceled);
        // A builder that says nothing of its phases starts and delivers in one transaction.
        let legal = moves(from).any(|one| one == to) || moves(from).flat_map(moves).any(|one| one == to);
        assert!(same || legal, "{kind} of build {build}, chroot {chroot:?}: from {from} to {to}");
    }

    /// Counts the time between the begin and the end of a source's lease.
    pub fn time(&mut self, kind: &str, build: i64, body: &str, when: i64) {
        if kind != "source.state" {
            return;
        }
        if body.contains("\"starting\"") {
            self.since.insert(build, when);
        } else if ["\"pending\"", "\"failed\"", "\"importing\""].iter().any(|word| body.contains(word))
            && let Some(since) = self.since.remove(&build)
            && let Some(project) = self.of.get(&BuildId(build))
        {
            *self.held.entry(*project).or_default() += when - since;
        }
    }

    /// The same with those that last.
    pub fn held_until(&self, now: i64) -> BTreeMap<usize, i64> {
        let mut held = self.held.clone();
        for (build, since) in &self.since {
            if let Some(project) = self.of.get(&BuildId(*build)) {
                *held.entry(*project).or_default() += now - since;
            }
        }
        held
    }

    /// What readers see in a repository now.
    pub fn seen(&mut self, dir: &Path, published: &BTreeMap<String, String>) {
        let before = self.digests.entry(dir.to_owned()).or_default();
        for (href, digest) in published {
            match before.entry(href.clone()).or_insert_with(|| Some(digest.clone())) {
                Some(before) => assert_eq!(before, digest, "`{href}` changed after it was published"),
                None => panic!("`{href}` was published, removed and published again"),
            }
        }
        for (_, digest) in before.iter_mut().filter(|(href, _)| !published.contains_key(*href)) {
            *digest = None;
        }
    }
}
