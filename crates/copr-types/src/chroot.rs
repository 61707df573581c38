//! Names of chroots: `<os>-<version>-<arch>`, split at the last two dashes.

use crate::InvalidName;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A chroot such as `fedora-44-x86_64` or `centos-stream-9-x86_64`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChrootName {
    full: String,
    os: usize,
    version: usize,
}

impl ChrootName {
    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.full
    }

    /// The distribution (`centos-stream`).
    pub fn os(&self) -> &str {
        &self.full[..self.os]
    }

    /// The release (`9`, `rawhide`).
    pub fn version(&self) -> &str {
        &self.full[self.os + 1..self.version]
    }

    /// The architecture (`x86_64`).
    pub fn arch(&self) -> &str {
        &self.full[self.version + 1..]
    }

    /// Distribution and release (`fedora-44`), the part that `.repo` addresses use.
    pub fn name_release(&self) -> &str {
        &self.full[..self.version]
    }
}

impl FromStr for ChrootName {
    type Err = InvalidName;

    fn from_str(s: &str) -> Result<Self, InvalidName> {
        let form = || InvalidName::Form {
            what: "chroot name",
            value: s.to_owned(),
            rule: "write `<distribution>-<version>-<architecture>`, for example `fedora-44-x86_64`",
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
        if !s.chars().all(allowed) || s.starts_with('.') || s.len() > 150 {
            return Err(form());
        }
        let version = s.rfind('-').ok_or_else(form)?;
        let os = s[..version].rfind('-').ok_or_else(form)?;
        if os == 0 || os + 1 == version || version + 1 == s.len() {
            return Err(form());
        }
        Ok(Self { full: s.to_owned(), os, version })
    }
}

impl TryFrom<String> for ChrootName {
    type Error = InvalidName;
    fn try_from(s: String) -> Result<Self, InvalidName> {
        s.parse()
    }
}

impl From<ChrootName> for String {
    fn from(name: ChrootName) -> Self {
        name.full
    }
}

impl fmt::Display for ChrootName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

/// How a repository is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RepoAddress {
    /// The repository itself.
    Baseurl,
    /// A metalink document.
    Metalink,
    /// A list of mirrors.
    Mirrorlist,
}

/// A repository that a buildroot installs from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistroRepo {
    /// Its section's name in dnf's configuration.
    pub id: String,
    /// What `url` is.
    pub kind: RepoAddress,
    /// The address; `$releasever` and `$basearch` are left to the package manager.
    pub url: String,
    /// Whether packages must be signed by `gpgkey`.
    #[serde(default)]
    pub gpgcheck: bool,
    /// Address of the key, when `gpgcheck`; several are separated by spaces, as in dnf's own configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpgkey: Option<String>,
    /// dnf's priority (lower wins).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Other options, passed to the package manager as they are.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub options: std::collections::BTreeMap<String, String>,
}

/// What makes a chroot's buildroot: the data of the catalogue. The default has nothing in it and makes none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChrootDefinition {
    /// The package manager that installs it (`dnf`, `dnf5`, `yum`, `zypper`).
    #[serde(default = "dnf")]
    pub package_manager: String,
    /// `$releasever`; empty where the chroot has none.
    pub releasever: String,
    /// What `rpmbuild --target` is given; the chroot's architecture unless said otherwise (`i386` → `i686`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Packages and `@groups` of the minimal buildroot.
    pub install: Vec<String>,
    /// `dnf module` commands before that, such as `enable nodejs:20`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<String>,
    /// Where the packages come from.
    pub repos: Vec<DistroRepo>,
    /// rpm macros of the chroot (without the leading `%`).
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub macros: std::collections::BTreeMap<String, String>,
    /// `module_platform_id` without its prefix, where the distribution has modules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_id: Option<String>,
    /// The container image that mock bootstraps from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Directory of the rpm database inside the root, where it is not the one its own rpm says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpmdb: Option<String>,
    /// A remark for the list of chroots.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

fn dnf() -> String {
    "dnf".to_owned()
}
