//! The protocol between the server and its builders: HTTP and JSON under `/builder/v1`.
//!
//! A builder *leases*: it holds a task until a deadline that each heartbeat moves on, under a fencing number
//! that rises with each lease of the task. Every later call names the number; an old number, or a task that is gone,
//! is answered `409` and the builder drops the work.
//!
//! | call | body → answer |
//! |---|---|
//! | `POST lease` | [`LeaseRequest`] → 200 [`Lease`], or 204 when nothing came within `wait_seconds` |
//! | `POST tasks/{id}/heartbeat` | [`Beat`] → [`BeatAnswer`] |
//! | `PUT tasks/{id}/log?fence=&offset=` | raw bytes → [`LogAnswer`]; 409 with [`LogAnswer`] when `offset` is not the present size |
//! | `GET tasks/{id}/source?fence=` | → the uploaded file or a script's payload (source task) or the SRPM (RPM task), with `Content-Length` |
//! | `PUT tasks/{id}/files/{name}?fence=` | raw bytes, header `X-Content-SHA256` (hex) → 204; 400 when the digest differs; repeatable |
//! | `POST tasks/{id}/finish` | [`Finish`] → 204; to be repeated until an answer arrives, which is 409 when an earlier one had arrived |
//!
//! All with `Authorization: Bearer <builder token>`; 401 without. Times are seconds since the epoch.

use copr_types::source::{Pypi, Rubygems, Scm, ScmType, SpecGenerator, SrpmMethod};
use copr_types::{ChrootBootstrap, ChrootDefinition, ChrootName, Failure, Isolation, Phase};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Header with the SHA-256 of an uploaded file, lower-case hex.
pub const DIGEST_HEADER: &str = "x-content-sha256";

/// Name of the file that a script finds in its working directory when a web hook called for it: what was sent.
pub const HOOK_PAYLOAD: &str = "hook_payload";

/// "I am free": what a builder can do, and how long it will wait for a task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LeaseRequest {
    /// The builder's own name for people; one per process.
    pub builder: String,
    /// Architectures it builds for, as in chroot names (`x86_64`, `i386`); sources that need no chroot go to any.
    pub arches: Vec<String>,
    /// The isolation it has, in words, shown beside results.
    pub isolation: String,
    /// Programs that it can make sources with, as [`SourceInput::tools`] names them.
    #[serde(default)]
    pub tools: Vec<String>,
    /// What it is called besides: tasks can be for builders of certain names alone.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Memory that it has for all tasks that it does at one time, MiB; as much as one likes when none.
    #[serde(default)]
    pub memory_mib: Option<u64>,
    /// Longest wait for a task, in seconds (the server may answer sooner).
    pub wait_seconds: u64,
}

/// A task, held until `deadline`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lease {
    /// Number of the task.
    pub task_id: i64,
    /// Fencing number: to be named in every later call.
    pub fence: i64,
    /// When the lease ends unless a heartbeat comes.
    pub deadline: i64,
    /// Seconds between heartbeats that keep the lease comfortably.
    pub heartbeat_seconds: u64,
    /// The work.
    pub task: Task,
}

/// The work.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Task {
    /// Make the source package.
    Source(SourceTask),
    /// Build packages from it in one chroot.
    Rpm(RpmTask),
}

/// What both kinds of task know of their build.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BuildFacts {
    /// Number of the build.
    pub build_id: i64,
    /// Owner of the project (`user` or `@group`).
    pub owner: String,
    /// Name of the project.
    pub project: String,
    /// Directory of the project the results go to.
    pub dir: String,
    /// Who submitted it, where known.
    pub submitter: Option<String>,
    /// Limits.
    pub limits: TaskLimits,
    /// rpm macros of every rpmbuild call (without `%`), in this order: `vendor`, `buildtag`, `copr_username`, ….
    pub macros: Vec<(String, String)>,
}

/// Limits of one task. Zero means none.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskLimits {
    /// Seconds of wall time for the user's part (from the start of rpmbuild or of the fetch).
    pub timeout: u64,
    /// Memory, MiB, of all processes together.
    pub memory_mib: u64,
    /// Processes and threads at one time.
    pub processes: u64,
    /// Disk that the build may fill, MiB.
    pub disk_mib: u64,
    /// Size of the log, MiB; the build fails when it grows past that.
    pub log_mib: u64,
    /// Size of one downloaded or produced file, MiB.
    pub file_mib: u64,
}

