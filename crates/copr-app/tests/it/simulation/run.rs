//! The course of events: a queue of them, one at a time, under the world's clock.

use super::builders::Worker;
use super::errand::{Answer, Errand, Job, Outcomes, Said};
use super::ledger::Ledger;
use super::people::Person;
use super::server::{End, Mishap, Release, Server, Work};
use crate::world::World;
use copr_app::Kind;
use copr_sched::Policy;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, VecDeque};

/// Events that are told when something is wrong.
const REMEMBERED: usize = 80;
/// Use cases that are held up at one time.
const HELD_UP: usize = 3;
/// Events between two looks at a project.
const LOOK_EVERY: u64 = 150;

/// How likely it is that something goes wrong.
#[derive(Clone, Copy)]
pub struct Weather {
    /// With a use case, in a server.
    pub mishap: f64,
    /// A request or an answer is lost.
    pub lost: f64,
    /// A builder dies.
    pub dies: f64,
    /// A builder loses the network, and answers when its lease is over.
    pub late: f64,
    /// A builder says the same again.
    pub twice: f64,
    /// A build fails, one way or another.
    pub fails: f64,
}

impl Weather {
    pub const CLEAR: Self = Self { mishap: 0.0, lost: 0.0, dies: 0.0, late: 0.0, twice: 0.0, fails: 0.0 };
    pub const BAD: Self = Self { mishap: 0.12, lost: 0.02, dies: 0.03, late: 0.04, twice: 0.05, fails: 0.12 };
}

pub enum Event {
    /// A worker's next step, in one of its lives.
    Worker(usize, u64),
    /// Somebody submits, or changes their mind.
    Person,
    Errand(Box<Errand>),
    /// Server number so begins a life.
    Starts(usize),
    /// A job's timer.
    Timer(Job),
    GoesOn(u64),
}

/// A use case on its way in a server.
struct Underway {
    slot: usize,
    errand: Errand,
    work: Work<Outcomes>,
    /// Whoever asked waits for the answer.
    awaited: bool,
    /// Something went wrong with it on the way.
    disturbed: bool,
}

pub struct Simulation {
    pub w: World,
    pub weather: Weather,
    pub policy: Policy,
    pub ledger: Ledger,
    /// Seconds that tasks of these owners take, about.
    pub pace: BTreeMap<String, i64>,
    /// How every build ends, when that is to be known.
    pub ends: Option<Said>,
    pub(super) random: StdRng,
    pub(super) workers: Vec<Worker>,
    pub(super) people: Vec<Person>,
    /// Builds that are still to be submitted.
    pub(super) to_submit: u64,
    pub(super) uploads: u64,
    seed: u64,
    begin: i64,
    events: BTreeMap<(i64, u64), Event>,
    planned: u64,
    happened: u64,
    servers: [Option<Server>; 2],
    held_up: BTreeMap<u64, (Underway, Release)>,
    /// How often each mishap struck each use case.
    pub struck: BTreeMap<(&'static str, Mishap), u64>,
    last: VecDeque<String>,
    /// Of all that happened, to tell two runs apart.
    pub trace: u64,
}

impl Simulation {
    pub fn new(w: World, seed: u64, policy: Policy) -> Self {
        Self {
            weather: Weather::CLEAR,
            policy,
            ledger: Ledger::default(),
            pace: BTreeMap::new(),
            ends: None,
            random: StdRng::seed_from_u64(seed),
            workers: Vec::new(),
            people: Vec::new(),
            to_submit: 0,
            uploads: 0,
            seed,
            begin: w.app.clock.now(),
            events: BTreeMap::new(),
            planned: 0,
            happened: 0,
            servers: [None, None],
            held_up: BTreeMap::new(),
            struck: BTreeMap::new(),
            last: VecDeque::new(),
            trace: 0,
            w,
        }
    }

    pub fn now(&self) -> i64 {
        self.w.app.clock.now()
    }

