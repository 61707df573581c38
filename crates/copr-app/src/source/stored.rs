//! Sources in the database: as they were given, and as everybody may see them.

use crate::Refusal;
use copr_db::build::Build;
use copr_db::package::Package;
use copr_types::{Source, SourceKind};
use serde_json::Value;

/// The JSON of a source that is to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// As everybody may see it.
    pub public: Value,
    /// As it was given, where that is something else.
    pub private: Option<Value>,
}

impl Shown {
    /// A source that is shown without its passwords.
    pub(crate) fn of(source: &Source) -> Result<Self, Refusal> {
        Self::beside(source, source)
    }

    /// A source that is shown as another one of its kind.
    pub(crate) fn beside(given: &Source, shown: &Source) -> Result<Self, Refusal> {
        let (public, private) = (serde_json::to_value(shown.public())?, serde_json::to_value(given)?);
        Ok(Self { private: (private != public).then_some(private), public })
    }

    /// The private half as text.
    pub(crate) fn private_text(&self) -> Option<String> {
        self.private.as_ref().map(Value::to_string)
    }
}

/// What is stored of a package's source: where a new input says nothing, it counts.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    given: Value,
    shown: Value,
}

impl Stored {
    pub(crate) fn of(package: &Package) -> Result<Self, Refusal> {
        let shown: Value = serde_json::from_str(&package.source)?;
        let given = match &package.private_source {
            Some(private) => serde_json::from_str(private)?,
            None => shown.clone(),
        };
        Ok(Self { given, shown })
    }

    /// What was said, or else what is stored under a key. Who says what is shown, in which there is no password, says
    /// nothing new.
    pub(super) fn or(&self, said: Option<String>, key: &str) -> Option<String> {
        let text = |value: &Value| value.get(key).and_then(Value::as_str).map(str::to_owned);
        said.filter(|said| Some(said) != text(&self.shown).as_ref()).or_else(|| text(&self.given))
    }

    /// The list of texts under a key.
    pub(super) fn list(&self, key: &str) -> Option<Vec<String>> {
        let items = self.given.get(key)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}

/// The source of a package, as it was given.
pub(crate) fn of_package(package: &Package) -> Result<Source, Refusal> {
    read(package.source_kind, package.private_source.as_ref().unwrap_or(&package.source))
}

/// The source of a build, as it was given.
pub(crate) fn of_build(build: &Build) -> Result<Source, Refusal> {
    read(build.source_kind, build.private_source.as_ref().unwrap_or(&build.source))
}

/// Reads a stored source. What is in it besides the kind's own keys is left out.
fn read(kind: SourceKind, json: &str) -> Result<Source, Refusal> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(match kind {
        SourceKind::Unset => Source::Unset {},
        SourceKind::Link => Source::Link { url: text(&serde_json::from_str(json)?, "url") },
        SourceKind::Upload => {
            let value: Value = serde_json::from_str(json)?;
            Source::Upload { url: text(&value, "url"), pkg: text(&value, "pkg"), tmp: text(&value, "tmp") }
        }
        SourceKind::Pypi => Source::Pypi(serde_json::from_str(json)?),
        SourceKind::Rubygems => Source::Rubygems(serde_json::from_str(json)?),
        SourceKind::Scm => Source::Scm(serde_json::from_str(json)?),
        SourceKind::Custom => Source::Custom(serde_json::from_str(json)?),
        SourceKind::Distgit => Source::Distgit(serde_json::from_str(json)?),
        SourceKind::RpmUpload => Source::RpmUpload(serde_json::from_str(json)?),
    })
}
