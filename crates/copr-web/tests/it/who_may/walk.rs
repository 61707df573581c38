//! What the walk meets, and how it asks.

use super::{Body, Needs, Row};
use crate::packages::finish;
use crate::server::{FEDORA, Person, Server, person};
use crate::uploads::{BOUNDARY, head, tail};
use copr_app::build::{self, Options, Upload};
use copr_db::account::Account;
use copr_types::State;
use copr_types::permission::Grant;
use copr_wire::builder::LeaseRequest;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// A service with alice's project `p` and the group's, a build in each, an upload, and a builder.
pub struct Walk {
    server: Server,
    client: Client,
    /// In the order of `ROLES`.
    people: [Option<Person>; 6],
    alice: Account,
    machine: String,
    count: usize,
    /// A build of alice's that has succeeded, and one of the group's.
    builds: (i64, i64),
    /// The number of alice's project.
    project: i64,
    /// The secret of its web hooks.
    secret: String,
}

impl Walk {
    pub async fn begin(server: Server) -> Self {
        let app = &server.app;
        let mut people =
            [None, Some(server.bob.clone()), None, None, Some(server.alice.clone()), Some(server.root.clone())];
        for (place, name) in [(2, "ben"), (3, "ada")] {
            people[place] = Some(person(app, name, false).await);
        }
        person(app, "zed", false).await;
        let alice = app.authenticate(&server.alice.login, &server.alice.token).await.expect("alice");
        let machine = copr_app::builders::add(app, "b1").await.expect("a builder");
        let client =
            Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let mut walk = Self {
            server,
            client,
            people,
            alice,
            machine,
            count: 0,
            builds: (0, 0),
            project: 0,
            secret: String::new(),
        };
        walk.project = walk.project("p").await;
        let shown = copr_app::webhook::shown_secret(&walk.server.app, &walk.alice, "alice", "p").await;
        walk.secret = shown.expect("a secret").1;
        let one = walk.server.build("p", json!({"chroots": [FEDORA]})).await;
        finish(&walk.server, one, "hello", &[(FEDORA, State::Succeeded)]).await;
        let body = json!({"name": "p", "chroots": [FEDORA]});
        walk.server.post(&walk.server.alice, "/project/add/@devs", body).await.ok();
        let other = walk.server.build("p", json!({"ownername": "@devs"})).await;
        walk.builds = (one, other);
        walk.server.app.store.write(&walk.upload("shared").join("x.spec"), b"Name: x\n").expect("an upload");
        walk
    }

    fn upload(&self, name: &str) -> std::path::PathBuf {
        self.server.app.store.upload_dir(&name.parse().expect("a name"))
    }

    /// A name that nothing has yet.
    fn new_name(&mut self) -> String {
        self.count += 1;
        format!("new{}", self.count)
    }

    /// A project of alice's in which ben may build and ada may do more.
    async fn project(&self, name: &str) -> i64 {
        let number = self.server.project(name).await["id"].as_i64().expect("a number");
        let project = number.into();
        let mut tx = self.server.app.db.begin().await.expect("a transaction");
        for (user, admin, builder) in
            [("ben", Grant::Nothing, Grant::Approved), ("ada", Grant::Approved, Grant::Nothing)]
        {
            let account = copr_db::account::by_name(&mut tx, user).await.expect("an answer").expect("an account");
            copr_db::project::grant(&mut tx, project, account.id, admin, builder).await.expect("a role");
        }
        tx.commit().await.expect("a commit");
        number
    }

    /// A task of an uploaded source that the builder holds: its number and its fence.
    async fn lease(&mut self) -> (i64, i64) {
        let name = self.new_name();
        let app = &self.server.app;
        app.store.write(&self.upload(&name).join("x.spec"), b"Name: x\n").expect("an upload");
        let upload = Upload { upload: name.parse().expect("a name"), file: "x.spec".parse().expect("a name"), size: 8 };
        let made = build::by_upload(app, &self.alice, "alice", "p", Some(&upload), &Options::default()).await;
        let id = made.expect("a build").build.id;
        let builder = app.authenticate_builder(&self.machine).await.expect("the builder");
        let arches = vec!["x86_64".to_owned()];
        let request = LeaseRequest {
            builder: "b1".to_owned(),
            arches,
            isolation: "none".to_owned(),
            tools: Vec::new(),
            wait_seconds: 0,
            ..LeaseRequest::default()
        };
        // Others wait too: those of requests that were granted.
        loop {
            let lease = copr_app::lease::take(app, &builder, &request).await.expect("an answer").expect("a task");
            let task =
                copr_db::task::by_id(&mut app.db.read().await.expect("a connection"), lease.task_id.into()).await;
            if task.expect("an answer").expect("the task").build_id == id {
                return (lease.task_id, lease.fence);
            }
        }
    }

    /// A package of alice's with a source in git, and one beside it: its name, and that one's digest.
    fn sources(&mut self) -> (String, String) {
        let name = self.new_name();
        let app = &self.server.app;
        let owner = "alice".parse().expect("an owner");
        let package = name.parse().expect("a package");
        let repository = copr_app::distgit::repository(app, &owner, &"p".to_owned().into(), &package);
        let mut import = repository.import().expect("a repository");
        import.add(&["x.tar"], false, 1, &mut &b"\0"[..]).expect("a file");
        let commit =
            copr_distgit::Commit { author: name.clone(), email: String::new(), time: 1, message: name.clone() };
        let done = import.commit(&[copr_distgit::Branch::of(&FEDORA.parse().expect("a chroot"))], &commit);
        (name, done.expect("a commit").sources[0].1.to_string())
    }

