//! Web hooks from end to end: something is pushed, or called for, and what comes of it can be installed.

use crate::stage::{PROJECT, Stage, launch, program_spec, repository};
use copr_testkit::run;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// The number of the project, and the secret of its web hooks.
fn door(stage: &Stage) -> (u64, String) {
    let path = format!("/api_3/webhook/generate/{}/{PROJECT}", stage.cli().owner());
    let client = stage.service.client().expect("a client");
    let made = client.post_json(&path, &json!({})).expect("an answer").json().expect("a secret");
    (made["id"].as_u64().expect("a number"), made["webhook_secret"].as_str().expect("a secret").to_owned())
}

fn cli(stage: &Stage, arguments: &[&str]) {
    run::read(&mut stage.cli().command(arguments)).unwrap_or_else(|error| panic!("{error:#}"));
}

/// The project's builds, newest first.
fn builds(stage: &Stage) -> Vec<Value> {
    let path = format!("/api_3/build/list?ownername={}&projectname={PROJECT}", stage.cli().owner());
    let client = stage.service.client().expect("a client");
    let list = client.get(&path).expect("an answer").json().expect("a list");
    list["items"].as_array().expect("builds").clone()
}

/// The only build of the project, once it is there.
fn only_build(stage: &Stage) -> u64 {
    let begun = Instant::now();
    loop {
        let all = builds(stage);
        if let [one] = all.as_slice() {
            return one["id"].as_u64().expect("a number");
        }
        assert!(all.is_empty() && begun.elapsed() < Duration::from_secs(30), "{all:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The script that docs/webhooks.md has for people's own git servers, with the lines that they are to change.
fn post_receive(hook: &str, clone_url: &str) -> String {
    let page = include_str!("../../../../docs/webhooks.md");
    let (_, rest) = page.split_once("```sh\n#!/bin/sh\n# post-receive").expect("the script");
    let (script, _) = rest.split_once("```").expect("its end");
    let line = |script: &str, name: &str, value: &str| {
        let old = script.lines().find(|line| line.starts_with(name)).expect("a line to change");
        script.replace(old, &format!("{name}{value}"))
    };
    let script = line(script, "HOOK=", hook);
    format!("#!/bin/sh\n# post-receive{}", line(&script, "CLONE_URL=", clone_url))
}

/// Puts the script into a repository.
fn install(script: &str, bare: &Path) {
    let path = bare.join("hooks/post-receive");
    fs::write(&path, script)
        .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o755)))
        .expect("a hook");
}

#[test]
fn a_push_to_a_git_server_of_ones_own_builds_the_package_that_changed() {
    let stage = Stage::set(launch());
    let mut repository = repository("hello-noarch", "hello/");
    repository.write("other/README", "Nothing to build").commit("Another directory");
    stage.forge.publish(&repository, "both.git");
    let (id, secret) = door(&stage);
    let url = stage.forge.smart("both.git");
    let hook = format!("http://{}/webhooks/gitlab/{id}/{secret}/", stage.service.address());
    let bare = stage.forge.root().join("both.git");
    install(&post_receive(&hook, &url), &bare);
    for (name, subdir) in [("hello-noarch", "hello"), ("other", "other")] {
        let package = ["--name", name, "--clone-url", &url, "--subdir", subdir, "--commit", "main"];
        cli(&stage, &[&["add-package-scm", PROJECT][..], &package].concat());
        cli(&stage, &[&["edit-package-scm", PROJECT][..], &package, &["--webhook-rebuild", "on"]].concat());
    }
    let pushed = repository.write("hello/NEWS", "Something").commit("News");
    let to = bare.to_str().expect("a path").to_owned();
    repository.git(&["push", "--quiet", &to, "main:dev"]);
    repository.git(&["push", "--quiet", &to, "main"]);
    let build = only_build(&stage);
    stage.ends(build, "succeeded");
    assert_eq!(stage.version_of(build), "hello-noarch 1.0-1");
    let shown = &builds(&stage)[0];
    assert_eq!((&shown["submitter"], &shown["is_background"]), (&json!(null), &json!(true)));
    let client = stage.service.client().expect("a client");
    let source = client.get(&format!("/api_3/build/source-build-config/{build}")).expect("an answer").json();
    assert_eq!(source.expect("the source")["source_dict"]["committish"], json!(pushed));
    assert!(stage.installs(&["hello-noarch"]).join("usr/bin/hello-noarch").exists());
    assert!(!stage.service.log_tail().contains(&secret), "a secret is written down nowhere");
}

#[test]
fn a_script_gets_what_was_sent_byte_by_byte() {
    let stage = Stage::set(launch());
    let spec = program_spec("carried", "1.0", "Source0: carried-1.0.tar.gz");
    let text = format!(
        "#!/bin/bash\nset -ex\ntest \"$PWD\" = /workdir\nmkdir carried-1.0\ncp hook_payload carried-1.0/carried\n\
         tar czf carried-1.0.tar.gz carried-1.0\ncat >carried.spec <<'END'\n{spec}\nEND\n"
    );
    let script = stage.path("script");
    fs::write(&script, text).expect("the script can be written");
    let script = script.to_str().expect("a path");
    let chroot = &stage.distribution.chroot;
    cli(&stage, &["add-package-custom", PROJECT, "--name", "carried", "--script", script, "--script-chroot", chroot]);
    let (id, secret) = door(&stage);
    let payload: Vec<u8> = (0..=255_u8).cycle().take(70_000).collect();
    let client = stage.service.client().expect("a client");
    let path = format!("/webhooks/custom/{id}/{secret}/carried/");
    let answer = client.post(&path, "application/octet-stream", &payload).expect("an answer");
    assert_eq!(answer.status, 200);
    let build: u64 = String::from_utf8(answer.body).expect("text").trim().parse().expect("a build's number");
    stage.ends(build, "succeeded");
    let root = stage.installs(&["carried"]);
    assert!(fs::read(root.join("usr/bin/carried")).expect("the file") == payload, "something else arrived");
    assert!(!stage.service.log_tail().contains(&secret), "a secret is written down nowhere");
}
