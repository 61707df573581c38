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
}

/// Something broke, and it is ours.
#[derive(Clone, Debug, Template)]
#[template(path = "broken.html")]
pub struct Broken;

/// Something is for others than who asks.
#[derive(Clone, Debug, Template)]
#[template(path = "forbidden.html")]
pub struct Forbidden {
    /// Why, in a sentence.
    pub why: String,
    /// Where one can log in, for who is not.
    pub login: Option<&'static str>,
}
