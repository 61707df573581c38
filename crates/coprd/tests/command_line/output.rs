//! Forms of what is printed.

use crate::cast::{at_a_terminal, copr, prints};
use crate::stage::{OWN, Stage, WAITING};
use serde_json::{Value, json};

/// One call after the other, with what comes of each as JSON.
#[test]
fn every_command_prints_one_json_value() {
    let stage = Stage::idle();
    let url = stage.url();
    let told = |words: &[&str]| -> Value {
        let text = prints(&stage, &[&["--output", "json"], words].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}\n{text}"))
    };
    assert_eq!(told(&["whoami"]), json!({"name": "alice"}));
    assert_eq!(told(&["list"]), json!([]));
    let page = format!("{url}/coprs/alice/foo/");
    let message = format!("New project was successfully created: {page}");
    let made = told(&["create", "foo", "--chroot", WAITING]);
    assert_eq!(made, json!({"message": message, "project": "alice/foo", "url": page}));
    assert_eq!(told(&["modify", "foo", "--description", "new"])["description"], "new");
    assert_eq!(told(&["get", "foo"])["full_name"], "alice/foo");
    assert_eq!(told(&["list"])[0]["name"], "foo");
    assert_eq!(told(&["list-builds", "foo"]), json!([]));
    assert_eq!(told(&["list-packages", "foo"]), json!([]));
    assert_eq!(told(&["list-package-names", "foo"]), json!([]));
    assert_eq!(told(&["monitor", "foo"]), json!([]));
    let sources = told(&["add-package-scm", "foo", "--name", "p", "--clone-url", "https://x.example/p.git"]);
    assert_eq!(sources["package"], "p");
    assert_eq!(told(&["list-package-names", "foo"]), json!(["p"]));
    assert_eq!(told(&["list-packages", "foo"])[0]["name"], "p");
    assert_eq!(told(&["get-package", "foo", "--name", "p"])["name"], "p");
    let build = json!({"id": 1, "state": "pending", "url": format!("{url}/coprs/build/1")});
    let submitted = told(&["build", "foo", "http://x.example/a-1-1.src.rpm", "--nowait"]);
    assert_eq!(submitted, json!({"project": "foo", "builds": [build]}));
    assert_eq!(told(&["status", "1"]), json!({"id": 1, "state": "pending"}));
    assert_eq!(told(&["cancel", "1"]), json!({"id": 1, "state": "canceled"}));
    assert_eq!(told(&["list-builds", "foo"])[0]["state"], "canceled");
    let again = json!({"id": 2, "state": "pending", "url": format!("{url}/coprs/build/2")});
    let submitted = told(&["resubmit", "1", "--failed", "--nowait"]);
    assert_eq!(submitted, json!({"project": "foo", "builds": [again]}));
    assert_eq!(told(&["cancel", "2"]), json!({"id": 2, "state": "canceled"}));
    assert_eq!(told(&["delete-build", "1"]), json!({"message": "Build(s) 1 were deleted.", "builds": [1]}));
    let side = ["build", "foo:custom:x", "http://x.example/a-1-1.src.rpm", "--nowait"];
    assert_eq!(told(&side)["builds"][0]["id"], 3);
    let message = "Directory alice/foo:custom:x has been deleted.";
    let gone = told(&["delete-directory", "foo:custom:x", "--cancel-builds"]);
    assert_eq!(gone, json!({"message": message, "directory": "foo:custom:x"}));
    assert_eq!(told(&["get-chroot", &format!("foo/{WAITING}")])["mock_chroot"], WAITING);
    assert_eq!(told(&["edit-chroot", &format!("foo/{WAITING}"), "--packages", "a"])["chroot"], WAITING);
    assert_eq!(told(&["mock-config", "foo", WAITING])["chroot"], WAITING);
    assert!(told(&["list-chroots"]).as_array().unwrap().iter().any(|chroot| chroot["name"] == OWN));
    assert_eq!(told(&["edit-permissions", "foo", "--admin", "bob"]), json!({"message": "success"}));
    assert_eq!(told(&["list-permissions", "foo"])["bob"]["admin"], "approved");
    assert_eq!(told(&["reset-package", "foo", "--name", "p"])["package"], "p");
    assert_eq!(told(&["delete-package", "foo", "--name", "p", "--cancel-builds"])["package"], "p");
    assert_eq!(told(&["regenerate-repos", "foo"])["project"], "alice/foo");
    assert_eq!(told(&["fork", "foo", "bar"])["full_name"], "alice/bar");
    assert_eq!(told(&["rename", "bar", "baz"])["project"], "alice/baz");
    assert_eq!(told(&["transfer", "baz", "--to", "@devs"])["project"], "@devs/baz");
    assert_eq!(told(&["get", "bar"])["full_name"], "@devs/baz");
    told(&["build", "foo", "http://x.example/a-1-1.src.rpm", "--nowait"]);
    assert_eq!(told(&["delete", "foo", "--cancel-builds"])["project"], "alice/foo");
    assert!(told(&["new-api-token"])["message"].as_str().unwrap().starts_with("New API token"));
}

#[test]
fn lists_are_tables_at_a_terminal_unless_somebody_says_otherwise() {
    let stage = Stage::idle();
    prints(&stage, &["create", "foo", "--chroot", WAITING, "--description", &"long ".repeat(40)]);
    prints(&stage, &["build", "foo", "http://x.example/a-1-1.src.rpm", "--nowait"]);
    let (_, table) = at_a_terminal(&stage, &["list-builds", "foo"], 40);
    assert_eq!(table, "ID  NAME  STATE\n1   -     \u{1b}[34mpending\u{1b}[0m\n");
    let (_, projects) = at_a_terminal(&stage, &["list"], 60);
    let longest = projects.lines().map(|line| line.chars().count()).max();
    assert!(projects.starts_with("NAME") && longest <= Some(60) && projects.contains('…'), "{projects}");
    let (_, row) = at_a_terminal(&stage, &["list-builds", "foo", "--output-format", "text-row"], 40);
    assert_eq!(row, "1\tNone\tpending\n");
    let (_, plain) = at_a_terminal(&stage, &["list-builds", "foo", "--output", "plain"], 40);
    assert!(plain.starts_with("1\tNone\tpending\n"), "{plain}");
    assert_eq!(prints(&stage, &["list-builds", "foo", "--output", "text-row"]), "1\tNone\tpending\n");
    assert_eq!(prints(&stage, &["list-builds", "foo", "--output", "table"]), "ID  NAME  STATE\n1   -     pending\n");

    let mut dumb = copr(&stage, &["status", "1"]);
    dumb.env("CLICOLOR_FORCE", "1");
    assert_eq!(crate::cast::of(&dumb.output().unwrap()).1, "\u{1b}[34mpending\u{1b}[0m\n");
    dumb.env("NO_COLOR", "1").env("COPR_OUTPUT", "json");
    let told: Value = serde_json::from_slice(&dumb.output().unwrap().stdout).unwrap();
    assert_eq!(told, json!({"id": 1, "state": "pending"}));
}
