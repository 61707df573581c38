// A service that knows a few answers by heart: the examples of the documentation talk to it. It is included by them, and
// by tests/it; it is no part of the library.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A service on this machine. Its thread ends with the program.
pub struct Service {
    /// Its address.
    pub url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// Begins to answer.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (heard, told_url) = (Arc::new(Mutex::new(Vec::new())), url.clone());
        let hears = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut asked = HashMap::new();
            for stream in listener.incoming().flatten() {
                // Whoever hangs up has his reasons.
                let _ = serve(&stream, &told_url, &mut asked, &hears);
            }
        });
        Self { url, heard }
    }

    /// A configuration for it, as the user alice.
    pub fn config(&self) -> copr_client::Config {
        copr_client::Config::new(&self.url).expect("an address").token("login", "token").username("alice")
    }

    /// What it was asked since the last time: method, path, and the body if it is a short text.
    pub fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().expect("no panic"))
    }
}

/// Runs an example. It fails when the example does.
pub fn run(example: impl AsyncFnOnce(Service) -> Result<(), Box<dyn StdError>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if let Err(error) = runtime.block_on(example(Service::start())) {
        panic!("{error}");
    }
}

fn serve(
    mut stream: &TcpStream,
    url: &str,
    asked: &mut HashMap<String, usize>,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let what = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().to_lowercase().split_once(": ") {
            Some(("content-length", number)) => length = number.parse().unwrap_or(0),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).unwrap_or_default();
    heard.lock().expect("no panic").push(format!("{what} {body}").trim_end().to_owned());

    let found = ANSWERS.iter().find(|(known, ..)| *known == what);
    let (status, location, texts) = match found {
        Some((_, status, location, texts)) => (*status, *location, *texts),
        None if what.contains("/api/") => (404, "", &[r#"{"output": "notok", "error": "Not found."}"#][..]),
        None => (404, "", &[r#"{"error": "Not found.", "message": "Not found."}"#][..]),
    };
    // One answer after the other; the last one stays.
    let turn = asked.entry(what).or_insert(0);
    let text = texts[(*turn).min(texts.len() - 1)].replace("HERE", url);
    *turn += 1;
    let location = if location.is_empty() { String::new() } else { format!("location: {url}{location}\r\n") };
    let kind = if text.starts_with("event:") { "text/event-stream" } else { "application/json" };
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n{location}\r\n{text}",
        text.len()
    )
}

/// What is asked, the status, the path of what was made, and one text after the other.
type Answers = &'static [(&'static str, u16, &'static str, &'static [&'static str])];

const ANSWERS: Answers = &[
    // Version 1
    ("GET /api/coprs/alice/", 200, "", &[PROJECTS_1]),
    ("GET /api/coprs/rhscl/", 200, "", &[r#"{"output": "ok", "repos": [{"name": "python33", "username": "rhscl"}]}"#]),
    ("GET /api/coprs/search/?project=python", 200, "", &[
        r#"{"output": "ok", "repos": [{"coprname": "python33", "username": "rhscl", "description": "Python 3.3"}]}"#,
    ]),
    ("POST /api/coprs/alice/new/", 200, "", &[r#"{"output": "ok", "message": "New project was successfully created."}"#]),
    ("GET /api/coprs/alice/hello_world/detail/", 200, "", &[DETAIL_1]),
    ("POST /api/coprs/alice/hello_world/modify/", 200, "", &[
        r#"{"output": "ok", "description": "My cool app", "instructions": "...", "repos": "", "buildroot_pkgs": "",
            "chroots": ["fedora-20-x86_64"]}"#,
    ]),
    ("POST /api/coprs/alice/hello_world/delete/", 200, "", &[
        r#"{"output": "ok", "message": "Project hello_world has been deleted."}"#,
    ]),
    ("POST /api/coprs/alice/hello_world/new_build/", 200, "", &[
        r#"{"output": "ok", "ids": [5, 6], "id": 5, "message": "Build was added to hello_world."}"#,
    ]),
    ("POST /api/coprs/alice/hello_world/new_build_upload/", 200, "", &[
        r#"{"output": "ok", "ids": [7], "id": 7, "message": "Build was added to hello_world."}"#,
    ]),
    ("GET /api/coprs/build/5/", 200, "", &[RUNNING_1, ENDED_1]),
    ("GET /api/coprs/build/6/", 200, "", &[ENDED_1]),
    ("POST /api/coprs/cancel_build/5/", 200, "", &[r#"{"output": "ok", "status": "Build canceled"}"#]),
    ("POST /api/coprs/cancel_build/6/", 409, "", &[r#"{"output": "notok", "error": "Cannot cancel build 6"}"#]),
    ("GET /api/coprs/alice/hello_world/detail/fedora-20-x86_64/", 200, "", &[
        r#"{"output": "ok", "buildroot_pkgs": "gcc make"}"#,
    ]),
    ("POST /api/coprs/alice/hello_world/modify/fedora-20-x86_64/", 200, "", &[
        r#"{"output": "ok", "buildroot_pkgs": "gcc"}"#,
    ]),
    // Version 2
    ("GET /api_2/", 200, "", &[ROOT_2]),
    ("GET /api_2/projects?name=copr&limit=3", 200, "", &[PROJECTS_2]),
    ("GET /api_2/projects?name=copr&limit=3&offset=3", 200, "", &[MORE_PROJECTS_2]),
    ("GET /api_2/projects?name=copr&limit=3&offset=5", 200, "", &[r#"{"_links": {}, "projects": []}"#]),
    ("GET /api_2/projects?limit=10", 200, "", &[PROJECTS_2]),
    ("GET /api_2/projects?name=copr", 200, "", &[PROJECTS_2]),
    ("GET /api_2/projects?search_query=copr", 200, "", &[PROJECTS_2]),
    ("POST /api_2/projects", 201, "/api_2/projects/5384", &[""]),
    ("GET /api_2/projects/5384", 200, "", &[PROJECT_5384]),
    ("GET /api_2/projects/1835", 200, "", &[PROJECT_1835]),
    ("PUT /api_2/projects/1835", 204, "", &[""]),
    ("DELETE /api_2/projects/1835", 204, "", &[""]),
    ("GET /api_2/projects/1835/chroots", 200, "", &[CHROOTS_2]),
    ("POST /api_2/projects/1835/chroots", 201, "/api_2/projects/1835/chroots/fedora-22-x86_64", &[""]),
    ("GET /api_2/projects/1835/chroots/fedora-22-i386", 200, "", &[CHROOT_2]),
    ("PUT /api_2/projects/1835/chroots/fedora-22-i386", 200, "", &[CHROOT_2]),
    ("DELETE /api_2/projects/1835/chroots/fedora-22-i386", 204, "", &[""]),
    ("GET /api_2/builds?limit=2", 200, "", &[BUILDS_2]),
    ("GET /api_2/builds?project_id=1835&limit=5", 200, "", &[BUILDS_2]),
    ("POST /api_2/builds", 201, "/api_2/builds/138431", &[""]),
    ("GET /api_2/builds/138431", 200, "", &[
        r#"{"build": {"id": 138431, "state": "importing"}, "_links": {"self": {"href": "/api_2/builds/138431"}}}"#,
    ]),
    ("GET /api_2/builds/138421", 200, "", &[
        r#"{"build": {"id": 138421, "state": "failed"}, "_links": {"self": {"href": "/api_2/builds/138421"}}}"#,
    ]),
    ("GET /api_2/builds/138421?show_build_tasks=True", 200, "", &[WITH_TASKS_2]),
    ("PUT /api_2/builds/138431", 204, "/api_2/builds/138431", &[""]),
    ("PUT /api_2/builds/138421", 400, "", &[r#"{"message": "Cannot cancel build 138421"}"#]),
    ("DELETE /api_2/builds/138431", 204, "", &[""]),
    ("DELETE /api_2/builds/138421", 204, "", &[""]),
    ("GET /api_2/build_tasks?state=failed&limit=5", 200, "", &[TASKS_2]),
    ("GET /api_2/build_tasks?project_id=1835&limit=5", 200, "", &[TASKS_2]),
    ("GET /api_2/build_tasks?build_id=138421&limit=5", 200, "", &[TASKS_2]),
    ("GET /api_2/build_tasks/106897/epel-6-i386", 200, "", &[
        r#"{"build_task": {"chroot_name": "epel-6-i386", "build_id": 106897, "state": "succeeded",
            "result_dir_url": "http://be/results/rineau/libQGLViewer-qt5/epel-6-i386/00106897-libQGLViewer"},
            "_links": {}}"#,
    ]),
    ("GET /api_2/mock_chroots?active_only=True", 200, "", &[
        r#"{"_links": {}, "chroots": [{"_links": {}, "chroot": {"name": "epel-6-i386", "os_release": "epel",
            "os_version": "6", "arch": "i386", "is_active": true}}]}"#,
    ]),
    ("GET /api_2/mock_chroots/fedora-22-i386", 200, "", &[
        r#"{"_links": {}, "chroot": {"name": "fedora-22-i386", "os_release": "fedora", "os_version": "22",
            "arch": "i386", "is_active": true}}"#,
    ]),
    // Version 3
    ("POST /api_3/project/add/@copr?exist_ok=False", 200, "", &[
        r#"{"id": 1, "ownername": "@copr", "name": "foo", "full_name": "@copr/foo", "description": "Some desc",
            "chroot_repos": {"fedora-rawhide-x86_64": "HERE/results/@copr/foo/fedora-rawhide-x86_64/"}}"#,
    ]),
    ("POST /api_3/build/create/url", 200, "", &[r#"{"items": [{"id": 2545, "state": "pending", "ownername": "@copr",
        "projectname": "foo"}], "meta": {"limit": null}}"#]),
    ("GET /api_3/build/2545", 200, "", &[BUILD_3, BUILD_3, BUILD_3]),
    ("GET /api_3/build/123", 200, "", &[
        r#"{"id": 123, "state": "running", "ownername": "alice", "projectname": "foo"}"#,
        r#"{"id": 123, "state": "succeeded", "ownername": "alice", "projectname": "foo"}"#,
    ]),
    ("DELETE /api_3/build/delete/2545", 200, "", &[BUILD_3]),
    ("GET /api_3/build/2546", 404, "", &[r#"{"error": "Build 2546 does not exist."}"#]),
    ("PUT /api_3/build/cancel/123", 409, "", &[r#"{"error": "Cannot cancel build 123"}"#]),
    ("GET /api_3/build/list?ownername=%40copr&projectname=copr", 200, "", &[
        r#"{"items": [{"id": 2544, "state": "succeeded", "ownername": "@copr", "projectname": "copr"},
            {"id": 2545, "state": "succeeded", "ownername": "@copr", "projectname": "copr"}],
            "meta": {"offset": 0, "limit": null, "order": "id", "order_type": "ASC"}}"#,
    ]),
    ("GET /api_3/package/list?ownername=%40copr&projectname=copr", 200, "", &[PACKAGES_3]),
    ("GET /api_3/package/list?ownername=%40copr&projectname=copr&limit=3&order=name&order_type=ASC", 200, "", &[PACKAGES_3]),
    ("GET /api_3/package/list?ownername=%40copr&projectname=copr&limit=3", 200, "", &[PACKAGES_3]),
    ("GET /api_3/package/list?ownername=%40copr&projectname=copr&limit=3&offset=3", 200, "", &[MORE_PACKAGES_3]),
    ("GET /api_3/package/list?ownername=%40copr&projectname=copr&limit=3&offset=6", 200, "", &[
        r#"{"items": [], "meta": {"offset": 6, "limit": 3}}"#,
    ]),
    ("POST /api_3/package/add/@copr/foo/mypackage/rubygems", 200, "", &[
        r#"{"id": 7, "name": "mypackage", "ownername": "@copr", "projectname": "foo", "source_type": "rubygems",
            "source_dict": {"gem_name": "mygem"}, "auto_rebuild": false}"#,
    ]),
    ("GET /coprs/build/2545/log/fedora-27-x86_64?offset=0", 200, "", &[
        "event: log\nid: 6\ndata: \"hello\\n\"\n\nevent: end\ndata: {\"state\": \"succeeded\", \"size\": 6}\n\n",
    ]),
];

const PROJECTS_1: &str = r#"{"output": "ok", "repos": [{"name": "hello_world", "username": "alice",
    "description": "My cool app", "instructions": "", "additional_repos": "http://h/r/",
    "yum_repos": {"fedora-20-x86_64": "http://be/results/alice/hello_world/fedora-20-x86_64/"}}]}"#;
const DETAIL_1: &str = r#"{"output": "ok", "detail": {"name": "hello_world", "description": "My cool app",
    "instructions": "", "additional_repos": "", "last_modified": 1440754058,
    "yum_repos": {"fedora-20-x86_64": "http://be/results/alice/hello_world/fedora-20-x86_64/"}}}"#;
const RUNNING_1: &str = r#"{"output": "ok", "status": "running", "project": "hello_world", "owner": "alice",
    "results": "http://be/results/alice/hello_world/", "built_pkgs": null, "src_version": "2.8-1",
    "chroots": {"fedora-20-x86_64": "running"}, "submitted_on": 1440753750, "started_on": 1440753865, "ended_on": null,
    "src_pkg": "http://example.com/pkg.src.rpm", "submitted_by": "alice",
    "results_by_chroot": {"fedora-20-x86_64": null}}"#;
