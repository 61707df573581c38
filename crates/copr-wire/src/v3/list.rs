//! Lists and their pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub struct List<T> {
    /// The page; empty past the end, where clients stop asking.
    pub items: Vec<T>,
    /// What was asked for.
    pub meta: Meta,
}

/// What part of a list was asked for. All null where an answer has the form of a list without being a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Meta {
    /// Most items; null for all.
    pub limit: Option<i64>,
    /// Items left out first.
    pub offset: Option<i64>,
    /// Name of the attribute that orders the list.
    pub order: Option<String>,
    /// `ASC` or `DESC`.
    pub order_type: Option<String>,
}
