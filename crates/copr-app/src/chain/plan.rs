//! In which order the members of a chain are built in one chroot, and how that is known: plain functions of what members
//! need, of what they will provide, and of what the repository has.

use super::repository::{Repository, provided};
use copr_rpm::Dependency;
use copr_rpm::foreseen::{self, Foreseen};
use copr_rpm::need::{Need, satisfies};
use copr_rpm::repodata::Described;
use copr_sched::waves;
use copr_types::BuildId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A member, as far as one chroot goes.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// The build.
    pub build: BuildId,
    /// The package's name, or another word for it where that is not known.
    pub name: String,
    /// What it needs to be built.
    pub needs: Vec<Dependency>,
    /// What its spec file says that it will provide.
    pub foreseen: Vec<Foreseen>,
    /// `[epoch:]version-release` of its source package; empty when there is none.
    pub evr: String,
}

/// How it is known what a member will provide, from the best to the worst.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Built(BuildId),
    Package,
    Provides,
    File(String),
}

impl Known {
    fn words(&self) -> String {
        match self {
            Self::Built(build) => format!("its build {build} provides it"),
            Self::Package => "its spec file has a package of that name".to_owned(),
            Self::Provides => "its spec file says `Provides`".to_owned(),
            Self::File(path) => format!("its spec file packages `{path}`"),
        }
    }
}

/// Something that a member needs of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needed {
    /// What, as rpm writes it.
    pub what: String,
    /// The members that will provide it: all of them are waited for, one of them has to succeed.
    pub by: Vec<Provider>,
    /// Whether nothing goes without.
    pub essential: bool,
}

/// A member that will provide something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Its build.
    pub build: BuildId,
    /// The package's name.
    pub package: String,
    /// How that is known, in words.
    pub known: String,
    /// Why it is not waited for; empty when it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub given_up: String,
}

/// Where a member stands in the order of a chroot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    /// Its wave, from 1; 0 for one in a circle.
    pub wave: usize,
    /// What it needs of other members.
    pub needs: Vec<Needed>,
    /// The circle of needs that it is in: names, the first one being the last one too.
    pub circle: Option<Vec<String>>,
}

/// A need, resolved: places of members, and how each is known.
#[derive(Debug)]
struct Resolved {
    what: String,
    by: BTreeMap<usize, Known>,
    /// A build that has it already.
    available: Option<BuildId>,
    essential: bool,
}

/// Orders the members. With `keep_going` no need is one that nothing goes without.
pub(super) fn plan(members: &[Member], repository: &Repository, keep_going: bool) -> Vec<Planned> {
    let promises = Promises::new(members, repository);
    let mut needs: Vec<Vec<Resolved>> = Vec::new();
    for (at, member) in members.iter().enumerate() {
        let mut resolved = Vec::new();
        for need in &member.needs {
            promises.resolve(&Need::of(need), at, true, &mut resolved);
        }
        resolved.extend(promises.twin(at));
        resolved.retain(|one| !one.by.is_empty());
        resolved.dedup_by(|one, other| one.what == other.what);
        needs.push(resolved);
    }
    let (mut edges, mut places) = (Vec::new(), Vec::new());
    for (of, resolved) in needs.iter().enumerate() {
        for (need, one) in resolved.iter().enumerate() {
            // Of several providers the best known one counts; the others are waited for where that is possible.
            let best = one.by.iter().min_by_key(|(_, known)| *known).map(|(by, _)| *by);
            for by in one.by.keys() {
                let hard = one.essential && !keep_going && one.available.is_none() && best == Some(*by);
                edges.push(waves::Need { of, by: *by, soft: !hard });
                places.push((of, need, *by));
            }
        }
    }
    let order = waves::plan(members.len(), &edges);
    let given_up: HashSet<(usize, usize, usize)> = order.given_up.iter().map(|at| places[*at]).collect();
    let name = |at: &usize| members[*at].name.clone();
    let planned = needs.into_iter().enumerate().map(|(of, resolved)| Planned {
        wave: order.wave[of].unwrap_or(0),
        circle: order.circle[of].as_ref().map(|circle| circle.iter().map(name).collect()),
        needs: resolved
            .into_iter()
            .enumerate()
            .map(|(need, one)| {
                let by = one.by.iter().map(|(by, known)| Provider {
                    build: members[*by].build,
                    package: members[*by].name.clone(),
                    known: known.words(),
                    given_up: match given_up.contains(&(of, need, *by)) {
                        true => because(&one, &members[*by].name),
                        false => String::new(),
                    },
                });
                Needed { by: by.collect(), what: one.what, essential: one.essential && !keep_going }
            })
            .collect(),
    });
    planned.collect()
}

/// Why a member is not waited for.
fn because(need: &Resolved, by: &str) -> String {
    match need.available {
        Some(build) => format!("`{by}` needs it in turn; what build {build} left in the repository is used"),
        None => format!("`{by}` needs it in turn"),
    }
}

/// What members will provide, by name.
struct Promises<'a> {
    members: &'a [Member],
    repository: &'a Repository,
    by_name: HashMap<String, Vec<(usize, Dependency, Known)>>,
}

