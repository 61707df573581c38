//! Sources from RubyGems.

use super::{Stored, short};
use crate::FieldErrors;
use copr_types::source::Rubygems;

/// Most characters of a name: with `rubygem-` before it a package's name has its hundred.
const LONGEST: usize = 92;

/// What people say. `None`: not said.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Name of the gem.
    pub gem_name: Option<String>,
}

impl Input {
    pub(super) fn or(self, stored: &Stored) -> Self {
        Self { gem_name: stored.or(self.gem_name, "gem_name") }
    }

    pub(super) fn check(&self, errors: &mut FieldErrors) -> Option<Rubygems> {
        Some(Rubygems { gem_name: short(self.gem_name.as_deref(), LONGEST, "gem_name", errors)? })
    }
}
