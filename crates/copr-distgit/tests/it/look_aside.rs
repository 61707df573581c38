//! Large files: once in the whole service, and gone with the last that needs them.

use crate::fixture::{Place, f, git, import, sound};
use copr_distgit::{Digest, sweep};
use sha2::{Digest as _, Sha512};
use std::fs;
use std::os::unix::fs::MetadataExt;

fn digest(bytes: &[u8]) -> Digest {
    Digest::parse(&hex::encode(Sha512::digest(bytes))).unwrap()
}

const BINARY: &[u8] = b"\x1f\x8b\x08\x00 not for git";

#[test]
fn what_is_no_small_text_is_listed_in_sources_and_ignored_by_git() {
    let place = Place::new();
    let repository = place.repository("hello");
    let large = vec![b'x'; 300_000];
    let files: &[(&str, &[u8])] = &[("hello.spec", b"1\n"), ("hello-1.0.tar.gz", BINARY), ("data.txt", &large)];
    let done = import(&repository, &[f(44)], files).unwrap();
    let listed = git(repository.path(), &["show", "f44:sources"]);
    let expected = format!("SHA512 (data.txt) = {}\nSHA512 (hello-1.0.tar.gz) = {}", digest(&large), digest(BINARY));
    assert_eq!(listed, expected);
    assert_eq!(git(repository.path(), &["show", "f44:.gitignore"]), "/data.txt\n/hello-1.0.tar.gz");
    assert_eq!(git(repository.path(), &["ls-tree", "--name-only", "f44"]), ".gitignore\nhello.spec\nsources");
    assert_eq!(fs::read(repository.source(&digest(BINARY))).unwrap(), BINARY);
    let files = repository.files(done.made[0]).unwrap();
    let names: Vec<(&str, bool)> = files.iter().map(|file| (file.name.as_str(), file.digest.is_some())).collect();
    let expected = [
        (".gitignore", false),
        ("data.txt", true),
        ("hello-1.0.tar.gz", true),
        ("hello.spec", false),
        ("sources", false),
    ];
    assert_eq!(names, expected);
    sound(&repository);
}

#[test]
fn a_file_of_two_packages_is_there_once_and_stays_as_long_as_one_needs_it() {
    let place = Place::new();
    let (one, other) = (place.repository("one"), place.repository("other"));
    let files: &[(&str, &[u8])] = &[("x.spec", b"1\n"), ("x.tar", BINARY)];
    import(&one, &[f(44)], files).unwrap();
    import(&other, &[f(44)], files).unwrap();
    let digest = digest(BINARY);
    let inode = |repository: &copr_distgit::Repository| fs::metadata(repository.source(&digest)).unwrap().ino();
    assert_eq!(inode(&one), inode(&other));
    assert_eq!(sweep(&place.cache()).unwrap(), 0);
    fs::remove_dir_all(one.path()).unwrap();
    assert_eq!(sweep(&place.cache()).unwrap(), 0);
    assert_eq!(fs::read(other.source(&digest)).unwrap(), BINARY);
    fs::remove_dir_all(other.path()).unwrap();
    assert_eq!(sweep(&place.cache()).unwrap(), 1);
    // And it can come back.
    import(&one, &[f(44)], files).unwrap();
    assert_eq!(fs::read(one.source(&digest)).unwrap(), BINARY);
}

#[test]
fn files_that_only_forgotten_commits_name_can_go() {
    let place = Place::new();
    let repository = place.repository("hello");
    let versions: [&[u8]; 3] = [b"\0one", b"\0two", b"\0three"];
    let commits =
        versions.map(|bytes| import(&repository, &[f(44)], &[("x.spec", b"1\n"), ("x.tar", bytes)]).unwrap().made[0]);
    let unknown = copr_distgit::ObjectId::parse(&"ab".repeat(20)).unwrap();
    assert_eq!(repository.forget_sources(&[commits[0], unknown], 0).unwrap(), 0, "younger than that");
    assert_eq!(repository.forget_sources(&[commits[0], unknown], i64::MAX).unwrap(), 1);
    let there = versions.map(|bytes| repository.source(&digest(bytes)).exists());
    assert_eq!(there, [true, false, true], "a build's, nobody's, the branch's");
    sound(&repository);
}

