//! A service of a test's own: its state in a scratch directory, the real program on it, and a small HTTP client.

use base64::Engine;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The state of a service.
pub struct Service {
    home: TempDir,
    database: Option<copr_testkit::Database>,
    settings: Vec<(String, String)>,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub status: i32,
    pub out: String,
    pub talk: String,
}

impl Service {
    pub fn new() -> Self {
        Self { home: copr_testkit::temp_dir(), database: None, settings: Vec::new() }
    }

    /// One on SQLite and, where there is a server for it, one on PostgreSQL.
    pub fn on_both_engines() -> Vec<Self> {
        let mut services = vec![Self::new()];
        match copr_testkit::fresh_database() {
            Some(database) => services.push(Self { database: Some(database), ..Self::new() }),
            None => eprintln!("skipped on PostgreSQL: no COPR_TESTS_POSTGRES (`cargo xtask test` sets it)"),
        }
        services
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A variable of the environment for all commands.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = copr_testkit::command(env!("CARGO_BIN_EXE_coprd"));
        command.env_clear().env("HOME", self.home()).current_dir(self.home());
        // RSA takes its time.
        command.env("COPRD_SIGNING__KEY_TYPE", "ed25519").env("COPRD_DATA_DIR", self.home().join("state"));
        if let Some(database) = &self.database {
            command.env("COPRD_DATABASE", database.url());
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.args(words);
        command
    }

    /// Runs `coprd admin` with the words of a line.
    pub fn admin(&self, line: &str) -> Said {
        let words: Vec<&str> = std::iter::once("admin").chain(line.split_whitespace()).collect();
        self.said(&self.command(&words).output().unwrap())
    }

    /// The same for a command that has to work; what it wrote to standard output.
    pub fn ok(&self, line: &str) -> String {
        let said = self.admin(line);
        assert_eq!(said.status, 0, "{line}: {said:?}");
        said.out
    }

    /// The same for a command that has to fail; what it says, nothing being written to standard output.
    pub fn refusal(&self, line: &str) -> String {
        let said = self.admin(line);
        assert_eq!((said.status, said.out.as_str()), (1, ""), "{line}: {said:?}");
        said.talk
    }

    /// A list as JSON.
    pub fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("{line} --json"))).unwrap()
    }

    pub fn said(&self, output: &Output) -> Said {
        let text =
            |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace(self.home().to_str().unwrap(), "$HOME");
        Said { status: output.status.code().unwrap_or(-1), out: text(&output.stdout), talk: text(&output.stderr) }
    }

    /// Starts `coprd serve` on a port of the system's choice, and waits until it is ready for the first time.
    pub fn serve(&self) -> Running {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--no-builder"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut block = String::new();
        while !block.contains("# expiration date") {
            block += &lines.next().expect("a first run prints its block").unwrap();
            block.push('\n');
        }
        Running { child, block }
    }
}

/// A service that runs. Ended with the value.
pub struct Running {
    child: Child,
    /// What it printed.
    pub block: String,
}

impl Running {
    pub fn address(&self) -> SocketAddr {
        setting(&self.block, "copr_url").strip_prefix("http://").unwrap().parse().unwrap()
    }

    pub fn get(&self, block: &str, path: &str) -> (u16, Value) {
        self.ask(&format!("GET {path}"), &basic(block), "")
    }

    pub fn post(&self, block: &str, path: &str, body: &Value) -> (u16, Value) {
        self.ask(&format!("POST {path}"), &basic(block), &body.to_string())
    }

    pub fn post_as_builder(&self, token: &str, path: &str, body: &Value) -> (u16, Value) {
        self.ask(&format!("POST {path}"), &format!("Bearer {}", token.trim()), &body.to_string())
    }

    fn ask(&self, request: &str, authorization: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        write!(
            stream,
            "{request} HTTP/1.0\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A value of a `[copr-cli]` block.
pub fn setting<'a>(block: &'a str, key: &str) -> &'a str {
    let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    line.unwrap_or_else(|| panic!("no `{key}` in {block}"))
}

/// A block without what is new each time.
pub fn hidden(block: &str) -> String {
    let mut text = block.to_owned();
    for key in ["login", "token", "copr_url"] {
        text = text.replace(setting(block, key), &format!("<{key}>"));
    }
    let date = block.lines().find_map(|line| line.strip_prefix("# expiration date: ")).unwrap();
    text.replace(date, "<date>")
}

fn basic(block: &str) -> String {
    let pair = format!("{}:{}", setting(block, "login"), setting(block, "token"));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}
