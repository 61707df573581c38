//! The tree of the root itself: an overlay, a directory, or an empty file system.

use std::{
    fs,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process,
};

use nix::{
    mount::{MsFlags, mount},
    sys::stat::fstat,
    unistd::Uid,
};

use super::{
    ids::Ids,
    inside::{change_owner, path_of},
    message::{Failure, Run},
    mounts::{base, bind, open_path, remount},
};
use crate::{Root, User};

/// Marks an upper that holds a whole tree, because lowers were copied: lowers below it are ignored.
const WHOLE: &str = ".copr-sandbox-whole-tree";

/// Mounts the root on `base` and opens it.
pub(crate) fn mount_root(run: &Run, ids: Ids, base: &Path) -> Result<OwnedFd, Failure> {
    match &run.spec.root {
        Root::HostTools => {
            let (uid, gid) = ids.owner(User::Root);
            let size = run.spec.limits.disk.map_or(String::new(), |size| format!(",size={size}"));
            let options = format!("mode=755,uid={uid},gid={gid}{size}");
            let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
            mount(Some("tmpfs"), base, Some("tmpfs"), flags, Some(options.as_str()))
                .map_err(Failure::of("mount an empty root"))?;
        }
        Root::Tree(path) => mount_tree(path, ids, base)?,
        Root::Overlay { lowers, upper, work } => {
            if !run.overlay {
                copy_lowers(lowers, upper)?;
                mount_tree(upper, ids, base)?;
            } else {
                mount_overlay(lowers, upper, work, ids, base)?;
            }
        }
    }
    open_path(base)
}

/// Makes the tree's top directory belong to somebody inside.
pub(crate) fn own_top(tree: &OwnedFd, ids: Ids) -> Result<(), Failure> {
    let doing = "own the top directory of the root";
    let found = fstat(tree).map_err(Failure::of(doing))?;
    if ids.must_change(User::Root, found.st_uid) {
        change_owner(tree, ids.owner(User::Root)).map_err(Failure::of(doing))?;
    }
    Ok(())
}

fn mount_tree(path: &Path, ids: Ids, base: &Path) -> Result<(), Failure> {
    let tree = open_path(path)?;
    own_top(&tree, ids)?;
    let doing = || format!("bind the root `{}`", path.display());
    bind(&tree, base).map_err(Failure::of(doing()))?;
    remount(base, MsFlags::MS_NODEV).map_err(Failure::of(doing()))
}

fn mount_overlay(lowers: &[PathBuf], upper: &Path, work: &Path, ids: Ids, base: &Path) -> Result<(), Failure> {
    fs::create_dir_all(upper).map_err(Failure::of(format!("make `{}`", upper.display())))?;
    empty(work)?;
    let lowers = lowers.iter().map(|path| open_path(path)).collect::<Result<Vec<_>, _>>()?;
    let (upper, work) = (open_path(upper)?, open_path(work)?);
    own_top(&upper, ids)?;
    own_top(&work, ids)?;
    let lower = lowers.iter().map(|fd| path_of(fd).display().to_string()).collect::<Vec<_>>();
    let mut options = format!(
        "lowerdir={},upperdir={},workdir={}",
        lower.join(":"),
        path_of(&upper).display(),
        path_of(&work).display()
    );
    if !Uid::effective().is_root() || in_user_namespace() {
        // `trusted.` attributes are for the host's root alone (overlayfs.rst, "userxattr").
        options += ",userxattr";
    }
    let try_with =
        |options: String| mount(Some("overlay"), base, Some("overlay"), MsFlags::MS_NODEV, Some(options.as_str()));
    // Builds are repeated after a crash, never repaired: no fsync needs to reach the disk.
    try_with(format!("{options},volatile")).or_else(|_| try_with(options)).map_err(Failure::of("mount the overlay"))
}

/// Are our ids not the host's own?
fn in_user_namespace() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().collect::<Vec<_>>() != ["0", "0", "4294967295"]
}

/// A volatile overlay leaves a mark in its work directory that forbids the next mount.
fn empty(work: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(work) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::of(format!("empty `{}`", work.display()))(error));
        }
        _ => {}
    }
    fs::create_dir_all(work).map_err(Failure::of(format!("make `{}`", work.display())))
}

/// Where overlays cannot be mounted: the lowers, bottom first, copied into a new upper.
pub(crate) fn copy_lowers(lowers: &[PathBuf], upper: &Path) -> Result<(), Failure> {
    if upper.join(WHOLE).exists() {
        return Ok(());
    }
    fs::create_dir_all(upper).map_err(Failure::of(format!("make `{}`", upper.display())))?;
    let whole = lowers.iter().position(|lower| lower.join(WHOLE).exists());
    let needed = &lowers[..whole.map_or(lowers.len(), |index| index + 1)];
    for lower in needed.iter().rev() {
        let doing = || format!("copy `{}`", lower.display());
        let done = process::Command::new("cp")
            .args(["-a", "--reflink=auto", "--remove-destination", "-T", "--"])
            .args([lower.as_path(), upper])
            .stdin(process::Stdio::null())
            .status()
            .map_err(Failure::of(doing()))?;
        if !done.success() {
            return Err(Failure::of(doing())(done));
        }
    }
    fs::write(upper.join(WHOLE), "").map_err(Failure::of("mark the copied tree"))
}

/// Tries an overlay in a directory of the host: kernels and file systems differ.
pub(crate) fn try_overlay(directory: &Path, ids: Ids) -> Result<(), Failure> {
    let lower = directory.join("lower");
    fs::create_dir_all(&lower).map_err(Failure::of("make a lower tree"))?;
    let (upper, work) = (directory.join("upper"), directory.join("work"));
    mount_overlay(&[lower], &upper, &work, ids, base()?)?;
    let made = base()?.join("file");
    fs::write(&made, "").map_err(Failure::of("write into the overlay"))
}
