//! Version 2: what is sent, what is made of answers, and how things go wrong.

use crate::fake::{Asked, Fake, Quick, Reply, config, says};
use copr_client::v2::{BuildOptions, BuildQuery, BuildTaskQuery, Client, Error, Project, ProjectCreate, ProjectQuery};
use copr_client::{Config, State, Trouble, Upload};
use futures::TryStreamExt;
use serde_json::{Value, json};
use std::sync::Arc;

const ROOT: &str = r#"{"_links": {"self": {"href": "/api_2/"}, "projects": {"href": "/api_2/projects"},
    "builds": {"href": "/api_2/builds"}, "build_tasks": {"href": "/api_2/build_tasks"},
    "mock_chroots": {"href": "/api_2/mock_chroots"}}}"#;
const PROJECT: &str = r#"{"project": {"id": 1, "name": "tools", "owner": "ann", "colour": "blue"},
    "_links": {"self": {"href": "/api_2/projects/1"}, "chroots": {"href": "/api_2/projects/1/chroots"}}}"#;
const BUILD: &str = r#"{"build": {"id": 7, "state": "importing", "built_packages": null},
    "_links": {"self": {"href": "/api_2/builds/7"}}}"#;

/// A server behind the root document, and its client.
async fn service(replies: Vec<Reply>) -> (Fake, Client) {
    let fake = Fake::new([says(200, ROOT)].into_iter().chain(replies).collect());
    let clock = Arc::new(Quick::new(|| ()));
    let client = Client::with_clock(config(fake.address), clock).await.unwrap();
    (fake, client)
}

fn made(path: &str) -> Reply {
    Reply::Sends(format!("HTTP/1.1 201 X\r\nlocation: {path}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"))
}

fn done() -> Reply {
    Reply::Sends("HTTP/1.1 204 X\r\nconnection: close\r\n\r\n".to_owned())
}

fn last(fake: Fake) -> Asked {
    fake.asked().pop().unwrap()
}

fn json_of(asked: &Asked) -> Value {
    serde_json::from_str(&asked.body).unwrap()
}

#[tokio::test]
async fn the_root_tells_where_everything_is() {
    let elsewhere = ROOT.replace("/api_2/builds", "/api_2/all-builds");
    let fake = Fake::new(vec![says(200, &elsewhere), says(200, BUILD)]);
    let client = Client::new(config(fake.address)).await.unwrap();
    assert_eq!(client.builds().get_one(7).await.unwrap().state, State::Importing);
    let asked = fake.asked();
    assert_eq!(asked[0].what, "GET /api_2/");
    assert_eq!(asked[1].what, "GET /api_2/all-builds/7");
    assert!(asked.iter().all(|asked| asked.header("authorization").is_none()), "reads are public");
}

#[tokio::test]
async fn a_service_may_have_a_path_of_its_own() {
    let fake = Fake::new(vec![says(200, ROOT), says(200, BUILD)]);
    let url = format!("http://{}/copr/", fake.address);
    let client = Client::from_params(&url, None).await.unwrap();
    client.builds().get_one(7).await.unwrap();
    assert_eq!(fake.heard(), ["GET /copr/api_2/", "GET /copr/api_2/builds/7"]);
}

