//! The `copr` plugin of dnf 4: what it fetches, writes and says.

use crate::stage::{OWN, Stage};
use copr_testkit::root::Root;
use copr_testkit::run;
use serde_json::json;
use std::fs;

/// A root with a dnf of its own, and what its `dnf copr` says.
struct Dnf<'s> {
    stage: &'s Stage,
    root: Root,
}

impl Dnf<'_> {
    /// The output of a command that works.
    #[track_caller]
    fn copr(&self, words: &[&str]) -> String {
        let done = run::tried(&mut self.root.copr(&self.stage.service, words).expect("a command")).expect("it starts");
        assert!(done.status.success(), "{words:?}: {}", run::both(&done));
        run::both(&done)
    }

    /// What is said by a command that fails.
    #[track_caller]
    fn refusal(&self, words: &[&str]) -> String {
        let done = run::tried(&mut self.root.copr(&self.stage.service, words).expect("a command")).expect("it starts");
        assert!(!done.status.success(), "{words:?}: {}", run::both(&done));
        String::from_utf8_lossy(&done.stderr).into_owned()
    }

    /// What `dnf copr list` shows, sorted.
    fn listed(&self, words: &[&str]) -> Vec<String> {
        let out = self.copr(&[&["list"], words].concat());
        let mut lines: Vec<String> =
            out.lines().filter(|line| line.starts_with("127.0.0.1/")).map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// The file that was written for a project.
    fn file(&self, owner: &str, directory: &str) -> String {
        let path = self.root.enabled().join(format!("_copr:127.0.0.1:{owner}:{directory}.repo"));
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

#[test]
fn dnf_4_enables_lists_searches_disables_removes_and_installs() {
    let stage = Stage::building();
    let foo = stage.project("foo");
    let build = foo.submit(&stage.srpm("hello-noarch")).expect("a build");
    assert_eq!(stage.rests(build), "succeeded");
    let alice = stage.client("alice");
    let made = |owner: &str, form| {
        alice.post_json(&format!("/api_3/project/add/{owner}"), &form).and_then(|a| a.json()).expect("a project")
    };
    let chroots = json!([OWN, "fedora-42-x86_64", "fedora-42-i386"]);
    made("@devs", json!({ "name": "tools", "chroots": chroots, "description": "Tools of ours", "repo_priority": 9 }));
    let dependencies = json!(["copr://@devs/tools", "http://rt.example/$chroot/"]);
    made(
        "alice",
        json!({ "name": "needy", "chroots": chroots, "runtime_dependencies": dependencies, "multilib": true }),
    );
    let directory = json!({ "project_dirname": "foo:custom:x", "ownername": "alice", "projectname": "foo", "pkgs": "http://127.0.0.1:1/a.spec" });
    let built = alice.post_json("/api_3/build/create/url", &directory).and_then(|a| a.json()).expect("a build");
    let built = built["items"][0]["id"].as_u64().expect("a number");
    alice.post_json(&format!("/api_3/build/cancel/{built}"), &json!({})).expect("an answer");

    let root = tempfile::tempdir().expect("a directory");
    let root = Root::new(root.path(), &stage.distribution).expect("a root");
    let dnf = Dnf { stage: &stage, root };

    // What there is.
    let available = dnf.copr(&["list", "--available-by-user=alice", "--hub", "hub"]);
    assert!(available.contains("alice/foo : No description given"), "{available}");
    let group = dnf.copr(&["list", "--available-by-user=@devs", "--hub", "hub"]);
    assert!(group.contains("@devs/tools : Tools of ours"), "{group}");
    let found = dnf.copr(&["search", "tools", "--hub", "hub"]);
    assert!(found.contains("@devs/tools : Tools of ours") && !found.contains("alice/foo"), "{found}");
    let short = dnf.refusal(&["search", "x", "--hub", "hub"]);
    assert!(short.contains("Status code: 400 for "), "{short}");

    // A project, a directory, a group's project, and one with runtime dependencies.
    dnf.copr(&["enable", "hub/alice/foo", OWN]);
    let text = dnf.file("alice", "foo");
    let place = format!("{}/results/alice/foo", stage.url());
    assert!(text.starts_with("[copr:127.0.0.1:alice:foo]\nname=Copr repo for foo owned by alice\n"), "{text}");
    assert!(text.contains(&format!("\nbaseurl={place}/debian-12-$basearch/\n")), "{text}");
    assert!(text.contains(&format!("\ngpgcheck=1\ngpgkey={place}/pubkey.gpg\n")), "{text}");
    dnf.copr(&["enable", "hub/alice/foo:custom:x", OWN]);
    assert!(dnf.file("alice", "foo:custom:x").starts_with("[copr:127.0.0.1:alice:foo:custom:x]\n"));
    // The chroot is guessed: the machine says that it runs Fedora 42.
    dnf.copr(&["enable", "hub/@devs/tools"]);
    let text = dnf.file("group_devs", "tools");
    assert!(text.contains("/results/@devs/tools/fedora-$releasever-$basearch/\n"), "{text}");
    assert!(text.contains("\npriority=9\n"), "{text}");
    let needy = dnf.copr(&["enable", "hub/alice/needy"]);
    assert!(needy.contains(" 1. [coprdep:127.0.0.1:group_devs:tools]"), "{needy}");
    assert!(needy.contains(" 2. [coprdep:http_rt_example_chroot]"), "{needy}");
    let multilib = "[copr:127.0.0.1:alice:needy:ml]\nname=Copr repo for needy owned by alice (i386)\n";
    assert!(dnf.file("alice", "needy").contains(multilib), "{}", dnf.file("alice", "needy"));
    assert!(needy.contains("baseurl=http://rt.example/fedora-$releasever-$basearch/"), "{needy}");

    let all = ["alice/foo", "alice/foo:custom:x", "alice/needy", "group_devs/tools"];
    assert_eq!(dnf.listed(&[]), all.map(|name| format!("127.0.0.1/{name}")));
    dnf.root.install_from(&only(&dnf, "alice:foo.repo"), &["hello-noarch"]).expect("the package is installed");
    assert!(dnf.root.run(&["/usr/bin/hello-noarch"]).expect("it runs").contains("hello"), "what the package says");

    dnf.copr(&["disable", "hub/alice/needy"]);
    assert!(!dnf.file("alice", "needy").contains("enabled=1\n"), "{}", dnf.file("alice", "needy"));
    assert_eq!(dnf.listed(&["--disabled"]), ["127.0.0.1/alice/needy (disabled)"]);
    assert_eq!(dnf.listed(&["--enabled"]).len(), 3);
    dnf.copr(&["remove", "hub/@devs/tools"]);
    assert_eq!(dnf.listed(&["--enabled"]), ["127.0.0.1/alice/foo", "127.0.0.1/alice/foo:custom:x"]);
    let gone = dnf.refusal(&["remove", "hub/@devs/tools"]);
    assert!(gone.contains("Failed to remove copr repo"), "{gone}");

    // What there is not.
    let missing = dnf.refusal(&["enable", "hub/@devs/tools", "epel-9-x86_64"]);
    assert!(missing.contains("Repository 'epel-9-x86_64' does not exist in project '@devs/tools'."), "{missing}");
    let others = "Available repositories: 'debian-12-x86_64', 'fedora-42-i386', 'fedora-42-x86_64'";
    assert!(missing.contains(others), "{missing}");
    let nothing = dnf.refusal(&["enable", "hub/alice/nope", OWN]);
    assert!(nothing.contains("Project alice/nope does not exist."), "{nothing}");
    let nobody = dnf.refusal(&["enable", "hub/@nope/x", OWN]);
    assert!(nobody.contains("Project @nope/x does not exist."), "{nobody}");
}

#[test]
fn machines_that_enabled_a_project_go_on_when_it_is_called_otherwise() {
    let stage = Stage::building();
    let foo = stage.project("foo");
    let build = foo.submit(&stage.srpm("hello-noarch")).expect("a build");
    assert_eq!(stage.rests(build), "succeeded");
    let root = tempfile::tempdir().expect("a directory");
    let root = Root::new(root.path(), &stage.distribution).expect("a root");
    let dnf = Dnf { stage: &stage, root };
    dnf.copr(&["enable", "hub/alice/foo", OWN]);

    let alice = stage.client("alice");
    let say = |what: &str, form| alice.post_json(&format!("/api_3/project/{what}"), &form).and_then(|a| a.json());
    let renamed = say("rename/alice/foo", json!({ "name": "bar" })).expect("another name");
    assert_eq!(renamed["full_name"], "alice/bar");
    let given = say("transfer/alice/bar", json!({ "ownername": "@devs" })).expect("another owner");
    assert_eq!(given["full_name"], "@devs/bar");

    // The machine knows the old address alone, of the packages and of the key.
    assert!(dnf.file("alice", "foo").contains("/results/alice/foo/pubkey.gpg\n"));
    dnf.root.install_from(&only(&dnf, "alice:foo.repo"), &["hello-noarch"]).expect("the package is installed");
    assert!(dnf.root.run(&["/usr/bin/hello-noarch"]).expect("it runs").contains("hello"), "what the package says");

    // Who comes now by the old name is told the new one.
    dnf.copr(&["enable", "hub/alice/foo", OWN]);
    let text = dnf.file("group_devs", "bar");
    assert!(text.contains("/results/@devs/bar/debian-12-$basearch/\n"), "{text}");
}

/// A directory with just one of the enabled repositories: the others are for another distribution.
fn only(dnf: &Dnf<'_>, end: &str) -> std::path::PathBuf {
    let place = dnf.stage.home("alice").join("only");
    fs::create_dir(&place).expect("a directory");
    let name = format!("_copr:127.0.0.1:{end}");
    fs::copy(dnf.root.enabled().join(&name), place.join(&name)).expect("a copy");
    place
}
