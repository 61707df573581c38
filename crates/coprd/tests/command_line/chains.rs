//! `copr build --chain` and what belongs to it.

use crate::cast::{prints, said};
use crate::stage::{OWN, Stage};
use copr_testkit::root::Root;
use copr_testkit::written_srpm;
use serde_json::Value;
use std::path::Path;

/// The source package of a noarch package without sources, with more lines in the preamble and in `%install` and `%files`.
fn noarch(stage: &Stage, name: &str, preamble: &str, install: &str, files: &str) -> String {
    let text = format!(
        "Name: {name}\nVersion: 1.0\nRelease: 1%{{?dist}}\nSummary: A member of sets\nLicense: MIT\nBuildArch: noarch\n\
         {preamble}\n%description\n%{{summary}}.\n%install\nmkdir -p %{{buildroot}}\n{install}\n%files\n{files}\n"
    );
    shown(&written_srpm(name, &text, &stage.home("alice").join("srpms")))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A chain as programs see it.
fn chain(stage: &Stage, number: u64) -> Value {
    serde_json::from_str(&prints(stage, &["get-chain", &number.to_string(), "--output", "json"])).expect("JSON")
}

fn page(stage: &Stage, path: &str) -> String {
    let answer = stage.client("bob").get(path).expect("an answer");
    assert_eq!(answer.status, 200, "{path}");
    String::from_utf8(answer.body).expect("a text")
}

/// `package` and wave of each step in the one chroot.
fn waves(chain: &Value) -> Vec<(String, u64)> {
    let steps = chain["chroots"][0]["steps"].as_array().expect("steps");
    let told =
        |step: &Value| (step["package"].as_str().expect("a name").to_owned(), step["wave"].as_u64().unwrap_or(0));
    steps.iter().map(told).collect()
}

fn named(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(name, wave)| ((*name).to_owned(), *wave)).collect()
}

