//! One look at the queue for many builders at once.

use crate::books::Key;
use crate::{Books, Offer, Waiting};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// What comes next in handing out tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A builder gets a task.
    Take(Box<Taken>),
    /// What stands behind a task in its lane has to be known before it can go on, see [`Assigning::behind`]: whose turn it is
    /// may depend on it.
    Behind {
        /// The lane.
        lane: i64,
        /// The last task in it that is known.
        after: i64,
    },
    /// Nobody is left who could take anything.
    Done,
}

/// A task for a builder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which of the offers.
    pub offer: usize,
    /// The task.
    pub task: Waiting,
    /// What its owner has to be written down with, at least, see [`Books::raise`].
    pub raise: Option<i64>,
}

/// Like offers, in the order in which they came.
#[derive(Debug)]
struct Class {
    like: Offer,
    /// Whose memory it has, where that is known.
    memory: Option<usize>,
    waiting: VecDeque<usize>,
    /// How many kinds of waiting tasks it could do.
    fits: usize,
}

/// Tasks of one owner that are interactive, or that are background work.
#[derive(Debug, Default)]
struct Line {
    /// The first task of each of its lanes: not a source, number, lane.
    heads: BTreeSet<(bool, i64, i64)>,
}

/// A group of like tasks.
#[derive(Debug, Default)]
struct Lane {
    /// Which kind of builder it needs.
    kind: usize,
    /// Those of which is known, in order.
    tasks: VecDeque<Waiting>,
    /// The last one that left, while it is not known what stands behind it. It keeps the place of those, none of which can come
    /// before it.
    left: Option<Waiting>,
}

impl Lane {
    fn first(&self) -> Option<&Waiting> {
        self.tasks.front().or(self.left.as_ref())
    }
}

/// Hands out the tasks of a queue to builders that wait.
///
/// Every task that comes first is looked at once: what nobody can take who asks now, or what a limit holds back, is left out
/// with all behind it in its lane, for these are alike.
#[derive(Debug)]
pub struct Assigning {
    books: Books,
    now: i64,
    classes: Vec<Class>,
    /// For each kind of task the classes that could do it.
    kinds: Vec<Vec<usize>>,
    free: usize,
    /// Memory that builders have left, of those that say how much they have.
    left_mib: Vec<i64>,
    lanes: HashMap<i64, Lane>,
    lines: HashMap<(bool, String), Line>,
    /// Lines by the key of their first task, which may have grown since.
    order: BTreeSet<(Key, bool, String)>,
    /// The lane of which no more is known, and its last task.
    dry: Option<(i64, i64)>,
}

impl Assigning {
    /// `queue` has at least the first task of each lane, in order; `offers` are in the order in which they came.
    pub fn new(queue: Vec<Waiting>, offers: Vec<Offer>, books: Books, now: i64) -> Self {
        let mut assigning = Self {
            books,
            now,
            free: offers.len(),
            classes: Vec::new(),
            kinds: Vec::new(),
            left_mib: Vec::new(),
            lanes: HashMap::new(),
            lines: HashMap::new(),
            order: BTreeSet::new(),
            dry: None,
        };
        assigning.sort_offers(offers);
        let mut kinds = HashMap::new();
        for task in queue {
            let need = (task.arch.clone(), task.tools.clone(), task.tags.clone(), task.memory_mib);
            let kind = *kinds.entry(need).or_insert_with(|| assigning.add_kind(&task));
            let lane = assigning.lanes.entry(task.lane).or_insert_with(|| Lane { kind, ..Lane::default() });
            lane.tasks.push_back(task);
        }
        let lanes: Vec<i64> = assigning.lanes.keys().copied().collect();
        for lane in lanes {
            assigning.stand(lane);
        }
        let keys = assigning.lines.iter().filter_map(|((last, owner), line)| {
            let task = assigning.first(line)?;
            Some((assigning.books.key(task, now), *last, owner.clone()))
        });
        assigning.order = keys.collect();
        assigning
    }

    fn sort_offers(&mut self, offers: Vec<Offer>) {
        let mut known = HashMap::<(i64, String), (Vec<usize>, Option<usize>)>::new();
        for (number, offer) in offers.into_iter().enumerate() {
            let (classes, memory) = known.entry((offer.builder, offer.name.clone())).or_default();
            if let (None, Some(mib)) = (&memory, offer.memory_mib) {
                *memory = Some(self.left_mib.len());
                self.left_mib.push(mib - offer.held_mib);
            }
            match classes.iter().find(|&&class| self.classes[class].like == offer) {
                Some(&class) => self.classes[class].waiting.push_back(number),
                None => {
                    classes.push(self.classes.len());
                    let memory = if offer.memory_mib.is_some() { *memory } else { None };
                    self.classes.push(Class { like: offer, memory, waiting: [number].into(), fits: 0 });
                }
            }
        }
    }

    fn add_kind(&mut self, task: &Waiting) -> usize {
        let mut able = Vec::new();
        for (number, class) in self.classes.iter_mut().enumerate().filter(|(_, class)| class.like.fits(task)) {
            class.fits += 1;
            able.push(number);
        }
        self.kinds.push(able);
        self.kinds.len() - 1
    }

