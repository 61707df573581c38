//! `[scheduler]`

use super::ConfigError;
use super::sections::{at_least, is_arch, rule};
use copr_sched::Policy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How tasks are handed out. Of every limit 0 means none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section")]
pub struct Scheduler {
    /// Seconds that a builder may be silent before its task goes to another.
    pub lease_seconds: u64,
    /// How often a task is tried when builders are lost or fail by themselves.
    pub max_attempts: u32,
    /// Tasks that run at one time.
    pub tasks: u32,
    /// The same of one owner.
    pub owner_tasks: u32,
    /// The same of one project and submitter.
    pub sandbox_tasks: u32,
    /// The same of one owner for one architecture: `s390x=4`.
    pub arch_owner_tasks: Vec<String>,
    /// Seconds after which background builds are like all others; 0: never.
    pub background_seconds: u64,
    /// Seconds of builders' time that owners can be ahead of or behind each other.
    pub share_seconds: u64,
}

impl Default for Scheduler {
    fn default() -> Self {
        let policy = Policy::default();
        let limit = |value: i64| u32::try_from(value).unwrap_or_default();
        Self {
            lease_seconds: 60,
            max_attempts: 3,
            tasks: limit(policy.tasks),
            owner_tasks: limit(policy.owner_tasks),
            sandbox_tasks: limit(policy.sandbox_tasks),
            arch_owner_tasks: Vec::new(),
            background_seconds: policy.background_seconds.unsigned_abs(),
            share_seconds: policy.share_seconds.unsigned_abs(),
        }
    }
}

impl Scheduler {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        at_least("scheduler.lease_seconds", self.lease_seconds, 5)?;
        at_least("scheduler.max_attempts", self.max_attempts.into(), 1)?;
        self.arches().map(drop)
    }

    fn arches(&self) -> Result<BTreeMap<String, i64>, ConfigError> {
        let mut arches = BTreeMap::new();
        for written in &self.arch_owner_tasks {
            let Some((arch, limit)) = written.split_once('=').and_then(|(arch, number)| {
                let limit = number.trim().parse::<u32>().ok()?;
                is_arch(arch.trim()).then_some((arch.trim(), limit))
            }) else {
                let text = format!("has `{written}`: write an architecture and a number, such as `s390x=4`");
                return rule("scheduler.arch_owner_tasks", text);
            };
            let family = copr_sched::family(arch);
            if family != arch {
                let text = format!("has `{arch}`: what is built for it counts as `{family}`");
                return rule("scheduler.arch_owner_tasks", text);
            }
            if arches.insert(arch.to_owned(), limit.into()).is_some() {
                return rule("scheduler.arch_owner_tasks", format!("names `{arch}` twice"));
            }
        }
        Ok(arches)
    }

    /// As the scheduler takes it.
    pub fn policy(&self) -> Result<Policy, ConfigError> {
        let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Ok(Policy {
            tasks: self.tasks.into(),
            owner_tasks: self.owner_tasks.into(),
            sandbox_tasks: self.sandbox_tasks.into(),
            arch_owner_tasks: self.arches()?,
            background_seconds: seconds(self.background_seconds),
            share_seconds: seconds(self.share_seconds),
        })
    }
}