#[tokio::test]
async fn a_root_without_links_is_not_understood() {
    let fake = Fake::new(vec![says(200, r#"{"_links": {"projects": {"href": "/p"}}}"#)]);
    let error = Client::new(config(fake.address)).await.unwrap_err();
    assert!(error.to_string().ends_with("can't be understood: missing link `builds`"), "{error}");
    let fake = Fake::new(vec![says(200, "<html>Welcome</html>")]);
    let error = Client::new(config(fake.address)).await.unwrap_err();
    assert!(matches!(error, Error::NotJson { status: 200, .. }), "{error:?}");
}

#[tokio::test]
async fn what_was_made_is_read_where_the_service_says() {
    let project = ProjectCreate::new("tools", "@devs", ["fedora-42-x86_64"]).disable_createrepo(true);
    let (fake, client) = service(vec![made("/api_2/projects/1"), says(200, PROJECT)]).await;
    assert_eq!(client.projects().create(&project).await.unwrap().rest["colour"], "blue");
    let asked = fake.asked();
    let expected = json!({
        "name": "tools", "owner": "@devs", "chroots": ["fedora-42-x86_64"], "disable_createrepo": true, "group": "devs",
    });
    assert_eq!((asked[1].what.as_str(), json_of(&asked[1])), ("POST /api_2/projects", expected));
    assert_eq!(asked[1].header("authorization"), Some("Basic bG9naW46dG9rZW4="));
    assert_eq!((asked[2].what.as_str(), asked[2].header("authorization")), ("GET /api_2/projects/1", None));
    let (_fake, client) = service(vec![says(201, "")]).await;
    let error = client.builds().create_from_url(1, "http://h/a.src.rpm", &BuildOptions::new()).await.unwrap_err();
    assert!(matches!(error, Error::NoLocation { .. }), "{error:?}");
}

#[tokio::test]
async fn an_address_with_a_host_is_followed_as_it_is() {
    let other = Fake::new(vec![says(200, BUILD)]);
    let (fake, client) = service(vec![made(&format!("http://{}/api_2/builds/7", other.address))]).await;
    let build = client.builds().create_from_url(1, "http://h/a.src.rpm", &BuildOptions::new()).await.unwrap();
    assert_eq!((build.id, build.built_packages.len()), (7, 0));
    assert_eq!(json_of(&last(fake)), json!({"project_id": 1, "chroots": [], "srpm_url": "http://h/a.src.rpm"}));
    assert_eq!(other.heard(), ["GET /api_2/builds/7"]);
}

#[tokio::test]
async fn an_upload_is_a_form_of_two_parts() {
    let (fake, client) = service(vec![made("/api_2/builds/7"), says(200, BUILD)]).await;
    let options = BuildOptions::new().chroots(["fedora-42-x86_64"]).enable_net(false);
    let file = Upload::of_bytes("a.src.rpm", "content");
    client.builds().create_from_file(3985, &file, &options).await.unwrap();
    let asked = fake.asked().remove(1);
    let boundary = asked.header("content-type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"metadata\"\r\nContent-Type: application/json\r\n\r\n\
         {{\"project_id\":3985,\"chroots\":[\"fedora-42-x86_64\"],\"enable_net\":false}}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"srpm\"; filename=\"a.src.rpm\"\r\n\
         Content-Type: application/x-rpm\r\n\r\ncontent\r\n--{boundary}--\r\n"
    );
    assert_eq!(asked.body, expected);
}

#[tokio::test]
async fn changes_are_sent_whole_and_say_what_came_of_them() {
    let (fake, client) = service(vec![says(200, PROJECT), done(), done()]).await;
    let mut project: Project = client.projects().get_one(1).await.unwrap();
    project.repos = vec!["copr://a/b".to_owned()];
    let result = project.update().await.unwrap();
    assert!(result.is_successful() && result.new_location().is_none() && result.status() == 204);
    assert!(client.builds().cancel(7).await.unwrap().is_successful());
    let asked = fake.asked();
    let sent = json_of(&asked[2]);
    assert_eq!(asked[2].what, "PUT /api_2/projects/1");
    assert_eq!(
        (&sent["repos"], &sent["owner"], &sent["colour"]),
        (&json!(["copr://a/b"]), &json!("ann"), &json!(null))
    );
    assert_eq!((asked[3].what.as_str(), json_of(&asked[3])), ("PUT /api_2/builds/7", json!({"state": "canceled"})));
}

fn builds(ids: impl IntoIterator<Item = u64>) -> Reply {
    let items = ids.into_iter().map(|id| json!({"build": {"id": id, "state": "failed"}, "_links": {}}));
    says(200, &json!({"builds": items.collect::<Vec<_>>(), "_links": {}}).to_string())
}

#[tokio::test]
async fn the_next_part_begins_where_this_one_ends() {
    // The service gives no more than two at once, whatever it is asked for.
    let (fake, client) = service(vec![builds([9, 8]), builds([7]), builds([]), builds([7]), builds([])]).await;
    let query = BuildQuery::new().owner("@devs").limit(105).offset(4);
    let first = client.builds().get_list(&query).await.unwrap();
    let second = first.next_page().await.unwrap().unwrap();
    assert_eq!((first[1].id, second.len()), (8, 1));
    assert!(second.next_page().await.unwrap().is_none());
    let all: Vec<u64> = first.into_stream().map_ok(|build| build.id).try_collect().await.unwrap();
    assert_eq!(all, [9, 8, 7]);
    let asked = |offset: u64| format!("GET /api_2/builds?group=devs&limit=105&offset={offset}");
    assert_eq!(fake.heard()[1..], [asked(4), asked(6), asked(7), asked(6), asked(7)]);
}

#[tokio::test]
async fn a_list_that_has_no_parts_has_no_next_one() {
    let chroots = r#"{"chroots": [], "_links": {"self": {"href": "/api_2/mock_chroots"}}}"#;
    let (fake, client) = service(vec![says(200, chroots)]).await;
    let list = client.mock_chroots().get_list(false).await.unwrap();
    assert!(list.next_page().await.unwrap().is_none());
    assert_eq!(list.links().get("self"), Some("/api_2/mock_chroots"));
    assert_eq!(fake.heard()[1], "GET /api_2/mock_chroots?active_only=False");
}

#[tokio::test]
async fn queries_say_what_is_wanted() {
    let nothing = r#"{"projects": [], "build_tasks": [], "_links": {}}"#;
    let (fake, client) = service(vec![says(200, nothing); 2]).await;
    let query = ProjectQuery::new().search_query("a b").owner("ann").name("x");
    client.projects().get_list(&query).await.unwrap();
    let query = BuildTaskQuery::new().project_id(3).state(State::Succeeded).owner("ann");
    client.build_tasks().get_list(&query).await.unwrap();
    let expected = [
        "GET /api_2/projects?search_query=a+b&owner=ann&name=x",
        "GET /api_2/build_tasks?project_id=3&owner=ann&state=succeeded",
    ];
    assert_eq!(fake.heard()[1..], expected);
}

#[tokio::test]
async fn tasks_of_old_services_have_another_name_and_no_number() {
    let old = r#"{"build_tasks": [{"tasks": {"chroot_name": "f-1-x", "state": "hibernating"},
        "_links": {"self": {"href": "/api_2/build_tasks/7/f-1-x"}}}], "_links": {}}"#;
    let one = r#"{"build_task": {"chroot_name": "f-1-x", "build_id": 7, "state": "failed"}, "_links": {}}"#;
    let (fake, client) = service(vec![says(200, old), says(200, one)]).await;
    let tasks = client.build_tasks().get_list(&BuildTaskQuery::new()).await.unwrap();
    assert_eq!((tasks[0].build_id, tasks[0].state.as_str()), (None, "hibernating"));
    assert_eq!(tasks[0].get_self().await.unwrap().build_id, Some(7));
    assert_eq!(fake.heard()[2], "GET /api_2/build_tasks/7/f-1-x");
}

