//! Pages that say one thing.

use askama::Template;

/// Nothing is there.
#[derive(Clone, Debug, Template)]
#[template(path = "not_found.html")]
pub struct NotFound {
    /// What was looked for, where there is a sentence about it.
    pub looked_for: Option<String>,
}

/// Something broke, and it is ours.
#[derive(Clone, Debug, Template)]
#[template(path = "broken.html")]
pub struct Broken;

/// How to get a token, and where it goes.
#[derive(Clone, Debug, Template)]
#[template(path = "token.html")]
pub struct Token {
    /// Where the service is reached.
    pub public_url: String,
    /// Whether that is plain `http`: python-copr 2.7 wants to be told.
    pub plain_http: bool,
}