const ENDED_1: &str = r#"{"output": "ok", "status": "succeeded", "project": "hello_world", "owner": "alice",
    "results": "http://be/results/alice/hello_world/", "built_pkgs": ["pkg 2.8"], "src_version": "2.8-1",
    "chroots": {"fedora-20-x86_64": "succeeded"}, "submitted_on": 1440753750, "started_on": 1440753865,
    "ended_on": 1440754058, "src_pkg": "http://example.com/pkg.src.rpm", "submitted_by": "alice",
    "results_by_chroot": {"fedora-20-x86_64": "http://be/results/alice/hello_world/fedora-20-x86_64/00000005-pkg"}}"#;

const ROOT_2: &str = r#"{"_links": {"self": {"href": "/api_2/"}, "projects": {"href": "/api_2/projects"},
    "builds": {"href": "/api_2/builds"}, "build_tasks": {"href": "/api_2/build_tasks"},
    "mock_chroots": {"href": "/api_2/mock_chroots"}}}"#;
const PROJECTS_2: &str = r#"{"_links": {"self": {"href": "/api_2/projects"}}, "projects": [
    {"project": {"id": 1, "owner": "msuchy", "name": "copr"}, "_links": {}},
    {"project": {"id": 1503, "owner": "vgologuz", "name": "copr"}, "_links": {}},
    {"project": {"id": 2796, "owner": "mosquito", "name": "copr"}, "_links": {}}]}"#;
