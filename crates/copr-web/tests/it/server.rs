//! A whole service without builders, for one test.

use copr_app::{App, Rules};
use copr_db::Db;
use copr_sign::{Expiry, KeyStore, KeyType, LocalSigner};
use copr_store::Store;
use copr_types::{ChrootDefinition, Clock};
use copr_web::Web;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// The chroots that are switched on.
pub const FEDORA: &str = "fedora-42-x86_64";
pub const FEDORA_32: &str = "fedora-42-i386";
pub const EPEL: &str = "epel-9-x86_64";
/// A chroot that is known and switched off.
pub const OLD: &str = "fedora-30-x86_64";

/// Somebody with a token.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub login: String,
    pub token: String,
}

/// A running server with the users alice and bob, the administrator root, and alice's group devs.
pub struct Server {
    pub url: String,
    pub app: App,
    pub alice: Person,
    pub bob: Person,
    pub root: Person,
    client: Client,
    task: JoinHandle<()>,
    data: TempDir,
    _postgres: Option<copr_testkit::Database>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer: its status and its JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub warning: Option<String>,
    pub json: Value,
}

impl Answer {
    /// The object of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.json);
        self.json
    }

    /// The status and the text of a refusal.
    #[track_caller]
    pub fn refusal(&self) -> (u16, &str) {
        let text = self.json["error"].as_str();
        (self.status.as_u16(), text.unwrap_or_else(|| panic!("no `error` in {}", self.json)))
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// One server for each engine that the machine has: SQLite, and PostgreSQL where tests are given one.
    pub async fn on_each_engine() -> Vec<Self> {
        let mut servers = vec![Self::start().await];
        match copr_testkit::fresh_database() {
            Some(database) => servers.push(Self::start_on(Some(database), |_| {}, |web| web).await),
            None => eprintln!("skipped on PostgreSQL: COPR_TESTS_POSTGRES is not set"),
        }
        servers
    }

    /// A server whose rules are changed first.
    pub async fn start_with(change: impl FnOnce(&mut Rules)) -> Self {
        Self::start_as(change, |web| web).await
    }

    /// A server whose rules and doors are changed first.
    pub async fn start_as(change: impl FnOnce(&mut Rules), doors: impl FnOnce(Web) -> Web) -> Self {
        Self::start_on(None, change, doors).await
    }

    async fn start_on(
        postgres: Option<copr_testkit::Database>,
        change: impl FnOnce(&mut Rules),
        doors: impl FnOnce(Web) -> Web,
    ) -> Self {
        let data = copr_testkit::temp_dir();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("the address"));
        let mut rules = Rules {
            public_url: url.clone(),
            results_url: format!("{url}/results"),
            key_type: KeyType::Ed25519,
            generation_seconds: 0,
            ..Rules::default()
        };
        change(&mut rules);
        let sqlite = || format!("sqlite://{}", data.path().join("test.sqlite").display());
        let database = postgres.as_ref().map_or_else(sqlite, copr_testkit::Database::url);
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
        let router = copr_web::router(doors(Web::new(app.clone())));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") });
        for chroot in [FEDORA, FEDORA_32, EPEL, OLD] {
            add_chroot(&app, chroot, chroot != OLD).await;
        }
        let [alice, bob, root] =
            [person(&app, "alice", false).await, person(&app, "bob", false).await, person(&app, "root", true).await];
        let devs = "devs".parse().expect("an alias");
        copr_app::account::create_group(&app, &devs, "developers").await.expect("a group");
        copr_app::account::add_to_group(&app, "devs", "alice").await.expect("a member");
        Self { url, app, alice, bob, root, client: client(), task, data, _postgres: postgres }
    }

    /// A request to any address of the service.
    pub fn anywhere(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// A request below `/api_3`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anywhere(method, &format!("/api_3{path}"))
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// A request of somebody with a JSON body.
    pub async fn call(&self, who: &Person, method: Method, path: &str, body: Value) -> Answer {
        send(self.request(method, path).basic_auth(&who.login, Some(&who.token)).json(&body)).await
    }

    pub async fn post(&self, who: &Person, path: &str, body: Value) -> Answer {
        self.call(who, Method::POST, path, body).await
    }

    pub async fn put(&self, who: &Person, path: &str, body: Value) -> Answer {
        self.call(who, Method::PUT, path, body).await
    }

    pub async fn delete(&self, who: &Person, path: &str, body: Value) -> Answer {
        self.call(who, Method::DELETE, path, body).await
    }

    /// A project of alice's with two chroots.
    pub async fn project(&self, name: &str) -> Value {
        let body = json!({"name": name, "chroots": [FEDORA, FEDORA_32]});
        self.post(&self.alice, "/project/add/alice", body).await.ok()
    }

    /// A build of alice's, in the chroots that the selection says; nobody works on it.
    pub async fn build(&self, project: &str, more: Value) -> i64 {
        let mut body =
            json!({"ownername": "alice", "projectname": project, "pkgs": "http://x.example/hello-1-1.src.rpm"});
        for (key, value) in more.as_object().expect("an object") {
            body[key] = value.clone();
        }
        let answer = self.post(&self.alice, "/build/create/url", body).await.ok();
        answer["items"][0]["id"].as_i64().expect("a number")
    }

    /// What lies in the upload area.
    pub fn uploads(&self) -> Vec<PathBuf> {
        let dir = std::fs::read_dir(self.data.path().join("uploads")).expect("the upload area");
        dir.map(|entry| entry.expect("an entry").path()).collect()
    }
}

/// Sends a request; every answer of the API is JSON, whatever its status.
pub async fn send(request: RequestBuilder) -> Answer {
    read(request.send().await.expect("an answer")).await
}

pub async fn read(response: Response) -> Answer {
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    let (kind, warning, status) = (header("content-type"), header("warning"), response.status());
    let text = response.text().await.expect("a body");
    assert_eq!(kind.as_deref(), Some("application/json"), "{status} {text}");
    Answer { status, warning, json: serde_json::from_str(&text).expect("JSON") }
}

fn client() -> Client {
    // An error means that another test of this process was faster.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

pub async fn person(app: &App, name: &str, admin: bool) -> Person {
    let parsed = name.parse().expect("a user name");
    let (_, issued) = copr_app::account::create(app, &parsed, "", admin).await.expect("an account");
    Person { name: name.to_owned(), login: issued.login, token: issued.token }
}

async fn add_chroot(app: &App, name: &str, enable: bool) {
    let definition = ChrootDefinition {
        package_manager: "dnf".to_owned(),
        releasever: "42".to_owned(),
        install: vec!["bash".to_owned()],
        comment: if name == EPEL { "A short comment".to_owned() } else { String::new() },
        ..ChrootDefinition::default()
    };
    let name = name.parse().expect("a chroot's name");
    copr_app::chroot::put(app, &name, &definition, enable).await.expect("a chroot");
}
