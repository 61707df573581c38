//! Version 1: what is sent, what is made of answers, and how things go wrong.

use crate::fake::{Asked, Fake, Quick, Reply, config, says};
use copr_client::legacy::{
    BuildOptions, ChrootOptions, CoprClient, Custom, Distgit, Error, Mock, ModifyOptions, PackageOptions,
    ProjectOptions, Pypi, Rubygems, Scm, Tito, WithBuilds,
};
use copr_client::{Config, SourceType, State, Trouble, Upload};
use std::sync::Arc;

const OK: &str = r#"{"output": "ok", "message": "Done.", "ids": [5]}"#;

fn client(fake: &Fake) -> CoprClient {
    let client = CoprClient::new(config(fake.address).username("ann")).unwrap();
    client.with_clock(Arc::new(Quick::new(|| ())))
}

/// What was asked by a call that gets this answer.
async fn sent<T>(answer: &str, call: impl AsyncFnOnce(CoprClient) -> Result<T, Error>) -> (Asked, T) {
    let fake = Fake::new(vec![says(200, answer)]);
    let outcome = call(client(&fake)).await.unwrap();
    (fake.asked().remove(0), outcome)
}

async fn error_of(reply: Reply) -> Error {
    let fake = Fake::new(vec![reply]);
    client(&fake).cancel_build(5).await.unwrap_err()
}

#[tokio::test]
async fn projects_are_wrapped() {
    let list = r#"{"output": "ok", "repos": [{"name": "tools", "description": "d", "instructions": "i",
        "additional_repos": "http://h/r/", "yum_repos": {"fedora-22-x86_64": "http://be/x/"}},
        {"coprname": "other", "username": "@devs", "yum_repos": null}]}"#;
    let (asked, found) = sent(list, async |client| client.get_projects_list(Some("bob")).await).await;
    assert_eq!((asked.what.as_str(), asked.header("authorization")), ("GET /api/coprs/bob/", None));
    let [tools, other] = found.projects_list.as_slice() else { panic!("{found:?}") };
    let text = "Name: tools\n  Description: d\n  Yum repo(s):\n    fedora-22-x86_64: http://be/x/\n  \
                Additional repo: http://h/r/\n  Instructions: i";
    assert_eq!(tools.to_string(), text);
    assert_eq!((tools.username.as_str(), tools.handle.username()), ("bob", "bob"));
    assert_eq!((other.username.as_str(), other.to_string().as_str()), ("@devs", "Name: other"));
    assert_eq!((found.output(), &found.data()["repos"][0]["name"]), (Some("ok"), &"tools".into()));
}

#[tokio::test]
async fn a_project_is_made_with_a_field_for_each_chroot() {
    let options = ProjectOptions::new().description("a b").repos(["http://h/", "copr://a/b"]).enable_net(false);
    let options = options.initial_pkgs(["http://h/a.src.rpm"]).persistent(true);
    let make = async |client: CoprClient| client.create_project("@devs/tools", &["f-1-x", "f-2-x"], &options).await;
    let (asked, made) = sent(OK, make).await;
    assert_eq!(asked.what, "POST /api/coprs/@devs/new/");
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked.header("authorization"), Some("Basic bG9naW46dG9rZW4="));
    let body = "name=tools&f-1-x=y&f-2-x=y&description=a+b&repos=http%3A%2F%2Fh%2F+copr%3A%2F%2Fa%2Fb&\
                initial_pkgs=http%3A%2F%2Fh%2Fa.src.rpm&build_enable_net=&persistent=y";
    assert_eq!(asked.body, body);
    assert_eq!((made.message(), made.handle.username(), made.handle.projectname()), (Some("Done."), "@devs", "tools"));
}