    /// Seconds since the beginning.
    pub fn passed(&self) -> i64 {
        self.now() - self.begin
    }

    pub(super) fn plan(&mut self, after: i64, event: Event) {
        self.planned += 1;
        self.events.insert((self.now() + after, self.planned), event);
    }

    pub(super) fn within(&mut self, seconds: std::ops::Range<i64>) -> i64 {
        self.random.random_range(seconds)
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.random.random_bool(probability)
    }

    /// Both servers, their timers, the builders.
    pub fn begin(&mut self) {
        for slot in 0..self.servers.len() {
            self.plan(40 * slot as i64, Event::Starts(slot));
        }
        for job in Job::ALL {
            self.plan(1, Event::Timer(job));
        }
        for n in 0..self.workers.len() {
            self.plan(2, Event::Worker(n, 0));
        }
    }

    /// The next event; false when there is none.
    pub async fn step(&mut self) -> bool {
        let Some(((at, _), event)) = self.events.pop_first() else { return false };
        self.w.clock.advance(at - self.now());
        self.happened += 1;
        match event {
            Event::Worker(n, life) => self.worker_steps(n, life).await,
            Event::Person => self.person_acts().await,
            Event::Errand(errand) => self.set_out(*errand).await,
            Event::Starts(slot) => self.start(slot).await,
            Event::Timer(job) => {
                let pause = match job {
                    Job::Expire => 5,
                    Job::Uploads | Job::Expiry => 600,
                    Job::Publish => self.random.random_range(5..40),
                    Job::Staging => 60,
                    _ => 30,
                };
                self.plan(pause, Event::Timer(job));
                self.set_out(Errand::Job(job)).await;
            }
            Event::GoesOn(id) => {
                if let Some((underway, release)) = self.held_up.remove(&id) {
                    release();
                    self.proceed(underway).await;
                }
            }
        }
        if self.happened.is_multiple_of(LOOK_EVERY) {
            let project = self.random.random_range(0..self.ledger.projects.len());
            self.look_at(project, false).await;
        }
        true
    }

    /// A server that is up.
    fn a_server(&mut self, errand: &Errand) -> Option<usize> {
        let now = self.now();
        let fits = |server: &Server| {
            // Builders get the time of one lease to come back after a start.
            !matches!(errand, Errand::Job(Job::Expire)) || now > server.since + server.app.rules.lease_seconds
        };
        let up: Vec<usize> =
            (0..self.servers.len()).filter(|&slot| self.servers[slot].as_ref().is_some_and(fits)).collect();
        if up.is_empty() { None } else { Some(up[self.random.random_range(0..up.len())]) }
    }

    /// Asks a server for something.
    pub(super) async fn set_out(&mut self, errand: Errand) {
        let by_network = !matches!(errand, Errand::Job(_));
        let Some(slot) = self.a_server(&errand) else {
            self.tell(&errand, "nobody is there");
            return self.goes_on(errand, None);
        };
        if by_network && self.chance(self.weather.lost) {
            self.tell(&errand, "the request is lost");
            return self.goes_on(errand, None);
        }
        self.set_out_at(slot, errand).await;
    }

    async fn set_out_at(&mut self, slot: usize, errand: Errand) {
        let Some(server) = &self.servers[slot] else { return };
        let work = errand.work(&server.app, |n| self.workers[n].fake.clone());
        self.proceed(Underway { slot, errand, work, awaited: true, disturbed: false }).await;
    }

    fn mishap(&mut self, errand: &Errand) -> Option<(u64, Mishap)> {
        // Beats are most of what is asked, and short; publications are few and long.
        let share = match errand {
            Errand::Beat(..) => 0.3,
            Errand::Job(Job::Publish) => 3.0,
            _ => 1.0,
        };
        if !self.chance(share * self.weather.mishap) {
            return None;
        }
        let steps = self.random.random_range(0..errand.length());
        let mishap = match self.random.random_range(0..10) {
            0..2 => Mishap::Killed,
            2..4 => Mishap::Fails,
            4..6 => Mishap::Abandoned,
            _ => Mishap::HeldUp,
        };
        let starts = matches!(errand, Errand::Start { .. });
        let held_up = mishap == Mishap::HeldUp;
        (!(held_up && (starts || self.held_up.len() >= HELD_UP))).then_some((steps, mishap))
    }

