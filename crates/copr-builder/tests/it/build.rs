use copr_types::{FailureClass, Phase};
use copr_wire::builder::{Outcome, Task};

use crate::trial::{Trial, repo, rpm_task};

#[tokio::test]
async fn a_noarch_package_is_built_with_everything_that_belongs_to_it() {
    let trial = Trial::start().await;
    let built = trial.build("hello-noarch", |_| {}).await;
    let packages = ["hello-noarch-1.0-1.deb12.noarch.rpm", "hello-noarch-1.0-1.deb12.src.rpm"];
    assert_eq!(built.packages(), packages);
    assert_eq!(built.outcome(), &Outcome::Succeeded { srpm: packages[1].to_owned() });
    let others: Vec<&str> = built.files.keys().map(String::as_str).filter(|name| !name.ends_with(".rpm")).collect();
    let expected = [
        "build.log.gz",
        "buildroot_lock.json",
        "hello-noarch.spec",
        "hw_info.log.gz",
        "installed_pkgs.log.gz",
        "results.json",
        "root.log.gz",
        "state.log.gz",
    ];
    assert_eq!(others, expected);
    let listed = built
        .finish
        .as_ref()
        .unwrap()
        .files
        .iter()
        .map(|file| file.name.clone())
        .collect::<std::collections::BTreeSet<_>>();
    assert_eq!(listed, built.files.keys().cloned().collect());
    let one = |arch: &str| serde_json::json!({"name": "hello-noarch", "epoch": null, "version": "1.0", "release": "1.deb12", "arch": arch});
    assert_eq!(built.json("results.json"), serde_json::json!({"packages": [one("noarch"), one("src")]}));
    let package = built.package(packages[0]);
    assert_eq!(package.vendor.as_deref(), Some("Fedora Copr - user ada"));
    assert!(built.gz("state.log.gz").contains(" - Finish: rpmbuild -bb\n"));
    assert!(built.gz("build.log.gz").contains("Executing(%install)"));
    assert!(built.gz("installed_pkgs.log.gz").lines().all(|line| line.ends_with(" installed")));
    assert!(built.gz("installed_pkgs.log.gz").lines().count() > 50);
    assert!(built.gz("hw_info.log.gz").contains("MemTotal"));
    let lock = built.json("buildroot_lock.json");
    assert_eq!((&lock["version"], &lock["config"]["target_arch"]), (&"1.1.0".into(), &"x86_64".into()));
    assert_eq!(lock["config"]["coprd"]["chroot"], "debian-12-x86_64");
    let rpms = lock["buildroot"]["rpms"].as_array().unwrap();
    assert_eq!(rpms.len(), built.gz("installed_pkgs.log.gz").lines().count());
    // Whoever has the lock alone gets the very same packages.
    for rpm in rpms {
        let path = rpm["url"].as_str().unwrap().strip_prefix("file://").unwrap();
        let package = copr_rpm::header::read_package(std::path::Path::new(path)).unwrap().nevra;
        assert_eq!((&rpm["name"], &rpm["version"]), (&package.name.into(), &package.version.into()));
        assert!(rpm["sigmd5"].as_str().is_some_and(|digest| digest.len() == 32), "{rpm}");
    }
    assert_eq!(built.phases.last(), Some(&Phase::Upload));
    trial.stop().await;
}

#[tokio::test]
async fn the_live_log_tells_what_a_person_wants_to_know() {
    let trial = Trial::start().await;
    let built = trial.build("hello-noarch", |_| {}).await;
    let log = built.text();
    for words in [
        "Build 7 of ada/greetings (greetings), submitted by ada\n",
        "Package hello-noarch 1.0-1\n",
        "Chroot debian-12-x86_64, task 1 (lease 1), builder builder-of-tests\n",
        "Isolation: ",
        "Limits: 120 seconds, 2048 MiB of memory, 512 processes",
        " Start: rpmbuild -bb\n",
        "+ install -D -m 755",
        "Finish: upload",
    ] {
        assert!(log.contains(words), "`{words}` is not in:\n{log}");
    }
    assert!(!log.contains('\u{1f}'), "marks are not for people:\n{log}");
    trial.stop().await;
}

#[tokio::test]
async fn a_c_program_gets_its_compiler_and_debug_packages() {
    let trial = Trial::start().await;
    let built = trial.build("hello-c", |_| {}).await;
    let names = ["hello-c-1.2-1.deb12", "hello-c-debuginfo-1.2-1.deb12", "hello-c-debugsource-1.2-1.deb12"];
    let mut expected: Vec<String> = names.iter().map(|name| format!("{name}.x86_64.rpm")).collect();
    expected.insert(0, "hello-c-1.2-1.deb12.src.rpm".into());
    expected.sort();
    assert_eq!(built.packages(), expected);
    assert!(built.gz("installed_pkgs.log.gz").contains("gcc-"));
    // Its source package says what it needs, and nothing is tried without.
    assert_eq!(built.text().matches("$ rpmbuild -bb").count(), 1, "{}", built.text());
    trial.stop().await;
}

