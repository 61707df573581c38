//! Where in the queue a task stands.

use crate::{Books, Waiting};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// The numbers of all tasks of a whole queue in the order in which they go, if all builders can do everything and nothing
/// that runs ends before. Limits are not looked at: a task that one holds back has its place all the same.
pub fn places(queue: &[Waiting], mut books: Books, now: i64) -> Vec<i64> {
    let mut sorted: Vec<&Waiting> = queue.iter().collect();
    // Each owner's own order does not change when others are served.
    sorted.sort_by_cached_key(|task| books.key(task, now));
    let mut lines = HashMap::<(bool, &str), VecDeque<&Waiting>>::new();
    for task in sorted {
        lines.entry((books.key(task, now).0, &task.owner)).or_default().push_back(task);
    }
    let mut heads: BTreeSet<_> =
        lines.iter().filter_map(|((_, owner), line)| line.front().map(|head| (books.key(head, now), *owner))).collect();
    let mut order = Vec::with_capacity(queue.len());
    while let Some((key, owner)) = heads.pop_first() {
        let Some(line) = lines.get_mut(&(key.0, owner)) else { continue };
        let Some(head) = line.front() else { continue };
        // Keys of a line's head grow when its owner is given something in another line.
        let present = books.key(head, now);
        if present != key {
            heads.insert((present, owner));
            continue;
        }
        order.push(head.id);
        books.take(head);
        line.pop_front();
        if let Some(next) = line.front() {
            heads.insert((books.key(next, now), owner));
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Load, Policy};
    use proptest::prelude::*;

    fn task(id: i64, owner: &str) -> Waiting {
        Waiting { id, owner: owner.to_owned(), ..Waiting::default() }
    }

    #[test]
    fn owners_take_turns_and_who_has_something_running_waits_for_the_others() {
        let queue = [task(1, "a"), task(2, "a"), task(3, "a"), task(4, "b"), task(5, "c"), task(6, "b")];
        let running = [Load { owner: "b".into(), tasks: 1, ..Load::default() }];
        let policy = Policy::default();
        let books = Books::new(&queue, &running, &[], &policy);
        assert_eq!(places(&queue, books, 0), [1, 5, 2, 4, 3, 6]);
    }

    proptest! {
        #[test]
        fn each_task_has_one_place(kinds in prop::collection::vec((0_u8..4, any::<bool>(), any::<bool>()), 0..60)) {
            let queue: Vec<_> = (1_i64..)
                .zip(&kinds)
                .map(|(id, (owner, background, source))| {
                    Waiting { background: *background, source: *source, ..task(id, &owner.to_string()) }
                })
                .collect();
            let policy = Policy::default();
            let order = places(&queue, Books::new(&queue, &[], &[], &policy), 0);
            let last_interactive = order.iter().rposition(|id| !kinds[usize::try_from(id - 1).unwrap()].1);
            let first_background = order.iter().position(|id| kinds[usize::try_from(id - 1).unwrap()].1);
            if let (Some(last), Some(first)) = (last_interactive, first_background) {
                prop_assert!(last < first);
            }
            let mut ids = order;
            ids.sort_unstable();
            prop_assert_eq!(ids, (1..=i64::try_from(kinds.len()).unwrap()).collect::<Vec<_>>());
        }
    }
}