    /// Runs a use case until it ends or something happens to it.
    async fn proceed(&mut self, mut underway: Underway) {
        let mishap = self.mishap(&underway.errand);
        let slot = underway.slot;
        let server = self.servers[slot].clone().expect("a server that is up");
        let (end, struck) = server.run(&mut underway.work, mishap).await;
        if let Some(mishap) = struck {
            *self.struck.entry((underway.errand.word(), mishap)).or_default() += 1;
            underway.disturbed |= mishap != Mishap::HeldUp;
        }
        let starts = matches!(underway.errand, Errand::Start { .. });
        match end {
            End::Done(outcome) => {
                let what = match &outcome {
                    Ok(_) => format!("done, {} steps", server.steps()),
                    Err(refusal) => format!("{}, {} steps", refusal.inside(), server.steps()),
                };
                self.tell(&underway.errand, &what);
                if let Err(refusal) = &outcome {
                    let ours = refusal.kind == Kind::Internal;
                    assert!(!ours || underway.disturbed, "{}: {}", underway.errand, refusal.inside());
                }
                let failed = outcome.is_err();
                self.hear(&underway.errand, &outcome).await;
                let lost = !matches!(underway.errand, Errand::Job(_)) && self.chance(self.weather.lost);
                if underway.awaited {
                    self.goes_on(underway.errand, (!lost).then_some(outcome));
                }
                if starts && failed {
                    server.kill();
                    self.server_died(slot).await;
                }
            }
            End::Died => {
                self.tell(&underway.errand, "the server died");
                self.unheard(underway);
                self.server_died(slot).await;
            }
            End::Abandoned => {
                self.tell(&underway.errand, "abandoned");
                self.unheard(underway);
                if starts {
                    server.kill();
                    self.server_died(slot).await;
                }
            }
            End::HeldUp(release) => {
                self.tell(&underway.errand, "held up");
                if underway.awaited && self.chance(0.5) {
                    // Whoever asked waits no longer, but the server goes on with it.
                    underway.awaited = false;
                    self.goes_on(underway.errand.clone(), None);
                }
                let until = self.within(0..90);
                self.plan(until, Event::GoesOn(self.planned + 1));
                self.held_up.insert(self.planned, (underway, release));
            }
        }
    }

    /// Nobody knows what came of it.
    fn unheard(&mut self, underway: Underway) {
        self.ledger.unknown(&underway.errand);
        if underway.awaited {
            self.goes_on(underway.errand, None);
        }
    }

    /// Begins a server's life.
    async fn start(&mut self, slot: usize) {
        let alone = self.servers.iter().all(Option::is_none);
        self.servers[slot] = Some(Server::new(self.w.second().await));
        let token =
            self.workers.iter().find(|worker| worker.home == Some(slot)).map(|worker| worker.fake.token.clone());
        self.set_out_at(slot, Errand::Start { alone, token }).await;
    }

    /// Everything that a dead server was about ends, and it is started again some time later.
    async fn server_died(&mut self, slot: usize) {
        let server = self.servers[slot].take().expect("a server that was up");
        let ids: Vec<u64> =
            self.held_up.iter().filter(|(_, (underway, _))| underway.slot == slot).map(|(id, _)| *id).collect();
        for id in ids {
            let (mut underway, release) = self.held_up.remove(&id).expect("it is held up");
            release();
            // Each step fails now: it is over at once, and on no other thread any more.
            server.run(&mut underway.work, None).await;
            self.unheard(underway);
        }
        server.app.db.close().await;
        self.worker_of_dead_server(slot);
        let pause = self.within(1..25);
        self.plan(pause, Event::Starts(slot));
    }

