//! Pictures that tell how a package's last build stands.

use super::Hooked;
use crate::packages::finish;
use crate::server::{FEDORA, Server};
use copr_types::State;
use copr_ui::badge::Badge;
use reqwest::Method;
use serde_json::json;

/// A picture, and how long it may be kept.
async fn picture(server: &Server, path: &str) -> (Vec<u8>, Option<String>) {
    let answer = server.anywhere(Method::GET, path).send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().ok()),
        (200, Some("image/png")),
        "{path}"
    );
    let kept = answer.headers().get("cache-control").map(|value| value.to_str().expect("text").to_owned());
    (answer.bytes().await.expect("bytes").to_vec(), kept)
}

fn told(badge: Badge, kept: Option<&str>) -> (Vec<u8>, Option<String>) {
    (badge.png().to_vec(), kept.map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_follows_the_last_build_of_the_main_directory() {
    let hooked = Hooked::set(Server::start().await).await;
    let server = &hooked.server;
    let path = "/coprs/alice/p/package/hello/status_image/last_build.png";
    let short = Some("public, max-age=60");
    assert_eq!(picture(server, path).await, told(Badge::BadUrl, short));
    hooked.script("hello").await;
    assert_eq!(picture(server, path).await, told(Badge::Unknown, short));
    let aside = server.build("p", json!({"chroots": [FEDORA], "project_dirname": "p:pr:7"})).await;
    finish(server, aside, "hello", &[(FEDORA, State::Failed)]).await;
    assert_eq!(picture(server, path).await, told(Badge::Unknown, short));
    for (state, badge) in [
        (State::Succeeded, Badge::Succeeded),
        (State::Failed, Badge::Failed),
        (State::Running, Badge::InProgress),
        (State::Skipped, Badge::Succeeded),
    ] {
        let id = server.build("p", json!({"chroots": [FEDORA]})).await;
        finish(server, id, "hello", &[(FEDORA, state)]).await;
        assert_eq!(picture(server, path).await, told(badge, Some("no-cache")), "{state}");
        let kept = (badge == Badge::InProgress).then_some("no-cache");
        assert_eq!(picture(server, &format!("/coprs/build/{id}/status_image.png")).await, told(badge, kept), "{state}");
    }
    let canceled = server.build("p", json!({"chroots": [FEDORA]})).await;
    server.put(&server.alice, &format!("/build/cancel/{canceled}"), json!({})).await.ok();
    assert_eq!(picture(server, &format!("/coprs/build/{canceled}/status_image.png")).await, told(Badge::Unknown, None));
    for missing in ["/coprs/alice/none/package/hello/status_image/last_build.png", "/coprs/build/999/status_image.png"]
    {
        assert_eq!(server.anywhere(Method::GET, missing).send().await.expect("an answer").status(), 404);
    }
    let page = server.anywhere(Method::GET, "/coprs/alice/p/package/hello/").send().await.expect("an answer");
    let page = page.text().await.expect("a page");
    let (here, badge) = (format!("{}/coprs/alice/p/package/hello/", server.url), format!("{}{path}", server.url));
    for words in [
        format!("[![build status of hello]({badge})]({here})"),
        format!("&#60;a href=&#34;{here}&#34;&#62;&#60;img src=&#34;{badge}&#34;"),
    ] {
        assert!(page.contains(&words), "no {words} in {page}");
    }
}
