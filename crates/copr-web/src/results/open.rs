//! Opening what lies below a directory, one name at a time, following no symbolic link but the publisher's own:
//! `repodata`, which leads to a generation in `.repodata/` beside it, and `gen/<number>`, which lead to those that are kept.

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::Mode;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// An open file with what was true when it was opened. Whatever happens to its name, it stays the same file.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: File,
    pub(crate) meta: Metadata,
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Found {
    /// A regular file.
    File(OpenFile),
    /// A directory.
    Dir(OwnedFd),
}

/// The name of the link to the present generation, and of the directory with all of them.
pub(super) const LINK: &str = "repodata";
const GENERATIONS: &str = ".repodata";
/// The directory with links to the generations that are kept, and how deep in the tree it is: below owner, directory and chroot.
const KEPT: &str = "gen";
const KEPT_DEPTH: usize = 3;

/// Opens what `parts` name below `root`, through a generation that is kept where they say so: its metadata are those of
/// that generation, its packages lie where all do. For the rest see [`open_plain`].
pub(crate) fn open(root: &Path, parts: &[String], pinned: Option<&str>) -> io::Result<Option<(Found, Option<String>)>> {
    let Some((repository, [kept, number, rest @ ..])) = parts.split_at_checked(KEPT_DEPTH) else {
        return open_plain(root, parts, pinned);
    };
    if kept != KEPT || number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return open_plain(root, parts, pinned);
    }
    let Some((Found::Dir(here), _)) = open_plain(root, repository, None)? else { return Ok(None) };
    let Some(name) = kept_generation(&here, number) else { return Ok(None) };
    match rest {
        [] => Ok(None),
        [first, rest @ ..] if first == LINK => {
            let Step::There(all) = step(&here, GENERATIONS, false)? else { return Ok(None) };
            let Step::There(generation) = step(&all, &name, false)? else { return Ok(None) };
            walk(generation, rest, None)
        }
        rest => walk(here, rest, None),
    }
}

/// The directory in which a generation that is kept has its metadata.
fn kept_generation(here: &OwnedFd, number: &str) -> Option<String> {
    let Ok(Step::There(kept)) = step(here, KEPT, false) else { return None };
    let target = readlinkat(&kept, number).ok()?.into_string().ok()?;
    let name = target.strip_prefix("../")?.strip_prefix(GENERATIONS)?.strip_prefix('/')?;
    super::path::is_visible(name).then(|| name.to_owned())
}

/// Opens what `parts` name below `root`. `None` when it is not there, or when it is, or lies behind, anything else
/// than regular files and directories. Where the way leads through a repository's metadata, the generation it led
/// through comes with it; `pinned` asks for another than the present one, if that is still there. Blocks.
fn open_plain(root: &Path, parts: &[String], pinned: Option<&str>) -> io::Result<Option<(Found, Option<String>)>> {
    walk(File::open(root)?.into(), parts, pinned)
}

/// The same below a directory that is open.
fn walk(mut here: OwnedFd, parts: &[String], pinned: Option<&str>) -> io::Result<Option<(Found, Option<String>)>> {
    let mut generation = None;
    for (index, part) in parts.iter().enumerate() {
        let last = index + 1 == parts.len();
        let next = match step(&here, part, last)? {
            Step::There(next) => next,
            Step::Link if part == LINK => {
                let Some(present) = present_generation(&here) else { return Ok(None) };
                let Some((name, next)) = enter(&here, pinned, &present)? else { return Ok(None) };
                generation = Some(name);
                next
            }
            Step::Link | Step::Nothing => return Ok(None),
        };
        here = next;
    }
    let file = File::from(here);
    let meta = file.metadata()?;
    Ok(if meta.is_dir() {
        Some((Found::Dir(file.into()), generation))
    } else if meta.is_file() {
        Some((Found::File(OpenFile { file, meta }), generation))
    } else {
        None
    })
}

enum Step {
    There(OwnedFd),
    Link,
    Nothing,
}

fn step(here: &OwnedFd, name: &str, last: bool) -> io::Result<Step> {
    let kind = if last { OFlag::empty() } else { OFlag::O_DIRECTORY };
    // Not blocking: a FIFO would wait for a writer.
    let flags = kind | OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    match openat(here, name, flags, Mode::empty()) {
        Ok(next) => Ok(Step::There(next)),
        // A link is ELOOP, and ENOTDIR where a directory was asked for.
        Err(Errno::ELOOP) => Ok(Step::Link),
        Err(Errno::ENOTDIR) if readlinkat(here, name).is_ok() => Ok(Step::Link),
        Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ENAMETOOLONG | Errno::ENXIO) => Ok(Step::Nothing),
        Err(errno) => Err(errno.into()),
    }
}

/// The generation that the link names; none when it leads anywhere else.
fn present_generation(here: &OwnedFd) -> Option<String> {
    let target = readlinkat(here, LINK).ok()?.into_string().ok()?;
    let name = target.strip_prefix(GENERATIONS)?.strip_prefix('/')?;
    super::path::is_visible(name).then(|| name.to_owned())
}

/// Goes into the pinned generation, or into the present one where that is gone or none is pinned.
fn enter(here: &OwnedFd, pinned: Option<&str>, present: &str) -> io::Result<Option<(String, OwnedFd)>> {
    let Step::There(all) = step(here, GENERATIONS, false)? else { return Ok(None) };
    for name in pinned.into_iter().chain([present]) {
        if let Step::There(generation) = step(&all, name, false)? {
            return Ok(Some((name.to_owned(), generation)));
        }
    }
    Ok(None)
}