    /// Kills a server now and then between two use cases.
    pub async fn kill_one(&mut self) {
        let slot = self.random.random_range(0..self.servers.len());
        if let Some(server) = &self.servers[slot] {
            server.kill();
            self.server_died(slot).await;
        }
    }

    /// What the ledger and the judges hear of each answer, also of one that nobody else hears.
    async fn hear(&mut self, errand: &Errand, outcome: &Outcomes) {
        self.ledger.hear(errand, outcome);
        match (errand, outcome) {
            (Errand::Lease(..), Ok(Answer::Leased(Some(_)))) => self.check_limits().await,
            // The bell. Publishers wait for their timer: a generation that takes in much costs as much as one of little.
            (Errand::Finish(..), Ok(_)) => {
                let pause = self.within(0..5);
                self.plan(pause, Event::Errand(Box::new(Errand::Job(Job::Import))));
            }
            _ => {}
        }
    }

    /// Whoever asked goes on, with an answer or without.
    fn goes_on(&mut self, errand: Errand, answer: Option<Outcomes>) {
        match errand {
            Errand::Submit(wish) => self.submitted(*wish, answer),
            Errand::Lease(n, life) => self.worker_leased(n, life, answer),
            Errand::Beat(n, life, _) => self.worker_beat(n, life, answer),
            Errand::Finish(n, Some(life), lease, said) => self.worker_finished(n, life, *lease, said, answer),
            Errand::Start { token: Some(_), .. } => self.worker_of_new_server(answer),
            Errand::Cancel(..) | Errand::Delete(..) | Errand::Finish(..) | Errand::Job(_) | Errand::Start { .. } => {}
        }
    }

    fn tell(&mut self, errand: &Errand, what: &str) {
        let line = format!("{:>7} {errand}: {what}", self.passed());
        for byte in line.bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// Events with a server killed between two of them now and then, until all builds are submitted.
    pub async fn run_in_bad_weather(&mut self) {
        self.weather = Weather::BAD;
        while self.to_submit > 0 {
            assert!(self.step().await, "there are builds to be submitted, and nothing will ever happen");
            if self.chance(0.001) {
                self.kill_one().await;
            }
        }
    }

    /// Events until so many seconds after the beginning.
    pub async fn run_until(&mut self, end: i64) {
        while self.passed() < end {
            assert!(self.step().await, "nothing will ever happen");
        }
    }

    /// The weather clears, and everything comes to its end.
    pub async fn run_to_the_end(&mut self) {
        self.weather = Weather::CLEAR;
        self.workers_recover();
        let latest = self.now() + 7 * 86_400;
        for n in 1.. {
            self.step().await;
            if n % 100 == 0 && self.is_quiet().await {
                break;
            }
            if self.now() > latest {
                self.look_at_everything().await;
                panic!("it does not end, and all looks well");
            }
        }
        // Uploads that no build refers to are left alone for a day.
        self.w.clock.advance(2 * 86_400);
        for job in [Job::Uploads, Job::Staging, Job::Expiry, Job::Sweep] {
            self.set_out(Errand::Job(job)).await;
        }
        self.look_at_everything().await;
    }

    /// No use case is on its way, and both servers are up.
    pub fn is_calm(&self) -> bool {
        self.held_up.is_empty() && self.servers.iter().all(Option::is_some) && self.to_submit == 0
    }

    /// Ends all servers, as they end when they are told to.
    pub async fn close(mut self) {
        for server in self.servers.iter_mut().filter_map(Option::take) {
            server.app.db.close().await;
        }
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The last of {} events, `COPR_SIMULATION_SEED={}`:", self.happened, self.seed);
            for line in &self.last {
                eprintln!("{line}");
            }
        }
    }
}
