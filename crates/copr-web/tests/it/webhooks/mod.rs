//! Web hooks as forges call them: payloads in the form of each forge's own documentation, and what is built.

mod badges;
mod bitbucket;
mod coalescing;
mod custom;
mod forgejo;
mod github;
mod gitlab;
mod history;
mod proofs;

use crate::server::{FEDORA, FEDORA_32, Server};
use copr_app::build::Shown;
use copr_db::Page;
use reqwest::Method;
use serde_json::{Value, json};

/// What was pushed.
pub const COMMIT: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
pub const BEFORE: &str = "bffeb74224043ba2feb48d137756c8a9331c449a";
/// What a branch is at that is no more.
pub const GONE: &str = "0000000000000000000000000000000000000000";

/// A project of alice's with a door for web hooks.
pub struct Hooked {
    pub server: Server,
    pub id: i64,
    pub secret: String,
}

impl Hooked {
    pub async fn set(server: Server) -> Self {
        server.project("p").await;
        let made = server.post(&server.alice, "/webhook/generate/alice/p", json!({})).await.ok();
        let secret = made["webhook_secret"].as_str().expect("a secret").to_owned();
        Self { server, id: made["id"].as_i64().expect("a number"), secret }
    }

    pub async fn on_each_engine() -> Vec<Self> {
        let mut all = Vec::new();
        for server in Server::on_each_engine().await {
            all.push(Self::set(server).await);
        }
        all
    }

    /// A package of a repository that is rebuilt automatically.
    pub async fn package(&self, name: &str, clone_url: &str, more: Value) {
        let mut body = json!({"package_name": name, "clone_url": clone_url, "webhook_rebuild": true});
        for (key, value) in more.as_object().expect("an object") {
            body[key] = value.clone();
        }
        self.server.post(&self.server.alice, &format!("/package/add/alice/p/{name}/scm"), body).await.ok();
    }

    /// A package that a script makes.
    pub async fn script(&self, name: &str) {
        let body = json!({"package_name": name, "script": "true", "script_chroot": FEDORA});
        self.server.post(&self.server.alice, &format!("/package/add/alice/p/{name}/custom"), body).await.ok();
    }

    /// The service builds for nothing any more.
    pub async fn switch_chroots_off(&self) {
        for name in [FEDORA, FEDORA_32] {
            copr_app::chroot::set_enabled(&self.server.app, name, false).await.expect("a chroot");
        }
    }

    /// The address of a forge's door, with or without a package in it.
    pub fn door(&self, forge: &str, package: &str) -> String {
        let package = if package.is_empty() { String::new() } else { format!("{package}/") };
        format!("/webhooks/{forge}/{}/{}/{package}", self.id, self.secret)
    }

    /// Calls an address.
    pub async fn call(&self, path: &str, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> (u16, String) {
        let mut request = self.server.anywhere(Method::POST, path).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a text"))
    }

    /// Calls a forge's door, which understands and answers as each of Copr's does.
    #[track_caller]
    pub fn report(&self, forge: &str, headers: &[(&str, &str)], body: &Value) -> impl Future<Output = ()> {
        let (door, body) = (self.door(forge, ""), body.to_string());
        async move {
            let answer = self.call(&door, headers, body).await;
            assert_eq!(answer, (200, "OK".to_owned()));
        }
    }

    /// The project's builds, oldest first.
    pub async fn builds(&self) -> Vec<Shown> {
        let all = copr_app::build::list(&self.server.app, "alice", "p", None, None, &Page::default()).await;
        let mut all = all.expect("builds");
        all.reverse();
        all
    }

    /// The project's builds as `package committish`, oldest first.
    pub async fn built(&self) -> Vec<String> {
        let line = |shown: &Shown| {
            let source: Value = serde_json::from_str(&shown.build.source).expect("a source");
            let committish = source["committish"].as_str().unwrap_or_default();
            format!("{} {committish}", shown.build.package.as_deref().unwrap_or_default())
        };
        self.builds().await.iter().map(line).collect()
    }

    /// What the project's history says, newest first.
    pub async fn history(&self) -> Vec<Value> {
        let path = "/webhook/list/alice/p";
        let answer = self.server.call(&self.server.alice, Method::GET, path, json!({})).await.ok();
        answer["items"].as_array().expect("a list").clone()
    }

    /// Why the newest call built nothing.
    pub async fn reason(&self) -> String {
        self.history().await[0]["reason"].as_str().expect("a text").to_owned()
    }
}

/// A commit of a push that changed files.
pub fn commit(id: &str, added: &[&str], modified: &[&str], removed: &[&str]) -> Value {
    json!({
        "id": id, "message": "Change things", "timestamp": "2026-03-01T12:00:00Z",
        "author": {"name": "Ada", "email": "ada@example.org"},
        "added": added, "modified": modified, "removed": removed,
    })
}
