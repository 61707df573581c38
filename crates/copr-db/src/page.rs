//! Pages of lists.

use crate::revision::Revision;
use copr_types::{BuildId, PackageId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Which part of a list, in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Most rows; all when `None`.
    pub limit: Option<i64>,
    /// Rows to leave out first.
    pub offset: i64,
    /// Largest first.
    pub descending: bool,
}

impl Page {
    /// The first rows, as many as said.
    pub fn first(limit: i64) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }

    /// `LIMIT` that means "all" when none was asked for, on both engines.
    pub(crate) fn limit(&self) -> i64 {
        self.limit.unwrap_or(i64::MAX)
    }

    /// The word after the ordering column.
    pub(crate) fn direction(&self) -> &'static str {
        if self.descending { "DESC" } else { "ASC" }
    }
}

/// A place in a project's list of builds: so many builds before it, as the project was at a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The project, and when.
    pub revision: Revision,
    /// The package whose builds are listed, or all.
    pub package: Option<PackageId>,
    /// How many builds come before.
    pub offset: i64,
}

/// Places in lists that somebody came by: whoever goes on from there need not count from the beginning.
#[derive(Debug, Default)]
pub struct Marks(Mutex<HashMap<Mark, BuildId>>);

impl Marks {
    /// Most places that are remembered; then all are forgotten. It costs a later reader one count.
    const MOST: usize = 4096;

    /// The newest build that may stand at a place.
    pub fn get(&self, mark: &Mark) -> Option<BuildId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(mark).copied()
    }

    /// Remembers the newest build that may stand at a place.
    pub fn put(&self, mark: Mark, build: BuildId) {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.len() >= Self::MOST {
            marks.clear();
        }
        marks.insert(mark, build);
    }
}
