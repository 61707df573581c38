//! The pages, as people and copr-cli reach them.

use crate::service::{FEDORA, PUBLIC, Service, header};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_service_says_how_to_begin() {
    let service = Service::start().await;
    let page = service.page("/").await;
    for text in ["Nothing has been built yet", "copr-cli build", "href=\"/api/\"", PUBLIC] {
        assert!(page.contains(text), "no {text} in {page}");
    }
    assert_eq!(service.page("/coprs/").await, page);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_that_the_401_names_tells_how_to_get_a_token() {
    let service = Service::start().await;
    let page = service.page("/api").await;
    assert!(page.contains("[copr-cli]") && page.contains(&format!("copr_url = {PUBLIC}")), "{page}");
    assert!(!page.contains("encrypted"), "https needs no word about it");
    assert_eq!(service.page("/api/").await, page);
    let plain = Service::start_with(|rules| rules.public_url = "http://copr.lan:8080".to_owned()).await;
    assert!(plain.page("/api/").await.contains("encrypted = False"));
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_have_a_page_with_their_projects() {
    let service = Service::start().await;
    assert!(service.page("/coprs/alice/").await.contains("There are no projects here yet"));
    service
        .project("alice", "hello", &[FEDORA], |input| input.description = Some("Says <b>hello</b>".to_owned()))
        .await;
    service.project("alice", "quiet", &[FEDORA], |input| input.unlisted_on_hp = Some(true)).await;
    service.project("@devs", "tools", &[FEDORA], |_| {}).await;
    let page = service.page("/coprs/alice/").await;
    for text in ["<h1>alice</h1>", "href=\"/coprs/alice/hello/\"", "Says &#60;b&#62;hello", FEDORA] {
        assert!(page.contains(text), "no {text} in {page}");
    }
    assert!(!page.contains("/coprs/alice/quiet/"), "an unlisted project is listed");
    assert!(!page.contains("tools"), "a group's project is listed with its member's");
    assert!(service.page("/coprs/g/devs/").await.contains("href=\"/coprs/g/devs/tools/\""));
    for (path, to) in [("/coprs/alice", "/coprs/alice/"), ("/coprs/g/devs", "/coprs/g/devs/")] {
        assert_eq!(header(&service.get(path).await, "location"), Some(to));
    }
    for path in ["/coprs/nobody/", "/coprs/g/nobody/"] {
        assert_eq!(service.get(path).await.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_shows_how_to_install_from_it() {
    let service = Service::start().await;
    service
        .project("alice", "hello", &[FEDORA, "epel-9-x86_64"], |input| {
            input.description = Some("Says <b>hello</b> & more".to_owned());
            input.homepage = Some("https://hello.example/".to_owned());
        })
        .await;
    let build = service.build("hello").await;
    let page = service.page("/coprs/alice/hello/").await;
    for text in [
        "dnf copr enable copr.example.org/alice/hello",
        "Says &#60;b&#62;hello&#60;/b&#62; &#38; more",
        "href=\"https://hello.example/\"",
        "href=\"/results/alice/hello/fedora-43-x86_64/\"",
        "href=\"/coprs/alice/hello/repo/fedora-43/alice-hello-fedora-43.repo?arch=x86_64\"",
        &format!("href=\"/coprs/alice/hello/build/{build}/\""),
        "pending",
    ] {
        assert!(page.contains(text), "no {text} in {page}");
    }
    // What the page links to is there.
    service.page("/results/alice/hello/fedora-43-x86_64/").await;
    service.page("/coprs/alice/hello/repo/fedora-43/alice-hello-fedora-43.repo?arch=x86_64").await;
    let slash = service.get("/coprs/alice/hello").await;
    assert_eq!((slash.status().as_u16(), header(&slash, "location")), (308, Some("/coprs/alice/hello/")));
    assert!(service.page("/").await.contains("alice/hello"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_a_port_tells_dnf_where_it_is() {
    let service = Service::start_with(|rules| rules.public_url = "http://copr.lan:8080".to_owned()).await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let page = service.page("/coprs/alice/hello/").await;
    for text in ["/etc/dnf/plugins/copr.d/copr.lan.conf", "protocol = http", "port = 8080"] {
        assert!(page.contains(text), "no {text} in {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_groups_project_and_users_with_odd_names_have_pages() {
    let service = Service::start().await;
    service.project("@devs", "hello", &[FEDORA], |_| {}).await;
    for path in ["/coprs/g/devs/hello/", "/coprs/@devs/hello/"] {
        assert!(service.page(path).await.contains("dnf copr enable copr.example.org/@devs/hello"), "{path}");
    }
    let name = "grace".parse().expect("a name");
    let (grace, _) = copr_app::account::create(&service.app, &name, "", false).await.expect("an account");
    let input = copr_app::project::Input {
        name: Some("builds".to_owned()),
        chroots: Some(vec![FEDORA.to_owned()]),
        ..Default::default()
    };
    copr_app::project::create(&service.app, &grace, "grace", &input, false).await.expect("a project");
    service.page("/coprs/grace/builds/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_found_by_its_number_and_followed_on_its_page() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let build = service.build("hello").await;
    let short = service.get(&format!("/coprs/build/{build}")).await;
    let long = format!("/coprs/alice/hello/build/{build}/");
    assert_eq!((short.status().as_u16(), header(&short, "location")), (302, Some(long.as_str())));
    assert_eq!(service.get(&format!("/coprs/build/{build}/")).await.status(), 302);
    let page = service.page(&long).await;
    for text in ["waits for a builder", &format!("data-events=\"/coprs/build/{build}/events\""), "/assets/follow.js"] {
        assert!(page.contains(text), "no {text} in {page}");
    }
    for wrong in [format!("/coprs/bob/hello/build/{build}/"), "/coprs/build/999".to_owned()] {
        assert_eq!(service.get(&wrong).await.status(), 404, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_build_says_whose_fault_it_was_and_shows_the_end_of_its_log() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let build = service.build("hello").await;
    let token = service.builder().await;
    let builder = service.app.authenticate_builder(&token).await.expect("the builder");
    let page = format!("/coprs/alice/hello/build/{build}/");
    let waiting = service.page(&page).await;
    assert!(waiting.contains("<p class=\"quiet\" data-wait=\"source\">Waits: no builder is there.</p>"), "{waiting}");
    let told: serde_json::Value =
        service.get(&format!("/api_3/build/queue/{build}")).await.json().await.expect("an answer in JSON");
    let wait = &told["items"][0];
    assert_eq!(
        (&wait["chroot"], &wait["before"], &wait["reason"]),
        (&json!(null), &json!(0), &json!("no builder is there"))
    );
    let request = copr_wire::builder::LeaseRequest {
        builder: "b1".to_owned(),
        arches: Vec::new(),
        isolation: "none".to_owned(),
        tools: Vec::new(),
        wait_seconds: 0,
        ..Default::default()
    };
    let lease = copr_app::lease::take(&service.app, &builder, &request).await.expect("an answer").expect("a lease");
    let log = b"error: <script>alert(1)</script>\n".to_vec();
    let written = copr_app::lease::log(&service.app, &builder, lease.task_id, lease.fence, 0, log).await;
    written.expect("a log").1.expect("the offset");
    let running = service.page(&page).await;
    assert!(!running.contains("Waits:"), "{running}");
    assert!(running.contains(&format!("data-follow=\"/coprs/build/{build}/log/source?offset=33\"")), "{running}");
    let failure =
        copr_types::Failure::new(copr_types::FailureClass::User, copr_types::Phase::Srpm, "`hello.spec` has no <Name>");
    let finish = copr_wire::builder::Finish {
        fence: lease.fence,
        outcome: copr_wire::builder::Outcome::Failed { failure },
        files: Vec::new(),
        timings: Default::default(),
    };
    copr_app::lease::finish(&service.app, &builder, lease.task_id, &finish).await.expect("the end");
    let ended = service.page(&page).await;
    for text in [
        "The package could not be built while making the source package.",
        "`hello.spec` has no &#60;Name&#62;",
        "error: &#60;script&#62;alert(1)&#60;/script&#62;",
        &format!("href=\"/results/alice/hello/srpm-builds/{build:08}/builder-live.log\""),
    ] {
        assert!(ended.contains(text), "no {text} in {ended}");
    }
    assert!(!ended.contains("data-follow") && !ended.contains("data-events") && !ended.contains("<script"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_answered_with_right_ones() {
    let service = Service::start().await;
    for path in ["/nothing", "/coprs/alice/nothing/", "/results/nothing", "/coprs/g/nobody/x/", "/tmp/a/b"] {
        let answer = service.get(path).await;
        assert_eq!(answer.status(), 404, "{path}");
        let policy = header(&answer, "content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let text = answer.text().await.expect("a text");
        assert!(text.contains("/coprs/build/<em>number</em>") && text.contains("href=\"/\""), "{path}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_need_nothing_from_elsewhere() {
    let service = Service::start().await;
    for (path, kind) in [("/assets/style.css", "text/css"), ("/assets/follow.js", "text/javascript")] {
        let asset = service.get(path).await;
        assert!(header(&asset, "content-type").is_some_and(|value| value.starts_with(kind)));
        assert!(!asset.text().await.expect("a text").contains("http"), "{path} points elsewhere");
    }
}
