//! Trees that are called something else now: moved in one step, with a link where they were.
//!
//! Whoever has a path from before goes on with it, to read or to write: at no moment is there nothing under the old name,
//! and never two trees. A link is relative and has exactly the form `../<owner>/<directory>`.

use crate::{Error, Store, doing};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

impl Store {
    /// Moves the tree of an owner's directory to another name and leaves a link to it in its place. What is not there is
    /// made: somebody may be about to write to it. Fine when it has happened already. An error when something else than a
    /// link or an empty directory is in the way.
    pub fn move_and_link(&self, from: &Path, to: &Path) -> Result<(), Error> {
        if is_link_to(from, to) && !is_link(to) && to.is_dir() {
            return Ok(());
        }
        self.clear_way(to)?;
        for dir in [Some(from), to.parent()].into_iter().flatten() {
            self.make_dir(dir)?;
        }
        // For a moment the new name is a link to itself, which nobody can follow; then the two change places.
        self.about_to("link", to)?;
        doing("link", to, symlink(address(to), to))?;
        self.about_to("move", from)?;
        doing("move", from, renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE).map_err(io::Error::from))?;
        for dir in [from, to].into_iter().filter_map(Path::parent) {
            self.sync_dir(dir)?;
        }
        Ok(())
    }

    /// Whether [`Store::move_and_link`] would find something in its way that it does not remove.
    pub fn is_in_the_way(&self, from: &Path, to: &Path) -> bool {
        let is_empty = || std::fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_none());
        to.symlink_metadata().is_ok() && !is_link(to) && !is_link_to(from, to) && !is_empty()
    }

    /// Removes a link or an empty directory.
    fn clear_way(&self, to: &Path) -> Result<(), Error> {
        if is_link(to) {
            return self.remove_link(to);
        }
        match std::fs::remove_dir(to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            gone => doing("make room at", to, gone),
        }
    }

    /// Lets a link that is there lead to another tree, in one step. Nothing happens where there is no link.
    pub fn lead_link(&self, link: &Path, to: &Path) -> Result<(), Error> {
        if !is_link(link) || is_link_to(link, to) {
            return Ok(());
        }
        let name = link.file_name().unwrap_or_default().to_string_lossy();
        let fresh = link.with_file_name(format!("{}link-{name}", crate::UNFINISHED));
        self.remove_link(&fresh)?;
        self.about_to("link", link)?;
        doing("link", &fresh, symlink(address(to), &fresh))?;
        doing("link", link, std::fs::rename(&fresh, link))?;
        link.parent().map_or(Ok(()), |dir| self.sync_dir(dir))
    }

    /// Removes a link; whatever else is there stays.
    pub fn remove_link(&self, link: &Path) -> Result<(), Error> {
        if !is_link(link) {
            return Ok(());
        }
        self.about_to("remove", link)?;
        match std::fs::remove_file(link) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            gone => doing("remove", link, gone),
        }
    }

    /// Owner and directory to which the tree moved that was at a path; none when the path is no such link.
    pub fn moved_to(&self, path: &Path) -> Option<(String, String)> {
        let target = std::fs::read_link(path).ok()?;
        let rest = target.to_str()?.strip_prefix("../")?;
        let (owner, dir) = rest.split_once('/')?;
        let plain = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains('/');
        (plain(owner) && plain(dir)).then(|| (owner.to_owned(), dir.to_owned()))
    }
}

pub(crate) fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|meta| meta.is_symlink())
}

fn is_link_to(link: &Path, to: &Path) -> bool {
    std::fs::read_link(link).is_ok_and(|target| target == address(to))
}

