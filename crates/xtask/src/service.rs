//! A coprd of the release profile, started for a demo or a measurement and stopped afterwards.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http::Client;
use crate::run;

const PATIENCE: Duration = Duration::from_secs(30);

/// What happens to the service when we end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// It is stopped, even if we are killed.
    Stop,
    /// It stays, unless something goes wrong.
    Stay,
}

/// A running service; stopped when dropped.
pub struct Service {
    child: Option<Child>,
    binary: PathBuf,
    directory: PathBuf,
    address: SocketAddr,
    ready_after: Duration,
    block: BTreeMap<String, String>,
}

/// The program to start: `given`, else coprd built as users get it.
pub fn program(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = given {
        return path.canonicalize().with_context(|| format!("no program `{}`", path.display()));
    }
    let mut cargo = run::cargo();
    cargo.args(["build", "--quiet", "--release", "--package", "coprd"]);
    run::passes(&mut cargo)?;
    let metadata = run::read(run::cargo().args(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let target = metadata["target_directory"].as_str().context("cargo names no target directory")?;
    Ok(Path::new(target).join("release/coprd"))
}

impl Service {
    /// Starts `binary` in `directory`, which gets `data/`, `copr.conf` (for copr-cli) and `coprd.log`.
    pub fn start(binary: &Path, directory: &Path, afterwards: Afterwards) -> Result<Service> {
        let address = free_address()?;
        let (printed, log) = (directory.join("coprd.out"), directory.join("coprd.log"));
        let mut command = match afterwards {
            Afterwards::Stay => run::program(binary)?,
            Afterwards::Stop => {
                let mut setpriv = run::program("setpriv")?;
                setpriv.args(["--pdeathsig", "TERM", "--"]).arg(binary);
                setpriv
            }
        };
        if afterwards == Afterwards::Stay {
            command.process_group(0); // the terminal's Ctrl-C is for us alone
        }
        command.arg("serve").arg("--data-dir").arg(directory.join("data"));
        command.arg("--listen").arg(address.to_string());
        // To files, not to pipes: a service that stays must be able to write on.
        command.stdin(Stdio::null());
        command.stdout(File::create(&printed)?).stderr(File::create(&log)?);
        let start = Instant::now();
        let child = command.spawn().context("can't start coprd")?;
        let mut service = Service {
            child: Some(child),
            binary: binary.to_owned(),
            directory: directory.to_owned(),
            address,
            ready_after: Duration::ZERO,
            block: BTreeMap::new(),
        };
        service.wait_until_ready(start)?;
        service.block = service.wait_for_block(&printed)?;
        fs::write(service.configuration(), render(&service.block))?;
        Ok(service)
    }

    fn wait_until_ready(&mut self, start: Instant) -> Result<()> {
        let client = Client::new(self.address);
        while !client.get("/api_3/").is_ok_and(|answer| answer.status == 200) {
            self.must_run(start)?;
            sleep(Duration::from_millis(5));
        }
        self.ready_after = start.elapsed();
        Ok(())
    }

    fn wait_for_block(&mut self, printed: &Path) -> Result<BTreeMap<String, String>> {
        let start = Instant::now();
        loop {
            if let Some(block) = block(&fs::read_to_string(printed)?) {
                return Ok(block);
            }
            self.must_run(start).context("coprd printed no [copr-cli] block")?;
            sleep(Duration::from_millis(20));
        }
    }

    fn must_run(&mut self, start: Instant) -> Result<()> {
        let child = self.child.as_mut().context("the service is not ours any more")?;
        if let Some(status) = child.try_wait()? {
            bail!("coprd ended: {status}\n{}", self.log_tail());
        }
        if start.elapsed() > PATIENCE {
            bail!("coprd is not ready after {PATIENCE:?}\n{}", self.log_tail());
        }
        Ok(())
    }

    /// Runs `coprd admin …` beside the service.
    pub fn admin(&self, arguments: &[&str]) -> Result<String> {
        let mut admin = run::program(&self.binary)?;
        admin.args(["admin", "--data-dir"]).arg(self.directory.join("data")).args(arguments);
        run::read(&mut admin)
    }

    /// A client with the administrator's token.
    pub fn client(&self) -> Result<Client> {
        Ok(Client::new(self.address).with_token(self.setting("login")?, self.setting("token")?))
    }

    /// One line of the `[copr-cli]` block.
    pub fn setting(&self, key: &str) -> Result<&str> {
        let value = self.block.get(key);
        Ok(value.with_context(|| format!("the [copr-cli] block has no `{key}`"))?.as_str())
    }

    /// The file for `copr-cli --config`.
    pub fn configuration(&self) -> PathBuf {
        self.directory.join("copr.conf")
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From the start of the process to the first good answer.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// The process's number.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// The end of the service's log.
    pub fn log_tail(&self) -> String {
        let path = self.directory.join("coprd.log");
        format!("{}:\n{}", path.display(), tail(&fs::read_to_string(&path).unwrap_or_default(), 60))
    }

    /// Lets the service live on without us.
    pub fn leave_running(mut self) -> Option<u32> {
        self.child.take().map(|child| child.id())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        if let Ok(mut kill) = run::program("kill") {
            run::tried(kill.args(["-s", "TERM", &child.id().to_string()])).ok();
        }
        let start = Instant::now();
        while matches!(child.try_wait(), Ok(None)) {
            if start.elapsed() > PATIENCE {
                eprintln!("coprd did not stop within {PATIENCE:?} of SIGTERM; killing it");
                child.kill().ok();
            }
            sleep(Duration::from_millis(10));
        }
    }
}

/// An address on this machine that nobody listens on.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The last lines of a text.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// The settings under `[copr-cli]`, once they are all there.
fn block(printed: &str) -> Option<BTreeMap<String, String>> {
    let settings: BTreeMap<String, String> = printed
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[copr-cli]")
        .skip(1)
        .take_while(|line| !line.is_empty() && !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let complete = ["login", "username", "token", "copr_url"].iter().all(|key| settings.contains_key(*key));
    complete.then_some(settings)
}

fn render(block: &BTreeMap<String, String>) -> String {
    let lines: String = block.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!("[copr-cli]\n{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "coprd is ready\n\n[copr-cli]\nlogin = abc\nusername = admin\ntoken = x=y\n\
                           copr_url = http://127.0.0.1:1\nencrypted = false\n# expires\n\nOpen it\n";

    #[test]
    fn the_block_is_found_among_other_words() {
        let block = block(PRINTED).unwrap();
        assert_eq!(block["token"], "x=y");
        assert_eq!(
            render(&block),
            "[copr-cli]\ncopr_url = http://127.0.0.1:1\nencrypted = false\nlogin = abc\n\
             token = x=y\nusername = admin\n"
        );
    }

    #[test]
    fn half_a_block_is_none_yet() {
        assert_eq!(block(&PRINTED[..PRINTED.find("copr_url").unwrap()]), None);
    }

    #[test]
    fn the_tail_is_the_last_lines() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("a\n", 2), "a");
    }
}