#[test]
fn names_that_git_takes_for_orders_are_sources_like_any_other() {
    let place = Place::new();
    let repository = place.repository("hello");
    let names =
        ["sources", ".gitmodules", ".gitattributes", ".Git", "GIT~1", ".gitignore", ".g\u{200c}it", "gi7eba~1", "a\\b"];
    let mut files: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, name.as_bytes())).collect();
    files.push(("x.spec", b"1\n"));
    import(&repository, &[f(44)], &files).unwrap();
    let listed = git(repository.path(), &["show", "f44:sources"]);
    for name in names {
        assert!(listed.contains(&format!("SHA512 ({name}) = {}", digest(name.as_bytes()))), "{name}");
    }
    assert_eq!(git(repository.path(), &["show", "f44:.gitignore"]).lines().next(), Some("/.Git"));
    sound(&repository);
}

#[test]
fn what_can_stand_nowhere_is_refused_and_nothing_changes() {
    let place = Place::new();
    let repository = place.repository("hello");
    let first = import(&repository, &[f(44)], &[("x.spec", b"1\n")]).unwrap();
    for name in ["..", ".", "", "a/b", ".git (x)", "../../x", "a\0b c"] {
        let error = import(&repository, &[f(44)], &[("x.spec", b"2\n"), (name, b"x")]).unwrap_err();
        assert!(error.is_of_the_files(), "{name:?}: {error}");
    }
    let twice = import(&repository, &[f(44)], &[("x.spec", b"2\n"), ("x.spec", b"3\n")]).unwrap_err();
    assert_eq!(twice.to_string(), "there are two files called `x.spec`");
    let mut short = repository.import().unwrap();
    let error = short.add(&["x.tar"], false, 9 << 20, &mut &b"short"[..]).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.is_of_the_files()), ("`x.tar` ends before its end", true));
    drop(short);
    assert_eq!(repository.head("f44").unwrap(), Some(first.made[0]));
    sound(&repository);
}

#[test]
fn one_body_under_several_names_is_read_once() {
    let place = Place::new();
    let repository = place.repository("hello");
    let mut import = repository.import().unwrap();
    import.add(&["x.spec"], false, 2, &mut &b"1\n"[..]).unwrap();
    import.add(&["a.tar", "b.tar"], false, BINARY.len() as u64, &mut &BINARY[..]).unwrap();
    import.add(&["a.txt", "sources"], false, 1, &mut &b"t"[..]).unwrap();
    let done = import.commit(&[f(44)], &crate::fixture::commit("x")).unwrap();
    let names: Vec<&str> = done.sources.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a.tar", "b.tar", "sources"]);
    assert_eq!(git(repository.path(), &["show", "f44:a.txt"]), "t");
}

#[test]
fn a_copy_has_all_that_the_original_has_and_shares_its_bytes() {
    let place = Place::new();
    let (original, copy) = (place.repository("hello"), place.repository("copy"));
    copy.take_over(&original).unwrap();
    assert!(!copy.path().exists(), "there is nothing to take over");
    let done = import(&original, &[f(43), f(44)], &[("x.spec", b"1\n"), ("x.tar", BINARY)]).unwrap();
    for _ in 0..2 {
        copy.take_over(&original).unwrap();
    }
    fs::remove_dir_all(original.path()).unwrap();
    assert_eq!(copy.branches().unwrap(), [("f43".to_owned(), done.made[0]), ("f44".to_owned(), done.made[0])]);
    assert_eq!(fs::read(copy.source(&digest(BINARY))).unwrap(), BINARY);
    sound(&copy);
    // One that has sources of its own keeps its branches, and knows the commits as well.
    let own = place.repository("own");
    let head = import(&own, &[f(44)], &[("x.spec", b"own\n")]).unwrap().made[0];
    own.take_over(&copy).unwrap();
    assert_eq!(own.head("f44").unwrap(), Some(head));
    assert_eq!(git(own.path(), &["show", &format!("{}:x.spec", done.made[0])]), "1");
}
