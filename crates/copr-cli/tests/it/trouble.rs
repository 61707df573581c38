//! Bad input and broken services: one clear line, and the right exit status.

use crate::call::{Home, fails};
use crate::server;
use std::fs;

const LIMIT: &str = "Operation requires API authentication. See the 'AUTHENTICATION' section in man copr-cli(1).";

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let home = Home::at("http://127.0.0.1:1");
    fails(&home.says("--config missing list"), 6, "\nError: Copr configuration error. File missing is missing.\n");
}

#[test]
fn a_configuration_that_makes_no_sense_is_named_with_the_line() {
    let home = Home::with("[copr-cli]\ncopr_url = nonsense\n");
    let shown = home.path(".config/copr");
    let problem = format!("`{}`, line 2: `nonsense` is no address: relative URL without a base", shown.display());
    fails(&home.says("list alice"), 6, &format!("\nError: Copr configuration error. {problem}\n"));
}

#[test]
fn a_server_that_is_down_is_named() {
    let url = format!("http://127.0.0.1:{}", server::nowhere());
    let line = format!("Error: Unable to connect to {url}/api_3/: Connection refused (os error 111)");
    fails(&Home::at(&url).says("list"), 1, &format!("\nSomething went wrong:\n{line}\n"));
}

#[test]
fn a_host_that_does_not_exist_is_named() {
    let said = Home::at("http://nowhere.invalid").says("list");
    let line = "\nSomething went wrong:\nError: Unable to connect to http://nowhere.invalid/api_3/: ";
    assert!(said.err.starts_with(line) && said.err.lines().count() == 3, "{said:?}");
    assert_eq!(said.status, Some(1));
}

#[test]
fn a_certificate_that_nobody_knows_is_refused() {
    let url = format!("https://127.0.0.1:{}", server::that_nobody_trusts());
    let line = format!("Error: Unable to connect to {url}/api_3/: invalid peer certificate: UnknownIssuer");
    fails(&Home::at(&url).says("list"), 1, &format!("\nSomething went wrong:\n{line}\n"));
}

#[test]
fn a_server_without_tls_is_no_server_with_tls() {
    let said = Home::at(&format!("https://127.0.0.1:{}", server::that_says(400, "no"))).says("list");
    assert!(said.err.contains("/api_3/: received corrupt message") && said.err.lines().count() == 3, "{said:?}");
    assert_eq!(said.status, Some(1));
}

#[test]
fn an_expired_token_is_told_in_the_words_of_the_service() {
    let port = server::that_says(401, r#"{"output": "notok", "error": "Login invalid/expired. Please visit X."}"#);
    let said = Home::at(&format!("http://127.0.0.1:{port}")).says("create foo --chroot a");
    fails(&said, 1, "\nSomething went wrong:\nError: Login invalid/expired. Please visit X.\n");
}

#[test]
fn what_is_not_allowed_has_a_status_of_its_own() {
    let port = server::that_says(403, r#"{"error": "Only owners may."}"#);
    let said = Home::at(&format!("http://127.0.0.1:{port}")).says("delete foo");
    fails(&said, 7, &format!("\nError: {LIMIT}\n\nError: Only owners may.\n"));
}

#[test]
fn without_a_token_nothing_is_asked_that_needs_one() {
    let home = Home::with("[copr-cli]\ncopr_url = https://copr.example.org\n");
    let advice = "hint: https://copr.example.org/api shows what belongs there";
    let line = format!("There is no `login` and `token` in `{}`.", home.path(".config/copr").display());
    fails(&home.says("create foo"), 7, &format!("\nError: {LIMIT}\n\nError: {line}\n{advice}\n"));
}

#[test]
fn a_page_for_people_is_not_json() {
    let home = Home::at(&format!("http://127.0.0.1:{}", server::that_says(200, "<html>Hello</html>")));
    let line =
        "\nSomething went wrong:\nError: Response is not in JSON format, there is probably a bug in the API code.\n";
    fails(&home.says("list"), 1, &format!("{line}Try 'copr-cli --debug' for more info.\n"));
    let all = format!("#  Debug log enabled  #\n{line}\nServer response:\n----------------\n<html>Hello</html>\n");
    fails(&home.says("--debug list"), 1, &all);
}

#[test]
fn an_answer_of_another_kind_is_told() {
    let said = Home::at(&format!("http://127.0.0.1:{}", server::that_says(200, "[]"))).says("get foo");
    assert!(said.err.contains("can't be understood: ") && said.err.lines().count() == 2, "{said:?}");
    assert_eq!(said.status, Some(5));
}

#[test]
fn a_gateway_that_gave_up_is_told() {
    let said = Home::at(&format!("http://127.0.0.1:{}", server::that_says(504, "<html>"))).says("get foo");
    let text = "\nError: Gateway Timeout\nConsider using pagination for large queries.\n";
    assert_eq!((said.status, said.err.as_str()), (Some(3), text));
}

#[test]
fn a_connection_that_is_cut_in_the_middle_of_an_upload_is_one_line() {
    let home = Home::at(&format!("http://127.0.0.1:{}", server::that_hangs_up()));
    fs::write(home.path("big.src.rpm"), vec![0; 20_000_000]).expect("a file");
    let said = home.says("build --nowait foo big.src.rpm");
    assert_eq!((said.status, said.out.as_str()), (Some(1), "Uploading package big.src.rpm\n"));
    let begin = "\nSomething went wrong:\nError: The connection to http://127.0.0.1:";
    assert!(said.err.starts_with(begin) && said.err.contains("/api_3/ broke: "), "{said:?}");
    assert_eq!(said.err.lines().count(), 3, "{said:?}");
}

#[test]
fn a_file_that_can_not_be_uploaded_is_named() {
    let home = Home::at(&format!("http://127.0.0.1:{}", server::that_says(200, r#"{"message": "ok"}"#)));
    fs::create_dir(home.path("directory.src.rpm")).expect("a directory");
    let said = home.says("build --nowait foo directory.src.rpm");
    assert_eq!(
        (said.status, said.err.as_str()),
        (Some(3), "\nError: can't read `directory.src.rpm`: it is not a file\n")
    );
}

#[test]
fn numbers_of_builds_that_are_none_do_not_exist() {
    let home = Home::at("http://127.0.0.1:1");
    for line in ["cancel x", "download-build x"] {
        fails(&home.says(line), 1, "\nSomething went wrong:\nError: Build x does not exist.\n");
    }
    fails(&home.says("status -1"), 1, "\nSomething went wrong:\nError: Build -1 does not exist.\n");
}

#[test]
fn a_question_without_anybody_to_answer_it_is_not_asked_for_ever() {
    let said = Home::at("http://127.0.0.1:1").says("new-webhook-secret foo");
    let question = "Generate a new webhook secret for foo [y/n]? ";
    assert_eq!((said.status, said.out.as_str()), (Some(1), question));
    assert_eq!(said.err, "\nError: There is no answer: neither `y` nor `n`.\n");
}

#[test]
fn without_anything_to_do_there_is_help() {
    let home = Home::at("http://127.0.0.1:1");
    fs::remove_file(home.path(".config/copr")).expect("a file");
    let said = home.says("--no-color");
    assert_eq!((said.status, said.err.as_str()), (Some(0), ""));
    for name in ["create", "download-build", "watch-build"] {
        assert!(said.out.contains(&format!("\n  {name} ")), "{}", said.out);
    }
}
