//! What this dialect calls kinds of sources and their fields. Two kinds are older than the one that took their place.

use super::fields::Fields;
use copr_app::source::{Said, custom, distgit, pypi, rubygems, scm};
use copr_app::{FieldErrors, Refusal};
use copr_types::source::SrpmMethod;

/// What a request says about a source.
pub struct Source {
    /// The kind as the other dialects call it.
    pub kind: String,
    /// What is said.
    pub said: Said,
    /// Names of fields: here, and elsewhere.
    names: Vec<(&'static str, &'static str)>,
}

impl Source {
    /// What fields say about a source of a kind.
    pub fn read(fields: &Fields, kind: &str) -> Self {
        let mut source = match kind {
            "git_and_tito" => Self::tito(fields),
            "mock_scm" => Self::mock(fields),
            kind => Self { kind: kind.to_owned(), said: said(fields), names: Vec::new() },
        };
        if fields.has("chroot_blacklist") {
            source.names.push(("chroot_blacklist", "chroot_denylist"));
        }
        source
    }

    /// A git repository from which tito makes the source package.
    fn tito(fields: &Fields) -> Self {
        let test = fields.flag(&["tito_test"]).unwrap_or(false);
        Self::scm(
            scm::Input {
                clone_url: fields.line(&["git_url"]),
                committish: fields.line(&["git_branch"]),
                subdirectory: fields.line(&["git_directory"]),
                source_build_method: Some(method(if test { SrpmMethod::TitoTest } else { SrpmMethod::Tito })),
                ..scm::Input::default()
            },
            &[("git_url", "clone_url"), ("tito_test", "srpm_build_method")],
        )
    }

    /// A repository with the spec file beside the sources.
    fn mock(fields: &Fields) -> Self {
        Self::scm(
            scm::Input {
                clone_url: fields.line(&["scm_url"]),
                scm_type: fields.line(&["scm_type"]),
                committish: fields.line(&["scm_branch"]),
                subdirectory: fields.line(&["scm_subdir"]),
                spec: fields.line(&["spec"]),
                source_build_method: Some(method(SrpmMethod::Rpkg)),
            },
            &[("scm_url", "clone_url")],
        )
    }

    /// A repository as dist-gits have them.
    pub fn distgit(fields: &Fields) -> Self {
        let (clone_url, committish) = (fields.line(&["clone_url"]), fields.line(&["branch"]));
        Self::scm(scm::Input { clone_url, committish, ..scm::Input::default() }, &[])
    }

    fn scm(scm: scm::Input, names: &[(&'static str, &'static str)]) -> Self {
        Self { kind: "scm".to_owned(), said: Said { scm, ..Said::default() }, names: names.to_vec() }
    }

    /// The same for what is new: unless somebody says otherwise, packages from PyPI are for both Pythons here.
    pub fn for_both_pythons(mut self) -> Self {
        let versions = self.said.pypi.python_versions.filter(|versions| !versions.is_empty());
        self.said.pypi.python_versions = versions.or_else(|| Some(["3", "2"].map(str::to_owned).to_vec()));
        self
    }

    /// A refusal in which fields are called as they are here.
    pub fn renamed(&self, refusal: Refusal) -> Refusal {
        let Some(errors) = &refusal.fields else { return refusal };
        if self.names.is_empty() {
            return refusal;
        }
        let here =
            |name: &'static str| self.names.iter().find(|(_, there)| *there == name).map_or(name, |(here, _)| here);
        Refusal::fields(FieldErrors(errors.0.iter().map(|(name, texts)| (here(name), texts.clone())).collect()))
    }
}

fn method(method: SrpmMethod) -> String {
    method.as_str().to_owned()
}

/// The same fields as in other dialects.
fn said(fields: &Fields) -> Said {
    Said {
        scm: scm::Input {
            clone_url: fields.line(&["clone_url"]),
            scm_type: fields.line(&["scm_type"]),
            committish: fields.line(&["committish"]),
            subdirectory: fields.line(&["subdirectory"]),
            spec: fields.line(&["spec"]),
            source_build_method: fields.line(&["srpm_build_method"]),
        },
        pypi: pypi::Input {
            package_name: fields.line(&["pypi_package_name"]),
            package_version: fields.line(&["pypi_package_version"]),
            spec_generator: fields.line(&["spec_generator"]),
            spec_template: fields.line(&["spec_template"]),
            python_versions: fields.words("python_versions"),
        },
        rubygems: rubygems::Input { gem_name: fields.line(&["gem_name"]) },
        custom: custom::Input {
            script: fields.text(&["script"]),
            chroot: fields.line(&["chroot", "script_chroot"]),
            builddeps: fields.list("builddeps").or_else(|| fields.list("script_builddeps")),
            resultdir: fields.line(&["resultdir", "script_resultdir"]),
            repos: fields.list("repos").or_else(|| fields.list("script_repos")),
        },
        distgit: distgit::Input {
            distgit: fields.line(&["distgit"]),
            namespace: fields.line(&["namespace"]),
            committish: fields.line(&["committish"]),
        },
    }
}
