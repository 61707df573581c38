//! Clean buildroots that are there at once: a base tree per chroot, kept warm and read-only under a
//! key of its definition and its exact packages; layers of dependencies on top, kept likewise.

pub(crate) mod blame;
mod kept;
mod layer;
mod list;
pub(crate) mod offers;
pub(crate) mod repositories;
pub(crate) mod resolve;
pub(crate) mod staying;

use std::fs;
use std::path::{Path, PathBuf};

use copr_sandbox::{Command, Limits, Root, User};
use copr_types::Phase;
use copr_wire::builder::ChrootSpec;

use crate::end::{self, Step};
use crate::transcript::Of;
use crate::work::{Tail, Work};
use kept::{Facts, Kept, boot};
use repositories::{RepoState, hash};
use resolve::Question;

pub(crate) use kept::is_unsure;
pub(crate) use layer::{Sources, extend, upgrade};
pub(crate) use list::LockedRpm;

const BASE: &str = include_str!("base.sh");
/// What the root's rpm tells of each package: its line in `installed_pkgs.log`, its facts for the lock, and what it requires.
/// [`list::read`] takes it apart.
const FORMAT: &str = "P\\t%{nevra} %{buildtime} %{size} installed\\n\
                      L\\t%{name}\\t%{epoch}\\t%{version}\\t%{release}\\t%{arch}\\t%{sigmd5}\\t\
                      %|RSAHEADER?{%{RSAHEADER:pgpsig}}:{%|DSAHEADER?{%{DSAHEADER:pgpsig}}:{(none)}|}|\\t%{license}\\n\
                      [R\\t%{REQUIRENAME}\\n]";

/// Kept trees that another form of the scripts made are not used.
fn form() -> String {
    hash(&["3", BASE, layer::SCRIPT, FORMAT])
}

/// What shall be installed.
pub(crate) enum Needs {
    /// These packages and groups.
    Packages(Vec<String>),
    /// The same, as far as they exist.
    Wished(Vec<String>),
    /// What this source package needs to be built.
    Requires {
        srpm: PathBuf,
        /// The same as text, to tell one set from another.
        list: Vec<String>,
    },
    /// Newer versions of what is there.
    Upgrade,
}

impl Needs {
    /// What it asks for, in words.
    pub fn list(&self) -> &[String] {
        match self {
            Needs::Packages(list) | Needs::Wished(list) | Needs::Requires { list, .. } => list,
            Needs::Upgrade => &[],
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Needs::Packages(_) => "packages",
            Needs::Wished(_) => "wished",
            Needs::Requires { .. } => "requires",
            Needs::Upgrade => "upgrade",
        }
    }
}

/// A base tree with layers: what a build's overlay lies upon.
pub(crate) struct Buildroot {
    kept: Vec<Kept>,
}

impl Buildroot {
    /// The trees, topmost first.
    pub fn lowers(&self) -> Vec<PathBuf> {
        self.kept.iter().rev().filter(|kept| !kept.facts.empty).map(|kept| kept.tree.clone()).collect()
    }

    /// One line per installed package.
    pub fn packages(&self) -> &[String] {
        self.top().map_or(&[], |kept| &kept.facts.packages)
    }

    /// States of the chroot's repositories that the base was made from.
    pub fn repos(&self) -> &[RepoState] {
        self.kept.first().map_or(&[], |kept| &kept.facts.repos)
    }

    /// The packages, with what a lock tells of them.
    pub fn rpms(&self) -> &[LockedRpm] {
        self.top().map_or(&[], |kept| &kept.facts.rpms)
    }

    /// The key of the whole.
    pub fn key(&self) -> &str {
        self.top().map_or("", |kept| &kept.key)
    }

    /// Of how many trees it consists.
    pub fn height(&self) -> usize {
        self.kept.len()
    }

    /// Takes away all but the lowest of them.
    pub fn lower(&mut self, height: usize) {
        self.kept.truncate(height);
    }

    fn top(&self) -> Option<&Kept> {
        self.kept.last()
    }
}

