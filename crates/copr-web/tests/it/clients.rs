//! The unmodified copr-cli 2.6 and python-copr 2.7: what they print and how they exit.

use crate::packages::finish;
use crate::server::{EPEL, FEDORA, FEDORA_32, Person, Server};
use copr_types::State;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// copr-cli as somebody, with a home of its own.
struct Cli {
    home: TempDir,
    config: PathBuf,
    url: String,
}

/// How a program ended and what it said.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// What it printed, when it ended well.
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.out
    }
}

impl Cli {
    fn new(server: &Server, who: &Person) -> Self {
        let home = copr_testkit::temp_dir();
        let config = home.path().join("config");
        let text = format!(
            "[copr-cli]\nlogin = {}\nusername = {}\ntoken = {}\ncopr_url = {}\nencrypted = False\n",
            who.login, who.name, who.token, server.url
        );
        std::fs::write(&config, text).expect("a configuration");
        Self { home, config, url: server.url.clone() }
    }

    async fn run(&self, args: &[&str]) -> Ended {
        let config = self.config.to_str().expect("text");
        let all: Vec<&str> = ["--config", config].into_iter().chain(args.iter().copied()).collect();
        run(self.home.path(), "copr-cli", &all).await
    }

    /// Numbers in the line `Created builds: 1 2`.
    fn created(&self, out: &str) -> Vec<i64> {
        let line = out.lines().find_map(|line| line.strip_prefix("Created builds: "));
        let line = line.unwrap_or_else(|| panic!("no builds in {out}"));
        line.split(' ').map(|id| id.parse().expect("a number")).collect()
    }
}

