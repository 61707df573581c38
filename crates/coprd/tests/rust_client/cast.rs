//! Who appears: alice, to whom most projects belong, and bob.

use crate::stage::{Stage, WAITING};
use copr_client::v3::{Build, BuildOptions, Client, Config, Error, FullName, Project, ProjectOptions};
use std::fmt::Debug;

pub const FEDORA: &str = "fedora-42-x86_64";
pub const FEDORA_32: &str = "fedora-42-i386";
pub const EPEL: &str = "epel-9-x86_64";

/// Somebody's client, by the file that everybody gets.
pub fn client(stage: &Stage, who: &str) -> Client {
    let text = std::fs::read_to_string(stage.configuration(who)).expect("a configuration");
    let path = stage.home(who).join("copr.conf");
    // The service of a test is not encrypted, which its users are not told.
    let text = text.lines().filter(|line| !line.starts_with("encrypted")).map(|line| format!("{line}\n"));
    std::fs::write(&path, text.collect::<String>() + "encrypted = False\n").expect("a file");
    Client::new(Config::from_file(path).expect("a good configuration")).expect("a client")
}

/// A project of alice's.
pub fn alices(name: &str) -> FullName {
    FullName::new("alice", name)
}

/// Makes one for these chroots.
pub async fn made(client: &Client, project: &FullName, chroots: &[&str]) -> Project {
    let options = ProjectOptions::new().chroots(chroots.iter().copied());
    client.projects().add(project, &options).await.expect("a project")
}

/// For the chroot whose builds wait for ever.
pub fn waiting() -> BuildOptions {
    BuildOptions::new().chroots([WAITING])
}

pub fn ids(builds: &[Build]) -> Vec<u64> {
    builds.iter().map(|build| build.id).collect()
}

/// The call was refused with this status and words that hold these.
#[track_caller]
pub fn refused<T: Debug>(outcome: Result<T, Error>, status: u16, words: &str) {
    let error = outcome.expect_err("a refusal");
    assert_eq!(error.status(), Some(status), "{error:?}");
    assert!(error.to_string().contains(words), "`{words}` is not in: {error}");
    match status {
        404 => assert!(matches!(error, Error::NoResult { .. }), "{error:?}"),
        401 | 403 => assert!(matches!(error, Error::Authentication { .. }), "{error:?}"),
        _ => assert!(matches!(error, Error::Refused { .. }), "{error:?}"),
    }
}
