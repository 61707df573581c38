//! `.repo` files: what dnf is told about a directory of a project.
//!
//! Texts and ids are those of the pipeline contract (§6.2); package managers and people's machines hold them for years.

use crate::{App, Refusal, access, expiry, repos};
use copr_db::Conn;
use copr_db::project::Project;
use copr_types::{ChrootName, OwnerName};
use std::collections::{HashSet, VecDeque};

/// A `.repo` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoFile {
    /// The name to keep it under.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum NoRepoFile {
    /// The project or the directory is not there.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The project does not build for this distribution.
    #[error("Chroot {wanted} does not exist in {project}")]
    NoChroot {
        /// What was asked for.
        wanted: String,
        /// `owner/project`.
        project: String,
        /// Names of the chroots that there are.
        available: Vec<String>,
    },
}

impl From<copr_db::Error> for NoRepoFile {
    fn from(error: copr_db::Error) -> Self {
        Self::Refused(error.into())
    }
}

/// The `.repo` file of a directory for a distribution and release (`fedora-44`), and an architecture where known.
pub async fn render(
    app: &App,
    owner: &str,
    dir: &str,
    name_release: &str,
    arch: Option<&str>,
) -> Result<RepoFile, NoRepoFile> {
    let mut conn = app.db.read().await?;
    let name = dir.split(':').next().unwrap_or(dir);
    let project = access::project(&mut conn, owner, name).await?;
    if copr_db::dir::by_name(&mut conn, project.id, dir).await?.is_none() {
        let refusal = Refusal::not_found(format!("There is no directory {dir} in {}.", project.full_name()));
        return Err(refusal.into());
    }
    let chroots = active_chroots(&mut conn, &project).await?;
    let chroot = choose(&chroots, name_release, arch).ok_or_else(|| NoRepoFile::NoChroot {
        wanted: arch.map_or_else(|| name_release.to_owned(), |arch| format!("{name_release}-{arch}")),
        project: project.full_name(),
        available: chroots.iter().map(ToString::to_string).collect(),
    })?;
    let mut parts = sections(app, &project, dir, chroot, arch, &chroots);
    parts.extend(dependencies(app, &mut conn, &project, chroot).await?);
    let owner = project.owner.in_repo_id();
    Ok(RepoFile { name: format!("{owner}-{dir}.repo"), text: parts.join("\n") })
}

async fn active_chroots(conn: &mut Conn, project: &Project) -> Result<Vec<ChrootName>, Refusal> {
    let names = copr_db::project_chroot::active_names(conn, [project.id]).await?;
    let parsed: Result<_, _> = names.iter().map(|(_, name)| name.parse::<ChrootName>()).collect();
    parsed.map_err(|error| Refusal::internal("reading a chroot's name", error))
}

/// The last chroot of the release, and of the architecture where named.
fn choose<'a>(chroots: &'a [ChrootName], name_release: &str, arch: Option<&str>) -> Option<&'a ChrootName> {
    let fits = |chroot: &&ChrootName| {
        // People leave out the version (`fedora`) or write out the whole name: both begin so, at a dash.
        let rest = chroot.as_str().strip_prefix(name_release);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            && arch.is_none_or(|arch| chroot.arch() == arch)
    };
    chroots.iter().rfind(fits)
}

/// The directory of a chroot's repository as dnf fills it in: the release is a variable wherever the distribution's
/// own one means the same.
fn chroot_pattern(chroot: &ChrootName, arch: &str) -> String {
    let version = match (chroot.os(), chroot.version()) {
        ("mageia", "cauldron") => "cauldron",
        ("fedora" | "centos-stream" | "opensuse-leap" | "mageia", _) => "$releasever",
        (_, version) => version,
    };
    format!("{}-{version}-{arch}", chroot.os())
}

/// What one section says.
#[derive(Default)]
struct Section {
    id: String,
    name: String,
    baseurl: String,
    gpgkey: Option<String>,
    cost: Option<i64>,
    module_hotfixes: bool,
    priority: Option<i64>,
}

impl Section {
    /// The section's lines, in the order that Copr has ever written them in.
    fn text(&self) -> String {
        let mut lines = vec![
            format!("[{}]", self.id),
            format!("name={}", self.name),
            format!("baseurl={}", self.baseurl),
            "type=rpm-md".to_owned(),
            "skip_if_unavailable=True".to_owned(),
            format!("gpgcheck={}", i32::from(self.gpgkey.is_some())),
        ];
        lines.extend(self.gpgkey.as_ref().map(|key| format!("gpgkey={key}")));
        lines.push("repo_gpgcheck=0".to_owned());
        lines.extend(self.cost.map(|cost| format!("cost={cost}")));
        lines.push("enabled=1".to_owned());
        lines.push("enabled_metadata=1".to_owned());
        lines.extend(self.module_hotfixes.then(|| "module_hotfixes=1".to_owned()));
        lines.extend(self.priority.map(|priority| format!("priority={priority}")));
        lines.join("\n") + "\n"
    }
}

