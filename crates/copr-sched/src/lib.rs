//! Who gets the next task: plain functions of the queue, of what runs, of the limits, and of the builder that asks.
//!
//! Interactive work goes before background work, until that has waited for [`Policy::background_seconds`]. Within
//! each, the owner with the fewest running tasks comes first, so that one owner with a hundred thousand tasks delays
//! nobody; among equals the owner who was given less of the builders' time; of one owner's tasks sources go before packages
//! (they are short and open the way for the rest), then the oldest.
//!
//! The time that owners were given is remembered to a point: nobody is ever taken for more than
//! [`Policy::share_seconds`] ahead of or behind another. Who comes after a month has no month of builders' time to ask
//! for, and who had all builders for a night waits in no debt for a week.
//!
//! Of the builders that fit, the one gets a task that could do the least else: who alone can do something rare is kept for it
//! as long as others are free. Among equals the one that has waited longest.
//!
//! Not here: leases, the clock, where the queue comes from. It need not be whole: the first task of each lane (a group of
//! like tasks) is enough to begin with, and what stands behind is asked for when it matters.
//!
//! ```
//! use copr_sched::{Assigning, Books, Load, Offer, Policy, Step, Waiting};
//!
//! let task = |id, owner: &str| Waiting { id, lane: id, owner: owner.into(), ..Waiting::default() };
//! let queue = vec![task(1, "big"), task(2, "small")];
//! let running = [Load { owner: "big".into(), tasks: 5, ..Load::default() }];
//! let books = Books::new(&queue, &running, &[], &Policy::default());
//! let builder = Offer { arches: vec!["x86_64".into()], ..Offer::default() };
//! let mut assigning = Assigning::new(queue, vec![builder], books, 0);
//! let Step::Take(taken) = assigning.step() else { panic!("the builder is free") };
//! assert_eq!((taken.offer, taken.task.id), (0, 2));
//! assert!(matches!(assigning.step(), Step::Done));
//! ```

mod assign;
mod books;
mod fit;
mod place;
pub mod waves;

pub use assign::{Assigning, Step, Taken};
pub use books::{Books, Full};
pub use fit::{Lack, Offer, lack};
pub use place::places;

use std::collections::BTreeMap;

/// A task that could be handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Its number; smaller is older.
    pub id: i64,
    /// The lane it stands in: all in it are alike in what follows, but for the times and whom to avoid.
    pub lane: i64,
    /// Owner of the project.
    pub owner: String,
    /// Who shares a builder: owner, project and submitter.
    pub sandbox: String,
    /// Architecture; any when none.
    pub arch: Option<String>,
    /// Programs that its builder has to have.
    pub tools: Vec<String>,
    /// What its builder has to be called besides.
    pub tags: Vec<String>,
    /// Memory that it asks for, MiB.
    pub memory_mib: i64,
    /// After everybody who waits.
    pub background: bool,
    /// Makes a source package.
    pub source: bool,
    /// When it was made.
    pub since: i64,
    /// The builder that shall not have it.
    pub avoid: Option<i64>,
}

/// Tasks that are held by builders, of one owner, one sandbox and one architecture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// The owner.
    pub owner: String,
    /// The sandbox.
    pub sandbox: String,
    /// The architecture.
    pub arch: Option<String>,
    /// How many tasks.
    pub tasks: i64,
    /// For how long they have been held, together.
    pub seconds: i64,
}

/// What an owner was given of the builders' time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The owner.
    pub owner: String,
    /// Seconds, of leases that are over.
    pub used: i64,
}

/// How tasks are handed out. Of every limit 0 means none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Tasks that run at one time.
    pub tasks: i64,
    /// The same of one owner.
    pub owner_tasks: i64,
    /// The same of one sandbox.
    pub sandbox_tasks: i64,
    /// The same of one owner for one architecture, as [`family`] names it.
    pub arch_owner_tasks: BTreeMap<String, i64>,
    /// Seconds after which background work is like any other; 0: never.
    pub background_seconds: i64,
    /// Seconds of builders' time that owners can be ahead of or behind each other.
    pub share_seconds: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            tasks: 0,
            owner_tasks: 0,
            sandbox_tasks: 0,
            arch_owner_tasks: BTreeMap::new(),
            background_seconds: 86_400,
            share_seconds: 7200,
        }
    }
}

impl Policy {
    /// Whether anything is ever held back.
    pub fn has_limits(&self) -> bool {
        let arches = self.arch_owner_tasks.values().copied();
        [self.tasks, self.owner_tasks, self.sandbox_tasks].into_iter().chain(arches).any(|limit| limit > 0)
    }
}

