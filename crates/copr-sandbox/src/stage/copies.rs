//! Binds where nothing can be mounted: copied in before, and out again after.

use std::{
    os::fd::{AsRawFd, OwnedFd},
    path::Path,
    process::{self, Command, Stdio},
};

use nix::sys::stat::fstat;

use super::{
    ids::Ids,
    inside::{Inside, change_owner, path_of},
    message::Failure,
    mounts::open_path,
};
use crate::{Bind, Root, User, command::Spec};

/// The directory that becomes the root of a chroot.
pub(crate) fn root_of(spec: &Spec) -> &Path {
    match &spec.root {
        Root::Tree(path) => path,
        Root::Overlay { upper, .. } => upper,
        Root::HostTools => Path::new("/"),
    }
}

/// Copies the source of a bind to its target. Those in the host's own root must be in place already.
pub(crate) fn bring_in(inside: &Inside, bind: &Bind, user: User, ids: Ids) -> Result<(), Failure> {
    if in_place(bind) && is_host(inside)? {
        return Ok(());
    }
    let doing = || format!("copy `{}` in", bind.source.display());
    if is_host(inside)? {
        return Err(Failure::of(doing())(
            "without mounts, host tools see a path only where it is; bind it to its own path",
        ));
    }
    let source = open_path(&bind.source)?;
    let target = if bind.source.is_dir() { inside.directory(&bind.target)? } else { inside.file(&bind.target)? };
    copy(&source, &target, &bind.source)?;
    if bind.writable && user == User::Build {
        let owner @ (uid, gid) = ids.owner(user);
        change_owner(&target, owner).map_err(Failure::of(doing()))?;
        let done = Command::new("chown")
            .args(["-R", "-h", &format!("{uid}:{gid}"), "--"])
            .arg(outer_path(&target) + if bind.source.is_dir() { "/." } else { "" })
            .status()
            .map_err(Failure::of(doing()))?;
        if !done.success() {
            return Err(Failure::of(doing())(done));
        }
    }
    Ok(())
}

/// Copies what a command left in its writable binds back to their sources.
pub(crate) fn bring_out(spec: &Spec, ids: Ids) -> Result<(), Failure> {
    let inside = Inside::new(open_path(root_of(spec))?, ids.owner(User::Root));
    if is_host(&inside)? {
        return Ok(());
    }
    for bind in spec.binds.iter().filter(|bind| bind.writable) {
        let doing = || format!("find `{}` again", bind.target.display());
        let target = inside.find(&bind.target).map_err(Failure::of(doing()))?;
        let source = open_path(&bind.source)?;
        copy(&target, &source, &bind.target)?;
    }
    Ok(())
}

fn in_place(bind: &Bind) -> bool {
    bind.source == bind.target
}

fn is_host(inside: &Inside) -> Result<bool, Failure> {
    let doing = "compare roots";
    let (ours, host) = (fstat(inside.root()), nix::sys::stat::stat("/"));
    let (ours, host) = (ours.map_err(Failure::of(doing))?, host.map_err(Failure::of(doing))?);
    Ok((ours.st_dev, ours.st_ino) == (host.st_dev, host.st_ino))
}

/// The contents of one open file or directory into another.
fn copy(from: &OwnedFd, to: &OwnedFd, name: &Path) -> Result<(), Failure> {
    let doing = || format!("copy `{}`", name.display());
    let found = fstat(from).map_err(Failure::of(doing()))?;
    if found.st_mode & nix::libc::S_IFMT != nix::libc::S_IFDIR {
        return std::fs::copy(path_of(from), path_of(to)).map(drop).map_err(Failure::of(doing()));
    }
    let done = Command::new("cp")
        .args(["-a", "--reflink=auto", "--remove-destination", "--"])
        .arg(outer_path(from) + "/.")
        .arg(outer_path(to) + "/")
        .stdin(Stdio::null())
        .status()
        .map_err(Failure::of(doing()))?;
    if done.success() { Ok(()) } else { Err(Failure::of(doing())(done)) }
}

/// What is open here, as another process can name it.
fn outer_path(what: &OwnedFd) -> String {
    format!("/proc/{}/fd/{}", process::id(), what.as_raw_fd())
}