/// The directory's own section and, for 64-bit machines that want 32-bit packages too, its twin.
fn sections(
    app: &App,
    project: &Project,
    dir: &str,
    chroot: &ChrootName,
    arch: Option<&str>,
    chroots: &[ChrootName],
) -> Vec<String> {
    let base = format!("{}/{}/{dir}", app.rules.results_url, project.owner);
    let own = Section {
        id: format!("copr:{}:{}:{dir}", app.rules.host(), project.owner.in_repo_id()),
        name: format!("Copr repo for {dir} owned by {}", project.owner),
        baseurl: format!("{base}/{}/", chroot_pattern(chroot, "$basearch")),
        gpgkey: Some(format!("{base}/pubkey.gpg")),
        cost: None,
        module_hotfixes: project.settings.module_hotfixes,
        priority: project.settings.repo_priority,
    };
    let mut texts = vec![own.text()];
    let counterpart = format!("{}-i386", chroot.name_release());
    let has_counterpart = chroots.iter().any(|chroot| chroot.as_str() == counterpart);
    if arch == Some("x86_64") && project.settings.multilib && has_counterpart {
        let twin = Section {
            id: format!("{}:ml", own.id),
            name: format!("{} (i386)", own.name),
            baseurl: format!("{base}/{}/", chroot_pattern(chroot, "i386")),
            // A package that exists for both is taken from the 64-bit repository.
            cost: Some(1100),
            ..own
        };
        texts.push(twin.text());
    }
    texts
}

/// What DNF5's plugin makes a `.repo` file of by itself: all of a project, for every release (api-v3 contract, §3.12).
#[derive(Clone, Debug)]
pub struct Described {
    /// The project.
    pub project: Project,
    /// Its chroots whose repositories are there, by name; with the time their data goes away, for dropped ones.
    pub chroots: Vec<(ChrootName, Option<i64>)>,
    /// Names of its directories, the main one first; with the time they go away unless they are used, for those that do.
    pub dirs: Vec<(String, Option<i64>)>,
    /// What its users need beside it.
    pub dependencies: Vec<Dependency>,
}

/// Describes the project that a directory belongs to.
pub async fn describe(app: &App, owner: &str, dir: &str) -> Result<Described, Refusal> {
    let mut conn = app.db.read().await?;
    let name = dir.split(':').next().unwrap_or(dir);
    let project = access::called(&mut conn, owner, name)
        .await?
        .ok_or_else(|| Refusal::not_found(format!("{owner}/{name} copr doesn't exist")))?;
    let now = app.clock.now();
    let chroots = copr_db::project_chroot::list(&mut conn, project.id).await?;
    let chroots = chroots
        .into_iter()
        .filter(|chroot| chroot.enabled || chroot.delete_on.is_some_and(|end| end > now))
        .map(|chroot| (chroot.name, chroot.delete_on.filter(|_| !chroot.enabled)))
        .collect();
    let dirs = copr_db::dir::of_project(&mut conn, project.id).await?;
    let dirs = dirs.iter().map(|dir| (dir.name.to_string(), expiry::end_of(app, dir))).collect();
    let dependencies = runtime_dependencies(&mut conn, &project).await?;
    Ok(Described { chroots, dirs, dependencies, project })
}

/// What users of a project need beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// Another project of this service.
    Project {
        /// Its owner.
        owner: OwnerName,
        /// Its directory.
        dir: String,
        /// Whether it may override modules.
        module_hotfixes: bool,
    },
    /// A project that is not there (any more): the item that names it.
    Missing(String),
    /// A repository elsewhere.
    External {
        /// The id made of the item.
        id: String,
        /// Its address; may hold `$chroot` and `$distname`.
        address: String,
        /// dnf's priority.
        priority: Option<i64>,
    },
}

