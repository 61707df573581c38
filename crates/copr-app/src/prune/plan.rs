//! Which packages leave a repository, as values.

use copr_rpm::Nevra;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A package that a repository holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Path below the repository: the directory of its build, and its name.
    pub href: String,
    /// What it is.
    pub nevra: Nevra,
}

impl Held {
    fn is_source(&self) -> bool {
        matches!(self.nevra.arch.as_str(), "src" | "nosrc")
    }

    /// The directory that it shares with what was built together with it.
    fn dir(&self) -> &str {
        self.href.rsplit_once('/').map_or("", |(dir, _)| dir)
    }
}

/// What is to happen to the packages of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Paths of those that leave.
    pub leave: BTreeSet<String>,
    /// When the oldest of those was built that are superseded, and not old enough.
    pub oldest_left: Option<i64>,
}

/// The binary packages of which the repository holds a later version: of the same name and architecture, as
/// `dnf repoquery --latest-limit=1` would leave them out. Of equal versions none supersedes another.
pub fn superseded(held: &[Held]) -> Vec<&Held> {
    let mut latest = HashMap::<(&str, &str), &Nevra>::new();
    for one in held.iter().filter(|one| !one.is_source()) {
        let best = latest.entry((&one.nevra.name, &one.nevra.arch)).or_insert(&one.nevra);
        if one.nevra.compare_evr(best).is_gt() {
            *best = &one.nevra;
        }
    }
    let is_old = |one: &&Held| {
        let best = latest.get(&(one.nevra.name.as_str(), one.nevra.arch.as_str()));
        !one.is_source() && best.is_some_and(|best| one.nevra.compare_evr(best).is_lt())
    };
    held.iter().filter(is_old).collect()
}

