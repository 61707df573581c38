//! Builds that are watched at a terminal.

use crate::cast::{at_a_terminal, copr, prints, said};
use crate::stage::{OWN, Stage};
use copr_testkit::terminal::Terminal;

const GREEN: &str = "\u{1b}[32msucceeded\u{1b}[0m";

#[test]
fn a_table_shows_how_a_build_is_doing() {
    let stage = Stage::building();
    prints(&stage, &["create", "foo", "--chroot", OWN]);
    let srpm = stage.srpm("hello-noarch").display().to_string();
    let terminal = Terminal::start(copr(&stage, &["build", "foo", &srpm]), 80).unwrap();
    terminal.shows("Created builds: 1").unwrap();
    terminal.shows(&format!("› {OWN}")).unwrap();
    let (status, shown) = terminal.ends().unwrap();
    assert!(status.success(), "{shown}");
    // The last of it stays: a line for the build, one for each of its parts.
    let last: Vec<&str> = shown.lines().rev().take(4).collect();
    assert!(last[3].contains("BUILD") && last[3].ends_with("WHAT"), "{shown:?}");
    assert!(last[2].contains(GREEN) && last[2].contains("hello-noarch 1.0-1"), "{shown:?}");
    assert!(last[1].starts_with("› source") && last[0].starts_with(&format!("› {OWN}")), "{shown:?}");
    assert!(!shown.contains("Build 1: "), "{shown}");

    let (_, plain) = at_a_terminal(&stage, &["--output", "plain", "--no-color", "watch-build", "1"], 80);
    assert!(plain.ends_with(" Build 1: succeeded\n"), "{plain:?}");
    assert!(prints(&stage, &["watch-build", "1"]).ends_with(" Build 1: succeeded\n"));
}

#[test]
fn a_build_that_fails_is_a_failure_at_a_terminal_too() {
    let stage = Stage::building();
    prints(&stage, &["create", "foo", "--chroot", OWN]);
    std::fs::write(stage.home("alice").join("broken.spec"), "Name: broken\n").unwrap();
    let (status, shown) = at_a_terminal(&stage, &["build", "foo", "broken.spec"], 80);
    assert!(status == 4 && shown.contains("\u{1b}[31mfailed\u{1b}[0m"), "{shown:?}");
    assert!(shown.contains("Build error:") && shown.ends_with(" Build(s) 1 failed.\n"), "{shown:?}");
    let (status, out, err) = said(&stage, &["--output", "json", "watch-build", "1"]);
    assert_eq!((status, err.as_str()), (4, "\nBuild error: Build(s) 1 failed.\n"));
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told, serde_json::json!({"builds": [{"id": 1, "state": "failed"}]}));
}
