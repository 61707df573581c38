//! How an endpoint is reached: with and without a slash at the end.

use super::{PREFIX, refused};
use crate::Web;
use crate::routes::{Methods, Routes, any};

/// A map of endpoints in the making.
pub(crate) struct Endpoints(Routes<Web>);

impl Endpoints {
    pub fn new() -> Self {
        Self(Routes::new())
    }

    /// Adds an endpoint under the prefix.
    pub fn at(self, path: &str, methods: Methods<Web>) -> Self {
        let methods = methods.otherwise(|| async { refused::no_method() });
        Self(self.0.both_ways(&format!("{PREFIX}{path}"), methods))
    }

    /// The whole map; every other address under the prefix is a 404 in this dialect.
    pub fn finish(self) -> Routes<Web> {
        self.0.route(&format!("{PREFIX}/{{*rest}}"), any(|| async { refused::no_route() }))
    }
}
