//! Names: whatever is taken for one is safe wherever names go, and reads the same again.

use bolero::check;
use copr_types::source::without_passwords;
use copr_types::{ChrootName, DirName, FileName, GroupAlias, OwnerName, PackageName, ProjectName, UserName};
use std::fmt::Display;
use std::path::{Component, Path};
use std::str::FromStr;

/// Nothing that is taken for a name leaves the directory it stands in, or is hidden from those who look.
fn is_one_entry(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
        && !name.contains('\0')
        && name.len() <= 255
}

fn survives<T: FromStr + Display>(text: &str, safe: impl Fn(&str) -> bool) {
    let Ok(name) = text.parse::<T>() else { return };
    let shown = name.to_string();
    assert!(safe(&shown), "{shown:?}");
    assert!(shown.parse::<T>().is_ok_and(|again| again.to_string() == shown), "{shown:?} is not taken again");
}

fn all(text: &str) {
    survives::<UserName>(text, is_one_entry);
    survives::<GroupAlias>(text, is_one_entry);
    survives::<OwnerName>(text, is_one_entry);
    survives::<ProjectName>(text, is_one_entry);
    survives::<PackageName>(text, is_one_entry);
    survives::<FileName>(text, is_one_entry);
    survives::<ChrootName>(text, is_one_entry);
}

#[test]
fn texts_that_are_taken_for_names_are_safe() {
    check!().with_type::<String>().for_each(|text| all(text));
}

/// Mostly of what names are made of, so that more of it is taken.
#[test]
fn texts_that_look_like_names_are_safe() {
    const LETTERS: &[&str] =
        &["a", "Z", "7", "_", "-", ".", "..", "/", "@", ":", "+", "~", "^", " ", "ž", "\0", "pr", "custom"];
    check!().with_type::<Vec<u8>>().for_each(|picks| {
        let text: String = picks.iter().map(|pick| LETTERS[usize::from(*pick) % LETTERS.len()]).collect();
        all(&text);
        let project: ProjectName = "p".parse().expect("a project's name");
        for dir in [text.clone(), format!("p:custom:{text}"), format!("p:pr:{text}")] {
            if let Ok(name) = DirName::parse(&project, &dir) {
                assert!(is_one_entry(name.as_str()), "{name:?}");
                assert!(DirName::parse(&project, name.as_str()).is_ok(), "{name:?} is not taken again");
            }
        }
    });
}

#[test]
fn no_password_survives_in_an_address() {
    check!().with_type::<(String, String)>().for_each(|(before, after)| {
        let secret = "s3cr3t";
        let text = format!("{before} https://user:{secret}@host/{after}");
        let shown = without_passwords(&text);
        assert!(!shown.contains(secret) || before.contains(secret) || after.contains(secret), "{shown:?}");
        assert_eq!(without_passwords(&shown), shown, "not settled");
    });
}
