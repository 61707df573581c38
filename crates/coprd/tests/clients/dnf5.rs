//! The `copr` plugin of dnf 5, which is not at hand: its requests, and all that it reads from the answers.

use crate::stage::{OWN, Stage};
use copr_testkit::http::Client;
use serde_json::{Value, json};

/// What `dnf5 copr enable` does on a machine with this `ID` and `VERSION_ID` in its os-release.
struct Plugin<'s> {
    stage: &'s Stage,
    id: &'static str,
    version: &'static str,
}

impl Plugin<'_> {
    /// The chroots that it looks for, the best one first.
    fn candidates(&self) -> Vec<String> {
        let mut names = vec![format!("{}-{}", self.id, self.version)];
        if ["rhel", "centos", "almalinux"].contains(&self.id) {
            let major = self.version.split('.').next().unwrap_or_default();
            names.extend([format!("{}-{major}", self.id), format!("epel-{major}")]);
        }
        names.dedup();
        names
    }

    /// The `.repo` file that it writes, or why it writes none.
    fn enable(&self, owner: &str, directory: &str) -> Result<String, String> {
        let path = format!("/api_3/rpmrepo/{owner}/{directory}/{}-{}/", self.id, self.version);
        // nobody in particular asks
        let answer = Client::new(self.stage.service.address()).get(&path).expect("an answer");
        let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        if let Some(error) = answer["error"].as_str() {
            return Err(error.to_owned());
        }
        let directories = answer["directories"].as_object().expect("directories");
        if !directories.contains_key(directory) {
            let names: Vec<&str> = directories.keys().map(String::as_str).collect();
            return Err(format!("no directory {directory}, there are {}", names.join(", ")));
        }
        let (results, repos) = (answer["results_url"].as_str().expect("an address"), &answer["repos"]);
        let found = self.candidates().into_iter().find(|name| !repos[name]["arch"]["x86_64"].is_null());
        let Some(chroot) = found else {
            let names: Vec<&String> = repos.as_object().expect("chroots").keys().collect();
            return Err(format!("no chroot, there are {names:?}"));
        };
        let spec = &repos[&chroot]["arch"]["x86_64"];
        let project = directory.split(':').next().expect("a project");
        let host = self.stage.service.address().ip();
        let id = format!("copr:{host}:{}:{directory}", owner.replace('@', "group_"));
        let key = format!("{results}/{owner}/{project}/pubkey.gpg");
        let place = |arch: &str| format!("{results}/{owner}/{directory}/{chroot}-{arch}/");
        let mut text = section(&id, &place("x86_64"), Some(&key), &spec["opts"]);
        for (arch, spec) in spec["multilib"].as_object().into_iter().flatten() {
            text += &section(&format!("{id}:ml"), &place(arch), Some(&key), &spec["opts"]);
        }
        for dependency in answer["dependencies"].as_array().expect("a list") {
            let (opts, data) = (&dependency["opts"], &dependency["data"]);
            let word = |name: &str| data[name].as_str().expect("a text");
            let (place, key) = match dependency["type"].as_str() {
                Some("copr") => {
                    let base = format!("{results}/{}/{}", word("owner"), word("projectname"));
                    (format!("{base}/{chroot}-x86_64/"), Some(format!("{base}/pubkey.gpg")))
                }
                Some("external_baseurl") => {
                    let (distribution, _) = chroot.rsplit_once('-').expect("a version");
                    let address = word("pattern").replace("$chroot", &format!("{chroot}-x86_64"));
                    (address.replace("$distname", distribution), None)
                }
                other => panic!("an unknown type of dependency: {other:?}"),
            };
            text += &section(opts["id"].as_str().expect("an id"), &place, key.as_deref(), opts);
        }
        Ok(text)
    }
}

/// One repository; options may be texts or numbers, and `1`, `True` and `true` are true.
fn section(id: &str, place: &str, key: Option<&str>, opts: &Value) -> String {
    let text = |name: &str| match &opts[name] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let mut lines = format!("[{id}]\nbaseurl={place}\n");
    lines += &key.map(|key| format!("gpgkey={key}\n")).unwrap_or_default();
    for name in ["name", "cost", "priority"] {
        lines += &text(name).map(|value| format!("{name}={value}\n")).unwrap_or_default();
    }
    let hotfixes = text("module_hotfixes").is_some_and(|value| ["1", "True", "true"].contains(&value.as_str()));
    lines + if hotfixes { "module_hotfixes=1\n" } else { "" }
}