impl<'a> Promises<'a> {
    fn new(members: &'a [Member], repository: &'a Repository) -> Self {
        let mut by_name = HashMap::<String, Vec<(usize, Dependency, Known)>>::new();
        let mut add = |at, provide: Dependency, known| {
            by_name.entry(provide.name.clone()).or_default().push((at, provide, known));
        };
        let newest = repository.newest();
        let mut of_build = HashMap::<BuildId, Vec<&Described>>::new();
        for one in repository.packages.iter().filter(|one| !one.is_source()) {
            of_build.entry(one.build).or_default().push(&one.described);
        }
        for (at, member) in members.iter().enumerate() {
            if let Some(build) = newest.get(member.name.as_str()) {
                for described in of_build.get(build).into_iter().flatten() {
                    for provide in provided(described) {
                        add(at, renewed(provide, &described.evr, &member.evr), Known::Built(*build));
                    }
                }
            }
            for Foreseen { provide, known } in &member.foreseen {
                let known = match known {
                    foreseen::Known::Package => Known::Package,
                    foreseen::Known::Provides => Known::Provides,
                    foreseen::Known::File(path) => Known::File(path.clone()),
                };
                add(at, provide.clone(), known);
            }
        }
        Self { members, repository, by_name }
    }

    /// The members that will provide something, without the one that needs it.
    fn providers(&self, need: &Dependency, of: usize) -> BTreeMap<usize, Known> {
        let mut found = BTreeMap::<usize, Known>::new();
        for (at, provide, known) in self.by_name.get(&need.name).into_iter().flatten() {
            if *at != of && will_satisfy(provide, need, known) {
                let best = found.entry(*at).or_insert_with(|| known.clone());
                if known < best {
                    *best = known.clone();
                }
            }
        }
        found
    }

    /// Adds what a need comes to.
    fn resolve(&self, need: &Need, of: usize, essential: bool, found: &mut Vec<Resolved>) {
        match need {
            Need::One(one) => found.push(Resolved {
                what: one.to_string(),
                by: self.providers(one, of),
                available: self.repository.has(one),
                essential,
            }),
            Need::All(all) => all.iter().for_each(|one| self.resolve(one, of, essential, found)),
            Need::Perhaps(one) => self.resolve(one, of, false, found),
            Need::Any(any) => {
                let mut parts = Vec::new();
                any.iter().for_each(|one| self.resolve(one, of, essential, &mut parts));
                // What no member provides may come from the distribution: then the others are not what all hangs on.
                let essential = essential && parts.iter().all(|part| !part.by.is_empty());
                found.extend(joined(parts, " or ", essential, |by, more| {
                    for (at, known) in more {
                        by.entry(at).or_insert(known);
                    }
                }));
            }
            Need::Same(same) => {
                let mut parts = Vec::new();
                same.iter().for_each(|one| self.resolve(one, of, essential, &mut parts));
                found.extend(joined(parts, " with ", essential, |by, more| by.retain(|at, _| more.contains_key(at))));
            }
        }
    }

    /// The build of the same package that was submitted before: it goes first.
    fn twin(&self, of: usize) -> Option<Resolved> {
        let member = &self.members[of];
        let before = self.members.iter().enumerate().take(of).rfind(|(_, other)| other.name == member.name);
        let (at, _) = before.filter(|_| !member.evr.is_empty())?;
        let what = format!("the build of `{}` before it", member.name);
        Some(Resolved { what, by: BTreeMap::from([(at, Known::Package)]), available: None, essential: false })
    }
}

/// Several needs as one.
fn joined(
    parts: Vec<Resolved>,
    word: &str,
    essential: bool,
    join: impl Fn(&mut BTreeMap<usize, Known>, BTreeMap<usize, Known>),
) -> Option<Resolved> {
    let what = format!("({})", parts.iter().map(|part| part.what.as_str()).collect::<Vec<_>>().join(word));
    let mut parts = parts.into_iter();
    let mut whole = parts.next()?;
    for part in parts {
        join(&mut whole.by, part.by);
        whole.available = whole.available.or(part.available);
    }
    Some(Resolved { what, essential, ..whole })
}

/// What a package provides, as it will provide it in a new version.
fn renewed(provide: Dependency, old: &str, new: &str) -> Dependency {
    if provide.comparison != "=" || new.is_empty() {
        return provide;
    }
    let plain = |evr: &str| copr_rpm::evr::split(evr).1.to_owned();
    if provide.version == old {
        return Dependency { version: new.to_owned(), ..provide };
    }
    if plain(&provide.version) == plain(old) {
        // The distribution's part of the release is not known before.
        return Dependency { version: without_release(new), ..provide };
    }
    provide
}

fn without_release(evr: &str) -> String {
    evr.rsplit_once('-').map_or(evr, |(version, _)| version).to_owned()
}

/// Whether that is what is needed. Of what is not built yet the release is not known: distributions add to it.
fn will_satisfy(provide: &Dependency, need: &Dependency, known: &Known) -> bool {
    if satisfies(provide, need) {
        return true;
    }
    let loose = Dependency { version: without_release(&provide.version), ..provide.clone() };
    !matches!(known, Known::Provides) && satisfies(&loose, need)
}

#[cfg(test)]
mod tests;
