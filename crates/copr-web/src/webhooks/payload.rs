//! What payloads of several forges have in common.

use super::sent::Malformed;
use copr_app::webhook::{Change, Push, Tag};
use serde::Deserialize;

/// A commit of a push, as far as it says which files it is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Commit {
    added: Option<Vec<String>>,
    modified: Option<Vec<String>>,
    removed: Option<Vec<String>>,
}

impl Commit {
    /// The files; none when it says nothing about them.
    fn files(&self) -> Option<Vec<String>> {
        let lists = [&self.added, &self.modified, &self.removed];
        let known = lists.iter().any(|list| list.is_some());
        known.then(|| lists.into_iter().flatten().flatten().cloned().collect())
    }
}

/// The files of a push of so many commits; none when not all are told.
pub fn files(commits: Option<&[Commit]>, total: Option<u64>) -> Option<Vec<String>> {
    let commits = commits?;
    if total.is_some_and(|total| total > commits.len() as u64) {
        return None;
    }
    let lists: Option<Vec<Vec<String>>> = commits.iter().map(Commit::files).collect();
    Some(lists?.concat())
}

/// What a full name of git's means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ref<'a> {
    Branch(&'a str),
    Tag(&'a str),
    /// Notes, changes in review, and the like.
    Other,
}

/// Reads a full name; one that is not full is a branch's.
pub fn git_ref(text: &str) -> Result<Ref<'_>, Malformed> {
    let found = match (text.strip_prefix("refs/heads/"), text.strip_prefix("refs/tags/")) {
        (Some(branch), _) => Ref::Branch(branch),
        (_, Some(tag)) => Ref::Tag(tag),
        _ if text.starts_with("refs/") => Ref::Other,
        _ => Ref::Branch(text),
    };
    match found {
        Ref::Branch(name) | Ref::Tag(name) => checked_name(name).map(|_| found),
        Ref::Other => Ok(found),
    }
}

/// A name of a branch or tag that git would take, as far as it matters here.
pub fn checked_name(name: &str) -> Result<&str, Malformed> {
    let bad = name.is_empty() || name.len() > 250 || name.starts_with('-') || name.chars().any(char::is_control);
    if bad { Err(Malformed::new("the name of the branch or tag is none")) } else { Ok(name) }
}

/// Where a branch or tag is after a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    Commit(String),
    /// It is no more: all zeros.
    Gone,
    Untold,
}

/// Reads a commit's name.
pub fn after(text: Option<&str>) -> Result<After, Malformed> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(After::Untold) };
    if text.chars().all(|c| c == '0') {
        return Ok(After::Gone);
    }
    let good = (7..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit());
    if good { Ok(After::Commit(text.to_owned())) } else { Err(Malformed::new("the commit's name is none")) }
}

/// A push as changes, or why it is none. `page` makes the address of a commit's or a tag's page.
pub fn changes(
    git_ref: Ref<'_>,
    after: After,
    files: Option<Vec<String>>,
    page: impl Fn(&str) -> Option<String>,
) -> (Vec<Change>, String) {
    let commit = match after {
        After::Gone => return (Vec::new(), "a branch or tag was deleted".to_owned()),
        After::Untold => None,
        After::Commit(commit) => Some(commit),
    };
    let change = match git_ref {
        Ref::Other => return (Vec::new(), "only branches and tags are built".to_owned()),
        Ref::Branch(branch) => {
            let page = page(commit.as_deref().unwrap_or(branch));
            Change::Push(Push { branch: branch.to_owned(), commit, changed: files, page })
        }
        Ref::Tag(tag) => {
            let page = page(commit.as_deref().unwrap_or(tag));
            Change::Tag(Tag { name: tag.to_owned(), commit, page })
        }
    };
    (vec![change], String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(json: &str) -> Commit {
        serde_json::from_str(json).expect("a commit")
    }

    #[test]
    fn files_are_known_when_all_commits_tell_theirs() {
        let told = commit(r#"{"id": "x", "added": ["a"], "modified": ["b/c"], "removed": ["d"]}"#);
        let empty = commit(r#"{"added": [], "modified": [], "removed": []}"#);
        let half = commit(r#"{"added": null, "modified": ["e"]}"#);
        let silent = commit(r#"{"id": "x"}"#);
        let all = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(files(Some(&[told.clone(), empty.clone(), half]), None), all(&["a", "b/c", "d", "e"]));
        assert_eq!(files(Some(std::slice::from_ref(&told)), Some(1)), all(&["a", "b/c", "d"]));
        assert_eq!(files(Some(std::slice::from_ref(&told)), Some(2)), None);
        assert_eq!(files(Some(&[told, silent]), None), None);
        assert_eq!(files(Some(&[]), Some(0)), all(&[]));
        assert_eq!(files(Some(&[empty]), None), all(&[]));
        assert_eq!(files(None, None), None);
    }

    #[test]
    fn names_of_git_are_read() {
        for (text, expected) in [
            ("refs/heads/main", Some(Ref::Branch("main"))),
            ("refs/heads/a/b", Some(Ref::Branch("a/b"))),
            ("main", Some(Ref::Branch("main"))),
            ("refs/tags/v1", Some(Ref::Tag("v1"))),
            ("refs/notes/commits", Some(Ref::Other)),
            ("refs/heads/", None),
            ("refs/heads/-x", None),
            ("refs/tags/a\u{0}", None),
            ("", None),
        ] {
            assert_eq!(git_ref(text).ok(), expected, "{text:?}");
        }
        let hash = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
        for (text, expected) in [
            (Some(hash), Ok(After::Commit(hash.to_owned()))),
            (Some("0000000000000000000000000000000000000000"), Ok(After::Gone)),
            (Some(""), Ok(After::Untold)),
            (None, Ok(After::Untold)),
            (Some("main"), Err(())),
            (Some("--upload-pack=x"), Err(())),
        ] {
            assert_eq!(after(text).map_err(drop), expected, "{text:?}");
        }
    }
}
