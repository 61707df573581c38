//! Sources from git, Subversion and dist-gits, from a forge on this machine.

use copr_testkit::forge::{Forge, PASSWORD, Repository, Svn, package};
use copr_types::source::{Scm, ScmType, SrpmMethod};
use copr_types::{FailureClass, Phase};
use copr_wire::builder::{Checkout, SourceInput};

use crate::trial::{Given, Trial};

/// A git repository at an address, changed as the test needs it.
pub fn git(url: &str, change: impl FnOnce(&mut Scm)) -> SourceInput {
    let mut scm = Scm {
        scm_type: ScmType::Git,
        clone_url: url.to_owned(),
        committish: None,
        subdirectory: None,
        spec: None,
        srpm_build_method: SrpmMethod::Rpkg,
    };
    change(&mut scm);
    SourceInput::Scm(Checkout { scm, lookaside_url: None })
}

/// A repository with one of the checkout's packages in a directory.
pub fn repository(name: &str, directory: &str) -> Repository {
    let mut repository = Repository::new();
    copy_package(&mut repository, name, directory);
    repository.commit(&format!("The package {name}"));
    repository
}

pub fn copy_package(repository: &mut Repository, name: &str, directory: &str) {
    for entry in std::fs::read_dir(package(name)).unwrap().flatten() {
        let path = format!("{directory}{}", entry.file_name().to_str().unwrap());
        repository.write(&path, std::fs::read(entry.path()).unwrap());
    }
}

/// Text of a spec file without sources, of this version.
pub fn tiny(version: &str) -> String {
    format!(
        "Name: tiny\nVersion: {version}\nRelease: 1%{{?dist}}\nSummary: x\nLicense: MIT\nBuildArch: noarch\n\
         %description\nx\n%files\n"
    )
}

fn made(given: &Given) -> String {
    given.packages().first().expect("a source package").clone()
}

#[tokio::test]
async fn a_git_repository_with_a_spec_file_becomes_a_source_package() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    forge.publish(&repository("hello-noarch", ""), "hello.git");
    let (_server, daemon) = forge.daemon().unwrap();
    for url in [forge.smart("hello.git"), forge.plain("hello.git"), format!("{daemon}/hello.git")] {
        let given = trial.source(git(&url, |_| {})).await;
        assert_eq!(made(&given), "hello-noarch-1.0-1.src.rpm");
        assert!(
            given.text().contains(&format!("$ git clone --no-checkout --depth 500 --no-single-branch -- {url} repo"))
        );
        let header = given.package("hello-noarch-1.0-1.src.rpm");
        assert_eq!(header.nevra.name, "hello-noarch");
    }
    trial.stop().await;
}

#[tokio::test]
async fn branches_tags_commits_and_references_are_checked_out() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let mut repository = Repository::new();
    let first = repository.write("tiny.spec", tiny("1")).commit("One");
    repository.git(&["tag", "v1"]).write("tiny.spec", tiny("2")).commit("Two");
    repository.git(&["checkout", "--quiet", "-b", "side"]).write("tiny.spec", tiny("3")).commit("Three");
    repository.git(&["update-ref", "refs/pull/7/head", "HEAD"]).git(&["checkout", "--quiet", "main"]);
    repository.git(&["branch", "--quiet", "-D", "side"]).git(&["branch", "release", "v1"]);
    forge.publish(&repository, "tiny.git");
    let url = forge.smart("tiny.git");
    for (committish, version) in [
        ("", "2"),
        ("v1", "1"),
        ("release", "1"),
        (first.as_str(), "1"),
        ("refs/pull/7/head", "3"),
        ("refs/heads/main", "2"),
    ] {
        let given = trial.source(git(&url, |scm| scm.committish = Some(committish.to_owned()))).await;
        assert_eq!(made(&given), format!("tiny-{version}-1.src.rpm"), "{committish}");
    }
    let given = trial.source(git(&url, |scm| scm.committish = Some("v9".to_owned()))).await;
    given.fails(FailureClass::User, Phase::Fetch, &["`v9` can not be checked out"]);
    let given = trial.source(git(&url, |scm| scm.committish = Some("--upload-pack=id".to_owned()))).await;
    given.fails(FailureClass::User, Phase::Fetch, &["is no branch, tag or commit"]);
    trial.stop().await;
}