#[tokio::test]
async fn a_package_finds_what_it_needs_in_its_projects_own_repository() {
    let trial = Trial::start().await;
    let library = trial.build("libgreet", |_| {}).await;
    let app = trial.build("greet-app", |_| {}).await;
    app.fails(FailureClass::User, Phase::Builddeps, &["libgreet-devel"]);
    let repository = trial.repository(&[&library]);
    trial.server.known().public = Some(repository.clone());
    let url = trial.server.url("files/");
    let app = trial.build("greet-app", |task| task.repos = vec![repo("copr_base", &url, Some("generation-1"))]).await;
    assert!(app.packages().contains(&"greet-app-1.0-1.deb12.x86_64.rpm".to_owned()));
    assert!(app.gz("installed_pkgs.log.gz").contains("libgreet-devel-"));
    let local = format!("file://{}", repository.display());
    let app = trial.build("greet-app", |task| task.repos = vec![repo("copr_base", &local, None)]).await;
    assert!(app.packages().contains(&"greet-app-1.0-1.deb12.x86_64.rpm".to_owned()));
    trial.stop().await;
}

#[tokio::test]
async fn what_a_spec_finds_out_on_the_way_is_installed_too() {
    let trial = Trial::start().await;
    let built = trial.build("dynamic-br", |_| {}).await;
    assert_eq!(built.packages(), ["dynamic-br-1.0-1.deb12.noarch.rpm", "dynamic-br-1.0-1.deb12.src.rpm"]);
    let needs: Vec<String> =
        built.package("dynamic-br-1.0-1.deb12.src.rpm").requires.iter().map(|one| one.name.clone()).collect();
    assert!(needs.contains(&"gcc".to_owned()) && needs.contains(&"make".to_owned()), "{needs:?}");
    trial.stop().await;
}

#[tokio::test]
async fn build_conditions_reach_rpmbuild() {
    let trial = Trial::start().await;
    let change = |task: &mut copr_wire::builder::RpmTask| {
        task.with_opts = vec!["extras".into()];
        task.without_opts = vec!["basics".into()];
    };
    let built = trial.build("with-opts", change).await;
    let package = built.package(&built.packages()[0]);
    let version = |name: &str| package.provides.iter().find(|one| one.name == name).map(|one| one.version.clone());
    assert_eq!(version("with-opts(extras)").as_deref(), Some("1"));
    assert_eq!(version("with-opts(basics)").as_deref(), Some("0"));
    // With the option it needs more than its source package says.
    assert!(built.gz("installed_pkgs.log.gz").contains("\nmake-"), "{}", built.gz("installed_pkgs.log.gz"));
    assert_eq!(built.text().matches("$ rpmbuild -bb").count(), 1, "{}", built.text());
    trial.stop().await;
}

#[tokio::test]
async fn additional_packages_are_there_without_being_asked_for() {
    let trial = Trial::start().await;
    let built = trial.build("hello-noarch", |task| task.additional_packages = vec!["make".into()]).await;
    assert!(built.gz("installed_pkgs.log.gz").contains("make-"));
    let built = trial.build("hello-noarch", |task| task.additional_packages = vec!["no-such-package".into()]).await;
    built.fails(FailureClass::User, Phase::Builddeps, &["no-such-package"]);
    let built = trial.build("hello-noarch", |task| task.additional_packages = vec!["--installroot=/".into()]).await;
    built.fails(FailureClass::User, Phase::Builddeps, &["`--installroot=/` is not a package"]);
    trial.stop().await;
}

#[tokio::test]
async fn a_build_is_a_stranger_in_its_own_namespaces() {
    let trial = Trial::start().await;
    let built = trial.build("peek", |_| {}).await;
    let log = built.gz("build.log.gz");
    for words in [
        "uid=1000",
        "home=/builddir",
        "capabilities=0000000000000000",
        "no_new_privs=1",
        "can_write_usr=no",
        "macro_vendor=Fedora Copr - user ada",
        "macro_buildtag=.copr7",
        "macro_dist=.deb12",
        "environment_HOSTNAME=mock",
    ] {
        assert!(log.lines().any(|line| line == words), "`{words}` is not in:\n{log}");
    }
    assert!(!log.contains("environment_MARK"), "{log}");
    let own = std::fs::read_link("/proc/self/ns/net").unwrap();
    assert!(!log.contains(&format!("namespace_net={}", own.display())), "{log}");
    trial.stop().await;
}

