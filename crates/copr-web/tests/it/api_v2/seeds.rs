//! The examples of the pages about builds and tasks, asked as they are written there: what is answered has the keys and
//! the types that are printed.

use super::{Answer, build, end, get, post, project, put, request, send};
use crate::server::{FEDORA, FEDORA_32, Server};
use copr_types::State;
use reqwest::Method;
use serde_json::{Value, json};

/// What answers have beside what is printed: links and keys that other parts of the documents, or servers, had.
const MORE: [&str; 3] = ["build_task", "build", "build_id"];
/// What is printed as a text and may be missing: the commit of sources that were not imported.
const NONE: [&str; 1] = ["git_hash"];

/// The ways in which what was answered is unlike what is printed. A time that is printed as null may be there.
fn differences(printed: &Value, answered: &Value, place: &str) -> Vec<String> {
    let last = place.rsplit('.').next().unwrap_or_default();
    match (printed, answered) {
        (Value::Object(printed), Value::Object(answered)) => {
            let missing = printed
                .keys()
                .filter(|key| !answered.contains_key(*key))
                .map(|key| format!("{place}.{key} is missing"));
            let odd = answered.keys().filter(|key| !printed.contains_key(*key) && !MORE.contains(&key.as_str()));
            let odd = odd.map(|key| format!("{place}.{key} is not printed"));
            let both = printed.iter().filter_map(|(key, value)| Some((key, value, answered.get(key)?)));
            let inside =
                both.flat_map(|(key, printed, answered)| differences(printed, answered, &format!("{place}.{key}")));
            missing.chain(odd).chain(inside).collect()
        }
        (Value::Array(printed), Value::Array(answered)) => match printed.first() {
            None => Vec::new(),
            Some(_) if answered.is_empty() => vec![format!("{place} is empty")],
            Some(printed) => answered.iter().flat_map(|one| differences(printed, one, place)).collect(),
        },
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) | (Value::Null, Value::Null) => {
            Vec::new()
        }
        (Value::Number(_), Value::Number(number)) if number.is_i64() => Vec::new(),
        (Value::Null, Value::Number(number)) if number.is_i64() && last.ends_with("ed_on") => Vec::new(),
        (Value::String(_), Value::Null) if NONE.contains(&last) => Vec::new(),
        (printed, answered) => vec![format!("{place}: {answered} instead of {printed}")],
    }
}

#[track_caller]
fn assert_printed(answered: &Value, printed: &str) {
    let printed = serde_json::from_str(printed).expect("JSON");
    assert_eq!(differences(&printed, answered, ""), [""; 0], "{answered:#}");
}

/// A project with a build that has succeeded in one chroot and failed in another.
async fn done(server: &Server) -> (i64, i64) {
    let (project, _) = project(server, "tools").await;
    let id = build(server, project, &[FEDORA, FEDORA_32]).await;
    end(server, id, &[(FEDORA, State::Succeeded), (FEDORA_32, State::Failed)]).await;
    (project, id)
}

#[test]
fn what_is_unlike_the_print_is_noticed() {
    let printed = json!({"a": 1, "b": ["x"], "started_on": null, "git_hash": "x", "c": {"d": "x"}});
    for (answered, expected) in [
        (json!({"a": 1, "b": [], "started_on": 5, "git_hash": null, "c": {"d": "y"}}), vec![".b is empty"]),
        (
            json!({"a": "1", "b": ["y"], "started_on": null, "git_hash": "y", "c": {"d": null}}),
            vec![".a: \"1\" instead of 1", ".c.d: null instead of \"x\""],
        ),
        (
            json!({"b": ["y", 1], "started_on": "x", "git_hash": "y", "c": {"d": "y", "e": 1}}),
            vec![
                ".a is missing",
                ".b: 1 instead of \"x\"",
                ".started_on: \"x\" instead of null",
                ".c.e is not printed",
            ],
        ),
    ] {
        assert_eq!(differences(&printed, &answered, ""), expected);
    }
}

