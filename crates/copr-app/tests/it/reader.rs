//! dnf, as somebody runs it who trusts a project's key and nothing else.

use crate::world::X86;
use std::path::Path;

/// Runs dnf on the repository of a project's tree, with a root below `home`. Packages and metadata must be signed.
pub fn dnf(project: &Path, home: &Path, arguments: &[&str]) -> String {
    copr_testkit::rpm_home(home);
    let text = format!(
        "[ours]\nname=ours\nbaseurl=file://{0}/{X86}/\ngpgkey=file://{0}/pubkey.gpg\ngpgcheck=1\nrepo_gpgcheck=1\n",
        project.display()
    );
    std::fs::create_dir_all(home.join("repos")).unwrap();
    std::fs::write(home.join("repos/ours.repo"), text).unwrap();
    copr_testkit::output(
        copr_testkit::command("dnf")
            .args(["--noplugins", "-y", "--quiet", "--releasever=44", "--setopt=skip_if_unavailable=False"])
            .arg(format!("--setopt=reposdir={}", home.join("repos").display()))
            .arg(format!("--setopt=cachedir={}", home.join("cache").display()))
            .arg(format!("--setopt=logdir={}", home.display()))
            .arg(format!("--installroot={}", home.join("root").display()))
            .args(arguments)
            .env("HOME", home),
    )
}
