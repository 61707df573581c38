//! Name, epoch, version, release and architecture of one package.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, evr};

/// Name, epoch, version, release, architecture. Source packages have the architecture `src`
/// (`nosrc` when sources are left out), whatever machine they were made on.
///
/// One that [`crate::header`] returned has been checked: see [`Nevra::check`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Nevra {
    /// `hello`
    pub name: String,
    /// None when the package states none, which compares as 0.
    pub epoch: Option<u32>,
    /// `2.12.1`, `1.0~rc1`
    pub version: String,
    /// `3.fc44`
    pub release: String,
    /// `x86_64`, `noarch`, `src`
    pub arch: String,
}

impl Nevra {
    /// Reads what [`Nevra`]'s `Display` writes: `name-[epoch:]version-release.arch`. `None` when it is no such text.
    ///
    /// ```
    /// let nevra = copr_rpm::Nevra::parse("hello-libs-1:2.0~rc1-3.fc44.x86_64").unwrap();
    /// assert_eq!((nevra.name.as_str(), nevra.evr().as_str(), nevra.arch.as_str()), ("hello-libs", "1:2.0~rc1-3.fc44", "x86_64"));
    /// assert!(copr_rpm::Nevra::parse("hello").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Nevra> {
        // Names may hold all of the characters that part them from the rest; nothing behind them may.
        let (rest, arch) = text.rsplit_once('.')?;
        let (rest, release) = rest.rsplit_once('-')?;
        let (name, version) = rest.rsplit_once('-')?;
        let (epoch, version) = match version.split_once(':') {
            Some((epoch, version)) => (Some(epoch.parse().ok()?), version),
            None => (None, version),
        };
        let own = str::to_owned;
        let nevra = Nevra { name: own(name), epoch, version: own(version), release: own(release), arch: own(arch) };
        nevra.check().is_ok().then_some(nevra)
    }

    /// `[epoch:]version-release`, as Copr shows a package's version.
    pub fn evr(&self) -> String {
        match self.epoch {
            Some(epoch) => format!("{epoch}:{}-{}", self.version, self.release),
            None => format!("{}-{}", self.version, self.release),
        }
    }

    /// The name under which rpmbuild writes the package: `name-version-release.arch.rpm`.
    pub fn file_name(&self) -> String {
        format!("{}-{}-{}.{}.rpm", self.name, self.version, self.release, self.arch)
    }

    /// Compares epoch, version and release the way rpm does; name and architecture play no part.
    pub fn compare_evr(&self, other: &Nevra) -> Ordering {
        evr::compare((self.epoch, &self.version, &self.release), (other.epoch, &other.version, &other.release))
    }

    /// Refuses what rpmbuild would never write. The rules are those of rpm's preamble parser: a name
    /// holds letters, digits and `-._+`, version and release also `~` and `^` but no `-`. So none
    /// of them can leave a directory, hide in a log, or need quoting.
    pub fn check(&self) -> Result<(), Error> {
        let name_rule = "letters, digits and -._+ only, beginning with a letter, a digit or _";
        let version_rule = "letters, digits and ._+~^ only";
        let first = self.name.bytes().next();
        let begins_well = first.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !begins_well || !only(&self.name, b"-._+") {
            return Err(refuse("name", &self.name, name_rule));
        }
        for (part, value) in [("version", &self.version), ("release", &self.release)] {
            if value.is_empty() || !only(value, b"._+~^") {
                return Err(refuse(part, value, version_rule));
            }
        }
        if self.arch.is_empty() || !only(&self.arch, b"_") {
            return Err(refuse("architecture", &self.arch, "letters, digits and _ only"));
        }
        // 255 is the longest name that file systems take; `.rpm` must fit too.
        if self.file_name().len() > 255 {
            return Err(refuse("name", &self.name, "the package's file name is longer than 255 bytes"));
        }
        Ok(())
    }
}

fn only(text: &str, extra: &[u8]) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.contains(&byte))
}

fn refuse(part: &'static str, value: &str, rule: &'static str) -> Error {
    Error::BadName { part, value: value.to_owned(), rule }
}

impl fmt::Display for Nevra {
    /// `name-epoch:version-release.arch`, without the epoch when there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.{}", self.name, self.evr(), self.arch)
    }
}
