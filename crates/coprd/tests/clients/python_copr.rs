//! python-copr of 2019 to 2026: every public method, by `driver.py`.

use crate::cli::{beside, python};
use crate::stage::{OWN, Stage, WAITING};
use copr_testkit::{Environment, NEWEST, OF_2020, OF_2024, OLDEST, run};
use serde_json::{Value, json};
use std::fmt::Write;

/// Runs the drivers of a release, one after the other, each in a home of its own, with the same service.
#[track_caller]
pub fn drive(clients: &Environment, drivers: &[&str]) {
    let stage = Stage::building();
    let carol = stage.person("carol");
    let ready = stage.project("ready");
    let srpm = stage.srpm("hello-noarch");
    let build = ready.submit(&srpm).expect("a build");
    assert_eq!(stage.rests(build), "succeeded");
    let results = ready.repository(&stage.service).join(format!("{build:08}-hello-noarch"));
    let given = json!({
        "alice": stage.configuration("alice"), "bob": stage.configuration("bob"), "carol": carol,
        "own": OWN, "waiting": WAITING, "build": build, "srpm": srpm,
        "rpm": results.join("hello-noarch-1.0-1.deb12.noarch.rpm"),
    });
    for driver in drivers {
        let home = stage.home(driver);
        std::fs::create_dir(&home).expect("a home");
        let mut command = python(clients);
        command.arg(beside(driver)).arg(given.to_string()).env("HOME", &home).current_dir(&home);
        let told = run::read(&mut command).expect("the driver gets to its end");
        looked_at(&format!("{driver} with {:?}", clients.packages), &told);
    }
}

/// What a driver told of its parts and of what was called.
#[track_caller]
fn looked_at(driver: &str, told: &str) {
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (account, parts) = lines.split_last().expect("lines");
    let mut wrong = String::new();
    for part in parts {
        if let Some(error) = part["error"].as_str() {
            writeln!(wrong, "{}: {error}", part["part"]).expect("a text takes all");
        }
    }
    assert!(wrong.is_empty(), "{driver}: {account}\n{wrong}");
    for list in ["not called", "possible after all", "rows not tried", "no such rows"] {
        assert_eq!(account[list], json!([]), "{driver}: {list}");
    }
    assert!(account["methods"].as_u64() > Some(20), "{driver}: {account}");
    eprintln!("{driver} on Python {}: {} methods, {} parts", account["python"], account["methods"], parts.len());
}

#[test]
fn every_method_of_python_copr_2_7_works() {
    drive(&NEWEST, &["driver.py"]);
}

#[test]
fn every_method_of_python_copr_1_132_works() {
    drive(&OF_2024, &["driver.py"]);
}

#[test]
fn every_method_of_python_copr_1_101_works() {
    drive(&OF_2020, &["driver.py"]);
}

#[test]
fn every_method_of_python_copr_1_93_works() {
    drive(&OLDEST, &["driver.py"]);
}
