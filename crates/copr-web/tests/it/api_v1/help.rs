//! `/api`: the page that tells how to get a token, and what can be called.

use super::{get, no};
use crate::server::{Person, Server, send};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

/// A browser's cookie of somebody who is logged in.
async fn session(server: &Server, who: &Person) -> String {
    let accounts = copr_app::account::list(&server.app).await.expect("accounts");
    let account = accounts.iter().find(|account| account.name.as_str() == who.name).expect("an account");
    format!("session={}", copr_app::session::open(&server.app, account).await.expect("a session"))
}

async fn answer(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

async fn page(request: RequestBuilder) -> String {
    let response = answer(request).await;
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(
        (header("content-type").as_str(), header("cache-control").as_str()),
        ("text/html; charset=utf-8", "no-store")
    );
    response.text().await.expect("a text")
}

/// Whether somebody's token still is what it was.
async fn is_good(server: &Server, who: &Person) -> bool {
    server.app.authenticate(&who.login, &who.token).await.is_ok()
}

/// The block of a page, as it would be pasted.
fn block(page: &str) -> String {
    let from = page.find("[copr-cli]").expect("a block");
    let length = page[from..].find("</pre>").expect("its end");
    page[from..from + length].to_owned()
}

fn value<'a>(block: &'a str, key: &str) -> &'a str {
    let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    line.unwrap_or_else(|| panic!("no `{key}` in {block}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_how_to_get_a_token() {
    let server = Server::start().await;
    let shown = page(server.anywhere(Method::GET, "/api/")).await;
    for text in [
        "coprd admin --data-dir DIR user create NAME",
        "[copr-cli]",
        &format!("copr_url = {}", server.url),
        "encrypted = False",
    ] {
        assert!(shown.contains(text), "no {text} in {shown}");
    }
    assert!(!shown.contains("/api/new/") && !shown.contains("gssapi"), "{shown}");
    assert_eq!(page(server.anywhere(Method::GET, "/api")).await, shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_logged_in_makes_a_token_by_the_button_and_sees_it_once() {
    let server = Server::start().await;
    let cookie = session(&server, &server.alice).await;
    let ask = |method| server.anywhere(method, "/api/").header("cookie", &cookie);
    let shown = page(ask(Method::GET)).await;
    for text in ["logged in as alice", &server.alice.login, "is valid until", "action=\"/api/new/\"", "method=\"post\""]
    {
        assert!(shown.contains(text), "no {text} in {shown}");
    }
    assert!(!shown.contains(&server.alice.token) && !shown.contains("[copr-cli]"), "{shown}");
    let renew = server.anywhere(Method::POST, "/api/new/").header("cookie", &cookie);
    let made = page(renew.header("sec-fetch-site", "same-origin").header("origin", &server.url)).await;
    let block = block(&made);
    let lines: Vec<&str> = block.lines().map(|line| line.split(['=', ':']).next().expect("a key").trim()).collect();
    assert_eq!(lines, ["[copr-cli]", "login", "username", "token", "copr_url", "encrypted", "# expiration date"]);
    assert_eq!((value(&block, "username"), value(&block, "copr_url")), ("alice", server.url.as_str()));
    assert!(!is_good(&server, &server.alice).await, "the old token works on");
    let who = Person {
        name: "alice".to_owned(),
        login: value(&block, "login").to_owned(),
        token: value(&block, "token").to_owned(),
    };
    assert!(is_good(&server, &who).await);
    let later = page(ask(Method::GET)).await;
    assert!(later.contains(&who.login) && !later.contains(&who.token), "{later}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_for_https_needs_no_word_about_it() {
    let server = Server::start_with(|rules| rules.public_url = "https://copr.example.org".to_owned()).await;
    let cookie = session(&server, &server.alice).await;
    let made = page(server.anywhere(Method::POST, "/api/new").header("cookie", &cookie)).await;
    let block = block(&made);
    assert!(
        !block.contains("encrypted") && block.contains("copr_url = https://copr.example.org\n# expiration date: 20"),
        "{block}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_can_renew_a_token() {
    let server = Server::start().await;
    let cookie = session(&server, &server.alice).await;
    let ask = |method, headers: &[(&str, &str)]| {
        let request = server.anywhere(method, "/api/new/").header("cookie", &cookie);
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ] {
        let refused = answer(ask(Method::POST, headers)).await;
        assert_eq!(refused.status(), 403, "{headers:?}");
        assert!(refused.text().await.expect("a text").contains("Another site made this request"));
    }
    let evil = format!("https://evil.example/{}", server.url);
    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("referer", server.url.as_str())],
        &[("referer", evil.as_str())],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-dest", "image")],
        &[("sec-fetch-site", "none"), ("sec-purpose", "prefetch")],
    ] {
        let shown = page(ask(Method::GET, headers)).await;
        assert!(shown.contains("action=\"/api/new/\"") && !shown.contains("[copr-cli]"), "{headers:?}");
    }
    answer(ask(Method::HEAD, &[("sec-fetch-site", "same-origin")])).await;
    assert!(is_good(&server, &server.alice).await, "the token was renewed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_our_own_and_an_address_that_is_typed_renew_a_token() {
    let server = Server::start().await;
    let cookie = session(&server, &server.alice).await;
    let referer = format!("{}/api/", server.url);
    for (name, text) in [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none"), ("referer", referer.as_str())] {
        let request = server.anywhere(Method::GET, "/api/new/").header("cookie", &cookie).header(name, text);
        assert_eq!(value(&block(&page(request).await), "username"), "alice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_logged_in_can_make_no_token() {
    let server = Server::start().await;
    let refused = answer(server.anywhere(Method::POST, "/api/new/")).await;
    assert_eq!(refused.status(), 401);
    let text = refused.text().await.expect("a text");
    assert!(text.contains("You need to be logged in to make a token."), "{text}");
    // A token makes no session.
    let (login, token) = (&server.alice.login, Some(&server.alice.token));
    let request = server.anywhere(Method::POST, "/api/new/").basic_auth(login, token);
    assert_eq!(answer(request).await.status(), 401);
    let shown = page(server.anywhere(Method::GET, "/api/new/").header("sec-fetch-site", "same-origin")).await;
    assert!(shown.contains("user create NAME"), "{shown}");
    assert!(is_good(&server, &server.alice).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_said_to_be_one() {
    for (days, text) in [(0, "is valid until"), (-1, "was valid until")] {
        let server = Server::start_with(|rules| rules.token_days = days).await;
        let cookie = session(&server, &server.alice).await;
        let shown = page(server.anywhere(Method::GET, "/api/").header("cookie", &cookie)).await;
        assert!(shown.contains(text), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_section_of_the_oldest_documentation_is_there_with_what_it_takes() {
    let server = Server::start().await;
    let shown = page(server.anywhere(Method::GET, "/api/")).await;
    assert!(!shown.contains("<title>Sign in Copr</title>"));
    for (title, address, words) in [
        ("List someone&#39;s projects", "/api/coprs/&#60;username&#62;/", &["?username="][..]),
        ("Detail of a project", "/detail/", &["last_modified"]),
        ("Create a project", "/new/", &["initial_pkgs", "instructions"]),
        ("Delete a project", "/delete/", &["verify"]),
        ("Monitor of a project", "/monitor/", &["pkg_name"]),
        ("Add builds by address", "/new_build/", &["pkgs", "timeout"]),
        ("Status of a build", "/api/coprs/build_status/", &["pending"]),
        ("Detail of a build", "/api/coprs/build_detail/", &["built_pkgs", "submitted_by"]),
        ("Cancel a build", "/api/coprs/cancel_build/", &["Build canceled"]),
        ("Modify a project", "/modify/", &["disable_createrepo"]),
        ("Modify the packages of a chroot", "/modify/&#60;chrootname&#62;/", &["buildroot_pkgs"]),
        ("Packages of a chroot", "/detail/&#60;chrootname&#62;/", &["scl-utils-build"]),
        ("Search for projects", "/api/coprs/search/", &["?search=", "coprname"]),
    ] {
        let from = shown.find(&format!("<h2>{title}</h2>")).unwrap_or_else(|| panic!("no section `{title}`"));
        let section = &shown[from..from + shown[from..].find("</section>").expect("its end")];
        for text in words.iter().chain([&address]) {
            assert!(section.contains(text), "no {text} in {section}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_of_the_page_is_routed() {
    let server = Server::start().await;
    let shown = page(server.anywhere(Method::GET, "/api/")).await;
    let decode = |text: &str| text.replace("&#60;", "<").replace("&#62;", ">");
    let mut found = 0;
    for line in shown.lines().map(|line| decode(&line.replace("<pre class=\"command\">", ""))) {
        let Some((method @ ("GET" | "POST"), path)) = line.split_once(' ') else { continue };
        found += 1;
        let path = ["username", "projectname", "chrootname", "package", "group", "text"]
            .iter()
            .fold(path.to_owned(), |path, word| path.replace(&format!("<{word}>"), "nobody"));
        let path = path.replace("<build_id>", "999").replace("<kind>", "scm");
        let method: Method = method.parse().expect("a method");
        let answer = send(server.anywhere(method, &path)).await;
        let error = answer.json["error"].as_str().unwrap_or_default();
        assert!(answer.status != 405 && error != "Such API endpoint doesn't exist", "{path}: {}", answer.json);
    }
    assert!(found > 30, "{found} addresses in {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_of_the_page_are_json() {
    let server = Server::start().await;
    let shown = page(server.anywhere(Method::GET, "/api/")).await;
    let mut found = 0;
    for text in shown.split("<pre class=\"command\">").skip(1) {
        let text = text.split("</pre>").next().unwrap_or_default().replace("&#34;", "\"").replace("&#38;", "&");
        if text.starts_with('{') {
            let json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(json["output"], "ok");
            found += 1;
        }
    }
    assert!(found >= 12, "{found} examples");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_page_itself_is_a_page() {
    let server = Server::start().await;
    assert_eq!(no(&get(&server, "/nothing/").await).0, 404);
    assert_eq!(no(&send(server.anywhere(Method::PUT, "/api/new/")).await).0, 405);
}
