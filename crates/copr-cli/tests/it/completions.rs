//! What shells and `man` are told.

use crate::call::Home;
use std::fs;
use std::process::Command;

/// What a real bash proposes for the last of some words.
fn proposed(home: &Home, words: &[&str]) -> Vec<String> {
    fs::write(home.path("copr.bash"), home.says("completions bash").out).expect("a file");
    let list = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
    let script = format!(
        "source copr.bash\ncomplete -p copr | grep -q _copr || exit 9\nCOMP_WORDS=({list}) COMP_CWORD={}\n\
         _copr copr '{last}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        words.len() - 1
    );
    let mut bash: Command = copr_testkit::command(copr_testkit::require("bash"));
    bash.current_dir(home.path("")).args(["--norc", "-c", &script]);
    copr_testkit::output(&mut bash).lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_their_values() {
    let home = Home::with("");
    assert_eq!(proposed(&home, &["copr", "list-b"]), ["list-builds"]);
    assert_eq!(proposed(&home, &["copr", "download-build", "--jo"]), ["--jobs"]);
    assert_eq!(proposed(&home, &["copr", "list-builds", "--output-format", "te"]), ["text", "text-row"]);
    assert_eq!(proposed(&home, &["copr", "--output", "j"]), ["json"]);
    assert!(proposed(&home, &["copr", "buildscm", "--"]).contains(&"--clone-url".to_owned()));
    assert_eq!(proposed(&home, &["copr", "completions", "f"]), ["fish"]);
}

#[test]
fn there_is_a_script_for_every_shell() {
    let home = Home::with("");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = home.says(&format!("completions {shell}"));
        assert_eq!((said.status, said.err.as_str()), (Some(0), ""));
        assert!(said.out.contains("download-build") && said.out.contains("watch-build"), "{shell}");
    }
    assert_eq!(home.says("completions tcsh").status, Some(2));
}

#[test]
fn there_is_a_page_for_every_command() {
    let home = Home::with("");
    let page = home.says("man").out;
    assert!(page.contains(".TH copr 1") && page.contains("copr\\-list\\-builds(1)"), "{page}");
    let said = home.says("man pages");
    let count = fs::read_dir(home.path("pages")).expect("a directory").count();
    assert_eq!((said.status, said.out), (Some(0), format!("{count} manual pages are in pages.\n")));
    let commands: Vec<String> =
        copr_cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    assert_eq!(count, commands.len() + 1);
    for command in commands {
        let page = fs::read_to_string(home.path(&format!("pages/copr-{command}.1"))).expect("a page");
        assert!(page.contains(".SH SYNOPSIS") && page.contains("--help") | page.contains("\\-\\-help"), "{command}");
    }
    let said = home.says("man /dev/null/x");
    assert!(said.status == Some(3) && said.err.contains("can't write into `/dev/null/x`: "), "{said:?}");
}
