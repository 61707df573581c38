//! Whose fault it is when the package manager says no, told by its own words.

use copr_types::Phase;
use copr_wire::builder::BuildRepo;

use crate::end::{self, End};

/// What kind of "no" it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// What is asked for does not exist or does not fit together.
    Unresolvable,
    /// A mirror, the network, a name server.
    Network,
    /// A repository that the user added can not be read.
    UsersRepository,
    /// A package or metadata is not signed as it has to be.
    Signature,
    /// Anything else.
    Unknown,
}

const UNRESOLVABLE: [&str; 9] = [
    "No matching package to install",
    "No match for argument",
    "Unable to find a match",
    "nothing provides",
    "conflicting requests",
    "Missing groups or modules",
    "Unable to resolve argument",
    "Not all dependencies satisfied",
    "cannot install both",
];
const NETWORK: [&str; 11] = [
    "Failed to download metadata",
    "Cannot download",
    "Error downloading packages",
    "Curl error",
    "Could not resolve host",
    "Status code: ",
    "All mirrors were already tried",
    "Cannot prepare internal mirrorlist",
    "No URLs in mirrorlist",
    "Connection refused",
    "Timeout was reached",
];

/// Reads the package manager's output.
pub(crate) fn cause(output: &str, repos: &[BuildRepo]) -> Cause {
    let has = |words: &[&str]| words.iter().any(|word| output.contains(word));
    if has(&["GPG check FAILED", "Bad GPG signature", "GPG signature", "is not signed", "public key"]) {
        return Cause::Signature;
    }
    if has(&NETWORK) {
        // A project's own repositories are ours; the others were named by the user.
        let users = repos.iter().filter(|repo| !repo.id.starts_with("copr_"));
        let broken = |repo: &BuildRepo| {
            let quoted = format!("repo '{}'", repo.id);
            output.lines().any(|line| line.contains(&quoted) && line.contains("Failed to download metadata"))
        };
        let for_ever = ["Status code: 404", "Status code: 403", "Could not resolve host", "Status code: 410"];
        return match users.filter(|repo| broken(repo)).count() {
            0 => Cause::Network,
            _ if has(&for_ever) => Cause::UsersRepository,
            _ => Cause::Network,
        };
    }
    if has(&UNRESOLVABLE) {
        return Cause::Unresolvable;
    }
    Cause::Unknown
}

/// The lines that say what is wrong.
pub(crate) fn problem(output: &str) -> String {
    let telling = |line: &&str| {
        let line = line.trim_start();
        let begins = ["Error", "Problem", "- ", "No match", "No matching", "nothing provides", "Status code", "Curl"];
        (begins.iter().any(|begin| line.starts_with(begin)) || line.contains("is not signed"))
            && !line.starts_with("Error: GPG check")
    };
    let mut lines: Vec<&str> = output.lines().filter(telling).map(str::trim_end).collect();
    lines.dedup();
    if lines.is_empty() {
        lines = output.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
        lines.reverse();
    }
    let mut text = lines[..lines.len().min(12)].join("\n");
    text.truncate(text.char_indices().nth(2000).map_or(text.len(), |(at, _)| at));
    text
}

/// The failure of a build whose buildroot or dependencies could not be installed.
pub(crate) fn failure(cause: Cause, phase: Phase, output: &str) -> End {
    let problem = problem(output);
    let base = phase == Phase::Buildroot;
    match cause {
        Cause::Unresolvable if base => {
            end::infrastructure(phase, format!("the packages of the chroot can not be installed:\n{problem}"))
        }
        Cause::Unresolvable => end::user(
            phase,
            format!(
                "the build dependencies can not be installed:\n{problem}\nhint: build what is missing in this project \
                 first, or add a repository that has it"
            ),
        ),
        Cause::UsersRepository => {
            end::user(phase, format!("a repository that the project adds can not be read:\n{problem}"))
        }
        Cause::Network => end::infrastructure(phase, format!("a repository could not be reached:\n{problem}")),
        Cause::Signature if base => end::infrastructure(phase, format!("a signature is missing or bad:\n{problem}")),
        Cause::Signature => end::user(phase, format!("a package's signature is missing or bad:\n{problem}")),
        Cause::Unknown => end::infrastructure(phase, format!("the package manager failed:\n{problem}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repo(id: &str) -> BuildRepo {
        BuildRepo {
            id: id.into(),
            name: id.into(),
            baseurl: "http://example.org".into(),
            priority: None,
            module_hotfixes: None,
            gpgkey: None,
            revision: None,
        }
    }

    #[test]
    fn the_words_of_dnf_are_understood() {
        let cases = [
            ("No matching package to install: 'gone'\nError: Some packages could not be found.\n", Cause::Unresolvable),
            ("Error: \n Problem: conflicting requests\n  - nothing provides x needed by y\n", Cause::Unresolvable),
            (
                "Errors during downloading metadata for repository 'mini':\n  - Status code: 503 for http://x\nError: \
              Failed to download metadata for repo 'mini': Cannot download repomd.xml",
                Cause::Network,
            ),
            (
                "  - Status code: 404 for http://x\nError: Failed to download metadata for repo 'extra': y",
                Cause::UsersRepository,
            ),
            (
                "  - Status code: 404 for http://x\nError: Failed to download metadata for repo 'copr_base': y",
                Cause::Network,
            ),
            ("Package x.rpm is not signed\nError: GPG check FAILED\n", Cause::Signature),
            ("Traceback (most recent call last)\n", Cause::Unknown),
        ];
        for (output, expected) in cases {
            assert_eq!(cause(output, &[repo("extra"), repo("copr_base")]), expected, "{output}");
        }
    }

    #[test]
    fn the_problem_is_told_in_the_package_managers_own_words() {
        let output = "mini  1 kB/s\nDependencies resolved.\nError: \n Problem: conflicting requests\n  - nothing provides \
                      x needed by y\n(try to add '--skip-broken' to skip)\n";
        assert_eq!(problem(output), "Error:\n Problem: conflicting requests\n  - nothing provides x needed by y");
    }
}