/// The build as both examples print it.
const BUILD: &str = r#"{
    "enable_net": true,
    "source_metadata": {"url": "http://miroslav.suchy.cz/copr/copr-ping-1-1.fc20.src.rpm"},
    "package_name": "copr-ping",
    "submitted_on": 1441366834,
    "package_version": "1-1.fc20",
    "built_packages": [{"version": "1", "name": "copr-ping"}],
    "started_on": null,
    "source_type": "srpm_link",
    "state": "succeeded",
    "ended_on": 1441366969,
    "id": 106897,
    "repos": [],
    "submitter": "asamalik"
  }"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_builds_is_as_printed() {
    let server = Server::start().await;
    let (project, id) = done(&server).await;
    let list = get(&server, &format!("/api_2/builds?project_id={project}&limit=1")).await.ok();
    assert_printed(
        &list,
        &r#"{
          "_links": {"self": {"href": "/api_2/builds?project_id=3985&limit=1"}},
          "builds": [{
            "_links": {
              "project": {"href": "/api_2/projects/3985"},
              "self": {"href": "/api_2/builds/106897"},
              "build_tasks": {"href": "/api_2/build_tasks?build_id=106897"}
            },
            "build": BUILD
          }]
        }"#
        .replace("BUILD", BUILD),
    );
    assert_eq!(list["_links"]["self"]["href"], format!("/api_2/builds?project_id={project}&limit=1"));
    assert_eq!(list["builds"][0]["_links"]["build_tasks"]["href"], format!("/api_2/build_tasks?build_id={id}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_with_its_tasks_is_as_printed() {
    let server = Server::start().await;
    let (_, id) = done(&server).await;
    let one = get(&server, &format!("/api_2/builds/{id}?show_build_tasks=True")).await.ok();
    let mut printed: Value = serde_json::from_str(
        &r#"{
          "build_tasks": [{
            "tasks": {
              "build_id": 3985,
              "chroot_name": "fedora-21-i386",
              "started_on": 1441366860,
              "state": "succeeded",
              "ended_on": 1441366969,
              "result_dir_url": "http://copr-be-dev.cloud.fedoraproject.org/results/vgologuz/aeghqawgt/fedora-21-i386/00106897-copr-ping",
              "git_hash": "8daed2e23140243d8beaafb0fee436c1bca3fdf7"
            },
            "_links": {
              "project": {"href": "/api_2/projects/3985"},
              "self": {"href": "/api_2/build_tasks/106897/fedora-21-i386"}
            }
          }],
          "_links": {
            "project": {"href": "/api_2/projects/3985"},
            "self": {"href": "/api_2/builds/106897?show_chroots=True"},
            "build_tasks": {"href": "/api_2/build_tasks/?build_id=3985"}
          },
          "build": BUILD
        }"#
        .replace("BUILD", BUILD),
    )
    .expect("JSON");
    assert_eq!(differences(&printed, &one, ""), [""; 0], "{one:#}");
    // The task is there once more under its other name, and what is extra is what servers had.
    let task = &one["build_tasks"][0];
    assert_eq!(task["tasks"], task["build_task"]);
    printed = printed["build_tasks"][0]["tasks"].take();
    assert_eq!(differences(&printed, &task["build_task"], ""), [""; 0]);
}

/// The link as the page prints it, with a slash before the question mark.
#[tokio::test(flavor = "multi_thread")]
async fn the_printed_link_to_tasks_leads_there() {
    let server = Server::start().await;
    let (_, id) = done(&server).await;
    let with_slash = get(&server, &format!("/api_2/build_tasks/?build_id={id}")).await.ok();
    assert_eq!(with_slash, get(&server, &format!("/api_2/build_tasks?build_id={id}")).await.ok());
}

