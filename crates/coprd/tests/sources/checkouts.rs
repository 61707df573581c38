//! git, Subversion and dist-gits.

use crate::stage::{Stage, launch, repository};
use copr_testkit::builder::{Account, Builder};
use copr_testkit::forge::{Forge, Repository, Svn, package};
use copr_testkit::run;
use sha2::Digest;

#[test]
fn packages_come_from_git_by_every_way_of_asking() {
    let stage = Stage::set(launch());
    let mut repository = repository("hello-noarch", "rpm/hello/");
    repository.git(&["tag", "v1"]).git(&["rm", "-r", "--quiet", "rpm"]).write("README", "moved").commit("Away");
    stage.forge.publish(&repository, "hello.git");
    for url in [
        stage.forge.smart("hello.git"),
        stage.forge.plain("hello.git"),
        Forge::with_password(&stage.forge.secret("hello.git")),
    ] {
        let arguments = ["--clone-url", &url, "--commit", "v1", "--subdir", "rpm/hello", "--spec", "hello-noarch.spec"];
        let build = stage.makes("buildscm", &arguments);
        assert_eq!(stage.version_of(build), "hello-noarch 1.0-1");
        let client = stage.service.client().expect("a client");
        let shown = client.get(&format!("/api_3/build/source-build-config/{build}")).expect("an answer").json();
        assert!(!shown.expect("the source").to_string().contains("lace"), "passwords are shown to nobody");
        assert!(!stage.cli().all_logs(build).contains("%3Alace"), "nor written down");
    }
    let root = stage.installs(&["hello-noarch"]);
    assert!(root.join("usr/bin/hello-noarch").exists());
}

#[test]
fn packages_come_from_git_through_submodules_and_makefiles() {
    let stage = Stage::set(launch());
    stage.forge.publish(&repository("hello-noarch", "hello/"), "inner.git");
    let mut outer = Repository::new();
    outer.git(&["submodule", "add", "--quiet", &stage.forge.smart("inner.git"), "inner"]);
    let makefile =
        "srpm:\n\trpmbuild -bs --define '_sourcedir $(dir $(spec))' --define '_srcrpmdir $(outdir)' $(spec)\n";
    outer.write(".copr/Makefile", makefile).commit("One in another");
    stage.forge.publish(&outer, "outer.git");
    let url = stage.forge.smart("outer.git");
    let spec = ["--spec", "inner/hello/hello-noarch.spec"];
    stage.makes("buildscm", &[&["--clone-url", &url, "--method", "rpkg"][..], &spec].concat());
    stage.makes("buildscm", &[&["--clone-url", &url, "--method", "make_srpm"][..], &spec].concat());
    stage.installs(&["hello-noarch"]);
}

#[test]
fn packages_come_from_subversion() {
    let (stage, svn) = (Stage::set(launch()), Svn::start().expect("svnserve"));
    svn.commit(repository("hello-noarch", "").path(), "trunk/hello", "A package");
    let url = svn.url("trunk");
    let build = stage.makes("buildscm", &["--clone-url", &url, "--type", "svn", "--subdir", "hello"]);
    assert_eq!(stage.version_of(build), "hello-noarch 1.0-1");
    stage.installs(&["hello-noarch"]);
}

#[test]
fn packages_come_from_a_dist_git_with_its_look_aside_cache() {
    let stage = Stage::set(launch());
    let script = std::fs::read(package("hello-noarch").join("hello-noarch")).expect("the script");
    let digest = hex::encode(sha2::Sha512::digest(&script));
    stage.forge.put(&format!("cache/hello-noarch/hello-noarch/sha512/{digest}/hello-noarch"), &script);
    let mut repository = Repository::new();
    let spec = std::fs::read(package("hello-noarch").join("hello-noarch.spec")).expect("the spec file");
    repository.write("hello-noarch.spec", spec).write("sources", format!("SHA512 (hello-noarch) = {digest}\n"));
    repository.commit("Import");
    repository.git(&["branch", "f44"]);
    stage.forge.publish(&repository, "rpms/hello-noarch");
    let named = ["--name", "hello-noarch", "--distgit", "own", "--namespace", "rpms"];
    let build = stage.makes("build-distgit", &[&named[..], &["--commit", "f44"]].concat());
    assert_eq!(stage.version_of(build), "hello-noarch 1.0-1");
    // Whoever names the repository by its address gets the files of its cache, too.
    stage.makes("buildscm", &["--clone-url", &stage.forge.smart("rpms/hello-noarch")]);
    stage.installs(&["hello-noarch"]);
}

#[test]
fn a_builder_without_privileges_makes_them_as_well() {
    if !run::is_root() {
        eprintln!("skipped: only root can start a builder of another user");
        return;
    }
    let stage = Stage::set_for_all_users(launch().argument("--no-builder"));
    let account = Account::Unprivileged(61_235);
    let mut builder = Builder::start(&stage.service, "b1", &stage.path("b1"), account).expect("the builder starts");
    let mut repository = repository("hello-noarch", "");
    let makefile = "srpm:\n\trpmbuild -bs --define '_sourcedir .' --define '_srcrpmdir $(outdir)' hello-noarch.spec\n";
    repository.write(".copr/Makefile", makefile).commit("One");
    stage.forge.publish(&repository, "hello.git");
    let url = stage.forge.smart("hello.git");
    for method in ["rpkg", "make_srpm"] {
        stage.makes("buildscm", &["--clone-url", &url, "--method", method]);
    }
    stage.installs(&["hello-noarch"]);
    builder.must_run().expect("it goes on");
}