const MORE_PROJECTS_2: &str = r#"{"_links": {"self": {"href": "/api_2/projects"}}, "projects": [
    {"project": {"id": 2805, "owner": "esmil", "name": "copr"}, "_links": {}},
    {"project": {"id": 4266, "owner": "frostyx", "name": "copr"}, "_links": {}}]}"#;
const PROJECT_1835: &str = r#"{"project": {"id": 1835, "name": "salt", "owner": "saltstack", "group": null,
    "description": "", "instructions": "", "homepage": null, "contact": null, "disable_createrepo": false,
    "build_enable_net": true, "repos": []}, "_links": {"self": {"href": "/api_2/projects/1835"},
    "builds": {"href": "/api_2/builds?project_id=1835"}, "chroots": {"href": "/api_2/projects/1835/chroots"},
    "build_tasks": {"href": "/api_2/build_tasks?project_id=1835"}}}"#;
const PROJECT_5384: &str = r#"{"project": {"id": 5384, "name": "my_cool_project", "owner": "vgologuz",
    "description": "", "instructions": "don't touch me!", "repos": []},
    "_links": {"self": {"href": "/api_2/projects/5384"}, "chroots": {"href": "/api_2/projects/5384/chroots"}}}"#;
const CHROOTS_2: &str = r#"{"_links": {"self": {"href": "/api_2/projects/1835/chroots"}}, "chroots": [
    {"chroot": {"name": "fedora-22-x86_64", "buildroot_pkgs": [], "comps": null, "comps_name": null, "comps_len": 0},
     "_links": {"self": {"href": "/api_2/projects/1835/chroots/fedora-22-x86_64"}}},
    {"chroot": {"name": "fedora-22-i386", "buildroot_pkgs": [], "comps": null, "comps_name": null, "comps_len": 0},
     "_links": {"self": {"href": "/api_2/projects/1835/chroots/fedora-22-i386"}}}]}"#;
