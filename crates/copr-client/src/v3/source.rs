//! Where source packages come from: the same for one build and for a package of a project.

use serde::Serialize;

words! {
    /// A system for versions of sources.
    pub enum ScmType {
        /// Git.
        Git = "git",
        /// Subversion.
        Svn = "svn",
    }
}

words! {
    /// How a source package is made from a checkout.
    pub enum SourceBuildMethod {
        /// rpkg.
        Rpkg = "rpkg",
        /// tito, from the newest tag.
        Tito = "tito",
        /// tito, from the newest commit.
        TitoTest = "tito_test",
        /// `make srpm` of the checkout's `.copr/Makefile`.
        MakeSrpm = "make_srpm",
    }
}

words! {
    /// What writes spec files for packages of the Python Package Index.
    pub enum SpecGenerator {
        /// pyp2spec.
        Pyp2spec = "pyp2spec",
        /// pyp2rpm.
        Pyp2rpm = "pyp2rpm",
    }
}

options! {
    /// Git or Subversion.
    pub struct Scm {
        /// The address of the repository.
        text clone_url,
        /// A branch, tag or commit.
        text committish,
        /// The directory of the package in it.
        text subdirectory,
        /// The spec file, relative to that directory.
        text spec,
        /// Which system it is; Git unless told.
        value scm_type: ScmType,
        /// How the source package is made; by rpkg unless told.
        value source_build_method: SourceBuildMethod,
    }
}

impl Scm {
    /// A repository at an address.
    pub fn new(clone_url: impl Into<String>) -> Self {
        Self::default().clone_url(clone_url)
    }
}

options! {
    /// A distribution's dist-git.
    pub struct Distgit {
        /// The package's name there. A package of a project has the one that it has in the project.
        text package_name,
        /// Which one, by a name that the service has for it.
        text distgit,
        /// The part of it, such as `forks/alice`.
        text namespace,
        /// A branch, tag or commit.
        text committish,
    }
}

impl Distgit {
    /// A package by its name.
    pub fn new(package_name: impl Into<String>) -> Self {
        Self::default().package_name(package_name)
    }
}

options! {
    /// The Python Package Index.
    pub struct Pypi {
        /// The name there.
        text pypi_package_name,
        /// The version; the newest unless told.
        text pypi_package_version,
        /// What writes the spec file; pyp2spec unless told.
        value spec_generator: SpecGenerator,
        /// The template for it, such as `fedora`; of pyp2rpm only.
        text spec_template,
        /// The generations of Python, such as `3`.
        list python_versions,
    }
}

impl Pypi {
    /// A package by its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self::default().pypi_package_name(name)
    }
}

options! {
    /// RubyGems.
    pub struct Rubygems {
        /// The name there.
        text gem_name,
    }
}

impl Rubygems {
    /// A gem by its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self::default().gem_name(name)
    }
}

options! {
    /// A script that makes the sources.
    pub struct Custom {
        /// The script, 4 KiB at most.
        text script,
        /// The chroot that it runs in; the newest Fedora unless told.
        text chroot,
        /// Packages that it needs.
        list builddeps,
        /// The directory in which it leaves the sources, relative to where it runs.
        text resultdir,
        /// Repositories that those packages may come from.
        list repos,
    }
}

impl Custom {
    /// A script by its text.
    pub fn new(script: impl Into<String>) -> Self {
        Self::default().script(script)
    }
}

/// The kinds of sources and the word for each.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $word:literal,)+) => {
        /// Where a source package comes from.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        #[non_exhaustive]
        pub enum Source {
            $($(#[doc = $doc])+ $kind($kind),)+
        }

        impl Source {
            /// The word for its kind.
            pub(super) fn word(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $word,)+
                }
            }
        }

        $(impl From<$kind> for Source {
            fn from(source: $kind) -> Self {
                Self::$kind(source)
            }
        })+
    };
}

kinds! {
    /// Git or Subversion.
    Scm = "scm",
    /// A distribution's dist-git.
    Distgit = "distgit",
    /// The Python Package Index.
    Pypi = "pypi",
    /// RubyGems.
    Rubygems = "rubygems",
    /// A script.
    Custom = "custom",
}
