//! Pages that say one thing.

use askama::Template;

/// Nothing is there.
#[derive(Clone, Debug, Template)]
#[template(path = "not_found.html")]
pub struct NotFound {
    /// What was looked for, where there is a sentence about it.
    pub looked_for: Option<String>,
}

/// Something can not be done.
#[derive(Clone, Debug, Template)]
#[template(path = "refused.html")]
pub struct Refused {
    /// Why.
    pub sentence: String,
    /// Whether somebody who logs in may have more luck.
    pub unknown: bool,
}

/// Something broke, and it is ours.
#[derive(Clone, Debug, Template)]
#[template(path = "broken.html")]
pub struct Broken;
