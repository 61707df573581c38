//! A PostgreSQL server of our own: a socket in a temporary directory, no network, gone when dropped.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use copr_testkit::run;

/// Where servers live. Not `TMPDIR`: the path of a socket may have 107 bytes only.
const PLACE: &str = "/tmp";
const PREFIX: &str = "coprd-postgres-";
const PATIENCE: Duration = Duration::from_secs(30);
/// Settings of a server whose data nobody needs after the run.
const HASTY: &[&str] = &["fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=64MB"];
/// Settings of a server that is measured; the rest is PostgreSQL's own default.
const DURABLE: &[&str] = &["shared_buffers=256MB"];

/// A running server; stopped and removed when dropped.
pub struct Server {
    directory: PathBuf,
    child: Child,
}

/// Who runs the server: PostgreSQL refuses to run as root.
struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

impl Server {
    /// Makes and starts a server; it forgets everything when it ends, so it need not wait for disks.
    pub fn start() -> Result<Server> {
        Self::start_with(HASTY)
    }

    /// The same, but one that keeps what it promised as an administrator's would: for measuring.
    pub fn start_durable() -> Result<Server> {
        Self::start_with(DURABLE)
    }

    fn start_with(settings: &[&str]) -> Result<Server> {
        remove_leftovers();
        let directory = PathBuf::from(PLACE).join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir(&directory).with_context(|| format!("can't make {}", directory.display()))?;
        let account = run::is_root().then(unprivileged_account).transpose()?;
        if let Some(account) = &account {
            chown(&directory, Some(account.uid), Some(account.gid))?;
        }
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755))?;
        match launch(&directory, account.as_ref(), settings) {
            Ok(child) => Server { directory, child }.when_ready(),
            Err(error) => {
                fs::remove_dir_all(&directory).ok();
                Err(error)
            }
        }
    }

    /// The address for clients, as `COPR_TESTS_POSTGRES` wants it.
    pub fn url(&self) -> String {
        format!("postgres://coprd@localhost/postgres?host={}", self.directory.display())
    }

    /// The number of its first process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn when_ready(mut self) -> Result<Server> {
        let start = Instant::now();
        loop {
            let mut ready = run::program("pg_isready")?;
            ready.arg("--quiet").arg("--host").arg(&self.directory);
            if run::tried(&mut ready)?.status.success() {
                return Ok(self);
            }
            if self.child.try_wait()?.is_some() || start.elapsed() > PATIENCE {
                bail!("PostgreSQL did not start:\n{}", log(&self.directory));
            }
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's "fast" stop: connections end, nothing is waited for.
        let stopped =
            run::program("kill").and_then(|mut kill| run::read(kill.args(["-s", "INT", &self.child.id().to_string()])));
        if stopped.is_err() {
            self.child.kill().ok();
        }
        self.child.wait().ok();
        fs::remove_dir_all(&self.directory).ok();
    }
}

fn launch(directory: &Path, account: Option<&Account>, settings: &[&str]) -> Result<Child> {
    let cluster = directory.join("cluster");
    run::read(
        as_account(account, "initdb")?
            .args(["--username=coprd", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"])
            .arg("--pgdata")
            .arg(&cluster)
            .current_dir(directory),
    )?;
    let log = File::create(directory.join("log"))?;
    let mut postgres = as_account(account, "postgres")?;
    postgres.arg("-D").arg(&cluster).arg("-k").arg(directory).current_dir(directory);
    for setting in ["listen_addresses=", "max_connections=300"].iter().chain(settings) {
        postgres.args(["-c", setting]);
    }
    postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    postgres.spawn().context("can't start PostgreSQL")
}

/// The program as that account (as ourselves without one), stopped when we are killed.
fn as_account(account: Option<&Account>, program: &str) -> Result<Command> {
    let mut command = run::program("setpriv")?;
    if let Some(Account { name, .. }) = account {
        command.args([format!("--reuid={name}"), format!("--regid={name}")]);
        command.arg("--clear-groups");
    }
    command.args(["--pdeathsig", "INT", "--"]).arg(copr_testkit::require(program));
    Ok(command)
}

fn unprivileged_account() -> Result<Account> {
    let accounts = fs::read_to_string("/etc/passwd").context("can't read /etc/passwd")?;
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| account(&accounts, name))
        .context("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")
}

fn account(passwd: &str, wanted: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, ..] = fields[..] else {
            return None;
        };
        let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
        (name == wanted).then(|| Account { name: name.to_owned(), uid, gid })
    })
}

/// Removes the directories of runs that were killed: those whose process is gone.
fn remove_leftovers() {
    for entry in fs::read_dir(PLACE).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            continue;
        };
        if pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists() {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

fn log(directory: &Path) -> String {
    fs::read_to_string(directory.join("log")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_and_leaves_nothing_behind() {
        let server = Server::start().unwrap();
        let directory = server.directory.clone();
        let mut psql = run::program("psql").unwrap();
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--command"]);
        psql.args(["SELECT current_user, current_setting('listen_addresses')", &server.url()]);
        assert_eq!(run::read(&mut psql).unwrap().trim(), "coprd|");

        drop(server);
        assert!(!directory.exists());
    }

    #[test]
    fn an_account_is_found_by_its_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
        let found = account(passwd, "nobody").unwrap();
        assert_eq!((found.uid, found.gid), (65534, 65533));
        assert!(account(passwd, "postgres").is_none());
    }
}
