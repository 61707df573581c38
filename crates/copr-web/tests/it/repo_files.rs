//! `.repo` files as dnf, and people, fetch them.

use crate::service::{FEDORA, Service, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn each_distribution_gets_its_own_text() {
    let service = Service::start().await;
    let chroots = [
        FEDORA,
        "fedora-rawhide-x86_64",
        "epel-9-x86_64",
        "centos-stream-9-x86_64",
        "opensuse-leap-15.6-x86_64",
        "opensuse-tumbleweed-x86_64",
        "mageia-9-x86_64",
        "mageia-cauldron-x86_64",
    ];
    service.project("alice", "hello", &chroots, |_| {}).await;
    let mut all = String::new();
    for chroot in chroots {
        let (release, arch) = chroot.rsplit_once('-').expect("an architecture");
        let path = format!("/coprs/alice/hello/repo/{release}/dnf.repo?arch={arch}");
        all.push_str(&format!("### {release}\n{}", service.page(&path).await));
    }
    insta::assert_snapshot!(all);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_is_at_every_address_that_people_use() {
    let service = Service::start().await;
    service.project("@devs", "hello", &[FEDORA], |_| {}).await;
    let first = service.page("/coprs/@devs/hello/repo/fedora-43/dnf.repo?arch=x86_64").await;
    for path in [
        "/coprs/%40devs/hello/repo/fedora-43/dnf.repo?arch=x86_64",
        "/coprs/g/devs/hello/repo/fedora-43/dnf.repo?arch=x86_64",
        "/coprs/g/devs/hello/repo/fedora-43/",
        "/coprs/g/devs/hello/repo/fedora-43",
        "/coprs/@devs/hello/repo/fedora-43/group_devs-hello-fedora-43.repo",
        "/coprs/@devs/hello/repo/fedora-43?arch=",
    ] {
        assert_eq!(service.page(path).await, first, "{path}");
    }
    let answer = service.get("/coprs/g/devs/hello/repo/fedora-43/").await;
    assert_eq!(header(&answer, "content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(header(&answer, "content-disposition"), Some("filename=group_devs-hello.repo"));
    insta::assert_snapshot!(first);
}

#[tokio::test(flavor = "multi_thread")]
async fn multilib_adds_a_twin_for_those_who_say_their_architecture() {
    let service = Service::start().await;
    service
        .project("alice", "hello", &[FEDORA, "fedora-43-i386", "epel-9-x86_64"], |input| {
            input.multilib = Some(true);
            input.module_hotfixes = Some(true);
            input.repo_priority = Some("9".to_owned());
        })
        .await;
    insta::assert_snapshot!(service.page("/coprs/alice/hello/repo/fedora-43/dnf.repo?arch=x86_64").await);
    for path in [
        "/coprs/alice/hello/repo/fedora-43/dnf.repo",
        "/coprs/alice/hello/repo/fedora-43/dnf.repo?arch=i386",
        "/coprs/alice/hello/repo/epel-9/dnf.repo?arch=x86_64",
    ] {
        assert!(!service.page(path).await.contains(":ml]"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runtime_dependencies_follow_with_those_of_their_own() {
    let service = Service::start().await;
    let depends = |list: &str| {
        let list = list.to_owned();
        move |input: &mut copr_app::project::Input| input.runtime_dependencies = Some(list)
    };
    service.project("alice", "base", &[FEDORA], depends("https://x.example/$distname/$chroot/?priority=5")).await;
    service.project("@devs", "lib", &[FEDORA], depends("copr://alice/base https://y.example/repo/")).await;
    service.project("alice", "gone", &[FEDORA], |_| {}).await;
    let list = "https://y.example/repo/ copr://@devs/lib copr://alice/gone";
    service.project("alice", "app", &[FEDORA], depends(list)).await;
    // A circle ends where it began.
    let circle = copr_app::project::Input {
        runtime_dependencies: Some("https://x.example/$distname/$chroot/?priority=5 copr://alice/app".to_owned()),
        ..Default::default()
    };
    copr_app::project::edit(&service.app, &service.alice, "alice", "base", &circle).await.expect("an edit");
    copr_app::project::delete(&service.app, &service.alice, "alice", "gone").await.expect("a deletion");
    insta::assert_snapshot!(service.page("/coprs/alice/app/repo/fedora-43/dnf.repo?arch=x86_64").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_21_a_chroot_that_is_not_there_is_answered_with_those_that_are() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA, "epel-9-x86_64"], |_| {}).await;
    for path in ["fedora-42/dnf.repo?arch=x86_64", "fedora-4/dnf.repo", "fedora-43/dnf.repo?arch=s390x"] {
        let answer = service.get(&format!("/coprs/alice/hello/repo/{path}")).await;
        assert_eq!(answer.status(), 404);
        let data = STANDARD.decode(header(&answer, "copr-error-data").expect("the header")).expect("base64");
        let data: Value = serde_json::from_slice(&data).expect("JSON");
        assert_eq!(data, json!({"available chroots": ["epel-9-x86_64", FEDORA]}), "{path}");
        assert!(answer.text().await.expect("a text").contains("hint: these exist: epel-9-x86_64, fedora-43-x86_64"));
    }
    for path in ["/coprs/alice/nothing/repo/fedora-43/dnf.repo", "/coprs/alice/hello:custom:x/repo/fedora-43/"] {
        let answer = service.get(path).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "copr-error-data")), (404, None), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dnf5_gets_the_whole_project_as_data() {
    let service = Service::start().await;
    service.project("@devs", "lib", &[FEDORA], |_| {}).await;
    service
        .project("alice", "app", &[FEDORA, "fedora-43-i386", "epel-9-x86_64"], |input| {
            input.multilib = Some(true);
            input.module_hotfixes = Some(true);
            input.repo_priority = Some("9".to_owned());
            input.runtime_dependencies = Some("http://rd/ copr://@devs/lib".to_owned());
        })
        .await;
    let build = copr_app::build::Options { project_dirname: Some("app:custom:x".to_owned()), ..Default::default() };
    let urls = ["http://x.example/hello-1-1.src.rpm".to_owned()];
    copr_app::build::by_urls(&service.app, &service.alice, "alice", "app", &urls, &build).await.expect("a build");
    let dropped = copr_app::project::Input {
        chroots: Some(vec![FEDORA.to_owned(), "fedora-43-i386".to_owned()]),
        ..Default::default()
    };
    let builds = copr_app::build::newest(&service.app, 1).await.expect("the build");
    copr_app::build::cancel(&service.app, &service.alice, builds[0].build.id).await.expect("canceled");
    copr_app::project::edit(&service.app, &service.alice, "alice", "app", &dropped).await.expect("an edit");
    let answer: Value = service.get("/api_3/rpmrepo/alice/app/fedora-43/").await.json().await.expect("JSON");
    insta::assert_json_snapshot!(answer);
    for path in ["/api_3/rpmrepo/alice/app/whatever", "/api_3/rpmrepo/alice/app:custom:nothing/x/"] {
        assert_eq!(service.get(path).await.json::<Value>().await.expect("JSON"), answer, "{path}");
    }
    let missing = service.get("/api_3/rpmrepo/alice/nothing/fedora-43/").await;
    assert_eq!(missing.status(), 404);
    let missing: Value = missing.json().await.expect("JSON");
    assert_eq!(missing, json!({"error": "alice/nothing copr doesn't exist"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn dnf5_is_told_how_long_a_pull_requests_directory_stays() {
    let service = Service::start().await;
    service.project("alice", "app", &[FEDORA], |input| input.delete_after_days = Some("3".to_owned())).await;
    for dir in ["app:pr:12", "app:custom:x"] {
        let options = copr_app::build::Options { project_dirname: Some(dir.to_owned()), ..Default::default() };
        let urls = ["http://x.example/hello-1-1.src.rpm".to_owned()];
        copr_app::build::by_urls(&service.app, &service.alice, "alice", "app", &urls, &options).await.expect("a build");
    }
    let answer: Value = service.get("/api_3/rpmrepo/alice/app:pr:12/fedora-43/").await.json().await.expect("JSON");
    let expected = json!({"app": {}, "app:custom:x": {}, "app:pr:12": {"delete_after_days": 39}});
    assert_eq!((&answer["directories"], &answer["delete_after_days"]), (&expected, &json!(3)));
}
