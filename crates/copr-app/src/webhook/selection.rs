//! Which packages a change of a repository is for.

use super::address::Place;
use super::{Change, Push, tag};
use copr_types::source::Scm;
use std::fmt;

/// A package that is rebuilt by web hooks, as far as that is decided by it.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// Where its repository is; none when its address is none.
    pub place: Option<Place>,
    /// The branch that it follows; any when none.
    pub branch: Option<String>,
    /// Its directory in the repository; all of that when none.
    pub directory: Option<String>,
}

impl Candidate {
    /// A package of a name with a source.
    pub fn new(name: &str, scm: &Scm) -> Self {
        let said =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            name: name.to_owned(),
            place: Place::of(&scm.clone_url),
            branch: said(&scm.committish),
            directory: said(&scm.subdirectory),
        }
    }
}

/// Why a change is not for a package. `Display` is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// It is of another repository.
    Elsewhere,
    /// It follows another branch.
    Branch(String),
    /// Nothing changed in its directory.
    Unchanged(String),
    /// Nothing changed at all: a branch that is made from another has nothing new.
    Nothing,
    /// The tag is none of its versions.
    Tag,
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere => f.write_str("it is of another repository"),
            Self::Branch(branch) => write!(f, "it follows `{branch}`"),
            Self::Unchanged(directory) => write!(f, "nothing changed in `{directory}`"),
            Self::Nothing => f.write_str("no file changed"),
            Self::Tag => f.write_str("the tag is none of its versions"),
        }
    }
}

/// Why a change of the repository at these places is not for a package; none when it is. `named` is the package that the address
/// names which was called: any tag is for that one.
pub fn objection(package: &Candidate, places: &[Place], change: &Change, named: Option<&str>) -> Option<Objection> {
    if !package.place.as_ref().is_some_and(|place| places.contains(place)) {
        return Some(Objection::Elsewhere);
    }
    match change {
        Change::Tag(tag) => {
            let wanted = named == Some(package.name.as_str()) || tag::is_of(&tag.name, &package.name);
            (!wanted).then_some(Objection::Tag)
        }
        Change::Push(push) => of_push(package, push),
    }
}

fn of_push(package: &Candidate, push: &Push) -> Option<Objection> {
    if let Some(branch) = package.branch.as_ref().filter(|branch| !is_branch(branch, &push.branch)) {
        return Some(Objection::Branch(branch.clone()));
    }
    // Where files are not known, any may have changed.
    let changed = push.changed.as_ref()?;
    if changed.is_empty() {
        return Some(Objection::Nothing);
    }
    let directory = package.directory.as_ref()?;
    let touched = changed.iter().any(|file| lies_in(file, directory));
    (!touched).then(|| Objection::Unchanged(directory.clone()))
}

/// Whether what a package says names a branch.
fn is_branch(said: &str, branch: &str) -> bool {
    let short =
        ["refs/heads/", "heads/", "refs/remotes/origin/", "origin/"].iter().find_map(|way| said.strip_prefix(way));
    said == branch || short == Some(branch)
}

/// Whether a file lies in a directory, both as paths in the repository.
fn lies_in(file: &str, directory: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
    };
    let directory = parts(directory);
    // A path that turns round may end anywhere.
    directory.iter().any(|part| part == "..") || parts(file).starts_with(&directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::Tag;

    const URL: &str = "https://example.org/ada/engine.git";

    fn package(branch: &str, directory: &str) -> Candidate {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Candidate { name: "engine".to_owned(), place: Place::of(URL), branch: said(branch), directory: said(directory) }
    }

    fn push(branch: &str, changed: Option<&[&str]>) -> Change {
        let changed = changed.map(|files| files.iter().map(|&file| file.to_owned()).collect());
        Change::Push(Push { branch: branch.to_owned(), changed, ..Push::default() })
    }

    fn objection_to(package: &Candidate, change: &Change) -> Option<Objection> {
        objection(package, &[Place::of(URL).expect("a place")], change, None)
    }

    #[test]
    fn a_package_follows_a_branch_or_all() {
        for (said, pushed, taken) in [
            ("", "main", true),
            ("", "anything/else", true),
            ("main", "main", true),
            ("refs/heads/main", "main", true),
            ("heads/main", "main", true),
            ("origin/main", "main", true),
            ("main", "not-main", false),
            ("main", "feature/main", false),
            ("main", "mai", false),
            ("feature/main", "feature/main", true),
            ("origin/main", "origin/main", true),
            ("v1.0", "main", false),
        ] {
            let expected = (!taken).then(|| Objection::Branch(said.to_owned()));
            assert_eq!(objection_to(&package(said, ""), &push(pushed, Some(&["a"]))), expected, "{said} {pushed}");
        }
    }

    #[test]
    fn a_package_follows_its_directory() {
        for (directory, changed, taken) in [
            ("rpm", Some(&["rpm/engine.spec"][..]), true),
            ("rpm/", Some(&["src/a.c", "rpm/x/y"]), true),
            ("./rpm", Some(&["rpm/engine.spec"]), true),
            ("/rpm", Some(&["rpm/engine.spec"]), true),
            ("rpm//x", Some(&["rpm/x/y"]), true),
            ("rpm", Some(&["rpm"]), true),
            ("rpm", Some(&["rpms/engine.spec"]), false),
            ("rpm", Some(&["src/rpm/engine.spec"]), false),
            ("rpm/x", Some(&["rpm/y"]), false),
            ("a/../rpm", Some(&["rpm/y"]), true),
            ("rpm", None, true),
            (".", Some(&["anything"]), true),
            ("", None, true),
        ] {
            let expected = (!taken).then(|| Objection::Unchanged(directory.to_owned()));
            assert_eq!(
                objection_to(&package("", directory), &push("main", changed)),
                expected,
                "{directory} {changed:?}"
            );
        }
    }

    #[test]
    fn a_push_without_any_file_is_for_nobody() {
        for directory in ["", "rpm"] {
            assert_eq!(objection_to(&package("", directory), &push("main", Some(&[]))), Some(Objection::Nothing));
        }
    }

    #[test]
    fn a_tag_is_for_the_package_that_it_or_the_address_names() {
        let tag = |name: &str| Change::Tag(Tag { name: name.to_owned(), ..Tag::default() });
        let places = [Place::of(URL).expect("a place")];
        // What a package follows, and where it lies, is about branches.
        let package = package("main", "rpm");
        assert_eq!(objection(&package, &places, &tag("engine-1.0"), None), None);
        assert_eq!(objection(&package, &places, &tag("v1.0"), None), Some(Objection::Tag));
        assert_eq!(objection(&package, &places, &tag("v1.0"), Some("engine")), None);
        assert_eq!(objection(&package, &places, &tag("v1.0"), Some("other")), Some(Objection::Tag));
        assert_eq!(objection(&package, &places, &tag("engine-1.0"), Some("other")), None);
        let elsewhere = [Place::of("https://example.org/ada/other").expect("a place")];
        assert_eq!(objection(&package, &elsewhere, &tag("engine-1.0"), Some("engine")), Some(Objection::Elsewhere));
    }
}