const CHROOT_2: &str = r#"{"chroot": {"name": "fedora-22-i386", "buildroot_pkgs": [], "comps": null,
    "comps_name": null, "comps_len": 0}, "_links": {"project": {"href": "/api_2/projects/1835"},
    "self": {"href": "/api_2/projects/1835/chroots/fedora-22-i386"}}}"#;
const BUILDS_2: &str = r#"{"_links": {"self": {"href": "/api_2/builds"}}, "builds": [
    {"build": {"id": 138426, "state": "succeeded"}, "_links": {}},
    {"build": {"id": 138425, "state": "failed"}, "_links": {}}]}"#;
const TASKS_2: &str = r#"{"_links": {"self": {"href": "/api_2/build_tasks"}}, "build_tasks": [
    {"build_task": {"chroot_name": "fedora-18-x86_64", "build_id": 17, "state": "failed"}, "_links": {}},
    {"build_task": {"chroot_name": "fedora-18-i386", "build_id": 17, "state": "failed"}, "_links": {}}]}"#;
const WITH_TASKS_2: &str = r#"{"build": {"id": 138421, "state": "failed"}, "_links": {}, "build_tasks": [
    {"tasks": {"chroot_name": "fedora-18-x86_64", "build_id": 138421, "state": "failed"}, "_links": {}}]}"#;

