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
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    tasks: i64,
    /// Of leases that are over.
    used: i64,
    /// Of those that last.
    running: i64,
}

impl Account {
    fn given(self) -> i64 {
        self.used + self.running
    }
}

/// What a task is sorted by; smaller comes first.
pub(crate) type Key = (bool, i64, i64, bool, i64);

/// What runs and what was given, counted.
#[derive(Clone, Debug)]
pub struct Books<'a> {
    policy: &'a Policy,
    tasks: i64,
    owners: HashMap<&'a str, Account>,
    sandboxes: HashMap<&'a str, i64>,
    arches: HashMap<(&'a str, &'a str), i64>,
    floor: i64,
}

impl<'a> Books<'a> {
    /// Counts. Shares of owners who neither wait nor have anything running do not matter.
    pub fn new(queue: &'a [Waiting], running: &'a [Load], shares: &'a [Share], policy: &'a Policy) -> Self {
        let (owners, sandboxes, arches) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut books = Self { policy, tasks: 0, owners, sandboxes, arches, floor: 0 };
        for task in queue {
            books.owners.entry(&task.owner).or_default();
        }
        for load in running {
            books.add(&load.owner, &load.sandbox, load.arch.as_deref(), load.tasks);
            books.owners.entry(&load.owner).or_default().running += load.seconds;
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
        let account = self.account(owner);
        (account.given() < self.floor).then_some(self.floor - account.running)
    }

    /// The limit that holds a task back, if one does.
    pub fn full(&self, task: &Waiting) -> Option<Full> {
        let policy = self.policy;
        let reached = |limit: i64, tasks: i64| limit > 0 && tasks >= limit;
        if reached(policy.tasks, self.tasks) {
            return Some(Full::Tasks(policy.tasks));
        }
        if reached(policy.owner_tasks, self.account(&task.owner).tasks) {
            return Some(Full::Owner(policy.owner_tasks));
        }
        if reached(policy.sandbox_tasks, self.sandboxes.get(task.sandbox.as_str()).copied().unwrap_or_default()) {
            return Some(Full::Sandbox(policy.sandbox_tasks));
        }
        let arch = family(task.arch.as_deref()?);
        let limit = policy.arch_owner_tasks.get(arch).copied()?;
        let tasks = self.arches.get(&(task.owner.as_str(), arch)).copied().unwrap_or_default();
        reached(limit, tasks).then_some(Full::ArchOwner(limit))
    }

    /// Counts a task among those that run.
    pub fn take(&mut self, task: &'a Waiting) {
        self.add(&task.owner, &task.sandbox, task.arch.as_deref(), 1);
    }

    pub(crate) fn key(&self, task: &Waiting, now: i64) -> Key {
        let account = self.account(&task.owner);
        let patience = self.policy.background_seconds;
        let background = task.background && !(patience > 0 && now - task.since >= patience);
        (background, account.tasks, account.given().max(self.floor), !task.source, task.id)
    }

    fn account(&self, owner: &str) -> Account {
        self.owners.get(owner).copied().unwrap_or_default()
    }

    fn add(&mut self, owner: &'a str, sandbox: &'a str, arch: Option<&'a str>, tasks: i64) {
        self.tasks += tasks;
        self.owners.entry(owner).or_default().tasks += tasks;
        *self.sandboxes.entry(sandbox).or_default() += tasks;
        if let Some(arch) = arch {
            *self.arches.entry((owner, family(arch))).or_default() += tasks;
        }
    }
}
