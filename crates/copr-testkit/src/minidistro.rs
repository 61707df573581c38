//! The mini distribution (`distro/`), made once per machine.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::{cache_dir, checkout, command, output};

/// Which Debian the distribution is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// Debian 12: rpm 4.18, gcc 12, `%dist` is `.deb12`.
    Bookworm,
    /// Debian 13: rpm 4.20, gcc 14, `%dist` is `.deb13`.
    Trixie,
}

impl Suite {
    /// The suite whose chroot has this name.
    pub fn from_chroot(chroot: &str) -> Option<Suite> {
        [Suite::Bookworm, Suite::Trixie].into_iter().find(|suite| suite.chroot() == chroot)
    }

    /// Debian's word for it, as `make-minidistro --suite` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Suite::Bookworm => "bookworm",
            Suite::Trixie => "trixie",
        }
    }

    /// The name of the chroot that builds for it.
    pub fn chroot(self) -> &'static str {
        match self {
            Suite::Bookworm => "debian-12-x86_64",
            Suite::Trixie => "debian-13-x86_64",
        }
    }
}

/// The repository of the suite's mini distribution in [`cache_dir`], made now if it is not there yet or
/// if `make-minidistro` has changed since.
///
/// The first call on a machine downloads some 100 MB from a Debian mirror and takes about 20 s; others
/// that ask meanwhile, in this process or another, wait for it.
///
/// # Panics
/// When it can't be made; the words are the script's own.
pub fn minidistro(suite: Suite) -> PathBuf {
    let cache = cache_dir().join("minidistro");
    let script = checkout().join("distro/make-minidistro");
    fs::create_dir_all(&cache).unwrap_or_else(|error| panic!("can't make `{}`: {error}", cache.display()));

    // Not the script's own lock, which it would wait for while we hold it.
    let lock = File::create(cache.join("testkit.lock"))
        .and_then(|file| file.lock().map(|()| file))
        .unwrap_or_else(|error| panic!("can't lock `{}`: {error}", cache.display()));

    let repository = cache.join(suite.chroot());
    let made_by = cache.join(format!("{}.made-by", suite.chroot()));
    if !is_made_by(&repository, &made_by, &script) {
        output(
            command(&script).arg("--suite").arg(suite.name()).arg("--out").arg(&repository).arg("--cache").arg(&cache),
        );
        fs::copy(&script, &made_by).unwrap_or_else(|error| panic!("can't write `{}`: {error}", made_by.display()));
    }
    drop(lock);
    repository
}

fn is_made_by(repository: &Path, made_by: &Path, script: &Path) -> bool {
    let same = |a: &Path, b: &Path| matches!((fs::read(a), fs::read(b)), (Ok(a), Ok(b)) if a == b);
    repository.join("repodata/repomd.xml").is_file() && same(made_by, script)
}