#[tokio::test]
async fn subdirectories_and_spec_files_are_found_or_missed_by_name() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let mut repository = repository("hello-noarch", "packages/hello/");
    repository.write("two/a.spec", tiny("1")).write("two/rpm/b.spec", tiny("2")).write("two/c.spec", tiny("3"));
    repository.commit("More");
    forge.publish(&repository, "many.git");
    let url = forge.smart("many.git");
    let of = |directory: &'static str, spec: &'static str| {
        git(&url, |scm| (scm.subdirectory, scm.spec) = (Some(directory.to_owned()), Some(spec.to_owned())))
    };
    assert_eq!(made(&trial.source(of("/packages/hello/", "")).await), "hello-noarch-1.0-1.src.rpm");
    assert_eq!(made(&trial.source(of("two", "rpm/b.spec")).await), "tiny-2-1.src.rpm");
    let user = FailureClass::User;
    let gone = trial.source(of("gone", "")).await;
    gone.fails(user, Phase::Fetch, &["The user-defined SCM subdirectory `gone` doesn't exist"]);
    let above = trial.source(of("../..", "")).await;
    above.fails(user, Phase::Fetch, &["The user-defined SCM subdirectory `../..` doesn't exist"]);
    trial.source(of("packages", "")).await.fails(user, Phase::Srpm, &["no spec file available"]);
    trial.source(of("two", "")).await.fails(user, Phase::Srpm, &["too many specfiles: a.spec, c.spec"]);
    trial.source(of("two", "x.spec")).await.fails(user, Phase::Srpm, &["the spec file `x.spec` doesn't exist"]);
    trial.stop().await;
}

#[tokio::test]
async fn submodules_come_along() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    forge.publish(&repository("hello-noarch", "hello/"), "inner.git");
    let mut outer = Repository::new();
    // As people write it: the other repository beside this one.
    outer.git(&["submodule", "add", "--quiet", &forge.smart("inner.git"), "inner"]);
    outer
        .write(".gitmodules", "[submodule \"inner\"]\n\tpath = inner\n\turl = ../inner.git\n")
        .commit("One in another");
    forge.publish(&outer, "outer.git");
    for url in [forge.smart("outer.git"), Forge::with_password(&forge.secret("outer.git"))] {
        let given = trial.source(git(&url, |scm| scm.subdirectory = Some("inner/hello".to_owned()))).await;
        assert_eq!(made(&given), "hello-noarch-1.0-1.src.rpm");
        assert!(!given.text().contains("ve%3Alace"), "{}", given.text());
    }
    trial.stop().await;
}

#[tokio::test]
async fn a_password_is_used_and_told_to_nobody() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let mut repository = Repository::new();
    let makefile = "srpm:\n\tgit config --list --show-origin || cat $(CURDIR)/.git/config\n\tset; cat /mnt/workdir/repo/.git/config\n\
                    \trpmbuild -bs --define '_srcrpmdir $(outdir)' --define '_sourcedir .' tiny.spec\n";
    repository.write("tiny.spec", tiny("1")).write(".copr/Makefile", makefile).commit("One");
    forge.publish(&repository, "tiny.git");
    let plain = forge.secret("tiny.git");
    let secret = Forge::with_password(&plain);
    let given = trial.source(git(&secret, |scm| scm.srpm_build_method = SrpmMethod::MakeSrpm)).await;
    assert_eq!(made(&given), "tiny-1-1.src.rpm");
    let wrong = plain.replacen("://", "://ada:wrong-lace@", 1);
    let refused = trial.source(git(&wrong, |_| {})).await;
    refused.fails(FailureClass::User, Phase::Fetch, &["can not be fetched"]);
    trial.source(git(&plain, |_| {})).await.fails(FailureClass::User, Phase::Fetch, &["can not be fetched"]);
    for text in [given.text(), refused.text(), refused.failure().message.clone()] {
        let told = ["ve%3Alace", "wrong-lace", PASSWORD].into_iter().find(|secret| text.contains(secret));
        assert_eq!(told, None, "{text}");
    }
    trial.stop().await;
}

#[tokio::test]
async fn faults_of_servers_are_tried_again_and_those_of_addresses_are_not() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let (user, infrastructure) = (FailureClass::User, FailureClass::Infrastructure);
    let broken = trial.source(git(&forge.broken("x.git"), |_| {})).await;
    broken.fails(infrastructure, Phase::Fetch, &["503"]);
    assert_eq!(broken.text().matches("Trying again").count(), 2, "{}", broken.text());
    let nobody = trial.source(git("http://127.0.0.1:1/x.git", |_| {})).await;
    nobody.fails(infrastructure, Phase::Fetch, &["127.0.0.1:1"]);
    let gone = trial.source(git(&forge.smart("gone.git"), |_| {})).await;
    gone.fails(user, Phase::Fetch, &["gone.git"]);
    assert!(!gone.text().contains("Trying again"), "{}", gone.text());
    let cloud = trial.source(git("http://169.254.169.254/x.git", |_| {})).await;
    cloud.fails(user, Phase::Fetch, &["`169.254.169.254` is not an address that builds may fetch from"]);
    let ssh = trial.source(git("ssh://git@127.0.0.1/x.git", |_| {})).await;
    ssh.fails(user, Phase::Fetch, &["git addresses are fetched from http, https, git"]);
    trial.stop().await;
}

#[tokio::test]
async fn a_builder_that_keeps_to_the_internet_reaches_no_house() {
    let forge = Forge::start().unwrap();
    forge.publish(&repository("hello-noarch", ""), "hello.git");
    let trial = Trial::with(|config| config.downloads.private = copr_builder::PrivateNetworks::Refused).await;
    let given = trial.source(git(&forge.smart("hello.git"), |_| {})).await;
    given.fails(FailureClass::User, Phase::Fetch, &["`127.0.0.1` is not an address that builds may fetch from"]);
    assert_eq!(forge.asked(), [""; 0]);
    trial.stop().await;
}

