//! Sources: what people say about them, and the rules for each kind. One validation serves builds and packages.

pub mod custom;
pub mod distgit;
mod file;
pub mod pypi;
pub mod rubygems;
pub mod scm;
mod stored;

pub(crate) use file::file_of_url;
pub use file::{SourceFile, kind_of, sanitise};
pub(crate) use stored::{Shown, Stored, of_build, of_package};

use crate::project::input::{NOT_A_CHOICE, REQUIRED};
use crate::{App, FieldErrors, Refusal};
use copr_db::Conn;
use copr_types::{PackageName, Source, SourceKind};

/// What people say about a source, by its kind. `None` in it: not said.
#[derive(Clone, Debug)]
pub enum Input {
    /// From git or Subversion.
    Scm(scm::Input),
    /// From PyPI.
    Pypi(pypi::Input),
    /// From RubyGems.
    Rubygems(rubygems::Input),
    /// Made by a script.
    Custom(custom::Input),
    /// From a dist-git.
    Distgit(distgit::Input),
}

/// What a request says that may be about a source of any kind: fields of several kinds have the same name.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// About git and Subversion.
    pub scm: scm::Input,
    /// About PyPI.
    pub pypi: pypi::Input,
    /// About RubyGems.
    pub rubygems: rubygems::Input,
    /// About scripts.
    pub custom: custom::Input,
    /// About dist-gits.
    pub distgit: distgit::Input,
}

impl Said {
    /// What is said about one kind of source; none for kinds that people can not set.
    pub fn about(self, kind: SourceKind) -> Option<Input> {
        match kind {
            SourceKind::Scm => Some(Input::Scm(self.scm)),
            SourceKind::Pypi => Some(Input::Pypi(self.pypi)),
            SourceKind::Rubygems => Some(Input::Rubygems(self.rubygems)),
            SourceKind::Custom => Some(Input::Custom(self.custom)),
            SourceKind::Distgit => Some(Input::Distgit(self.distgit)),
            SourceKind::Unset | SourceKind::Link | SourceKind::Upload | SourceKind::RpmUpload => None,
        }
    }
}

impl Input {
    /// The same, with what was not said taken from what is stored under the same key, whatever kind that is of.
    pub(crate) fn or(self, stored: &Stored) -> Self {
        match self {
            Self::Scm(said) => Self::Scm(said.or(stored)),
            Self::Pypi(said) => Self::Pypi(said.or(stored)),
            Self::Rubygems(said) => Self::Rubygems(said.or(stored)),
            Self::Custom(said) => Self::Custom(said.or(stored)),
            Self::Distgit(said) => Self::Distgit(said.or(stored)),
        }
    }

    /// The source that was said, of a package of that name where it is known; complains about the rest. None when there
    /// was anything to complain about.
    pub(crate) async fn check(
        &self,
        app: &App,
        conn: &mut Conn,
        package: Option<&PackageName>,
        errors: &mut FieldErrors,
    ) -> Result<Option<Source>, Refusal> {
        Ok(match self {
            Self::Scm(said) => said.check(errors).map(Source::Scm),
            Self::Pypi(said) => said.check(errors).map(Source::Pypi),
            Self::Rubygems(said) => said.check(errors).map(Source::Rubygems),
            Self::Custom(said) => said.check(conn, errors).await?.map(Source::Custom),
            Self::Distgit(said) => said.check(app, package, errors).map(Source::Distgit),
        })
    }
}

/// A text that must be said.
fn required(said: Option<&str>, field: &'static str, errors: &mut FieldErrors) -> Option<String> {
    let text = said.filter(|text| !text.trim().is_empty());
    if text.is_none() {
        errors.add(field, REQUIRED);
    }
    text.map(str::to_owned)
}

/// The same, of no more than some characters.
fn short(said: Option<&str>, most: usize, field: &'static str, errors: &mut FieldErrors) -> Option<String> {
    let text = required(said, field, errors)?;
    if text.chars().count() > most {
        errors.add(field, format!("Field cannot be longer than {most} characters."));
        return None;
    }
    Some(text)
}

/// The choice that a word names, or the usual one when nothing was said.
fn choice<T>(
    said: Option<&str>,
    named: impl Fn(&str) -> Option<T>,
    usual: T,
    field: &'static str,
    errors: &mut FieldErrors,
) -> Option<T> {
    let Some(word) = said.filter(|word| !word.is_empty()) else { return Some(usual) };
    let found = named(word);
    if found.is_none() {
        errors.add(field, NOT_A_CHOICE);
    }
    found
}
