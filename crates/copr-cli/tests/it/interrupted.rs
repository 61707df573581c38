//! Ctrl-C, and readers that go away.

use crate::call::{Home, ended, fails};
use crate::server;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::Child;
use std::sync::mpsc::channel;

fn interrupt(call: &Child) {
    kill(Pid::from_raw(call.id().cast_signed()), Signal::SIGINT).expect("a running program");
}

#[test]
fn an_interruption_is_said_and_is_a_failure() {
    // Holds every connection and says nothing.
    let (sender, held) = channel::<TcpStream>();
    let (port, heard) = server::that(move |stream| drop(sender.send(stream)));
    let home = Home::at(&format!("http://127.0.0.1:{port}"));
    let call = home.begins("get foo");
    heard.recv().expect("a connection");
    interrupt(&call);
    fails(&ended(call), 1, "\nInterrupted by user.\n");
    drop(held);
}

#[test]
fn waiting_for_a_build_may_be_interrupted() {
    let running = r#"{"id": 5, "state": "running", "ownername": "alice", "projectname": "foo"}"#;
    let home = Home::at(&format!("http://127.0.0.1:{}", server::that_says(200, running)));
    let mut call = home.begins("watch-build 5");
    let mut out = BufReader::new(call.stdout.take().expect("a pipe"));
    let mut lines = String::new();
    for _ in 0..2 {
        out.read_line(&mut lines).expect("a line");
    }
    interrupt(&call);
    out.read_to_string(&mut lines).expect("a text");
    fails(&ended(call), 0, "");
    let (first, second) = lines.split_once('\n').expect("lines");
    assert_eq!(first, "Watching build(s): (this may be safely interrupted)");
    assert!(second.ends_with(" Build 5: running\n"), "{second}");
}

#[test]
fn a_reader_that_goes_away_is_nothing_to_talk_about() {
    let port = server::that_says(200, r#"{"a-1-x": "", "b-1-x": ""}"#);
    let home = Home::at(&format!("http://127.0.0.1:{port}"));
    let mut call = home.begins("list-chroots");
    drop(call.stdout.take());
    fails(&ended(call), 1, "");
}
