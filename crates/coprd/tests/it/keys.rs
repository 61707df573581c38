//! Keys of projects, by the administrator's commands, and the process that may have them.

use crate::service::{Running, Service};
use copr_testkit::signer::Signer;
use serde_json::{Value, json};
use std::path::Path;

const CHROOT: &str = "fedora-44-x86_64";

/// A project of a new user's.
fn project(service: &Service, running: &Running) {
    service.ok(&format!("chroot enable {CHROOT}"));
    let ada = service.ok("user create ada");
    let project = json!({ "name": "hello", "chroots": [CHROOT] });
    let (status, answer) = running.post(&ada, "/api_3/project/add/ada", &project);
    assert_eq!(status, 200, "{answer}");
}

fn states(list: &Value) -> Vec<(i64, &str)> {
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| (row["version"].as_i64().unwrap(), row["state"].as_str().unwrap())).collect()
}

#[test]
fn a_projects_key_is_listed_rotated_and_given_an_end() {
    for service in Service::on_both_engines() {
        let running = service.serve();
        assert_eq!(service.json("key list"), json!([]));
        project(&service, &running);
        let first = service.json("key list ada/hello");
        assert_eq!(states(&first), [(1, "signs")]);
        assert_eq!((&first[0]["project"], &first[0]["expires"]), (&json!("ada/hello"), &Value::Null));

        let said = service.admin("key rotate ada/hello --retire-after 30");
        assert_eq!(said.status, 0, "{said:?}");
        assert!(said.talk.contains("metadata are signed by both for 30 days"), "{}", said.talk);
        let lines: Vec<Vec<&str>> = said.out.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["PROJECT", "VERSION", "STATE", "FINGERPRINT", "CREATED", "EXPIRES", "RETIRES"]);
        assert_eq!(
            (&lines[1][..3], &lines[2][..3]),
            (&["ada/hello", "1", "overlaps"][..], &["ada/hello", "2", "signs"][..])
        );
        let all = service.json("key list");
        assert_eq!(all[0]["fingerprint"], first[0]["fingerprint"]);
        assert_ne!(all[1]["fingerprint"], first[0]["fingerprint"]);
        assert!(all[0]["retires"].is_string() && all[1]["retires"].is_null(), "{all}");

        service.ok("key extend ada/hello --days 700");
        assert!(service.json("key list ada/hello")[1]["expires"].is_string());
        service.ok("key extend ada/hello --never");
        assert!(service.json("key list ada/hello")[1]["expires"].is_null());

        insta::allow_duplicates!(insta::assert_snapshot!(service.refusal("key rotate ada/helo"), @r"
        error: Project ada/helo does not exist.
        hint: `coprd admin key list` lists all projects that have keys
        "));
        for line in ["key rotate hello", "key extend ada/hello", "key extend ada/hello --days 0", "key rotate"] {
            let said = service.admin(line);
            assert_eq!((said.status, said.out.as_str()), (2, ""), "{line}: {said:?}");
        }
    }
}

#[test]
fn a_service_with_a_signer_never_looks_for_keys_of_its_own() {
    let mut service = Service::new();
    let signer = Signer::start(Path::new(env!("CARGO_BIN_EXE_coprd")), &service.home().join("signer")).unwrap();
    service.set("COPRD_SIGNING__SOCKET", signer.socket().to_str().unwrap());
    // Whoever opened the keys would fail on this.
    std::fs::create_dir(service.home().join("state")).unwrap();
    std::fs::write(service.home().join("state/keys"), "no directory").unwrap();
    let running = service.serve();
    project(&service, &running);
    service.ok("key rotate ada/hello --retire-after 30");
    service.ok("key extend ada/hello --days 700");
    assert_eq!(states(&service.json("key list")), [(1, "overlaps"), (2, "signs")]);
    assert_eq!(std::fs::read(service.home().join("state/keys")).unwrap(), b"no directory");
    let mut names: Vec<_> = std::fs::read_dir(signer.keys()).unwrap().map(|one| one.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".spares", "project-1.2.secret", "project-1.secret"]);

    drop(signer);
    let refusal = service.refusal("key rotate ada/hello");
    assert!(refusal.contains("signer/socket` does not answer"), "{refusal}");
    let said = service.said(&service.command(&["check-config"]).output().unwrap());
    assert!(
        said.talk.contains("nothing is published until a signer answers at `$HOME/signer/socket`"),
        "{}",
        said.talk
    );
}

#[test]
fn a_signer_says_what_keeps_it_from_listening() {
    let service = Service::new();
    let signer = Signer::start(Path::new(env!("CARGO_BIN_EXE_coprd")), &service.home().join("signer")).unwrap();
    let run = |words: &[&str]| service.said(&service.command(words).output().unwrap());
    let socket = signer.socket();
    let said = run(&["signer", "--keys", "other", "--socket", socket.to_str().unwrap()]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.talk.contains("another signer listens there"), "{}", said.talk);
    let said = run(&["signer", "--keys", "other", "--socket", "other-socket", "--allow", "nobody-of-this-name"]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.talk.contains("this machine has no user `nobody-of-this-name`"), "{}", said.talk);
}
