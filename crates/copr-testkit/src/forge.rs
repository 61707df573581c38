//! A forge on this machine: repositories of git over HTTP, smart and plain, with and without a password; files of any kind; and
//! Subversion's own server, and the same over HTTP.
//!
//! ```no_run
//! use copr_testkit::forge::{Forge, Repository};
//!
//! let forge = Forge::start().unwrap();
//! let mut repository = Repository::new();
//! repository.write("hello.spec", "Name: hello\n").commit("Begin");
//! forge.publish(&repository, "hello.git");
//! println!("{}", forge.smart("hello.git"));
//! ```

mod svn;
mod web;

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{command, output, temp_dir};

pub use svn::Svn;

/// Who may read what lies under `/secret/`.
pub const USER: &str = "ada";
/// The password of [`USER`]; it has letters that addresses must not have as they are.
pub const PASSWORD: &str = "l@ve:lace";

/// Serves until the process ends.
#[derive(Debug)]
pub struct Forge {
    address: SocketAddr,
    root: TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Forge {
    /// Begins to serve an empty directory.
    pub fn start() -> Result<Forge> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("can't listen")?;
        let (address, root, asked) = (listener.local_addr()?, temp_dir(), Arc::new(Mutex::new(Vec::new())));
        let (place, heard) = (root.path().to_owned(), Arc::clone(&asked));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (place, heard) = (place.clone(), Arc::clone(&heard));
                std::thread::spawn(move || web::serve(connection, &place, &heard));
            }
        });
        Ok(Forge { address, root, asked })
    }

    /// What is served.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Puts a bare copy of a repository there.
    pub fn publish(&self, repository: &Repository, name: &str) {
        let place = self.root.path().join(name);
        if place.exists() {
            fs::remove_dir_all(&place).expect("the old copy can be removed");
        }
        output(git().args(["clone", "--quiet", "--mirror"]).arg(repository.path()).arg(&place));
        output(git().current_dir(&place).args(["update-server-info"]));
    }

    /// Puts a file there.
    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let place = self.root.path().join(path);
        let parent = place.parent().expect("files lie in the root");
        fs::create_dir_all(parent).and_then(|()| fs::write(&place, content)).expect("the file can be written");
    }

    /// The address of a repository by git's own protocol over HTTP.
    pub fn smart(&self, path: &str) -> String {
        format!("http://{}/git/{path}", self.address)
    }

    /// The address of a file, or of a repository as nothing but files.
    pub fn plain(&self, path: &str) -> String {
        format!("http://{}/files/{path}", self.address)
    }

    /// The address of a repository that asks for a password, without it.
    pub fn secret(&self, path: &str) -> String {
        format!("http://{}/secret/{path}", self.address)
    }

    /// An address that answers 503.
    pub fn broken(&self, path: &str) -> String {
        format!("http://{}/broken/{path}", self.address)
    }

    /// The same address with a name and a password.
    pub fn with_password(url: &str) -> String {
        url.replacen("://", "://ada:l%40ve%3Alace@", 1)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the same repositories by git's protocol without HTTP; gives the server and the beginning of addresses.
    pub fn daemon(&self) -> Result<(Server, String)> {
        let address = crate::service::free_address()?;
        let (port, base) =
            (format!("--port={}", address.port()), format!("--base-path={}", self.root.path().display()));
        let words = ["-c", "safe.directory=*", "daemon", "--listen=127.0.0.1", "--export-all", &port, &base];
        Ok((Server::start(&crate::require("git"), &words, address)?, format!("git://{address}")))
    }

    /// The paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
    }
}

/// git with the same settings everywhere, whoever runs the test.
pub fn git() -> Command {
    let mut git = command("git");
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]);
    git.args(["-c", "safe.directory=*", "-c", "protocol.file.allow=always"]);
    git
}

/// A repository that a test makes.
#[derive(Debug)]
pub struct Repository {
    place: TempDir,
}

impl Default for Repository {
    fn default() -> Repository {
        Repository::new()
    }
}

impl Repository {
    /// An empty one, on the branch `main`.
    pub fn new() -> Repository {
        let place = temp_dir();
        output(git().current_dir(place.path()).args(["init", "--quiet"]));
        Repository { place }
    }

    /// Its working tree.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Writes a file.
    pub fn write(&mut self, path: &str, content: impl AsRef<[u8]>) -> &mut Repository {
        let place = self.place.path().join(path);
        let parent = place.parent().expect("files lie in the tree");
        fs::create_dir_all(parent).and_then(|()| fs::write(&place, content)).expect("the file can be written");
        self
    }

    /// Makes a symbolic link.
    pub fn link(&mut self, path: &str, target: &str) -> &mut Repository {
        std::os::unix::fs::symlink(target, self.place.path().join(path)).expect("the link can be made");
        self
    }

    /// Runs git in it.
    pub fn git(&mut self, arguments: &[&str]) -> &mut Repository {
        output(git().current_dir(self.place.path()).args(arguments));
        self
    }

    /// Commits everything; gives the commit's name.
    pub fn commit(&mut self, message: &str) -> String {
        self.git(&["add", "--all"]).git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.head()
    }

    /// The commit it is at.
    pub fn head(&self) -> String {
        output(git().current_dir(self.place.path()).args(["rev-parse", "HEAD"])).trim().to_owned()
    }
}

/// A server of another protocol than HTTP, ended when dropped.
#[derive(Debug)]
pub struct Server(Child);

impl Server {
    /// Starts a program that listens at an address, and waits until it does.
    fn start(program: &Path, arguments: &[&str], address: SocketAddr) -> Result<Server> {
        let mut command = command("setpriv");
        command.args(["--pdeathsig", "TERM", "--"]).arg(program).args(arguments);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Server(quiet.spawn().with_context(|| format!("can't start {}", program.display()))?);
        while TcpStream::connect(address).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The directory of a package of the checkout with everything in it but what only tests need.
pub fn package(name: &str) -> PathBuf {
    crate::spec(name).parent().expect("a spec lies in its package's directory").to_owned()
}
