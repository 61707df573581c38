//! Directories, listed for people.

use super::path::{TreePath, encode, is_visible};
use crate::ui::page;
use axum::response::Response;
use copr_ui::listing::{Crumb, Entry, Listing};
use nix::dir::Dir;
use nix::fcntl::AtFlags;
use nix::sys::stat::{SFlag, fstatat};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// The page of a directory.
pub(super) async fn page(path: TreePath, dir: OwnedFd) -> Response {
    match tokio::task::spawn_blocking(move || entries(dir)).await.map_err(io::Error::other).flatten() {
        Ok(entries) => page::show(&Listing { crumbs: crumbs(&path), entries, below_root: !path.parts().is_empty() }),
        Err(error) => super::cannot_read(&error),
    }
}

/// The way to a directory, each step with its address.
fn crumbs(path: &TreePath) -> Vec<Crumb> {
    let mut address = "/results/".to_owned();
    let mut crumbs = vec![Crumb { name: "results".to_owned(), href: address.clone() }];
    for part in path.parts() {
        address.push_str(&encode(part));
        address.push('/');
        crumbs.push(Crumb { name: part.clone(), href: address.clone() });
    }
    crumbs
}

/// What is visible in a directory: directories first, then by name.
fn entries(dir: OwnedFd) -> io::Result<Vec<Entry>> {
    let mut dir = Dir::from_fd(dir)?;
    let mut names = Vec::new();
    for entry in dir.iter() {
        // A name that is no UTF-8 has no address here.
        if let Ok(name) = entry?.file_name().to_str()
            && is_visible(name)
        {
            names.push(name.to_owned());
        }
    }
    let mut entries: Vec<Entry> = names.into_iter().filter_map(|name| entry(&dir, name)).collect();
    entries.sort_by(|a, b| b.is_dir.cmp(&a.is_dir).then_with(|| a.name.cmp(&b.name)));
    Ok(entries)
}

/// One line; `None` for what is neither file nor directory, or gone meanwhile.
fn entry(dir: &Dir, name: String) -> Option<Entry> {
    let stat = fstatat(dir.as_fd(), name.as_str(), AtFlags::AT_SYMLINK_NOFOLLOW).ok()?;
    let is_dir = match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFDIR => true,
        // The publisher's link to the present metadata is a directory to everybody else.
        SFlag::S_IFLNK if name == super::open::LINK => true,
        SFlag::S_IFREG => false,
        _ => return None,
    };
    // `./` keeps `hello:custom:x` from being read as a scheme.
    let href = format!("./{}{}", encode(&name), if is_dir { "/" } else { "" });
    let size = u64::try_from(stat.st_size).unwrap_or_default();
    Some(Entry { name, href, is_dir, size, modified: stat.st_mtime })
}
