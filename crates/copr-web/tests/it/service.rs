//! A whole service without builders and jobs, reached at an address of its own and known under a fixed one.

use axum::serve::ListenerExt;
use copr_app::{App, Rules, account, build, builders, chroot, project};
use copr_db::Db;
use copr_db::account::Account;
use copr_sign::{Expiry, KeyStore, KeyType, LocalSigner};
use copr_store::Store;
use copr_types::{ChrootDefinition, Clock};
use reqwest::{Client, Method, RequestBuilder, Response};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// The address that pages and `.repo` files name.
pub const PUBLIC: &str = "https://copr.example.org";

pub const FEDORA: &str = "fedora-43-x86_64";

const CHROOTS: [&str; 9] = [
    FEDORA,
    "fedora-43-i386",
    "fedora-rawhide-x86_64",
    "epel-9-x86_64",
    "centos-stream-9-x86_64",
    "opensuse-leap-15.6-x86_64",
    "opensuse-tumbleweed-x86_64",
    "mageia-9-x86_64",
    "mageia-cauldron-x86_64",
];

/// A running service with the user alice and her group devs.
pub struct Service {
    pub app: App,
    pub alice: Account,
    pub address: String,
    pub client: Client,
    task: JoinHandle<()>,
    _data: TempDir,
}

async fn serve(app: &App) -> (String, JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("the address").to_string();
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("a TCP connection"));
    let router = copr_web::router(copr_web::Web::new(app.clone()));
    (address, tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") }))
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Service {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Ends what serves, whatever it remembers, and begins anew on the same data.
    pub async fn restart(&mut self) {
        self.task.abort();
        (self.address, self.task) = serve(&self.app).await;
    }

    /// A service whose rules are changed first.
    pub async fn start_with(change: impl FnOnce(&mut Rules)) -> Self {
        let data = copr_testkit::temp_dir();
        let mut rules = Rules {
            public_url: PUBLIC.to_owned(),
            results_url: format!("{PUBLIC}/results"),
            key_type: KeyType::Ed25519,
            generation_seconds: 0,
            ..Rules::default()
        };
        change(&mut rules);
        let database = format!("sqlite://{}", data.path().join("test.sqlite").display());
        let keys = KeyStore::open(data.path().join("keys")).expect("a place for keys");
        let app = App {
            db: Db::open(&database).await.expect("a database"),
            clock: Clock::system(),
            store: Store::open(data.path()).expect("a store"),
            signer: Arc::new(LocalSigner::new(keys, KeyType::Ed25519, Expiry::Never)),
            rules: Arc::new(rules),
            shelf: None,
            desk: copr_app::lease::Desk::default(),
        };
        for name in CHROOTS {
            let name = name.parse().expect("a chroot's name");
            chroot::put(&app, &name, &definition(), true).await.expect("a chroot");
        }
        let name = "alice".parse().expect("a user name");
        let (alice, _) = account::create(&app, &name, "", false).await.expect("an account");
        account::create_group(&app, &"devs".parse().expect("an alias"), "developers").await.expect("a group");
        account::add_to_group(&app, "devs", "alice").await.expect("a member");
        let (address, task) = serve(&app).await;
        Self { app, alice, address, client: client(), task, _data: data }
    }

    /// A project of alice's or of her group's.
    pub async fn project(&self, owner: &str, name: &str, chroots: &[&str], change: impl FnOnce(&mut project::Input)) {
        let mut input = project::Input {
            name: Some(name.to_owned()),
            chroots: Some(chroots.iter().map(|name| (*name).to_owned()).collect()),
            ..project::Input::default()
        };
        change(&mut input);
        project::create(&self.app, &self.alice, owner, &input, false).await.expect("a project");
    }

    /// A build of `hello` by address in alice's project, waiting for its source.
    pub async fn build(&self, project: &str) -> i64 {
        let urls = vec!["http://x.example/hello-1-1.src.rpm".to_owned()];
        let made = build::by_urls(&self.app, &self.alice, "alice", project, &urls, &build::Options::default()).await;
        made.expect("a build")[0].build.id.0
    }

    /// A registered builder's token.
    pub async fn builder(&self) -> String {
        builders::add(&self.app, "b1").await.expect("a builder")
    }

    /// Puts a file into the published tree.
    pub fn publish(&self, path: &str, content: &[u8]) -> PathBuf {
        let path = self.app.store.results().join(path);
        self.app.store.write(&path, content).expect("a file");
        path
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.expect("an answer")
    }

    /// The text of a page that must be there.
    pub async fn page(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.expect("a text")
    }

    /// The status line for a path that is sent as it stands: clients tidy paths up before they send them.
    pub async fn status_of_raw(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sending");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
    }
}

/// A header as text.
pub fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().expect("text"))
}

fn client() -> Client {
    // Whoever is first installs it, here or in another module.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

fn definition() -> ChrootDefinition {
    ChrootDefinition {
        package_manager: "dnf".to_owned(),
        releasever: "43".to_owned(),
        install: vec!["bash".to_owned()],
        ..ChrootDefinition::default()
    }
}
