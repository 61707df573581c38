//! What runs, counted in the ways that order and limits ask for.

use crate::{Load, Policy, Share, Waiting, family};
use std::collections::HashMap;

/// A limit that holds a task back, with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// All tasks together.
    Tasks(i64),
    /// Those of its owner.
    Owner(i64),
    /// Those of its sandbox.
    Sandbox(i64),
    /// Those of its owner for its architecture.
    ArchOwner(i64),
}

/// What an owner has now and was given before.
#[derive(Clone, Debug, Default)]
struct Account {
    tasks: i64,
    /// The same by architecture.
    arches: HashMap<String, i64>,
    /// Of leases that are over.
    used: i64,
    /// Of those that last.
    running: i64,
}

impl Account {
    fn given(&self) -> i64 {
        self.used + self.running
    }
}

/// What a task is sorted by; smaller comes first.
pub(crate) type Key = (bool, i64, i64, bool, i64);

/// What runs and what was given, counted.
#[derive(Clone, Debug)]
pub struct Books {
    policy: Policy,
    tasks: i64,
    owners: HashMap<String, Account>,
    sandboxes: HashMap<String, i64>,
    floor: i64,
}

impl Books {
    /// Counts. Shares of owners who neither wait nor have anything running do not matter.
    pub fn new(queue: &[Waiting], running: &[Load], shares: &[Share], policy: &Policy) -> Self {
        let (owners, sandboxes) = (HashMap::new(), HashMap::new());
        let mut books = Self { policy: policy.clone(), tasks: 0, owners, sandboxes, floor: 0 };
        for task in queue {
            at(&mut books.owners, &task.owner);
        }
        for load in running {
            books.add(&load.owner, &load.sandbox, load.arch.as_deref(), load.tasks);
            at(&mut books.owners, &load.owner).running += load.seconds;
        }
        for share in shares {
            if let Some(account) = books.owners.get_mut(share.owner.as_str()) {
                account.used += share.used;
            }
        }
        let most = books.owners.values().map(|account| account.given()).max().unwrap_or_default();
        books.floor = most - policy.share_seconds;
        books
    }

    /// What an owner who is handed a task now has to be written down with, at least, to be no further behind than is
    /// remembered; none for who is not.
    pub fn raise(&self, owner: &str) -> Option<i64> {
        let (given, running) = self.owners.get(owner).map_or((0, 0), |account| (account.given(), account.running));
        (given < self.floor).then_some(self.floor - running)
    }

    /// The limit that holds a task back, if one does.
    pub fn full(&self, task: &Waiting) -> Option<Full> {
        let policy = &self.policy;
        let account = self.owners.get(&task.owner);
        let reached = |limit: i64, tasks: i64| limit > 0 && tasks >= limit;
        if reached(policy.tasks, self.tasks) {
            return Some(Full::Tasks(policy.tasks));
        }
        if reached(policy.owner_tasks, account.map_or(0, |account| account.tasks)) {
            return Some(Full::Owner(policy.owner_tasks));
        }
        if reached(policy.sandbox_tasks, self.sandboxes.get(&task.sandbox).copied().unwrap_or_default()) {
            return Some(Full::Sandbox(policy.sandbox_tasks));
        }
        let arch = family(task.arch.as_deref()?);
        let limit = policy.arch_owner_tasks.get(arch).copied()?;
        let tasks = account.and_then(|account| account.arches.get(arch).copied()).unwrap_or_default();
        reached(limit, tasks).then_some(Full::ArchOwner(limit))
    }

    /// Counts a task among those that run.
    pub fn take(&mut self, task: &Waiting) {
        self.add(&task.owner, &task.sandbox, task.arch.as_deref(), 1);
    }

    /// Whether a task comes after all others now: background work that has not waited long enough.
    pub(crate) fn is_last(&self, task: &Waiting, now: i64) -> bool {
        let patience = self.policy.background_seconds;
        task.background && !(patience > 0 && now - task.since >= patience)
    }

    pub(crate) fn key(&self, task: &Waiting, now: i64) -> Key {
        let (tasks, given) = self.owners.get(&task.owner).map_or((0, 0), |account| (account.tasks, account.given()));
        (self.is_last(task, now), tasks, given.max(self.floor), !task.source, task.id)
    }

    fn add(&mut self, owner: &str, sandbox: &str, arch: Option<&str>, tasks: i64) {
        self.tasks += tasks;
        let account = at(&mut self.owners, owner);
        account.tasks += tasks;
        if let Some(arch) = arch {
            *at(&mut account.arches, family(arch)) += tasks;
        }
        *at(&mut self.sandboxes, sandbox) += tasks;
    }
}

/// What a name has, made when it has nothing yet.
fn at<'a, T: Default>(map: &'a mut HashMap<String, T>, name: &str) -> &'a mut T {
    map.entry(name.to_owned()).or_default()
}