#[tokio::test]
async fn settings_that_are_not_given_are_not_sent() {
    let answer = r#"{"output": "ok", "description": "x", "instructions": "", "repos": "", "chroots": ["f-1-x"]}"#;
    let change = async |client: CoprClient| client.modify_project("tools", &ModifyOptions::new()).await;
    let (asked, modified) = sent(answer, change).await;
    assert_eq!((asked.what.as_str(), asked.body.as_str()), ("POST /api/coprs/ann/tools/modify/", ""));
    assert_eq!(
        (modified.description.as_deref(), modified.chroots.as_slice()),
        (Some("x"), ["f-1-x".to_owned()].as_slice())
    );
    let options = ModifyOptions::new().chroots(["f-1-x", "f-2-x"]).auto_prune(false).instructions("");
    let (asked, _) = sent(answer, async |client| client.modify_project("tools", &options).await).await;
    assert_eq!(asked.body, "instructions=&auto_prune=&chroots=f-1-x+f-2-x");
}

#[tokio::test]
async fn a_project_is_forked_and_gets_a_secret() {
    let fork = async |client: CoprClient| client.fork_project("bob/tools", "mine", true).await;
    let (asked, forked) = sent(OK, fork).await;
    assert_eq!(asked.what, "POST /api/coprs/bob/tools/fork/");
    assert_eq!(asked.body, "name=mine&owner=ann&source=bob%2Ftools&confirm=True");
    assert_eq!((forked.handle.username(), forked.handle.projectname()), ("ann", "mine"));
    let (asked, done) = sent(OK, async |client| client.new_webhook_secret("tools").await).await;
    assert_eq!((asked.what.as_str(), asked.length), ("POST /api/coprs/ann/tools/new_webhook_secret/", 0));
    assert_eq!(done.message(), Some("Done."));
}

#[tokio::test]
async fn chroots_are_read_and_changed() {
    let found = r#"{"output": "ok", "chroot": {"buildroot_pkgs": "gcc", "repos": null, "comps_name": "c.xml",
        "copr_id": 1, "with_opts": "", "without_opts": "docs", "mock_chroot": "f-1-x"}}"#;
    let (asked, chroot) = sent(found, async |client| client.get_chroot("@devs/tools", "f-1-x").await).await;
    assert_eq!(asked.what, "GET /api/coprs/@devs/tools/chroot/get/f-1-x/");
    assert_eq!((chroot.repos.as_str(), chroot.without_opts.as_str()), ("", "docs"));
    let options = ChrootOptions::new().packages(["gcc", "make"]).delete_comps(true);
    let edit = async |client: CoprClient| client.edit_chroot("tools", "f-1-x", &options, None).await;
    let (asked, _) = sent(found, edit).await;
    assert_eq!(asked.what, "POST /api/coprs/ann/tools/chroot/edit/f-1-x/");
    assert_eq!(asked.body, "buildroot_pkgs=gcc+make&delete_comps=y");
    let comps = Upload::of_bytes("c.xml", "<comps/>");
    let options = ChrootOptions::new().repos(["http://h/"]);
    let edit = async |client: CoprClient| client.edit_chroot("tools", "f-1-x", &options, Some(&comps)).await;
    let (asked, _) = sent(found, edit).await;
    let part = "name=\"upload_comps\"; filename=\"c.xml\"\r\nContent-Type: application/text\r\n\r\n<comps/>\r\n";
    assert!(asked.body.contains(part) && asked.body.contains("name=\"repos\"\r\n\r\nhttp://h/\r\n"), "{}", asked.body);
}

#[tokio::test]
async fn a_build_configuration_is_public() {
    let answer = r#"{"output": "ok", "build_config": {"project_id": "ann-tools", "chroot": "f-1-x",
        "additional_packages": ["gcc"], "repos": [{"id": "copr_base", "name": "n", "baseurl": "http://be/"}]}}"#;
    let (asked, found) = sent(answer, async |client| client.get_build_config("ann/tools", "f-1-x").await).await;
    assert_eq!(asked.what, "GET /api/coprs/ann/tools/build-config/f-1-x/");
    assert_eq!((asked.header("authorization"), found.repos[0].baseurl.as_str()), (None, "http://be/"));
}

