//! `copr login`.

use crate::cast::{copr, of, said};
use crate::stage::Stage;
use copr_testkit::service::block;
use copr_testkit::terminal::Terminal;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

/// What the page of the service shows to alice.
fn shown(stage: &Stage) -> String {
    let text = fs::read_to_string(stage.configuration("alice")).unwrap();
    fs::remove_file(stage.configuration("alice")).unwrap();
    text.lines().filter(|line| !line.starts_with("encrypted")).map(|line| format!("{line}\n")).collect()
}

fn written(stage: &Stage) -> (u32, String) {
    let path = stage.configuration("alice");
    (fs::metadata(&path).unwrap().permissions().mode() & 0o777, fs::read_to_string(path).unwrap())
}

#[test]
fn somebody_pastes_what_the_page_of_the_service_shows() {
    let stage = Stage::idle();
    let pasted = shown(&stage);
    let token = block(&pasted).unwrap()["token"].clone();
    fs::write(stage.configuration("alice"), "# mine\n[other]\nx = 1\n").unwrap();
    let mut terminal = Terminal::start(copr(&stage, &["login", &stage.url()]), 200).unwrap();
    terminal.shows(&format!("Log in at {}/api/ and paste", stage.url())).unwrap();
    terminal.types(&format!("{pasted}\n")).unwrap();
    terminal.shows("You are alice").unwrap();
    let (status, seen) = terminal.ends().unwrap();
    assert!(status.success() && seen.contains("token = …") && seen.contains("login = "), "{seen}");
    assert!(!seen.contains(&token), "{seen}");
    let (mode, text) = written(&stage);
    assert_eq!((mode, text.starts_with("# mine\n[other]\nx = 1\n\n[copr-cli]\nlogin = ")), (0o600, true), "{text}");
    assert_eq!(said(&stage, &["whoami"]), (0, "alice\n".to_owned(), String::new()));

    // A token that is there stays, unless somebody says so.
    let mut terminal = Terminal::start(copr(&stage, &["login"]), 200).unwrap();
    terminal.shows("Replace it [y/N]?").unwrap();
    terminal.types("\n").unwrap();
    assert!(terminal.ends().unwrap().0.success());
    assert_eq!(written(&stage).1, text);
    let mut terminal = Terminal::start(copr(&stage, &["login"]), 200).unwrap();
    terminal.shows("Replace it [y/N]?").unwrap();
    terminal.types("y\n").unwrap();
    terminal.shows("paste the block").unwrap();
    terminal.types(&format!("{pasted}\n")).unwrap();
    assert!(terminal.ends().unwrap().0.success());
    assert_eq!(written(&stage).1, text);
}

#[test]
fn a_program_passes_a_token_on() {
    let stage = Stage::idle();
    let pasted = shown(&stage);
    let facts = block(&pasted).unwrap();
    let (login, token) = (facts["login"].as_str(), facts["token"].as_str());
    let words = ["login", &stage.url(), "--login", login, "--token", token];
    let (status, out, err) = said(&stage, &words);
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(out, format!("You are alice at {}. The configuration is in copr.\n", stage.url()));
    let (mode, text) = written(&stage);
    let address = stage.url();
    let expected = format!(
        "[copr-cli]\nlogin = {login}\nusername = alice\ntoken = {token}\ncopr_url = {address}\nencrypted = False\n"
    );
    assert_eq!((mode, &text), (0o600, &expected));

    let (status, _, err) = said(&stage, &words);
    assert!(status == 6 && err.ends_with("\nhint: --force replaces it\n"), "{status} {err}");
    let mut piped = copr(&stage, &["login", "--force"]);
    let mut piped = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    piped.stdin.take().unwrap().write_all(pasted.as_bytes()).unwrap();
    let (status, _, err) = of(&piped.wait_with_output().unwrap());
    assert_eq!((status, err.as_str()), (0, ""));
    let date = pasted.lines().find(|line| line.starts_with("# expiration date: ")).expect("a date");
    assert_eq!(written(&stage).1, format!("{expected}{date}\n"));
}

#[test]
fn a_token_that_is_no_good_is_not_written() {
    let stage = Stage::idle();
    fs::remove_file(stage.configuration("alice")).unwrap();
    let url = stage.url();
    let (status, out, err) = said(&stage, &["login", &url, "--login", "a", "--token", "b"]);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(err.contains(&format!("Error: {url} does not take it: ")), "{err}");
    assert!(err.ends_with(&format!("\nhint: {url}/api/ shows the token that is good now\n")), "{err}");
    assert!(!stage.configuration("alice").exists());
    let (status, _, err) = said(&stage, &["login", &url]);
    assert!(status == 6 && err.contains("What was read has no `login` and `token`."), "{status} {err}");
    assert_eq!(said(&stage, &["login", "--login", "a"]).0, 2);
    // Not built in, or no ticket: either way nothing is written.
    let (status, _, err) = said(&stage, &["login", &url, "--kerberos"]);
    assert!(status != 0 && !err.is_empty() && !stage.configuration("alice").exists(), "{status} {err}");
}