const BUILD_3: &str = r#"{"id": 2545, "state": "succeeded", "ownername": "@copr", "projectname": "copr",
    "repo_url": "HERE/results/@copr/copr", "source_package": {"name": "ed", "version": "1.14.2-3.fc26",
    "url": "HERE/results/@copr/copr/srpm-builds/00002545/ed-1.14.2-3.fc26.src.rpm"}, "submitted_on": 1525635534,
    "started_on": 1526406595, "ended_on": 1526408106, "submitter": "frostyx",
    "chroots": ["fedora-27-x86_64", "fedora-rawhide-x86_64"], "is_background": false, "colour": "blue"}"#;
const PACKAGES_3: &str = r#"{"items": [
    {"id": 1, "name": "a", "ownername": "@copr", "projectname": "copr", "source_type": "scm"},
    {"id": 2, "name": "b", "ownername": "@copr", "projectname": "copr", "source_type": "scm"},
    {"id": 3, "name": "c", "ownername": "@copr", "projectname": "copr", "source_type": "scm"}],
    "meta": {"offset": 0, "limit": 3, "order": "id", "order_type": "ASC"}}"#;
const MORE_PACKAGES_3: &str = r#"{"items": [
    {"id": 4, "name": "d", "ownername": "@copr", "projectname": "copr", "source_type": "scm"},
    {"id": 5, "name": "e", "ownername": "@copr", "projectname": "copr", "source_type": "scm"}],
    "meta": {"offset": 3, "limit": 3, "order": "id", "order_type": "ASC"}}"#;