    /// What stands behind the task that [`Step::Behind`] named, in order; nothing when that was the last one.
    pub fn behind(&mut self, tasks: Vec<Waiting>) {
        let Some((lane, _)) = self.dry.take() else { return };
        if let Some(known) = self.lanes.get_mut(&lane) {
            known.left = None;
            known.tasks.extend(tasks);
            self.join(lane);
        }
    }

    /// The next step.
    pub fn step(&mut self) -> Step {
        while self.free > 0 {
            if let Some((lane, after)) = self.dry {
                return Step::Behind { lane, after };
            }
            let Some((key, last, owner)) = self.order.pop_first() else { return Step::Done };
            let line = (last, owner);
            let Some(task) = self.lines.get(&line).and_then(|line| self.first(line)) else { continue };
            // Keys grow when owners are given something.
            let present = self.books.key(task, self.now);
            if present != key {
                self.order.insert((present, line.0, line.1));
                continue;
            }
            let (lane, entry) = (task.lane, (!task.source, task.id, task.lane));
            let choice = self.choose(task);
            let is_known = self.lanes.get(&lane).is_some_and(|lane| !lane.tasks.is_empty());
            let is_full = self.books.full(task).is_some();
            if let Some(line) = self.lines.get_mut(&line) {
                line.heads.remove(&entry);
            }
            let step = match choice {
                Choice::Nobody => None,
                _ if !is_known => {
                    self.dry = Some((lane, entry.1));
                    None
                }
                _ if is_full => None,
                Choice::Class(class) => self.take(class, lane),
                Choice::NotHim => {
                    self.leave(lane);
                    None
                }
            };
            self.sort_in(line);
            if let Some(taken) = step {
                return Step::Take(Box::new(taken));
            }
        }
        Step::Done
    }

    /// Of the builders that fit, one of those that could do the least else; of them, who has waited longest.
    fn choose(&self, task: &Waiting) -> Choice {
        let kind = self.lanes.get(&task.lane).map_or(&[][..], |lane| &self.kinds[lane.kind]);
        let mut avoided = false;
        let mut best = None;
        for &number in kind {
            let class = &self.classes[number];
            let is_full = class.memory.is_some_and(|memory| self.left_mib[memory] < task.memory_mib);
            if class.waiting.is_empty() || is_full {
                continue;
            }
            if task.avoid == Some(class.like.builder) {
                avoided = true;
                continue;
            }
            let rank = (class.fits, class.waiting.front().copied());
            if best.is_none_or(|(least, _)| rank < least) {
                best = Some((rank, number));
            }
        }
        match best {
            Some((_, number)) => Choice::Class(number),
            None if avoided => Choice::NotHim,
            None => Choice::Nobody,
        }
    }

    fn take(&mut self, class: usize, lane: i64) -> Option<Taken> {
        let class = self.classes.get_mut(class)?;
        let (offer, memory) = (class.waiting.pop_front()?, class.memory);
        let task = self.leave(lane)?;
        self.free -= 1;
        if let Some(memory) = memory {
            self.left_mib[memory] -= task.memory_mib;
        }
        let raise = self.books.raise(&task.owner);
        self.books.take(&task);
        Some(Taken { offer, task, raise })
    }

    /// Takes the first task out of its lane; the next one comes into its place, be it known or not.
    fn leave(&mut self, lane: i64) -> Option<Waiting> {
        let known = self.lanes.get_mut(&lane)?;
        let task = known.tasks.pop_front()?;
        if known.tasks.is_empty() {
            known.left = Some(task.clone());
        }
        self.join(lane);
        Some(task)
    }

    /// Brings a lane's first task into its line, and the line into the order.
    fn join(&mut self, lane: i64) {
        if let Some(line) = self.stand(lane) {
            self.sort_in(line);
        }
    }

    /// Brings a lane's first task into its line.
    fn stand(&mut self, lane: i64) -> Option<(bool, String)> {
        let task = self.lanes.get(&lane)?.first()?;
        let line = (self.books.is_last(task, self.now), task.owner.clone());
        self.lines.entry(line.clone()).or_default().heads.insert((!task.source, task.id, lane));
        Some(line)
    }

    /// Brings a line into the order under its present key. Where it stood there before, that entry says an older key, and is put right
    /// when it comes up.
    fn sort_in(&mut self, line: (bool, String)) {
        if let Some(task) = self.lines.get(&line).and_then(|line| self.first(line)) {
            self.order.insert((self.books.key(task, self.now), line.0, line.1));
        }
    }

    fn first(&self, line: &Line) -> Option<&Waiting> {
        let (_, _, lane) = line.heads.first()?;
        self.lanes.get(lane)?.first()
    }
}

/// Who gets a task.
enum Choice {
    Class(usize),
    /// Only the builder that shall not have it.
    NotHim,
    Nobody,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn task(id: i64, arch: &str) -> Waiting {
        Waiting { id, lane: id, owner: format!("o{id}"), arch: Some(arch.to_owned()), ..Waiting::default() }
    }

