//! People: they submit, sometimes in chains, change their minds, and tidy up.

use super::errand::{Errand, Outcomes, Wish};
use super::run::{Event, Simulation};
use crate::world::{ARM, X86, input};
use copr_app::build::{self, Options, Upload};
use copr_app::{Kind, project};
use copr_db::account::Account;
use copr_types::BuildId;
use rand::Rng;
use rand::seq::IndexedRandom;

pub struct Person {
    pub account: Account,
    /// Numbers of their projects.
    pub projects: Vec<usize>,
}

/// Builds that people keep in a project.
const KEPT: usize = 24;
/// Builds that they remove at a time.
const TIDIED: usize = 8;

impl Simulation {
    /// A person with projects, every other one for two architectures.
    pub async fn person(&mut self, name: &str, projects: usize) {
        let account = self.w.person(name).await;
        let mut numbers = Vec::new();
        for n in 0..projects {
            let chroots: &'static [&'static str] = if n % 2 == 0 { &[X86] } else { &[X86, ARM] };
            let project = format!("p{n}");
            project::create(&self.w.app, &account, name, &input(&project, chroots), false).await.unwrap();
            numbers.push(self.ledger.project(name, &project, chroots));
        }
        self.people.push(Person { account, projects: numbers });
    }

    /// A person's project has so much to build, at once.
    pub async fn stock(&mut self, person: usize, builds: usize) {
        let Person { account, projects } = &self.people[person];
        let (owner, name) = self.ledger.name(projects[0]);
        let urls = vec!["http://example.org/hello-noarch-1.0-1.src.rpm".to_owned(); builds];
        let made = build::by_urls(&self.w.app, account, &owner, &name, &urls, &Options::default()).await.unwrap();
        for shown in made {
            self.ledger.found(projects[0], shown.build.id);
        }
    }

    /// So many builds are submitted from now on.
    pub fn let_people_submit(&mut self, builds: u64) {
        self.to_submit = builds;
        self.plan(5, Event::Person);
    }

    pub(super) async fn person_acts(&mut self) {
        if self.to_submit == 0 {
            return;
        }
        // Some have very much, and at once.
        let who = (self.random.random_range(0.0..1.0_f64).powi(2) * self.people.len() as f64) as usize;
        let project = *self.people[who].projects.choose(&mut self.random).expect("everybody has one");
        let account = self.people[who].account.clone();
        if self.chance(0.06)
            && let Some(id) = self.some_build(project)
        {
            self.set_out(Errand::Cancel(account.clone(), id)).await;
        } else if self.chance(0.05)
            && let Some(id) = self.some_build(project)
        {
            self.set_out(Errand::Delete(account.clone(), vec![id])).await;
        } else {
            self.to_submit -= 1;
            let wish = self.wish(account.clone(), project);
            self.set_out(Errand::Submit(Box::new(wish))).await;
        }
        let old = self.ledger.oldest(project, KEPT, TIDIED);
        if !old.is_empty() {
            self.set_out(Errand::Delete(account, old)).await;
        }
        let pause = if self.chance(0.04) { self.within(10..120) } else { self.within(0..5) };
        self.plan(pause, Event::Person);
    }

    /// One of the newest builds of a project.
    fn some_build(&mut self, project: usize) -> Option<BuildId> {
        let recent: Vec<BuildId> = self.ledger.builds_of(project).into_iter().rev().take(6).collect();
        recent.choose(&mut self.random).copied()
    }

    fn wish(&mut self, who: Account, project: usize) -> Wish {
        let (owner, name) = self.ledger.name(project);
        let mut options = Options { background: self.chance(0.15), ..Options::default() };
        if self.chance(0.3) {
            options.chroots = Some(vec![X86.to_owned()]);
        }
        if self.chance(0.12)
            && let Some(build) = self.some_build(project)
        {
            let field = if self.chance(0.4) { &mut options.with_build_id } else { &mut options.after_build_id };
            *field = Some(build.to_string());
        }
        let upload = self.chance(0.1).then(|| self.upload());
        Wish { who, project, owner, name, options, upload }
    }

    /// A source package that lies with the servers before the request about it is looked at.
    fn upload(&mut self) -> Upload {
        self.uploads += 1;
        let srpm = crate::rpms::made("hello-noarch").srpm;
        let name = format!("up{}", self.uploads);
        let upload = Upload {
            upload: name.parse().unwrap(),
            file: srpm.file_name().unwrap().to_str().unwrap().parse().unwrap(),
            size: srpm.metadata().unwrap().len(),
        };
        let dir = self.w.app.store.upload_dir(&upload.upload);
        std::fs::create_dir(&dir).unwrap();
        std::fs::copy(&srpm, dir.join(upload.file.as_str())).unwrap();
        let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(self.now().unsigned_abs());
        std::fs::File::open(&dir).unwrap().set_modified(now).unwrap();
        upload
    }

    /// Whoever heard nothing, or that it did not work, submits once more.
    pub(super) fn submitted(&mut self, wish: Wish, answer: Option<Outcomes>) {
        match answer {
            Some(Ok(_)) => {}
            Some(Err(refusal)) => {
                // Who met an error of ours does not know whether the build is there.
                if let Some(upload) = &wish.upload
                    && refusal.kind != Kind::Internal
                {
                    let _ = std::fs::remove_dir_all(self.w.app.store.upload_dir(&upload.upload));
                }
                self.to_submit += 1;
            }
            None => self.to_submit += 1,
        }
        if self.to_submit == 1 {
            self.plan(3, Event::Person);
        }
    }
}
