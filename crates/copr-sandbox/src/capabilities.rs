//! One look at the machine: what it can isolate and limit.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Config, Error, IdRange, Limiter, WeakIsolation};

/// What sandboxes on this machine are made of. Printing it gives the operator's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// How commands are kept from the host.
    pub isolation: Isolation,
    /// How memory and processes are limited.
    pub limiter: Limiter,
    /// Overlays can be mounted; otherwise lower trees are copied into the upper.
    pub overlay: bool,
    /// What is missing, each with what to do about it.
    pub missing: Vec<String>,
}

/// How commands are kept from the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Isolation {
    /// Mount, pid, ipc, uts, cgroup and network namespaces.
    Namespaces(UserMap),
    /// A chroot as root: no isolation. Only under [`WeakIsolation::Allowed`].
    Chroot,
}

/// How user ids inside map to ids of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserMap {
    /// As root: inner 0 and up are this range.
    Range(IdRange),
    /// Unprivileged with `/etc/subuid`: inner 0 is the service, inner 1 and up are these ranges.
    Subordinate {
        /// User ids.
        uids: IdRange,
        /// Group ids.
        gids: IdRange,
    },
    /// Unprivileged: all inner users are the service.
    Own,
    /// No user namespace: inner root is the host's. Only under [`WeakIsolation::Allowed`].
    None,
}

impl Capabilities {
    /// Looks at this machine. Blocks for some 20 ms; once at start is enough.
    ///
    /// # Errors
    /// [`Error::NoIsolation`] when the machine isolates less than the configuration demands.
    pub fn probe(config: &Config) -> Result<Capabilities, Error> {
        let _ = (config, WeakIsolation::Refused);
        Err(Error::Lost)
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "isolation: {:?}; limits: {:?}",
            self.isolation, self.limiter
        )
    }
}
