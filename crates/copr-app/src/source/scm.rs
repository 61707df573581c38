//! Sources from git and Subversion.

use super::{Stored, choice, required};
use crate::FieldErrors;
use crate::project::input::is_address;
use copr_types::source::{Scm, ScmType, SrpmMethod};

/// Schemes of addresses that git, or git for Subversion, can clone from. `file` is none of them: it would be the builder's.
const SCHEMES: [&str; 7] = ["http", "https", "git", "ssh", "svn", "ftp", "ftps"];

/// What people say. `None`: not said.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Address of the repository.
    pub clone_url: Option<String>,
    /// `git` or `svn`.
    pub scm_type: Option<String>,
    /// Branch, tag or commit.
    pub committish: Option<String>,
    /// Directory of the package.
    pub subdirectory: Option<String>,
    /// Path of the spec file.
    pub spec: Option<String>,
    /// `rpkg`, `tito`, `tito_test` or `make_srpm`.
    pub source_build_method: Option<String>,
}

impl Input {
    /// The stored key of the repository's type has another name than the field: it falls back to git, as with Copr.
    pub(super) fn or(self, stored: &Stored) -> Self {
        Self {
            clone_url: stored.or(self.clone_url, "clone_url"),
            scm_type: self.scm_type,
            committish: stored.or(self.committish, "committish"),
            subdirectory: stored.or(self.subdirectory, "subdirectory"),
            spec: stored.or(self.spec, "spec"),
            source_build_method: stored.or(self.source_build_method, "srpm_build_method"),
        }
    }

    pub(super) fn check(&self, errors: &mut FieldErrors) -> Option<Scm> {
        let scm_type = choice(self.scm_type.as_deref(), ScmType::from_word, ScmType::Git, "scm_type", errors);
        let clone_url = required(self.clone_url.as_deref(), "clone_url", errors).filter(|url| {
            // What is shown in place of a password is none: it comes from another package.
            let good = is_address(url, &SCHEMES) && !url.contains("://…@");
            if !good {
                errors.add("clone_url", "Invalid URL.");
            }
            good
        });
        let spec = self.spec.as_deref().unwrap_or_default();
        if !spec.is_empty() && spec.strip_suffix(".spec").is_none_or(str::is_empty) {
            errors.add("spec", "RPM spec file must end with .spec");
        }
        let method = self.source_build_method.as_deref();
        let method = choice(method, SrpmMethod::from_word, SrpmMethod::Rpkg, "srpm_build_method", errors);
        Some(Scm {
            scm_type: scm_type?,
            clone_url: clone_url?,
            committish: self.committish.clone(),
            subdirectory: self.subdirectory.clone(),
            spec: self.spec.clone(),
            srpm_build_method: method?,
        })
    }
}