#[tokio::test]
async fn addresses_become_a_build_each() {
    let options = BuildOptions::new().chroots(["f-1-x"]).timeout(60).memory(2048).background(true);
    let urls = ["http://h/a.src.rpm", "http://h/b.spec"];
    let answer = r#"{"output": "ok", "ids": [5, 6]}"#;
    let build = async |client: CoprClient| client.create_new_build("tools", urls, &options).await;
    let (asked, made) = sent(answer, build).await;
    assert_eq!(asked.what, "POST /api/coprs/ann/tools/new_build/");
    let body =
        "timeout=60&memory_reqs=2048&background=y&f-1-x=y&pkgs=http%3A%2F%2Fh%2Fa.src.rpm+http%3A%2F%2Fh%2Fb.spec";
    assert_eq!(asked.body, body);
    let ids: Vec<u64> = made.builds_list.iter().map(|build| build.handle.build_id()).collect();
    assert_eq!(ids, [5, 6]);
    assert_eq!(made.builds_list[0].handle.project_handle().unwrap().projectname(), "tools");
    assert_ne!(made.builds_list[0], made.builds_list[1]);
}

#[tokio::test]
async fn a_file_is_a_part_of_a_form() {
    let options = BuildOptions::new().chroots(["f-1-x"]).enable_net(true);
    let file = Upload::of_bytes("a.src.rpm", "content");
    let build = async |client: CoprClient| client.create_new_build("tools", file, &options).await;
    let (asked, _) = sent(OK, build).await;
    assert_eq!(asked.what, "POST /api/coprs/ann/tools/new_build_upload/");
    let boundary = asked.header("content-type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
    let text = |name: &str, value: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let expected = format!(
        "{}{}--{boundary}\r\nContent-Disposition: form-data; name=\"pkgs\"; filename=\"a.src.rpm\"\r\n\
         Content-Type: application/x-rpm\r\n\r\ncontent\r\n--{boundary}--\r\n",
        text("enable_net", "y"),
        text("f-1-x", "y")
    );
    assert_eq!(asked.body, expected);
}

#[tokio::test]
async fn builds_come_from_every_kind_of_source() {
    let options = BuildOptions::new().timeout(9);
    let check = async |name: &str, body: &str, call: &dyn Fn(CoprClient) -> Made| {
        let (asked, _) = sent(OK, async |client| call(client).await).await;
        assert_eq!(asked.what, format!("POST /api/coprs/ann/t/new_build_{name}/"));
        assert_eq!(asked.body, format!("timeout=9&{body}"));
    };
    type Made = std::pin::Pin<Box<dyn Future<Output = Result<(), Error>>>>;
    macro_rules! check {
        ($method:ident, $name:literal, $source:expr, $body:literal) => {{
            let (source, options) = ($source, options.clone());
            check($name, $body, &move |client: CoprClient| -> Made {
                let (source, options) = (source.clone(), options.clone());
                Box::pin(async move { client.$method("t", &source, &options).await.map(|_| ()) })
            })
            .await;
        }};
    }
    let pypi = Pypi::new("requests").pypi_package_version("2").python_versions(["3", "2"]);
    check!(
        create_new_build_pypi,
        "pypi",
        pypi,
        "pypi_package_name=requests&pypi_package_version=2&python_versions=3&python_versions=2"
    );
    let tito = Tito::new("g").git_dir("d").git_branch("b").tito_test(true);
    check!(create_new_build_tito, "tito", tito, "git_url=g&git_directory=d&git_branch=b&tito_test=y");
    let mock = Mock::new("u").scm_type("git").scm_branch("b").spec("a.spec");
    check!(create_new_build_mock, "mock", mock, "scm_url=u&scm_type=git&scm_branch=b&spec=a.spec");
    check!(create_new_build_rubygems, "rubygems", Rubygems::new("rails"), "gem_name=rails");
    let scm = Scm::new("c").committish("main").srpm_build_method("tito");
    check!(create_new_build_scm, "scm", scm, "clone_url=c&committish=main&srpm_build_method=tito");
    let custom = Custom::new("true").script_chroot("f-1-x").script_builddeps(["a", "b"]).script_resultdir("out");
    check!(create_new_build_custom, "custom", custom, "script=true&chroot=f-1-x&builddeps=a+b&resultdir=out");
    check!(create_new_build_distgit, "distgit", Distgit::new("c").branch("f42"), "clone_url=c&branch=f42");
}

#[tokio::test]
async fn packages_are_added_edited_listed_and_built() {
    let package = r#"{"output": "ok", "message": "Done.", "ids": [5], "package": {"id": 1, "name": "p", "copr_id": 2,
        "source_type": "scm", "source_json": "{}", "webhook_rebuild": true, "enable_net": true}, "packages": []}"#;
    let options = PackageOptions::new().webhook_rebuild(false).max_builds(3);
    let add = async |client: CoprClient| client.add_package_mockscm("t", "p", Mock::new("u"), &options).await;
    let (asked, added) = sent(package, add).await;
    assert_eq!(asked.what, "POST /api/coprs/ann/t/package/add/mock_scm/");
    assert_eq!(asked.body, "package_name=p&scm_url=u&webhook_rebuild=&max_builds=3");
    assert_eq!(added.package.as_ref().unwrap().source_type, SourceType::Scm);
    let edit = async |client: CoprClient| client.edit_package_tito("@devs/t", "p", Tito::new("g"), &options).await;
    let (asked, _) = sent(package, edit).await;
    assert_eq!(asked.what, "POST /api/coprs/@devs/t/package/p/edit/git_and_tito/");
    let with = WithBuilds { all: true, latest_succeeded: true, ..WithBuilds::default() };
    let (asked, found) = sent(package, async |client| client.get_package("t", "p", with).await).await;
    assert_eq!(asked.what, "GET /api/coprs/ann/t/package/get/p/?with_all_builds=y&with_latest_succeeded_build=y");
    assert_eq!(found.package.rest["copr_id"], 2);
    let list = async |client: CoprClient| client.get_packages_list("t", WithBuilds::default()).await;
    assert_eq!(sent(package, list).await.0.what, "GET /api/coprs/ann/t/package/list/");
    let (asked, _) = sent(package, async |client| client.delete_package("t", "p").await).await;
    assert_eq!((asked.what.as_str(), asked.length), ("POST /api/coprs/ann/t/package/delete/p/", 0));
    let (asked, _) = sent(package, async |client| client.reset_package("t", "p").await).await;
    assert_eq!(asked.what, "POST /api/coprs/ann/t/package/reset/p/");
    let options = BuildOptions::new().chroots(["f-1-x"]).timeout(60);
    let (asked, made) = sent(package, async |client| client.build_package("t", "p", &options).await).await;
    assert_eq!(asked.what, "POST /api/coprs/ann/t/package/build/p/");
    assert_eq!((asked.body.as_str(), made.builds_list[0].build_id), ("timeout=60&f-1-x=y", 5));
}

