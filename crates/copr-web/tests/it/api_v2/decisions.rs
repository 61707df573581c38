//! Where the documents and the servers of old disagree: one test for each row of the contract's table of decisions.

use super::{SRPM, assert_links, build, call, delete, end, get, number, post, project, put, request, send};
use crate::server::{FEDORA, FEDORA_32, Server};
use copr_types::State;
use reqwest::Method;
use serde_json::{Value, json};

async fn one_build(server: &Server) -> (i64, i64) {
    let (project, _) = project(server, "tools").await;
    (project, build(server, project, &[FEDORA]).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_01_builds_are_listed_by_get_and_created_by_post() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let body = json!({"project_id": project, "srpm_url": SRPM});
    let made = post(&server, &format!("/api_2/builds?project_id={project}&limit=1"), body).await;
    let list = get(&server, "/api_2/builds").await.ok();
    assert_eq!(list["builds"][0]["build"]["id"], number(&made.made(&server)));
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_02_the_list_of_tasks_has_two_addresses_and_links_say_one() {
    let server = Server::start().await;
    let (_, id) = one_build(&server).await;
    for rest in ["".to_owned(), format!("?build_id={id}"), format!("/{id}/{FEDORA}")] {
        let answers = [
            get(&server, &format!("/api_2/build_tasks{rest}")).await,
            get(&server, &format!("/api_2/builds_tasks{rest}")).await,
        ];
        let [one, other] = answers.map(super::Answer::ok);
        assert_eq!(one, other, "{rest}");
        assert!(one["_links"]["self"]["href"].as_str().expect("a path").starts_with("/api_2/build_tasks"), "{rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_03_a_task_inside_of_a_build_has_two_keys_and_elsewhere_one() {
    let server = Server::start().await;
    let (_, id) = one_build(&server).await;
    let with_tasks = get(&server, &format!("/api_2/builds/{id}?show_build_tasks=1")).await.ok();
    let embedded = &with_tasks["build_tasks"][0];
    assert_eq!(embedded["tasks"], embedded["build_task"]);
    let alone = get(&server, &format!("/api_2/build_tasks/{id}/{FEDORA}")).await.ok();
    assert_eq!((&alone["build_task"], &alone["tasks"]), (&embedded["tasks"], &Value::Null));
    assert_eq!(embedded["_links"], alone["_links"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_04_both_flags_show_the_tasks_of_a_build() {
    let server = Server::start().await;
    let (project, id) = one_build(&server).await;
    for query in ["show_build_tasks=True", "show_chroots=True", "show_build_tasks=yes&show_chroots=no"] {
        let one = get(&server, &format!("/api_2/builds/{id}?{query}")).await.ok();
        assert_eq!(one["build_tasks"].as_array().map(Vec::len), Some(1), "{query}");
        assert_links(
            &one,
            &[
                ("self", format!("/api_2/builds/{id}?show_build_tasks=True")),
                ("project", format!("/api_2/projects/{project}")),
                ("build_tasks", format!("/api_2/build_tasks?build_id={id}")),
            ],
        );
    }
    for query in ["", "?show_build_tasks=False", "?show_chroots=0"] {
        let one = get(&server, &format!("/api_2/builds/{id}{query}")).await.ok();
        assert_eq!(one.as_object().map(serde_json::Map::len), Some(2), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_05_canceled_may_be_spelt_with_two_l_and_is_not_so_answered() {
    let server = Server::start().await;
    let (project, first) = one_build(&server).await;
    let second = build(&server, project, &[FEDORA]).await;
    for (id, word) in [(first, "canceled"), (second, "cancelled")] {
        put(&server, &format!("/api_2/builds/{id}"), json!({"state": word})).await.done();
        assert_eq!(get(&server, &format!("/api_2/builds/{id}")).await.ok()["build"]["state"], "canceled");
    }
    for word in ["canceled", "cancelled"] {
        let list = get(&server, &format!("/api_2/build_tasks?state={word}")).await.ok();
        assert_eq!(super::column(&list, "build_tasks", "build_task", "state"), ["canceled", "canceled"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_06_canceling_answers_204_and_where_the_build_is() {
    let server = Server::start().await;
    let (_, id) = one_build(&server).await;
    let answer = put(&server, &format!("/api_2/builds/{id}"), json!({"state": "canceled"})).await;
    answer.done();
    assert_eq!(answer.location, Some(format!("{}/api_2/builds/{id}", server.url)));
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_07_the_link_to_tasks_has_no_slash_and_the_builds_number() {
    let server = Server::start().await;
    // So that numbers of builds are not those of projects.
    project(&server, "another").await;
    let (_, id) = one_build(&server).await;
    let one = get(&server, &format!("/api_2/builds/{id}")).await.ok();
    assert_eq!(one["_links"]["build_tasks"]["href"], format!("/api_2/build_tasks?build_id={id}"));
    get(&server, &format!("/api_2/build_tasks/?build_id={id}")).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_08_what_was_made_is_told_as_a_whole_address() {
    let server = Server::start_with(|rules| rules.public_url = "https://copr.example/base".to_owned()).await;
    let project = post(&server, "/api_2/projects", json!({"name": "tools", "chroots": [FEDORA]})).await;
    assert_eq!(project.location.as_deref(), Some("https://copr.example/base/api_2/projects/1"));
    let chroot = post(&server, "/api_2/projects/1/chroots", json!({"name": FEDORA_32})).await;
    assert_eq!(chroot.location.as_deref(), Some("https://copr.example/base/api_2/projects/1/chroots/fedora-42-i386"));
    let build = post(&server, "/api_2/builds", json!({"project_id": 1, "srpm_url": SRPM})).await;
    assert_eq!(build.location.as_deref(), Some("https://copr.example/base/api_2/builds/1"));
    // Links are paths, which clients put behind the address that they have.
    let one = get(&server, "/api_2/builds/1").await.ok();
    assert_eq!(one["_links"]["self"]["href"], "/api_2/builds/1");
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_09_sources_have_the_words_of_the_documents() {
    let server = Server::start().await;
    let (project, id) = one_build(&server).await;
    assert_eq!(get(&server, &format!("/api_2/builds/{id}")).await.ok()["build"]["source_type"], "srpm_link");
    let body = json!({"ownername": "alice", "projectname": "tools", "gem_name": "rails"});
    let gem = server.post(&server.alice, "/build/create/rubygems", body).await.ok();
    let one = &get(&server, &format!("/api_2/builds/{}", gem["id"])).await.ok()["build"];
    assert_eq!((&one["source_type"], &one["source_metadata"]), (&json!("rubygems"), &json!({"gem_name": "rails"})));
    assert_eq!(get(&server, &format!("/api_2/builds?project_id={project}")).await.ok()["builds"][0]["build"], *one);
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_10_bad_credentials_are_a_401() {
    let server = Server::start().await;
    let (_, id) = one_build(&server).await;
    let answer = send(server.anywhere(Method::DELETE, &format!("/api_2/builds/{id}")).basic_auth("x", Some("y"))).await;
    answer.refusal(401);
    assert!(answer.challenge.expect("a challenge").starts_with("Basic"));
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_11_the_types_of_parts_are_not_looked_at() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let metadata = json!({"project_id": project, "chroots": [FEDORA]});
    for kind in
        ["", "Content-Type: text/plain\r\n", "Content-Type: appliction/x-rpm\r\n", "Content-Type: image/png\r\n"]
    {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"metadata\"\r\n{kind}\r\n{metadata}\r\n\
             --b\r\nContent-Disposition: form-data; name=\"srpm\"; filename=\"a-1-1.src.rpm\"\r\n{kind}\r\nx\r\n--b--\r\n"
        );
        let request = request(&server, &server.alice, Method::POST, "/api_2/builds");
        send(request.header("content-type", "multipart/form-data; boundary=b").body(body)).await.made(&server);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_12_tasks_of_what_is_not_there_are_a_404() {
    let server = Server::start().await;
    get(&server, "/api_2/build_tasks?build_id=7").await.refusal(404);
    get(&server, "/api_2/build_tasks?project_id=7").await.refusal(404);
    assert_eq!(get(&server, "/api_2/build_tasks?owner=nobody").await.ok()["build_tasks"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_13_a_page_has_a_hundred_builds_at_most() {
    let server = Server::start().await;
    for (query, itself) in
        [("limit=105", "limit=100"), ("limit=0", "limit=100"), ("", "limit=100"), ("limit=7", "limit=7")]
    {
        for list in ["builds", "build_tasks"] {
            let answer = get(&server, &format!("/api_2/{list}?{query}")).await.ok();
            assert_links(&answer, &[("self", format!("/api_2/{list}?{itself}"))]);
        }
    }
    let projects = get(&server, "/api_2/projects").await.ok();
    assert_links(&projects, &[("self", "/api_2/projects".to_owned())]);
    let (project, _) = project(&server, "tools").await;
    for _ in 0..101 {
        build(&server, project, &[]).await;
    }
    for (query, count) in [("", 100), ("?limit=1000", 100), ("?offset=100", 1), ("?limit=3", 3), ("?offset=101", 0)] {
        let list = get(&server, &format!("/api_2/builds{query}")).await.ok();
        assert_eq!(list["builds"].as_array().map(Vec::len), Some(count), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_14_builds_say_when_they_started_and_ended() {
    let server = Server::start().await;
    let (_, id) = one_build(&server).await;
    end(&server, id, &[(FEDORA, State::Failed)]).await;
    let one = &get(&server, &format!("/api_2/builds/{id}")).await.ok()["build"];
    assert_eq!((&one["started_on"], &one["ended_on"]), (&json!(10), &json!(20)));
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_15_builds_have_network_when_their_project_has() {
    let server = Server::start().await;
    for (name, of_project, said, expected) in [
        ("a", true, Value::Null, true),
        ("b", false, Value::Null, false),
        ("c", false, json!(true), true),
        ("d", true, json!(false), false),
    ] {
        let body = json!({"name": name, "chroots": [FEDORA], "build_enable_net": of_project});
        let project = number(&post(&server, "/api_2/projects", body).await.made(&server));
        let mut body = json!({"project_id": project, "srpm_url": SRPM});
        if !said.is_null() {
            body["enable_net"] = said;
        }
        let path = post(&server, "/api_2/builds", body).await.made(&server);
        assert_eq!(get(&server, &path).await.ok()["build"]["enable_net"], expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_16_tasks_lead_to_their_build_too() {
    let server = Server::start().await;
    let (project, id) = one_build(&server).await;
    let links = [
        ("project", format!("/api_2/projects/{project}")),
        ("build", format!("/api_2/builds/{id}")),
        ("self", format!("/api_2/build_tasks/{id}/{FEDORA}")),
    ];
    assert_links(&get(&server, &format!("/api_2/build_tasks/{id}/{FEDORA}")).await.ok(), &links);
    assert_links(&get(&server, "/api_2/build_tasks").await.ok()["build_tasks"][0], &links);
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_17_what_is_there_already_is_a_409() {
    let server = Server::start().await;
    let (_, path) = project(&server, "tools").await;
    let again = post(&server, "/api_2/projects", json!({"name": "tools"})).await;
    assert_eq!(again.refusal(409), "You already have a project named 'tools'.");
    post(&server, &format!("{path}/chroots"), json!({"name": FEDORA})).await.refusal(409);
    // Somebody else's project of that name is another one.
    let body = json!({"name": "tools", "chroots": [FEDORA]});
    call(&server, &server.bob, Method::POST, "/api_2/projects", body).await.made(&server);
    // What is wrong is told before that.
    let wrong = post(&server, "/api_2/projects", json!({"name": "tools", "homepage": "x"})).await;
    assert_eq!(wrong.refusal(400), "homepage: Invalid URL.");
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_18_a_changed_chroot_is_shown_and_a_dropped_one_stays_dropped() {
    let server = Server::start().await;
    let (_, project) = project(&server, "tools").await;
    let path = format!("{project}/chroots/{FEDORA}");
    assert_eq!(
        put(&server, &path, json!({"buildroot_pkgs": ["gcc"]})).await.ok()["chroot"]["buildroot_pkgs"],
        json!(["gcc"])
    );
    for _ in 0..2 {
        delete(&server, &path).await.done();
    }
}
