//! dnf and rpm, as somebody runs them who trusts a project's key and nothing else.

use crate::world::X86;
use std::path::Path;

/// What dnf says that knows the repository of a project's directory and its key, and checks all signatures; with the root
/// that it worked on, which was empty.
pub fn dnf(project: &Path, words: &[&str]) -> (tempfile::TempDir, String) {
    let home = copr_testkit::temp_dir();
    copr_testkit::rpm_home(home.path());
    let text = format!(
        "[ours]\nname=ours\nbaseurl=file://{0}/{X86}/\ngpgkey=file://{0}/pubkey.gpg\ngpgcheck=1\nrepo_gpgcheck=1\n",
        project.display()
    );
    std::fs::create_dir(home.path().join("repos")).unwrap();
    std::fs::write(home.path().join("repos/ours.repo"), text).unwrap();
    let said = copr_testkit::output(
        copr_testkit::run::as_root("dnf")
            .unwrap()
            .args(["--noplugins", "-y", "--quiet", "--releasever=44", "--setopt=skip_if_unavailable=False"])
            .arg(format!("--setopt=reposdir={}", home.path().join("repos").display()))
            .arg(format!("--setopt=cachedir={}", home.path().join("cache").display()))
            .arg(format!("--setopt=logdir={}", home.path().display()))
            .arg(format!("--installroot={}", home.path().join("root").display()))
            .args(words)
            .env("HOME", home.path()),
    );
    (home, said)
}

/// Whether rpm, which knows one key, finds a package whole and signed with it.
pub fn rpm_trusts(key: &Path, package: &Path) -> bool {
    let home = copr_testkit::temp_dir();
    copr_testkit::rpm_home(home.path());
    let rpmkeys = || {
        let mut rpmkeys = copr_testkit::command("rpmkeys");
        rpmkeys.arg("--dbpath").arg(home.path().join("keys")).env("HOME", home.path());
        rpmkeys
    };
    copr_testkit::output(rpmkeys().arg("--import").arg(key));
    let said = rpmkeys().arg("--checksig").arg(package).output().unwrap();
    said.status.success() && String::from_utf8_lossy(&said.stdout).contains("digests signatures OK")
}