#[tokio::test]
async fn modules_are_built_where_services_have_them() {
    let (asked, _) = sent(OK, async |client| client.build_module("t", "http://h/m.git").await).await;
    assert_eq!(asked.what, "POST /api/coprs/ann/t/module/build/");
    assert!(asked.body.contains("name=\"scmurl\"\r\n\r\nhttp://h/m.git\r\n"), "{}", asked.body);
    let file = Upload::of_bytes("m.yaml", "x: 1");
    let (asked, _) = sent(OK, async |client| client.build_module("t", file).await).await;
    assert!(asked.body.contains("name=\"modulemd\"; filename=\"m.yaml\"\r\n"), "{}", asked.body);
    let answer = r#"{"output": "ok", "repo": "http://be/m.repo"}"#;
    let ask = async |client: CoprClient| client.get_module_repo("t", "n", "s", "1", "x86_64").await;
    let (asked, found) = sent(answer, ask).await;
    assert_eq!((asked.what.as_str(), asked.header("authorization")), ("POST /api/module/repo/", None));
    assert_eq!(asked.body, "owner=ann&copr=t&name=n&stream=s&version=1&arch=x86_64");
    assert_eq!(found.repo.as_deref(), Some("http://be/m.repo"));
}

#[tokio::test]
async fn what_is_known_of_a_build_is_typed() {
    let answer = r#"{"output": "ok", "status": "hibernating", "project": "t", "owner": "@devs", "built_pkgs": null,
        "chroots": {"f-1-x": "failed"}, "results_by_chroot": {"f-1-x": null}, "submitted_on": 1}"#;
    let (asked, details) = sent(answer, async |client| client.get_build_details(5).await).await;
    assert_eq!(asked.what, "GET /api/coprs/build/5/");
    assert_eq!((details.status.as_str(), &details.chroots["f-1-x"]), ("hibernating", &State::Failed));
    assert!(details.built_pkgs.is_empty() && details.ended_on.is_none());
    let (asked, deleted) = sent(r#"{"status": "Build deleted"}"#, async |client| client.delete_build(5).await).await;
    assert_eq!((asked.what.as_str(), deleted.status.as_str()), ("POST /api/coprs/delete_build/5/", "Build deleted"));
    assert!(deleted.handle.project_handle().is_none());
}