#[tokio::test]
async fn nobody_changes_anything_without_a_token() {
    let fake = Fake::new(vec![says(200, ROOT)]);
    let client = Client::new(Config::new(&format!("http://{}", fake.address)).unwrap()).await.unwrap();
    assert!(matches!(client.builds().delete(7).await, Err(Error::NoCredentials)));
    assert_eq!(fake.heard(), ["GET /api_2/"]);
}

#[tokio::test]
async fn errors_tell_what_they_are() {
    let refused = r#"{"message": "No.", "data": {"name": ["Required."]}}"#;
    let statuses = [401, 403, 404, 400];
    let (_fake, client) = service(statuses.map(|status| says(status, refused)).to_vec()).await;
    assert!(matches!(client.builds().cancel(7).await, Err(Error::Auth { status: 401, .. })));
    assert!(matches!(client.builds().cancel(7).await, Err(Error::Auth { status: 403, .. })));
    assert!(matches!(client.builds().get_one(7).await, Err(Error::Request { status: 404, .. })));
    let error = client.builds().cancel(7).await.unwrap_err();
    assert_eq!((error.to_string().as_str(), error.data()), ("No.", Some(&json!({"name": ["Required."]}))));
}

#[tokio::test]
async fn trouble_passes_or_is_told() {
    let (fake, client) = service(vec![says(503, "<html>"), Reply::HangsUp, says(200, BUILD), Reply::HangsUp]).await;
    assert_eq!(client.builds().get_one(7).await.unwrap().id, 7);
    let error = client.builds().cancel(7).await.unwrap_err();
    assert!(matches!(error, Error::Trouble(Trouble::Connection { .. })), "{error:?}");
    assert_eq!(fake.heard().len(), 5);
    let (_fake, client) = service(vec![says(502, "<html>")]).await;
    assert!(matches!(client.builds().cancel(7).await, Err(Error::Server { status: 502, .. })));
    let (_fake, client) = service(vec![says(404, "<html>"), says(200, "{}")]).await;
    assert!(matches!(client.builds().get_one(7).await, Err(Error::NotJson { status: 404, .. })));
    let error = client.builds().get_one(7).await.unwrap_err();
    assert!(error.to_string().ends_with("missing field `build`"), "{error}");
}

#[tokio::test]
async fn calls_can_be_made_by_other_threads() {
    let (_fake, client) = service(vec![builds([1]), builds([])]).await;
    let spawned = tokio::spawn(async move {
        let list = client.builds().get_list(&BuildQuery::new()).await?;
        list.into_stream().try_collect::<Vec<_>>().await
    });
    assert_eq!(spawned.await.unwrap().unwrap().len(), 1);
}
