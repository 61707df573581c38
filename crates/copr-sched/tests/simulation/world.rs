//! The world around the scheduler: tasks, leases and fences as the database keeps them; builders; a clock.

mod builders;
mod looking;

use copr_sched::{Assigning, Books, Load, Offer, Policy, Share, Step, Waiting};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};

const LEASE_SECONDS: i64 = 60;
const MOST_ATTEMPTS: u32 = 3;
/// Events between two looks at everything.
const LOOK_EVERY: u64 = 211;

/// How likely it is that something goes wrong with a lease.
#[derive(Clone, Copy)]
pub struct Chance {
    pub dies: f64,
    pub late: f64,
    pub gives_back: f64,
}

impl Chance {
    pub const NONE: Self = Self { dies: 0.0, late: 0.0, gives_back: 0.0 };
}

/// What is submitted.
#[derive(Clone, Default)]
pub struct Kind {
    pub owner: String,
    pub project: u32,
    pub arch: Option<&'static str>,
    pub tools: &'static [&'static str],
    pub tags: &'static [&'static str],
    pub memory_mib: i64,
    pub background: bool,
    pub seconds: i64,
}

enum Event {
    Arrives(Kind),
    /// A builder answers; whether that still counts is for the fence to say.
    Answers {
        builder: usize,
        task: i64,
        fence: u32,
        answer: Answer,
    },
    LeaseEnds {
        task: i64,
        fence: u32,
    },
    /// A builder that died is started again.
    Back {
        builder: usize,
        task: i64,
        fence: u32,
    },
    ComesOrGoes(usize),
    Due,
}

#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Done,
    GivenBack,
}

struct Held {
    since: i64,
    machine: i64,
}

struct Task {
    waiting: Waiting,
    seconds: i64,
    not_before: i64,
    fence: u32,
    attempts: u32,
    held: Option<Held>,
    /// Results that were taken.
    ends: u32,
}

struct Builder {
    offer: Offer,
    /// Free, and asks.
    asks: bool,
    /// Will not ask when it is free.
    away: bool,
    /// What it believes to hold.
    at_work_on: Option<(i64, u32)>,
}

/// What became of everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends {
    pub leased: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub lost: u64,
    pub refused: u64,
}

pub struct World {
    pub chance: Chance,
    policy: Policy,
    random: StdRng,
    now: i64,
    events: BTreeMap<(i64, u64), Event>,
    happened: u64,
    /// Tasks that are still to be submitted.
    to_come: u64,
    tasks: BTreeMap<i64, Task>,
    made: i64,
    /// Like tasks that wait, oldest first: what the database finds in its index.
    lanes: BTreeMap<i64, BTreeSet<i64>>,
    /// Numbers of the lanes that there ever were.
    numbers: BTreeMap<String, i64>,
    running: BTreeSet<i64>,
    used: BTreeMap<String, i64>,
    /// Builders' time without any floor, to judge by.
    judged: BTreeMap<String, i64>,
    builders: Vec<Builder>,
    ends: Ends,
}

impl World {
    pub fn new(policy: Policy, seed: u64, chance: Chance) -> Self {
        Self {
            chance,
            policy,
            random: StdRng::seed_from_u64(seed),
            now: 0,
            events: BTreeMap::new(),
            happened: 0,
            to_come: 0,
            tasks: BTreeMap::new(),
            made: 0,
            lanes: BTreeMap::new(),
            numbers: BTreeMap::new(),
            running: BTreeSet::new(),
            used: BTreeMap::new(),
            judged: BTreeMap::new(),
            builders: Vec::new(),
            ends: Ends::default(),
        }
    }

    /// A machine with one worker.
    pub fn builder(&mut self, arches: &[&str], tools: &[&str]) {
        self.machine(1, arches, tools, &[], None);
    }

