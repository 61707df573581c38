//! In which order things are made that need each other: waves, and the circles that allow none.
//!
//! Plain numbers in and out: what a member is and how a need is known is the caller's business.
//!
//! ```
//! use copr_sched::waves::{Need, plan};
//!
//! // An application needs a library, which needs a tool.
//! let [app, library, tool] = [0, 1, 2];
//! let plan = plan(3, &[Need::hard(app, library), Need::hard(library, tool)]);
//! assert_eq!(plan.wave, [Some(3), Some(2), Some(1)]);
//! ```

use std::collections::VecDeque;

/// One member can not be made before another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Who needs.
    pub of: usize,
    /// What is needed.
    pub by: usize,
    /// It would do without, if it had to: this need is given up where it closes a circle.
    pub soft: bool,
}

impl Need {
    /// A need without which nothing goes.
    pub fn hard(of: usize, by: usize) -> Self {
        Self { of, by, soft: false }
    }

    /// A need that may be given up.
    pub fn soft(of: usize, by: usize) -> Self {
        Self { of, by, soft: true }
    }
}

/// An order of members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The wave of each member, from 1: the smallest after those of all that it needs. None for those in a circle, which
    /// nobody waits for here.
    pub wave: Vec<Option<usize>>,
    /// For each member that is in a circle of hard needs one of the shortest such circles: it begins and ends with the
    /// member itself.
    pub circle: Vec<Option<Vec<usize>>>,
    /// The soft needs that are given up, by their places in the list: each of them would close a circle.
    pub given_up: Vec<usize>,
}

/// Orders members `0..count`. That a member needs itself says nothing.
///
/// # Panics
///
/// When a need names a member that there is not.
pub fn plan(count: usize, needs: &[Need]) -> Plan {
    let of_kind =
        |soft: bool| needs.iter().enumerate().filter(move |(_, need)| need.soft == soft && need.of != need.by);
    let mut hard = vec![Vec::new(); count];
    for (_, need) in of_kind(false) {
        hard[need.of].push(need.by);
    }
    let groups = groups(&hard);
    let mut sizes = vec![0_usize; count];
    groups.iter().for_each(|group| sizes[*group] += 1);
    let circle: Vec<Option<Vec<usize>>> =
        (0..count).map(|member| (sizes[groups[member]] > 1).then(|| shortest_circle(member, &hard, &groups))).collect();

    // What is in a circle is out of the order.
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (_, need) in of_kind(false).filter(|(_, need)| circle[need.of].is_none() && circle[need.by].is_none()) {
        order[need.of].push(need.by);
    }
    let given_up = add_soft(&mut order, needs, &circle);
    Plan { wave: waves(&order, &circle), circle, given_up }
}

/// Adds the soft needs that close no circle, in their order. Returns the places of the others.
fn add_soft(order: &mut [Vec<usize>], needs: &[Need], circle: &[Option<Vec<usize>>]) -> Vec<usize> {
    let soft: Vec<(usize, &Need)> = needs
        .iter()
        .enumerate()
        .filter(|(_, need)| need.soft && need.of != need.by)
        .filter(|(_, need)| circle[need.of].is_none() && circle[need.by].is_none())
        .collect();
    // Only within a group of the whole can a need close a circle: all others go in without a look.
    let mut whole = order.to_vec();
    soft.iter().for_each(|(_, need)| whole[need.of].push(need.by));
    let groups = groups(&whole);
    let (inside, between): (Vec<_>, Vec<_>) =
        soft.into_iter().partition(|(_, need)| groups[need.of] == groups[need.by]);
    for (_, need) in between {
        order[need.of].push(need.by);
    }
    let mut given_up = Vec::new();
    let mut seen = vec![usize::MAX; order.len()];
    for (at, need) in inside {
        if reaches(order, &groups, need.by, need.of, &mut seen, at) {
            given_up.push(at);
        } else {
            order[need.of].push(need.by);
        }
    }
    given_up
}

