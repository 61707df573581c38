//! What can be done with builds.

use super::{call, example, may, need, project};
use copr_ui::api::Member;
use copr_ui::help::Call;
use copr_wire::v1::{Build, BuildDetail, Builds, Monitor, MonitoredBuild, MonitoredPackage, Status};

const CHROOTS: [&str; 2] = ["fedora-43-x86_64", "fedora-44-x86_64"];
const SRPM: &str = "https://example.org/hello-2.8-1.src.rpm";
const PRODUCED: [&str; 2] = ["hello 2.8", "hello-gui 2.8"];

/// The calls, for a service at an address.
pub(super) fn calls(url: &str) -> Vec<Call> {
    vec![monitor(url), add(url), upload(), sources(), status(), detail(url), cancel(), delete()]
}

fn build_id() -> Vec<Member> {
    vec![need("build_id", "number", "The build.")]
}

fn owned<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

fn states<const N: usize>(states: [(&str, &str); N]) -> std::collections::BTreeMap<String, String> {
    states.map(|(chroot, state)| (chroot.to_owned(), state.to_owned())).into()
}

fn monitor(url: &str) -> Call {
    let version = || Some("2.8-1".to_owned());
    let build = Build {
        id: 5,
        state: "failed".to_owned(),
        status: Some(0),
        src_pkg: SRPM.to_owned(),
        pkg_version: version(),
        source_type: "link".to_owned(),
        source_json: format!(r#"{{"url":"{SRPM}"}}"#),
        canceled: false,
        repos: None,
        submitted_on: 1_764_000_000,
        started_on: Some(1_764_000_020),
        ended_on: Some(1_764_000_200),
        results: format!("{url}/results/ann/tools/"),
        built_packages: Some(owned(PRODUCED)),
        memory_reqs: 4096,
        timeout: 18_000,
        enable_net: true,
        chroots: states([(CHROOTS[0], "failed"), (CHROOTS[1], "succeeded")]),
    };
    let result = |status: &str| Some(MonitoredBuild { build_id: 5, status: status.to_owned(), pkg_version: version() });
    let results = [(CHROOTS[0].to_owned(), result("failed")), (CHROOTS[1].to_owned(), result("succeeded"))].into();
    let packages = vec![MonitoredPackage { pkg_name: "hello".to_owned(), pkg_version: version(), results }];
    Call {
        about: "The newest build of each package in each chroot.",
        parameters: project(),
        result: vec![
            need("chroots", "list", "The chroots of the project."),
            need("builds", "list", "The builds that the results name, newest first."),
            need("packages", "list", "The packages by name: pkg_name, pkg_version, and results by chroot."),
            may(
                "results",
                "object",
                "build_id, status and pkg_version by chroot; null where the package was never built.",
            ),
        ],
        example: example(Monitor { chroots: owned(CHROOTS), builds: vec![build], packages }),
        ..call("Monitor of a project", "GET", &["/api/coprs/<username>/<projectname>/monitor/"])
    }
}

fn options() -> Vec<Member> {
    vec![
        may("<chroot>", "switch", "Chroots to build in; all of the project unless said."),
        may("timeout", "number", "Seconds that it may take."),
        may("enable_net", "switch", "It may use the network; as the project says unless said."),
        may("background", "switch", "It waits until nobody else does."),
        may("exclude_chroots", "list", "Chroots to leave out."),
        may("project_dirname", "text", "A directory of the project, such as project:custom:name."),
        may("after_build_id", "number", "A build that has to end before."),
        may("with_build_id", "number", "A build to run beside."),
    ]
}

fn submitted() -> Vec<Member> {
    vec![
        need("ids", "list", "Numbers of the builds."),
        need("id", "number", "The first of them."),
        need("message", "text", "What was done, and the page of each build."),
    ]
}

fn add(url: &str) -> Call {
    let message = format!("Build was added to tools.\n  {url}/coprs/build/5");
    Call {
        about: "One build for each address.",
        parameters: project(),
        fields: [
            vec![need("pkgs", "list", "Addresses of source packages (.src.rpm, .nosrc.rpm) or spec files.")],
            options(),
        ]
        .concat(),
        result: submitted(),
        example: example(Builds { ids: vec![5], id: Some(5), message }),
        ..call("Add builds by address", "POST", &["/api/coprs/<username>/<projectname>/new_build/"])
    }
}

fn upload() -> Call {
    Call {
        about: "The form has to be multipart.",
        parameters: project(),
        fields: [vec![need("pkgs", "file", "A source package or a spec file.")], options()].concat(),
        result: submitted(),
        ..call("Add a build of an upload", "POST", &["/api/coprs/<username>/<projectname>/new_build_upload/"])
    }
}

/// What each kind of source needs.
pub(super) fn of_kinds() -> Vec<Member> {
    vec![
        may(
            "pypi",
            "kind",
            "pypi_package_name; pypi_package_version, spec_template, python_versions (repeated: 3, 2).",
        ),
        may("rubygems", "kind", "gem_name."),
        may(
            "scm",
            "kind",
            "clone_url; committish, subdirectory, spec, scm_type (git, svn), srpm_build_method (rpkg, tito, tito_test, make_srpm).",
        ),
        may("custom", "kind", "script; chroot, builddeps, resultdir."),
    ]
}

fn sources() -> Call {
    let older = vec![
        may("distgit", "kind", "clone_url; branch."),
        may("tito", "kind", "git_url; git_directory, git_branch, tito_test. Older: use scm."),
        may("mock", "kind", "scm_url; scm_type, scm_branch, scm_subdir, spec. Older: use scm."),
    ];
    Call {
        about: "The kind is in the address and says which fields there are; the ones before the semicolon are needed.",
        parameters: [project(), vec![need("kind", "text", "One of those below.")]].concat(),
        fields: [of_kinds(), older, options()].concat(),
        result: submitted(),
        ..call("Add a build of another source", "POST", &["/api/coprs/<username>/<projectname>/new_build_<kind>/"])
    }
}

fn status() -> Call {
    Call {
        parameters: build_id(),
        result: vec![need("status", "text", "Where it stands.")],
        example: example(Status { status: "pending".to_owned() }),
        ..call("Status of a build", "GET", &["/api/coprs/build_status/<build_id>/"])
    }
}

fn detail(url: &str) -> Call {
    let results = format!("{url}/results/ann/tools/");
    let of_chroot = |chroot: &str| (chroot.to_owned(), Some(format!("{results}{chroot}/00000005-hello/")));
    let build = BuildDetail {
        status: "succeeded".to_owned(),
        project: "tools".to_owned(),
        project_dirname: "tools".to_owned(),
        owner: "ann".to_owned(),
        built_pkgs: Some(owned(PRODUCED)),
        src_version: Some("2.8-1".to_owned()),
        chroots: states(CHROOTS.map(|chroot| (chroot, "succeeded"))),
        submitted_on: 1_764_000_000,
        started_on: Some(1_764_000_020),
        ended_on: Some(1_764_000_200),
        src_pkg: SRPM.to_owned(),
        submitted_by: Some("ann".to_owned()),
        results_by_chroot: CHROOTS.map(of_chroot).into(),
        results,
    };
    Call {
        parameters: build_id(),
        result: vec![
            need("status", "text", "Where the whole build stands."),
            need("project, owner, project_dirname", "text", "Where it belongs."),
            need("results", "text", "Address of the directory above the chroots' results."),
            need("results_by_chroot", "object", "Address of the results by chroot; null before there are any."),
            need("built_pkgs", "list", "Names and versions of what it produced; null before there is anything."),
            need("src_pkg", "text", "Address of the source package; empty for other sources."),
            need("src_version", "text", "Version of the source package; null before it is known."),
            need("chroots", "object", "State by chroot."),
            need("submitted_on, started_on, ended_on", "time", "Null where it has not happened."),
            need("submitted_by", "name", "Who submitted it; null for web hooks."),
        ],
        example: example(build),
        ..call("Detail of a build", "GET", &["/api/coprs/build/<build_id>/", "/api/coprs/build_detail/<build_id>/"])
    }
}

fn cancel() -> Call {
    Call {
        about: "What has ended can not be canceled: that is told with status 409, and changes nothing.",
        parameters: build_id(),
        result: vec![need("status", "text", "What was done.")],
        example: example(Status { status: "Build canceled".to_owned() }),
        ..call("Cancel a build", "POST", &["/api/coprs/cancel_build/<build_id>/"])
    }
}

fn delete() -> Call {
    Call {
        about: "Its packages leave the repositories. A build that works has to be canceled first.",
        parameters: build_id(),
        result: vec![need("status", "text", "What was done.")],
        example: example(Status { status: "Build deleted".to_owned() }),
        ..call("Delete a build", "POST", &["/api/coprs/delete_build/<build_id>/"])
    }
}
