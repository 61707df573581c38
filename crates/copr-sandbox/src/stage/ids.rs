//! Which ids files must have on disk for the users inside.

use nix::unistd::{Gid, Uid};

use crate::{Isolation, User, UserMap};

/// The build user's id inside.
pub(crate) const BUILD: u32 = 1000;

/// Ids as seen by the stage while it makes the root.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    first: u32,
    count: u32,
    build: u32,
}

impl Ids {
    pub fn new(isolation: Isolation) -> Ids {
        match isolation {
            // Mounts are made before the user namespace is entered, with the host's ids.
            Isolation::Namespaces(UserMap::Range(range)) => {
                Ids { first: range.first, count: range.count, build: BUILD }
            }
            // Inner 0 is the only id; the build user is the same one seen from a nested namespace.
            Isolation::Namespaces(UserMap::Own) => Ids { first: 0, count: 1, build: 0 },
            Isolation::Namespaces(UserMap::Subordinate { uids, .. }) => {
                Ids { first: 0, count: uids.count + 1, build: BUILD }
            }
            Isolation::Namespaces(UserMap::None) | Isolation::Chroot => Ids { first: 0, count: u32::MAX, build: BUILD },
        }
    }

    /// The owner of files of this user.
    pub fn owner(self, user: User) -> (Uid, Gid) {
        let id = match user {
            User::Root => self.first,
            User::Build => self.first + self.build,
        };
        (Uid::from_raw(id), Gid::from_raw(id))
    }

    /// Must a writable place of this owner change hands before this user can write?
    pub fn must_change(self, user: User, owner: u32) -> bool {
        match user {
            User::Root => owner < self.first || owner - self.first >= self.count,
            User::Build => owner != self.owner(User::Build).0.as_raw(),
        }
    }
}
