//! What can be done with packages.

use super::{builds, call, may, need, project};
use copr_ui::api::Member;
use copr_ui::help::Call;

/// The calls.
pub(super) fn calls() -> Vec<Call> {
    vec![list(), find(), add(), edit(), reset(), build(), delete()]
}

fn package() -> Vec<Member> {
    [project(), vec![need("package", "name", "The package.")]].concat()
}

fn with() -> Vec<Member> {
    vec![
        may("with_latest_build", "switch", "Show the newest build, as latest_build."),
        may(
            "with_latest_succeeded_build",
            "switch",
            "Show the newest build that succeeded, as latest_succeeded_build.",
        ),
        may("with_all_builds", "switch", "Show all builds, newest first, as builds."),
    ]
}

fn list() -> Call {
    Call {
        parameters: [project(), with()].concat(),
        result: vec![need("packages", "list", "The packages by name, each as below.")],
        ..call("List packages", "GET", &["/api/coprs/<username>/<projectname>/package/list/"])
    }
}

fn find() -> Call {
    Call {
        parameters: [package(), with()].concat(),
        result: vec![need(
            "package",
            "object",
            "id, name, copr_id, source_type, source_json (JSON in a text), webhook_rebuild, enable_net, max_builds, \
             chroot_blacklist_raw, and the builds that were asked for.",
        )],
        ..call("Detail of a package", "GET", &["/api/coprs/<username>/<projectname>/package/get/<package>/"])
    }
}

fn settings() -> Vec<Member> {
    let distgit = vec![may("distgit", "kind", "distgit, namespace, committish.")];
    let older = vec![
        may("git_and_tito", "kind", "git_url; git_directory, git_branch, tito_test. Older: use scm."),
        may("mock_scm", "kind", "scm_url; scm_type, scm_branch, scm_subdir, spec. Older: use scm."),
    ];
    let others = vec![
        may("webhook_rebuild", "switch", "Web hooks build it."),
        may("max_builds", "number", "Builds to keep, up to 100; 0 for all."),
        may("chroot_blacklist", "text", "Patterns of chroots that it is not built in, with commas between them."),
    ];
    [builds::of_kinds(), distgit, older, others].concat()
}

fn changed() -> Vec<Member> {
    vec![need("message", "text", "What was done."), need("package", "object", "The package.")]
}

fn add() -> Call {
    Call {
        about: "The kind is in the address and says which fields there are. What is wrong with fields is told as an object, by \
                field.",
        parameters: [project(), vec![need("kind", "text", "One of those below.")]].concat(),
        fields: [vec![need("package_name", "name", "What it is called.")], settings()].concat(),
        result: changed(),
        ..call("Add a package", "POST", &["/api/coprs/<username>/<projectname>/package/add/<kind>/"])
    }
}

fn edit() -> Call {
    Call {
        about: "What is not sent stays as it is.",
        parameters: [package(), vec![need("kind", "text", "One of those below.")]].concat(),
        fields: settings(),
        result: changed(),
        ..call("Edit a package", "POST", &["/api/coprs/<username>/<projectname>/package/<package>/edit/<kind>/"])
    }
}

fn reset() -> Call {
    Call {
        about: "It keeps its builds and forgets its source.",
        parameters: package(),
        result: changed(),
        ..call("Reset a package", "POST", &["/api/coprs/<username>/<projectname>/package/reset/<package>/"])
    }
}

fn build() -> Call {
    Call {
        about: "From its own source. Fields and answer are those of builds by address, without pkgs.",
        parameters: package(),
        ..call("Build a package", "POST", &["/api/coprs/<username>/<projectname>/package/build/<package>/"])
    }
}

fn delete() -> Call {
    Call {
        about: "It goes with its builds, none of which may be at work.",
        parameters: package(),
        result: changed(),
        ..call("Delete a package", "POST", &["/api/coprs/<username>/<projectname>/package/delete/<package>/"])
    }
}
