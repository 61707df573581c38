//! Packages and the monitor, over rows as finished builds leave them.

use crate::server::{FEDORA, FEDORA_32, Server};
use copr_types::{BuildId, SourceKind, State};
use serde_json::{Value, json};

/// Says that a build was of a package, and where its source and chroots stand.
pub async fn finish(server: &Server, id: i64, package: &str, chroots: &[(&str, State)]) {
    let mut tx = server.app.db.begin().await.expect("a transaction");
    let build = copr_db::build::by_id(&mut tx, BuildId(id)).await.expect("a row").expect("the build");
    let name = package.parse().expect("a package's name");
    let kind = SourceKind::Link;
    let found = copr_db::package::find_or_create(&mut tx, build.project_id, &name, kind, "{\"url\": \"u\"}", 1).await;
    let package_id = found.expect("a package").id;
    copr_db::build::imported(&mut tx, BuildId(id), package_id, "2.8-1", "x.src.rpm", "http://x/")
        .await
        .expect("imported");
    copr_db::build::set_source_state(&mut tx, BuildId(id), State::Pending, State::Succeeded).await.expect("a change");
    for row in copr_db::build_chroot::of_builds(&mut tx, &[BuildId(id)]).await.expect("rows") {
        let Some((_, to)) = chroots.iter().find(|(name, _)| *name == row.name.as_str()) else { continue };
        let dir = format!("{id:08}-{package}");
        copr_db::build_chroot::started(&mut tx, row.id, &dir, 10).await.expect("started");
        copr_db::build_chroot::set_state(&mut tx, row.id, row.state, *to).await.expect("a change");
    }
    tx.commit().await.expect("a commit");
}

const PROJECT: &str = "ownername=alice&projectname=p";

