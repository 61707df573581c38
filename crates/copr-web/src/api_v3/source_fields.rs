//! Fields that say what a source is, the same for builds and for packages.

use super::fields::Fields;
use copr_app::source::{Said, custom, distgit, pypi, rubygems, scm};

/// What a request says about a source, whichever kind that is of.
pub fn source(fields: &Fields) -> Said {
    Said {
        scm: scm::Input {
            clone_url: fields.line("clone_url"),
            scm_type: fields.line("scm_type"),
            committish: fields.line("committish"),
            subdirectory: fields.line("subdirectory"),
            spec: fields.line("spec"),
            source_build_method: first_line(fields, &["source_build_method", "srpm_build_method"]),
        },
        pypi: pypi::Input {
            package_name: fields.line("pypi_package_name"),
            package_version: fields.line("pypi_package_version"),
            spec_generator: fields.line("spec_generator"),
            spec_template: fields.line("spec_template"),
            python_versions: fields.list("python_versions"),
        },
        rubygems: rubygems::Input { gem_name: fields.line("gem_name") },
        // Builds have the short names, packages the long ones.
        custom: custom::Input {
            script: fields.text(&["script"]),
            chroot: first_line(fields, &["chroot", "script_chroot"]),
            builddeps: first_line(fields, &["builddeps", "script_builddeps"]),
            resultdir: first_line(fields, &["resultdir", "script_resultdir"]),
            repos: fields.text(&["repos", "script_repos"]),
        },
        distgit: distgit::Input {
            distgit: fields.line("distgit"),
            namespace: fields.line("namespace"),
            committish: fields.line("committish"),
        },
    }
}

fn first_line(fields: &Fields, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| fields.line(name))
}