#[tokio::test]
async fn the_network_is_off_unless_the_project_asked_for_it() {
    let trial = Trial::start().await;
    let off = trial.build("net-probe", |_| {}).await;
    assert!(off.gz("build.log.gz").contains("\nroutes=0\n"), "{}", off.text());
    let on = trial.build("net-probe", |task| task.enable_net = true).await;
    let interfaces = |text: &str| text.lines().find(|line| line.starts_with("interfaces=")).map(str::to_owned);
    assert_ne!(interfaces(&on.gz("build.log.gz")), interfaces(&off.gz("build.log.gz")));
    trial.stop().await;
}

#[tokio::test]
async fn a_broken_package_is_told_in_the_compilers_words() {
    let trial = Trial::start().await;
    let built = trial.build("broken", |_| {}).await;
    built.fails(FailureClass::User, Phase::Build, &["rpmbuild failed", "broken.c", "%build"]);
    assert!(built.gz("build.log.gz").contains("broken.c"));
    assert!(built.files.contains_key("state.log.gz") && built.files.contains_key("root.log.gz"));
    trial.stop().await;
}

#[tokio::test]
async fn a_package_for_another_architecture_says_so() {
    let trial = Trial::start().await;
    let built = trial.build("excl-arch", |_| {}).await;
    built.fails(FailureClass::User, Phase::Build, &["rchitecture"]);
    trial.stop().await;
}

#[tokio::test]
async fn a_32_bit_chroot_looks_like_one() {
    let trial = Trial::start().await;
    let srpm = trial.srpm_of("machine", "%build\necho machine=$(uname -m)\n").await;
    let mut task = rpm_task(&srpm);
    task.chroot.definition.target = Some("i686".into());
    let id = trial.server.submit(Task::Rpm(task), Some(srpm));
    let built = trial.server.ended(id).await;
    assert!(built.text().contains("\nmachine=i686\n"), "{}", built.text());
    trial.stop().await;
}

#[tokio::test]
async fn a_signed_repository_is_checked_with_its_key() {
    let trial = Trial::start().await;
    let noarch = trial.build("hello-noarch", |_| {}).await;
    let directory = trial.repository(&[&noarch]);
    trial.server.known().public = Some(directory.clone());
    let keys = trial.scratch.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    let gpg = || {
        let mut gpg = copr_testkit::command("gpg");
        gpg.arg("--homedir").arg(&keys).args(["--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""]);
        gpg
    };
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&keys, permissions).unwrap();
    copr_testkit::output(gpg().args(["--quick-gen-key", "tests <tests@example.org>", "rsa3072", "sign", "never"]));
    copr_testkit::output(gpg().args(["--armor", "--export", "--output"]).arg(directory.join("key.gpg")));
    let sign_metadata = || {
        let repomd = directory.join("repodata/repomd.xml");
        copr_testkit::output(gpg().args(["--armor", "--detach-sign"]).arg(repomd));
    };
    sign_metadata();
    let build = || {
        trial.build("hello-noarch", |task| {
            let mut repo = repo("copr_base", &trial.server.url("files"), None);
            repo.gpgkey = Some(trial.server.url("files/key.gpg"));
            task.repos = vec![repo];
            task.additional_packages = vec!["hello-noarch".into()];
        })
    };
    build().await.fails(FailureClass::User, Phase::Builddeps, &["hello-noarch", "not signed"]);
    let mut rpmsign = copr_testkit::command("rpmsign");
    rpmsign.env("GNUPGHOME", &keys).stdin(std::process::Stdio::null());
    rpmsign.args(["--define", "__gpg /usr/bin/gpg", "--define", "_gpg_name tests@example.org"]);
    rpmsign.args([
        "--define",
        "_gpg_sign_cmd_extra_args --batch --pinentry-mode loopback --passphrase ''",
        "--addsign",
    ]);
    copr_testkit::output(rpmsign.arg(directory.join("hello-noarch-1.0-1.deb12.noarch.rpm")));
    trial.repository(&[]);
    sign_metadata();
    let built = build().await;
    built.packages();
    assert!(built.gz("installed_pkgs.log.gz").contains("hello-noarch-1.0-1.deb12.noarch"), "{}", built.text());
    // The key's agent lives on otherwise.
    let _ = copr_testkit::command("gpgconf").arg("--homedir").arg(&keys).args(["--kill", "all"]).output();
    trial.stop().await;
}