#[tokio::test]
async fn credentials_can_be_tried() {
    let (asked, _) = sent(r#"{"output": "ok"}"#, async |client| client.authentication_check().await).await;
    assert_eq!((asked.what.as_str(), asked.header("content-length")), ("POST /api/auth_check/", Some("0")));
    let fake = Fake::new(vec![says(404, "<html>"), says(401, r#"{"output": "notok", "error": "Login invalid."}"#)]);
    assert!(client(&fake).authentication_check().await.is_ok(), "services from before 2017");
    assert!(matches!(client(&fake).authentication_check().await, Err(Error::Auth { status: 401, .. })));
}

#[tokio::test]
async fn errors_tell_what_they_are() {
    let told = r#"{"output": "notok", "error": "No."}"#;
    assert!(matches!(error_of(says(401, told)).await, Error::Auth { status: 401, .. }));
    assert!(matches!(error_of(says(500, told)).await, Error::Request { status: 500, .. }));
    assert_eq!(error_of(says(200, told)).await.to_string(), "No.");
    let html = "<html><title>Sign in Copr</title></html>";
    assert!(matches!(error_of(says(200, html)).await, Error::UnknownResponse { status: 200, .. }));
    let error = error_of(says(200, "{}")).await;
    assert!(error.to_string().ends_with("missing field `status`"), "{error}");
    assert!(matches!(error_of(Reply::HangsUp).await, Error::Trouble(Trouble::Connection { .. })));
    let moved = error_of(Reply::Heads(302, "location: https://elsewhere.example.org/\r\n")).await;
    assert!(matches!(moved, Error::Trouble(Trouble::Moved { .. })), "{moved:?}");
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_is_sent() {
    let fake = Fake::new(vec![]);
    let nobody = CoprClient::new(Config::new(&format!("http://{}", fake.address)).unwrap()).unwrap();
    assert!(matches!(nobody.cancel_build(5).await, Err(Error::NoCredentials)));
    assert!(matches!(nobody.get_projects_list(None).await, Err(Error::NoUsername)));
    assert!(matches!(nobody.get_project_details("tools").await, Err(Error::NoUsername)));
    let error = nobody.get_project_details("../x").await.unwrap_err();
    assert_eq!(error.to_string(), "`..` is not a name");
    assert!(fake.heard().is_empty());
}

#[tokio::test]
async fn what_reads_is_tried_again_after_trouble() {
    let details = r#"{"status": "failed", "project": "t", "owner": "ann"}"#;
    let fake = Fake::new(vec![says(500, "<html>"), Reply::HangsUp, says(200, details)]);
    assert_eq!(client(&fake).get_build_details(5).await.unwrap().status, State::Failed);
    assert_eq!(fake.heard(), ["GET /api/coprs/build/5/"; 3]);
}
