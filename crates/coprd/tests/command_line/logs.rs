//! `copr logs`.

use crate::cast::{built, copr, of, prints, said};
use crate::stage::{OWN, Stage};
use std::process::Stdio;

#[test]
fn a_log_is_followed_to_its_end() {
    let stage = Stage::building();
    prints(&stage, &["create", "foo", "--chroot", OWN]);
    let srpm = stage.srpm("hello-noarch").display().to_string();
    prints(&stage, &["build", "foo", &srpm, "--nowait"]);
    // From before there is anything.
    let mut following = copr(&stage, &["logs", "-f", "1", OWN]);
    let following = following.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("copr runs");
    let (status, followed, err) = of(&following.wait_with_output().expect("copr ends"));
    assert_eq!((status, err.as_str()), (0, ""), "{}", stage.service.log_tail());
    assert!(followed.contains("rpmbuild"), "{followed}");
    // What is there afterwards is the same.
    for words in [&["logs", "1", OWN][..], &["logs", "1"], &["logs", "1", "--follow"]] {
        assert_eq!(prints(&stage, words), followed, "{words:?}");
    }
    let source = prints(&stage, &["logs", "1", "source"]);
    assert_eq!((source.is_empty(), &prints(&stage, &["logs", "-f", "1", "srpm-builds"])), (false, &source));
    let told: serde_json::Value = serde_json::from_str(&prints(&stage, &["logs", "1", "--output", "json"])).unwrap();
    assert_eq!(
        (&told["part"], &told["state"], told["log"].as_str()),
        (&OWN.into(), &"succeeded".into(), Some(&*followed))
    );
}

#[test]
fn a_log_has_to_be_there() {
    let stage = Stage::building();
    built(&stage, "foo");
    let (status, out, err) = said(&stage, &["logs", "1", "fedora-42-x86_64"]);
    assert_eq!((status, out.as_str()), (3, ""));
    let expected = format!(
        "\nError: Build 1 has no log of `fedora-42-x86_64`, but of these:\n  source (succeeded)\n  {OWN} (succeeded)\n"
    );
    assert_eq!(err, expected);
    assert_eq!(said(&stage, &["logs", "9"]).0, 1);
}

#[test]
fn a_log_of_a_build_that_waits_is_not_there_yet() {
    let stage = Stage::idle();
    prints(&stage, &["create", "foo", "--chroot", OWN, "--chroot", "epel-9-x86_64"]);
    prints(&stage, &["build", "foo", "http://x.example/a-1-1.src.rpm", "--nowait"]);
    let (status, out, err) = said(&stage, &["logs", "1", "source"]);
    assert_eq!((status, out.as_str(), err.as_str()), (0, "", "Build 1 has no log yet, or none any more of source.\n"));
    // There is nothing else yet, so nothing else can be meant.
    assert_eq!(said(&stage, &["logs", "1"]), (status, out, err));
    let (status, _, err) = said(&stage, &["logs", "1", "epel-9-x86_64"]);
    assert!(status == 3 && err.contains("Build 1 has no log of `epel-9-x86_64`, but of these:\n  source ("), "{err}");
}
