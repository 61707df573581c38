//! Sources other than addresses and files: for one build, or for a package of a project.

use serde::Serialize;

use super::{BuildOptions, BuildsCreated, CoprClient, Error, ProjectName, Response};

options! {
    /// Git, by tito. (Old; [`Scm`] can do it, too.)
    pub struct Tito {
        /// The address of the repository.
        text git_url,
        /// The directory of the package in it.
        #[serde(rename = "git_directory")]
        text git_dir,
        /// A branch.
        text git_branch,
        /// From the newest commit, not the newest tag.
        value tito_test: bool,
    }
}

options! {
    /// Git or Subversion, by mock. (Old; [`Scm`] can do it, too.)
    pub struct Mock {
        /// The address of the repository.
        text scm_url,
        /// `git` or `svn`.
        text scm_type,
        /// A branch.
        text scm_branch,
        /// The directory of the package in it.
        text scm_subdir,
        /// The spec file.
        text spec,
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
        /// `git` or `svn`; git unless told.
        text scm_type,
        /// `rpkg`, `tito`, `tito_test` or `make_srpm`; rpkg unless told.
        text srpm_build_method,
    }
}

options! {
    /// The Python Package Index.
    pub struct Pypi {
        /// The name there.
        text pypi_package_name,
        /// The version; the newest unless told.
        text pypi_package_version,
        /// The template for the spec file, such as `fedora`.
        text spec_template,
        /// The generations of Python, such as `3`.
        list python_versions,
    }
}

options! {
    /// RubyGems.
    pub struct Rubygems {
        /// The name there.
        text gem_name,
    }
}

options! {
    /// A script that makes the sources.
    pub struct Custom {
        /// The script, 4 KiB at most.
        text script,
        /// The chroot that it runs in; the newest Fedora unless told.
        #[serde(rename = "chroot")]
        text script_chroot,
        /// Packages that it needs.
        #[serde(rename = "builddeps")]
        list script_builddeps,
        /// The directory in which it leaves the sources, relative to where it runs.
        #[serde(rename = "resultdir")]
        text script_resultdir,
    }
}

options! {
    /// A dist-git. (Old; [`Scm`] can do it, too.)
    pub struct Distgit {
        /// The address of the repository.
        text clone_url,
        /// A branch.
        text branch,
    }
}

/// The kinds of sources: the part that each has to have, its words in addresses, and its methods.
macro_rules! kinds {
    ($(
        $kind:ident($main:ident) build $build:ident $route:literal
            $(package $word:literal $add:ident $edit:ident)?;
    )+) => {
        /// Where a package of a project comes from.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        #[non_exhaustive]
        pub enum Source {
            $($(
                #[doc = concat!("As [`", stringify!($kind), "`] says; in addresses `", $word, "`.")]
                $kind($kind),
            )?)+
        }

        impl Source {
            /// The word for its kind.
            pub(super) fn word(&self) -> &'static str {
                match self {
                    $($(Self::$kind(_) => $word,)?)+
                }
            }
        }

        $(
            impl $kind {
                /// With what has to be said.
                pub fn new($main: impl Into<String>) -> Self {
                    Self::default().$main($main)
                }
            }

            impl CoprClient {
                #[doc = concat!("Builds what [`", stringify!($kind), "`] says.")]
                pub async fn $build(
                    &self,
                    project: impl Into<ProjectName>,
                    source: &$kind,
                    options: &BuildOptions,
                ) -> Result<Response<BuildsCreated>, Error> {
                    self.build_from(self.owned(project)?, &[$route], source, options).await
                }
            }

            $(
                impl From<$kind> for Source {
                    fn from(source: $kind) -> Self {
                        Self::$kind(source)
                    }
                }

                impl CoprClient {
                    #[doc = concat!("Adds a package that comes from what [`", stringify!($kind), "`] says.")]
                    pub async fn $add(
                        &self,
                        project: impl Into<ProjectName>,
                        package_name: &str,
                        source: $kind,
                        options: &super::PackageOptions,
                    ) -> Result<Response<super::PackageChanged>, Error> {
                        self.add_package(project, package_name, &source.into(), options).await
                    }

                    #[doc = concat!("Lets a package come from what [`", stringify!($kind), "`] says from now on.")]
                    pub async fn $edit(
                        &self,
                        project: impl Into<ProjectName>,
                        package_name: &str,
                        source: $kind,
                        options: &super::PackageOptions,
                    ) -> Result<Response<super::PackageChanged>, Error> {
                        self.edit_package(project, package_name, &source.into(), options).await
                    }
                }
            )?
        )+
    };
}

kinds! {
    Tito(git_url) build create_new_build_tito "new_build_tito"
        package "git_and_tito" add_package_tito edit_package_tito;
    Mock(scm_url) build create_new_build_mock "new_build_mock"
        package "mock_scm" add_package_mockscm edit_package_mockscm;
    Scm(clone_url) build create_new_build_scm "new_build_scm" package "scm" add_package_scm edit_package_scm;
    Pypi(pypi_package_name) build create_new_build_pypi "new_build_pypi"
        package "pypi" add_package_pypi edit_package_pypi;
    Rubygems(gem_name) build create_new_build_rubygems "new_build_rubygems"
        package "rubygems" add_package_rubygems edit_package_rubygems;
    Custom(script) build create_new_build_custom "new_build_custom"
        package "custom" add_package_custom edit_package_custom;
    Distgit(clone_url) build create_new_build_distgit "new_build_distgit";
}