/// Make the source package.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceTask {
    /// The build.
    #[serde(flatten)]
    pub build: BuildFacts,
    /// Where to begin.
    pub input: SourceInput,
    /// The chroot whose buildroot turns a spec file into an SRPM: the first of the build's chroots; for a script the one
    /// that it runs in.
    pub chroot: ChrootSpec,
}

/// Where a source task begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "lowercase")]
pub enum SourceInput {
    /// An SRPM or spec file at an address of the user's; fetched inside the sandbox.
    Url {
        /// The address.
        url: String,
        /// Name of the file, the last part of the path, already checked.
        file: String,
    },
    /// An SRPM or spec file that the server holds: `GET tasks/{id}/source`.
    Upload {
        /// Name of the file, already checked.
        file: String,
        /// Bytes.
        size: u64,
    },
    /// A git or Subversion repository.
    Scm(Checkout),
    /// A project on PyPI.
    Pypi(Pypi),
    /// A gem on RubyGems.
    Rubygems(Rubygems),
    /// A script that makes the sources in the task's chroot.
    Custom {
        /// The script.
        script: String,
        /// Name of the package, when it is known: the script finds it in `COPR_PACKAGE`.
        package: Option<String>,
        /// Packages to install before.
        builddeps: Vec<String>,
        /// Where the script leaves the sources, under its working directory; there when none.
        resultdir: Option<String>,
        /// Repositories to install from, besides the chroot's own.
        repos: Vec<BuildRepo>,
        /// Bytes of what a web hook was sent (`GET tasks/{id}/source`), which the script finds as [`HOOK_PAYLOAD`]
        /// where it begins; none when there is nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<u64>,
    },
    /// A package in a dist-git.
    Distgit {
        /// Address of the package's repository; may hold a password.
        clone_url: String,
        /// Branch, tag or commit; the default branch when none.
        committish: Option<String>,
        /// The package's name, as the address has it.
        package: String,
        /// Name of the instance.
        instance: String,
        /// Address of a file in the look-aside cache, in which `{filename}`, `{hashtype}` and `{hash}` are to be replaced
        /// by what the package's `sources` say.
        lookaside_url: String,
    },
    /// A kind of source that this program is too old for.
    #[serde(untagged)]
    Other {
        /// Its name.
        from: String,
    },
}

/// A git or Subversion repository, and what the server knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// What the user said.
    #[serde(flatten)]
    pub scm: Scm,
    /// When it is one of a dist-git that the server knows: where files of its look-aside cache are, as in
    /// [`SourceInput::Distgit`].
    #[serde(default)]
    pub lookaside_url: Option<String>,
}

impl SourceInput {
    /// The programs without which it can not be made.
    pub fn tools(&self) -> Vec<&'static str> {
        match self {
            Self::Scm(Checkout { scm, .. }) => {
                let client = match scm.scm_type {
                    ScmType::Git => "git",
                    ScmType::Svn => "svn",
                };
                match scm.srpm_build_method {
                    SrpmMethod::Rpkg | SrpmMethod::MakeSrpm => vec![client],
                    SrpmMethod::Tito | SrpmMethod::TitoTest => vec![client, "tito"],
                }
            }
            Self::Distgit { .. } => vec!["git"],
            Self::Pypi(pypi) => match pypi.spec_generator {
                SpecGenerator::Pyp2spec => vec!["pyp2spec"],
                SpecGenerator::Pyp2rpm => vec!["pyp2rpm"],
            },
            Self::Rubygems(_) => vec!["gem2rpm"],
            Self::Url { .. } | Self::Upload { .. } | Self::Custom { .. } | Self::Other { .. } => Vec::new(),
        }
    }

    /// Whether it can be made only where the task's chroot can be: by a builder for its architecture.
    pub fn needs_chroot(&self) -> bool {
        match self {
            Self::Scm(Checkout { scm, .. }) => {
                matches!(scm.srpm_build_method, SrpmMethod::Rpkg | SrpmMethod::MakeSrpm)
            }
            Self::Pypi(_) | Self::Custom { .. } | Self::Distgit { .. } => true,
            Self::Url { .. } | Self::Upload { .. } | Self::Rubygems(_) | Self::Other { .. } => false,
        }
    }

    /// The word for the kind of source.
    pub fn kind(&self) -> &str {
        match self {
            Self::Url { .. } => "url",
            Self::Upload { .. } => "upload",
            Self::Scm(_) => "scm",
            Self::Pypi(_) => "pypi",
            Self::Rubygems(_) => "rubygems",
            Self::Custom { .. } => "custom",
            Self::Distgit { .. } => "distgit",
            Self::Other { from } => from,
        }
    }
}

