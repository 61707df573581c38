//! The project's own packages, which show what builds can see and do.

use crate::stage::{End, Stage, Submitted, launch, upload, upload_with};
use copr_testkit::project::Project;
use serde_json::json;
use std::collections::BTreeMap;

/// `name=value` lines of the build's own output.
fn told(end: &End<'_>) -> BTreeMap<String, String> {
    let log = end.text("build.log").expect("a log");
    let pairs = log.lines().filter(|line| !line.starts_with('+')).filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

fn provides(stage: &Stage, project: &Project, build: u64, file: &str) -> BTreeMap<String, String> {
    let place = project.repository(&stage.service).join(format!("{build:08}-with-opts")).join(file);
    let facts = copr_rpm::header::read_package(&place).expect("a package");
    facts.provides.into_iter().map(|one| (one.name, one.version)).collect()
}

#[test]
fn builds_see_and_do_what_is_promised() {
    let stage = Stage::set(launch());
    let project = stage.project("own");
    let mut all = Submitted::to(&stage, &project);
    all.add("net off", upload(&project, "x.src.rpm", &stage.srpm("net-probe")));
    let on = json!({ "enable_net": true });
    all.add("net on", upload_with(&project, "x.src.rpm", &stage.srpm("net-probe"), on));
    for name in ["peek", "dynamic-br", "excl-arch", "with-opts", "libgreet"] {
        all.add(name, upload(&project, "x.src.rpm", &stage.srpm(name)));
    }

    let off = all.end("net off");
    off.succeeded();
    assert_eq!((told(&off)["interfaces"].as_str(), told(&off)["network"].as_str()), ("lo", "off"));
    let on = all.end("net on");
    on.succeeded();
    let host = std::fs::read_to_string("/proc/net/dev").expect("the machine's interfaces");
    assert_eq!(told(&on)["interfaces"].split(' ').count(), host.lines().count() - 2, "the host's own, for once");

    let peek = all.end("peek");
    peek.succeeded();
    let seen = told(&peek);
    for (name, value) in [
        ("uid", "1000"),
        ("home", "/builddir"),
        ("capabilities", "0000000000000000"),
        ("no_new_privs", "1"),
        ("can_write_usr", "no"),
        ("macro_vendor", "Copr - user admin"),
        ("macro_copr_username", "admin"),
        ("macro_copr_projectname", "own"),
        ("macro_dist", ".deb12"),
    ] {
        assert_eq!(seen[name], value, "{name}");
    }
    assert_eq!(seen["macro_buildtag"], format!(".copr{}", peek.build));
    for namespace in ["ipc", "mnt", "net", "pid", "uts"] {
        let ours = std::fs::read_link(format!("/proc/self/ns/{namespace}")).expect("a namespace");
        assert_ne!(seen[&format!("namespace_{namespace}")], ours.display().to_string());
    }
    assert!(!seen.keys().any(|name| name.starts_with("environment_COPRD")), "{seen:?}");

    all.end("dynamic-br").succeeded();
    let skipped = all.end("excl-arch");
    assert_eq!(skipped.state, "skipped");
    let chroot = project.build_chroot(skipped.build).expect("the chroot");
    assert_eq!(chroot["state"], "skipped");
    let page = project.client().get(&format!("/coprs/admin/own/build/{}/", skipped.build)).expect("the page");
    assert!(String::from_utf8_lossy(&page.body).contains("ExclusiveArch"), "the page says why");

    // A package of the project's own repository, signed with its key, is there for the next one.
    all.end("libgreet").succeeded();
    stage.end(&project, upload(&project, "x.src.rpm", &stage.srpm("greet-app"))).succeeded();

    let before = all.end("with-opts");
    before.succeeded();
    let file = "with-opts-1.0-1.deb12.noarch.rpm";
    let conditions = |build| {
        let provides = provides(&stage, &project, build, file);
        (provides["with-opts(extras)"].clone(), provides["with-opts(basics)"].clone())
    };
    assert_eq!(conditions(before.build), ("0".to_owned(), "1".to_owned()));
    let path = format!("/api_3/project-chroot/edit/admin/own/{}", project.chroot);
    let edit = json!({ "with_opts": "extras", "without_opts": ["basics"], "additional_packages": ["make"] });
    project.client().post_json(&path, &edit).and_then(|answer| answer.json()).expect("the chroot is edited");
    let after = stage.end(&project, upload(&project, "x.src.rpm", &stage.srpm("with-opts")));
    after.succeeded();
    assert_eq!(conditions(after.build), ("1".to_owned(), "0".to_owned()));
    assert!(after.text("installed_pkgs.log").expect("a list").lines().any(|line| line.starts_with("make-")));
    stage.still_builds(&project);
}