/// The runtime dependencies of a project, with those of its dependencies, each once; in the order they are named,
/// nearest first.
pub async fn runtime_dependencies(conn: &mut Conn, project: &Project) -> Result<Vec<Dependency>, Refusal> {
    let mut found = Vec::new();
    let mut seen = HashSet::from([project.full_name()]);
    let mut lists = VecDeque::from([project.settings.runtime_dependencies.clone()]);
    while let Some(list) = lists.pop_front() {
        for item in list.split_whitespace() {
            let Some((owner, dir)) = repos::copr_item(item) else {
                if seen.insert(item.to_owned()) {
                    let (address, priority) = repos::split_priority(item);
                    found.push(Dependency::External { id: repos::derived_id(item), address, priority });
                }
                continue;
            };
            if !seen.insert(format!("{owner}/{dir}")) {
                continue;
            }
            let name = dir.split(':').next().unwrap_or(dir);
            match access::called(conn, owner, name).await? {
                Some(other) => {
                    let dir = dir.replacen(name, other.name.as_str(), 1);
                    lists.push_back(other.settings.runtime_dependencies);
                    let module_hotfixes = other.settings.module_hotfixes;
                    found.push(Dependency::Project { owner: other.owner, dir, module_hotfixes });
                }
                None => found.push(Dependency::Missing(item.to_owned())),
            }
        }
    }
    Ok(found)
}

/// The sections of runtime dependencies: projects of this service first, then others, each kind counted from 1.
async fn dependencies(
    app: &App,
    conn: &mut Conn,
    project: &Project,
    chroot: &ChrootName,
) -> Result<Vec<String>, Refusal> {
    let found = runtime_dependencies(conn, project).await?;
    let of = format!("Copr {}/{}", app.rules.host(), project.full_name());
    let pattern = chroot_pattern(chroot, "$basearch");
    let (mut ours, mut others, mut projects, mut externals) = (Vec::new(), Vec::new(), 0, 0);
    for dependency in found {
        match dependency {
            Dependency::Project { owner, dir, module_hotfixes } => {
                projects += 1;
                let base = format!("{}/{owner}/{dir}", app.rules.results_url);
                let section = Section {
                    id: format!("coprdep:{}:{}:{dir}", app.rules.host(), owner.in_repo_id()),
                    name: format!("{of} runtime dependency #{projects} - {owner}/{dir}"),
                    baseurl: format!("{base}/{pattern}/"),
                    gpgkey: Some(format!("{base}/pubkey.gpg")),
                    module_hotfixes,
                    ..Section::default()
                };
                ours.push(section.text());
            }
            Dependency::Missing(item) => {
                ours.push(format!("# This repository depends on {item}, which does not exist.\n"));
            }
            Dependency::External { id, address, priority } => {
                externals += 1;
                let section = Section {
                    name: format!("{of} external runtime dependency #{externals} - {id}"),
                    id: format!("coprdep:{id}"),
                    baseurl: address.replace("$chroot", &pattern).replace("$distname", chroot.os()),
                    priority,
                    ..Section::default()
                };
                others.push(section.text());
            }
        }
    }
    ours.extend(others);
    Ok(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chroots(names: &[&str]) -> Vec<ChrootName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn the_last_chroot_of_the_release_is_taken() {
        let all = chroots(&["fedora-4-x86_64", "fedora-43-aarch64", "fedora-43-x86_64", "opensuse-leap-15.6-x86_64"]);
        let choose = |name: &str, arch| choose(&all, name, arch).map(ChrootName::as_str);
        assert_eq!(choose("fedora-43", None), Some("fedora-43-x86_64"));
        assert_eq!(choose("fedora-43", Some("aarch64")), Some("fedora-43-aarch64"));
        assert_eq!(choose("fedora-4", None), Some("fedora-4-x86_64"));
        assert_eq!(choose("opensuse-leap-15.6", Some("x86_64")), Some("opensuse-leap-15.6-x86_64"));
        assert_eq!(choose("fedora-43", Some("s390x")), None);
        assert_eq!(choose("epel-9", None), None);
    }

    #[test]
    fn the_release_is_a_variable_where_the_distribution_has_it_so() {
        let of = |name: &str| chroot_pattern(&name.parse().unwrap(), "$basearch");
        assert_eq!(of("fedora-43-x86_64"), "fedora-$releasever-$basearch");
        assert_eq!(of("fedora-rawhide-x86_64"), "fedora-$releasever-$basearch");
        assert_eq!(of("centos-stream-9-x86_64"), "centos-stream-$releasever-$basearch");
        assert_eq!(of("opensuse-leap-15.6-x86_64"), "opensuse-leap-$releasever-$basearch");
        assert_eq!(of("opensuse-tumbleweed-x86_64"), "opensuse-tumbleweed-$basearch");
        assert_eq!(of("mageia-9-x86_64"), "mageia-$releasever-$basearch");
        assert_eq!(of("mageia-cauldron-x86_64"), "mageia-cauldron-$basearch");
        assert_eq!(of("epel-9-x86_64"), "epel-9-$basearch");
    }
}
