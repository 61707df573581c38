//! What is made of answers, and what calls are made of.

use crate::fake::{Fake, Reply, client, config, says};
use copr_client::v3::{
    BuildOptions, ChrootOptions, Credentials, Custom, Error, FullName, PackageOptions, Paging, ProjectOptions, Source,
    Watch, WithBuilds,
};
use futures::TryStreamExt;

fn project() -> FullName {
    FullName::new("@devs", "hello")
}

async fn error_of(reply: Reply) -> Error {
    let fake = Fake::new(vec![reply]);
    let (client, _) = client(config(fake.address).attempts(1));
    client.builds().get(1).await.unwrap_err()
}

#[tokio::test]
async fn errors_tell_what_they_are() {
    let told = r#"{"error": "One.\nTwo."}"#;
    assert!(matches!(error_of(says(404, told)).await, Error::NoResult { .. }));
    assert!(matches!(error_of(says(401, told)).await, Error::Authentication { status: 401, .. }));
    assert!(matches!(error_of(says(403, told)).await, Error::Authentication { status: 403, .. }));
    assert!(matches!(error_of(says(200, told)).await, Error::Refused { status: 200, .. }));
    assert!(matches!(error_of(says(504, "<html>")).await, Error::Timeout { .. }));
    assert!(matches!(error_of(says(504, told)).await, Error::Timeout { .. }));
    let refused = error_of(says(400, told)).await;
    assert_eq!((refused.status(), refused.to_string().as_str()), (Some(400), "- One.\n- Two."));
    assert_eq!(refused.message().unwrap().lines(), ["One.", "Two."]);
}