    /// A machine with workers, who share its memory.
    pub fn machine(&mut self, workers: usize, arches: &[&str], tools: &[&str], tags: &[&str], memory_mib: Option<i64>) {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
        let number = i64::try_from(self.builders.len()).unwrap();
        let (arches, tools, tags) = (words(arches), words(tools), words(tags));
        let offer = Offer { builder: number, arches, tools, tags, memory_mib, ..Offer::default() };
        for _ in 0..workers {
            self.builders.push(Builder { offer: offer.clone(), asks: true, away: false, at_work_on: None });
        }
    }

    pub fn submit(&mut self, at: i64, kind: &Kind) {
        self.plan(at, Event::Arrives(kind.clone()));
    }

    /// Some owners have very much and others little, in bursts.
    pub fn submit_at_random(&mut self, builds: u64) {
        let mut at = 0;
        for _ in 0..builds {
            if self.random.random_bool(0.02) {
                at += self.random.random_range(0..900);
            }
            let owner = self.random.random_range(0_u32..8).pow(2);
            let arch =
                *[None, Some("x86_64"), Some("x86_64"), Some("x86_64"), Some("i686"), Some("aarch64"), Some("s390x")]
                    .choose(&mut self.random)
                    .unwrap();
            let kind = Kind {
                owner: format!("o{owner}"),
                project: self.random.random_range(0..3),
                arch,
                tools: if arch.is_none() && self.random.random_bool(0.5) { &["git", "tito"] } else { &[] },
                tags: if arch == Some("x86_64") && self.random.random_bool(0.03) { &["powerful"] } else { &[] },
                memory_mib: *[1024, 2048, 2048, 2048, 6000].choose(&mut self.random).unwrap(),
                background: self.random.random_bool(0.2),
                seconds: self.random.random_range(5..600),
            };
            self.plan(at, Event::Arrives(kind));
        }
    }

    pub fn let_builders_come_and_go(&mut self) {
        for builder in 0..self.builders.len() {
            let at = self.random.random_range(600..20_000);
            self.plan(at, Event::ComesOrGoes(builder));
        }
    }

    pub fn run_until(&mut self, end: i64) {
        while let Some(entry) = self.events.first_entry() {
            if entry.key().0 > end {
                break;
            }
            let ((at, _), event) = entry.remove_entry();
            self.now = at;
            self.happen(event);
        }
        self.now = end;
    }

    /// Until all that was submitted is over. Whatever is stuck is found by the events running out or going on for ever.
    pub fn run_to_the_end(&mut self) {
        let mut left = 200 * (self.to_come + 100);
        while !self.is_over() {
            let ((at, _), event) = self.events.pop_first().expect("tasks are left, and nothing will ever happen");
            self.now = at;
            self.happen(event);
            left = left.checked_sub(1).expect("it does not end");
        }
    }

    pub fn ends(&self) -> Ends {
        for task in self.tasks.values() {
            assert!(task.ends == 1 && task.held.is_none(), "task {} ended {} times", task.waiting.id, task.ends);
        }
        self.ends
    }

    /// Builders' time that each owner was given until now.
    pub fn given(&self) -> BTreeMap<String, i64> {
        let mut given = self.judged.clone();
        for task in self.running.iter().map(|id| &self.tasks[id]) {
            *given.entry(task.waiting.owner.clone()).or_default() += self.held_for(task);
        }
        given
    }

    pub fn held_by(&self, owner: &str) -> usize {
        self.running.iter().filter(|id| self.tasks[id].waiting.owner == owner).count()
    }

    fn is_over(&self) -> bool {
        self.running.is_empty() && self.lanes.is_empty() && self.to_come == 0
    }