/// The base tree of a chroot: kept, or made now.
pub(crate) async fn base(work: &Work, chroot: &ChrootSpec) -> Step<Buildroot> {
    let phase = Phase::Buildroot;
    let io = |doing: &'static str| end::local(phase, doing);
    let place = &work.place;
    let states = repositories::states(place, &chroot.name, &chroot.definition).await?;
    let definition = serde_json::to_string(&chroot.definition).unwrap_or_default();
    let states_text = serde_json::to_string(&states).unwrap_or_default();
    let owners = format!("{:?}", place.sandbox.capabilities().isolation);
    let state_key = hash(&[&form(), chroot.name.as_str(), &definition, &owners, &states_text]);
    if let Some(kept) = known_base(work, &state_key).await? {
        return Ok(Buildroot { kept: vec![kept] });
    }
    let _making = place.lock(&format!("make-{state_key}")).await.map_err(io("lock the base tree"))?;
    if let Some(kept) = known_base(work, &state_key).await? {
        return Ok(Buildroot { kept: vec![kept] });
    }
    let new = work.desk.fresh("new-tree").map_err(io("make a base tree"))?;
    let facts = work.transcript.step("chroot init", make_base(work, chroot, &new, states)).await?;
    // Repositories change often, and the packages of a minimal buildroot seldom: the same packages are
    // the same tree, and layers above it stay warm.
    let key = hash(&[&form(), chroot.name.as_str(), &definition, &owners, &facts.packages.join("\n")]);
    let home = place.trees().join(&key);
    kept::keep(work, "tree", &new, &home, &facts, facts.bytes()).await?;
    let remembered = work.desk.fresh("state").map_err(io("make a directory"))?.join("key");
    let written = fs::write(&remembered, &key).and_then(|()| fs::rename(&remembered, place.states().join(&state_key)));
    written.map_err(io("remember the base tree"))?;
    let lost = || end::infrastructure(phase, "the base tree vanished");
    let kept = kept::open(work, "tree", &home, "root").await?.ok_or_else(lost)?;
    place.prune().await;
    Ok(Buildroot { kept: vec![kept] })
}

async fn known_base(work: &Work, state_key: &str) -> Step<Option<Kept>> {
    match fs::read_to_string(work.place.states().join(state_key)) {
        Ok(key) => kept::open(work, "tree", &work.place.trees().join(key.trim()), "root").await,
        Err(_) => Ok(None),
    }
}

async fn make_base(work: &Work, chroot: &ChrootSpec, new: &Path, repos: Vec<RepoState>) -> Step<Facts> {
    let phase = Phase::Buildroot;
    work.held.enter(phase);
    let io = |doing: &'static str| end::local(phase, doing);
    let root = new.join("root");
    fs::create_dir_all(&root).map_err(io("make a base tree"))?;
    let needs = Needs::Packages(chroot.definition.install.clone());
    let modules = chroot.definition.modules.clone();
    let question = Question { chroot, repos: &[], modules, needs: &needs, rpmdb: None, phase };
    let from = resolve::resolve(work, "base", &question)
        .await?
        .ok_or_else(|| end::infrastructure(phase, "the chroot's definition installs no packages"))?;
    let out = work.desk.directory("base-out").map_err(io("make a directory"))?;
    let database = chroot.definition.rpmdb.clone().unwrap_or_else(|| database_of(chroot).to_owned());
    let command = Command::new(Root::HostTools, "/bin/sh")
        .args(["-c", BASE, "base", &database, FORMAT])
        .bind_writable(&root, "/tree")
        .bind_read_only(&from, "/packages")
        .bind_writable(&out, "/out")
        .system_at("/tree");
    if let Some(problem) = install(work, command, Limits::default(), phase).await? {
        return Err(end::infrastructure(
            phase,
            format!("the packages of the chroot could not be installed:\n{problem}"),
        ));
    }
    let list::List { packages, mut rpms, requires } = kept::list(work, &out, phase).await?;
    if packages.is_empty() {
        let message = "the chroot's own rpm can not read the database that this builder's rpm wrote";
        return Err(end::infrastructure(phase, message));
    }
    kept::take_rpmdb(work, &out, new, phase).await?;
    list::locate(&mut rpms, &kept::locations(work, &from, phase).await?, &[]);
    let names = packages.iter().map(|line| layer::name_of(line));
    let mut interest: Vec<String> = names.chain(requires.iter().flat_map(|one| offers::words_of(one))).collect();
    interest.sort();
    interest.dedup();
    Ok(Facts { packages, rpms, repos, empty: false, interest, fingerprint: String::new(), boot: boot().to_owned() })
}

/// Where the database is written before the root can be asked.
fn database_of(chroot: &ChrootSpec) -> &'static str {
    match chroot.name.os() {
        "fedora" | "opensuse-leap" | "opensuse-tumbleweed" | "openmandriva" => "/usr/lib/sysimage/rpm",
        _ => "/var/lib/rpm",
    }
}

/// Runs one of the installing scripts; answers with its last words when it failed.
async fn install(work: &Work, command: Command, limits: Limits, phase: Phase) -> Step<Option<String>> {
    let log = work.transcript.clone();
    let tail = Tail::default();
    let keep = tail.clone();
    let limits = Limits { wall: Some(work.place.config.install_timeout), output: Some(64 << 20), ..limits };
    let command =
        command.env("LANG", "C.UTF-8").user(User::Root).limits(limits).cancelled_by(work.held.stop.clone()).on_output(
            move |bytes| {
                keep.push(bytes);
                log.output(Of::Root, bytes);
            },
        );
    let ended = work.place.sandbox.run(command).await.map_err(end::sandbox(phase))?;
    work.held.check()?;
    Ok(match ended.limit_hit {
        Some(limit) => Some(format!("its limit of {limit} was reached")),
        None if ended.success() => None,
        None => Some(tail.last_lines(8)),
    })
}
