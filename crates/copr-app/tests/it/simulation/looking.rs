//! What must be true, looked up in the database and in the files by somebody who asks no server.

use super::ledger::Removal;
use super::run::Simulation;
use crate::world::entries;
use copr_app::build::{self, Shown};
use copr_db::build_chroot::BuildChroot;
use copr_types::{BuildId, ProjectId, State};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

impl Simulation {
    /// Counted by what the database says is leased.
    pub(super) async fn check_limits(&self) {
        let running = copr_db::queue::running(&mut self.w.app.db.read().await.unwrap(), self.now()).await.unwrap();
        let within = |limit: i64, what: &str, of: &dyn Fn(&copr_db::queue::Load) -> Option<String>| {
            let mut counts = BTreeMap::<String, i64>::new();
            for load in &running {
                if let Some(key) = of(load) {
                    *counts.entry(key).or_default() += load.tasks;
                }
            }
            let most = counts.values().copied().max().unwrap_or_default();
            assert!(limit == 0 || most <= limit, "{most} tasks of the same {what} run, and the limit is {limit}");
        };
        within(self.policy.tasks, "service", &|_| Some(String::new()));
        within(self.policy.owner_tasks, "owner", &|load| Some(load.owner.clone()));
        within(self.policy.sandbox_tasks, "sandbox", &|load| Some(load.sandbox.clone()));
        for (arch, limit) in &self.policy.arch_owner_tasks {
            within(*limit, arch, &|load| (load.arch.as_ref() == Some(arch)).then(|| load.owner.clone()));
        }
    }

    /// Reads what happened since the last time.
    pub async fn events(&mut self) {
        loop {
            let mut conn = self.w.app.db.read().await.unwrap();
            let events = copr_db::event::after(&mut conn, self.ledger.last_event, 1000).await.unwrap();
            let Some(last) = events.last() else { return };
            self.ledger.last_event = last.id;
            for event in events {
                if let Some(build) = event.build_id {
                    self.ledger.time(&event.kind, build, &event.body, event.created_on);
                    self.ledger.event(&event.kind, build, event.build_chroot_id, &event.body);
                }
            }
        }
    }

    /// Everything about one project. At rest nothing may be on its way.
    pub async fn look_at(&mut self, project: usize, at_rest: bool) {
        self.events().await;
        let (owner, name) = self.ledger.name(project);
        let builds = build::list(&self.w.app, &owner, &name, None, None, &Default::default()).await.unwrap();
        let place = self.w.app.store.results().join(&owner).join(&name);
        self.all_are_there(project, &builds);
        let published: BTreeMap<&str, BTreeMap<String, String>> = self.ledger.projects[project]
            .chroots
            .iter()
            .map(|&chroot| (chroot, self.w.published_at(&place.join(chroot))))
            .collect();
        for (chroot, packages) in &published {
            self.ledger.seen(&place.join(chroot), packages);
        }
        let mut conn = self.w.app.db.read().await.unwrap();
        for shown in &builds {
            let tasks = copr_db::task::of_build(&mut conn, shown.build.id).await.unwrap();
            crate::books::check(shown, &tasks);
            self.check_results(shown, &published, at_rest);
        }
        drop(conn);
        self.check_generations(&owner, &name, &place).await;
        // Packages of a build that is no more are there until the next generation.
        let known = |name: &str| builds.iter().any(|shown| name.starts_with(&shown.build.id.padded()));
        for (chroot, packages) in &published {
            let strangers: Vec<_> = packages.keys().filter(|name| !known(name)).collect();
            assert!(!at_rest || strangers.is_empty(), "{owner}/{name} {chroot}: {strangers:?} are of no build");
        }
        if at_rest {
            check_tree(&place, &builds, self.ledger.projects[project].chroots);
        }
    }

    /// Every generation that is remembered lists what it listed when it was published, and every file of it is there.
    async fn check_generations(&self, owner: &str, name: &str, place: &Path) {
        for chroot in [crate::world::X86, crate::world::ARM] {
            let mut conn = self.w.app.db.read().await.unwrap();
            let Some((repo, head)) = copr_db::repo::by_path(&mut conn, owner, name, chroot).await.unwrap() else {
                continue;
            };
            let generations = copr_db::generation::list(&mut conn, repo, i64::MAX).await.unwrap();
            assert_eq!(generations.first().map_or(0, |newest| newest.number), head);
            assert_eq!(generations.iter().filter(|one| one.superseded_on.is_none()).count(), usize::from(head > 0));
            for one in generations {
                let listed = copr_db::repo::listed_at(&mut conn, repo, one.number).await.unwrap();
                assert_eq!(i64::try_from(listed.len()).unwrap(), one.packages, "{owner}/{name} {chroot}: {one:?}");
                for package in listed {
                    let path = place.join(chroot).join(&package.href);
                    assert!(path.is_file(), "generation {} lists {}, which is gone", one.number, path.display());
                }
                if let Some(metadata) = one.metadata {
                    let dir = place.join(chroot).join(".repodata").join(metadata);
                    let report = copr_rpm::repodata::verify(&dir).expect("metadata that verify");
                    assert_eq!(i64::try_from(report.packages.len()).unwrap(), one.packages);
                }
            }
        }
    }

