//! Sources that foreign programs make: Makefiles, scripts, generators.

use copr_testkit::forge::{Forge, Repository};
use copr_types::source::{Rubygems, SrpmMethod};
use copr_types::{FailureClass, Phase};
use copr_wire::builder::SourceInput;

use crate::checkouts::{git, repository, tiny};
use crate::trial::{Trial, repo};

fn script(text: &str, builddeps: &[&str]) -> SourceInput {
    SourceInput::Custom {
        script: format!("#!/bin/sh\nset -e\n{text}\n"),
        package: Some("tiny".to_owned()),
        builddeps: builddeps.iter().map(|&one| one.to_owned()).collect(),
        resultdir: None,
        repos: Vec::new(),
        payload: None,
    }
}

const WRITE: &str = "printf 'Name: tiny\\nVersion: 1\\nRelease: 1\\nSummary: x\\nLicense: MIT\\nBuildArch: noarch\\nSource0: data\\n\
                     %%description\\nx\\n%%files\\n' >tiny.spec\n";

#[tokio::test]
async fn a_makefile_makes_the_source_package_as_root_of_its_own_world() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let mut repository = Repository::new();
    let makefile = "srpm:\n\ttest $$(id -u) = 0\n\ttest $(CURDIR) = /mnt/workdir/repo/sub\n\ttest $(spec) = /mnt/workdir/repo/sub/tiny.spec\n\
                    \trpmbuild -bs --define '_srcrpmdir $(outdir)' --define '_sourcedir .' $(spec)\n";
    repository.write("sub/tiny.spec", tiny("4")).write(".copr/Makefile", makefile).commit("One");
    forge.publish(&repository, "tiny.git");
    let make = |url: &str| {
        git(url, |scm| {
            scm.srpm_build_method = SrpmMethod::MakeSrpm;
            (scm.subdirectory, scm.spec) = (Some("sub".to_owned()), Some("tiny.spec".to_owned()));
        })
    };
    let given = trial.source(make(&forge.smart("tiny.git"))).await;
    assert_eq!(given.packages(), ["tiny-4-1.src.rpm"]);
    assert_eq!(given.package("tiny-4-1.src.rpm").vendor.as_deref(), Some("Fedora Copr - user ada"));
    for (makefile, words) in [
        ("srpm:\n\techo no luck; false\n", "no luck"),
        ("srpm:\n\ttrue\n", "left no source package"),
        ("other:\n\ttrue\n", "No rule to make target 'srpm'"),
    ] {
        repository.write(".copr/Makefile", makefile).commit("Worse");
        forge.publish(&repository, "tiny.git");
        trial.source(make(&forge.smart("tiny.git"))).await.fails(FailureClass::User, Phase::Srpm, &[words]);
    }
    trial.stop().await;
}

#[tokio::test]
async fn a_script_finds_what_a_web_hook_was_sent() {
    let trial = Trial::start().await;
    let sent = trial.scratch.path().join("sent");
    std::fs::write(&sent, [0, 255, b'x', b'\n']).unwrap();
    let look = format!("test \"$(od -An -tx1 hook_payload)\" = ' 00 ff 78 0a'\ncp hook_payload data\n{WRITE}");
    let with = |size: u64| {
        let mut input = script(&look, &[]);
        let SourceInput::Custom { payload, .. } = &mut input else { panic!("another kind") };
        *payload = Some(size);
        input
    };
    let given = trial.source_with(with(4), &sent).await;
    assert_eq!(given.packages(), ["tiny-1-1.src.rpm"]);
    let half = trial.source_with(with(5), &sent).await;
    half.fails(FailureClass::Infrastructure, Phase::Fetch, &["`hook_payload` arrived with 4 bytes instead of 5"]);
    let none = trial.source(script(&look, &[])).await;
    none.fails(FailureClass::User, Phase::Srpm, &["hook_payload"]);
    trial.stop().await;
}

#[tokio::test]
async fn a_script_leaves_a_spec_file_and_its_sources() {
    let trial = Trial::start().await;
    let facts = "test \"$PWD:$COPR_RESULTDIR\" = /workdir:/workdir\ntest $(id -u) = 1000\n\
                 test \"$COPR_OWNER $COPR_PROJECT $COPR_PACKAGE\" = 'ada greetings tiny'\nmake --version >data\n";
    let given = trial.source(script(&format!("{facts}{WRITE}"), &["make"])).await;
    assert_eq!(given.packages(), ["tiny-1-1.src.rpm"]);
    let missing = trial.source(script("make --version", &[])).await;
    missing.fails(FailureClass::User, Phase::Srpm, &["the script failed (exit code 127)", "make: command not found"]);
    let user = FailureClass::User;
    trial.source(script("true", &[])).await.fails(user, Phase::Srpm, &["no spec file available"]);
    let two = script(&format!("{WRITE}\ncp tiny.spec other.spec"), &[]);
    trial.source(two).await.fails(user, Phase::Srpm, &["too many specfiles: other.spec, tiny.spec"]);
    trial.source(script(WRITE, &[])).await.fails(user, Phase::Fetch, &["names `data`, but no address"]);
    trial.source(script("true", &["no-such-package"])).await.fails(user, Phase::Builddeps, &["no-such-package"]);
    trial.source(script("true", &["--installroot=/"])).await.fails(user, Phase::Builddeps, &["not a package"]);
    trial.stop().await;
}