#[tokio::test(flavor = "multi_thread")]
async fn a_package_shows_its_newest_builds_when_asked() {
    let server = Server::start().await;
    server.project("p").await;
    let good = server.build("p", json!({"chroots": [FEDORA]})).await;
    finish(&server, good, "hello", &[(FEDORA, State::Succeeded)]).await;
    let bad = server.build("p", json!({"chroots": [FEDORA]})).await;
    finish(&server, bad, "hello", &[(FEDORA, State::Failed)]).await;
    let get = async |more: &str| server.get(&format!("/package?{PROJECT}&packagename=hello{more}")).await.ok();
    let plain = get("&with_latest_build=False&with_latest_succeeded_build=False").await;
    let expected = json!({
        "id": plain["id"], "name": "hello", "ownername": "alice", "projectname": "p", "source_type": "link",
        "source_dict": {"url": "u"}, "auto_rebuild": false, "builds": {"latest": null, "latest_succeeded": null}
    });
    assert_eq!(plain, expected);
    let both = get("&with_latest_build=True&with_latest_succeeded_build=True").await;
    let latest = server.get(&format!("/build/{bad}")).await.ok();
    let succeeded = server.get(&format!("/build/{good}")).await.ok();
    assert_eq!(both["builds"], json!({"latest": latest, "latest_succeeded": succeeded}));
    assert_eq!((&latest["state"], &succeeded["state"]), (&json!("failed"), &json!("succeeded")));
    assert_eq!(succeeded["source_package"], json!({"name": "hello", "version": "2.8-1", "url": "http://x/"}));
    // Builds of a pull request do not stand for the package while there are others.
    let aside = server.build("p", json!({"chroots": [FEDORA], "project_dirname": "p:pr:7"})).await;
    finish(&server, aside, "hello", &[(FEDORA, State::Running)]).await;
    assert_eq!(get("&with_latest_build=True").await["builds"]["latest"]["id"], bad);
    let listed = server.get(&format!("/package/list?{PROJECT}&with_latest_build=True")).await.ok();
    assert_eq!(listed["items"][0]["builds"]["latest"]["id"], bad);
    let missing = server.get(&format!("/package?{PROJECT}&packagename=nope")).await;
    assert_eq!(missing.refusal(), (404, "No package with name nope in copr p"));
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_come_in_pages() {
    let server = Server::start().await;
    server.project("p").await;
    for name in ["zebra", "ant", "mouse"] {
        let id = server.build("p", json!({"chroots": [FEDORA]})).await;
        finish(&server, id, name, &[(FEDORA, State::Succeeded)]).await;
    }
    let names = async |query: &str| -> Vec<Value> {
        let list = server.get(&format!("/package/list?{PROJECT}{query}")).await.ok();
        list["items"].as_array().expect("a list").iter().map(|item| item["name"].clone()).collect()
    };
    assert_eq!(names("").await, ["zebra", "ant", "mouse"]);
    assert_eq!(names("&order=name&limit=2").await, ["ant", "mouse"]);
    assert_eq!(names("&order=name&limit=2&offset=2").await, ["zebra"]);
    assert_eq!(names("&limit=2&offset=4").await, [""; 0]);
    let list = server.get(&format!("/package/list?{PROJECT}&with_latest_build=true&limit=1")).await.ok();
    let builds = &list["items"][0]["builds"];
    assert_eq!((&builds["latest"]["state"], &builds["latest_succeeded"]), (&json!("succeeded"), &Value::Null));
    let by_package = server.get(&format!("/build/list?{PROJECT}&packagename=ant")).await.ok();
    assert_eq!(by_package["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_monitor_shows_the_newest_build_of_each_chroot() {
    let server = Server::start().await;
    server.project("p").await;
    let both = server.build("p", json!({"chroots": [FEDORA, FEDORA_32]})).await;
    finish(&server, both, "hello", &[(FEDORA, State::Succeeded), (FEDORA_32, State::Failed)]).await;
    let newer = server.build("p", json!({"chroots": [FEDORA]})).await;
    finish(&server, newer, "hello", &[(FEDORA, State::Running)]).await;
    let other = server.build("p", json!({"chroots": [FEDORA], "project_dirname": "p:custom:x"})).await;
    finish(&server, other, "other", &[(FEDORA, State::Succeeded)]).await;
    let monitor = server.get(&format!("/monitor?{PROJECT}")).await.ok();
    let cell = |state: &str, status: i64, id: i64| json!({"state": state, "status": status, "build_id": id, "pkg_version": "2.8-1"});
    let expected = json!({
        "output": "ok", "message": "Project monitor request successful",
        "packages": [{"name": "hello", "chroots": {FEDORA: cell("running", 3, newer), FEDORA_32: cell("failed", 0, both)}}]
    });
    assert_eq!(monitor, expected);
    let dir = server.get(&format!("/monitor?{PROJECT}&project_dirname=p:custom:x")).await.ok();
    assert_eq!(dir["packages"][0]["name"], "other");
    let fields =
        "additional_fields[]=url_build_log&additional_fields[]=url_backend_log&additional_fields%5B%5D=url_build";
    let with_logs = server.get(&format!("/monitor?{PROJECT}&{fields}")).await.ok();
    let chroots = &with_logs["packages"][0]["chroots"];
    let base = format!("{}/results/alice/p", server.url);
    assert_eq!(chroots[FEDORA]["url_build_log"], json!(format!("{base}/{FEDORA}/{newer:08}-hello/builder-live.log")));
    assert_eq!(
        chroots[FEDORA_32]["url_build_log"],
        json!(format!("{base}/{FEDORA_32}/{both:08}-hello/builder-live.log.gz"))
    );
    assert!(chroots[FEDORA].get("url_backend_log").is_some() && chroots[FEDORA].get("url_build").is_none());
    let wrong = server.get(&format!("/monitor?{PROJECT}&additional_fields[]=zz&additional_fields[]=aa")).await;
    assert_eq!(wrong.refusal(), (400, "Wrong additional_fields argument(s): aa, zz"));
    let missing = server.get(&format!("/monitor?{PROJECT}&project_dirname=p:custom:nope")).await;
    assert_eq!(missing.refusal(), (404, "Dirname 'p:custom:nope' doesn't exist in 'alice/p' copr"));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_14_a_build_stands_where_its_chroots_stand() {
    use State::{Canceled, Failed, Forked, Publishing, Running, Skipped, Starting, Succeeded, Waiting};
    let server = Server::start().await;
    server.project("p").await;
    for (first, second, state) in [
        (Succeeded, Running, "running"),
        (Succeeded, Publishing, "running"),
        (Starting, Failed, "starting"),
        (Succeeded, Failed, "failed"),
        (Skipped, Forked, "skipped"),
        (Waiting, Waiting, "pending"),
        (Canceled, Canceled, "unknown"),
    ] {
        let id = server.build("p", json!({"chroots": [FEDORA, FEDORA_32]})).await;
        finish(&server, id, "hello", &[(FEDORA, first), (FEDORA_32, second)]).await;
        let build = server.get(&format!("/build/{id}")).await.ok();
        assert_eq!((&build["state"], &build["started_on"]), (&json!(state), &json!(10)), "{first} {second}");
        let chroot = server.get(&format!("/build-chroot/{id}/{FEDORA_32}")).await.ok();
        assert_eq!(chroot["state"], second.on_the_wire());
        let results = format!("{}/results/alice/p/{FEDORA_32}/{id:08}-hello/", server.url);
        assert_eq!(chroot["result_url"], results);
    }
}
