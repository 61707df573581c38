//! Calls of the program, by alice.

use crate::stage::Stage;
use copr_testkit::terminal::Terminal;
use std::process::{Command, Output, Stdio};

/// A call, in alice's home and with her configuration.
pub fn copr(stage: &Stage, words: &[&str]) -> Command {
    let mut copr = copr_testkit::command(copr_testkit::copr());
    copr.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").env("HOME", stage.home("alice"));
    copr.env("COPR_WATCH_INTERVAL", "0.1").current_dir(stage.home("alice")).stdin(Stdio::null());
    copr.args(["--config", "copr"]).args(words);
    copr
}

/// How a call ended and what it said: status, standard output, standard error.
pub fn said(stage: &Stage, words: &[&str]) -> (i32, String, String) {
    of(&copr(stage, words).output().expect("copr runs"))
}

pub fn of(done: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("a text");
    (done.status.code().expect("a status"), text(&done.stdout), text(&done.stderr))
}

/// What a call prints that works.
#[track_caller]
pub fn prints(stage: &Stage, words: &[&str]) -> String {
    let (status, out, err) = said(stage, words);
    assert_eq!(status, 0, "{words:?}\n{out}\n{err}\n{}", stage.service.log_tail());
    out
}

/// The same call at a terminal: the status and what is shown.
pub fn at_a_terminal(stage: &Stage, words: &[&str], columns: u16) -> (i32, String) {
    let terminal = Terminal::start(copr(stage, words), columns).expect("a terminal");
    let (status, shown) = terminal.ends().expect("an end");
    (status.code().expect("a status"), shown)
}

/// A build of alice's in a project of hers, which has ended.
pub fn built(stage: &Stage, project: &str) {
    prints(stage, &["create", project, "--chroot", crate::stage::OWN]);
    let srpm = stage.srpm("hello-noarch");
    prints(stage, &["build", project, &srpm.display().to_string()]);
}
