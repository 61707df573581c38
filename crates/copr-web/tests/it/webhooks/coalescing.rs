//! The same pushed again: one build is enough.

use super::{BEFORE, COMMIT, Hooked, commit};
use copr_types::State;
use serde_json::{Value, json};

const URL: &str = "https://github.com/ada/engine.git";

fn push(branch: &str, after: &str) -> Value {
    json!({"ref": format!("refs/heads/{branch}"), "after": after, "commits": [commit(after, &["a"], &[], &[])],
           "repository": {"clone_url": URL}})
}

fn delivery(name: &str) -> [(&'static str, &str); 2] {
    [("x-github-event", "push"), ("x-github-delivery", name)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_comes_again_builds_once() {
    for hooked in Hooked::on_each_engine().await {
        // Nothing came of it at first, so it may be tried again.
        hooked.report("github", &delivery("d1"), &push("main", COMMIT)).await;
        hooked.package("engine", URL, json!({})).await;
        for _ in 0..3 {
            hooked.report("github", &delivery("d1"), &push("main", COMMIT)).await;
        }
        assert_eq!(hooked.built().await, [format!("engine {COMMIT}")]);
        let history = hooked.history().await;
        let outcomes: Vec<_> = history.iter().map(|call| call["outcome"].as_str().expect("a word")).collect();
        assert_eq!(outcomes, ["again", "again", "built", "nothing"]);
        let id = hooked.builds().await[0].build.id;
        assert_eq!(history[0]["reason"], format!("it was delivered before and made build {id}"));
        assert_eq!((&history[0]["builds"], &history[2]["builds"]), (&json!([]), &json!([id])));
        // A forge that calls another thing by the same name is heard.
        hooked.report("github", &delivery("d1"), &push("dev", COMMIT)).await;
        assert_eq!(hooked.built().await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_at_the_same_time_build_once() {
    for hooked in Hooked::on_each_engine().await {
        hooked.package("engine", URL, json!({})).await;
        let payload = push("main", COMMIT);
        let headers = delivery("d1");
        futures::future::join_all((0..8).map(|_| hooked.report("github", &headers, &payload))).await;
        assert_eq!(hooked.built().await, [format!("engine {COMMIT}")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_push_takes_the_place_of_one_that_nobody_has_begun() {
    for hooked in Hooked::on_each_engine().await {
        hooked.package("engine", URL, json!({})).await;
        hooked.report("github", &delivery("d1"), &push("main", BEFORE)).await;
        hooked.report("github", &delivery("d2"), &push("dev", BEFORE)).await;
        let tasks = copr_app::queue::list(&hooked.server.app, 10).await.expect("tasks");
        hooked.report("github", &delivery("d3"), &push("main", COMMIT)).await;
        let builds = hooked.builds().await;
        let states: Vec<_> = builds.iter().map(|shown| shown.state()).collect();
        assert_eq!(states, [Some(State::Canceled), Some(State::Pending), Some(State::Pending)]);
        assert_eq!(builds[0].chroots[0].reason, format!("Superseded by build {}, of a later push", builds[2].build.id));
        let now = copr_app::queue::list(&hooked.server.app, 10).await.expect("tasks");
        let of = |tasks: &[copr_db::task::Task]| tasks.iter().map(|task| (task.id, task.build_id)).collect::<Vec<_>>();
        assert_eq!(of(&now), [(tasks[0].id, builds[2].build.id), (tasks[1].id, builds[1].build.id)]);
        let told: Value = serde_json::from_str(&now[0].spec).expect("a task");
        assert_eq!((&told["build_id"], &told["input"]["committish"]), (&json!(builds[2].build.id), &json!(COMMIT)));
        // By hand is not the same, and stays.
        let server = &hooked.server;
        let by_hand = json!({"ownername": "alice", "projectname": "p", "package_name": "engine"});
        server.post(&server.alice, "/package/build", by_hand).await.ok();
        hooked.report("github", &delivery("d4"), &push("main", BEFORE)).await;
        let states: Vec<_> = hooked.builds().await.iter().map(|shown| shown.state()).collect();
        let (pending, canceled) = (Some(State::Pending), Some(State::Canceled));
        assert_eq!(states, [canceled, pending, canceled, pending, pending]);
    }
}
