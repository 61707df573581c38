//! Why something ended without a result: a class, a phase and a sentence.

use crate::word::words;
use serde::{Deserialize, Serialize};
use std::fmt;

words! {
    /// Whose fault it is.
    FailureClass {
        /// The package's own: its spec, its sources, its dependencies.
        User = "user",
        /// Ours, or of something we depend on. Tried again elsewhere; never shown as the package's fault.
        Infrastructure = "infrastructure",
        /// A limit of time, memory, processes, disk or log was reached.
        Resource = "resource",
        /// A rule of this service forbids it.
        Policy = "policy",
    }
}

words! {
    /// Where in its life a build was.
    Phase {
        /// Fetching what the user pointed at.
        Fetch = "fetch",
        /// Making the source package.
        Srpm = "srpm",
        /// Taking the source package in.
        Import = "import",
        /// Making the buildroot.
        Buildroot = "buildroot",
        /// Installing build dependencies.
        Builddeps = "builddeps",
        /// rpmbuild.
        Build = "build",
        /// Bringing results to the server.
        Upload = "upload",
        /// Verifying, signing, writing metadata.
        Publish = "publish",
    }
}

/// A failure as it is stored, shown and counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Whose fault.
    pub class: FailureClass,
    /// Where.
    pub phase: Phase,
    /// A sentence for the person who submitted the build.
    pub message: String,
}

impl Failure {
    /// A failure from its three parts.
    pub fn new(class: FailureClass, phase: Phase, message: impl Into<String>) -> Self {
        Self { class, phase, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.message, self.phase, self.class)
    }
}