/// A tree of Subversion with two revisions of one package.
fn two_revisions() -> Svn {
    let svn = Svn::start().unwrap();
    svn.commit(repository("hello-noarch", "").path(), "other", "Another");
    let mut tree = Repository::new();
    tree.write("package/tiny.spec", tiny("1"));
    svn.commit(tree.path(), "trunk", "One");
    tree.write("package/tiny.spec", tiny("2"));
    svn.commit(tree.path(), "trunk", "Two");
    svn
}

fn svn_source(url: &str, committish: &str) -> SourceInput {
    git(url, |scm| {
        scm.scm_type = ScmType::Svn;
        (scm.committish, scm.subdirectory) = (Some(committish.to_owned()), Some("package".to_owned()));
    })
}

#[tokio::test]
async fn subversion_is_checked_out_at_a_revision() {
    let (trial, svn) = (Trial::start().await, two_revisions());
    let of = |committish: &str| svn_source(&svn.url("trunk"), committish);
    assert_eq!(made(&trial.source(of("")).await), "tiny-2-1.src.rpm");
    assert_eq!(made(&trial.source(of("2")).await), "tiny-1-1.src.rpm");
    trial.source(of("77")).await.fails(FailureClass::User, Phase::Fetch, &["No such revision 77"]);
    trial.stop().await;
}

#[tokio::test]
async fn subversion_is_checked_out_over_http_with_a_password_where_one_is_asked_for() {
    let (trial, svn) = (Trial::start().await, two_revisions());
    let (_server, http) = svn.over_http().unwrap();
    assert_eq!(made(&trial.source(svn_source(&format!("{http}/open/trunk"), "2")).await), "tiny-1-1.src.rpm");
    let secret = format!("{http}/secret/trunk");
    let given = trial.source(svn_source(&Forge::with_password(&secret), "")).await;
    assert_eq!(made(&given), "tiny-2-1.src.rpm");
    assert!(!given.text().contains(PASSWORD), "the log tells the password");
    let refused = trial.source(svn_source(&secret, "")).await;
    refused.fails(FailureClass::User, Phase::Fetch, &["No more credentials"]);
    let missing = trial.source(svn_source(&format!("{http}/open/nothing"), "")).await;
    missing.fails(FailureClass::User, Phase::Fetch, &["/open/nothing"]);
    trial.stop().await;
}

#[tokio::test]
async fn dist_git_brings_large_files_from_its_look_aside_cache() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let script = std::fs::read(package("hello-noarch").join("hello-noarch")).unwrap();
    let digest = hex::encode(<sha2::Sha512 as sha2::Digest>::digest(&script));
    forge.put(&format!("cache/hello-noarch/hello-noarch/sha512/{digest}/hello-noarch"), &script);
    let mut repository = Repository::new();
    let spec = std::fs::read(package("hello-noarch").join("hello-noarch.spec")).unwrap();
    repository.write("hello-noarch.spec", spec);
    repository.write("sources", format!("SHA512 (hello-noarch) = {digest}\n")).commit("Import");
    repository.git(&["checkout", "--quiet", "-b", "f44"]);
    repository.write("sources", format!("SHA512 (hello-noarch) = {}\n", "0".repeat(128))).commit("A lie");
    forge.publish(&repository, "rpms/hello-noarch");
    let of = |committish: Option<&str>| SourceInput::Distgit {
        clone_url: forge.smart("rpms/hello-noarch"),
        committish: committish.map(str::to_owned),
        package: "hello-noarch".to_owned(),
        instance: "own".to_owned(),
        lookaside_url: forge.plain("cache/hello-noarch/{filename}/{hashtype}/{hash}/{filename}"),
    };
    let given = trial.source(of(Some("main"))).await;
    assert_eq!(made(&given), "hello-noarch-1.0-1.src.rpm");
    trial.source(of(Some("f44"))).await.fails(FailureClass::User, Phase::Fetch, &["404"]);
    // The same repository by its address: the server knows the cache, or nobody does.
    let mut known = git(&forge.smart("rpms/hello-noarch"), |scm| scm.committish = Some("main".to_owned()));
    trial.source(known.clone()).await.fails(FailureClass::User, Phase::Fetch, &["belongs to no dist-git"]);
    let SourceInput::Scm(checkout) = &mut known else { panic!("another kind") };
    checkout.lookaside_url = Some(forge.plain("cache/hello-noarch/{filename}/{hashtype}/{hash}/{filename}"));
    assert_eq!(made(&trial.source(known).await), "hello-noarch-1.0-1.src.rpm");
    forge.put(&format!("cache/hello-noarch/hello-noarch/sha512/{}/hello-noarch", "0".repeat(128)), &script);
    trial.source(of(Some("f44"))).await.fails(FailureClass::User, Phase::Fetch, &["another sha512 digest"]);
    trial.stop().await;
}