const TASK: &str = r#"{
    "build_task": {
      "chroot_name": "fedora-rawhide-x86_64",
      "build_id": 3985,
      "started_on": 1440753865,
      "state": "succeeded",
      "ended_on": 1440753919,
      "result_dir_url": "http://copr-be-dev.cloud.fedoraproject.org/results/vgologuz/aeghqawgt/fedora-rawhide-x86_64/00106882-python-marshmallow",
      "git_hash": "d241064b14f9dcd5d9032d0aca3b4e78fbd1aafd"
    },
    "_links": {
      "project": {"href": "/api_2/projects/3985"},
      "self": {"href": "/api_2/build_tasks/106882/fedora-rawhide-x86_64"}
    }
  }"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_tasks_is_as_printed() {
    let server = Server::start().await;
    let (_, id) = done(&server).await;
    let list = get(&server, &format!("/api_2/builds_tasks?build_id={id}")).await.ok();
    // The page leaves out the build's number here, and has it in the task alone.
    let task = TASK.replace(r#""build_id": 3985,"#, "");
    let links = r#"{"self": {"href": "/api_2/build_tasks?build_id=106882"}}"#;
    assert_printed(&list, &format!(r#"{{"build_tasks": [{task}], "_links": {links}}}"#));
    let itself = list["_links"]["self"]["href"].as_str().expect("a path");
    assert!(itself.starts_with(&format!("/api_2/build_tasks?build_id={id}")), "{itself}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_as_printed() {
    let server = Server::start().await;
    let (_, id) = done(&server).await;
    assert_printed(&get(&server, &format!("/api_2/build_tasks/{id}/{FEDORA}")).await.ok(), TASK);
    assert_printed(&get(&server, &format!("/api_2/builds_tasks/{id}/{FEDORA}")).await.ok(), TASK);
}

/// The fields as the page on builds lists them for an upload, beside its name and where it was put.
#[tokio::test(flavor = "multi_thread")]
async fn the_fields_of_an_uploaded_build_are_as_printed() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let location = by_snippet(&server, project).await.made(&server);
    let id = super::number(&location);
    end(&server, id, &[(FEDORA, State::Succeeded), (FEDORA_32, State::Succeeded)]).await;
    assert_printed(
        &get(&server, &location).await.ok()["build"],
        r#"{
          "enable_net": true,
          "source_metadata": {"tmp": "tmpUNPJWO", "pkg": "python-marshmallow-2.0.0b5-1.fc22.src.rpm"},
          "submitted_on": 1440753750,
          "repos": [],
          "built_packages": [
            {"version": "2.0.0b5", "name": "python3-marshmallow"},
            {"version": "2.0.0b5", "name": "python-marshmallow"}
          ],
          "started_on": null,
          "source_type": "srpm_upload",
          "state": "succeeded",
          "ended_on": 1440754058,
          "package_version": "2.0.0b5-1.fc22",
          "package_name": "python-marshmallow",
          "id": 106882,
          "submitter": "asamalik"
        }"#,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_created_by_an_address_as_printed() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let text = format!(
        r#"{{
            "project_id": {project},
            "chroots": ["{FEDORA}", "{FEDORA_32}"],
            "srpm_url": "http://miroslav.suchy.cz/copr/copr-ping-1-1.fc20.src.rpm"
        }}"#
    );
    let request = request(&server, &server.alice, Method::POST, "/api_2/builds");
    let made = send(request.header("content-type", "application/json").body(text)).await;
    let one = get(&server, &made.made(&server)).await.ok();
    assert_eq!(one["build"]["source_metadata"]["url"], "http://miroslav.suchy.cz/copr/copr-ping-1-1.fc20.src.rpm");
}

/// The body that python-requests makes of the page's snippet: the metadata are a file without a name and without a type.
async fn by_snippet(server: &Server, project: i64) -> Answer {
    let metadata = format!(r#"{{"chroots": ["{FEDORA}", "{FEDORA_32}"], "project_id": {project}}}"#);
    let boundary = "d2d5a7e1a3e54a5d8b9bb1c7c0a9a1e4";
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"srpm\"; filename=\"pkg.src.rpm\"\r\n\
         Content-Type: application/x-rpm\r\n\r\nthe package\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"metadata\"; filename=\"\"\r\n\r\n{metadata}\r\n\
         --{boundary}--\r\n"
    );
    let request = request(server, &server.alice, Method::POST, "/api_2/builds");
    send(request.header("content-type", format!("multipart/form-data; boundary={boundary}")).body(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_created_by_the_snippet_that_is_printed() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let made = by_snippet(&server, project).await;
    let one = get(&server, &made.made(&server)).await.ok();
    assert_eq!(one["build"]["source_metadata"]["pkg"], "pkg.src.rpm");
    let tasks = get(&server, one["_links"]["build_tasks"]["href"].as_str().expect("a path")).await.ok();
    assert_eq!(tasks["build_tasks"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_canceled_and_deleted_as_printed() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let path = format!("/api_2/builds/{}", build(&server, project, &[FEDORA]).await);
    let text = "{\n    \"state\": \"cancelled\"\n}";
    let put = request(&server, &server.alice, Method::PUT, &path).header("content-type", "application/json");
    send(put.body(text)).await.done();
    assert_eq!(get(&server, &path).await.ok()["build"]["state"], "canceled");
    super::delete(&server, &path).await.done();
    get(&server, &path).await.refusal(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_of_the_pages_are_those_that_are_answered() {
    let server = Server::start().await;
    let (project, id) = done(&server).await;
    get(&server, "/api_2/builds/99999").await.refusal(404);
    get(&server, "/api_2/builds_tasks?build_id=99999").await.refusal(404);
    put(&server, &format!("/api_2/builds/{id}"), json!({"state": "cancelled"})).await.refusal(400);
    post(&server, "/api_2/builds", json!({"project_id": project})).await.refusal(400);
    let running = build(&server, project, &[]).await;
    super::delete(&server, &format!("/api_2/builds/{running}")).await.refusal(400);
}
