//! Lists: what is in them, in which order, on both engines.

use super::{assert_links, build, call, column, end, get, number, post, project, put};
use crate::server::{EPEL, FEDORA, FEDORA_32, Server};
use copr_types::State;
use reqwest::Method;
use serde_json::{Value, json};

async fn names(server: &Server, query: &str) -> Vec<String> {
    let list = get(server, &format!("/api_2/projects?{query}")).await.ok();
    let owner = |one: &Value| format!("{}/{}", one["project"]["owner"], one["project"]["name"]).replace('"', "");
    list["projects"].as_array().expect("a list").iter().map(owner).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_are_found_by_everything_that_is_said_together() {
    for server in Server::on_each_engine().await {
        for (name, group) in [("tool", None), ("tools-more", None), ("tool", Some("devs")), ("zebra", None)] {
            let body = json!({"name": name, "group": group, "chroots": [FEDORA]});
            post(&server, "/api_2/projects", body).await.made(&server);
        }
        let body = json!({"name": "tool", "chroots": [FEDORA], "description": "about a zebra"});
        call(&server, &server.bob, Method::POST, "/api_2/projects", body).await.made(&server);
        for (query, found) in [
            ("", &["alice/tool", "alice/tools-more", "@devs/tool", "alice/zebra", "bob/tool"][..]),
            ("owner=alice", &["alice/tool", "alice/tools-more", "alice/zebra"]),
            ("owner=%40devs", &["@devs/tool"]),
            ("group=devs", &["@devs/tool"]),
            ("group=%40devs", &["@devs/tool"]),
            ("owner=%40devs&group=devs", &["@devs/tool"]),
            ("owner=alice&group=devs", &[]),
            ("name=tool", &["alice/tool", "@devs/tool", "bob/tool"]),
            ("owner=bob&name=tool", &["bob/tool"]),
            ("owner=nobody", &[]),
            ("group=nobody", &[]),
            ("search_query=zebra", &["alice/zebra", "bob/tool"]),
            ("search_query=zebra&owner=bob", &["bob/tool"]),
            ("search_query=zebra&name=zebra", &["alice/zebra"]),
            ("search_query=nothing", &[]),
            ("search_query=", &["alice/tool", "alice/tools-more", "@devs/tool", "alice/zebra", "bob/tool"]),
            ("limit=2&offset=1", &["alice/tools-more", "@devs/tool"]),
            ("limit=0&offset=4", &["bob/tool"]),
            ("offset=5", &[]),
            ("offset=99999999999999999999", &[]),
            ("colour=red&owner=bob", &["bob/tool"]),
        ] {
            assert_eq!(names(&server, query).await, found, "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn builds_are_listed_by_project_owner_or_group_and_by_whether_they_ended() {
    for server in Server::on_each_engine().await {
        let (mine, _) = project(&server, "tools").await;
        let ours = json!({"name": "ours", "group": "devs", "chroots": [FEDORA]});
        let ours = number(&post(&server, "/api_2/projects", ours).await.made(&server));
        let (a, b, c) =
            (build(&server, mine, &[FEDORA]).await, build(&server, ours, &[]).await, build(&server, mine, &[]).await);
        end(&server, a, &[(FEDORA, State::Succeeded)]).await;
        put(&server, &format!("/api_2/builds/{b}"), json!({"state": "canceled"})).await.done();
        for (query, found) in [
            ("".to_owned(), vec![c, b, a]),
            (format!("project_id={mine}"), vec![c, a]),
            (format!("project_id={ours}&owner=alice&group=nobody"), vec![b]),
            ("owner=alice".to_owned(), vec![c, a]),
            ("owner=alice&group=devs".to_owned(), vec![c, a]),
            ("group=devs".to_owned(), vec![b]),
            ("owner=%40devs".to_owned(), vec![b]),
            ("owner=bob".to_owned(), vec![]),
            ("is_finished=True".to_owned(), vec![b, a]),
            ("is_finished=False".to_owned(), vec![c]),
            ("is_finished=1&owner=alice".to_owned(), vec![a]),
            (format!("is_finished=no&project_id={mine}"), vec![c]),
            (format!("is_finished=yes&project_id={ours}"), vec![b]),
            ("limit=1&offset=1&is_finished=True".to_owned(), vec![a]),
        ] {
            let list = get(&server, &format!("/api_2/builds?{query}")).await.ok();
            assert_eq!(column(&list, "builds", "build", "id"), found, "{query}");
        }
        for query in ["owner=nobody", "group=nobody", "owner=%40nobody", "project_id=999"] {
            get(&server, &format!("/api_2/builds?{query}")).await.refusal(404);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_listed_by_whatever_counts_most_and_by_state() {
    for server in Server::on_each_engine().await {
        let (mine, _) = project(&server, "tools").await;
        let ours = json!({"name": "ours", "group": "devs", "chroots": [FEDORA]});
        let ours = number(&post(&server, "/api_2/projects", ours).await.made(&server));
        let both = [FEDORA, FEDORA_32];
        let (a, b, c) = (
            build(&server, mine, &both).await,
            build(&server, ours, &[FEDORA]).await,
            build(&server, mine, &both).await,
        );
        end(&server, a, &[(FEDORA, State::Succeeded), (FEDORA_32, State::Failed)]).await;
        end(&server, b, &[(FEDORA, State::Forked)]).await;
        end(&server, c, &[(FEDORA, State::Publishing)]).await;
        let (a32, a64, b64, c32, c64) = ((a, FEDORA_32), (a, FEDORA), (b, FEDORA), (c, FEDORA_32), (c, FEDORA));
        for (query, found) in [
            ("".to_owned(), vec![c32, c64, b64, a32, a64]),
            (format!("build_id={a}&project_id={ours}&owner=bob&group=devs"), vec![a32, a64]),
            (format!("project_id={ours}&owner=alice"), vec![b64]),
            ("owner=alice&group=devs".to_owned(), vec![c32, c64, a32, a64]),
            ("owner=%40devs".to_owned(), vec![b64]),
            ("group=devs".to_owned(), vec![b64]),
            ("group=nobody".to_owned(), vec![]),
            ("state=succeeded".to_owned(), vec![b64, a64]),
            ("state=forked".to_owned(), vec![b64]),
            ("state=failed".to_owned(), vec![a32]),
            ("state=running".to_owned(), vec![c64]),
            ("state=pending".to_owned(), vec![c32]),
            ("state=waiting".to_owned(), vec![c32]),
            ("state=importing".to_owned(), vec![]),
            ("state=unknown".to_owned(), vec![]),
            ("state=".to_owned(), vec![c32, c64, b64, a32, a64]),
            ("state=succeeded&owner=alice".to_owned(), vec![a64]),
            (format!("state=succeeded&project_id={ours}"), vec![b64]),
            (format!("state=failed&build_id={a}"), vec![a32]),
            ("limit=2&offset=1".to_owned(), vec![c64, b64]),
            ("limit=1&offset=1&state=succeeded".to_owned(), vec![a64]),
            ("limit=2&offset=1&owner=alice".to_owned(), vec![c64, a32]),
        ] {
            let list = get(&server, &format!("/api_2/build_tasks?{query}")).await.ok();
            let task = |one: &Value| (one["build_task"]["build_id"].clone(), one["build_task"]["chroot_name"].clone());
            let tasks: Vec<_> = list["build_tasks"].as_array().expect("a list").iter().map(task).collect();
            let found: Vec<_> = found.into_iter().map(|(id, name)| (json!(id), json!(name))).collect();
            assert_eq!(tasks, found, "{query}");
        }
        get(&server, "/api_2/build_tasks?build_id=999&state=unknown").await.refusal(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_brings_its_builds_and_chroots_along() {
    for server in Server::on_each_engine().await {
        let (id, path) = project(&server, "tools").await;
        let (old, new) = (build(&server, id, &[]).await, build(&server, id, &[]).await);
        let plain = get(&server, &path).await.ok();
        for (query, itself, builds, chroots) in [
            ("show_builds=True", "?show_builds=True", true, false),
            ("show_chroots=yes", "?show_chroots=True", false, true),
            ("show_chroots=1&show_builds=1", "?show_builds=True&show_chroots=True", true, true),
            ("show_chroots=False&show_builds=no", "", false, false),
        ] {
            let one = get(&server, &format!("{path}?{query}")).await.ok();
            assert_eq!(one["project"], plain["project"]);
            assert_eq!(one["_links"]["self"]["href"], format!("{path}{itself}"), "{query}");
            assert_eq!(
                (one.get("project_builds").is_some(), one.get("project_chroots").is_some()),
                (builds, chroots),
                "{query}"
            );
        }
        let one = get(&server, &format!("{path}?show_builds=True&show_chroots=True")).await.ok();
        assert_eq!(column(&one, "project_builds", "build", "id"), [new, old]);
        assert_eq!(column(&one, "project_chroots", "chroot", "name"), [FEDORA_32, FEDORA]);
        assert_eq!(one["project_builds"][1], get(&server, &format!("/api_2/builds/{old}")).await.ok());
        assert_eq!(one["project_chroots"][1], get(&server, &format!("{path}/chroots/{FEDORA}")).await.ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_answers_with_and_without_a_slash_at_the_end() {
    for server in Server::on_each_engine().await {
        let (id, project) = project(&server, "tools").await;
        let build = build(&server, id, &[FEDORA]).await;
        for path in [
            "/api_2".to_owned(),
            "/api_2/projects".to_owned(),
            project.clone(),
            format!("{project}/chroots"),
            format!("{project}/chroots/{FEDORA}"),
            "/api_2/builds".to_owned(),
            format!("/api_2/builds/{build}"),
            "/api_2/build_tasks".to_owned(),
            format!("/api_2/build_tasks/{build}/{FEDORA}"),
            "/api_2/builds_tasks".to_owned(),
            format!("/api_2/builds_tasks/{build}/{FEDORA}"),
            "/api_2/mock_chroots".to_owned(),
            format!("/api_2/mock_chroots/{FEDORA}"),
        ] {
            let plain = get(&server, &path).await.ok();
            assert_eq!(get(&server, &format!("{path}/")).await.ok(), plain, "{path}");
            assert_eq!(get(&server, &format!("//{}", path.trim_start_matches('/'))).await.ok(), plain, "{path}");
            let head = server.anywhere(Method::HEAD, &path).send().await.expect("an answer");
            assert_eq!(head.status().as_u16(), 200, "{path}");
        }
        // Writes too: nothing is redirected.
        let made = post(&server, "/api_2/projects/", json!({"name": "other", "chroots": []})).await.made(&server);
        post(&server, &format!("/{made}/chroots/"), json!({"name": EPEL})).await.made(&server);
        put(&server, &format!("{made}/"), json!({"description": "d"})).await.done();
        put(&server, &format!("{made}/chroots/{EPEL}/"), json!({})).await.ok();
        super::delete(&server, &format!("{made}/chroots/{EPEL}/")).await.done();
        put(&server, &format!("/api_2/builds/{build}/"), json!({"state": "canceled"})).await.done();
        super::delete(&server, &format!("/api_2/builds/{build}/")).await.done();
        super::delete(&server, &format!("{made}/")).await.done();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_of_the_project_stand_with_its_builds() {
    let server = Server::start().await;
    let (id, path) = project(&server, "tools").await;
    put(&server, &path, json!({"repos": ["http://a.example/", "http://b.example/"]})).await.done();
    let build = build(&server, id, &[]).await;
    let one = get(&server, &format!("/api_2/builds/{build}")).await.ok();
    assert_eq!(one["build"]["repos"], json!(["http://a.example/", "http://b.example/"]));
    assert_links(&get(&server, "/api_2/builds?limit=5").await.ok(), &[("self", "/api_2/builds?limit=5".to_owned())]);
}
