//! copr-cli 2.6 and older: what it prints and how it exits.

use crate::cli::Cli;
use crate::session::{play, succeeding_commands};
use crate::stage::Stage;
use copr_testkit::{Environment, LAST_WITH_V1, NEWEST, OF_2020, OLDEST};
use std::collections::BTreeSet;

#[test]
fn copr_cli_2_6_makes_shows_changes_and_deletes_projects() {
    play(&Stage::idle(), &NEWEST, "2.6/projects.txt");
}

#[test]
fn copr_cli_2_6_shows_and_edits_chroots() {
    play(&Stage::idle(), &NEWEST, "2.6/chroots.txt");
}

#[test]
fn copr_cli_2_6_submits_lists_cancels_and_deletes_builds() {
    play(&Stage::idle(), &NEWEST, "2.6/builds.txt");
}

#[test]
fn copr_cli_2_6_watches_builds_and_fetches_their_results() {
    play(&Stage::building(), &NEWEST, "2.6/results.txt");
}

#[test]
fn copr_cli_2_6_tells_what_is_wrong_with_its_configuration() {
    play(&Stage::idle(), &NEWEST, "2.6/configuration.txt");
}

#[test]
fn copr_cli_2_6_forks_projects() {
    play(&Stage::idle(), &NEWEST, "2.6/forks.txt");
}

#[test]
fn copr_cli_2_6_asks_for_and_gives_roles() {
    play(&Stage::idle(), &NEWEST, "2.6/permissions.txt");
}

#[test]
fn copr_cli_2_6_renews_secrets() {
    play(&Stage::idle(), &NEWEST, "2.6/tokens.txt");
}

#[test]
fn copr_cli_2_6_keeps_packages() {
    play(&Stage::idle(), &NEWEST, "2.6/packages.txt");
}

#[test]
fn copr_cli_2_6_submits_builds_from_elsewhere() {
    play(&Stage::idle(), &NEWEST, "2.6/sources.txt");
}

#[test]
fn copr_cli_2_6_uploads_ready_packages() {
    play(&Stage::building(), &NEWEST, "2.6/uploadrpm.txt");
}

/// Plays a session with copr-cli 1.85 and with 1.79.1, each against a service of its own.
#[track_caller]
fn play_with_old_ones(stage: fn() -> Stage, name: &str) {
    for clients in [&OF_2020, &OLDEST] {
        play(&stage(), clients, &format!("old/{name}"));
    }
}

#[test]
fn old_copr_cli_makes_shows_changes_and_deletes_projects() {
    play_with_old_ones(Stage::idle, "projects.txt");
}

#[test]
fn old_copr_cli_submits_lists_cancels_and_deletes_builds() {
    play_with_old_ones(Stage::idle, "builds.txt");
}

#[test]
fn old_copr_cli_watches_builds_and_fetches_their_results() {
    play_with_old_ones(Stage::building, "results.txt");
}

#[test]
fn old_copr_cli_shows_chroots() {
    play(&Stage::idle(), &OF_2020, "1.85/chroots.txt");
    play(&Stage::idle(), &OLDEST, "1.79.1/chroots.txt");
}

#[test]
fn old_copr_cli_forks_projects() {
    play_with_old_ones(Stage::idle, "forks.txt");
}

#[test]
fn old_copr_cli_asks_for_and_gives_roles() {
    play_with_old_ones(Stage::idle, "permissions.txt");
}

#[test]
fn old_copr_cli_keeps_packages() {
    play_with_old_ones(Stage::idle, "packages.txt");
}

#[test]
fn old_copr_cli_submits_builds_from_elsewhere() {
    play_with_old_ones(Stage::idle, "sources.txt");
}

#[test]
fn old_copr_cli_renews_secrets_of_web_hooks() {
    play_with_old_ones(Stage::idle, "webhooks.txt");
}

// copr-cli 1.65 is the last one on PyPI that speaks version 1 of the API only.

#[test]
fn copr_cli_1_65_works_with_projects_and_chroots() {
    play(&Stage::idle(), &LAST_WITH_V1, "1.65/projects.txt");
}

#[test]
fn copr_cli_1_65_works_with_builds_and_packages() {
    play(&Stage::idle(), &LAST_WITH_V1, "1.65/builds.txt");
}

#[test]
fn copr_cli_1_65_watches_builds_and_fetches_their_results() {
    play(&Stage::building(), &LAST_WITH_V1, "1.65/results.txt");
}

/// The sub-commands that a release has, as its help names them.
pub fn commands(clients: &Environment) -> BTreeSet<String> {
    let place = copr_testkit::temp_dir();
    let help = Cli::start(clients).call(place.path(), &["--help".to_owned()], "").out;
    let list = help.split_once('{').and_then(|(_, rest)| rest.split_once('}')).expect("a list of commands").0;
    list.split(',').map(str::to_owned).collect()
}

#[test]
fn check_22_every_command_of_copr_cli_2_6_is_seen_working() {
    let without: Vec<String> =
        commands(&NEWEST).difference(&succeeding_commands("copr-cli", &["2.6"])).cloned().collect();
    assert_eq!(without, [""; 0], "in no session with success");
}

#[test]
fn every_command_of_old_copr_cli_is_seen_working() {
    // Modules are gone.
    for (clients, own) in [(&OF_2020, &["old", "1.85"][..]), (&OLDEST, &["old", "1.79.1"]), (&LAST_WITH_V1, &["1.65"])]
    {
        let without: Vec<String> =
            commands(clients).difference(&succeeding_commands("copr-cli", own)).cloned().collect();
        assert_eq!(without, ["build-module"], "copr-cli {own:?}");
    }
}
