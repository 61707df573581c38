//! The stages: this program, re-executed with one thread, between the host and the command.

mod copies;
pub(crate) mod filter;
mod ids;
mod inner;
mod inside;
mod kill;
mod loopback;
pub(crate) mod message;
mod mounts;
mod outer;
mod privileges;
mod tree;
mod watch;

use std::{
    io,
    os::{fd::AsFd, unix::net::UnixStream},
};

use message::Line;

/// `argv[0]` of a stage; no ordinary start has it, so stages take nothing away from the command
/// line of the program.
pub(crate) const STAGE_NAME: &str = "copr-sandbox-stage:";
/// `argv[1]` of the stage that the host starts.
pub(crate) const OUTER: &str = "outer";
/// `argv[1]` of the stage that the outer stage starts.
pub(crate) const INNER: &str = "inner";

/// Runs a stage of a sandbox, and never returns, when this process was started as one; else
/// returns at once. Call it first in `main`, before any thread exists: user namespaces cannot be
/// entered with two threads.
pub fn main_if_child() {
    let mut words = std::env::args_os();
    if words.next().is_none_or(|word| word != STAGE_NAME) {
        return;
    }
    let stage = words.next().unwrap_or_default();
    let Ok(control) = control() else { std::process::exit(70) };
    if stage == OUTER {
        outer::main(control)
    } else if stage == INNER {
        inner::main(control)
    }
    std::process::exit(64)
}

/// The socket to the stage above is standard input; a duplicate that closes on exec replaces it.
fn control() -> io::Result<Line> {
    close_strays();
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let null = std::fs::File::open("/dev/null")?;
    nix::unistd::dup2_stdin(&null)?;
    Ok(Line::new(socket))
}

/// Closes what a careless library of the host left open across exec: foreign code must not get it.
fn close_strays() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let open: Vec<i32> = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for number in open.into_iter().filter(|number| *number > 2) {
        // The directory's own descriptor is among them and closed by now: that error is expected.
        let _ = nix::unistd::close(number);
    }
}