/// A chroot and how to make it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChrootSpec {
    /// Its name.
    pub name: ChrootName,
    /// The catalogue's data, frozen when the task was made.
    pub definition: ChrootDefinition,
}

/// Build packages in one chroot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RpmTask {
    /// The build.
    #[serde(flatten)]
    pub build: BuildFacts,
    /// The package's name.
    pub package: String,
    /// `[epoch:]version-release` of the source package.
    pub version: String,
    /// The source package: `GET tasks/{id}/source`.
    pub srpm: FileRef,
    /// The chroot.
    pub chroot: ChrootSpec,
    /// The project's own repositories and the external ones, enabled beside the chroot's.
    pub repos: Vec<BuildRepo>,
    /// Packages to install beside the minimal buildroot.
    pub additional_packages: Vec<String>,
    /// `rpmbuild --with`.
    pub with_opts: Vec<String>,
    /// `rpmbuild --without`.
    pub without_opts: Vec<String>,
    /// Whether rpmbuild may use the network.
    pub enable_net: bool,
    /// Module streams to enable (`nodejs:20`) or disable (`!nodejs:18`).
    pub modules: Vec<String>,
    /// How mock works; builders without it have one sandbox for all packages, and no bootstrap.
    #[serde(default)]
    pub mock: MockOptions,
}

/// What people choose of mock's ways; what is not there is left to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MockOptions {
    /// How it enters the chroot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// How it prepares the chroot's own package manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<ChrootBootstrap>,
    /// The image for a bootstrap from an image that the user names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_image: Option<String>,
}

/// A repository enabled during the build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildRepo {
    /// Section name.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Address; may hold the package manager's variables.
    pub baseurl: String,
    /// dnf's priority.
    pub priority: Option<i64>,
    /// Whether it may override modules.
    pub module_hotfixes: Option<bool>,
    /// Address of the key that signed it; with it packages and metadata are checked.
    pub gpgkey: Option<String>,
    /// What changes when the repository's content changes (the generation of one of ours), so that a builder knows
    /// whether what it keeps is fresh. `None`: ask the repository.
    pub revision: Option<String>,
}

/// A file by name, size and digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    /// A plain file name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// "I am still at it."
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Beat {
    /// The lease's fencing number.
    pub fence: i64,
    /// The phase it is in; the first beat with a phase says that work has started.
    pub phase: Option<Phase>,
}

/// The server's answer to a heartbeat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BeatAnswer {
    /// Stop the work, clean up and finish with [`Outcome::Canceled`].
    pub cancel: bool,
    /// The new deadline.
    pub deadline: i64,
}

/// Size of the log on the server after (or, with 409, instead of) a write.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogAnswer {
    /// Bytes.
    pub size: u64,
}

/// The end of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finish {
    /// The lease's fencing number.
    pub fence: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// Every file that was uploaded and is part of the result (also after a failure: logs).
    pub files: Vec<FileRef>,
    /// Seconds each phase took, by name, for statistics.
    #[serde(default)]
    pub timings: BTreeMap<String, f64>,
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "lowercase")]
pub enum Outcome {
    /// A source package, or packages, are uploaded.
    Succeeded {
        /// Name of the uploaded SRPM (both kinds of task).
        srpm: String,
    },
    /// No result.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// No result, and another try would bring none either: this task is beyond what builders can do.
    Unable {
        /// Why.
        failure: Failure,
    },
    /// Stopped because the server asked for it.
    Canceled,
    /// The builder gives the task back (it is shutting down): somebody else shall take it.
    Returned,
}