/// Which packages leave: what is superseded and was built before a moment, and source packages whose binary packages all
/// do. `built` says when those that are superseded were built; one that does not say it stays.
pub fn plan(held: &[Held], built: &HashMap<String, i64>, before: i64) -> Plan {
    let mut plan = Plan::default();
    for one in superseded(held) {
        match built.get(&one.href) {
            Some(time) if *time < before => drop(plan.leave.insert(one.href.clone())),
            Some(time) => plan.oldest_left = Some(plan.oldest_left.map_or(*time, |oldest: i64| oldest.min(*time))),
            None => {}
        }
    }
    let mut binaries = BTreeMap::<&str, bool>::new();
    for one in held.iter().filter(|one| !one.is_source()) {
        *binaries.entry(one.dir()).or_insert(true) &= plan.leave.contains(&one.href);
    }
    // A source package that nothing was built from is nobody's old version.
    let follow = held.iter().filter(|one| one.is_source() && binaries.get(one.dir()) == Some(&true));
    let follow: Vec<String> = follow.map(|one| one.href.clone()).collect();
    plan.leave.extend(follow);
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: i64 = 1000;
    const OLD: i64 = 999;
    const YOUNG: i64 = 1000;

    /// `build/name-evr.arch`, as short as it gets.
    fn held(package: &str) -> Held {
        let (dir, nevra) = package.split_once('/').expect("a directory");
        let nevra = Nevra::parse(nevra).expect(package);
        Held { href: format!("{dir}/{}", nevra.file_name()), nevra }
    }

    /// What leaves, by number of the build and name, when all were built at one time.
    fn leaving(packages: &[&str], time: i64) -> Vec<String> {
        let held: Vec<Held> = packages.iter().map(|package| held(package)).collect();
        let built = held.iter().map(|one| (one.href.clone(), time)).collect();
        let plan = plan(&held, &built, BEFORE);
        held.iter()
            .zip(packages)
            .filter(|(one, _)| plan.leave.contains(&one.href))
            .map(|(_, package)| (*package).to_owned())
            .collect()
    }

    #[test]
    fn only_later_versions_of_the_same_name_and_architecture_supersede() {
        for (holds, leave) in [
            (&[][..], &[][..]),
            (&["1/a-1-1.noarch"], &[]),
            (&["1/a-1-1.noarch", "2/a-2-1.noarch"], &["1/a-1-1.noarch"]),
            (&["2/a-2-1.noarch", "1/a-1-1.noarch", "3/a-3-1.noarch"], &["2/a-2-1.noarch", "1/a-1-1.noarch"]),
            // The later build with the lower version goes: what counts is what a client would install.
            (&["1/a-2-1.noarch", "2/a-1-1.noarch"], &["2/a-1-1.noarch"]),
            // Ties.
            (&["1/a-1-1.noarch", "2/a-1-1.noarch"], &[]),
            (&["1/a-1-1.noarch", "2/a-1-1.noarch", "3/a-1-2.noarch"], &["1/a-1-1.noarch", "2/a-1-1.noarch"]),
            (&["1/a-0:1-1.noarch", "2/a-1-1.noarch"], &[]),
            // Epochs, numbers, tildes and carets.
            (&["1/a-9-1.noarch", "2/a-1:1-1.noarch"], &["1/a-9-1.noarch"]),
            (&["1/a-9-1.noarch", "2/a-10-1.noarch"], &["1/a-9-1.noarch"]),
            (&["1/a-1.0~rc1-1.noarch", "2/a-1.0-1.noarch"], &["1/a-1.0~rc1-1.noarch"]),
            (&["1/a-1.0-1.noarch", "2/a-1.0^git1-1.noarch"], &["1/a-1.0-1.noarch"]),
            (&["1/a-1-1.fc44.noarch", "2/a-1-1.fc44.1.noarch"], &["1/a-1-1.fc44.noarch"]),
            // Names and architectures of their own.
            (&["1/a-1-1.noarch", "2/a-2-1.x86_64"], &[]),
            (&["1/a-1-1.i686", "1/a-2-1.x86_64"], &[]),
            (&["1/a-1-1.noarch", "2/a-b-2-1.noarch"], &[]),
        ] {
            assert_eq!(leaving(holds, OLD), leave, "{holds:?}");
        }
    }

    #[test]
    fn a_source_package_leaves_with_the_last_of_its_binary_packages() {
        for (holds, leave) in [
            (
                &["1/a-1-1.src", "1/a-1-1.noarch", "2/a-2-1.src", "2/a-2-1.noarch"][..],
                &["1/a-1-1.src", "1/a-1-1.noarch"][..],
            ),
            // A part that later builds have no more is the latest of its name for ever.
            (
                &["1/a-1-1.src", "1/a-1-1.noarch", "1/a-gone-1-1.noarch", "2/a-2-1.src", "2/a-2-1.noarch"],
                &["1/a-1-1.noarch"],
            ),
            // Nothing supersedes source packages themselves.
            (&["1/a-1-1.src", "2/a-2-1.src", "2/a-2-1.noarch"], &[]),
            (&["1/a-1-1.nosrc", "1/a-1-1.noarch", "2/a-2-1.noarch"], &["1/a-1-1.nosrc", "1/a-1-1.noarch"]),
        ] {
            assert_eq!(leaving(holds, OLD), leave, "{holds:?}");
        }
    }

    #[test]
    fn what_is_young_or_of_unknown_age_stays_and_the_oldest_is_told() {
        assert!(leaving(&["1/a-1-1.src", "1/a-1-1.noarch", "2/a-2-1.noarch"], YOUNG).is_empty());
        let holds: Vec<Held> =
            ["1/a-1-1.noarch", "2/a-2-1.noarch", "3/a-3-1.noarch", "4/a-4-1.noarch"].map(held).to_vec();
        let built = HashMap::from([(holds[0].href.clone(), BEFORE + 7), (holds[1].href.clone(), BEFORE + 3)]);
        assert_eq!(plan(&holds, &built, BEFORE), Plan { leave: BTreeSet::new(), oldest_left: Some(BEFORE + 3) });
        let built = HashMap::from([(holds[0].href.clone(), OLD)]);
        let leave = BTreeSet::from([holds[0].href.clone()]);
        assert_eq!(plan(&holds, &built, BEFORE), Plan { leave, oldest_left: None });
    }

    #[test]
    fn a_source_package_stays_while_one_of_its_binary_packages_is_young() {
        let holds: Vec<Held> =
            ["1/a-1-1.src", "1/a-1-1.noarch", "1/b-1-1.noarch", "2/a-2-1.noarch", "2/b-2-1.noarch"].map(held).to_vec();
        let built = HashMap::from([(holds[1].href.clone(), OLD), (holds[2].href.clone(), YOUNG)]);
        let done = plan(&holds, &built, BEFORE);
        assert_eq!((done.leave, done.oldest_left), (BTreeSet::from([holds[1].href.clone()]), Some(YOUNG)));
    }
}