    fn plan(&mut self, at: i64, event: Event) {
        self.happened += 1;
        self.to_come += u64::from(matches!(event, Event::Arrives(_)));
        self.events.insert((at, self.happened), event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrives(kind) => self.arrives(kind),
            Event::Answers { builder, task, fence, answer } => self.answers(builder, task, fence, answer),
            Event::LeaseEnds { task, fence } => self.lease_ends(task, fence),
            Event::Back { builder, task, fence } => self.is_done_with(builder, task, fence),
            Event::ComesOrGoes(builder) => self.comes_or_goes(builder),
            Event::Due => {}
        }
        self.hand_out();
        if self.happened.is_multiple_of(LOOK_EVERY) {
            self.look_at_everything();
        }
    }

    fn arrives(&mut self, kind: Kind) {
        self.made += 1;
        self.to_come -= 1;
        let sandbox = format!("{}/p{}--{}", kind.owner, kind.project, kind.owner);
        let mut waiting = Waiting {
            id: self.made,
            lane: 0,
            sandbox,
            owner: kind.owner,
            arch: kind.arch.map(str::to_owned),
            tools: kind.tools.iter().map(|&tool| tool.to_owned()).collect(),
            tags: kind.tags.iter().map(|&tag| tag.to_owned()).collect(),
            memory_mib: kind.memory_mib,
            avoid: None,
            background: kind.background,
            source: kind.arch.is_none(),
            since: self.now,
        };
        let known = i64::try_from(self.numbers.len()).unwrap();
        waiting.lane = *self.numbers.entry(lane(&waiting)).or_insert(known);
        let (seconds, id) = (kind.seconds, self.made);
        let task = Task { waiting, seconds, not_before: 0, fence: 0, attempts: 0, held: None, ends: 0 };
        self.tasks.insert(id, task);
        self.queue(id);
    }

    fn queue(&mut self, id: i64) {
        self.lanes.entry(self.tasks[&id].waiting.lane).or_default().insert(id);
    }

    /// What `copr_db::queue::waiting` finds: of each lane the first that is due.
    fn heads(&self) -> Vec<Waiting> {
        let first = |ids: &BTreeSet<i64>| ids.iter().map(|id| &self.tasks[id]).find(|task| task.not_before <= self.now);
        self.lanes.values().filter_map(first).map(|task| task.waiting.clone()).collect()
    }

    /// What `copr_db::queue::behind` finds: those that are due behind one, in order.
    fn behind(&self, lane: i64, after: i64) -> Vec<Waiting> {
        let ids = self.lanes.get(&lane).into_iter().flat_map(|ids| ids.range(after + 1..));
        let due = ids.map(|id| &self.tasks[id]).filter(|task| task.not_before <= self.now);
        due.take(3).map(|task| task.waiting.clone()).collect()
    }

    fn loads(&self) -> Vec<Load> {
        let tasks = self.running.iter().map(|id| &self.tasks[id]);
        tasks
            .map(|task| Load {
                owner: task.waiting.owner.clone(),
                sandbox: task.waiting.sandbox.clone(),
                arch: task.waiting.arch.clone(),
                tasks: 1,
                seconds: self.held_for(task),
            })
            .collect()
    }

    fn held_for(&self, task: &Task) -> i64 {
        task.held.as_ref().map_or(0, |held| self.now - held.since)
    }

    fn shares(&self) -> Vec<Share> {
        self.used.iter().map(|(owner, &used)| Share { owner: owner.clone(), used }).collect()
    }

    /// Every builder that is free asks, in any order.
    fn hand_out(&mut self) {
        let mut asking: Vec<usize> = (0..self.builders.len()).filter(|&n| self.builders[n].asks).collect();
        if asking.is_empty() || self.lanes.is_empty() {
            return;
        }
        asking.shuffle(&mut self.random);
        let offers = asking.iter().map(|&n| self.offer(n)).collect();
        let queue = self.heads();
        let books = Books::new(&queue, &self.loads(), &self.shares(), &self.policy);
        let mut assigning = Assigning::new(queue, offers, books, self.now);
        loop {
            match assigning.step() {
                Step::Take(taken) => self.lease(taken.task.id, asking[taken.offer], taken.raise),
                Step::Behind { lane, after } => assigning.behind(self.behind(lane, after)),
                Step::Done => return,
            }
        }
    }

