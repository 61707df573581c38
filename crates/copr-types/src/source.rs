//! Where a build's source comes from. Numbers and words are those of the Copr API.

use crate::word::words;
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $number:literal $word:literal),* $(,)?) => {
        /// The kind of a source.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum SourceKind {
            $($(#[$doc])* $variant,)*
        }

        impl SourceKind {
            /// The word on the wire and in the database (`source_type`).
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Copr's number (`BuildSourceEnum`).
            pub fn number(self) -> i64 {
                match self { $(Self::$variant => $number,)* }
            }

            /// Reads the word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl TryFrom<String> for SourceKind {
            type Error = crate::UnknownWord;
            fn try_from(word: String) -> Result<Self, crate::UnknownWord> {
                Self::from_word(&word).ok_or(crate::UnknownWord(word))
            }
        }
    };
}

kinds! {
    /// None configured.
    Unset = 0 "unset",
    /// An SRPM or spec file by URL.
    Link = 1 "link",
    /// An uploaded SRPM or spec file.
    Upload = 2 "upload",
    /// A project on PyPI.
    Pypi = 5 "pypi",
    /// A gem on RubyGems.
    Rubygems = 6 "rubygems",
    /// A git or Subversion repository.
    Scm = 8 "scm",
    /// A script that makes the sources.
    Custom = 9 "custom",
    /// A package in a dist-git.
    Distgit = 10 "distgit",
    /// Binary packages built elsewhere.
    RpmUpload = 11 "rpm_upload",
}

words! {
    /// What keeps the sources of an SCM build.
    ScmType {
        /// Git.
        Git = "git",
        /// Subversion.
        Svn = "svn",
    }
}

words! {
    /// How a checkout becomes a source package.
    SrpmMethod {
        /// `rpkg srpm`.
        Rpkg = "rpkg",
        /// `tito build --srpm` of the last tag.
        Tito = "tito",
        /// `tito build --srpm --test` of the last commit.
        TitoTest = "tito_test",
        /// The target `srpm` of `.copr/Makefile`.
        MakeSrpm = "make_srpm",
    }
}

words! {
    /// What writes the spec file of a PyPI project.
    SpecGenerator {
        /// pyp2spec.
        Pyp2spec = "pyp2spec",
        /// pyp2rpm.
        Pyp2rpm = "pyp2rpm",
    }
}

/// A git or Subversion repository. Texts are as the user wrote them: whoever gives them to a program keeps them from
/// being taken for options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scm {
    /// What it is.
    #[serde(rename = "type")]
    pub scm_type: ScmType,
    /// Where it is; may hold a password.
    pub clone_url: String,
    /// Branch, tag or commit; the default branch when none.
    pub committish: Option<String>,
    /// Directory of the package in it.
    pub subdirectory: Option<String>,
    /// Path of the spec file in the directory, ending in `.spec`; found by itself when none.
    pub spec: Option<String>,
    /// How the source package is made.
    pub srpm_build_method: SrpmMethod,
}

/// A project on PyPI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pypi {
    /// Its name.
    pub pypi_package_name: String,
    /// The version; the newest when none.
    pub pypi_package_version: Option<String>,
    /// What writes the spec file.
    pub spec_generator: SpecGenerator,
    /// Template of pyp2rpm: empty, `fedora`, `epel7`, `mageia` or `pld`.
    pub spec_template: String,
    /// Major versions of Python: `3`, `2`.
    pub python_versions: Vec<String>,
}

/// A gem on RubyGems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rubygems {
    /// Its name.
    pub gem_name: String,
}

/// A script that makes the sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custom {
    /// The script, at most 4096 characters.
    pub script: String,
    /// The chroot it runs in; in packages also `fedora-latest-<arch>`.
    pub chroot: String,
    /// Packages that the script needs, split by blanks.
    pub builddeps: Option<String>,
    /// Where the script leaves the sources, under its working directory.
    pub resultdir: Option<String>,
    /// Repositories for the packages that it needs, one per line.
    pub repos: String,
}

/// A package in a dist-git.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distgit {
    /// Where the package's repository is.
    pub clone_url: String,
    /// The instance, when the user named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distgit: Option<String>,
    /// Namespace of the package, where the instance has such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Branch, tag or commit; the default branch when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committish: Option<String>,
}

/// A binary package that was built elsewhere and uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RpmUpload {
    /// The upload directory's name.
    pub tmp: String,
    /// Names of the files in it: one.
    pub files: Vec<String>,
}

