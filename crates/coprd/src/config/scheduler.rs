//! `[scheduler]`

use super::ConfigError;
use super::sections::{at_least, is_arch, rule};
use copr_app::needs::Need;
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
    /// Memory that a task asks for, MiB, unless `needs` says more.
    pub memory_mib: u64,
    /// What certain packages need of their builders.
    pub needs: Vec<WrittenNeed>,
}

/// What packages need whose path fits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a rule")]
pub struct WrittenNeed {
    /// A regular expression for the beginning of `owner/directory/chroot/package`.
    pub pattern: String,
    /// What the builder has to be called.
    pub tags: Vec<String>,
    /// Memory that a task asks for, MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
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
            // As Copr tells builders.
            memory_mib: 2048,
            needs: Vec::new(),
        }
    }
}

impl Scheduler {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        at_least("scheduler.lease_seconds", self.lease_seconds, 5)?;
        at_least("scheduler.max_attempts", self.max_attempts.into(), 1)?;
        self.needs()?;
        self.arches().map(drop)
    }

    /// As the use cases take them.
    pub fn needs(&self) -> Result<Vec<Need>, ConfigError> {
        self.needs.iter().map(WrittenNeed::read).collect()
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

impl WrittenNeed {
    fn read(&self) -> Result<Need, ConfigError> {
        let pattern = &self.pattern;
        if pattern.is_empty() || (self.tags.is_empty() && self.memory_mib.is_none()) {
            return rule("scheduler.needs", "must be rules with a `pattern`, and with `tags` or `memory_mib`");
        }
        if let Some(tag) = self.tags.iter().find(|tag| !is_tag(tag)) {
            return rule("scheduler.needs", format!("has the tag `{tag}`: {TAG_RULE}"));
        }
        Need::new(pattern, self.tags.clone(), self.memory_mib)
            .or_else(|error| rule("scheduler.needs", format!("has the pattern `{pattern}`, which is none: {error}")))
    }
}

pub(super) const TAG_RULE: &str = "write letters, digits and the characters `-_.:`";

pub(super) fn is_tag(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c))
}
