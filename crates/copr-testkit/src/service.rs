//! A coprd with a directory of its own: started, killed, started again, ended.
//!
//! ```no_run
//! use copr_testkit::service::Launch;
//!
//! let directory = copr_testkit::temp_dir();
//! let mut service = Launch::of("target/debug/coprd").setting("signing.key_type", "ed25519").start(directory.path())?;
//! service.kill()?;
//! service.start_again()?;
//! assert_eq!(service.client()?.get("/api_3/")?.status, 200);
//! # Ok::<(), anyhow::Error>(())
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
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

/// How a service is started.
#[derive(Clone, Debug)]
pub struct Launch {
    binary: PathBuf,
    arguments: Vec<String>,
    settings: BTreeMap<String, String>,
    afterwards: Afterwards,
}

impl Launch {
    /// This program, with nothing but a data directory and an address.
    pub fn of(binary: impl Into<PathBuf>) -> Launch {
        let (arguments, settings) = (Vec::new(), BTreeMap::new());
        Launch { binary: binary.into(), arguments, settings, afterwards: Afterwards::Stop }
    }

    /// One more word behind `coprd serve`, such as `--no-builder`.
    pub fn argument(mut self, word: &str) -> Launch {
        self.arguments.push(word.to_owned());
        self
    }

    /// A key of the configuration, such as `scheduler.lease_seconds`; passed in the environment.
    pub fn setting(self, key: &str, value: &str) -> Launch {
        self.variable(&format!("COPRD_{}", key.replace('.', "__").to_ascii_uppercase()), value)
    }

    /// A variable of the environment.
    pub fn variable(mut self, name: &str, value: &str) -> Launch {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// What happens when we end.
    pub fn afterwards(mut self, afterwards: Afterwards) -> Launch {
        self.afterwards = afterwards;
        self
    }

    /// Starts it in `directory`, which gets `data/`, `copr.conf` (for copr-cli) and `coprd.log`.
    ///
    /// A service that is to stop with us ends when the *thread* that started it does.
    pub fn start(self, directory: &Path) -> Result<Service> {
        let mut service = Service {
            launch: self,
            child: None,
            directory: directory.to_owned(),
            name: "coprd".to_owned(),
            address: free_address()?,
            ready_after: Duration::ZERO,
            block: BTreeMap::new(),
        };
        service.start_again()?;
        service.block = service.wait_for_block()?;
        fs::write(service.configuration(), render(&service.block))?;
        Ok(service)
    }

    fn command(&self) -> Result<Command> {
        let mut command = started(&self.binary, self.afterwards)?;
        command.arg("serve").args(&self.arguments).envs(&self.settings);
        Ok(command)
    }
}

/// A command that starts `binary`, which ends with us or stays. Its input is empty.
pub(crate) fn started(binary: &Path, afterwards: Afterwards) -> Result<Command> {
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
    command.stdin(Stdio::null());
    without_settings(&mut command);
    Ok(command)
}

/// What the shell that started us says to coprd is not meant for the services of tests.
fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"COPRD_") {
            command.env_remove(name);
        }
    }
}

/// A service; stopped when dropped.
#[derive(Debug)]
pub struct Service {
    launch: Launch,
    child: Option<Child>,
    directory: PathBuf,
    /// What its log is called.
    name: String,
    address: SocketAddr,
    ready_after: Duration,
    block: BTreeMap<String, String>,
}

impl Service {
    /// Starts another process on the same data, with a log of its own; for databases that several can work on.
    pub fn beside(&self, name: &str) -> Result<Service> {
        let mut service = Service {
            launch: self.launch.clone(),
            child: None,
            directory: self.directory.clone(),
            name: name.to_owned(),
            address: free_address()?,
            ready_after: Duration::ZERO,
            block: self.block.clone(),
        };
        service.start_again()?;
        Ok(service)
    }

    /// Starts it on the same data and the same address as before, and waits until it answers.
    pub fn start_again(&mut self) -> Result<()> {
        let mut command = self.launch.command()?;
        command.arg("--data-dir").arg(self.data_dir());
        command.arg("--listen").arg(self.address.to_string());
        // To files, not to pipes: a service that stays must be able to write on.
        command.stdout(appended(&self.printed())?).stderr(appended(&self.log_file())?);
        let start = Instant::now();
        self.child = Some(command.spawn().context("can't start coprd")?);
        let client = Client::new(self.address);
        while !client.get("/api_3/").is_ok_and(|answer| answer.status == 200) {
            self.must_run(start)?;
            sleep(Duration::from_millis(5));
        }
        self.ready_after = start.elapsed();
        Ok(())
    }

    /// SIGKILL: no last words. Returns when the process is gone.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the service is not running")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// SIGTERM; gives how it ended.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        let child = self.child.take().context("the service is not running")?;
        terminated(child, "coprd")
    }

    fn wait_for_block(&mut self) -> Result<BTreeMap<String, String>> {
        let start = Instant::now();
        loop {
            if let Some(block) = block(&fs::read_to_string(self.printed())?) {
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

    /// Runs `coprd admin …` beside the service, with the settings that it has.
    pub fn admin(&self, arguments: &[&str]) -> Result<String> {
        let mut admin = run::program(&self.launch.binary)?;
        without_settings(&mut admin);
        admin.envs(&self.launch.settings);
        admin.args(["admin", "--data-dir"]).arg(self.data_dir()).args(arguments);
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

    /// Where it keeps its state.
    pub fn data_dir(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The program.
    pub fn binary(&self) -> &Path {
        &self.launch.binary
    }

    fn printed(&self) -> PathBuf {
        self.directory.join(format!("{}.out", self.name))
    }

    fn log_file(&self) -> PathBuf {
        self.directory.join(format!("{}.log", self.name))
    }

    /// Where it listens.
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
        let path = self.log_file();
        format!("{}:\n{}", path.display(), tail(&fs::read_to_string(&path).unwrap_or_default(), 60))
    }

    /// Lets the service live on without us.
    pub fn leave_running(mut self) -> Option<u32> {
        self.child.take().map(|child| child.id())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(child) = self.child.take()
            && let Err(error) = terminated(child, "coprd")
        {
            eprintln!("{error:#}");
        }
    }
}

/// SIGTERM, and SIGKILL for those who do not hear; gives how the process ended.
pub(crate) fn terminated(mut child: Child, name: &str) -> Result<ExitStatus> {
    run::tried(run::program("kill")?.args(["-s", "TERM", &child.id().to_string()]))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            bail!("{name} did not stop within {PATIENCE:?} of SIGTERM");
        }
        sleep(Duration::from_millis(10));
    }
}

pub(crate) fn appended(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).open(path).with_context(|| format!("can't write {}", path.display()))
}

/// An address on this machine that nobody listens on.
///
/// Not from the range of which the kernel takes ports for clients: whoever polls a service that is down might be given
/// its very port, and then answers itself. Tests that begin together have numbers side by side, and some need several
/// ports: each has eight before it comes to those of the next one.
pub(crate) fn free_address() -> Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 1_500 * 8)?;
    for _ in 0..12_000 {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return Ok(listener.local_addr()?);
        }
    }
    bail!("no port is free")
}

/// The last lines of a text.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// The settings under `[copr-cli]`, once they are all there.
pub fn block(printed: &str) -> Option<BTreeMap<String, String>> {
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
