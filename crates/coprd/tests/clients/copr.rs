//! `copr` in the place of copr-cli 2.6: what it prints and how it exits, in the very sessions of the other.

use crate::cli::beside;
use crate::copr_cli::commands;
use crate::session::{play_with_copr, succeeding_commands};
use crate::stage::Stage;
use copr_testkit::NEWEST;
use std::collections::BTreeSet;

macro_rules! sessions {
    ($($test:ident: $stage:ident, $name:literal;)+) => {
        $(#[test]
        fn $test() {
            play_with_copr(&Stage::$stage(), concat!("2.6/", $name));
        })+

        const PLAYED: &[&str] = &[$($name),+];
    };
}

sessions! {
    copr_makes_shows_changes_and_deletes_projects: idle, "projects.txt";
    copr_shows_and_edits_chroots: idle, "chroots.txt";
    copr_submits_lists_cancels_and_deletes_builds: idle, "builds.txt";
    copr_watches_builds_and_fetches_their_results: building, "results.txt";
    copr_tells_what_is_wrong_with_its_configuration: idle, "configuration.txt";
    copr_forks_projects: idle, "forks.txt";
    copr_asks_for_and_gives_roles: idle, "permissions.txt";
    copr_renews_secrets: idle, "tokens.txt";
    copr_keeps_packages: idle, "packages.txt";
    copr_submits_builds_from_elsewhere: idle, "sources.txt";
    copr_uploads_ready_packages: building, "uploadrpm.txt";
}

#[test]
fn every_session_of_copr_cli_2_6_is_played_with_copr() {
    let files = std::fs::read_dir(beside("sessions/2.6")).expect("a directory");
    let names: BTreeSet<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
    assert_eq!(names, PLAYED.iter().map(ToString::to_string).collect());
}

#[test]
fn every_command_of_copr_cli_2_6_is_seen_working_with_copr() {
    let without: Vec<String> = commands(&NEWEST).difference(&succeeding_commands("copr", &["2.6"])).cloned().collect();
    assert_eq!(without, [""; 0], "in no session with success");
}
