//! Keys: a signer that is killed again and again, and a project whose key changes under machines that know the old one.

use crate::stage::{Stage, launch, told, until};
use copr_testkit::root::Root;
use copr_testkit::signer::Signer;
use copr_testkit::{temp_dir, tiny_srpm};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// Builds that are published while the signer comes and goes.
const BUILDS: usize = 4;
/// For all of them, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long it lives, each time a little longer: long enough for some signatures, too short for a publication.
const LIFE: Duration = Duration::from_millis(20);
/// What compression does not make small, so that it takes a while to sign.
const LARGE: &str = "%global _binary_payload w1.zstdio\nhead -c 10000000 /dev/urandom > share/large";

#[test]
fn a_signer_killed_again_and_again_loses_no_publication_and_lets_none_pass_unsigned() {
    let place = temp_dir();
    let mut signer = Signer::start(Path::new(env!("CARGO_BIN_EXE_coprd")), place.path()).unwrap();
    let socket = signer.socket();
    let stage =
        Stage::set(launch().setting("signing.socket", socket.to_str().unwrap()).setting("builder.workers", "2"));
    let project = stage.project("signed");
    let mut reader = stage.reader(&project);
    let name = |number: usize| format!("signed-{number}");
    let submit = |number| told(&stage, project.submit(&tiny_srpm(&name(number), LARGE, &stage.path("srpms"))));
    let builds: Vec<u64> = (0..BUILDS).map(submit).collect();
    let state = |build: &u64| told(&stage, project.build(*build))["state"].as_str().unwrap().to_owned();
    let (begin, mut round) = (Instant::now(), 0);
    loop {
        let states: Vec<String> = builds.iter().map(state).collect();
        assert!(!states.iter().any(|state| state == "failed"), "{states:?}\n{}", stage.service.log_tail());
        if states.iter().all(|state| state == "succeeded") {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "still {states:?}\n{}", stage.service.log_tail());
        signer.kill().unwrap();
        signer.start_again().unwrap();
        round += 1;
        // Not to wait for something: this is the life of a signer.
        std::thread::sleep(LIFE * round);
    }
    // Nobody who is to be kept from them has made or seen a private key.
    assert!(!stage.service.data_dir().join("keys").exists());
    let secrets =
        |directory: &Path| std::fs::read_dir(directory).unwrap().flatten().filter(|one| one.path().is_file()).count();
    assert_eq!(secrets(&signer.keys()), 1, "one key, however often it was asked for");
    told(&stage, reader.reads_once_more());
    told(&stage, reader.stop());
    assert_eq!(stage.whole_repository(&project), (0..BUILDS).map(name).collect::<BTreeSet<_>>());
    stage.installs(&project, "signed-0");

    // Away for good while something is published, and a project is made and deleted.
    signer.kill().unwrap();
    let late = submit(BUILDS);
    told(&stage, project.wait_for(late, &["running"]));
    let results = project.repository(&stage.service).join(format!("{late:08}-{}", name(BUILDS)));
    until(&stage, "the build is to be published", || results.join("build.info").exists());
    let other = stage.project("other");
    assert!(!other.repository(&stage.service).join("repodata").exists());
    assert_eq!(stage.whole_repository(&project).len(), BUILDS);
    signer.start_again().unwrap();
    told(&stage, project.succeeds(late));
    until(&stage, "the other project is there", || other.repository(&stage.service).join("repodata").exists());
    assert!(!signer.log().contains("PRIVATE"), "{}", signer.log());
}

/// The `.repo` file with another key for dnf to fetch: one that lies on this machine and never changes.
fn with_key(file: &str, key: &Path) -> String {
    let line = |line: &str| match line.starts_with("gpgkey=") {
        true => format!("gpgkey=file://{}\n", key.display()),
        false => format!("{line}\n"),
    };
    file.lines().map(line).collect()
}