/// The architecture that limits speak of: all 32-bit x86 is built by machines for `x86_64`.
pub fn family(arch: &str) -> &str {
    if arch.len() == 4 && arch.starts_with('i') && arch.ends_with("86") { "x86_64" } else { arch }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn task(id: i64, owner: &str) -> Waiting {
        let (owner, sandbox) = (owner.to_owned(), format!("{owner}/p--{owner}"));
        Waiting { id, lane: id, owner, sandbox, arch: Some("x86_64".into()), ..Waiting::default() }
    }

    fn load(owner: &str, tasks: i64) -> Load {
        Load {
            tasks,
            owner: owner.into(),
            sandbox: format!("{owner}/p--{owner}"),
            arch: Some("x86_64".into()),
            seconds: 0,
        }
    }

    fn share(owner: &str, used: i64) -> Share {
        Share { owner: owner.into(), used }
    }

    fn builder(tools: &[&str]) -> Offer {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
        Offer { arches: words(&["x86_64", "i686"]), tools: words(tools), ..Offer::default() }
    }

    /// What one builder is given if it asks again and again, and nothing ends meanwhile.
    fn taken(queue: &[Waiting], running: &[Load], shares: &[Share], policy: &Policy, offer: &Offer) -> Vec<i64> {
        let books = Books::new(queue, running, shares, policy);
        let offers = vec![offer.clone(); queue.len()];
        let mut assigning = Assigning::new(queue.to_vec(), offers, books, 1000);
        let mut order = Vec::new();
        loop {
            match assigning.step() {
                Step::Take(taken) => order.push(taken.task.id),
                Step::Behind { .. } => assigning.behind(Vec::new()),
                Step::Done => return order,
            }
        }
    }

    fn ordered(queue: &[Waiting], running: &[Load], shares: &[Share], policy: &Policy) -> Vec<i64> {
        taken(queue, running, shares, policy, &builder(&[]))
    }

    #[test]
    fn a_builder_gets_only_what_it_can_build() {
        let queue = [Waiting { arch: Some("s390x".into()), ..task(1, "a") }, task(2, "a")];
        assert_eq!(ordered(&queue, &[], &[], &Policy::default()), [2]);
    }

    #[test]
    fn a_source_goes_to_a_builder_that_has_what_makes_it() {
        let tools = vec!["git".to_owned(), "tito".to_owned()];
        let queue = [Waiting { tools, ..task(1, "a") }, task(2, "a")];
        let with = |tools: &[&str]| taken(&queue, &[], &[], &Policy::default(), &builder(tools));
        assert_eq!((with(&["git"]), with(&["tito", "svn", "git"])), (vec![2], vec![1, 2]));
    }

    #[test]
    fn interactive_work_goes_before_background_work_of_idle_owners() {
        let queue = [Waiting { background: true, since: 999, ..task(1, "idle") }, task(2, "busy")];
        assert_eq!(ordered(&queue, &[load("busy", 9)], &[], &Policy::default()), [2, 1]);
    }

    #[test]
    fn background_work_that_has_waited_long_enough_is_like_any_other() {
        let queue = [Waiting { background: true, since: 400, ..task(1, "idle") }, task(2, "busy")];
        let after = |background_seconds| {
            let policy = Policy { background_seconds, ..Policy::default() };
            ordered(&queue, &[load("busy", 9)], &[], &policy)
        };
        assert_eq!([after(600), after(601), after(0)], [[1, 2], [2, 1], [2, 1]]);
    }

    #[test]
    fn among_owners_with_as_many_tasks_the_one_who_was_given_less_comes_first() {
        let queue = [task(1, "a"), task(2, "b"), task(3, "c")];
        let running = [Load { seconds: 500, ..load("b", 1) }, load("a", 1), load("c", 1)];
        let shares = [share("a", 400), share("b", 0), share("c", 450)];
        assert_eq!(ordered(&queue, &running, &shares, &Policy::default()), [1, 3, 2]);
    }

    #[test]
    fn time_given_long_ago_is_forgotten() {
        let queue = [task(1, "a"), task(2, "b"), task(3, "c")];
        let shares = [share("a", 5_000), share("b", 0), share("c", 1_000_000)];
        assert_eq!(ordered(&queue, &[], &shares, &Policy::default()), [1, 2, 3], "a and b are equally far behind");
    }

    #[test]
    fn owners_take_turns_within_one_look() {
        let queue = [task(1, "a"), task(2, "a"), task(3, "a"), task(4, "b"), task(5, "b"), task(6, "c")];
        assert_eq!(ordered(&queue, &[load("c", 2)], &[], &Policy::default()), [1, 4, 2, 5, 3, 6]);
    }

    #[test]
    fn a_limit_holds_back_what_would_go_beyond_it_and_nothing_else() {
        let other = Waiting { sandbox: "a/q--a".into(), ..task(2, "a") };
        let small = Waiting { arch: Some("i686".into()), ..task(3, "a") };
        let queue = [task(1, "a"), other, small, task(4, "b")];
        let running = [load("a", 2)];
        let none = Policy::default();
        let under = |policy: Policy| ordered(&queue, &running, &[], &policy);
        assert_eq!(under(none.clone()), [4, 1, 2, 3]);
        assert_eq!(under(Policy { owner_tasks: 2, ..none.clone() }), [4]);
        assert_eq!(under(Policy { owner_tasks: 3, ..none.clone() }), [4, 1], "what is given in this look counts");
        assert_eq!(under(Policy { sandbox_tasks: 2, ..none.clone() }), [4, 2]);
        assert_eq!(under(Policy { arch_owner_tasks: [("x86_64".into(), 2)].into(), ..none.clone() }), [4]);
        assert_eq!(under(Policy { arch_owner_tasks: [("s390x".into(), 1)].into(), ..none.clone() }), [4, 1, 2, 3]);
        assert!(under(Policy { tasks: 2, ..none }).is_empty());
    }

    proptest! {
        #[test]
        fn every_fitting_task_is_offered_once(owners in prop::collection::vec(0_u8..4, 0..40)) {
            let queue: Vec<_> = (1_i64..).zip(&owners).map(|(id, owner)| task(id, &owner.to_string())).collect();
            let mut ids = ordered(&queue, &[], &[], &Policy::default());
            ids.sort_unstable();
            prop_assert_eq!(ids, queue.iter().map(|task| task.id).collect::<Vec<_>>());
        }
    }
}
