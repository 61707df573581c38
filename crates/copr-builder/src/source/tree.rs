//! Finding things in trees that strangers made, never through a symbolic link.

use std::io::ErrorKind;
use std::path::{Component, Path};

use copr_sandbox::{Entry, EntryKind, Error};
use copr_types::Phase;

use crate::end::{self, Step};
use crate::work::Work;

/// Most names in one directory.
const MOST: usize = 100_000;

/// A directory in a foreign tree, which sandboxes see at a place of their own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree<'a> {
    /// The tree on the machine.
    pub host: &'a Path,
    /// Where sandboxes see it.
    pub inside: &'a str,
}

/// A spec file in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its directory, relative to the tree's top.
    pub directory: String,
    /// Its name.
    pub name: String,
    /// The names of all files beside it, itself included.
    pub beside: Vec<String>,
}

/// A path of a user's as a plain one, relative to a tree's top; none when it leads out.
pub(super) fn plain(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::CurDir | Component::RootDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::Prefix(_) => return None,
        }
    }
    let plain = parts.join("/");
    (!plain.chars().any(char::is_control)).then_some(plain)
}

/// One path below another.
pub(super) fn below(directory: &str, path: &str) -> String {
    match (directory, path) {
        ("", path) => path.to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, path) => format!("{directory}/{path}"),
    }
}

impl Tree<'_> {
    /// What is in a directory; none when there is no such directory.
    pub async fn list(&self, work: &Work, directory: &str) -> Step<Option<Vec<Entry>>> {
        match work.place.sandbox.read_dir_out(self.host, Path::new(directory), MOST).await {
            Ok(entries) => Ok(Some(entries)),
            Err(Error::Io { source, .. })
                if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error @ (Error::Escapes { .. } | Error::TooLarge { .. })) => {
                Err(end::user(Phase::Srpm, error.to_string()))
            }
            Err(error) => Err(end::sandbox(Phase::Srpm)(error)),
        }
    }

    /// Where sandboxes see a path of the tree.
    pub fn at(&self, path: &str) -> String {
        below(self.inside, path)
    }

    /// The spec file at a path below a directory, or the only one in it.
    pub async fn spec(&self, work: &Work, directory: &str, path: Option<&str>) -> Step<Found> {
        let path = path.filter(|path| !path.is_empty());
        let absent = |path: &str| end::user(Phase::Srpm, format!("the spec file `{path}` doesn't exist"));
        let (directory, name) = match path {
            None => (directory.to_owned(), None),
            Some(given) => {
                let path = plain(given).map(|path| below(directory, &path)).ok_or_else(|| absent(given))?;
                let (directory, name) = path.rsplit_once('/').unwrap_or(("", &path));
                (directory.to_owned(), Some(name.to_owned()))
            }
        };
        let entries = self.list(work, &directory).await?.unwrap_or_default();
        let files = entries.into_iter().filter(|entry| matches!(entry.kind, EntryKind::File(_) | EntryKind::Symlink));
        let beside: Vec<String> = files.map(|entry| entry.name).collect();
        let name = match name {
            Some(name) if beside.contains(&name) => name,
            Some(_) => return Err(absent(path.unwrap_or_default())),
            None => only_spec(&beside)?,
        };
        Ok(Found { directory, name, beside })
    }
}

fn only_spec(files: &[String]) -> Step<String> {
    let specs: Vec<&str> = files.iter().map(String::as_str).filter(|name| name.ends_with(".spec")).collect();
    match specs.as_slice() {
        [] => Err(end::user(Phase::Srpm, "no spec file available")),
        [one] => Ok((*one).to_owned()),
        several => Err(end::user(Phase::Srpm, format!("too many specfiles: {}", several.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_users_stay_in_the_tree() {
        for (given, expected) in [
            ("", Some("")),
            ("/", Some("")),
            ("./a//b/", Some("a/b")),
            ("/a/../b", Some("b")),
            ("..", None),
            ("a/../../b", None),
            ("a\nb", None),
        ] {
            assert_eq!(plain(given).as_deref(), expected, "{given:?}");
        }
        assert_eq!((below("", "b"), below("a", ""), below("a", "b")), ("b".into(), "a".into(), "a/b".into()));
    }
}