/// A source with all it needs. Serialized it has the keys that the API shows as `source_dict`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Source {
    /// None configured.
    Unset {},
    /// By URL.
    Link {
        /// `http` or `https`, ending in `.src.rpm`, `.nosrc.rpm` or `.spec`; may hold a password.
        url: String,
    },
    /// Uploaded; the file waits in the server's upload area.
    Upload {
        /// Where clients can fetch it.
        url: String,
        /// The file's name.
        pkg: String,
        /// The upload directory's name.
        tmp: String,
    },
    /// From PyPI.
    Pypi(Pypi),
    /// From RubyGems.
    Rubygems(Rubygems),
    /// From git or Subversion.
    Scm(Scm),
    /// Made by a script.
    Custom(Custom),
    /// From a dist-git.
    Distgit(Distgit),
    /// Ready.
    RpmUpload(RpmUpload),
}

impl Source {
    /// Its kind.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Unset {} => SourceKind::Unset,
            Self::Link { .. } => SourceKind::Link,
            Self::Upload { .. } => SourceKind::Upload,
            Self::Pypi(_) => SourceKind::Pypi,
            Self::Rubygems(_) => SourceKind::Rubygems,
            Self::Scm(_) => SourceKind::Scm,
            Self::Custom(_) => SourceKind::Custom,
            Self::Distgit(_) => SourceKind::Distgit,
            Self::RpmUpload(_) => SourceKind::RpmUpload,
        }
    }

    /// The source as everybody may see it: addresses without the names and passwords in them.
    pub fn public(&self) -> Self {
        let mut public = self.clone();
        match &mut public {
            Self::Link { url } => *url = without_passwords(url),
            Self::Scm(scm) => scm.clone_url = without_passwords(&scm.clone_url),
            Self::Distgit(distgit) => distgit.clone_url = without_passwords(&distgit.clone_url),
            Self::Custom(custom) => custom.repos = without_passwords(&custom.repos),
            Self::Unset {} | Self::Upload { .. } | Self::Pypi(_) | Self::Rubygems(_) | Self::RpmUpload(_) => {}
        }
        public
    }
}

/// A text in which every address has lost its user name and password: for logs and for everything that others can see.
///
/// ```
/// use copr_types::source::without_passwords;
///
/// assert_eq!(without_passwords("from https://me:secret@host/a@b.spec"), "from https://…@host/a@b.spec");
/// ```
pub fn without_passwords(text: &str) -> String {
    let (mut safe, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        safe.push_str(before);
        let end = after.find(|c: char| "/?#\\`'\"<>".contains(c) || c.is_whitespace()).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(at) => {
                safe.push('…');
                &after[at..]
            }
            None => after,
        };
    }
    safe.push_str(rest);
    safe
}

#[cfg(test)]
mod tests {
    use super::{Custom, Scm, ScmType, Source, SrpmMethod, without_passwords};

    #[test]
    fn what_others_see_of_a_source_has_no_passwords() {
        let scm = Source::Scm(Scm {
            scm_type: ScmType::Git,
            clone_url: "https://me:secret@host.org/a.git".to_owned(),
            committish: None,
            subdirectory: None,
            spec: None,
            srpm_build_method: SrpmMethod::TitoTest,
        });
        let Source::Scm(shown) = scm.public() else { panic!("another kind") };
        assert_eq!(shown.clone_url, "https://…@host.org/a.git");
        assert_eq!((shown.scm_type.as_str(), shown.srpm_build_method.as_str()), ("git", "tito_test"));
        let custom = Source::Custom(Custom {
            script: "x".to_owned(),
            chroot: "c".to_owned(),
            builddeps: None,
            resultdir: None,
            repos: "http://t@a.org/\ncopr://me/p".to_owned(),
        });
        let Source::Custom(shown) = custom.public() else { panic!("another kind") };
        assert_eq!(shown.repos, "http://…@a.org/\ncopr://me/p");
    }

    #[test]
    fn passwords_in_addresses_are_for_nobody_else() {
        for (text, safe) in [
            ("nothing", "nothing"),
            ("http://host/x", "http://host/x"),
            ("http://u:p@host/x", "http://…@host/x"),
            ("http://u:p@q@host:1/x@y", "http://…@host:1/x@y"),
            (
                "`http://t@a` leads to https://u:p@b?c and file:///x@y",
                "`http://…@a` leads to https://…@b?c and file:///x@y",
            ),
        ] {
            assert_eq!(without_passwords(text), safe);
        }
    }
}