    fn builder(builder: i64, arches: &str) -> Offer {
        Offer { builder, arches: words(arches), ..Offer::default() }
    }

    /// `(task, offer)` of all that is handed out; `behind` is what stands behind the first tasks of the lanes.
    fn handed_out(queue: &[Waiting], behind: &[Waiting], offers: &[Offer]) -> Vec<(i64, usize)> {
        let books = Books::new(queue, &[], &[], &Policy::default());
        let mut assigning = Assigning::new(queue.to_vec(), offers.to_vec(), books, 0);
        let mut pairs = Vec::new();
        loop {
            match assigning.step() {
                Step::Take(taken) => pairs.push((taken.task.id, taken.offer)),
                Step::Behind { lane, after } => {
                    let next = behind.iter().find(|task| task.lane == lane && task.id > after).cloned();
                    assigning.behind(next.into_iter().collect());
                }
                Step::Done => return pairs,
            }
        }
    }

    #[test]
    fn who_can_do_something_rare_is_kept_for_it() {
        let queue = [task(1, "x86_64"), task(2, "s390x"), task(3, "x86_64")];
        let offers = [builder(1, "x86_64 s390x"), builder(2, "x86_64"), builder(3, "x86_64")];
        assert_eq!(handed_out(&queue, &[], &offers), [(1, 1), (2, 0), (3, 2)]);
        assert_eq!(handed_out(&queue[..1], &[], &offers[..1]), [(1, 0)], "it is not left idle");
    }

    #[test]
    fn among_equal_builders_the_one_that_has_waited_longest_is_first() {
        let queue = [task(1, "x86_64"), task(2, "x86_64")];
        let offers = [builder(3, "x86_64"), builder(1, "x86_64"), builder(2, "x86_64")];
        assert_eq!(handed_out(&queue, &[], &offers), [(1, 0), (2, 1)]);
    }

    #[test]
    fn what_stands_behind_in_a_lane_is_asked_for_before_others_get_a_second_task() {
        let of = |id, lane, owner: &str| Waiting { id, lane, owner: owner.to_owned(), ..Waiting::default() };
        let queue = [of(1, 1, "a"), of(2, 2, "b"), of(3, 3, "b"), of(4, 4, "b")];
        let behind = [of(5, 1, "a"), of(6, 1, "a")];
        let offers = vec![builder(1, ""); 5];
        let order: Vec<i64> = handed_out(&queue, &behind, &offers).into_iter().map(|(id, _)| id).collect();
        assert_eq!(order, [1, 2, 3, 5, 4]);
    }

    #[test]
    fn nobody_asks_what_stands_behind_a_task_before_it_matters() {
        let queue: Vec<_> = (0..40).map(|id| task(id, "x86_64")).collect();
        let books = Books::new(&queue, &[], &[], &Policy::default());
        let mut assigning = Assigning::new(queue, vec![builder(1, "x86_64"); 40], books, 0);
        for _ in 0..40 {
            assert!(matches!(assigning.step(), Step::Take(_)));
        }
        assert_eq!(assigning.step(), Step::Done);
    }

    #[test]
    fn the_memory_of_a_builder_is_shared_by_what_it_does_at_one_time() {
        let sized = |id, memory_mib| Waiting { memory_mib, ..task(id, "x86_64") };
        let queue = [sized(1, 6000), sized(2, 3000), sized(3, 2000), sized(4, 1000)];
        let of_8_gib = Offer { memory_mib: Some(8192), held_mib: 1000, ..builder(1, "x86_64") };
        let offers = vec![of_8_gib; 4];
        assert_eq!(handed_out(&queue, &[], &offers), [(1, 0), (4, 1)]);
        let other = Offer { name: "other".to_owned(), memory_mib: Some(3000), ..builder(1, "x86_64") };
        let offers = [offers[0].clone(), other, offers[1].clone()];
        assert_eq!(handed_out(&queue, &[], &offers), [(1, 0), (2, 1), (4, 2)]);
    }

    #[test]
    fn a_task_avoids_a_builder_and_hides_none_behind_it() {
        let queue = [Waiting { avoid: Some(7), ..task(1, "x86_64") }];
        let behind = [Waiting { id: 2, ..queue[0].clone() }, Waiting { id: 3, avoid: None, ..queue[0].clone() }];
        assert_eq!(handed_out(&queue, &behind, &[builder(7, "x86_64")]), [(3, 0)]);
        assert_eq!(handed_out(&queue, &behind, &[builder(7, "x86_64"), builder(8, "x86_64")]), [(1, 1), (3, 0)]);
    }

    #[test]
    fn many_builders_are_given_tasks_of_many_lanes_in_no_time() {
        let queue: Vec<_> = (0..20_000)
            .map(|id| Waiting {
                id,
                lane: id,
                owner: format!("o{}", id % 500),
                ..task(id, ["x86_64", "s390x"][(id % 2) as usize])
            })
            .collect();
        let offers: Vec<_> =
            (0..400).map(|number| Offer { memory_mib: Some(8192), ..builder(number, "x86_64 i686") }).collect();
        let start = std::time::Instant::now();
        assert_eq!(handed_out(&queue, &[], &offers).len(), 400);
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }
}