/// Whether one member needs another one, over any number of others of its group. `mark` is new for each call.
fn reaches(order: &[Vec<usize>], groups: &[usize], from: usize, to: usize, seen: &mut [usize], mark: usize) -> bool {
    let mut stack = vec![from];
    while let Some(member) = stack.pop() {
        if member == to {
            return true;
        }
        for &next in &order[member] {
            if groups[next] == groups[to] && seen[next] != mark {
                seen[next] = mark;
                stack.push(next);
            }
        }
    }
    false
}

/// The longest way down from each member, in an order without circles.
fn waves(order: &[Vec<usize>], circle: &[Option<Vec<usize>>]) -> Vec<Option<usize>> {
    let mut needed_by = vec![Vec::new(); order.len()];
    let mut open: Vec<usize> = order.iter().map(Vec::len).collect();
    for (of, needs) in order.iter().enumerate() {
        needs.iter().for_each(|by| needed_by[*by].push(of));
    }
    let mut wave = vec![1_usize; order.len()];
    let mut ready: VecDeque<usize> = (0..order.len()).filter(|member| open[*member] == 0).collect();
    while let Some(member) = ready.pop_front() {
        for &of in &needed_by[member] {
            wave[of] = wave[of].max(wave[member] + 1);
            open[of] -= 1;
            if open[of] == 0 {
                ready.push_back(of);
            }
        }
    }
    wave.into_iter().zip(circle).map(|(wave, circle)| circle.is_none().then_some(wave)).collect()
}

/// For each member the number of its group: those that need each other, over whatever others (Tarjan's strongly connected
/// components, without recursion: sets may be deep).
fn groups(needs: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let count = needs.len();
    let (mut index, mut low, mut group) = (vec![NONE; count], vec![NONE; count], vec![NONE; count]);
    let (mut next_index, mut next_group) = (0, 0);
    let mut open = Vec::new();
    for root in 0..count {
        if index[root] != NONE {
            continue;
        }
        // Members on the way down, each with the place of the need to look at next.
        let mut way = vec![(root, 0)];
        while let Some((member, at)) = way.last_mut() {
            let member = *member;
            if *at == 0 && index[member] == NONE {
                (index[member], low[member]) = (next_index, next_index);
                next_index += 1;
                open.push(member);
            }
            if let Some(&next) = needs[member].get(*at) {
                *at += 1;
                if index[next] == NONE {
                    way.push((next, 0));
                } else if group[next] == NONE {
                    low[member] = low[member].min(index[next]);
                }
                continue;
            }
            way.pop();
            if let Some((above, _)) = way.last() {
                low[*above] = low[*above].min(low[member]);
            }
            if low[member] == index[member] {
                while let Some(one) = open.pop() {
                    group[one] = next_group;
                    if one == member {
                        break;
                    }
                }
                next_group += 1;
            }
        }
    }
    group
}