    /// What a builder says when it asks, and what its machine holds.
    fn offer(&self, builder: usize) -> Offer {
        let offer = self.builders[builder].offer.clone();
        let held = self.running.iter().map(|id| &self.tasks[id]);
        let held = held.filter(|task| task.held.as_ref().is_some_and(|held| held.machine == offer.builder));
        Offer { held_mib: held.map(|task| task.waiting.memory_mib).sum(), ..offer }
    }

    fn lease(&mut self, id: i64, builder: usize, raise: Option<i64>) {
        let task = self.tasks.get_mut(&id).unwrap();
        assert!(task.held.is_none() && task.ends == 0, "task {id} was handed out twice");
        let machine = self.builders[builder].offer.builder;
        assert_ne!(task.waiting.avoid.take(), Some(machine), "task {id} went back to the builder that it avoids");
        task.held = Some(Held { since: self.now, machine });
        task.fence += 1;
        task.attempts += 1;
        let (fence, seconds) = (task.fence, task.seconds);
        if let Some(least) = raise {
            let used = self.used.entry(task.waiting.owner.clone()).or_default();
            *used = least.max(*used);
        }
        let lane = task.waiting.lane;
        let line = self.lanes.get_mut(&lane).unwrap();
        assert!(line.remove(&id));
        if line.is_empty() {
            self.lanes.remove(&lane);
        }
        self.running.insert(id);
        self.ends.leased += 1;
        self.builders[builder].asks = false;
        self.builders[builder].at_work_on = Some((id, fence));
        self.check_limits(id);
        self.check_builder(id, builder);
        self.work(id, fence, seconds, builder);
    }

    fn answers(&mut self, builder: usize, id: i64, fence: u32, answer: Answer) {
        self.is_done_with(builder, id, fence);
        let task = self.tasks.get_mut(&id).unwrap();
        if task.held.is_none() || task.fence != fence {
            self.ends.refused += 1;
            return;
        }
        match answer {
            Answer::Done => {
                self.end_lease(id);
                self.tasks.get_mut(&id).unwrap().ends += 1;
                self.ends.succeeded += 1;
            }
            Answer::GivenBack => {
                task.attempts -= 1;
                self.end_lease(id);
                self.again(id, 0);
            }
        }
    }

    fn lease_ends(&mut self, id: i64, fence: u32) {
        let task = &self.tasks[&id];
        if task.held.is_none() || task.fence != fence {
            return;
        }
        self.ends.lost += 1;
        let (attempts, machine) = (task.attempts, task.held.as_ref().map(|held| held.machine));
        self.end_lease(id);
        self.tasks.get_mut(&id).unwrap().waiting.avoid = machine.filter(|&machine| self.others_fit(id, machine));
        if attempts >= MOST_ATTEMPTS {
            self.tasks.get_mut(&id).unwrap().ends += 1;
            self.ends.failed += 1;
        } else {
            self.again(id, 5 * i64::from(attempts));
        }
    }

    fn again(&mut self, id: i64, wait: i64) {
        self.tasks.get_mut(&id).unwrap().not_before = self.now + wait;
        self.queue(id);
        self.plan(self.now + wait, Event::Due);
    }

    fn end_lease(&mut self, id: i64) {
        assert!(self.running.remove(&id));
        let task = self.tasks.get_mut(&id).unwrap();
        let seconds = task.held.take().map_or(0, |held| self.now - held.since);
        for book in [&mut self.used, &mut self.judged] {
            *book.entry(task.waiting.owner.clone()).or_default() += seconds;
        }
    }
}

fn lane(task: &Waiting) -> String {
    let (tools, tags, memory, source) = (&task.tools, &task.tags, task.memory_mib, task.source);
    format!("{} {:?} {} {tools:?} {tags:?} {memory} {source}", task.sandbox, task.arch, task.background)
}
