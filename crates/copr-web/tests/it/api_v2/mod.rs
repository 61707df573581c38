//! Version 2 of the API as its clients meet it.

mod checklist;
mod decisions;
mod lists;
mod rubbish;
mod seeds;
mod uploads;
mod validation;

use crate::packages::finish;
use crate::server::{FEDORA, FEDORA_32, Person, Server};
use copr_db::build_chroot::{self, BuiltPackage};
use copr_types::{BuildId, State};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

pub const SRPM: &str = "http://x.example/hello-1-1.src.rpm";

/// An answer; its JSON is null where it has no body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub challenge: Option<String>,
    pub json: Value,
}

impl Answer {
    /// The object of a 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.json);
        self.json
    }

    /// The text of a refusal with this status.
    #[track_caller]
    pub fn refusal(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.json);
        self.json["message"].as_str().unwrap_or_else(|| panic!("no `message` in {}", self.json))
    }

    /// The path of what a 201 says was made, its address being whole and its body empty.
    #[track_caller]
    pub fn made(&self, server: &Server) -> String {
        assert_eq!((self.status, &self.json), (201, &Value::Null));
        let location = self.location.as_deref().expect("a `Location`");
        location.strip_prefix(&server.url).unwrap_or_else(|| panic!("not a whole address: {location}")).to_owned()
    }

    /// That it is a 204.
    #[track_caller]
    pub fn done(&self) {
        assert_eq!((self.status, &self.json), (204, &Value::Null));
    }
}

/// Sends a request: whatever has a body is exactly `application/json`.
pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    let (status, kind) = (response.status().as_u16(), header("content-type"));
    let (location, challenge) = (header("location"), header("www-authenticate"));
    let text = response.text().await.expect("a body");
    if text.is_empty() {
        return Answer { status, location, challenge, json: Value::Null };
    }
    assert_eq!(kind.as_deref(), Some("application/json"), "{status} {text}");
    Answer { status, location, challenge, json: serde_json::from_str(&text).expect("JSON") }
}

/// `GET` of a whole path, as nobody.
pub async fn get(server: &Server, path: &str) -> Answer {
    send(server.anywhere(Method::GET, path)).await
}

pub fn request(server: &Server, who: &Person, method: Method, path: &str) -> RequestBuilder {
    server.anywhere(method, path).basic_auth(&who.login, Some(&who.token))
}

/// A request of somebody with a JSON body.
pub async fn call(server: &Server, who: &Person, method: Method, path: &str, body: Value) -> Answer {
    send(request(server, who, method, path).json(&body)).await
}

pub async fn post(server: &Server, path: &str, body: Value) -> Answer {
    call(server, &server.alice, Method::POST, path, body).await
}

pub async fn put(server: &Server, path: &str, body: Value) -> Answer {
    call(server, &server.alice, Method::PUT, path, body).await
}

pub async fn delete(server: &Server, path: &str) -> Answer {
    send(request(server, &server.alice, Method::DELETE, path)).await
}

/// A project of alice's with two chroots: its number and its path.
pub async fn project(server: &Server, name: &str) -> (i64, String) {
    let made = post(server, "/api_2/projects", json!({"name": name, "chroots": [FEDORA, FEDORA_32]})).await;
    let path = made.made(server);
    (number(&path), path)
}

/// The number at the end of a path.
pub fn number(path: &str) -> i64 {
    path.rsplit('/').next().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no number in {path}"))
}

/// A build of alice's in chroots of a project; nobody works on it.
pub async fn build(server: &Server, project: i64, chroots: &[&str]) -> i64 {
    let body = json!({"project_id": project, "srpm_url": SRPM, "chroots": chroots, "enable_net": true});
    number(&post(server, "/api_2/builds", body).await.made(server))
}

/// Ends a build: its chroots as said, with a package where they succeeded.
pub async fn end(server: &Server, id: i64, chroots: &[(&str, State)]) {
    finish(server, id, "hello", chroots).await;
    let mut tx = server.app.db.begin().await.expect("a transaction");
    for one in build_chroot::of_builds(&mut tx, &[BuildId(id)]).await.expect("rows") {
        build_chroot::ended(&mut tx, one.id, None, None, 20).await.expect("an end");
        if one.state == State::Succeeded {
            let package = |name: &str, arch: &str| BuiltPackage {
                build_chroot_id: one.id,
                name: name.to_owned(),
                epoch: None,
                version: "2.8".to_owned(),
                release: "1".to_owned(),
                arch: arch.to_owned(),
            };
            let packages = [package("hello", "src"), package("hello", "x86_64"), package("hello-doc", "noarch")];
            build_chroot::set_built(&mut tx, one.id, &packages).await.expect("packages");
        }
    }
    tx.commit().await.expect("a commit");
}

/// The links of an object by their roles.
pub fn hrefs(object: &Value) -> Vec<(String, String)> {
    let links = object["_links"].as_object().unwrap_or_else(|| panic!("no links in {object}"));
    let href = |(role, link): (&String, &Value)| {
        assert_eq!(link.as_object().map(serde_json::Map::len), Some(1), "{link}");
        (role.clone(), link["href"].as_str().expect("a text").to_owned())
    };
    links.iter().map(href).collect()
}

/// That these, in any order, are the links of an object.
#[track_caller]
pub fn assert_links(object: &Value, expected: &[(&str, String)]) {
    let mut expected: Vec<_> = expected.iter().map(|(role, href)| ((*role).to_owned(), href.clone())).collect();
    expected.sort();
    let mut found = hrefs(object);
    found.sort();
    assert_eq!(found, expected);
}

/// One value of each object in a list.
pub fn column<'a>(list: &'a Value, items: &str, object: &str, key: &str) -> Vec<&'a Value> {
    list[items].as_array().expect("a list").iter().map(|item| &item[object][key]).collect()
}
