//! A forge on this machine: repositories of git over HTTP, smart and plain, with and without a password; files of any kind; and
//! Subversion's own server.
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

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tempfile::TempDir;

use crate::{command, output, temp_dir};

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
                std::thread::spawn(move || serve(connection, &place, &heard));
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

    /// The paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
    }
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

fn serve(connection: TcpStream, root: &Path, asked: &Mutex<Vec<String>>) {
    let Ok(mut answer) = connection.try_clone() else { return };
    let Ok(request) = read(BufReader::new(connection), &mut answer) else { return };
    if let Ok(mut asked) = asked.lock() {
        asked.push(request.path.clone());
    }
    let (status, headers, body) = respond(&request, root).unwrap_or_else(|error| {
        ("500 Internal Server Error".to_owned(), String::new(), format!("{error:#}").into_bytes())
    });
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = answer.write_all(head.as_bytes()).and_then(|()| answer.write_all(&body));
}

fn read(mut from: impl BufRead, answer: &mut TcpStream) -> Result<Request> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().context("no method")?.to_owned(), words.next().context("no path")?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut request = Request { method, path: path.to_owned(), query: query.to_owned(), headers, body: Vec::new() };
    if request.header("expect") == "100-continue" {
        answer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    if request.header("transfer-encoding") == "chunked" {
        loop {
            let mut size = String::new();
            from.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim(), 16)?;
            let begin = request.body.len();
            request.body.resize(begin + size, 0);
            from.read_exact(&mut request.body[begin..])?;
            from.read_line(&mut String::new())?;
            if size == 0 {
                break;
            }
        }
    } else {
        request.body.resize(request.header("content-length").parse().unwrap_or(0), 0);
        from.read_exact(&mut request.body)?;
    }
    Ok(request)
}

type Answer = (String, String, Vec<u8>);

fn respond(request: &Request, root: &Path) -> Result<Answer> {
    let (_, rest) = request.path.split_once('/').context("no path")?;
    let (kind, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = percent_decoded(path);
    if path.split('/').any(|part| part == "..") {
        bail!("`{path}` leads out");
    }
    match kind {
        "git" => backend(request, root, &path),
        "secret" => {
            let known = format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}")));
            if request.header("authorization") == known {
                return backend(request, root, &path);
            }
            let ask = "WWW-Authenticate: Basic realm=\"forge\"\r\n".to_owned();
            Ok(("401 Unauthorized".to_owned(), ask, Vec::new()))
        }
        "files" => match fs::read(root.join(&path)) {
            Ok(bytes) => Ok(("200 OK".to_owned(), String::new(), bytes)),
            Err(_) => Ok(("404 Not Found".to_owned(), String::new(), Vec::new())),
        },
        "broken" => Ok(("503 Service Unavailable".to_owned(), String::new(), Vec::new())),
        _ => Ok(("404 Not Found".to_owned(), String::new(), Vec::new())),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = std::str::from_utf8(after.get(..2).unwrap_or_default()).unwrap_or_default();
        match (first, u8::from_str_radix(hex, 16)) {
            (b'%', Ok(byte)) if hex.len() == 2 => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// git's own server, which speaks CGI.
fn backend(request: &Request, root: &Path, path: &str) -> Result<Answer> {
    let mut child = git()
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{path}"))
        .env("QUERY_STRING", &request.query)
        .env("REQUEST_METHOD", &request.method)
        .env("CONTENT_TYPE", request.header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", request.header("content-encoding"))
        .env("GIT_PROTOCOL", request.header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut input = child.stdin.take().context("its input")?;
    let body = request.body.clone();
    let writer = std::thread::spawn(move || input.write_all(&body));
    let done = child.wait_with_output()?;
    let _ = writer.join();
    let end = done.stdout.windows(4).position(|four| four == b"\r\n\r\n").context("git said nothing")?;
    let (mut status, mut headers) = ("200 OK".to_owned(), String::new());
    for line in String::from_utf8_lossy(&done.stdout[..end]).lines() {
        match line.split_once(": ") {
            Some(("Status", value)) => status = value.to_owned(),
            _ => headers.push_str(&format!("{line}\r\n")),
        }
    }
    Ok((status, headers, done.stdout[end + 4..].to_vec()))
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

/// Subversion's own server with one repository, ended when dropped.
#[derive(Debug)]
pub struct Svn {
    server: Child,
    address: SocketAddr,
    place: TempDir,
}

impl Svn {
    /// Begins to serve an empty repository.
    pub fn start() -> Result<Svn> {
        let place = temp_dir();
        output(command("svnadmin").arg("create").arg(place.path().join("repository")));
        let address = crate::service::free_address()?;
        let mut svnserve = command("setpriv");
        svnserve.args(["--pdeathsig", "TERM", "--"]).arg(crate::require("svnserve"));
        svnserve.args(["--daemon", "--foreground", "--listen-host", "127.0.0.1", "--listen-port"]);
        svnserve.arg(address.port().to_string()).arg("--root").arg(place.path());
        let server = svnserve.stdin(Stdio::null()).spawn().context("can't start svnserve")?;
        let svn = Svn { server, address, place };
        while TcpStream::connect(address).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Ok(svn)
    }

    /// Its address.
    pub fn url(&self, path: &str) -> String {
        format!("svn://{}/repository/{path}", self.address)
    }

    /// Commits the files of a tree at a path, over those that are there.
    pub fn commit(&self, tree: &Path, path: &str, message: &str) {
        let url = format!("file://{}/repository/{path}", self.place.path().display());
        let known =
            command("svn").args(["info", "--non-interactive", &url]).output().is_ok_and(|done| done.status.success());
        if !known {
            output(command("svn").args(["import", "--quiet", "--message", message]).arg(tree).arg(&url));
            return;
        }
        let copy = temp_dir();
        output(command("svn").args(["checkout", "--quiet", &url]).arg(copy.path()));
        output(command("cp").arg("-rT").arg(tree).arg(copy.path()));
        output(command("svn").current_dir(copy.path()).args(["add", "--quiet", "--force", "."]));
        output(command("svn").current_dir(copy.path()).args(["commit", "--quiet", "--message", message]));
    }
}

impl Drop for Svn {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The directory of a package of the checkout with everything in it but what only tests need.
pub fn package(name: &str) -> PathBuf {
    crate::spec(name).parent().expect("a spec lies in its package's directory").to_owned()
}
