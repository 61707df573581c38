//! Pages of lists.

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
