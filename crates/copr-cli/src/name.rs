//! How people name projects, their directories and chroots.

/// An owner, when one is named, and what is behind it.
pub fn owned(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((owner, name)) => (Some(owner), name),
        None => (None, name),
    }
}

/// The project that a directory such as `hello:custom:next` belongs to.
pub fn project_of(directory: &str) -> &str {
    directory.split(':').next().unwrap_or(directory)
}

/// Owner, project and chroot of `[owner/]project/chroot`.
pub fn chroot(path: &str) -> Option<(Option<&str>, &str, &str)> {
    let (first, rest) = path.split_once('/')?;
    match rest.split_once('/') {
        Some((project, chroot)) => Some((Some(first), project, chroot)),
        None => Some((None, first, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_may_be_named() {
        assert_eq!(owned("a"), (None, "a"));
        assert_eq!(owned("@g/a"), (Some("@g"), "a"));
        assert_eq!(owned("u/a/b"), (Some("u"), "a/b"));
    }

    #[test]
    fn a_directory_begins_with_its_project() {
        assert_eq!(project_of("a:custom:b"), "a");
        assert_eq!(project_of("a"), "a");
    }

    #[test]
    fn a_chroot_is_named_with_its_project() {
        assert_eq!(chroot("a/f-42-x"), Some((None, "a", "f-42-x")));
        assert_eq!(chroot("u/a/f"), Some((Some("u"), "a", "f")));
        assert_eq!(chroot("f"), None);
    }
}
