//! The mock engine. mock itself is on few machines: what stands in for it here takes its documented command line, and reads the
//! configuration as mock does.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use copr_builder::{Engine, Verdict};
use copr_types::{ChrootBootstrap, FailureClass, Isolation, Phase};
use copr_wire::builder::{MockOptions, Outcome};

use crate::disturbed::sleepers;
use crate::server::Server;
use crate::trial::{Trial, config, repo};

/// A builder with the engine mock; `None` for users who can not use it.
async fn trial() -> Option<(Trial, tempfile::TempDir)> {
    if !nix_is_root() {
        eprintln!("SKIPPED: mock runs as root");
        return None;
    }
    let place = copr_testkit::temp_dir();
    let program = stand_in(place.path().join("mock"));
    let data_dir = place.path().join("data");
    let trial =
        Trial::with(|config| (config.engine, config.mock, config.data_dir) = (Engine::Mock, program, data_dir)).await;
    Some((trial, place))
}

fn nix_is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

fn stand_in(path: PathBuf) -> PathBuf {
    std::fs::write(&path, include_str!("like_mock.py")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn results_of_mock_have_the_names_that_all_results_have() {
    let Some((trial, place)) = trial().await else { return };
    let built = trial
        .build("hello-noarch", |task| {
            task.repos = vec![repo("users", "https://example.org/{{ 7 * 7 }}/\n[evil]", None)];
            task.additional_packages = vec!["make".into()];
            task.build.macros.push(("evil".into(), "'; import os #\n{{ 7 * 7 }}".into()));
            task.mock = MockOptions {
                isolation: Some(Isolation::Nspawn),
                bootstrap: Some(ChrootBootstrap::CustomImage),
                bootstrap_image: Some("fedora:44".into()),
            };
        })
        .await;
    let packages = built.packages();
    assert!(packages.len() == 2 && packages.iter().all(|name| name.starts_with("hello-noarch-1.0-1")), "{packages:?}");
    let others: Vec<&str> = built.files.keys().map(String::as_str).filter(|name| !name.ends_with(".rpm")).collect();
    let expected = [
        "build.log.gz",
        "buildroot_lock.json",
        "configs.tar.gz",
        "hello-noarch.spec",
        "hw_info.log.gz",
        "installed_pkgs.log.gz",
        "results.json",
        "root.log.gz",
        "state.log.gz",
    ];
    assert_eq!(others, expected);
    assert_eq!(built.gz("hw_info.log.gz"), "CPU info of mock\n");
    assert!(built.gz("state.log.gz").contains("Start: rpmbuild") && built.text().contains("Executing(%install)"));
    assert!(built.text().contains("Isolation: of packages mock's own; limits: "), "{}", built.text());
    assert_eq!(built.phases, [Phase::Buildroot, Phase::Builddeps, Phase::Build, Phase::Upload]);
    // What mock was told, in its own archive.
    let archive = place.path().join("configs.tar.gz");
    std::fs::write(&archive, &built.files["configs.tar.gz"]).unwrap();
    let told = copr_testkit::output(copr_testkit::command("tar").arg("-xOzf").arg(&archive).arg("configs/child.cfg"));
    for words in [
        "config_opts['root'] = 'debian-12-x86_64'\n",
        "config_opts['chroot_setup_cmd'] = 'install @buildsys-build'\n",
        "config_opts['chroot_additional_packages'] = 'make'\n",
        "config_opts['rpmbuild_networking'] = False\n",
        "config_opts['bootstrap_image'] = 'fedora:44'\n",
        "config_opts['use_bootstrap'] = True\n",
        "config_opts['use_bootstrap_image'] = True\n",
        "config_opts['isolation'] = 'nspawn'\n",
        "config_opts['macros']['%buildtag'] = '.copr7'\n",
        r"config_opts['macros']['%evil'] = '\'; import os # { { 7 * 7 }}'",
        r"\n[users]\nname=users\nbaseurl=https://example.org/{ { 7 * 7 }}/ [evil]\n",
    ] {
        assert!(told.contains(words), "`{words}` is not in:\n{told}");
    }
    trial.stop().await;
}

#[tokio::test]
async fn failures_of_mock_have_the_classes_that_all_failures_have() {
    let Some((trial, _place)) = trial().await else { return };
    let broken = trial.build("broken", |_| {}).await;
    broken.fails(FailureClass::User, Phase::Build, &["rpmbuild failed"]);
    assert!(broken.files.contains_key("build.log.gz") && broken.files.contains_key("root.log.gz"));
    let needs = trial.build("greet-app", |_| {}).await;
    needs.fails(FailureClass::User, Phase::Builddeps, &["No matching package to install: 'libgreet-devel >= 2.0'"]);
    let endless = trial.build("endless", |task| task.build.limits.timeout = 2).await;
    endless.fails(FailureClass::Resource, Phase::Build, &["2 seconds"]);
    let flood = trial.build("log-flood", |task| task.build.limits.log_mib = 1).await;
    flood.fails(FailureClass::Resource, Phase::Build, &["log", "1 MiB"]);
    let odd = trial.build("hello-noarch", |task| task.additional_packages = vec!["--x".into()]).await;
    odd.fails(FailureClass::User, Phase::Builddeps, &["`--x`"]);
    trial.stop().await;
}

#[tokio::test]
async fn a_canceled_build_ends_everything_that_mock_started() {
    let Some((trial, place)) = trial().await else { return };
    let spec = "%build\n(setsid sleep 86397 &)\necho waiting forever\nsleep 86397\n";
    let srpm = trial.srpm_of("forever", spec).await;
    let task = crate::trial::rpm_task(&srpm);
    let id = trial.server.submit(copr_wire::builder::Task::Rpm(task), Some(srpm));
    trial.server.logged(id, "waiting forever").await;
    assert!(sleepers("86397") > 0);
    trial.server.cancel(id);
    let ended = tokio::time::timeout(Duration::from_secs(30), trial.server.ended(id)).await.unwrap();
    assert_eq!(ended.outcome(), &Outcome::Canceled, "{}", ended.text());
    assert_eq!(sleepers("86397"), 0);
    trial.stop().await;
    let work = std::fs::read_dir(place.path().join("data/work")).unwrap().count();
    assert_eq!(work, 0, "nothing of its chroots is left");
}

#[tokio::test]
async fn a_machine_without_mock_says_so() {
    let server = Server::start().await;
    let config = config(&server, |config| (config.engine, config.mock) = (Engine::Mock, "/nowhere/mock".into()));
    let findings = copr_builder::check(&config);
    let mock = findings.iter().find(|finding| finding.subject == "mock").unwrap();
    assert_eq!(mock.verdict, Verdict::Missing);
    assert!(mock.to_string().contains("there is no `/nowhere/mock`") && mock.hint.is_some(), "{mock}");
    let native = copr_builder::Config { engine: Engine::Native, ..config };
    assert!(copr_builder::check(&native).iter().all(|finding| finding.subject != "mock"));
}
