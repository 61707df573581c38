//! What becomes of sources: a git repository for each package, which the stock git clones from the service.

use crate::stage::{PROJECT, Stage, launch};
use sha2::{Digest, Sha512};
use std::path::{Path, PathBuf};

const BINARY: &[u8] = b"\x1f\x8b\x08\x00 no text";

/// A source package with a binary file, which builds in no time.
fn source_package(stage: &Stage, version: &str) -> PathBuf {
    let place = stage.path(&format!("srpm-{version}"));
    std::fs::create_dir_all(&place).expect("a directory");
    let text = format!(
        "Name: sourced\nVersion: {version}\nRelease: 1\nSummary: Sourced\nLicense: MIT\nBuildArch: noarch\n\
         Source0: data.bin\n%description\n%{{summary}}.\n%install\n\
         install -D %{{SOURCE0}} %{{buildroot}}/usr/share/sourced\n%files\n/usr/share/sourced\n"
    );
    let spec = place.join("sourced.spec");
    std::fs::write(&spec, text).and_then(|()| std::fs::write(place.join("data.bin"), BINARY)).expect("sources");
    let define = |name: &str, value: &Path| ["--define".to_owned(), format!("{name} {}", value.display())];
    copr_testkit::output(
        copr_testkit::command("rpmbuild")
            .args(["-bs", "--nodeps", "--define", "dist %{nil}"])
            .args(define("_topdir", &place))
            .args(define("_sourcedir", &place))
            .args(define("_srcrpmdir", &place))
            .args(define("_dbpath", &place.join("rpmdb")))
            .arg(&spec)
            .env("HOME", &place),
    );
    place.join(format!("sourced-{version}-1.src.rpm"))
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let mut git = copr_testkit::command("git");
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    copr_testkit::output(git.env_remove("http_proxy").arg("-C").arg(dir).args(arguments)).trim_end().to_owned()
}

#[test]
fn git_clones_what_was_built_and_the_look_aside_cache_has_the_rest() {
    let stage = Stage::set(launch());
    let cli = stage.cli();
    let client = stage.service.client().expect("a client");
    let json = |path: &str| client.get(path).expect("an answer").json().expect("JSON");
    let place = format!("{}/{PROJECT}/sourced", cli.owner());
    let base = format!("http://{}/dist-git/{place}", stage.service.address());
    let clone = stage.path("clone");
    let mut commits = Vec::new();
    for (build, version) in ["1.0", "2.0"].into_iter().enumerate() {
        cli.build(&source_package(&stage, version)).unwrap_or_else(|error| panic!("{error:#}"));
        // Copr's own addresses lack the ending; both are good.
        match build {
            0 => git(&stage.path(""), &["clone", "-q", &base, clone.to_str().expect("a path")]),
            _ => git(&clone, &["pull", "-q", "--ff-only"]),
        };
        let head = git(&clone, &["rev-parse", "HEAD"]);
        let chroot = &stage.distribution.chroot;
        let told = json(&format!("/api_3/build-chroot?build_id={}&chrootname={chroot}", build + 1));
        assert_eq!(told["git_hash"].as_str(), Some(head.as_str()), "{told}");
        let old = json(&format!("/api_2/build_tasks/{}/{chroot}", build + 1));
        assert_eq!(old["build_task"]["git_hash"].as_str(), Some(head.as_str()), "{old}");
        commits.push(head);
    }
    assert_eq!(git(&clone, &["diff", "--name-only", &commits[0], &commits[1]]), "sourced.spec");
    assert_eq!(git(&clone, &["fsck", "--strict", "--no-progress"]), "");
    let direct = stage.path("direct");
    git(&stage.path(""), &["clone", "-q", &format!("{base}.git"), direct.to_str().expect("a path")]);
    let sources = std::fs::read_to_string(direct.join("sources")).expect("the list");
    let digest = hex::encode(Sha512::digest(BINARY));
    assert_eq!(sources, format!("SHA512 (data.bin) = {digest}\n"));
    let file = client.get(&format!("/repo/pkgs/{place}/data.bin/sha512/{digest}/data.bin")).expect("an answer");
    assert_eq!((file.status, file.body.as_slice()), (200, BINARY));
    let page = client.get(&format!("/dist-git/{place}.git/")).expect("an answer");
    assert!(String::from_utf8_lossy(&page.body).contains("automatic import of sourced-2.0-1"));
    let log = client.get("/dist-git/per-task-logs/1.log").expect("an answer");
    assert_eq!(log.status, 302);
}
