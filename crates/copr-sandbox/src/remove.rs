//! Removes trees of foreign code, however deep they are.

use std::{
    fs, io,
    os::fd::{AsRawFd, OwnedFd},
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, open, openat, renameat},
    sys::stat::Mode,
};

/// Directories below one another that are held open at one time.
const DEPTH: usize = 64;

/// Removes a tree with everything in it. A missing one is an error of its kind.
pub(crate) fn tree(top: &Path) -> io::Result<()> {
    loop {
        match fs::remove_dir_all(top) {
            // The library keeps a directory open for each level, and a build may have made more than there are descriptors.
            Err(error) if is_too_deep(&error) => {
                if flatten(top)? == 0 {
                    return Err(error);
                }
            }
            done => return done,
        }
    }
}

fn is_too_deep(error: &io::Error) -> bool {
    [Errno::EMFILE, Errno::ENAMETOOLONG].iter().any(|errno| error.raw_os_error() == Some(*errno as i32))
}

/// Moves directories that lie too deep up to the top, and theirs after them, until nothing is deep. Answers how many were moved.
fn flatten(top: &Path) -> io::Result<usize> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let top = open(top, flags, Mode::empty())?;
    let mut moved = 0;
    let mut waiting: Vec<PathBuf> = vec![PathBuf::from(".")];
    while let Some(name) = waiting.pop() {
        let start = openat(&top, &name, flags, Mode::empty())?;
        // The place on the way down: an open directory, and what is still to be looked at in it.
        let mut way = vec![(subdirectories(&start)?, start)];
        loop {
            let depth = way.len();
            let Some((names, directory)) = way.last_mut() else { break };
            let Some(name) = names.pop() else {
                way.pop();
                continue;
            };
            if depth < DEPTH {
                let below = openat(&*directory, &name, flags, Mode::empty())?;
                way.push((subdirectories(&below)?, below));
            } else {
                let lifted = PathBuf::from(format!(".deep-{moved}-{}", std::process::id()));
                renameat(&*directory, &name, &top, &lifted)?;
                waiting.push(lifted);
                moved += 1;
            }
        }
    }
    Ok(moved)
}

/// The names of the directories in a directory, symbolic links not among them.
fn subdirectories(directory: &OwnedFd) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(format!("/proc/self/fd/{}", directory.as_raw_fd()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().into());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::mkdirat;

    #[test]
    fn a_tree_deeper_than_descriptors_reach_is_removed() {
        let place = tempfile::tempdir().expect("a directory");
        let top = place.path().join("top");
        fs::create_dir(&top).expect("make");
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let mut at = open(&top, flags, Mode::empty()).expect("open");
        for _ in 0..400 {
            mkdirat(&at, "a", Mode::S_IRWXU).expect("make");
            mkdirat(&at, "beside", Mode::S_IRWXU).expect("make");
            at = openat(&at, "a", flags, Mode::empty()).expect("open");
        }
        drop(at);
        assert!(flatten(&top).expect("flatten") >= 400 / DEPTH);
        tree(&top).expect("remove");
        assert!(!top.exists());
    }
}
