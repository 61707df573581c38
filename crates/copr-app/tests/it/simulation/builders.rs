//! Builders, that behave well and badly.

use super::errand::{Answer, Errand, Outcomes, Said};
use super::run::{Event, Simulation};
use crate::builder::FakeBuilder;
use copr_app::Kind;
use copr_wire::builder::{Lease, Task};

pub struct Worker {
    pub fake: FakeBuilder,
    /// The server that it lives in.
    pub home: Option<usize>,
    /// Rises with each of its lives: what an earlier one waited for is nothing to it.
    life: u64,
    at_work: Option<Work>,
}

/// What it works on.
struct Work {
    lease: Lease,
    /// When it will be done.
    ends: i64,
    said: Said,
    /// From when on it does not reach any server, and whether it ever comes back with results.
    silent: Option<(i64, Silence)>,
    stop: bool,
    tries: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Silence {
    Death,
    Network,
}

impl Simulation {
    pub async fn worker(&mut self, name: &str, home: Option<usize>) {
        let fake = self.w.builder(name).await;
        self.workers.push(Worker { fake, home, life: 0, at_work: None });
    }

    fn worker_goes_on(&mut self, n: usize, after: std::ops::Range<i64>) {
        let (pause, life) = (self.within(after), self.workers[n].life);
        self.plan(pause, Event::Worker(n, life));
    }

    pub(super) async fn worker_steps(&mut self, n: usize, life: u64) {
        if self.workers[n].life != life {
            return;
        }
        let now = self.now();
        let Some(work) = &self.workers[n].at_work else {
            return self.set_out(Errand::Lease(n, life)).await;
        };
        let lease = Box::new(work.lease.clone());
        match work.silent {
            Some((from, Silence::Death)) if now >= from => {
                self.workers[n].at_work = None;
                self.workers[n].life += 1;
                return self.worker_goes_on(n, 5..300);
            }
            // It works on, and says nothing until it is done.
            Some((from, Silence::Network)) if now >= from && now < work.ends => {
                let left = work.ends - now;
                return self.plan(left, Event::Worker(n, life));
            }
            _ => {}
        }
        let errand = match work {
            Work { stop: true, .. } => Errand::Finish(n, Some(life), lease, Said::Canceled),
            Work { ends, said, .. } if now >= *ends => Errand::Finish(n, Some(life), lease, *said),
            _ => Errand::Beat(n, life, lease),
        };
        self.set_out(errand).await;
    }

    pub(super) fn worker_leased(&mut self, n: usize, life: u64, answer: Option<Outcomes>) {
        if self.workers[n].life != life {
            return;
        }
        if let Some(Ok(Answer::Leased(Some(lease)))) = answer {
            let now = self.now();
            let (owner, usual) = match &lease.task {
                Task::Source(task) => (&task.build.owner, 2..12),
                Task::Rpm(task) => (&task.build.owner, 3..60),
            };
            let seconds = self.pace.get(owner).map_or(usual, |pace| pace / 2..pace * 3 / 2);
            let seconds = self.within(seconds);
            let said = self.ends.unwrap_or_else(|| self.how_it_ends());
            let (mut ends, mut silent) = (now + seconds, None);
            if self.chance(self.weather.dies) {
                silent = Some((now + self.within(0..seconds), Silence::Death));
            } else if self.chance(self.weather.late) {
                silent = Some((now + seconds / 2, Silence::Network));
                ends += self.within(20..120);
            }
            self.workers[n].at_work = Some(Work { lease, ends, said, silent, stop: false, tries: 0 });
            return self.worker_goes_on(n, 1..3);
        }
        self.worker_goes_on(n, 4..20);
    }

    fn how_it_ends(&mut self) -> Said {
        if !self.chance(self.weather.fails) {
            return Said::Done;
        }
        match self.within(0..8) {
            0..4 => Said::UserFailure,
            4..6 => Said::OurFailure,
            6 => Said::Returned,
            _ => Said::Lie,
        }
    }

    pub(super) fn worker_beat(&mut self, n: usize, life: u64, answer: Option<Outcomes>) {
        let now = self.now();
        let worker = &mut self.workers[n];
        if worker.life != life {
            return;
        }
        let Some(work) = &mut worker.at_work else { return };
        match answer {
            Some(Err(refusal)) if refusal.kind == Kind::Conflict => worker.at_work = None,
            Some(Ok(Answer::Beaten(answer))) => work.stop |= answer.cancel,
            _ => {}
        }
        let left = worker.at_work.as_ref().map_or(1, |work| (work.ends - now).clamp(1, 10));
        self.worker_goes_on(n, left..left + 1);
    }

    pub(super) fn worker_finished(&mut self, n: usize, life: u64, lease: Lease, said: Said, answer: Option<Outcomes>) {
        if self.workers[n].life != life {
            return;
        }
        if self.chance(self.weather.twice) {
            // It says so again, because it believes that nobody heard, or for no reason at all.
            let pause = self.within(1..60);
            self.plan(pause, Event::Errand(Box::new(Errand::Finish(n, None, Box::new(lease), said))));
        }
        let worker = &mut self.workers[n];
        let heard = match answer {
            Some(Ok(_)) => true,
            Some(Err(refusal)) => refusal.kind == Kind::Conflict,
            None => false,
        };
        let tries = worker.at_work.as_mut().map_or(0, |work| {
            work.tries += 1;
            work.tries
        });
        if heard || tries > 20 {
            worker.at_work = None;
        }
        self.worker_goes_on(n, 1..6);
    }

    /// The builder that lived in it died with it.
    pub(super) fn worker_of_dead_server(&mut self, slot: usize) {
        for worker in self.workers.iter_mut().filter(|worker| worker.home == Some(slot)) {
            worker.at_work = None;
            worker.life += 1;
        }
    }

    /// The builder that lives in it begins when it is up.
    pub(super) fn worker_of_new_server(&mut self, answer: Option<Outcomes>) {
        if matches!(answer, Some(Ok(_))) {
            for n in (0..self.workers.len()).filter(|&n| self.workers[n].home.is_some()).collect::<Vec<_>>() {
                self.workers[n].life += 1;
                self.workers[n].at_work = None;
                self.worker_goes_on(n, 1..3);
            }
        }
    }

    /// From now on all is well: who is silent comes back, and what is built succeeds.
    pub(super) fn workers_recover(&mut self) {
        for work in self.workers.iter_mut().filter_map(|worker| worker.at_work.as_mut()) {
            work.silent = None;
            if work.said == Said::Lie {
                work.said = Said::Done;
            }
        }
    }
}
