//! Sources from PyPI.

use super::{Stored, choice, short};
use crate::FieldErrors;
use crate::project::input::{NOT_A_CHOICE, not_choices};
use copr_types::source::{Pypi, SpecGenerator};

/// Most characters of a name: with `python3-` before it a package's name has its hundred.
const LONGEST: usize = 93;
/// Templates of pyp2rpm.
const TEMPLATES: [&str; 5] = ["", "fedora", "epel7", "mageia", "pld"];
/// Major versions of Python.
const VERSIONS: [&str; 2] = ["3", "2"];

/// What people say. `None`: not said.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Name of the project on PyPI.
    pub package_name: Option<String>,
    /// Its version; the newest when empty.
    pub package_version: Option<String>,
    /// `pyp2spec` or `pyp2rpm`.
    pub spec_generator: Option<String>,
    /// Template of pyp2rpm.
    pub spec_template: Option<String>,
    /// Major versions of Python.
    pub python_versions: Option<Vec<String>>,
}

impl Input {
    pub(super) fn or(self, stored: &Stored) -> Self {
        Self {
            package_name: stored.or(self.package_name, "pypi_package_name"),
            package_version: stored.or(self.package_version, "pypi_package_version"),
            spec_generator: stored.or(self.spec_generator, "spec_generator"),
            spec_template: stored.or(self.spec_template, "spec_template"),
            python_versions: self.python_versions.or_else(|| stored.list("python_versions")),
        }
    }

    pub(super) fn check(&self, errors: &mut FieldErrors) -> Option<Pypi> {
        let name = short(self.package_name.as_deref(), LONGEST, "pypi_package_name", errors);
        let generator = self.spec_generator.as_deref();
        let generator = choice(generator, SpecGenerator::from_word, SpecGenerator::Pyp2spec, "spec_generator", errors);
        let template = self.spec_template.clone().unwrap_or_default();
        if !TEMPLATES.contains(&template.as_str()) {
            errors.add("spec_template", NOT_A_CHOICE);
        }
        let said = self.python_versions.clone().filter(|versions| !versions.is_empty());
        let versions = said.unwrap_or_else(|| vec!["3".to_owned()]);
        let unknown: Vec<&str> =
            versions.iter().map(String::as_str).filter(|version| !VERSIONS.contains(version)).collect();
        if !unknown.is_empty() {
            errors.add("python_versions", not_choices(&unknown));
        }
        Some(Pypi {
            pypi_package_name: name?,
            pypi_package_version: self.package_version.clone().filter(|version| !version.is_empty()),
            spec_generator: generator?,
            spec_template: template,
            python_versions: versions,
        })
    }
}