#[tokio::test]
async fn a_script_may_have_a_result_directory_and_repositories_and_leave_a_source_package() {
    let trial = Trial::start().await;
    let built = trial.build("hello-noarch", |_| {}).await;
    let repository = trial.repository(&[&built]);
    let text = format!(
        "hello-noarch\nmkdir -p out\ncd out\n{WRITE}touch data\nrpmbuild -bs --define '_sourcedir .' --define '_srcrpmdir .' \
                        tiny.spec\nrm tiny.spec"
    );
    let mut input = script(&text, &["hello-noarch"]);
    let SourceInput::Custom { resultdir, repos, .. } = &mut input else { panic!("another kind") };
    *resultdir = Some("out".to_owned());
    *repos = vec![repo("own", &format!("file://{}", repository.display()), None)];
    let given = trial.source(input).await;
    assert_eq!(given.packages(), ["tiny-1-1.src.rpm"]);
    trial.stop().await;
}

/// A program in place of gem2rpm, which this machine's distribution does not have: it takes the same arguments, and makes a
/// source package of a spec file with this line.
fn stand_in(trial: &Trial, license: &str) -> std::path::PathBuf {
    let place = trial.scratch.path().join("tools");
    std::fs::create_dir_all(place.join("bin")).unwrap();
    let spec = tiny("1").replace("License: MIT", license);
    let text = format!(
        "#!/bin/sh\ntest \"$*\" = 'rake --srpm -C /work/results --fetch' || exit 64\ntest -n \"$https_proxy\" || exit 65\n\
         cat >/tmp/tiny.spec <<'END'\n{spec}\nEND\n\
         rpmbuild -bs --define '_topdir /tmp/rpm' --define '_srcrpmdir /work/results' /tmp/tiny.spec\n"
    );
    let program = place.join("bin/gem2rpm");
    std::fs::write(&program, text).unwrap();
    copr_testkit::output(copr_testkit::command("chmod").arg("755").arg(&program));
    place
}

#[tokio::test]
async fn a_gem_becomes_a_source_package_or_lacks_a_license() {
    let scratch = Trial::start().await;
    for (license, words) in [("License: MIT", None), ("License:", Some("the gem names no license"))] {
        let place = stand_in(&scratch, license);
        let trial = Trial::with(|config| config.tools_dir = Some(place)).await;
        let given = trial.source(SourceInput::Rubygems(Rubygems { gem_name: "rake".to_owned() })).await;
        match words {
            None => {
                assert_eq!(given.packages(), ["tiny-1-1.src.rpm"]);
                assert_eq!(given.package("tiny-1-1.src.rpm").vendor.as_deref(), Some("Fedora Copr - user ada"));
            }
            Some(words) => given.fails(FailureClass::User, Phase::Srpm, &["Empty tag: License", words]),
        }
        trial.stop().await;
    }
    scratch.stop().await;
}

#[tokio::test]
async fn a_missing_program_is_the_builders_fault_and_named() {
    let (trial, forge) = (Trial::start().await, Forge::start().unwrap());
    let gem = SourceInput::Rubygems(Rubygems { gem_name: "rake".to_owned() });
    if copr_testkit::find("gem2rpm").is_none() {
        let words = ["lacks `gem2rpm`", "install the package `rubygem-gem2rpm`"];
        trial.source(gem).await.fails(FailureClass::Infrastructure, Phase::Srpm, &words);
    }
    let mut repository = repository("hello-noarch", "");
    repository.write("macros.spec", tiny("{{{ git_dir_version }}}")).commit("Macros");
    forge.publish(&repository, "macros.git");
    if copr_testkit::find("rpkg").is_none() {
        let input = git(&forge.smart("macros.git"), |scm| scm.spec = Some("macros.spec".to_owned()));
        let words = ["`macros.spec` has macros of rpkg", "`rpkg-util`"];
        trial.source(input).await.fails(FailureClass::Infrastructure, Phase::Srpm, &words);
    }
    trial.stop().await;
}
