//! Which files go where, and the lists beside them: `sources`, which names those of the look-aside cache, and `.gitignore`.

use crate::Digest;

/// The list that dist-git clients read.
pub(crate) const LIST: &str = "sources";
/// What keeps fetched files out of `git status`.
pub(crate) const IGNORED: &str = ".gitignore";

/// Most bytes of a text that is kept in git.
const TEXT: u64 = 100 << 10;
/// Most bytes of a patch.
const PATCH: u64 = 1 << 20;
/// Most bytes of a spec file; the largest known, texlive's, has 12 MiB. Also of files that nowhere else can be listed.
const SPEC: u64 = 16 << 20;

/// Where a file is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// In git, when it is a text of so many bytes at most.
    GitIfText(u64),
    /// In git, whatever it is.
    Git,
    /// In the look-aside cache.
    LookAside,
    /// Nowhere.
    Nowhere,
}

/// Where a file of this name and size is kept.
pub(crate) fn home(name: &str, size: u64) -> Home {
    let most = match name.rsplit_once('.') {
        Some((_, "spec")) => SPEC,
        Some((_, "patch" | "diff")) => PATCH,
        _ => TEXT,
    };
    match (is_gits_own(name), can_be_listed(name)) {
        (false, true) if size <= most => Home::GitIfText(most),
        (_, true) => Home::LookAside,
        (false, false) if size <= SPEC && !name.contains(['/', '\0']) && !matches!(name, "" | "." | "..") => Home::Git,
        _ => Home::Nowhere,
    }
}

/// Names under which git, or a dist-git client, looks for orders in a checkout, in all the spellings that file systems
/// of other machines take for the same (git's `fsck` refuses most of them). Such files are sources like any other, so
/// the look-aside cache has them.
fn is_gits_own(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii).collect::<String>().to_ascii_lowercase();
    name == LIST || plain.starts_with(".git") || (plain.starts_with("gi") && plain.contains('~')) || name.contains('\\')
}

/// Whether a line of the list can name it: clients split it at blanks, and look for the brackets.
fn can_be_listed(name: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '/');
    !matches!(name, "" | "." | "..") && !name.contains(odd)
}

/// Whether bytes are a text: in any encoding that has the letters of ASCII.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\n' | b'\r' | b'\t' | 0x08 | 0x0c | 0x1b))
}

/// The list of what the look-aside cache has of a package.
pub(crate) fn list(files: &[(String, Digest)]) -> String {
    files.iter().map(|(name, digest)| format!("SHA512 ({name}) = {digest}\n")).collect()
}

/// Reads a list that [`list`] wrote.
pub(crate) fn read_list(text: &str) -> Vec<(String, Digest)> {
    let line = |line: &str| {
        let (name, digest) = line.strip_prefix("SHA512 (")?.split_once(") = ")?;
        Some((name.to_owned(), Digest::parse(digest)?))
    };
    text.lines().filter_map(line).collect()
}

/// What git is to ignore: the same files, once a client has fetched them.
pub(crate) fn ignored(files: &[(String, Digest)]) -> String {
    let line = |(name, _): &(String, Digest)| {
        let escaped =
            name.chars().flat_map(|c| matches!(c, '*' | '?' | '[' | '\\').then_some('\\').into_iter().chain([c]));
        format!("/{}\n", escaped.collect::<String>())
    };
    files.iter().filter(|(name, _)| name != LIST && name != IGNORED).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_where_they_belong() {
        for (name, size, expected) in [
            ("hello.spec", 5 << 20, Home::GitIfText(SPEC)),
            ("fix.patch", 200 << 10, Home::GitIfText(PATCH)),
            ("README", 100 << 10, Home::GitIfText(TEXT)),
            ("README", (100 << 10) + 1, Home::LookAside),
            ("hello-1.0.tar.gz", 5 << 30, Home::LookAside),
            ("sources", 1, Home::LookAside),
            (".gitattributes", 1, Home::LookAside),
            (".GIT", 1, Home::LookAside),
            (".g\u{200c}it", 1, Home::LookAside),
            ("git~1", 1, Home::LookAside),
            (".vimrc", 1, Home::GitIfText(TEXT)),
            ("a b.txt", 1, Home::Git),
            ("a(1).bin", 1, Home::Git),
            ("a b.bin", 1 << 30, Home::Nowhere),
            (".git x", 1, Home::Nowhere),
            ("..", 1, Home::Nowhere),
            ("a/b", 1, Home::Nowhere),
            ("", 1, Home::Nowhere),
        ] {
            assert_eq!(home(name, size), expected, "{name:?} of {size}");
        }
    }

    #[test]
    fn texts_are_told_from_the_rest() {
        assert!(
            is_text(b"") && is_text(b"a\tb\r\n") && is_text("\u{17e}lut\u{fd}".as_bytes()) && is_text(b"caf\xe9\n")
        );
        assert!(!is_text(b"a\0b") && !is_text(b"\x1f\x8b\x08\x00") && !is_text(b"BZh91AY&SY\x01"));
    }

    #[test]
    fn the_list_says_again_what_was_written() {
        let digest = Digest::parse(&"0a".repeat(64)).unwrap();
        let files = [("a*b.tar".to_owned(), digest.clone()), ("sources".to_owned(), digest)];
        let text = list(&files);
        assert_eq!(text.lines().next().unwrap(), format!("SHA512 (a*b.tar) = {}", "0a".repeat(64)));
        assert_eq!(read_list(&text), files);
        assert_eq!(ignored(&files), "/a\\*b.tar\n");
    }
}