#[test]
fn dnf_5_finds_all_that_it_needs() {
    let stage = Stage::idle();
    let alice = stage.client("alice");
    let made = |path: &str, form: Value| alice.post_json(path, &form).and_then(|a| a.json()).expect("it is made");
    let chroots = json!([OWN, "fedora-42-x86_64", "fedora-42-i386", "epel-9-x86_64"]);
    made("/api_3/project/add/@devs", json!({ "name": "tools", "chroots": chroots }));
    let dependencies = json!(["copr://@devs/tools", "http://rt.example/$distname/$chroot/"]);
    let more = json!({
        "name": "foo", "chroots": chroots, "runtime_dependencies": dependencies, "multilib": true, "module_hotfixes": true,
        "repo_priority": 7,
    });
    made("/api_3/project/add/alice", more);
    let build = json!({
        "ownername": "alice", "projectname": "foo", "project_dirname": "foo:custom:x", "pkgs": "http://x.example/a.spec",
    });
    made("/api_3/build/create/url", build);

    let results = format!("{}/results", stage.url());
    let fedora = Plugin { stage: &stage, id: "fedora", version: "42" };
    let expected = format!(
        "[copr:127.0.0.1:alice:foo]\nbaseurl={results}/alice/foo/fedora-42-x86_64/\ngpgkey={results}/alice/foo/pubkey.gpg\n\
         priority=7\nmodule_hotfixes=1\n\
         [copr:127.0.0.1:alice:foo:ml]\nbaseurl={results}/alice/foo/fedora-42-i386/\ngpgkey={results}/alice/foo/pubkey.gpg\n\
         cost=1100\npriority=7\nmodule_hotfixes=1\n\
         [coprdep:127.0.0.1:group_devs:tools]\nbaseurl={results}/@devs/tools/fedora-42-x86_64/\n\
         gpgkey={results}/@devs/tools/pubkey.gpg\n\
         name=Copr 127.0.0.1/alice/foo runtime dependency #1 - @devs/tools\n\
         [coprdep:http_rt_example_distname_chroot]\nbaseurl=http://rt.example/fedora/fedora-42-x86_64/\n\
         name=Copr 127.0.0.1/alice/foo external runtime dependency #2 - http_rt_example_distname_chroot\n"
    );
    assert_eq!(fedora.enable("alice", "foo").expect("a file"), expected);
    for (owner, directory) in [("alice", "foo:custom:x"), ("@devs", "tools")] {
        let text = fedora.enable(owner, directory).expect("a file");
        let place = format!("{results}/{owner}/{directory}/fedora-42-x86_64/");
        assert!(text.contains(&format!("\nbaseurl={place}\n")), "{text}");
    }
    // What the file names is there: metadata and key.
    for path in ["alice/foo/fedora-42-x86_64/repodata/repomd.xml", "alice/foo/pubkey.gpg", "@devs/tools/pubkey.gpg"] {
        assert_eq!(alice.get(&format!("/results/{path}")).expect("an answer").status, 200, "{path}");
    }

    // The minor version is tried first, then the major one, then what is built for all of the family.
    for (id, version) in [("rhel", "9.1"), ("centos", "9"), ("almalinux", "9.4")] {
        let text = Plugin { stage: &stage, id, version }.enable("alice", "foo").expect("a file");
        assert!(text.contains("/alice/foo/epel-9-x86_64/"), "{id} {version}: {text}");
    }
    let candidates = Plugin { stage: &stage, id: "rhel", version: "9.1" }.candidates();
    assert_eq!(candidates, ["rhel-9.1", "rhel-9", "epel-9"]);

    // What there is not.
    let refusal = |id, version, owner: &str, directory: &str| {
        Plugin { stage: &stage, id, version }.enable(owner, directory).expect_err("no file")
    };
    let others = r#"no chroot, there are ["debian-12", "epel-9", "fedora-42"]"#;
    assert_eq!(refusal("fedora", "rawhide", "alice", "foo"), others);
    let directories = "no directory foo:custom:y, there are foo, foo:custom:x";
    assert_eq!(refusal("fedora", "42", "alice", "foo:custom:y"), directories);
    assert_eq!(refusal("fedora", "42", "alice", "nope"), "alice/nope copr doesn't exist");
}
