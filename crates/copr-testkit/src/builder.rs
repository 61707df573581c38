//! Builders that are processes of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use anyhow::{Context, Result, bail};

use crate::run;
use crate::service::{Afterwards, Service, appended, started, terminated};

/// A `coprd builder` with a data directory and a token of its own; stopped when dropped.
#[derive(Debug)]
pub struct Builder {
    child: Option<Child>,
    name: String,
    directory: PathBuf,
}

/// As whom a builder runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// As whoever runs the test.
    Own,
    /// As a user and a group of these numbers, without privileges; only root can start it.
    Unprivileged(u32),
}

impl Builder {
    /// Registers a builder at the service and starts it; `directory` gets its data and `builder.log`.
    ///
    /// It ends when the thread that started it does.
    pub fn start(service: &Service, name: &str, directory: &Path, account: Account) -> Result<Builder> {
        let data = directory.join("data");
        fs::create_dir_all(&data)?;
        let token = directory.join("token");
        fs::write(&token, service.admin(&["builder", "add", name])?)?;
        let mut command = match account {
            Account::Own => started(service.binary(), Afterwards::Stop)?,
            Account::Unprivileged(id) => {
                for path in [directory, &data, &token] {
                    std::os::unix::fs::chown(path, Some(id), Some(id))?;
                }
                unprivileged(service.binary(), id, directory)?
            }
        };
        command.args([
            "builder",
            "--workers",
            "1",
            "--name",
            name,
            "--server",
            &format!("http://{}", service.address()),
        ]);
        command.arg("--token").arg(&token).arg("--data-dir").arg(&data);
        let log = directory.join("builder.log");
        command.stdout(appended(&log)?).stderr(appended(&log)?);
        let child = command.spawn().with_context(|| format!("can't start the builder {name}"))?;
        Ok(Builder { child: Some(child), name: name.to_owned(), directory: directory.to_owned() })
    }

    /// What it is called, for the server and in logs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("builder.log")).unwrap_or_default()
    }

    /// Fails when it has ended by itself.
    pub fn must_run(&mut self) -> Result<()> {
        match self.child.as_mut().context("the builder was stopped")?.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the builder {} ended: {status}\n{}", self.name, self.log()),
        }
    }

    /// SIGKILL: its sandboxes die with it, its tasks are given back by nobody.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the builder is not running")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// SIGTERM; gives how it ended.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        terminated(self.child.take().context("the builder is not running")?, &self.name)
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        if let Some(child) = self.child.take()
            && let Err(error) = terminated(child, &self.name)
        {
            eprintln!("{error:#}");
        }
    }
}

/// The program as another user, who must be able to read it: hence a copy beside the builder's data.
fn unprivileged(binary: &Path, id: u32, directory: &Path) -> Result<Command> {
    let copy = directory.join("coprd");
    fs::copy(binary, &copy)?;
    let mut setpriv = run::program("setpriv")?;
    let id = id.to_string();
    // The kernel forgets the signal when the user changes, so it is set by a second call.
    setpriv.args(["--reuid", &id, "--regid", &id, "--clear-groups", "--inh-caps=-all", "--"]);
    setpriv.arg(crate::require("setpriv")).args(["--pdeathsig", "TERM", "--"]).arg(copy);
    setpriv.env("HOME", directory).stdin(std::process::Stdio::null());
    Ok(setpriv)
}
