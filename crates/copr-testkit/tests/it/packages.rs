use std::panic;

use copr_testkit::{command, names, output, srpm, temp_dir};

fn query(path: &std::path::Path, format: &str) -> String {
    let home = temp_dir();
    copr_testkit::rpm_home(home.path());
    output(
        command("rpm")
            .env("HOME", home.path())
            .args(["--query", "--nosignature", "--queryformat", format, "--package"])
            .arg(path),
    )
}

#[test]
fn every_package_but_the_one_without_a_name_gives_a_source_package_of_its_name() {
    let scratch = temp_dir();
    let all = names();
    assert!(all.len() > 10, "only {all:?}");
    for name in all.iter().filter(|name| *name != "noname") {
        let path = srpm(name, scratch.path());
        assert_eq!(query(&path, "%{NAME} %{SOURCEPACKAGE}"), format!("{name} 1"));
        assert_eq!(path.parent(), Some(scratch.path()));
    }
}

#[test]
fn a_tree_of_sources_becomes_an_archive_named_after_name_and_version() {
    let scratch = temp_dir();
    let path = srpm("libgreet", scratch.path());
    let files = query(&path, "[%{FILENAMES}\n]");
    assert_eq!(files.lines().collect::<Vec<_>>(), ["libgreet-2.1.tar.gz", "libgreet.spec"]);
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    let (one, two) = (temp_dir(), temp_dir());
    let read = |dir: &tempfile::TempDir| std::fs::read(srpm("hello-c", dir.path())).unwrap();
    assert!(read(&one) == read(&two));
}

#[test]
fn a_spec_without_a_name_gives_none_and_rpm_says_why() {
    let refusal = panic::catch_unwind(|| srpm("noname", temp_dir().path())).unwrap_err();
    let words = refusal.downcast_ref::<String>().expect("a panic with words");
    assert!(words.contains("Name field must be present"), "{words}");
}

#[test]
fn a_missing_program_is_asked_for_by_its_package() {
    let refusal = panic::catch_unwind(|| copr_testkit::require("no-such-program")).unwrap_err();
    let words = refusal.downcast_ref::<String>().expect("a panic with words");
    assert!(words.contains("`no-such-program` is not installed"), "{words}");
}