/// One of the shortest ways from a member back to itself, within its group.
fn shortest_circle(member: usize, needs: &[Vec<usize>], groups: &[usize]) -> Vec<usize> {
    let mut from: Vec<Option<usize>> = vec![None; needs.len()];
    let mut queue = VecDeque::from([member]);
    while let Some(one) = queue.pop_front() {
        for &next in needs[one].iter().filter(|next| groups[**next] == groups[member]) {
            if next == member {
                let mut way = vec![member, one];
                let mut at = one;
                while let Some(before) = from[at] {
                    way.push(before);
                    at = before;
                }
                way.reverse();
                return way;
            }
            if from[next].is_none() {
                from[next] = Some(one);
                queue.push_back(next);
            }
        }
    }
    // Whoever is in a group with others is in a circle.
    vec![member]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn orders_and_circles_are_as_one_would_draw_them() {
        let hard = |pairs: &[(usize, usize)]| pairs.iter().map(|(of, by)| Need::hard(*of, *by)).collect::<Vec<_>>();
        // A diamond.
        let diamond = plan(4, &hard(&[(3, 1), (3, 2), (1, 0), (2, 0)]));
        assert_eq!(diamond.wave, [Some(1), Some(2), Some(2), Some(3)]);
        // Two circles that share a member, somebody who needs one of them, and somebody alone.
        let circles = plan(5, &hard(&[(0, 1), (1, 0), (1, 2), (2, 1), (3, 0), (4, 4)]));
        assert_eq!(circles.wave, [None, None, None, Some(1), Some(1)]);
        assert_eq!(circles.circle[0], Some(vec![0, 1, 0]));
        assert_eq!(circles.circle[2], Some(vec![2, 1, 2]));
        assert_eq!(circles.circle[3], None);
        // A circle that a soft need closes is opened there.
        let opened = plan(3, &[Need::hard(0, 1), Need::hard(1, 2), Need::soft(2, 0)]);
        assert_eq!((opened.wave, opened.given_up), (vec![Some(3), Some(2), Some(1)], vec![2]));
        assert_eq!(plan(0, &[]), Plan::default());
    }

    #[test]
    fn deep_sets_need_no_deep_stack() {
        let needs: Vec<Need> = (1..100_000).map(|of| Need::hard(of, of - 1)).collect();
        assert_eq!(plan(100_000, &needs).wave[99_999], Some(100_000));
    }

    fn any_needs() -> impl Strategy<Value = (usize, Vec<Need>)> {
        (1_usize..14).prop_flat_map(|count| {
            let need = (0..count, 0..count, any::<bool>()).prop_map(|(of, by, soft)| Need { of, by, soft });
            (Just(count), prop::collection::vec(need, 0..40))
        })
    }

    /// Whether one member needs another, over others, by some of the needs.
    fn leads(needs: &[Need], from: usize, to: usize) -> bool {
        let (mut stack, mut seen) = (vec![from], HashSet::new());
        while let Some(one) = stack.pop() {
            for need in needs.iter().filter(|need| need.of == one && need.of != need.by) {
                if need.by == to {
                    return true;
                }
                if seen.insert(need.by) {
                    stack.push(need.by);
                }
            }
        }
        false
    }

    proptest! {
        #[test]
        fn waves_are_valid_and_minimal((count, needs) in any_needs()) {
            let plan = plan(count, &needs);
            let kept = |at: usize, need: &Need| need.of != need.by && !plan.given_up.contains(&at)
                && plan.wave[need.by].is_some();
            for (member, wave) in plan.wave.iter().enumerate() {
                let Some(wave) = *wave else { continue };
                let before = needs.iter().enumerate().filter(|(at, need)| need.of == member && kept(*at, need));
                let latest = before.filter_map(|(_, need)| plan.wave[need.by]).max().unwrap_or(0);
                prop_assert_eq!(wave, latest + 1);
            }
        }

        #[test]
        fn every_circle_is_named_and_is_one((count, needs) in any_needs()) {
            let plan = plan(count, &needs);
            let hard: Vec<Need> = needs.iter().copied().filter(|need| !need.soft).collect();
            for (member, circle) in plan.circle.iter().enumerate() {
                prop_assert_eq!(circle.is_some(), leads(&hard, member, member));
                prop_assert_eq!(circle.is_some(), plan.wave[member].is_none());
                let Some(circle) = circle else { continue };
                prop_assert!(circle.len() > 2 && circle[0] == member && circle[circle.len() - 1] == member);
                let different: HashSet<_> = circle[1..].iter().collect();
                prop_assert_eq!(different.len(), circle.len() - 1, "it passes a member twice");
                for pair in circle.windows(2) {
                    prop_assert!(hard.contains(&Need::hard(pair[0], pair[1])));
                }
            }
        }

        #[test]
        fn only_what_would_close_a_circle_is_given_up((count, needs) in any_needs()) {
            let plan = plan(count, &needs);
            let kept: Vec<Need> = needs.iter().enumerate()
                .filter(|(at, need)| !plan.given_up.contains(at)
                    && plan.wave[need.of].is_some() && plan.wave[need.by].is_some())
                .map(|(_, need)| *need).collect();
            for at in &plan.given_up {
                prop_assert!(needs[*at].soft);
                prop_assert!(leads(&kept, needs[*at].by, needs[*at].of));
            }
        }
    }
}
