//! `copr download-build`.

use crate::cast::{at_a_terminal, built, prints, said};
use crate::stage::{OWN, Stage};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

const LOG: &str = "build.log.gz";
const PACKAGE: &str = "hello-noarch-1.0-1.deb12.noarch.rpm";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What a call leaves that was interrupted in the middle of a file.
fn interrupted(stage: &Stage, place: &Path, name: &str, bytes: &[u8]) {
    let path = format!("/results/alice/fetched/{OWN}/00000001-hello-noarch/{name}");
    let mut asked = TcpStream::connect(stage.service.address()).unwrap();
    write!(asked, "HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut head = String::new();
    asked.read_to_string(&mut head).unwrap();
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap_or_else(|| panic!("{head}"));
    fs::create_dir_all(place).unwrap();
    fs::write(place.join(format!(".{name}.part")), bytes).unwrap();
    fs::write(place.join(format!(".{name}.part.tag")), tag).unwrap();
}

#[test]
fn results_are_fetched_gone_on_with_and_checked() {
    let stage = Stage::building();
    built(&stage, "fetched");
    let place = stage.home("alice").join("results").join(OWN);
    // Of one file, a beginning that shows whether it was asked for again; of the package, one that is damaged.
    interrupted(&stage, &place, LOG, b"xxxxx");
    interrupted(&stage, &place, PACKAGE, b"xxxxx");

    let told = json(&prints(&stage, &["--output", "json", "download-build", "1", "-d", "results", "--jobs", "2"]));
    let log = fs::read(place.join(LOG)).unwrap();
    assert!(log.starts_with(b"xxxxx") && log.len() > 5, "{}", log.len());
    let files = told["files"].as_array().unwrap();
    let file = |name: &str| files.iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap();
    assert_eq!((&file(PACKAGE)["checked"], &file(PACKAGE)["kept"]), (&Value::from("digest"), &Value::from(false)));
    assert_eq!(file(LOG)["path"], format!("results/{OWN}/{LOG}"));
    assert!(fs::read(place.join(PACKAGE)).unwrap().starts_with(&[0xed, 0xab, 0xee, 0xdb]));
    let hidden: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(hidden.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{hidden:?}");

    let again = json(&prints(&stage, &["--output=json", "download-build", "1", "-d", "results", "--rpms"]));
    assert!(again["files"].as_array().unwrap().iter().all(|file| file["kept"] == true), "{again}");
    let (status, out, err) = said(&stage, &["download-build", "1", "-d", "more", "--spec", "-r", OWN]);
    assert_eq!((status, out.as_str(), err.as_str()), (0, "", ""));
    let only: Vec<_> = fs::read_dir(stage.home("alice").join("more").join(OWN)).unwrap().flatten().collect();
    assert_eq!(only.iter().map(|entry| entry.file_name()).collect::<Vec<_>>(), ["hello-noarch.spec"]);

    // Whoever looks on sees bars, and nothing that stays.
    let (status, shown) = at_a_terminal(&stage, &["download-build", "1", "-d", "seen"], 80);
    assert!(status == 0 && shown.contains("\u{1b}["), "{shown}");
}

#[test]
fn what_can_not_be_fetched_is_said() {
    let stage = Stage::building();
    built(&stage, "fetched");
    let place = stage.home("alice").join("results").join(OWN);
    fs::create_dir_all(place.join("build.log.gz")).unwrap();
    let (status, out, err) = said(&stage, &["download-build", "1", "-d", "results", "--logs"]);
    assert_eq!((status, out.as_str()), (1, ""), "{err}");
    assert!(err.starts_with(&format!("Failed to download: {}/results/", stage.url())), "{err}");
    assert!(err.ends_with("Error: One file could not be downloaded. The same call again fetches what is missing.\n"));
    assert!(place.join("root.log.gz").exists());
}
