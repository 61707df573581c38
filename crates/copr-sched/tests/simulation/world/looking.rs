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
            let idle = self.builders.iter().find(|builder| builder.asks && fits(&builder.offer, &task.waiting));
            assert!(held_back.is_some() || idle.is_none(), "task {} waits for nothing", task.waiting.id);
        }
    }
}

fn fits(offer: &Offer, task: &Waiting) -> bool {
    task.arch.as_ref().is_none_or(|arch| offer.arches.contains(arch))
        && task.tools.iter().all(|tool| offer.tools.contains(tool))
}