#[test]
fn a_set_in_the_wrong_order_is_built_in_the_right_one_and_again_where_it_is_needed() {
    let stage = Stage::building();
    let project = stage.project("foo");
    let (app, library) = (shown(&stage.srpm("greet-app")), shown(&stage.srpm("libgreet")));
    let macros = noarch(
        &stage,
        "greet-macros",
        "",
        "mkdir -p %{buildroot}%{_rpmconfigdir}/macros.d\n\
         echo '%%greeting good day' > %{buildroot}%{_rpmconfigdir}/macros.d/macros.greet",
        "%{_rpmconfigdir}/macros.d/macros.greet",
    );
    let user = noarch(
        &stage,
        "greet-text",
        "BuildRequires: (greet-macros or some-other-macros)\n",
        "mkdir -p %{buildroot}%{_datadir}\necho '%greeting' | grep 'good day' > %{buildroot}%{_datadir}/greet-text",
        "%{_datadir}/greet-text",
    );
    let plan = prints(&stage, &["build", "foo", "--chain", "--plan", &app, &library]);
    assert!(plan.contains("2  greet-app (build 1)"), "{plan}");
    assert!(
        plan.contains("after libgreet, for pkgconfig(greet): its spec file packages `/usr/lib64/pkgconfig/greet.pc`")
    );
    assert_eq!(prints(&stage, &["list-builds", "foo", "--output-format", "json"]), "", "something is left of it");

    let out = prints(&stage, &["build", "foo", "--chain", &app, &user, &library, &macros]);
    assert!(out.contains(&format!("Chain 2: {}/coprs/chain/2\n", stage.url())), "{out}");
    let found = chain(&stage, 2);
    assert_eq!(found["state"], "succeeded", "{found:#}\n{}", stage.service.log_tail());
    let expected = [("libgreet", 1), ("greet-macros", 1), ("greet-app", 2), ("greet-text", 2)];
    assert_eq!(waves(&found), named(&expected));
    let page = page(&stage, "/coprs/alice/foo/chain/2/");
    assert!(page.contains("pkgconfig(greet)") && page.contains("greet-text"), "{page}");
    let build = found["builds"][0]["id"].as_u64().expect("a number");
    let page = self::page(&stage, &format!("/coprs/alice/foo/build/{build}/"));
    assert!(page.contains("<a href=\"/coprs/chain/2\">chain 2</a>"), "{page}");

    // What depends on a package is built again from the source package of its last build.
    let plan = prints(&stage, &["rebuild-dependents", "foo", "libgreet", "--plan"]);
    assert!(plan.contains("  greet-app: needs libgreet-devel >= 2.0 of libgreet"), "{plan}");
    let out = prints(&stage, &["rebuild-dependents", "foo", "libgreet"]);
    let again = chain(&stage, 3);
    assert_eq!((again["state"].as_str(), waves(&again)), (Some("succeeded"), named(&[("greet-app", 1)])), "{out}");
    let why = again["builds"][0]["added_for"].as_str().expect("a reason");
    assert!(why.contains("of `libgreet`"), "{why}");
    let listed = prints(&stage, &["list-chains", "foo", "--output-format", "text-row"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert_eq!(said(&stage, &["rebuild-dependents", "foo", "greet-text"]).0, 1);

    let place = stage.home("alice").join("root");
    let root = Root::new(&place, &stage.distribution).expect("a root");
    root.trust(&project.repository_file().expect("a file")).expect("it is trusted");
    root.install(&["greet-app", "greet-text"]).unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(root.run(&["greet-app", "world"]).expect("it runs").trim(), "hello, world, from libgreet 2.1");
}

#[test]
fn circles_failures_and_misuse_are_told_by_name() {
    let stage = Stage::building();
    prints(&stage, &["create", "foo", "--chroot", OWN]);
    let row = |name: &str, preamble: &str, install: &str| noarch(&stage, name, preamble, install, "");
    let bad = row("bad", "", "exit 1");
    let after = row("after", "BuildRequires: bad\n", "");
    let egg = row("egg", "BuildRequires: hen\n", "");
    let hen = row("hen", "BuildRequires: egg\n", "");
    let good = row("good", "", "");
    let (status, out, err) = said(&stage, &["build", "foo", "--chain", &after, &egg, &good, &bad, &hen]);
    assert_eq!(status, 4, "{out}\n{err}");
    let found = chain(&stage, 1);
    assert_eq!(found["state"], "failed");
    let reason = |package: &str| {
        let steps = found["chroots"][0]["steps"].as_array().expect("steps");
        let step = steps.iter().find(|step| step["package"] == package).expect("a step");
        (
            step["state"].as_str().expect("a state").to_owned(),
            step["status_reason"].as_str().expect("a text").to_owned(),
        )
    };
    assert_eq!(reason("after"), ("failed".to_owned(), "not built: it needs `bad`, whose build 4 failed".to_owned()));
    assert!(reason("egg").1.contains("need each other: egg → hen → egg"), "{:?}", reason("egg"));
    assert!(reason("hen").1.contains("need each other: hen → egg → hen"));
    assert_eq!(reason("good"), ("succeeded".to_owned(), String::new()));
    let log = prints(&stage, &["get-chain", "1"]);
    assert!(log.contains("not built: it needs `bad`, whose build 4 failed"), "{log}");

    assert_eq!(said(&stage, &["build", "foo", "--plan", &good]).0, 2, "an order of what?");
    let batch = said(&stage, &["build", "foo", "--chain", "--with-build-id", "5", &good]);
    assert_eq!(batch.0, 2, "{batch:?}");
    let gone = said(&stage, &["build", "foo", "--chain", &good, "nowhere.src.rpm"]);
    assert_eq!(gone.0, 3, "{gone:?}");
    assert_eq!(chain(&stage, 2)["state"], "canceled", "the chain is not left behind");
    assert_eq!(said(&stage, &["get-chain", "99"]).0, 1);
}
