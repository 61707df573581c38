//! Who gets the next task: a plain function of the queue, of what runs, and of the builder that asks.
//!
//! Interactive work goes before background work. Within each, the owner with the fewest running tasks comes first,
//! so that one owner with a hundred thousand tasks delays nobody; among equals sources go before packages (they
//! are short and open the way for the rest), then the oldest. Not here: limits and reasons, which come with
//! the database's rows; leases; time.
//!
//! ```
//! use copr_sched::{Load, Waiting, order};
//!
//! let queue = [
//!     Waiting { id: 1, owner: "big".into(), arch: None, tools: Vec::new(), background: false, source: true },
//!     Waiting { id: 2, owner: "small".into(), arch: None, tools: Vec::new(), background: false, source: true },
//! ];
//! let running = [Load { owner: "big".into(), tasks: 5 }];
//! assert_eq!(order(&queue, &running, &["x86_64".to_owned()], &[]), [2, 1]);
//! ```

use std::collections::HashMap;

/// A task that could be handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number; smaller is older.
    pub id: i64,
    /// Owner of the project.
    pub owner: String,
    /// Architecture; any when none.
    pub arch: Option<String>,
    /// Programs that its builder has to have.
    pub tools: Vec<String>,
    /// After everybody who waits.
    pub background: bool,
    /// Makes a source package.
    pub source: bool,
}

/// What an owner has running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The owner.
    pub owner: String,
    /// Tasks that are held by builders.
    pub tasks: i64,
}

/// Numbers of the tasks that a builder for these architectures and with these programs can take, best first.
pub fn order(queue: &[Waiting], running: &[Load], arches: &[String], tools: &[String]) -> Vec<i64> {
    let mut load = HashMap::<&str, i64>::new();
    for one in running {
        *load.entry(&one.owner).or_default() += one.tasks;
    }
    let fits = |task: &&Waiting| {
        task.arch.as_ref().is_none_or(|arch| arches.contains(arch))
            && task.tools.iter().all(|tool| tools.contains(tool))
    };
    let mut fitting: Vec<&Waiting> = queue.iter().filter(fits).collect();
    fitting.sort_by_key(|task| {
        let busy = load.get(task.owner.as_str()).copied().unwrap_or_default();
        (task.background, busy, !task.source, task.id)
    });
    fitting.into_iter().map(|task| task.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn task(id: i64, owner: &str) -> Waiting {
        let (arch, tools) = (Some("x86_64".into()), Vec::new());
        Waiting { id, owner: owner.into(), arch, tools, background: false, source: false }
    }

    #[test]
    fn a_builder_gets_only_what_it_can_build() {
        let queue = [Waiting { arch: Some("s390x".into()), ..task(1, "a") }, task(2, "a")];
        assert_eq!(order(&queue, &[], &["x86_64".into()], &[]), [2]);
    }

    #[test]
    fn a_source_goes_to_a_builder_that_has_what_makes_it() {
        let tools = vec!["git".to_owned(), "tito".to_owned()];
        let queue = [Waiting { tools, ..task(1, "a") }, task(2, "a")];
        let for_builder_with = |tools: &[&str]| {
            let tools: Vec<String> = tools.iter().map(|&tool| tool.to_owned()).collect();
            order(&queue, &[], &["x86_64".into()], &tools)
        };
        assert_eq!((for_builder_with(&["git"]), for_builder_with(&["tito", "svn", "git"])), (vec![2], vec![1, 2]));
    }

    #[test]
    fn interactive_work_goes_before_background_work_of_idle_owners() {
        let queue = [Waiting { background: true, ..task(1, "idle") }, task(2, "busy")];
        let running = [Load { owner: "busy".into(), tasks: 9 }];
        assert_eq!(order(&queue, &running, &["x86_64".into()], &[]), [2, 1]);
    }

    proptest! {
        #[test]
        fn every_fitting_task_is_offered_once(owners in prop::collection::vec(0_u8..4, 0..40)) {
            let queue: Vec<_> = (1_i64..).zip(&owners).map(|(id, owner)| task(id, &owner.to_string())).collect();
            let mut ids = order(&queue, &[], &["x86_64".into()], &[]);
            ids.sort_unstable();
            prop_assert_eq!(ids, queue.iter().map(|task| task.id).collect::<Vec<_>>());
        }
    }
}
