use std::path::PathBuf;

use copr_types::{FailureClass, Phase};
use copr_wire::builder::{Outcome, SourceInput};

use crate::trial::Trial;

impl Trial {
    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.scratch.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

const SPEC: &str = "Name: tiny\nVersion: 1\nRelease: 1%{?dist}\nSummary: x\nLicense: MIT\nBuildArch: noarch\n";
const REST: &str = "%description\nx\n%files\n";

#[tokio::test]
async fn an_uploaded_source_package_is_taken_as_it_is() {
    let trial = Trial::start().await;
    let srpm = trial.srpm("hello-c");
    let made = trial.upload(&srpm).await;
    let name = srpm.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(made.outcome(), &Outcome::Succeeded { srpm: name.clone() });
    assert_eq!(made.files[&name], std::fs::read(&srpm).unwrap());
    assert!(String::from_utf8_lossy(&made.files["hello-c.spec"]).contains("BuildRequires:  gcc"));
    let expected = serde_json::json!({
        "name": "hello-c", "epoch": null, "version": "1.2", "release": made.json("results.json")["release"],
        "architecture_specific_tags": {"debian-12": {}},
    });
    assert_eq!(made.json("results.json"), expected);
    trial.stop().await;
}

#[tokio::test]
async fn a_source_package_is_fetched_from_its_address_through_redirects() {
    let trial = Trial::start().await;
    let srpm = trial.srpm("excl-arch");
    trial.server.known().public = srpm.parent().map(PathBuf::from);
    let name = srpm.file_name().unwrap().to_str().unwrap();
    let made = trial.link(&trial.server.url(&format!("redirect/3/{name}"))).await;
    assert_eq!(made.packages(), [name]);
    let tags = &made.json("results.json")["architecture_specific_tags"]["debian-12"];
    assert_eq!(tags["exclusivearch"], serde_json::json!(["aarch64"]));
    trial.stop().await;
}

#[tokio::test]
async fn an_address_that_brings_nothing_says_whose_fault_it_is() {
    let trial = Trial::start().await;
    let url = |path: &str| trial.server.url(path);
    let user = FailureClass::User;
    trial.link(&url("status/404/x.src.rpm")).await.fails(user, Phase::Fetch, &["404", "x.src.rpm"]);
    trial.link(&url("redirect/40/x.src.rpm")).await.fails(user, Phase::Fetch, &["redirects"]);
    trial.link("ftp://example.org/x.src.rpm").await.fails(user, Phase::Fetch, &["only http and https"]);
    trial.link("http://169.254.169.254/x.src.rpm").await.fails(user, Phase::Fetch, &["169.254.169.254"]);
    let broken = trial.link(&url("status/503/x.src.rpm")).await;
    broken.fails(FailureClass::Infrastructure, Phase::Fetch, &["503"]);
    assert_eq!(broken.text().matches("Trying again").count(), 2, "{}", broken.text());
    let nobody = trial.link("http://no-such-host.invalid/x.src.rpm").await;
    nobody.fails(FailureClass::Infrastructure, Phase::Fetch, &["no-such-host.invalid"]);
    trial.stop().await;
}

#[tokio::test]
async fn a_spec_file_without_sources_becomes_a_source_package() {
    let trial = Trial::start().await;
    let made = trial.upload(&copr_testkit::spec("dynamic-br")).await;
    assert_eq!(made.packages(), ["dynamic-br-1.0-1.src.rpm"], "no %dist in a source package");
    trial.stop().await;
}

#[tokio::test]
async fn the_sources_of_a_spec_file_are_fetched() {
    let trial = Trial::start().await;
    trial.file("data-1.txt", "hello");
    trial.server.known().public = Some(trial.scratch.path().to_owned());
    let source = trial.server.url("files/data-%{version}.txt");
    let again = trial.server.url("files/data-1.txt?x=y#/other.txt");
    let spec = trial.file("tiny.spec", format!("{SPEC}Source0: {source}\nSource1: {again}\n{REST}"));
    let made = trial.upload(&spec).await;
    assert_eq!(made.packages(), ["tiny-1-1.src.rpm"]);
    let path = trial.file("made.src.rpm", &made.files["tiny-1-1.src.rpm"]);
    let mut files = copr_rpm::srpm::file_list(&path, &copr_rpm::srpm::Limits::default()).unwrap();
    files.sort();
    assert_eq!(files, ["data-1.txt", "other.txt", "tiny.spec"]);
    trial.stop().await;
}

#[tokio::test]
async fn a_source_that_is_nowhere_is_named() {
    let trial = Trial::start().await;
    let spec = trial.file("tiny.spec", format!("{SPEC}Source0: fix.patch\nSource1: more.tar.gz\n{REST}"));
    let made = trial.upload(&spec).await;
    made.fails(FailureClass::User, Phase::Fetch, &["`fix.patch`", "`more.tar.gz`", "hint:"]);
    let gone = trial.server.url("status/404/gone.tar.gz");
    let spec = trial.file("tiny.spec", format!("{SPEC}Source0: {gone}\n{REST}"));
    trial.upload(&spec).await.fails(FailureClass::User, Phase::Fetch, &["gone.tar.gz", "404"]);
    trial.stop().await;
}

#[tokio::test]
async fn bad_spec_files_fail_with_a_reason() {
    let trial = Trial::start().await;
    let noname = trial.upload(&copr_testkit::spec("noname")).await;
    noname.fails(FailureClass::User, Phase::Srpm, &["`noname.spec`", "Name field must be present"]);
    let evil = SPEC.replace("tiny", "../../etc/tiny");
    let evil = trial.upload(&trial.file("evil.spec", format!("{evil}{REST}"))).await;
    evil.fails(FailureClass::User, Phase::Srpm, &["/"]);
    let dots = trial.upload(&trial.file("dots.spec", format!("{SPEC}Source0: http://x/..\n{REST}"))).await;
    assert_eq!(dots.failure().class, FailureClass::User, "{}", dots.failure());
    let endless = trial.file("loop.spec", "%define x %(sleep 1000; echo 1)\nName: %x\n");
    let endless = trial.upload_within(&endless, 2).await;
    endless.fails(FailureClass::Resource, Phase::Srpm, &["seconds"]);
    trial.stop().await;
}

#[tokio::test]
async fn what_is_no_source_package_fails_with_a_reason() {
    let trial = Trial::start().await;
    let whole = std::fs::read(trial.srpm("hello-c")).unwrap();
    let user = FailureClass::User;
    let garbage = trial.upload(&trial.file("garbage.src.rpm", "this is no package".repeat(100))).await;
    garbage.fails(user, Phase::Srpm, &["not a source package", "not an RPM package"]);
    let empty = trial.upload(&trial.file("empty.src.rpm", "")).await;
    empty.fails(user, Phase::Srpm, &["not a source package"]);
    for length in [50, 200, 1500, whole.len() - 100] {
        let cut = trial.upload(&trial.file("cut.src.rpm", &whole[..length])).await;
        assert_eq!(cut.failure().class, user, "cut after {length}: {}", cut.failure());
    }
    let binary = trial.build("hello-noarch", |_| {}).await;
    let binary = trial.file("binary.src.rpm", &binary.files["hello-noarch-1.0-1.deb12.noarch.rpm"]);
    trial.upload(&binary).await.fails(user, Phase::Srpm, &["binary package"]);
    let text = trial.upload(&trial.file("readme.txt", "hello")).await;
    text.fails(user, Phase::Srpm, &["neither a source package", "nor a spec file"]);
    trial.stop().await;
}

#[tokio::test]
async fn a_kind_of_source_that_is_too_new_ends_its_task_at_once_and_for_good() {
    let trial = Trial::start().await;
    // What a server of a later time may know.
    let unknown: SourceInput = serde_json::from_str(r#"{"from": "tarball", "url": {"any": "thing"}}"#).unwrap();
    let given = trial.source(unknown).await;
    let Outcome::Unable { failure } = given.outcome() else { panic!("{:?}", given.outcome()) };
    assert_eq!((failure.class, failure.phase), (FailureClass::Infrastructure, Phase::Fetch));
    assert_eq!(failure.message, "this builder is too old for sources of the kind `tarball`");
    assert!(given.text().contains(&failure.message), "{}", given.text());
    // And it goes on.
    let made = trial.upload(&trial.srpm("hello-c")).await;
    assert!(matches!(made.outcome(), Outcome::Succeeded { .. }));
    trial.stop().await;
}
