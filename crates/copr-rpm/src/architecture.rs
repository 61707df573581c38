//! Whether a source package wants to be built for a chroot's architecture.
//!
//! rpmbuild decides by plain membership of the target's name in ExclusiveArch and ExcludeArch, after
//! macros such as `%{ix86}` have been spelled out. A chroot is named after a *base* architecture,
//! `i386` or `armhfp`, while its packages are made for `i686` and `armv7hl`; so a chroot counts as a
//! member when any name that its builds may have is listed.

use serde::{Deserialize, Serialize};

/// The architecture lists of a source package's header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// ExclusiveArch: when not empty, only these.
    pub exclusive: Vec<String>,
    /// ExcludeArch: not these.
    pub exclude: Vec<String>,
}

/// What to do with one chroot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Build it.
    Build,
    /// Do not; the reason is what the user sees as the chroot's status reason.
    Skip {
        /// Upstream's words exactly: clients show and compare them.
        reason: &'static str,
    },
}

/// Decides for a chroot of the architecture `arch` (the last part of the chroot's name).
///
/// `noarch` in ExclusiveArch (`ExclusiveArch: %{java_arches} noarch`) is how a package with
/// `BuildArch: noarch` says on which machines it may be built: the other names count. Alone it says
/// nothing about machines and forbids none.
pub fn decide(rules: &Rules, arch: &str) -> Decision {
    let mut machines = rules.exclusive.iter().filter(|name| !same(name, "noarch")).peekable();
    if machines.peek().is_some() && !machines.any(|name| counts_as(arch, name)) {
        return Decision::Skip { reason: "This chroot was skipped because of ExclusiveArch" };
    }
    if rules.exclude.iter().any(|name| counts_as(arch, name)) {
        return Decision::Skip { reason: "This chroot was skipped because of ExcludeArch" };
    }
    Decision::Build
}

/// Whether a binary package of the architecture `package` belongs into the repository of a chroot of the architecture
/// `chroot`: it is of that architecture, under any of its names, or of none.
pub fn fits(package: &str, chroot: &str) -> bool {
    same(package, "noarch") || counts_as(chroot, package)
}

/// Whether what was built in a chroot of the architecture `chroot` may be a binary package of the architecture
/// `package`: one that belongs there, or of the smaller brother that the machine runs as well (`BuildArch: i686`).
pub fn runs(package: &str, chroot: &str) -> bool {
    let brother = match chroot {
        "x86_64" | "x86_64_v2" | "x86_64_v3" => Some("i686"),
        "aarch64" => Some("armv7hl"),
        _ => None,
    };
    fits(package, chroot) || brother.is_some_and(|brother| counts_as(brother, package))
}

const X86: &[&str] =
    &["i386", "i486", "i586", "i686", "pentium3", "pentium4", "athlon", "geode", "ix86", "%ix86", "%{ix86}"];
const ARM_HARD_FLOAT: &[&str] = &["armhfp", "armv7hl", "armv7hnl", "arm", "%arm", "%{arm}"];
const X86_64: &[&str] = &["x86_64", "amd64", "em64t", "%x86_64", "%{x86_64}"];
const POWER: &[&str] = &["%power64", "%{power64}"];

fn counts_as(chroot: &str, name: &str) -> bool {
    let one_of = |names: &[&str]| names.iter().any(|known| same(known, name));
    same(chroot, name)
        || match chroot {
            "i386" | "i486" | "i586" | "i686" => one_of(X86),
            "armhfp" | "armv7hl" => one_of(ARM_HARD_FLOAT),
            // x86_64_v2 chroots build the same sources with newer instructions.
            "x86_64" | "x86_64_v2" | "x86_64_v3" => one_of(X86_64),
            "ppc64" | "ppc64le" => one_of(POWER),
            _ => false,
        }
}

/// rpm compares architecture names without regard to case.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXCLUSIVE: Decision = Decision::Skip { reason: "This chroot was skipped because of ExclusiveArch" };
    const EXCLUDE: Decision = Decision::Skip { reason: "This chroot was skipped because of ExcludeArch" };

    #[test]
    fn a_repository_takes_what_its_machines_run() {
        for (package, chroot, is_fit, is_run) in [
            ("noarch", "s390x", true, true),
            ("x86_64", "x86_64", true, true),
            ("i686", "x86_64", false, true),
            ("i586", "i386", true, true),
            ("x86_64", "i386", false, false),
            ("armv7hl", "aarch64", false, true),
            ("aarch64", "x86_64", false, false),
            ("ppc64", "s390x", false, false),
        ] {
            assert_eq!((fits(package, chroot), runs(package, chroot)), (is_fit, is_run), "{package} for {chroot}");
        }
    }

    #[test]
    fn lists_decide_by_membership_and_by_the_names_a_chroot_builds_under() {
        for (exclusive, exclude, arch, expected) in [
            ("", "", "x86_64", Decision::Build),
            ("x86_64", "", "x86_64", Decision::Build),
            ("x86_64", "", "aarch64", EXCLUSIVE),
            ("i386 i486 i586 i686 pentium3 pentium4 athlon geode", "", "i386", Decision::Build),
            ("i686", "", "i386", Decision::Build),
            ("i686", "", "x86_64", EXCLUSIVE),
            ("%{ix86}", "", "i586", Decision::Build),
            ("x86_64", "", "i386", EXCLUSIVE),
            ("armv7hl", "", "armhfp", Decision::Build),
            ("aarch64", "", "armhfp", EXCLUSIVE),
            ("ppc64 ppc64p7 ppc64le", "", "ppc64le", Decision::Build),
            ("ppc64", "", "ppc64le", EXCLUSIVE),
            ("X86_64", "", "x86_64", Decision::Build),
            ("x86_64", "", "x86_64_v2", Decision::Build),
            ("noarch", "", "s390x", Decision::Build),
            ("x86_64 noarch", "", "x86_64", Decision::Build),
            ("x86_64 noarch", "", "s390x", EXCLUSIVE),
            ("", "s390x", "s390x", EXCLUDE),
            ("", "s390x", "x86_64", Decision::Build),
            ("", "i686", "i386", EXCLUDE),
            ("", "armv7hl", "armhfp", EXCLUDE),
            ("", "noarch", "x86_64", Decision::Build),
            ("x86_64 s390x", "s390x", "s390x", EXCLUDE),
            ("x86_64", "s390x", "s390x", EXCLUSIVE),
        ] {
            let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
            let rules = Rules { exclusive: list(exclusive), exclude: list(exclude) };
            assert_eq!(decide(&rules, arch), expected, "ExclusiveArch `{exclusive}` ExcludeArch `{exclude}` on {arch}");
        }
    }
}
