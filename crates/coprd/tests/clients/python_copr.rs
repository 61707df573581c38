//! python-copr of 2019 to 2026: every public method, by `driver.py`.

use crate::cli::{beside, python};
use crate::stage::{OWN, Stage, WAITING};
use copr_testkit::{Environment, NEWEST, OF_2020, OF_2024, OLDEST, run};
use serde_json::{Value, json};
use std::fmt::Write;

#[track_caller]
fn drive(clients: &Environment) {
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
    let mut driver = python(clients);
    let home = stage.home("alice");
    driver.arg(beside("driver.py")).arg(given.to_string()).env("HOME", &home).current_dir(&home);
    let told = run::read(&mut driver).expect("the driver gets to its end");
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (methods, parts) = lines.split_last().expect("lines");
    let mut wrong = String::new();
    for part in parts {
        if let Some(error) = part["error"].as_str() {
            writeln!(wrong, "{}: {error}", part["part"]).expect("a text takes all");
        }
    }
    assert!(wrong.is_empty(), "{:?}: {methods}\n{wrong}", clients.packages);
    assert_eq!(methods["not called"], json!([]), "{:?}", clients.packages);
    assert!(methods["methods"].as_u64() > Some(30), "{methods}");
}

#[test]
fn every_method_of_python_copr_2_7_works() {
    drive(&NEWEST);
}

#[test]
fn every_method_of_python_copr_1_132_works() {
    drive(&OF_2024);
}

#[test]
fn every_method_of_python_copr_1_101_works() {
    drive(&OF_2020);
}

#[test]
fn every_method_of_python_copr_1_93_works() {
    drive(&OLDEST);
}
