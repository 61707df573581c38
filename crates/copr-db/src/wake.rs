//! Bells that wake whoever waits for work: rung at commit, heard in this process and, with PostgreSQL, in every other.

use std::sync::Arc;
use tokio::sync::Notify;

/// What there may be to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A task may be leased.
    Tasks,
    /// A source is to be imported.
    Import,
    /// A repository is to be published.
    Publish,
    /// Something ended that a batch may have waited for.
    Batches,
    /// Some package may have more builds than it keeps.
    Retention,
    /// Files are to be removed.
    Remove,
    /// A project is to be copied into another.
    Fork,
    /// Something visible changed: pages and watchers look again.
    Change,
}

impl Topic {
    const ALL: [Self; 8] = [
        Self::Tasks,
        Self::Import,
        Self::Publish,
        Self::Batches,
        Self::Retention,
        Self::Remove,
        Self::Fork,
        Self::Change,
    ];

    /// The word used between processes.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Import => "import",
            Self::Publish => "publish",
            Self::Batches => "batches",
            Self::Retention => "retention",
            Self::Remove => "remove",
            Self::Fork => "fork",
            Self::Change => "change",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.word() == word)
    }
}

/// The bells, one per topic.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<[Notify; Topic::ALL.len()]>);

impl Wake {
    /// Rings: everyone who waits now wakes up.
    pub fn ring(&self, topic: Topic) {
        let bell = &self.0[topic as usize];
        bell.notify_waiters();
        if topic != Topic::Change && topic != Topic::Tasks {
            // A reconciler that is busy just now must not miss the bell: it keeps one permit.
            bell.notify_one();
        }
    }

    /// Waits for the next ring. Register (call and pin) before looking for work, so that no ring is lost.
    pub fn heard(&self, topic: Topic) -> tokio::sync::futures::Notified<'_> {
        self.0[topic as usize].notified()
    }
}
