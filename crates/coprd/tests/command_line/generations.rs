//! `copr repo`.

use crate::cast::{prints, said};
use crate::stage::Stage;
use serde_json::Value;

/// The one repository of a project.
fn repository(stage: &Stage, words: &[&str]) -> Value {
    let words = [words, &["--output", "json"]].concat();
    let found: Value = serde_json::from_str(&prints(stage, &words)).expect("JSON");
    found["repositories"][0].clone()
}

#[test]
fn generations_are_kept_under_names_and_brought_back() {
    let stage = Stage::idle();
    stage.project("foo");
    let first = repository(&stage, &["repo", "list", "foo"]);
    let chroot = first["chroot"].as_str().expect("a name").to_owned();
    let number = first["generation"].as_u64().expect("a number");
    let text = prints(&stage, &["repo", "pin", "foo", "--name", "v1"]);
    assert!(text.contains("0 packages\tnew\tpinned as v1"), "{text}");

    let back = repository(&stage, &["repo", "rollback", "foo", &chroot, "--to", "v1"]);
    assert_eq!(back["wanted"].as_u64(), Some(number + 1));
    assert_eq!(prints(&stage, &["repo", "diff", "foo", &chroot, "v1", &number.to_string()]), "");
    let (status, _, err) = said(&stage, &["repo", "rollback", "foo", "--to", "1"]);
    assert!(status != 0 && err.contains("Each chroot counts its own generations"), "{err}");
    let free = repository(&stage, &["repo", "unpin", "foo", &chroot, "--name", "v1"]);
    let pins = free["generations"].as_array().expect("generations").iter().filter(|one| !one["pinned"].is_null());
    assert_eq!(pins.count(), 0);
    prints(&stage, &["repo", "promote", "foo"]);
    let (status, _, err) = said(&stage, &["repo", "unpin", "foo", "--name", "v1"]);
    assert!(status != 0 && err.contains("is pinned as 'v1'"), "{err}");
}
