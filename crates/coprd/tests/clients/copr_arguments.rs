//! What the command lines of copr-cli 2.6 and `copr` take, and what they say about what they do not take.

use crate::cli::{Cli, Program, beside, python};
use crate::session::without_usage;
use clap::{Arg, ArgAction, Command};
use copr_testkit::NEWEST;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// An argument of copr-cli.
#[derive(Debug, Deserialize)]
struct Argument {
    names: Vec<String>,
    positional: bool,
    takes_value: bool,
    /// `*`, `+`, `?`, or nothing.
    count: Value,
    choices: Vec<String>,
    default: Option<Value>,
    required: bool,
    repeatable: bool,
}

/// Sub-command to arguments; the program itself has no name.
fn of_copr_cli() -> BTreeMap<String, Vec<Argument>> {
    let text = copr_testkit::output(python(&NEWEST).arg(beside("arguments.py")));
    serde_json::from_str(&text).expect("JSON")
}

/// The argument that has all of these names; for one without, the one in its place.
fn named<'c>(command: &'c Command, argument: &Argument, place: usize) -> Option<&'c Arg> {
    if argument.positional {
        return command.get_positionals().nth(place);
    }
    let has = |candidate: &&Arg| {
        argument.names.iter().all(|name| match name.strip_prefix("--") {
            Some(long) => candidate.get_long() == Some(long),
            None => name.strip_prefix('-') == candidate.get_short().map(String::from).as_deref(),
        })
    };
    command.get_arguments().find(has)
}

/// What is different about an argument.
fn differences(argument: &Argument, ours: &Arg) -> Vec<&'static str> {
    let takes_value = matches!(ours.get_action(), ArgAction::Set | ArgAction::Append);
    let name = ours.get_value_names().and_then(<[_]>::first).map(ToString::to_string);
    let choices: Vec<String> = ours.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let numbers = ours.get_num_args().expect("a built command");
    let default = ours.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    let expected = argument.default.as_ref().and_then(Value::as_str);
    // What is not said is not sent, and means that nothing changes.
    let expected = expected.filter(|value| *value != "unchanged");
    let checks = [
        ("its name in complaints", !argument.positional || name.as_ref() == argument.names.first()),
        ("whether it takes a value", takes_value == argument.takes_value),
        ("whether it is required", ours.is_required_set() == argument.required),
        ("its choices", !takes_value || choices == argument.choices),
        (
            "whether there may be many values",
            (numbers.max_values() > 1) == (argument.count == "*" || argument.count == "+"),
        ),
        (
            "whether its value may be missing",
            (numbers.min_values() == 0) == (argument.count != Value::Null && argument.count != "+")
                || argument.positional,
        ),
        ("whether it can be repeated", !argument.repeatable || matches!(ours.get_action(), ArgAction::Append)),
        ("its default", !takes_value || default.as_deref() == expected),
    ];
    checks.into_iter().filter(|(_, same)| !same).map(|(what, _)| what).collect()
}

#[test]
fn copr_takes_every_argument_of_copr_cli_2_6() {
    let mut root = copr_cli::command();
    root.build();
    let mut different = Vec::new();
    for (name, arguments) in &of_copr_cli() {
        let command = if name.is_empty() { Some(&root) } else { root.find_subcommand(name) };
        let Some(command) = command else {
            different.push(format!("there is no `{name}`"));
            continue;
        };
        let mut place = 0;
        for argument in arguments {
            let shown = argument.names.join("/");
            let ours = named(command, argument, place);
            place += usize::from(argument.positional);
            match ours {
                None => different.push(format!("`{name}` has no {shown}")),
                Some(ours) => {
                    different
                        .extend(differences(argument, ours).iter().map(|what| format!("`{name}` {shown}: {what}")));
                }
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Calls that make no sense, and some that look as if they did not.
const MISUSES: &[&str] = &[
    "nonsense",
    "lis",
    "--nonsense list",
    "--config",
    "create",
    "create --chroot",
    "create foo --nonsense",
    "create foo --nonsense bar",
    "create foo --isolation strict",
    "create foo --isolation=",
    "create foo --enable-net maybe",
    "create foo --disable_createrepo maybe",
    "create foo --persistent=1",
    "create --persistent --nonsense",
    "modify",
    "list alice bob",
    "whoami me",
    "status",
    "status x",
    "status 1 2",
    "status 1.5",
    "cancel",
    "watch-build",
    "watch-build 1 x",
    "delete-build 1 --nonsense",
    "build",
    "build foo",
    "build --nowait=1 foo a.spec",
    "build foo a.spec --chroot",
    "build foo a.spec -r",
    "build foo a.spec --isolation",
    "build foo a.spec --b on",
    "build foo a.spec --with-build-id 1 --after-build-id 2",
    "build foo a.spec --after-build-id 1 --with-build-id 2",
    "build foo a.spec -x",
    "buildpypi foo",
    "buildpypi",
    "buildpypi --pythonversions x",
    "buildpypi --pythonversions 3 2 foo --packagename bar",
    "buildpypi foo --packagename bar --spec-generator x",
    "buildscm",
    "buildscm foo --type x",
    "buildcustom foo",
    "buildcustom foo --script /nowhere/at/all",
    "build-distgit foo",
    "build-package foo",
    "add-package-scm foo --name a",
    "add-package-pypi",
    "edit-package-custom foo --name a --script /nowhere/at/all",
    "edit-chroot foo/bar --upload-comps x --delete-comps",
    "edit-chroot foo/bar --delete-comps --upload-comps x",
    "get-chroot",
    "get-chroot foo/bar --output-format yaml",
    "mock-config foo",
    "monitor foo --output-format table",
    "edit-permissions",
    "edit-permissions foo --admin",
    "edit-permissions foo --admin bob --admin bob=nothing",
    "request-permissions",
    "request-permissions foo --builder --builder=nothing",
    "fork foo",
    "download-build",
    "new-webhook-secret",
];

#[test]
fn copr_complains_about_a_call_in_the_words_of_copr_cli_2_6() {
    let place = copr_testkit::temp_dir();
    let mut programs = [Program::CoprCli(Cli::start(&NEWEST)), Program::Copr];
    let mut different = Vec::new();
    for line in MISUSES {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let said = programs.each_mut().map(|program| {
            let said = program.call(place.path(), &words, "");
            (said.status, without_usage(&said.err), said.out)
        });
        if said[0] != said[1] || said[0].0 != 2 {
            different.push(format!("{line}\n  copr-cli: {:?}\n  copr:     {:?}", said[0], said[1]));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}
