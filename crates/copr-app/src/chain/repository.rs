//! What the repository of a chroot has, and who in it needs whom.

use copr_rpm::Dependency;
use copr_rpm::need::{Need, satisfies};
use copr_rpm::repodata::Described;
use copr_types::BuildId;
use std::collections::{HashMap, HashSet, VecDeque};

/// A package that the repository has.
#[derive(Clone, Debug)]
pub(super) struct Published {
    /// The build that it is of.
    pub build: BuildId,
    /// The source package's name.
    pub package: String,
    /// What it says.
    pub described: Described,
}

impl Published {
    pub(super) fn is_source(&self) -> bool {
        matches!(self.described.arch.as_str(), "src" | "nosrc")
    }
}

/// What the repository of a chroot has, newest builds first.
#[derive(Debug, Default)]
pub(super) struct Repository {
    /// All of it.
    pub packages: Vec<Published>,
    by_name: HashMap<String, Vec<(BuildId, Dependency)>>,
}

impl Repository {
    pub(super) fn new(packages: Vec<Published>) -> Self {
        let mut by_name = HashMap::<String, Vec<(BuildId, Dependency)>>::new();
        for one in packages.iter().filter(|one| !one.is_source()) {
            for provide in provided(&one.described) {
                by_name.entry(provide.name.clone()).or_default().push((one.build, provide));
            }
        }
        Self { packages, by_name }
    }

    /// A build that provides something.
    pub(super) fn has(&self, need: &Dependency) -> Option<BuildId> {
        let (build, _) = self.by_name.get(&need.name)?.iter().find(|(_, provide)| satisfies(provide, need))?;
        Some(*build)
    }

    /// The newest build of each package.
    pub(super) fn newest(&self) -> HashMap<&str, BuildId> {
        let mut newest = HashMap::new();
        for one in &self.packages {
            let build = newest.entry(one.package.as_str()).or_insert(one.build);
            *build = one.build.max(*build);
        }
        newest
    }

    /// What a build provides.
    pub(super) fn provides_of(&self, build: BuildId) -> Vec<Dependency> {
        let of_build = self.packages.iter().filter(|one| one.build == build && !one.is_source());
        of_build.flat_map(|one| provided(&one.described)).collect()
    }
}

/// Its `Provides`, and the files that may be asked for.
pub(super) fn provided(described: &Described) -> Vec<Dependency> {
    let files = described.files.iter().map(|file| Dependency::parse(file));
    described.provides.iter().cloned().chain(files).collect()
}

/// A package that is to be built again, because something that it needs changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dependent {
    /// The source package's name.
    pub package: String,
    /// The build that told what it needs.
    pub build: BuildId,
    /// What it needs.
    pub what: String,
    /// Of which package.
    pub of: String,
}

/// The packages of a repository that need something of these to be built, and those that need something of them, in the
/// order in which they are found.
pub(super) fn dependents(changed: &[String], repository: &Repository) -> Vec<Dependent> {
    let newest = repository.newest();
    let is_newest = |one: &&Published| newest.get(one.package.as_str()) == Some(&one.build);
    let mut provides = HashMap::<&str, Vec<Dependency>>::new();
    let mut needed_by = HashMap::<&str, Vec<(&Published, &Dependency, Dependency)>>::new();
    let needs: Vec<(&Published, &Dependency, Dependency)> = repository
        .packages
        .iter()
        .filter(is_newest)
        .filter(|one| one.is_source())
        .flat_map(|one| one.described.requires.iter().map(move |need| (one, need)))
        .flat_map(|(one, need)| {
            let named = Need::of(need);
            named.capabilities().into_iter().cloned().map(move |part| (one, need, part)).collect::<Vec<_>>()
        })
        .collect();
    for (one, need, part) in &needs {
        needed_by.entry(part.name.as_str()).or_default().push((one, need, part.clone()));
    }
    for one in repository.packages.iter().filter(is_newest).filter(|one| !one.is_source()) {
        provides.entry(one.package.as_str()).or_default().extend(provided(&one.described));
    }
    let mut found: Vec<Dependent> = Vec::new();
    let mut queue: VecDeque<String> = changed.iter().cloned().collect();
    let mut seen: HashSet<String> = changed.iter().cloned().collect();
    while let Some(package) = queue.pop_front() {
        for provide in provides.get(package.as_str()).into_iter().flatten() {
            for (one, need, part) in needed_by.get(provide.name.as_str()).into_iter().flatten() {
                // A new version may satisfy what the old one does not: the name is enough.
                if part.name == provide.name && seen.insert(one.package.clone()) {
                    queue.push_back(one.package.clone());
                    found.push(Dependent {
                        package: one.package.clone(),
                        build: one.build,
                        what: need.to_string(),
                        of: package.clone(),
                    });
                }
            }
        }
    }
    found
}
