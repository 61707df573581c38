//! Git's objects as values: their names, and their bytes.

use crate::Error;
use sha1_checked::{Digest, Sha1};
use std::fmt;

/// The name of an object: SHA-1 over its kind, its size and its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; 20]);

impl ObjectId {
    /// Reads 40 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut id = [0; 20];
        let plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (plain && hex::decode_to_slice(text, &mut id).is_ok()).then_some(Self(id))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The kinds of objects that occur here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Blob,
    Tree,
    Commit,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
        }
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        [Self::Blob, Self::Tree, Self::Commit].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What stands before an object's bytes, on disk and for its name.
pub(crate) fn head(kind: Kind, size: usize) -> Vec<u8> {
    format!("{} {size}\0", kind.as_str()).into_bytes()
}

/// The name of an object. Bytes that were made to collide with others are refused, as git refuses them.
pub(crate) fn name(kind: Kind, bytes: &[u8], what: &str) -> Result<ObjectId, Error> {
    let mut hash = Sha1::new();
    hash.update(head(kind, bytes.len()));
    hash.update(bytes);
    let result = hash.try_finalize();
    if result.has_collision() {
        return Err(Error::Collision { what: what.to_owned() });
    }
    Ok(ObjectId((*result.hash()).into()))
}

/// A file in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub name: String,
    pub executable: bool,
    pub id: ObjectId,
}

/// The bytes of a tree of files. Trees here have no directories, so that their order is that of the names' bytes.
pub(crate) fn tree(entries: &[Entry]) -> Vec<u8> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
    let mut bytes = Vec::new();
    for entry in sorted {
        bytes.extend_from_slice(if entry.executable { b"100755 " } else { b"100644 " });
        bytes.extend_from_slice(entry.name.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(&entry.id.0);
    }
    bytes
}

/// Reads a tree that [`tree`] wrote.
pub(crate) fn read_tree(mut bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let end = bytes.iter().position(|byte| *byte == 0)?;
        let (mode, name) = std::str::from_utf8(&bytes[..end]).ok()?.split_once(' ')?;
        let (id, rest) = bytes[end + 1..].split_first_chunk::<20>()?;
        entries.push(Entry { name: name.to_owned(), executable: mode == "100755", id: ObjectId(*id) });
        bytes = rest;
    }
    Some(entries)
}

/// A commit's parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitParts {
    pub tree: ObjectId,
    pub parent: Option<ObjectId>,
    pub author: String,
    pub email: String,
    /// Seconds since the epoch.
    pub time: i64,
    pub message: String,
}

/// The bytes of a commit.
pub(crate) fn commit(parts: &CommitParts) -> Vec<u8> {
    let person = format!("{} <{}> {} +0000", plain(&parts.author), plain(&parts.email), parts.time.max(0));
    let parent = parts.parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let message = parts.message.replace('\0', "").trim().to_owned();
    format!("tree {}\n{parent}author {person}\ncommitter {person}\n\n{message}\n", parts.tree).into_bytes()
}

/// A name as it may stand in a commit: on one line, without what ends it there.
fn plain(text: &str) -> String {
    let kept: String = text.chars().map(|c| if c.is_control() || matches!(c, '<' | '>') { ' ' } else { c }).collect();
    // git drops these at both ends, and would find another name than we wrote.
    kept.trim_matches(|c: char| c.is_whitespace() || ".,:;\"'\\".contains(c)).to_owned()
}

/// Reads a commit that [`commit`] wrote.
pub(crate) fn read_commit(bytes: &[u8]) -> Option<CommitParts> {
    let (head, message) = std::str::from_utf8(bytes).ok()?.split_once("\n\n")?;
    let line = |key: &str| head.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    let (name, rest) = line("author")?.split_once('<')?;
    let (email, time) = rest.split_once("> ")?;
    Some(CommitParts {
        tree: ObjectId::parse(line("tree")?)?,
        parent: line("parent").and_then(ObjectId::parse),
        author: name.trim_end().to_owned(),
        email: email.to_owned(),
        time: time.split(' ').next()?.parse().ok()?,
        message: message.trim_end().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_called_as_git_calls_them() {
        // `printf 'hello\n' | git hash-object --stdin`, `git hash-object -t tree /dev/null`
        let hello = name(Kind::Blob, b"hello\n", "").unwrap();
        assert_eq!(hello.to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(name(Kind::Tree, b"", "").unwrap().to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        assert_eq!(ObjectId::parse(&hello.to_string()), Some(hello));
        for bad in [
            "",
            "ce01",
            "CE013625030BA8DBA906F756967F9E9CA394464A",
            "ce013625030ba8dba906f756967f9e9ca394464a0",
            "../x",
        ] {
            assert_eq!(ObjectId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn commits_say_again_what_was_written() {
        let id = name(Kind::Blob, b"", "").unwrap();
        let parts = CommitParts {
            tree: id,
            parent: Some(id),
            author: "Žofie Ann".into(),
            email: "z@example.org".into(),
            time: 7,
            message: "one\n\ntwo".into(),
        };
        assert_eq!(read_commit(&commit(&parts)), Some(parts.clone()));
        let odd = CommitParts { author: "<e\nvil> 1 +0000\u{0}".into(), parent: None, ..parts };
        let read = read_commit(&commit(&odd)).unwrap();
        assert_eq!((read.author.as_str(), read.email.as_str(), read.time), ("e vil  1 +0000", "z@example.org", 7));
    }

    #[test]
    fn trees_say_again_what_was_written_in_gits_order() {
        let id = name(Kind::Blob, b"", "").unwrap();
        let entry = |name: &str, executable| Entry { name: name.to_owned(), executable, id };
        let written = tree(&[entry("b", false), entry("a.sh", true), entry("a", false)]);
        assert_eq!(read_tree(&written), Some(vec![entry("a", false), entry("a.sh", true), entry("b", false)]));
        assert_eq!(read_tree(&written[..written.len() - 1]), None);
    }
}
