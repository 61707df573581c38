//! Terminals that nobody sits at: what programs show on them is a text, and what is typed comes from a test.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// For something to be shown.
const PATIENCE: Duration = Duration::from_secs(150);

/// A program at a terminal.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    keys: File,
    shown: Arc<Shown>,
    reader: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shown {
    text: Mutex<String>,
    more: Condvar,
}

impl Terminal {
    /// Starts a program at a terminal of so many columns: that is where it reads from and writes to.
    pub fn start(mut command: Command, columns: u16) -> Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).context("no pseudo terminal")?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        tcsetwinsize(&ours, Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })?;
        let theirs = rustix::fs::open(ptsname(&ours, Vec::new())?, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        let end = |theirs: &OwnedFd| -> Result<Stdio> { Ok(Stdio::from(theirs.try_clone()?)) };
        command.env("TERM", "xterm").stdin(end(&theirs)?).stdout(end(&theirs)?).stderr(end(&theirs)?);
        let child = command.spawn().with_context(|| format!("{command:?} does not start"))?;
        // The terminal ends when nobody has it any more, and both of these do.
        drop((command, theirs));
        let shown = Arc::new(Shown::default());
        let (mut screen, watched) = (File::from(ours.try_clone()?), Arc::clone(&shown));
        let reader = std::thread::spawn(move || watched.read(&mut screen));
        Ok(Self { child, keys: File::from(ours), shown, reader })
    }

    /// Waits until a text was shown.
    pub fn shows(&self, text: &str) -> Result<()> {
        let start = Instant::now();
        let mut shown = self.shown.text.lock().unwrap_or_else(PoisonError::into_inner);
        while !shown.contains(text) {
            if start.elapsed() > PATIENCE {
                bail!("`{text}` was not shown, but\n{shown}");
            }
            let wait = self.shown.more.wait_timeout(shown, Duration::from_millis(200));
            shown = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Types something; a line ends with `\n`.
    pub fn types(&mut self, text: &str) -> Result<()> {
        Ok(self.keys.write_all(text.as_bytes())?)
    }

    /// Waits until the program ends: how it ended, and all that was shown. Lines end with `\n` alone.
    pub fn ends(mut self) -> Result<(ExitStatus, String)> {
        let status = self.child.wait()?;
        if self.reader.join().is_err() {
            bail!("the reader of the terminal failed");
        }
        let shown = self.shown.text.lock().unwrap_or_else(PoisonError::into_inner).replace("\r\n", "\n");
        Ok((status, shown))
    }
}

impl Shown {
    /// Until nobody has the terminal any more: then reading fails.
    fn read(&self, screen: &mut File) {
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = screen.read(&mut piece) {
            bytes.extend_from_slice(&piece[..count]);
            *self.text.lock().unwrap_or_else(PoisonError::into_inner) = String::from_utf8_lossy(&bytes).into_owned();
            self.more.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_a_terminal_and_what_is_typed() {
        let mut shell = crate::command("/bin/sh");
        shell.args(["-c", "test -t 0 && test -t 2 && echo ready && read answer && echo \"got $answer\"; exit 3"]);
        let mut terminal = Terminal::start(shell, 80).unwrap();
        terminal.shows("ready").unwrap();
        terminal.types("yes\n").unwrap();
        let (status, shown) = terminal.ends().unwrap();
        assert_eq!((status.code(), shown.ends_with("got yes\n")), (Some(3), true), "{shown}");
    }
}
