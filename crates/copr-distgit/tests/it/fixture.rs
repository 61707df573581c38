//! A package's repository in a directory of a test's own.

use copr_distgit::{Branch, Commit, Error, Imported, Repository};
use std::path::{Path, PathBuf};

pub struct Place {
    pub dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { dir: copr_testkit::temp_dir() }
    }

    pub fn cache(&self) -> PathBuf {
        self.dir.path().join("look-aside")
    }

    pub fn repository(&self, name: &str) -> Repository {
        Repository::at(self.dir.path().join("dist-git/alice/hello").join(format!("{name}.git")), self.cache())
    }
}

pub fn branch(chroot: &str) -> Branch {
    Branch::of(&chroot.parse().unwrap())
}

pub fn f(version: u32) -> Branch {
    branch(&format!("fedora-{version}-x86_64"))
}

/// Imports files, as one build after the other does.
pub fn import(repository: &Repository, branches: &[Branch], files: &[(&str, &[u8])]) -> Result<Imported, Error> {
    let mut import = repository.import()?;
    for (name, mut bytes) in files.iter().copied() {
        import.add(&[name], name.ends_with(".sh"), bytes.len() as u64, &mut bytes)?;
    }
    import.commit(branches, &commit("automatic import of hello-1.0-1"))
}

pub fn commit(message: &str) -> Commit {
    Commit { author: "alice".to_owned(), email: String::new(), time: 1_700_000_000, message: message.to_owned() }
}

/// What git says in a directory.
pub fn git(dir: &Path, arguments: &[&str]) -> String {
    let mut git = copr_testkit::command("git");
    // Nothing of this machine's settings.
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    copr_testkit::output(git.arg("-C").arg(dir).args(arguments)).trim_end().to_owned()
}

/// git finds nothing wrong, and everything that is there is reached from a branch.
pub fn sound(repository: &Repository) {
    let said = git(repository.path(), &["fsck", "--strict", "--full", "--no-progress"]);
    assert_eq!(said, "", "{}", repository.path().display());
}
