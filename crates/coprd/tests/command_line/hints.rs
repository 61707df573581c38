//! Hints: for people, and for who asks for them.

use crate::cast::{at_a_terminal, prints, said};
use crate::stage::{OWN, Stage};
use std::fs;

#[test]
fn names_that_were_meant_are_proposed() {
    let stage = Stage::idle();
    prints(&stage, &["create", "hello", "--chroot", OWN]);
    for (words, hint) in [
        (&["get", "helo"][..], "there is `alice/hello`"),
        (&["get", "nobody/x"], "`nobody` has no projects"),
        (&["list-builds", "other"], "`copr list alice` prints the projects that are there"),
        (
            &["create", "x", "--chroot", "debian-12-x86_46"],
            "instead of `debian-12-x86_46`, the service has `debian-12-x86_64`",
        ),
    ] {
        let (status, _, err) = said(&stage, &[&["--hints"], words].concat());
        assert_eq!(status, 1);
        assert_eq!(err.lines().last(), Some(&*format!("hint: {hint}")), "{words:?}: {err}");
        let (_, _, plain) = said(&stage, words);
        assert_eq!(format!("{plain}hint: {hint}\n"), err);
    }
    let words = ["build", "hello", "http://x.example/a.src.rpm", "-r", "debian-12-x86-64", "--nowait"];
    let (_, shown) = at_a_terminal(&stage, &words, 200);
    assert!(shown.ends_with("hint: instead of `debian-12-x86-64`, alice/hello has `debian-12-x86_64`\n"), "{shown}");
    assert!(shown.contains("\u{1b}[1m\u{1b}[31mError:\u{1b}[0m"), "{shown:?}");
}

#[test]
fn somebody_is_told_where_tokens_come_from() {
    let stage = Stage::idle();
    let url = stage.url();
    let anonymous = format!("[copr-cli]\ncopr_url = {url}\nencrypted = False\n");
    fs::write(stage.configuration("alice"), &anonymous).unwrap();
    let (status, _, err) = said(&stage, &["--hints", "create", "x"]);
    assert!(
        status != 0 && err.ends_with(&format!("hint: `copr login {url}` takes the token that {url}/api/ shows\n")),
        "{err}"
    );
    fs::write(stage.configuration("alice"), format!("{anonymous}login = a\nusername = alice\ntoken = b\n")).unwrap();
    let (_, _, err) = said(&stage, &["--hints", "create", "x"]);
    let hint = format!("{url}/api/ shows the one that is good now, and `copr login` takes it\n");
    assert!(err.ends_with(&hint), "{err}");
    fs::write(stage.configuration("alice"), "[copr-cli]\ncopr_url = http://127.0.0.1:1\nencrypted = False\n").unwrap();
    let (_, _, err) = said(&stage, &["--hints", "get", "a/b"]);
    assert!(err.contains("\nhint: nothing listens at http://127.0.0.1:1: "), "{err}");
    fs::write(stage.configuration("alice"), "nothing").unwrap();
    let (status, _, err) = said(&stage, &["--hints", "get", "a/b"]);
    assert!(status == 6 && err.ends_with("hint: `copr login URL` writes a configuration that is right\n"), "{err}");
}
