//! A `coprd signer` that is a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::service::{Afterwards, appended, started, terminated};

const PATIENCE: Duration = Duration::from_secs(30);

/// A signer with keys of its own; stopped when dropped.
#[derive(Debug)]
pub struct Signer {
    binary: PathBuf,
    directory: PathBuf,
    child: Option<Child>,
}

impl Signer {
    /// Starts it; `directory` gets its `keys`, its `socket` and `signer.log`. It ends when the thread that started it does.
    pub fn start(binary: &Path, directory: &Path) -> Result<Signer> {
        fs::create_dir_all(directory)?;
        let mut signer = Signer { binary: binary.to_owned(), directory: directory.to_owned(), child: None };
        signer.start_again()?;
        Ok(signer)
    }

    /// Starts it once more with the same keys, and waits until it listens.
    pub fn start_again(&mut self) -> Result<()> {
        let mut command = started(&self.binary, Afterwards::Stop)?;
        command.arg("signer").arg("--socket").arg(self.socket()).arg("--keys").arg(self.keys());
        let log = self.directory.join("signer.log");
        command.stdout(appended(&log)?).stderr(appended(&log)?);
        self.child = Some(command.spawn().context("can't start the signer")?);
        let start = Instant::now();
        while std::os::unix::net::UnixStream::connect(self.socket()).is_err() {
            if let Some(status) = self.child.as_mut().context("the signer is not ours any more")?.try_wait()? {
                bail!("the signer ended: {status}\n{}", self.log());
            }
            if start.elapsed() > PATIENCE {
                bail!("the signer does not listen after {PATIENCE:?}\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.directory.join("socket")
    }

    /// Where its keys are.
    pub fn keys(&self) -> PathBuf {
        self.directory.join("keys")
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("signer.log")).unwrap_or_default()
    }

    /// SIGKILL, in the middle of whatever it does.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the signer is not running")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        if let Some(child) = self.child.take()
            && let Err(error) = terminated(child, "the signer")
        {
            eprintln!("{error:#}");
        }
    }
}
