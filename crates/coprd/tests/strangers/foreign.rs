//! Source packages of strangers, where a collection of them lies beside the checkout.

use crate::stage::{Stage, launch, read, upload};
use copr_types::FailureClass::User;
use copr_types::Phase::{Build, Builddeps, Srpm};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Those that can not be built, where they fail, and what people are told.
const FAIL: [(&str, copr_types::Phase, &[&str]); 18] = [
    ("dist-git/prunerepo-1.1-1.fc23.src.rpm", Builddeps, &["'asciidoc'", "'python3-devel'", "hint:"]),
    ("koji/test-nopatch-1-1.fc24.nosrc.rpm", Srpm, &["lacks its sources (nosrc)"]),
    ("koji/test-nosrc-1-1.fc24.nosrc.rpm", Srpm, &["lacks its sources (nosrc)"]),
    ("koji/test-src-1-1.fc24.src.rpm", Srpm, &["no spec file"]),
    ("mock/test-A-1.1-0.src.rpm", Builddeps, &["'test-B'", "hint:"]),
    ("mock/test-B-1.1-0.src.rpm", Builddeps, &["'test-C'"]),
    ("mock/test-E-1.1-0.src.rpm", Builddeps, &["'packagewhichdoesnotexist'"]),
    ("mock/test-F-0-1.fc33.src.rpm", Builddeps, &["external:pypi:"]),
    ("prunerepo/example-1.0.1-1.fc23.src.rpm", Build, &["(%build)", "hint: `make` is not in the buildroot"]),
    ("prunerepo/example-1.0.2-2.fc23.src.rpm", Build, &["(%build)", "hint: `make` is not in the buildroot"]),
    ("prunerepo/example-1.0.3-2.fc23.src.rpm", Build, &["(%build)", "hint: `make` is not in the buildroot"]),
    ("prunerepo/python-motionpaint-1.3-1.fc23.src.rpm", Builddeps, &["'python3-devel'"]),
    ("rpm-rs-v6/rpm-file-attrs-1.0-1.src.rpm", Build, &["rpm-file-attrs-sysusers.conf", "(%install)"]),
    ("rpm/hello-1.0-1.src.rpm", Build, &["hint: `/usr/bin/make` is not in the buildroot"]),
    ("rpmlint/CheckInclude-1-1.src.rpm", Build, &["Empty %files file", "hint: nothing was compiled"]),
    ("rpmlint/invalid-spec-name-0-0.src.rpm", Build, &["cd: invalid-spec-name-0", "(%prep)"]),
    ("rpmlint/no-spec-file-0-0.src.rpm", Srpm, &["no spec file"]),
    ("rpmlint/non-utf8-1.0-1.el5.centos.src.rpm", Build, &["invalid utf-8 encoding in Summary"]),
];

fn samples() -> Option<PathBuf> {
    let beside = copr_testkit::checkout().join("../shared/testdata/rpms");
    let named = std::env::var_os("COPRD_TEST_SAMPLES").map(PathBuf::from);
    let found = [named, Some(beside)].into_iter().flatten().find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("skipped: no sample packages in ../shared/testdata/rpms, nor where COPRD_TEST_SAMPLES says");
    }
    found
}

fn source_packages(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        match path.file_name().and_then(|name| name.to_str()) {
            _ if path.is_dir() => found.extend(source_packages(&path)),
            Some(name) if name.ends_with(".src.rpm") || name.ends_with(".nosrc.rpm") => found.push(path),
            _ => {}
        }
    }
    found.sort();
    found
}

#[test]
fn packages_of_strangers_are_published_or_fail_for_their_own_reasons() {
    let Some(samples) = samples() else { return };
    let stage = Stage::set(launch());
    // test-B needs test-C of the same collection: a project of its own keeps it from being found by luck.
    let (project, chained) = (stage.project("strangers"), stage.project("chained"));
    let mut builds = BTreeMap::new();
    for path in source_packages(&samples) {
        let name = path.strip_prefix(&samples).expect("below").display().to_string();
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        let to = if name.starts_with("mock/test-C") { &chained } else { &project };
        builds.insert(name, (to, upload(to, &file, &read(&path))));
    }
    assert_eq!(builds.len(), 38);

    for (name, phase, words) in FAIL {
        let (project, build) = builds.remove(name).unwrap_or_else(|| panic!("no {name}"));
        let end = stage.end(project, build);
        println!("{name}: {:?}", end.failure);
        end.failed(User, phase, words);
    }
    let mut expected = BTreeSet::new();
    for (name, (to, build)) in builds {
        stage.end(to, build).succeeded();
        let source = copr_rpm::header::read_package(&samples.join(&name)).expect("a package").nevra.name;
        assert!(stage.published(to).contains(&source), "{name} is not in the repository");
        expected.insert(source);
    }
    assert!(stage.published(&project).is_superset(&(&expected - &BTreeSet::from(["test-C".to_owned()]))));

    // Given what they need, in the right order, they build.
    for name in ["mock/test-B-1.1-0.src.rpm", "mock/test-A-1.1-0.src.rpm"] {
        stage.end(&chained, upload(&chained, "chained.src.rpm", &read(&samples.join(name)))).succeeded();
    }
    stage.still_builds(&project);
}
