use std::path::Path;
use std::process::{Command, Output};

#[expect(clippy::disallowed_methods, reason = "the program under test")]
fn check_config(directory: &Path, variables: &[(&str, &str)], args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_coprd"))
        .arg("check-config")
        .args(args)
        .env_clear()
        .env("HOME", directory)
        .envs(variables.iter().copied())
        .current_dir(directory)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn what_it_prints_is_a_configuration_that_means_the_same() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("COPRD_LISTEN", "0.0.0.0:80"), ("COPRD_BUILDER__WORKERS", "3")];
    let first = check_config(home.path(), &variables, &["--data-dir", "state"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let printed = text(&first.stdout);
    assert!(printed.contains("workers = 3") && printed.contains("listen = \"0.0.0.0:80\""), "{printed}");
    assert!(printed.contains(&format!("data_dir = \"{}/state\"", home.path().display())), "{printed}");

    std::fs::write(home.path().join("printed.toml"), &printed).unwrap();
    let second = check_config(home.path(), &[], &["--config", "printed.toml"]);
    assert_eq!(text(&second.stdout), printed);
}

#[test]
fn talk_goes_to_standard_error() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("COPRD_LISTEN", "0.0.0.0:80"), ("COPRD_DATABASE", "postgres://ada:geheim@db/copr")];
    let output = check_config(home.path(), &variables, &["--data-dir", "state"]);
    insta::assert_snapshot!(text(&output.stderr), @r"
    read: no file, defaults alone
    environment: COPRD_DATABASE
    environment: COPRD_LISTEN
    warning: tokens and packages travel readable for everybody on the way to `http://0.0.0.0:80`
    hint: put a proxy with TLS before it, and set `public_url` to its https address
    warning: clients and `.repo` files are told `http://localhost`
    hint: set `public_url` to the address that they can use
    ");
    assert!(!text(&output.stdout).contains("geheim"));
}

#[test]
fn a_wrong_configuration_ends_with_a_sentence_and_status_1() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("own.toml"), "listen = '127.0.0.1:5000'\nlog_level = 'info'\n").unwrap();
    let output = check_config(home.path(), &[], &["--config", "own.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let talk = text(&output.stderr).replace(&format!("{}/", home.path().display()), "");
    insta::assert_snapshot!(talk, @r"
    error: `own.toml`, line 2: there is no key `log_level`
    hint: did you mean `log.level`?
    ");
    let missing = check_config(home.path(), &[], &["--config", "missing.toml"]);
    let talk = text(&missing.stderr).replace(&format!("{}/", home.path().display()), "");
    insta::assert_snapshot!(talk, @"error: can't read the configuration `missing.toml`: No such file or directory (os error 2)");
}
