//! What the operator decides about sandboxes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Settings that hold for every command of one [`Sandbox`](crate::Sandbox).
#[derive(Debug, Clone)]
pub struct Config {
    /// The program that is re-executed as a stage: it must call
    /// [`main_if_child`](crate::main_if_child) first. `/proc/self/exe` unless told.
    pub stage: PathBuf,
    /// Where root's sandboxes keep their user ids on the host. Unprivileged services use
    /// `/etc/subuid`, or their own id alone.
    pub outer_ids: IdRange,
    /// Control groups are named `<prefix>-<pid>-<start>-<number>`.
    pub cgroup_prefix: String,
    /// What to do on machines without namespaces.
    pub weak_isolation: WeakIsolation,
    /// The host name that commands see.
    pub hostname: String,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            stage: "/proc/self/exe".into(),
            outer_ids: IdRange { first: 100_000, count: 65_536 },
            cgroup_prefix: "copr-sandbox".into(),
            weak_isolation: WeakIsolation::Refused,
            hostname: "localhost".into(),
        }
    }
}

/// A run of user ids (and group ids) of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRange {
    /// The id on the host that the first id of the range stands for.
    pub first: u32,
    /// How many follow; 65 536 covers every id that packages use.
    pub count: u32,
}

/// May foreign code run where the kernel cannot fence it in?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeakIsolation {
    /// No: making a sandbox fails and says what is missing.
    Refused,
    /// Yes: a chroot as root, or namespaces with the host's root inside. For tests in poor
    /// containers; never for packages of strangers.
    Allowed,
}
