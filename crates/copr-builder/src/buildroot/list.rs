//! What the root's rpm told of its packages.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// A package in the words of mock's `buildroot_lock.json` (its schema 1.1.0).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LockedRpm {
    pub name: String,
    pub epoch: Option<String>,
    pub version: String,
    pub release: String,
    pub arch: String,
    pub license: String,
    /// The digest of header and payload that the package itself names.
    pub sigmd5: String,
    /// The last eight digits of the key that signed it.
    pub signature: Option<String>,
    /// Where it was downloaded; empty when nobody told.
    pub url: String,
}

/// All of it, sorted.
#[derive(Debug, Default)]
pub(super) struct List {
    /// Lines of `installed_pkgs.log`.
    pub packages: Vec<String>,
    pub rpms: Vec<LockedRpm>,
    /// Names that packages require.
    pub requires: Vec<String>,
}

/// Takes apart what [`super::FORMAT`] made.
pub(super) fn read(text: &str) -> List {
    let mut list = List::default();
    for line in text.lines() {
        match line.split_once('\t') {
            Some(("P", line)) => list.packages.push(line.to_owned()),
            Some(("L", facts)) => list.rpms.extend(rpm(facts)),
            Some(("R", name)) => list.requires.push(name.to_owned()),
            // The rest of a licence that has several lines.
            _ => {}
        }
    }
    list.packages.sort();
    list.rpms.sort_by(|a, b| (&a.name, &a.arch, &a.version).cmp(&(&b.name, &b.arch, &b.version)));
    list.requires.sort();
    list.requires.dedup();
    list
}

fn rpm(facts: &str) -> Option<LockedRpm> {
    let mut words = facts.splitn(8, '\t').map(str::to_owned);
    let given = |word: String| (word != "(none)").then_some(word);
    let name = words.next()?;
    let (epoch, version, release, arch, sigmd5) =
        (given(words.next()?), words.next()?, words.next()?, words.next()?, words.next()?);
    let signature = given(words.next()?).map(|words| {
        let key = words.len().saturating_sub(8);
        words.get(key..).unwrap_or(&words).to_owned()
    });
    let license = words.next()?;
    // Keys are in the database too, and no packages.
    let package = name != "gpg-pubkey";
    package.then_some(LockedRpm { name, epoch, version, release, arch, license, sigmd5, signature, url: String::new() })
}

/// Fills in where packages come from: as told now, else as known of the layers below.
pub(super) fn locate(rpms: &mut [LockedRpm], told: &HashMap<String, String>, below: &[LockedRpm]) {
    let known: HashMap<&str, &str> = below.iter().map(|rpm| (rpm.sigmd5.as_str(), rpm.url.as_str())).collect();
    for rpm in rpms {
        let name = format!("{}-{}-{}.{}", rpm.name, rpm.version, rpm.release, rpm.arch);
        let url = told.get(&name).map(String::as_str).or_else(|| known.get(rpm.sigmd5.as_str()).copied());
        rpm.url = url.unwrap_or_default().to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "P\tgcc-4:12.2-3.x86_64 100 200 installed\n\
        L\tgcc\t4\t12.2\t3\tx86_64\taabb\tRSA/SHA256, Mon 01 Jan 2024, Key ID 0123456789abcdef\tGPL\tand more\n\
        R\tlibc.so.6\nR\tlibc.so.6\nP\tbash-5-1.x86_64 1 2 installed\n\
        L\tbash\t(none)\t5\t1\tx86_64\tccdd\t(none)\tGPLv3+\nin two lines\n\
        L\tgpg-pubkey\t(none)\t1\t2\t(none)\t(none)\t(none)\tpubkey\n";

    #[test]
    fn a_list_is_taken_apart() {
        let mut list = read(TEXT);
        assert_eq!(list.packages, ["bash-5-1.x86_64 1 2 installed", "gcc-4:12.2-3.x86_64 100 200 installed"]);
        assert_eq!(list.requires, ["libc.so.6"]);
        let told = HashMap::from([("gcc-12.2-3.x86_64".to_owned(), "http://h/gcc.rpm".to_owned())]);
        let mut below = list.rpms.clone();
        below[0].url = "http://h/bash.rpm".to_owned();
        locate(&mut list.rpms, &told, &below);
        let said: Vec<_> = list.rpms.iter().map(|rpm| serde_json::to_string(rpm).unwrap()).collect();
        let expected = [
            r#"{"name":"bash","epoch":null,"version":"5","release":"1","arch":"x86_64","license":"GPLv3+","sigmd5":"ccdd","signature":null,"url":"http://h/bash.rpm"}"#,
            r#"{"name":"gcc","epoch":"4","version":"12.2","release":"3","arch":"x86_64","license":"GPL\tand more","sigmd5":"aabb","signature":"89abcdef","url":"http://h/gcc.rpm"}"#,
        ];
        assert_eq!(said, expected);
    }
}
