//! Names of branches: one for each release of a distribution.

use copr_types::ChrootName;
use std::fmt;

/// The branch of a chroot's release. All architectures of a release share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Branch(String);

impl Branch {
    /// The branch of a chroot, by the names that Copr gives them (pipeline contract, "Import into dist-git").
    pub fn of(chroot: &ChrootName) -> Self {
        let (os, version) = (chroot.os(), chroot.version());
        Self(match (os, version) {
            ("fedora", "rawhide") => "master".to_owned(),
            ("fedora", _) => safe(&format!("f{version}")),
            ("epel", _) if version.parse().is_ok_and(|number: u32| number <= 6) => format!("el{version}"),
            ("mageia", "cauldron") => "cauldron".to_owned(),
            ("mageia", _) => safe(&format!("mga{version}")),
            _ => safe(&format!("{os}{version}")),
        })
    }

    /// The name, without `refs/heads/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What git refuses in a branch's name and names of chroots may have (git-check-ref-format(1)).
fn safe(name: &str) -> String {
    let mut name = name.replace("..", "._");
    if name.starts_with('-') {
        name.replace_range(..1, "_");
    }
    if name.ends_with('.') || name.ends_with(".lock") {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_called_as_copr_calls_them() {
        for (chroot, branch) in [
            ("fedora-rawhide-x86_64", "master"),
            ("fedora-44-aarch64", "f44"),
            ("fedora-eln-x86_64", "feln"),
            ("epel-6-x86_64", "el6"),
            ("epel-7-x86_64", "epel7"),
            ("epel-10.1-x86_64", "epel10.1"),
            ("rhel+epel-9-s390x", "rhel+epel9"),
            ("centos-stream-9-x86_64", "centos-stream9"),
            ("centos-stream+epel-next-9-x86_64", "centos-stream+epel-next9"),
            ("mageia-cauldron-x86_64", "cauldron"),
            ("mageia-9-i586", "mga9"),
            ("opensuse-leap-15.6-x86_64", "opensuse-leap15.6"),
            ("opensuse-tumbleweed-x86_64", "opensusetumbleweed"),
            ("custom-1-x86_64", "custom1"),
        ] {
            assert_eq!(Branch::of(&chroot.parse().unwrap()).as_str(), branch, "{chroot}");
        }
    }

    #[test]
    fn git_takes_the_branch_of_every_chroot() {
        for chroot in
            ["a..b-1-x86_64", "x-1.lock-x86_64", "x-1.-x86_64", "-x-1-x86_64", "x-a...b-y", "fedora-4..-x86_64"]
        {
            let branch = Branch::of(&chroot.parse().unwrap());
            let mut git = copr_testkit::command("git");
            let checked = git.args(["check-ref-format", "--branch", branch.as_str()]).output().unwrap();
            assert!(checked.status.success(), "{chroot}: {branch}");
        }
    }
}