#[tokio::test]
async fn what_is_no_answer_of_the_api_is_shown_as_such() {
    let error = error_of(says(200, "<html>Welcome</html>")).await;
    let Error::NotJson { status: 200, text, .. } = &error else { panic!("{error:?}") };
    assert_eq!(text, "<html>Welcome</html>");
    let error = error_of(says(200, r#"{"id": 1}"#)).await;
    assert!(error.to_string().ends_with("can't be understood: missing field `state`"), "{error}");
}

#[tokio::test]
async fn an_address_of_which_nothing_was_built_is_an_error() {
    let fake = Fake::new(vec![says(200, r#"{"items": [], "meta": {"limit": null}}"#)]);
    let outcome = fake.client().0.builds().create_from_url(&project(), "http://x/a.spec", &BuildOptions::new()).await;
    assert!(matches!(outcome, Err(Error::Unexpected { .. })), "{outcome:?}");
}

#[tokio::test]
async fn calls_can_be_made_by_other_threads() {
    let fake = Fake::new(vec![says(404, r#"{"error": "No."}"#); 3]);
    let (client, _) = fake.client();
    let spawned = tokio::spawn(async move {
        drop(client.builds().wait(&[1], &Watch::new(), |_| ()).await);
        drop(client.builds().create_from_file(&project(), &file!().into(), &BuildOptions::new()).await);
        let page = client.builds().list(&project(), None, None, &Paging::default()).await?;
        page.into_stream().try_collect::<Vec<_>>().await
    });
    assert!(matches!(spawned.await.unwrap(), Err(Error::NoResult { .. })));
}

#[tokio::test]
async fn a_service_that_has_moved_is_not_followed() {
    let error = error_of(Reply::Heads(301, "location: https://elsewhere.example.org/\r\n")).await;
    let Error::Moved { target, .. } = error else { panic!("{error:?}") };
    assert_eq!(target, "https://elsewhere.example.org/");
}

#[tokio::test]
async fn what_is_not_known_is_kept() {
    let body = r#"{"id": 1, "state": "hibernating", "ownername": "a", "projectname": "b", "colour": "blue"}"#;
    let fake = Fake::new(vec![says(200, body)]);
    let build = fake.client().0.builds().get(1).await.unwrap();
    assert_eq!(build.state.as_str(), "hibernating");
    assert_eq!(build.rest["colour"], "blue");
}

#[tokio::test]
async fn only_calls_that_need_them_carry_credentials() {
    let user = r#"{"id": 1, "name": "alice"}"#;
    let fake = Fake::new(vec![says(200, r#"{"version": 3}"#), says(200, user)]);
    let (client, _) = fake.client();
    assert_eq!(client.general().home().await.unwrap()["version"], 3);
    assert_eq!(client.general().username().await.unwrap(), "alice");
    let asked = fake.asked();
    assert_eq!(asked[0].header("authorization"), None);
    assert_eq!(asked[1].header("authorization"), Some("Basic bG9naW46dG9rZW4="));
    assert!(asked[0].header("user-agent").unwrap().starts_with("copr-client/"));
}

#[tokio::test]
async fn a_session_is_a_cookie() {
    let fake = Fake::new(vec![says(200, r#"{"id": 1, "name": "alice"}"#)]);
    let config = config(fake.address).credentials(Credentials::Session("abc".into()));
    client(config).0.general().auth_check().await.unwrap();
    let asked = fake.asked();
    assert_eq!(asked[0].header("cookie"), Some("session=abc"));
    assert_eq!(asked[0].header("authorization"), None);
}

#[tokio::test]
async fn pages_are_walked_until_one_is_empty() {
    let page = |items: &str, offset: u64| {
        let meta = format!(r#"{{"limit": 2, "offset": {offset}, "order": "name", "order_type": "DESC"}}"#);
        says(200, &format!(r#"{{"items": [{items}], "meta": {meta}}}"#))
    };
    let chroot = |name: &str| format!(r#"{{"name": "{name}", "state": "failed"}}"#);
    let first = format!("{}, {}", chroot("a"), chroot("b"));
    let fake = Fake::new(vec![page(&first, 0), page(&chroot("c"), 2), page("", 4)]);
    let (client, _) = fake.client();
    let paging = Paging::limit(2).order("name", copr_client::v3::Direction::Descending);
    let page = client.build_chroots().list(5, &paging).await.unwrap();
    assert_eq!((page.meta.limit, page.meta.offset, page.items.len()), (Some(2), Some(0), 2));
    let chroots: Vec<_> = page.into_stream().try_collect().await.unwrap();
    assert_eq!(chroots.iter().map(|chroot| chroot.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let list = "GET /api_3/build-chroot/list?build_id=5&limit=2";
    let order = "order=name&order_type=DESC";
    let expected = [format!("{list}&{order}"), format!("{list}&offset=2&{order}"), format!("{list}&offset=4&{order}")];
    assert_eq!(fake.heard(), expected);
}

#[tokio::test]
async fn a_list_without_a_limit_is_one_page() {
    let body = r#"{"items": [{"name": "a", "state": "failed"}], "meta": {"limit": null, "offset": 0}}"#;
    let fake = Fake::new(vec![says(200, body)]);
    let page = fake.client().0.build_chroots().list(5, &Paging::default()).await.unwrap();
    assert!(page.next_page().await.unwrap().is_none());
    assert_eq!(page.into_stream().try_collect::<Vec<_>>().await.unwrap().len(), 1);
    assert_eq!(fake.heard(), ["GET /api_3/build-chroot/list?build_id=5"]);
}

/// What was asked, as a line, and the body.
async fn sent(call: impl AsyncFnOnce(copr_client::v3::Client)) -> (String, String) {
    let fake = Fake::new(vec![says(200, "{}")]);
    call(fake.client().0).await;
    let asked = fake.asked().remove(0);
    (asked.what, asked.body)
}

#[tokio::test]
async fn repositories_of_an_existing_project_have_another_name() {
    let options = ProjectOptions::new().additional_repos(["copr://a/b"]).description("x").enable_net(true);
    let edit = sent(async |client| drop(client.projects().edit(&project(), &options).await)).await;
    assert_eq!(edit.0, "PUT /api_3/project/edit/@devs/hello");
    assert_eq!(edit.1, r#"{"description":"x","enable_net":true,"repos":["copr://a/b"]}"#);
    let add = sent(async |client| drop(client.projects().add(&project(), &options).await)).await;
    assert_eq!(add.0, "POST /api_3/project/add/@devs?exist_ok=False");
    assert_eq!(add.1, r#"{"name":"hello","description":"x","additional_repos":["copr://a/b"],"enable_net":true}"#);
}

#[tokio::test]
async fn scripts_of_packages_have_longer_names() {
    let source = Source::from(Custom::new("true").chroot("fedora-42-x86_64").builddeps(["git"]));
    let options = PackageOptions::new().webhook_rebuild(true);
    let (what, body) =
        sent(async |client| drop(client.packages().add(&project(), "hello", &source, &options).await)).await;
    assert_eq!(what, "POST /api_3/package/add/@devs/hello/hello/custom");
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let expected = serde_json::json!({
        "package_name": "hello", "script": "true", "script_chroot": "fedora-42-x86_64", "script_builddeps": ["git"],
        "webhook_rebuild": true,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_package_keeps_its_source_when_none_is_given() {
    let options = PackageOptions::new().max_builds(3);
    let (what, body) =
        sent(async |client| drop(client.packages().edit(&project(), "hello", None, &options).await)).await;
    assert_eq!(what, "POST /api_3/package/edit/@devs/hello/hello");
    assert_eq!(body, r#"{"max_builds":3,"package_name":"hello"}"#);
}

#[tokio::test]
async fn builds_that_are_not_wanted_are_not_mentioned() {
    let wanted = WithBuilds { latest: true, latest_succeeded: false };
    let (what, _) = sent(async |client| drop(client.packages().get(&project(), "hello", wanted).await)).await;
    assert_eq!(what, "GET /api_3/package?ownername=%40devs&projectname=hello&packagename=hello&with_latest_build=True");
}

#[tokio::test]
async fn an_image_makes_the_bootstrap_its_own() {
    let options = ChrootOptions::new().bootstrap_image("fedora:42");
    let edit = async |client: copr_client::v3::Client| {
        drop(client.project_chroots().edit(&project(), "fedora-42-x86_64", &options, None).await);
    };
    let (_, body) = sent(edit).await;
    assert!(body.contains(r#"{"bootstrap_image":"fedora:42","bootstrap":"custom_image"}"#), "{body}");
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_not_sent() {
    let fake = Fake::new(vec![]);
    let error = fake.client().0.projects().delete(&FullName::new("..", "x")).await.unwrap_err();
    assert_eq!(error.to_string(), "`..` is not a name");
    assert_eq!(fake.heard().len(), 0);
}
