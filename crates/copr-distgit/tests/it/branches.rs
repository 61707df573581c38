//! One commit an import, on as many branches as its chroots have.

use crate::fixture::{Place, branch, f, git, import, sound};
use copr_distgit::{Branch, ObjectId, Repository};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn all_branches_of_a_first_import_are_at_one_commit() {
    let place = Place::new();
    let repository = place.repository("hello");
    let branches = [f(43), f(44), branch("fedora-rawhide-x86_64")];
    let done = import(&repository, &branches, &[("hello.spec", b"Name: hello\n")]).unwrap();
    assert_eq!(done.made.len(), 1);
    assert!(done.commits.values().all(|id| *id == done.made[0]));
    let names: Vec<String> = repository.branches().unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["f43", "f44", "master"]);
    assert_eq!(git(repository.path(), &["symbolic-ref", "HEAD"]), "refs/heads/master");
    assert_eq!(git(repository.path(), &["show", "master:hello.spec"]), "Name: hello");
    assert_eq!(
        git(repository.path(), &["log", "--format=%an <%ae> %at %s", "f43"]),
        "alice <> 1700000000 automatic import of hello-1.0-1"
    );
    sound(&repository);
}

#[test]
fn the_second_import_is_a_commit_after_the_first_and_git_shows_what_changed() {
    let place = Place::new();
    let repository = place.repository("hello");
    let first = import(&repository, &[f(44)], &[("hello.spec", b"1\n"), ("fix.patch", b"+\n"), ("run.sh", b"#!\n")]);
    let first = first.unwrap().commits[&f(44)];
    let second = import(&repository, &[f(44)], &[("hello.spec", b"2\n"), ("run.sh", b"#!\n")]).unwrap().commits[&f(44)];
    assert_eq!(repository.commit(second).unwrap().parent, Some(first));
    let diff = git(repository.path(), &["diff", "--name-status", &first.to_string(), &second.to_string()]);
    assert_eq!(diff, "D\tfix.patch\nM\thello.spec");
    assert!(git(repository.path(), &["ls-tree", "f44", "run.sh"]).starts_with("100755 blob"), "it can be run");
    sound(&repository);
}

#[test]
fn the_same_files_once_more_make_no_commit() {
    let place = Place::new();
    let repository = place.repository("hello");
    let files: &[(&str, &[u8])] = &[("hello.spec", b"1\n")];
    let first = import(&repository, &[f(43)], files).unwrap();
    let again = import(&repository, &[f(43), f(44)], files).unwrap();
    assert_eq!((again.made.len(), again.commits[&f(43)], again.commits[&f(44)]), (0, first.made[0], first.made[0]));
    sound(&repository);
}

#[test]
fn a_branch_that_is_behind_goes_forward_and_one_that_went_another_way_gets_its_own_commit() {
    let place = Place::new();
    let repository = place.repository("hello");
    let import =
        |branches: &[Branch], text: &str| import(&repository, branches, &[("hello.spec", text.as_bytes())]).unwrap();
    import(&[f(43), f(44)], "1");
    import(&[f(44)], "2");
    let third = import(&[f(43), f(44)], "3");
    assert_eq!(third.made.len(), 1, "f43 was behind f44");
    import(&[f(43)], "4");
    import(&[f(44)], "5");
    let sixth = import(&[f(43), f(44)], "6");
    assert_eq!(sixth.made.len(), 2, "neither is behind the other");
    let trees: Vec<String> =
        sixth.made.iter().map(|id| git(repository.path(), &["rev-parse", &format!("{id}^{{tree}}")])).collect();
    assert_eq!(trees[0], trees[1]);
    assert_eq!(git(repository.path(), &["rev-list", "--count", "f43"]), "5");
    // A branch of a new release goes on from the others.
    let seventh = import(&[f(44), f(45)], "7");
    assert_eq!((seventh.made.len(), seventh.commits[&f(45)]), (1, seventh.commits[&f(44)]));
    sound(&repository);
}

/// Where a branch must be, and what it may not lose.
fn holds(repository: &Repository, before: &BTreeMap<Branch, ObjectId>, after: &BTreeMap<Branch, ObjectId>, text: &str) {
    for (branch, id) in after {
        assert_eq!(repository.head(branch.as_str()).unwrap(), Some(*id));
        assert_eq!(repository.file(*id, "hello.spec").unwrap().unwrap(), text.as_bytes());
        if let Some(earlier) = before.get(branch) {
            git(repository.path(), &["merge-base", "--is-ancestor", &earlier.to_string(), &id.to_string()]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever is imported in whatever order: every branch has the files, and only ever goes forward.
    #[test]
    fn branches_only_go_forward(steps in proptest::collection::vec((1_u8..16, 0_u8..3), 1..8)) {
        let place = Place::new();
        let repository = place.repository("hello");
        let mut heads = BTreeMap::new();
        for (set, text) in steps {
            let branches: Vec<Branch> = (0..4).filter(|bit| set & (1 << bit) != 0).map(|bit| f(40 + bit)).collect();
            let text = text.to_string();
            let done = import(&repository, &branches, &[("hello.spec", text.as_bytes())]).unwrap();
            prop_assert_eq!(done.commits.len(), branches.len());
            holds(&repository, &heads, &done.commits, &text);
            heads.extend(done.commits);
        }
        sound(&repository);
    }
}