async fn run(home: &Path, program: &str, args: &[&str]) -> Ended {
    let mut command = tokio::process::Command::from(copr_testkit::command(copr_testkit::client(program)));
    command.args(args).env("HOME", home).env("PYTHONWARNINGS", "ignore").env("no_proxy", "*").kill_on_drop(true);
    // Some want to be sure.
    let answer = home.join("answer");
    std::fs::write(&answer, "y\n").expect("an answer");
    command.stdin(std::fs::File::open(answer).expect("the answer"));
    let output = command.output().await.expect("a program that starts");
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copr_cli_makes_shows_changes_and_deletes_a_project() {
    let server = Server::start().await;
    let cli = Cli::new(&server, &server.alice);
    let empty = cli.run(&["list"]).await;
    assert_eq!((empty.code, empty.err.as_str()), (Some(0), "No copr retrieved for user: 'alice'\n"));
    let made = cli
        .run(&[
            "create",
            "foo",
            "--chroot",
            FEDORA,
            "--chroot",
            FEDORA_32,
            "--description",
            "A tool",
            "--repo",
            "http://r.example/",
        ])
        .await
        .ok();
    assert_eq!(made, format!("New project was successfully created: {}/coprs/alice/foo/\n", cli.url));
    let block = format!(
        "Name: foo\n  Description: A tool\n  Repo(s):\n    {FEDORA_32}: {0}/{FEDORA_32}/\n    {FEDORA}: {0}/{FEDORA}/\n  Additional repo: http://r.example/\n\n",
        format_args!("{}/results/alice/foo", server.url)
    );
    assert_eq!(cli.run(&["get", "foo"]).await.ok(), block);
    assert_eq!(cli.run(&["list", "alice"]).await.ok(), block);
    let again = cli.run(&["create", "foo", "--chroot", FEDORA]).await;
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("Error: name: You already have a project named 'foo'."), "{}", again.err);
    assert_eq!(
        cli.run(&["modify", "foo", "--description", "New", "--chroot", EPEL, "--repo-priority", "5"]).await.ok(),
        ""
    );
    let project = server.get("/project?ownername=alice&projectname=foo").await.ok();
    assert_eq!((&project["description"], &project["repo_priority"]), (&json!("New"), &json!(5)));
    assert_eq!(project["additional_repos"], json!(["http://r.example/"]));
    assert_eq!(
        project["chroot_repos"].as_object().map(|chroots| chroots.keys().collect::<Vec<_>>()),
        Some(vec![&EPEL.to_owned()])
    );
    assert_eq!(
        cli.run(&["regenerate-repos", "foo"]).await.ok(),
        "Submitted action to regenerate repository metadata for the 'alice/foo' project.\n"
    );
    assert_eq!(cli.run(&["delete", "foo"]).await.ok(), "Project foo has been deleted.\n");
    let gone = cli.run(&["get", "foo"]).await;
    assert_eq!(gone.code, Some(1));
    assert!(gone.err.contains("Error: Project alice/foo does not exist."), "{}", gone.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn copr_cli_works_for_groups_and_tells_refusals_by_its_exit() {
    let server = Server::start().await;
    let (alice, bob) = (Cli::new(&server, &server.alice), Cli::new(&server, &server.bob));
    let made = alice.run(&["create", "@devs/foo", "--chroot", FEDORA]).await.ok();
    assert_eq!(made, format!("New project was successfully created: {}/coprs/g/devs/foo/\n", alice.url));
    // 403 is 7, everything else that the server refuses is 1.
    let stranger = bob.run(&["delete", "@devs/foo"]).await;
    assert_eq!(stranger.code, Some(7));
    assert!(stranger.err.contains("User 'bob' doesn't have access to the copr group 'devs'"), "{}", stranger.err);
    let nobody = Person { token: "x".repeat(30), ..server.bob.clone() };
    let wrong = Cli::new(&server, &nobody).run(&["create", "bar", "--chroot", FEDORA]).await;
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.err.contains("Login invalid/expired. Please visit "), "{}", wrong.err);
    let many = bob.run(&["create", "1", "--chroot", "nope-1-x86_64"]).await;
    assert!(
        many.err.contains("- name: Project's name can not be just number.\n- chroots: 'nope-1-x86_64' is not"),
        "{}",
        many.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn copr_cli_submits_watches_cancels_and_deletes_builds() {
    let server = Server::start().await;
    server.project("foo").await;
    let cli = Cli::new(&server, &server.alice);
    let file = cli.home.path().join("hello-1-1.src.rpm");
    std::fs::write(&file, vec![9; 2_000_000]).expect("a file");
    let file = file.to_str().expect("text");
    let options = ["--nowait", "--timeout", "100", "-r", FEDORA, "--background"];
    let uploaded = cli.run(&[&["build", "foo", file][..], &options].concat()).await.ok();
    let [first] = cli.created(&uploaded)[..] else { panic!("one build in {uploaded}") };
    let text = format!("Uploading package {file}\n");
    assert!(uploaded.starts_with(&text), "{uploaded}");
    let submitted = format!("Build was added to foo:\n  {}/coprs/build/{first}\nCreated builds: {first}\n", cli.url);
    assert!(uploaded.ends_with(&submitted), "{uploaded}");
    let build = server.get(&format!("/build/{first}")).await.ok();
    assert_eq!((&build["chroots"], &build["is_background"]), (&json!([FEDORA]), &json!(true)));
    let linked = cli
        .run(&["build", "--nowait", "foo:custom:x", "http://x.example/a.spec", "http://x.example/b-1-1.src.rpm"])
        .await
        .ok();
    let others = cli.created(&linked);
    assert_eq!(others.len(), 2);
    assert_eq!(server.get(&format!("/build/{}", others[0])).await.ok()["project_dirname"], "foo:custom:x");

    assert_eq!(cli.run(&["whoami"]).await.ok(), "alice\n");
    assert_eq!(cli.run(&["status", &first.to_string()]).await.ok(), "pending\n");
    let nothing = cli.run(&["download-build", &first.to_string()]).await.err;
    assert!(nothing.contains(&format!("No data for build id: {first} and chroot: {FEDORA}.")), "{nothing}");
    let rows = cli.run(&["list-builds", "foo"]).await.ok();
    let expected = format!("{}\tNone\tpending\n{}\tNone\tpending\n{first}\tNone\tpending\n", others[1], others[0]);
    assert_eq!(rows, expected);
    assert_eq!(cli.run(&["cancel", &first.to_string()]).await.ok(), "canceled\n");
    let again = cli.run(&["cancel", &first.to_string()]).await;
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains(&format!("Error: Cannot cancel build {first}")), "{}", again.err);
    let watched = cli.run(&["watch-build", &first.to_string()]).await;
    assert_eq!(watched.code, Some(4));
    assert!(watched.out.contains(&format!(" Build {first}: canceled\n")), "{}", watched.out);
    assert!(watched.err.contains(&format!("Build error: Build(s) {first} canceled.")), "{}", watched.err);
    let running = cli.run(&["delete-build", &first.to_string(), &others[0].to_string()]).await;
    assert_eq!(running.code, Some(1));
    assert!(running.err.contains(&format!("- Build(s) {} are still running.\n", others[0])), "{}", running.err);
    let deleted = cli.run(&["delete-build", &first.to_string()]).await.ok();
    assert_eq!(deleted, format!("Build(s) {first} were deleted.\n"));
    let nothing = cli.run(&["status", &first.to_string()]).await;
    assert!(nothing.err.contains(&format!("Error: Build {first} does not exist.")), "{}", nothing.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn copr_cli_asks_for_roles_gives_them_and_renews_secrets() {
    let server = Server::start().await;
    server.project("foo").await;
    let (alice, bob) = (Cli::new(&server, &server.alice), Cli::new(&server, &server.bob));
    let none = alice.run(&["list-permissions", "foo"]).await;
    assert!(none.err.contains("No permissions set on alice/foo project"), "{none:?}");
    assert_eq!(bob.run(&["request-permissions", "--builder", "--admin", "--", "alice/foo"]).await.ok(), "success\n");
    let given = alice.run(&["edit-permissions", "foo", "--builder", "bob", "--admin", "bob=nothing"]).await.ok();
    assert_eq!(given, "success\n");
    let listed = alice.run(&["list-permissions", "foo"]).await.ok();
    assert!(listed.starts_with("bob:\n") && listed.contains("  builder: approved\n"), "{listed}");
    let stranger = bob.run(&["list-permissions", "alice/foo"]).await;
    assert_eq!(stranger.code, Some(7), "{stranger:?}");

    let secret = alice.run(&["new-webhook-secret", "foo"]).await.ok();
    assert!(secret.contains("Generated new token: "), "{secret}");
    let renewed = bob.run(&["new-api-token"]).await.ok();
    assert!(renewed.contains("New API token was updated in "), "{renewed}");
    assert_eq!(bob.run(&["whoami"]).await.ok(), "bob\n");
    let args = ["build", "--nowait", "alice/foo", "http://x.example/a-1-1.src.rpm"];
    let first = bob.created(&bob.run(&args).await.ok())[0].to_string();
    let second = bob.created(&bob.run(&[&args[..], &["--after-build-id", &first]].concat()).await.ok())[0].to_string();
    assert_eq!(bob.run(&["status", &second]).await.ok(), "pending\n");
    let none = bob.run(&[&args[..], &["--with-build-id", "99"]].concat()).await;
    assert!(none.err.contains("'with_build_id': ['Build 99 not found']"), "{none:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn copr_cli_hears_what_is_wrong_with_a_build_before_it_uploads() {
    let server = Server::start().await;
    server.project("foo").await;
    let cli = Cli::new(&server, &server.alice);
    let file = cli.home.path().join("hello-1-1.src.rpm");
    std::fs::write(&file, "x").expect("a file");
    let file = file.to_str().expect("text");
    let wrong = cli.run(&["build", "--nowait", "foo", file, "-r", EPEL]).await;
    assert_eq!(wrong.code, Some(1));
    let text =
        "Error: Bad request parameters: {'chroots': [\"'epel-9-x86_64' is not a valid choice for this field.\"]}";
    assert!(wrong.err.contains(text), "{}", wrong.err);
    let stranger = Cli::new(&server, &server.bob).run(&["build", "--nowait", "alice/foo", file]).await;
    assert_eq!(stranger.code, Some(7));
    assert!(stranger.err.contains("User 'bob' is not allowed to build in 'alice/foo'"), "{}", stranger.err);
    let missing = cli.run(&["build", "--nowait", "foo", "/nowhere/x.src.rpm"]).await;
    assert_ne!(missing.code, Some(0));
    assert_eq!(server.uploads().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn copr_cli_shows_and_edits_chroots() {
    let server = Server::start().await;
    server.project("foo").await;
    let cli = Cli::new(&server, &server.alice);
    let listed = cli.run(&["list-chroots"]).await.ok();
    assert_eq!(listed, format!("{EPEL}\n    A short comment\n{FEDORA_32}\n{FEDORA}\n"));
    let place = format!("foo/{FEDORA}");
    let comps = cli.home.path().join("comps.xml");
    std::fs::write(&comps, "<comps/>").expect("a file");
    let edited = cli
        .run(&[
            "edit-chroot",
            &place,
            "--packages",
            "gcc make",
            "--repos",
            "http://r.example/",
            "--upload-comps",
            comps.to_str().expect("text"),
            "--rpmbuild-with",
            "x",
            "--modules",
            "m:1,!n:2",
            "--isolation",
            "simple",
        ])
        .await
        .ok();
    assert_eq!(edited, "Edit chroot operation was successful.\n");
    let shown: Value = serde_json::from_str(&cli.run(&["get-chroot", &place]).await.ok()).expect("JSON");
    let expected = json!({
        "mock_chroot": FEDORA, "ownername": "alice", "projectname": "foo", "additional_packages": ["gcc", "make"],
        "additional_repos": ["http://r.example/"], "additional_modules": ["m:1", "!n:2"], "comps_name": "comps.xml",
        "delete_after_days": null, "with_opts": ["x"], "without_opts": [], "isolation": "simple"
    });
    assert_eq!(shown, expected);
    cli.run(&["edit-chroot", &place, "--delete-comps", "--reset", "additional_packages", "--reset", "isolation"])
        .await
        .ok();
    let shown: Value = serde_json::from_str(&cli.run(&["get-chroot", &place]).await.ok()).expect("JSON");
    assert_eq!((&shown["comps_name"], &shown["additional_packages"]), (&Value::Null, &json!([])));
    let wrong = cli.run(&["edit-chroot", &place, "--modules", "x"]).await;
    assert!(wrong.err.contains("Module name 'x' must consist of two parts separated with colon"), "{}", wrong.err);
    let config = cli.run(&["mock-config", "foo", FEDORA]).await.ok();
    assert!(
        config.contains(&format!("baseurl='{}/results/alice/foo/{FEDORA}/'", server.url))
            || config.contains(&format!("baseurl={}/results/alice/foo/{FEDORA}/", server.url)),
        "{config}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn copr_cli_lists_packages_and_monitors_them() {
    let server = Server::start().await;
    server.project("foo").await;
    let cli = Cli::new(&server, &server.alice);
    for command in ["list-packages", "list-package-names", "monitor"] {
        assert_eq!(cli.run(&[command, "foo"]).await.ok(), "", "{command}");
    }
    let id = server.build("foo", json!({"chroots": [FEDORA, FEDORA_32]})).await;
    finish(&server, id, "hello", &[(FEDORA, State::Succeeded), (FEDORA_32, State::Failed)]).await;
    assert_eq!(cli.run(&["list-package-names", "foo"]).await.ok(), "hello\n");
    let listed: Value =
        serde_json::from_str(&cli.run(&["list-packages", "foo", "--with-latest-build"]).await.ok()).expect("JSON");
    assert_eq!((&listed[0]["name"], &listed[0]["latest_build"]["id"]), (&json!("hello"), &json!(id)));
    let one: Value =
        serde_json::from_str(&cli.run(&["get-package", "foo", "--name", "hello", "--with-all-builds"]).await.ok())
            .expect("JSON");
    assert_eq!((&one["source_type"], &one["builds"][0]["state"]), (&json!("link"), &json!("failed")));
    let monitor: Value = serde_json::from_str(&cli.run(&["monitor", "foo"]).await.ok()).expect("JSON");
    let row = |chroot: &str, state: &str| json!({"name": "hello", "chroot": chroot, "build_id": id, "state": state, "pkg_version": "2.8-1"});
    assert_eq!(monitor, json!([row(FEDORA_32, "failed"), row(FEDORA, "succeeded")]));
    let missing = cli.run(&["get-package", "foo", "--name", "nope"]).await;
    assert_eq!(missing.code, Some(1));
    assert!(missing.err.contains("Error: No package with name nope in copr foo"), "{}", missing.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn copr_cli_builds_sources_of_every_kind_and_gives_packages_theirs() {
    let server = Server::start().await;
    server.project("foo").await;
    let cli = Cli::new(&server, &server.alice);
    let script = cli.home.path().join("script");
    std::fs::write(&script, "#!/bin/sh\nmake\n").expect("a script");
    let script = script.to_str().expect("text");
    for (kind, args) in [
        ("scm", vec!["--clone-url", "https://example.org/a.git"]),
        ("pypi", vec!["--packagename", "requests"]),
        ("rubygems", vec!["--gem", "rails"]),
        ("custom", vec!["--script", script, "--script-chroot", FEDORA]),
        ("distgit", vec!["--name", "hello"]),
    ] {
        let build = match kind {
            "scm" => "buildscm",
            "pypi" => "buildpypi",
            "rubygems" => "buildgem",
            "custom" => "buildcustom",
            _ => "build-distgit",
        };
        let made = cli.run(&[&[build, "foo", "--nowait"], &args[..]].concat()).await.ok();
        let id = cli.created(&made)[0];
        let config = server.get(&format!("/build/source-build-config/{id}")).await.ok();
        assert_eq!(config["source_type"], kind);
        let add = match kind {
            "distgit" => vec!["add-package-distgit", "foo", "--name", "distgit"],
            "scm" => [&["add-package-scm", "foo", "--name", kind], &args[..]].concat(),
            "pypi" => [&["add-package-pypi", "foo", "--name", kind], &args[..]].concat(),
            "rubygems" => [&["add-package-rubygems", "foo", "--name", kind], &args[..]].concat(),
            _ => [&["add-package-custom", "foo", "--name", kind], &args[..]].concat(),
        };
        cli.run(&add).await.ok();
        let shown: Value =
            serde_json::from_str(&cli.run(&["get-package", "foo", "--name", kind]).await.ok()).expect("JSON");
        assert_eq!(shown["source_type"], kind);
        cli.run(&["build-package", "foo", "--nowait", "--name", kind]).await.ok();
        cli.run(&["reset-package", "foo", "--name", kind]).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn python_copr_reads_every_answer() {
    let server = Server::start().await;
    let script = r#"
import sys
from copr.v3 import Client, CoprNoResultException, CoprRequestException, CoprAuthException
from copr.v3.pagination import next_page

c = Client.create_from_config_file(sys.argv[1])
assert c.base_proxy.home()["version"] == 3
assert c.base_proxy.auth_check()["name"] == "alice"
chroots = list(c.mock_chroot_proxy.get_list().keys())
for name in ["a", "b", "c"]:
    p = c.project_proxy.add("alice", name, chroots=["fedora-42-x86_64", "fedora-42-i386"], description="d", additional_repos=["http://r.example/"])
    assert p.full_name == "alice/" + name, p
assert c.project_proxy.add("alice", "a", chroots=["epel-9-x86_64"], exist_ok=True).description == "d"
page = c.project_proxy.get_list("alice", pagination={"limit": 2, "order": "name"})
names = []
while page:
    names += [p.name for p in page]
    page = next_page(page)
assert names == ["a", "b", "c"], names
assert [p.name for p in c.project_proxy.search("alice/b")] == ["b"]
try:
    c.project_proxy.get("alice", "nope")
    raise SystemExit("found what is not there")
except CoprNoResultException as e:
    assert str(e) == "Project alice/nope does not exist.", e
c.project_proxy.edit("alice", "a", description="new", additional_repos=[], delete_after_days=10)
assert c.project_proxy.get("alice", "a").additional_repos == []
c.project_proxy.regenerate_repos("alice", "a")

builds = c.build_proxy.create_from_urls("alice", "a", ["http://x.example/a-1-1.src.rpm", "http://x.example/b.spec"],
                                        buildopts={"chroots": ["fedora-42-x86_64"], "timeout": 300, "enable_net": True})
assert len(builds) == 2, builds
one = c.build_proxy.create_from_url("alice", "a", "http://x.example/c-1-1.src.rpm")
assert one.state == "pending" and one.chroots == [], one
path = sys.argv[1] + "-hello.spec"
open(path, "w").write("Name: hello\n")
done = []
up = c.build_proxy.create_from_file("alice", "a", path, buildopts={"chroots": ["fedora-*"], "progress_callback": lambda m: done.append(m)})
assert sorted(up.chroots) == ["fedora-42-i386", "fedora-42-x86_64"], up
assert c.build_proxy.check_before_build("alice", "a", buildopts={"progress_callback": None, "timeout": 5}).message.startswith("It should be safe")
assert c.build_proxy.get_source_chroot(up.id).state == "pending"
assert c.build_proxy.get_source_build_config(up.id).source_type == "upload"
assert set(c.build_proxy.get_built_packages(up.id).keys()) >= set(up.chroots)
assert [b.id for b in c.build_proxy.get_list("alice", "a", pagination={"limit": 2})] == [up.id, one.id]
assert c.build_chroot_proxy.get(up.id, "fedora-42-i386").state == "waiting"
assert len(c.build_chroot_proxy.get_list(up.id)) == 2
assert c.build_chroot_proxy.get_build_config(up.id, "fedora-42-i386").repos[0]["id"] == "copr_base"
assert c.build_chroot_proxy.get_built_packages(up.id, "fedora-42-i386").packages == []
assert c.build_proxy.cancel(up.id).state == "canceled"
try:
    c.build_proxy.delete(one.id)
    raise SystemExit("deleted what is pending")
except CoprRequestException as e:
    assert "can not delete build" in str(e), e
assert c.build_proxy.delete(up.id).id == up.id
for b in [*builds, one]:
    c.build_proxy.cancel(b.id)
assert c.build_proxy.delete_list([b.id for b in builds]).builds == [b.id for b in builds]

c.project_chroot_proxy.edit("alice", "a", "fedora-42-x86_64", additional_packages=["gcc"], bootstrap_image="fedora:42", comps=path)
chroot = c.project_chroot_proxy.get("alice", "a", "fedora-42-x86_64")
assert chroot.additional_packages == ["gcc"] and chroot.comps_name.endswith("hello.spec"), chroot
config = c.project_chroot_proxy.get_build_config("alice", "a", "fedora-42-x86_64")
assert config.bootstrap == "custom_image" and config.bootstrap_image == "fedora:42", config
assert c.package_proxy.get_list("alice", "a", with_latest_build=True) == []
assert c.monitor_proxy.monitor("alice", "a", additional_fields=["url_build_log"])["packages"] == []
try:
    c.project_proxy.add("bob", "x", chroots=["epel-9-x86_64"])
    raise SystemExit("made a project for somebody else")
except CoprAuthException as e:
    assert "without permissions" in str(e), e
assert c.project_proxy.delete("alice", "a").name == "a"
print("all read")
"#;
    let cli = Cli::new(&server, &server.alice);
    let config = cli.config.to_str().expect("text").to_owned();
    let ended = run(cli.home.path(), "python", &["-c", script, &config]).await;
    assert_eq!(ended.ok(), "all read\n");
}