    /// What the words in braces mean for one request to an address.
    async fn words(&mut self, path: &str, needs: Needs) -> HashMap<&'static str, String> {
        let group = path.contains("{group}");
        let mut words = HashMap::from([
            ("owner", "alice".to_owned()),
            ("project", "p".to_owned()),
            ("dir", "p".to_owned()),
            ("group", "devs".to_owned()),
            ("who", "bob".to_owned()),
            ("chroot", FEDORA.to_owned()),
            ("name_release", "fedora-42".to_owned()),
            ("id", if group { self.builds.1 } else { self.builds.0 }.to_string()),
            ("project_id", self.project.to_string()),
            ("step", "source".to_owned()),
            ("upload", "shared".to_owned()),
            ("file", "x.spec".to_owned()),
            ("name", "x.log".to_owned()),
            ("*path", format!("alice/p/{FEDORA}/repodata/repomd.xml")),
            ("*rest", "nothing/here".to_owned()),
            ("new", self.new_name()),
            ("package", self.new_name()),
            ("source_type", "rubygems".to_owned()),
            ("text", "alice".to_owned()),
            ("secret", self.secret.clone()),
            ("log", format!("{}.log", self.builds.0)),
        ]);
        match needs {
            Needs::Nothing | Needs::NewToken => {}
            Needs::Project => {
                let name = self.new_name();
                words.insert("project_id", self.project(&name).await.to_string());
                words.insert("project", name);
            }
            Needs::Package => {
                let body = json!({"package_name": words["package"], "gem_name": "a"});
                let path = format!("/package/add/alice/p/{}/rubygems", words["package"]);
                self.server.post(&self.server.alice, &path, body).await.ok();
            }
            Needs::Sources => {
                let (package, digest) = self.sources();
                let file = "x.tar".to_owned();
                words.extend([("package", format!("{package}.git")), ("digest", digest), ("name", file.clone())]);
                words.extend([("file", file), ("kind", "sha512".to_owned()), ("*inside", "info/refs".to_owned())]);
            }
            Needs::Waiting => {
                words.insert("id", self.server.build("p", json!({})).await.to_string());
            }
            Needs::Ended => {
                let id = self.server.build("p", json!({})).await;
                self.server.put(&self.server.alice, &format!("/build/cancel/{id}"), json!({})).await.ok();
                words.insert("id", id.to_string());
            }
            Needs::Chain => {
                let owner = if group { "@devs" } else { "alice" };
                let body = json!({"ownername": owner, "projectname": "p"});
                let made = self.server.post(&self.server.alice, "/chain/create", body).await.ok();
                let chain = made["id"].as_i64().expect("a number");
                if !group {
                    self.server.build("p", json!({"chain_id": chain})).await;
                }
                words.insert("chain", chain.to_string());
            }
            Needs::Lease => {
                let (id, fence) = self.lease().await;
                words.extend([("id", id.to_string()), ("fence", fence.to_string())]);
            }
        }
        words.insert("build_id", words["id"].clone());
        words
    }

    /// The request that a row describes, of nobody.
    async fn request(&mut self, method: &Method, path: &str, row: &Row) -> RequestBuilder {
        let words = self.words(path, row.needs).await;
        let fill = |text: &str| {
            words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(&format!("{{{word}}}"), value))
        };
        let url = format!("{}{}?{}", self.server.url, fill(path), fill(row.query));
        let request = self.client.request(method.clone(), url);
        match row.body {
            Body::None => request,
            Body::Json(text) => request.header("content-type", "application/json").body(fill(text)),
            Body::Upload(name, text) => {
                let json = serde_json::from_str(&fill(text)).expect("JSON");
                let form = format!("{}x{}", head("pkgs", name), tail(&json));
                request.header("content-type", format!("multipart/form-data; boundary={BOUNDARY}")).body(form)
            }
            Body::Bytes(text) => {
                request.header("x-content-sha256", hex::encode(Sha256::digest(text.as_bytes()))).body(text)
            }
        }
    }

    /// Asks as one of `ROLES`: the status, and what a refusal says.
    pub async fn ask(&mut self, role: usize, method: &Method, path: &str, row: &Row) -> (u16, String) {
        let request = self.request(method, path, row).await;
        let answer = match &self.people[role] {
            Some(who) => answer(request.basic_auth(&who.login, Some(&who.token))).await,
            None => answer(request).await,
        };
        if let Some(who) = self.people[role].as_mut().filter(|_| row.needs == Needs::NewToken) {
            let issued = copr_app::account::new_token(&self.server.app, &who.name).await.expect("a token");
            (who.login, who.token) = (issued.login, issued.token);
            // What the walk itself does is done by alice.
            if who.name == self.server.alice.name {
                self.server.alice = who.clone();
            }
        }
        answer
    }

    /// Asks as the builder.
    pub async fn ask_as_builder(&mut self, method: &Method, path: &str, row: &Row) -> (u16, String) {
        let request = self.request(method, path, row).await;
        answer(request.bearer_auth(&self.machine)).await
    }
}

/// The status of an answer, and its text where it is a refusal: others may never end.
async fn answer(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, if status < 400 { String::new() } else { response.text().await.expect("a text") })
}