#[test]
fn machines_that_know_the_old_key_go_on_when_a_project_gets_another() {
    let stage = Stage::set(launch());
    let project = stage.project("rotated");
    let build = |name: &str| {
        let build = told(&stage, project.submit(&tiny_srpm(name, ":", &stage.path("srpms"))));
        told(&stage, project.succeeds(build));
    };
    build("before");
    let file = told(&stage, project.repository_file());
    let served = project.repository(&stage.service).with_file_name("pubkey.gpg");
    let key = |name: &str, text: &str| {
        std::fs::write(stage.path(name), text).unwrap();
        stage.path(name)
    };
    let machine = |name: &str, file: &str| {
        let root = Root::new(&stage.path(name), &stage.distribution).unwrap();
        told(&stage, root.trust(file));
        root
    };
    let read = || std::fs::read_to_string(&served).unwrap();
    let old = key("old.asc", &read());
    // One that fetches keys, as the `.repo` file says; and one that never will.
    let fetching = machine("fetching", &file);
    let closed = machine("closed", &with_key(&file, &old));
    for root in [&fetching, &closed] {
        told(&stage, root.install(&["before"]));
    }

    told(&stage, stage.service.admin(&["key", "rotate", "admin/rotated", "--retire-after", "7"]));
    until(&stage, "both keys are served", || read().matches("BEGIN PGP PUBLIC KEY").count() == 2);
    let both = read();
    let new = key("new.asc", &both[..both.find("-----END").unwrap() + "-----END PGP PUBLIC KEY BLOCK-----\n".len()]);
    let signature = project.repository(&stage.service).join("repodata/repomd.xml.asc");
    // An Ed25519 signature in its armor has some 230 bytes.
    let length = || std::fs::metadata(&signature).unwrap().len();
    until(&stage, "metadata are signed by both", || length() > 350);
    build("after");

    let packages = |root: &Root| {
        told(&stage, root.refresh());
        let mut names = told(&stage, root.packages());
        names.retain(|name| ["before", "after"].contains(&name.as_str()));
        names.sort();
        names.dedup();
        names
    };
    for root in [&fetching, &closed] {
        assert_eq!(packages(root), ["after", "before"]);
    }
    told(&stage, fetching.install(&["after"]));
    assert_eq!(told(&stage, fetching.run(&["after"])).trim(), "after");
    let refused = format!("{:#}", closed.install(&["after"]).unwrap_err());
    assert!(refused.contains("GPG"), "{refused}");

    // A machine that comes later gets both keys by one address; one that knows the new key alone reads the metadata, too.
    let late = machine("late", &file);
    told(&stage, late.install(&["before", "after"]));
    let only_new = machine("only-new", &with_key(&file, &new));
    assert_eq!(packages(&only_new), ["after", "before"]);
    told(&stage, only_new.install(&["after"]));
    let refused = format!("{:#}", only_new.install(&["before"]).unwrap_err());
    assert!(refused.contains("GPG"), "{refused}");

    // The old key signs no more: who fetches keys goes on, even if it has not looked since before the rotation.
    let asleep = machine("asleep", &with_key(&file, &old));
    assert_eq!(packages(&asleep), ["after", "before"]);
    told(&stage, asleep.trust(&file));
    told(&stage, stage.service.admin(&["key", "rotate", "admin/rotated", "--retire-after", "0"]));
    until(&stage, "metadata are signed by the newest alone", || length() < 350);
    for root in [&fetching, &late, &asleep] {
        assert_eq!(packages(root), ["after", "before"]);
    }
    build("last");
    told(&stage, asleep.install(&["before", "after", "last"]));
    let list = told(&stage, stage.service.admin(&["key", "list", "admin/rotated"]));
    let states: Vec<&str> = list.lines().skip(1).map(|line| line.split_whitespace().nth(2).unwrap()).collect();
    assert_eq!(states, ["served", "served", "signs"], "{list}");
}
