//! Version 1 of the API: the objects that its clients read, with the keys of the contract.
//!
//! Every answer is an object that says `output`: what succeeded is a [`Success`] around one of the other objects, what did
//! not is a [`Problem`]. Clients take `error` and `message` by name and fail without them.

mod build;
mod chroot;
mod monitor;
mod package;
mod project;

pub use build::{Build, BuildDetail, Builds, Status};
pub use chroot::{BuildConfig, BuildrootPackages, Chroot, OneBuildConfig, OneChroot, Repo};
pub use monitor::{Monitor, MonitoredBuild, MonitoredPackage};
pub use package::{ChangedPackage, OnePackage, Package, Packages};
pub use project::{Detail, FoundProject, ListedProject, ModifiedDetail, ModifiedProject, OneProject, Repos};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// As it should.
    Ok,
    /// Nothing was done.
    NotOk,
}

/// The answer of a call that did what it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Success<T> {
    /// `ok`.
    pub output: Output,
    /// What it says.
    #[serde(flatten)]
    pub rest: T,
}

impl<T> Success<T> {
    /// The answer that says this.
    pub fn new(rest: T) -> Self {
        Self { output: Output::Ok, rest }
    }
}

/// The answer of a call that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `notok`.
    pub output: Output,
    /// Why.
    pub error: Reason,
}

/// Why a call was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reason {
    /// In words.
    Text(String),
    /// What is wrong with which field: the form that calls about packages have.
    Fields(BTreeMap<String, Vec<String>>),
}

/// Nothing but that it succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The sentence.
    pub message: String,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Sources that are being taken in.
    pub importing: i64,
    /// Tasks that wait for a builder.
    pub waiting: i64,
    /// Tasks that builders work on.
    pub running: i64,
}