    fn all_are_there(&mut self, project: usize, builds: &[Shown]) {
        let there: BTreeSet<BuildId> = builds.iter().map(|shown| shown.build.id).collect();
        for id in &there {
            self.ledger.found(project, *id);
        }
        for (id, removal) in &mut self.ledger.projects[project].builds {
            match (there.contains(id), *removal) {
                (false, Removal::Never) => panic!("build {id} is lost"),
                (false, Removal::Asked) => *removal = Removal::Done,
                (true, Removal::Done) => panic!("build {id} was deleted and is there"),
                _ => {}
            }
        }
    }

    fn check_results(&self, shown: &Shown, published: &BTreeMap<&str, BTreeMap<String, String>>, at_rest: bool) {
        let id = shown.build.id;
        assert!(!at_rest || shown.is_finished(), "build {id} is stuck: {shown:?}");
        for chroot in &shown.chroots {
            let state = chroot.state;
            let held: Vec<&String> =
                published[chroot.name.as_str()].keys().filter(|name| name.starts_with(&id.padded())).collect();
            match state {
                State::Succeeded => assert_eq!(held.len(), 2, "build {id} succeeded in {} with {held:?}", chroot.name),
                // The switch comes before the word.
                State::Publishing => assert!(!at_rest && (held.is_empty() || held.len() == 2), "{chroot:?}: {held:?}"),
                _ => assert!(held.is_empty(), "build {id} is {state} in {} and {held:?} are published", chroot.name),
            }
            assert!(!at_rest || state.is_finished(), "build {id} is stuck: {shown:?}");
            if state == State::Succeeded {
                assert!(self.ledger.delivered.contains(&id), "nobody built what build {id} published");
            }
        }
        let failures = shown.chroots.iter().filter_map(|chroot| chroot.failure()).chain(shown.build.failure());
        for failure in failures {
            let lost = failure.message.contains("for the 3. time");
            assert!(lost || self.ledger.excused.contains(&id), "build {id} failed for no reason: {failure}");
        }
        if shown.build.canceled {
            assert!(self.ledger.canceled.contains(&id), "nobody canceled build {id}");
        }
    }

    /// Whether there is nothing to do any more.
    pub async fn is_quiet(&self) -> bool {
        if !self.is_calm() {
            return false;
        }
        let mut conn = self.w.app.db.read().await.unwrap();
        let counts = copr_db::task::counts(&mut conn).await.unwrap();
        if counts.importing + counts.waiting + counts.running > 0 {
            return false;
        }
        if !copr_db::doomed::after(&mut conn, 0, 1).await.unwrap().is_empty() {
            return false;
        }
        // What is kept for a while only.
        if !copr_db::repo::due(&mut conn, i64::MAX).await.unwrap().is_empty() {
            return false;
        }
        for project in 1..=self.ledger.projects.len() {
            let project = ProjectId(project.try_into().unwrap());
            let repos = copr_db::repo::of_project(&mut conn, project).await.unwrap();
            if repos.iter().any(|repo| repo.wanted > repo.generation) {
                return false;
            }
        }
        true
    }

    /// Everything about everything, when all is over.
    pub async fn look_at_everything(&mut self) {
        for project in 0..self.ledger.projects.len() {
            self.look_at(project, true).await;
        }
        assert!(self.w.tasks().await.is_empty(), "tasks are left: {:?}", self.w.tasks().await);
        for place in ["staging", "uploads", "trash"] {
            let left = entries(self.w.data().join(place));
            assert!(left.is_empty(), "left behind in `{place}`: {left:?}");
        }
    }
}

/// The files of builds that are there, all finished, and nothing else.
fn check_tree(place: &Path, builds: &[Shown], chroots: &[&str]) {
    let names = |dir: &Path| -> BTreeSet<String> {
        entries(dir.to_owned()).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    for chroot in chroots {
        let mut expected: BTreeSet<String> = ["repodata", ".repodata", "gen"].map(str::to_owned).into();
        let of_chroot = |shown: &Shown| {
            shown.chroots.iter().filter(|one| one.name.as_str() == *chroot).find_map(|one| one.result_dir.clone())
        };
        expected.extend(builds.iter().filter_map(of_chroot));
        assert_eq!(names(&place.join(chroot)), expected, "in {}", place.join(chroot).display());
    }
    let sources: BTreeSet<String> = builds
        .iter()
        .filter(|shown| shown.build.source_started_on.is_some())
        .map(|shown| shown.build.id.padded())
        .collect();
    let found = names(&place.join("srpm-builds"));
    assert_eq!(found, sources, "in {}", place.join("srpm-builds").display());
    for shown in builds {
        let source = (place.join("srpm-builds").join(shown.build.id.padded()), shown.build.source_state);
        let of_chroot = |one: &BuildChroot| {
            let dir = place.join(one.name.as_str()).join(one.result_dir.as_deref()?);
            Some((dir, one.state))
        };
        for (dir, state) in shown.chroots.iter().filter_map(of_chroot).chain([source]) {
            // Who was canceled between two attempts has the log of the first as it was.
            let growing = |name: &&String| name.ends_with(".log") && state != State::Canceled;
            let files = names(&dir);
            let unfinished: Vec<_> =
                files.iter().filter(|name| name.starts_with(copr_store::UNFINISHED) || growing(name)).collect();
            assert!(unfinished.is_empty(), "{unfinished:?} in {} ({state})", dir.display());
        }
    }
}