/// What leads from one owner's directory to another's.
fn address(to: &Path) -> PathBuf {
    let owner = to.parent().and_then(Path::file_name).unwrap_or_default();
    Path::new("..").join(owner).join(to.file_name().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(dir)
            .expect("a directory")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn who_has_the_old_path_finds_the_tree_and_writes_into_it() {
        let data = tempfile::tempdir().expect("a directory");
        let store = Store::open(data.path()).expect("a store");
        let [old, new] = ["alice/old", "@team/new"].map(|name| store.results().join(name));
        store.write(&old.join("a/b"), b"1").expect("written");
        store.move_and_link(&old, &new).expect("moved");
        store.move_and_link(&old, &new).expect("moved before");
        store.write(&old.join("a/c"), b"2").expect("written by the old path");
        assert_eq!(names(&new.join("a")), ["b", "c"]);
        assert_eq!(store.moved_to(&old), Some(("@team".to_owned(), "new".to_owned())));
        assert_eq!((store.moved_to(&new), store.moved_to(&old.join("a"))), (None, None));
        // And back again.
        store.move_and_link(&new, &old).expect("moved back");
        assert_eq!((names(&old.join("a")).len(), store.moved_to(&new).is_some()), (2, true));
        store.remove_link(&new).expect("removed");
        store.remove_link(&old).expect("no link");
        assert_eq!((names(&store.results().join("@team")).len(), names(&old).len()), (0, 1));
    }

    #[test]
    fn a_move_that_was_broken_off_is_done_once_more() {
        let data = tempfile::tempdir().expect("a directory");
        let store = Store::open(data.path()).expect("a store");
        let [old, new] = ["alice/old", "alice/new"].map(|name| store.results().join(name));
        store.write(&old.join("a"), b"1").expect("written");
        symlink("../alice/new", &new).expect("what is left of a try");
        store.move_and_link(&old, &new).expect("moved");
        assert_eq!((names(&new), names(&old)), (vec!["a".to_owned()], vec!["a".to_owned()]));
    }

    #[test]
    fn a_tree_that_is_there_is_in_the_way_and_stays() {
        let data = tempfile::tempdir().expect("a directory");
        let store = Store::open(data.path()).expect("a store");
        let [old, new] = ["alice/old", "alice/new"].map(|name| store.results().join(name));
        store.write(&old.join("a"), b"1").expect("written");
        store.make_dir(&new).expect("made");
        assert!(!store.is_in_the_way(&old, &new), "it is empty");
        store.write(&new.join("b"), b"2").expect("written");
        assert!(store.is_in_the_way(&old, &new));
        store.move_and_link(&old, &new).expect_err("it is in the way");
        assert_eq!((names(&old), names(&new)), (vec!["a".to_owned()], vec!["b".to_owned()]));
    }

    #[test]
    fn a_link_is_led_elsewhere_and_nothing_else_is() {
        let data = tempfile::tempdir().expect("a directory");
        let store = Store::open(data.path()).expect("a store");
        let [first, second, third] = ["a/1", "a/2", "b/3"].map(|name| store.results().join(name));
        store.make_dir(&first).expect("made");
        store.move_and_link(&first, &second).expect("moved");
        store.move_and_link(&second, &third).expect("moved");
        store.lead_link(&first, &third).expect("led");
        assert_eq!(store.moved_to(&first), Some(("b".to_owned(), "3".to_owned())));
        store.lead_link(&third, &first).expect("a tree is no link");
        store.lead_link(&store.results().join("a/4"), &third).expect("nothing is there");
        assert_eq!(names(&store.results().join("a")), ["1", "2"]);
    }

    #[test]
    fn only_links_of_this_form_lead_anywhere() {
        let data = tempfile::tempdir().expect("a directory");
        let store = Store::open(data.path()).expect("a store");
        for target in ["/etc", "../a", "../../a/b", "../a/b/c", "../.a/b", "../a/..", "a/b", ".repodata/1"] {
            let link = data.path().join("link");
            symlink(target, &link).expect("a link");
            assert_eq!(store.moved_to(&link), None, "{target}");
            std::fs::remove_file(&link).expect("removed");
        }
    }
}
