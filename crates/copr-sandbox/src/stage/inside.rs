//! Finding and making paths inside a foreign tree from outside, where its symbolic links would
//! lead into the host: the kernel resolves them as if the tree were `/` (openat2(2)).

use std::{
    os::fd::{AsFd, AsRawFd, OwnedFd},
    path::{Component, Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat, openat2},
    sys::stat::{Mode, fstat, mkdirat},
    unistd::{Gid, Uid, UnlinkatFlags, fchownat, unlinkat},
};

use super::message::Failure;

/// An open tree that will become a root.
pub(crate) struct Inside {
    root: OwnedFd,
    /// Owner of what is made on the way.
    owner: (Uid, Gid),
}

impl Inside {
    pub fn new(root: OwnedFd, owner: (Uid, Gid)) -> Inside {
        Inside { root, owner }
    }

    pub fn root(&self) -> &OwnedFd {
        &self.root
    }

    /// What is at this path.
    pub fn find(&self, path: &Path) -> nix::Result<OwnedFd> {
        let how = OpenHow::new()
            .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        openat2(&self.root, path, how)
    }

    /// The directory at this path, made with its parents when missing.
    pub fn directory(&self, path: &Path) -> Result<OwnedFd, Failure> {
        let doing = || format!("make the directory `{}` inside", path.display());
        let mut so_far = PathBuf::from("/");
        let mut directory = self.find(&so_far).map_err(Failure::of(doing()))?;
        for part in path.components() {
            let Component::Normal(name) = part else {
                continue;
            };
            so_far.push(name);
            directory = match self.find(&so_far) {
                Ok(found) => found,
                Err(Errno::ENOENT) => {
                    mkdirat(&directory, name, Mode::from_bits_truncate(0o755)).map_err(Failure::of(doing()))?;
                    let made = self.find(&so_far).map_err(Failure::of(doing()))?;
                    change_owner(&made, self.owner).map_err(Failure::of(doing()))?;
                    made
                }
                Err(error) => return Err(Failure::of(doing())(error)),
            };
        }
        Ok(directory)
    }

    /// The file at this path, made empty when missing; a dangling symbolic link is replaced.
    pub fn file(&self, path: &Path) -> Result<OwnedFd, Failure> {
        match self.find(path) {
            Ok(found) => return Ok(found),
            Err(Errno::ENOENT) => {}
            Err(error) => return Err(Failure::of(doing_file(path))(error)),
        }
        let name = path.file_name().ok_or_else(|| Failure::of(doing_file(path))("no name"))?;
        let parent = self.directory(path.parent().unwrap_or(Path::new("/")))?;
        let _ = unlinkat(&parent, name, UnlinkatFlags::NoRemoveDir);
        let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let made =
            openat(&parent, name, flags, Mode::from_bits_truncate(0o644)).map_err(Failure::of(doing_file(path)))?;
        change_owner(&made, self.owner).map_err(Failure::of(doing_file(path)))?;
        self.find(path).map_err(Failure::of(doing_file(path)))
    }
}

fn doing_file(path: &Path) -> String {
    format!("make the file `{}` inside", path.display())
}

/// Changes the owner of what is open.
pub(crate) fn change_owner(what: impl AsFd, (uid, gid): (Uid, Gid)) -> nix::Result<()> {
    let found = fstat(&what)?;
    if (found.st_uid, found.st_gid) == (uid.as_raw(), gid.as_raw()) {
        return Ok(());
    }
    fchownat(what, "", Some(uid), Some(gid), AtFlags::AT_EMPTY_PATH)
}

/// A path that means an open file as long as it is open, whatever happens to its name; mount(2)
/// follows it.
pub(crate) fn path_of(what: &OwnedFd) -> PathBuf {
    format!("/proc/self/fd/{}", what.as_raw_fd()).into()
}
