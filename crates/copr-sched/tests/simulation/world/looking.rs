//! What must be true at any time, counted without the scheduler's books.

use super::World;
use copr_sched::{Books, Offer, Waiting};

impl World {
    /// Counted anew, without the scheduler's books.
    pub(super) fn check_limits(&self, id: i64) {
        let new = &self.tasks[&id].waiting;
        let held: Vec<&Waiting> = self.running.iter().map(|id| &self.tasks[id].waiting).collect();
        let within = |limit: i64, what: &str, same: &dyn Fn(&Waiting) -> bool| {
            let count = held.iter().filter(|one| same(one)).count() as i64;
            assert!(limit == 0 || count <= limit, "{count} tasks of the same {what}, and the limit is {limit}");
        };
        within(self.policy.tasks, "service", &|_| true);
        within(self.policy.owner_tasks, "owner", &|one| one.owner == new.owner);
        within(self.policy.sandbox_tasks, "sandbox", &|one| one.sandbox == new.sandbox);
        for (arch, &limit) in &self.policy.arch_owner_tasks {
            within(limit, arch, &|one| one.owner == new.owner && one.arch.as_ref() == Some(arch));
        }
    }

    /// A builder can do what it got, and its machine has the memory for all that it does.
    pub(super) fn check_builder(&self, id: i64, builder: usize) {
        let (task, offer) = (&self.tasks[&id].waiting, self.offer(builder));
        assert!(fits(&offer, task), "task {id} went to {offer:?}");
        assert!(offer.memory_mib.is_none_or(|memory| offer.held_mib <= memory), "{offer:?} holds more than it has");
    }

    /// Whether a task need not go back to a machine: another one that is in service could do it.
    pub(super) fn others_fit(&self, id: i64, machine: i64) -> bool {
        let task = &self.tasks[&id].waiting;
        let others = self.builders.iter().filter(|builder| builder.offer.builder != machine && !builder.away);
        others.into_iter().any(|builder| fits(&builder.offer, task))
    }

    /// No builder is free for a task that could be had.
    pub(super) fn look_at_everything(&self) {
        if !self.builders.iter().any(|builder| builder.asks) {
            return;
        }
        let running = self.loads();
        let books = Books::new(&[], &running, &[], &self.policy);
        for task in self.lanes.values().flatten().map(|id| &self.tasks[id]) {
            assert!(task.held.is_none() && task.ends == 0);
            if task.not_before > self.now {
                continue;
            }
            let held_back = books.full(&task.waiting);
            let idle = (0..self.builders.len()).find(|&n| self.builders[n].asks && self.could_take(n, &task.waiting));
            assert!(held_back.is_some() || idle.is_none(), "task {} waits for nothing", task.waiting.id);
        }
    }

    /// Whether a builder that asks could take a task now.
    fn could_take(&self, builder: usize, task: &Waiting) -> bool {
        let offer = self.offer(builder);
        let left = offer.memory_mib.is_none_or(|memory| offer.held_mib + task.memory_mib <= memory);
        left && fits(&offer, task) && task.avoid != Some(offer.builder)
    }
}

fn fits(offer: &Offer, task: &Waiting) -> bool {
    task.arch.as_ref().is_none_or(|arch| offer.arches.contains(arch))
        && task.tools.iter().all(|tool| offer.tools.contains(tool))
        && task.tags.iter().all(|tag| offer.tags.contains(tag))
        && offer.memory_mib.is_none_or(|memory| task.memory_mib <= memory)
}
