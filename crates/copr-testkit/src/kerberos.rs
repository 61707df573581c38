//! A Kerberos realm of our own: a real KDC (MIT's) on a free port, in a directory of its own.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::run;
use crate::service::{Afterwards, appended, free_address, started, tail, terminated};

/// Name of the realm.
pub const REALM: &str = "TEST.EXAMPLE";
const PATIENCE: Duration = Duration::from_secs(30);

/// A running KDC; stopped when dropped, and with the thread that started it.
#[derive(Debug)]
pub struct Realm {
    directory: PathBuf,
    address: SocketAddr,
    kdc: Option<Child>,
}

impl Realm {
    /// Makes the realm in `directory`, which must not exist yet.
    pub fn start(directory: &Path) -> Result<Realm> {
        fs::create_dir_all(directory)?;
        let mut realm = Realm { directory: directory.to_owned(), address: free_address()?, kdc: None };
        realm.configure()?;
        // The master key goes into a file, so that nothing asks for its password again.
        run::read(realm.command("kdb5_util")?.args(["create", "-s", "-r", REALM, "-P", "master"]))?;
        realm.kdc = Some(realm.serve()?);
        realm.wait()?;
        Ok(realm)
    }

    fn configure(&self) -> Result<()> {
        let place = self.directory.display();
        // `localhost` belongs to the realm, and nothing asks the domain name service.
        let client = format!(
            "[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n \
             dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n\
             [realms]\n {REALM} = {{\n  kdc = {}\n }}\n[domain_realm]\n localhost = {REALM}\n",
            self.address
        );
        fs::write(self.configuration(), client)?;
        let server = format!(
            "[kdcdefaults]\n kdc_listen = {address}\n kdc_tcp_listen = {address}\n[realms]\n {REALM} = {{\n  \
             database_name = {place}/principal\n  key_stash_file = {place}/stash\n  acl_file = {place}/acl\n  \
             max_life = 1h\n }}\n",
            address = self.address
        );
        fs::write(self.directory.join("kdc.conf"), server)?;
        Ok(())
    }

    /// A command that knows this realm and no other.
    fn command(&self, program: &str) -> Result<Command> {
        let mut command = run::program(program)?;
        self.introduce(&mut command);
        Ok(command)
    }

    fn introduce(&self, command: &mut Command) {
        command.env("KRB5_CONFIG", self.configuration()).env("KRB5_KDC_PROFILE", self.directory.join("kdc.conf"));
    }

    fn serve(&self) -> Result<Child> {
        let mut command = started(&crate::require("krb5kdc"), Afterwards::Stop)?;
        self.introduce(&mut command);
        command.arg("-n").stdout(appended(&self.log())?).stderr(appended(&self.log())?);
        command.spawn().context("can't start krb5kdc")
    }

    fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let ended = self.kdc.as_mut().map(Child::try_wait).transpose()?.flatten();
            if ended.is_some() || start.elapsed() > PATIENCE {
                bail!("the KDC is not there\n{}", tail(&fs::read_to_string(self.log())?, 40));
            }
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// What clients and services name in `KRB5_CONFIG`.
    pub fn configuration(&self) -> PathBuf {
        self.directory.join("krb5.conf")
    }

    /// Adds a person, such as `ada`.
    pub fn person(&self, name: &str, password: &str) -> Result<()> {
        self.administer(&["add_principal", "-pw", password, name])
    }

    /// Adds a service, such as `HTTP/localhost`, and gives the file with its key.
    pub fn service(&self, name: &str) -> Result<PathBuf> {
        let keytab = self.directory.join(format!("{}.keytab", name.replace('/', "-")));
        self.administer(&["add_principal", "-randkey", name])?;
        let path = keytab.to_str().context("a path in UTF-8")?;
        self.administer(&["ktadd", "-k", path, name])?;
        Ok(keytab)
    }

    fn administer(&self, words: &[&str]) -> Result<()> {
        let mut command = self.command("kadmin.local")?;
        let done = run::tried(command.args(["-r", REALM]).args(words))?;
        // It ends well whatever happens, and complains on standard error.
        let complaints = String::from_utf8_lossy(&done.stderr);
        if !done.status.success() || complaints.lines().any(|line| line.contains(" while ")) {
            bail!("`{}` failed: {}", run::words(&command), run::both(&done));
        }
        Ok(())
    }

    /// Logs a person in, like `kinit`; the tickets go to `cache`.
    pub fn log_in(&self, name: &str, password: &str, cache: &Path) -> Result<()> {
        let mut kinit = self.command("kinit")?;
        kinit.arg("-c").arg(cache).arg(name).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = kinit.spawn().context("can't start kinit")?;
        std::io::Write::write_all(&mut child.stdin.take().context("an input")?, format!("{password}\n").as_bytes())?;
        let done = child.wait_with_output()?;
        if !done.status.success() {
            bail!("kinit failed: {}\n{}", run::both(&done), tail(&fs::read_to_string(self.log())?, 40));
        }
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.directory.join("kdc.log")
    }
}

impl Drop for Realm {
    fn drop(&mut self) {
        if let Some(kdc) = self.kdc.take()
            && let Err(error) = terminated(kdc, "krb5kdc")
        {
            eprintln!("{error:#}");
        }
    }
}
