//! What single values must look like. All of them end up in a package manager's configuration, or on its command
//! line: so none may hold a line break, and none may be taken for an option.

/// Package managers that the builder can call.
pub(crate) const PACKAGE_MANAGERS: [&str; 4] = ["dnf", "dnf5", "yum", "zypper"];

pub(crate) type Rule = (&'static str, &'static str, fn(&str) -> bool);

pub(crate) const PACKAGE_MANAGER: Rule =
    ("package manager", "write `dnf`, `dnf5`, `yum` or `zypper`", |value| PACKAGE_MANAGERS.contains(&value));
pub(crate) const RELEASEVER: Rule = ("releasever", "use letters, digits, `.`, `_` and `-`", |value| {
    !value.starts_with('-') && value.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
});
pub(crate) const PACKAGE: Rule =
    ("package", "write a name, or `@` and a group, without spaces and not beginning with `-`", |value| {
        !value.is_empty() && !value.starts_with('-') && value.chars().all(|c| c.is_ascii_graphic())
    });
pub(crate) const MODULE: Rule = ("module command", "write for example `enable nodejs:20`", |value| {
    let words: Vec<&str> = value.split(' ').collect();
    words.len() >= 2 && words.iter().all(|word| (PACKAGE.2)(word))
});
pub(crate) const REPO_ID: Rule =
    ("repository id", "use letters, digits, `.`, `_`, `:` and `-`, not `-` at its start, and not `main`", |value| {
        // `main` is the section of dnf's own settings.
        !value.is_empty()
            && value != "main"
            && !value.starts_with('-')
            && value.chars().all(|c| c.is_ascii_alphanumeric() || "._:-".contains(c))
    });
pub(crate) const URL: Rule =
    ("address", "write an `https:`, `http:`, `ftp:` or `file:` address without spaces", |value| {
        let rest = ["https://", "http://", "ftp://"].iter().find_map(|scheme| value.strip_prefix(scheme));
        let addressed = match rest {
            Some(rest) => rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['),
            None => value.starts_with("file:///"),
        };
        addressed && value.chars().all(|c| c.is_ascii_graphic())
    });
pub(crate) const KEY: Rule =
    ("key", "write an address, or a path below `/usr/share/distribution-gpg-keys/`", |value| {
        if value.contains("://") {
            return (URL.2)(value);
        }
        let whole = !value.is_empty() && !value.starts_with('/') && value.chars().all(|c| c.is_ascii_graphic());
        whole && !value.split('/').any(|part| part == "..")
    });
pub(crate) const OPTION: Rule = ("option", "write one line", |value| !value.chars().any(char::is_control));
pub(crate) const WORD: Rule = ("name of an option or macro", "use letters, digits and `_`", |value| {
    !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
});
pub(crate) const IMAGE: Rule = ("image", "write the address of a container image", |value| {
    !value.is_empty() && !value.starts_with('-') && value.chars().all(|c| c.is_ascii_graphic())
});
pub(crate) const DIRECTORY: Rule = ("directory", "write an absolute path without `..`", |value| {
    value.starts_with('/')
        && !value.chars().any(|c| c.is_control() || c.is_whitespace())
        && !value.split('/').any(|part| part == "..")
});
