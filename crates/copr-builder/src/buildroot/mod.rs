//! Clean buildroots that are there at once: a base tree per chroot, kept warm and read-only under a
//! key of its definition and its exact packages; layers of dependencies on top, kept likewise.

mod blame;
pub(crate) mod repositories;
pub(crate) mod resolve;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use copr_sandbox::{Command, Limits, Root, User};
use copr_types::Phase;
use copr_wire::builder::{BuildRepo, ChrootSpec};
use serde::{Deserialize, Serialize};

use crate::end::{self, Step};
use crate::place::{lock_name, touch};
use crate::transcript::Of;
use crate::work::Work;
use repositories::{RepoState, hash};
use resolve::Question;

const BASE: &str = include_str!("base.sh");
const LAYER: &str = include_str!("layer.sh");
/// One line per package, as `installed_pkgs.log` has it.
const FORMAT: &str = "%{nevra} %{buildtime} %{size} installed\\n";

/// Kept trees that another form of the scripts made are not used.
fn form() -> String {
    hash(&["1", BASE, LAYER, FORMAT])
}

/// What shall be installed.
pub(crate) enum Needs {
    /// These packages and groups.
    Packages(Vec<String>),
    /// What this source package needs to be built.
    Requires {
        srpm: PathBuf,
        /// The same as text, to tell one set from another.
        list: Vec<String>,
    },
}

impl Needs {
    fn list(&self) -> &[String] {
        match self {
            Needs::Packages(list) | Needs::Requires { list, .. } => list,
        }
    }
}

/// One kept tree or layer.
struct Kept {
    key: String,
    tree: PathBuf,
    facts: Facts,
    rpmdb: PathBuf,
    _lock: File,
}

/// What is written beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Facts {
    /// `nevra buildtime size installed`, sorted.
    packages: Vec<String>,
    /// States of the chroot's repositories when it was made.
    repos: Vec<RepoState>,
    /// Nothing was missing: the layer has no tree.
    empty: bool,
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

    /// The key of the whole.
    pub fn key(&self) -> &str {
        self.top().map_or("", |kept| &kept.key)
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
    let new = place.trees().join(format!("{state_key}-{}.new", std::process::id()));
    let facts = work.transcript.step("chroot init", make_base(work, chroot, &new, states)).await?;
    // Repositories change often, and the packages of a minimal buildroot seldom: the same packages are
    // the same tree, and layers above it stay warm.
    let key = hash(&[&form(), chroot.name.as_str(), &definition, &owners, &facts.packages.join("\n")]);
    keep(work, "tree", &new, &place.trees().join(&key), &facts, phase).await?;
    fs::write(place.states().join(&state_key), &key).map_err(io("remember the base tree"))?;
    drop(_making);
    place.prune().await;
    let lost = || end::infrastructure(phase, "the base tree vanished");
    let kept = open(work, "tree", &place.trees().join(&key), "root").await?.ok_or_else(lost)?;
    Ok(Buildroot { kept: vec![kept] })
}

async fn known_base(work: &Work, state_key: &str) -> Step<Option<Kept>> {
    match fs::read_to_string(work.place.states().join(state_key)) {
        Ok(key) => open(work, "tree", &work.place.trees().join(key.trim()), "root").await,
        Err(_) => Ok(None),
    }
}

async fn make_base(work: &Work, chroot: &ChrootSpec, new: &Path, repos: Vec<RepoState>) -> Step<Facts> {
    let phase = Phase::Buildroot;
    work.held.enter(phase);
    let io = |doing: &'static str| end::local(phase, doing);
    let _ = work.place.sandbox.remove_tree(new).await;
    let root = new.join("root");
    fs::create_dir_all(&root).map_err(io("make a base tree"))?;
    let needs = Needs::Packages(chroot.definition.install.clone());
    let modules = chroot.definition.modules.clone();
    let question = Question { chroot, repos: &[], modules, needs: &needs, rpmdb: None, phase };
    let packages = resolve::resolve(work, "base", &question)
        .await?
        .ok_or_else(|| end::infrastructure(phase, "the chroot's definition installs no packages"))?;
    let out = work.desk.directory("base-out").map_err(io("make a directory"))?;
    let database = chroot.definition.rpmdb.clone().unwrap_or_else(|| database_of(chroot).to_owned());
    let command = Command::new(Root::HostTools, "/bin/sh")
        .args(["-c", BASE, "base", &database, FORMAT])
        .bind_writable(&root, "/tree")
        .bind_read_only(&packages, "/packages")
        .bind_writable(&out, "/out")
        .system_at("/tree");
    let ok = install(work, command, Limits::default(), phase).await?;
    if let Some(problem) = ok {
        return Err(end::infrastructure(phase, format!("the packages of the chroot could not be installed:\n{problem}")));
    }
    let facts = Facts { packages: installed(work, &out, phase).await?, repos, empty: false };
    if facts.packages.is_empty() {
        return Err(end::infrastructure(phase, "the chroot's own rpm can not read the database that this builder's rpm wrote"));
    }
    take_rpmdb(work, &out, new, phase).await?;
    Ok(facts)
}

/// Where the database is written before the root can be asked.
fn database_of(chroot: &ChrootSpec) -> &'static str {
    match chroot.name.os() {
        "fedora" | "opensuse-leap" | "opensuse-tumbleweed" | "openmandriva" => "/usr/lib/sysimage/rpm",
        _ => "/var/lib/rpm",
    }
}

/// Puts what is needed on top, from a kept layer or by installing it now.
pub(crate) async fn extend(
    work: &Work,
    buildroot: &mut Buildroot,
    chroot: &ChrootSpec,
    needs: &Needs,
    repos: &[BuildRepo],
    modules: &[String],
) -> Step<()> {
    let phase = Phase::Builddeps;
    work.held.enter(phase);
    let place = &work.place;
    let mut wanted = needs.list().to_vec();
    wanted.sort();
    wanted.dedup();
    let repos_key = repos_key(work, chroot, repos).await?;
    let key = hash(&[&form(), buildroot.key(), &wanted.join("\n"), &repos_key, &modules.join("\n")]);
    let home = place.layers().join(&key);
    if let Some(kept) = open(work, "layer", &home, "upper").await? {
        work.transcript.say(format!("Build dependencies are there from before ({key})"));
        buildroot.kept.push(kept);
        return Ok(());
    }
    let making = place.lock(&format!("make-{key}")).await.map_err(end::local(phase, "lock the layer"))?;
    if let Some(kept) = open(work, "layer", &home, "upper").await? {
        buildroot.kept.push(kept);
        return Ok(());
    }
    let new = place.layers().join(format!("{key}-{}.new", std::process::id()));
    let facts = make_layer(work, buildroot, chroot, needs, repos, modules, &new).await?;
    keep(work, "layer", &new, &home, &facts, phase).await?;
    drop(making);
    place.prune().await;
    let kept = open(work, "layer", &home, "upper").await?;
    buildroot.kept.push(kept.ok_or_else(|| end::infrastructure(phase, "the layer of dependencies vanished"))?);
    Ok(())
}

async fn make_layer(
    work: &Work,
    below: &Buildroot,
    chroot: &ChrootSpec,
    needs: &Needs,
    repos: &[BuildRepo],
    modules: &[String],
    new: &Path,
) -> Step<Facts> {
    let phase = Phase::Builddeps;
    let io = |doing: &'static str| end::local(phase, doing);
    let _ = work.place.sandbox.remove_tree(new).await;
    fs::create_dir_all(new).map_err(io("make a layer"))?;
    let modules = chroot.definition.modules.iter().chain(modules.iter()).cloned().collect();
    // An empty layer has no database of its own.
    let rpmdb = below.kept.iter().rev().find(|kept| !kept.facts.empty).map(|kept| kept.rpmdb.as_path());
    let question = Question { chroot, repos, modules, needs, rpmdb, phase };
    let number = below.kept.len();
    let found = resolve::resolve(work, &format!("layer{number}"), &question).await?;
    let Some(packages) = found else {
        return Ok(Facts { packages: below.packages().to_vec(), repos: below.repos().to_vec(), empty: true });
    };
    let out = work.desk.directory(&format!("layer{number}-out")).map_err(io("make a directory"))?;
    let root = Root::Overlay { lowers: below.lowers(), upper: new.join("upper"), work: new.join("work") };
    let command = Command::new(root, "/bin/sh")
        .args(["-c", LAYER, "layer", FORMAT])
        .env("HOME", "/root")
        .bind_read_only(&packages, "/packages")
        .bind_writable(&out, "/out");
    let limits = Limits { processes: Some(4096), disk: Some(64 << 30), ..Limits::default() };
    if let Some(problem) = install(work, command, limits, phase).await? {
        return Err(end::user(phase, format!("the build dependencies could not be installed:\n{problem}")));
    }
    let packages = installed(work, &out, phase).await?;
    take_rpmdb(work, &out, new, phase).await?;
    let _ = work.place.sandbox.remove_tree(&new.join("work")).await;
    Ok(Facts { packages, repos: below.repos().to_vec(), empty: false })
}

/// Runs one of the installing scripts; answers with its last words when it failed.
async fn install(work: &Work, command: Command, limits: Limits, phase: Phase) -> Step<Option<String>> {
    let log = work.transcript.clone();
    let tail = crate::work::Tail::default();
    let keep = tail.clone();
    let limits = Limits { wall: Some(work.place.config.install_timeout), output: Some(64 << 20), ..limits };
    let command = command
        .env("LANG", "C.UTF-8")
        .user(User::Root)
        .limits(limits)
        .cancelled_by(work.held.stop.clone())
        .on_output(move |bytes| {
            keep.push(bytes);
            log.output(Of::Root, bytes);
        });
    let ended = work.place.sandbox.run(command).await.map_err(end::sandbox(phase))?;
    work.held.check()?;
    Ok(match ended.limit_hit {
        Some(limit) => Some(format!("its limit of {limit} was reached")),
        None if ended.success() => None,
        None => Some(tail.last_lines(8)),
    })
}

/// The list that an installing script left.
async fn installed(work: &Work, out: &Path, phase: Phase) -> Step<Vec<String>> {
    let list = out.join("../").join(format!("{}.packages", name_of(out)));
    let copied = work.place.sandbox.copy_out(out, Path::new("packages"), &list, 16 << 20).await;
    copied.map_err(end::sandbox(phase))?;
    let text = fs::read(&list).map_err(end::local(phase, "read the list of packages"))?;
    let text = String::from_utf8_lossy(&text);
    let mut packages: Vec<String> = text.lines().map(str::to_owned).collect();
    packages.sort();
    Ok(packages)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Takes a copy of the rpm database, for the package manager to look at next time.
async fn take_rpmdb(work: &Work, out: &Path, new: &Path, phase: Phase) -> Step<()> {
    let target = new.join("rpmdb");
    fs::create_dir_all(&target).map_err(end::local(phase, "make a directory"))?;
    let sandbox = &work.place.sandbox;
    let entries = sandbox.read_dir_out(out, Path::new("rpmdb"), 100).await.map_err(end::sandbox(phase))?;
    for entry in entries {
        if matches!(entry.kind, copr_sandbox::EntryKind::File(_)) && !entry.name.starts_with('.') {
            let inside = Path::new("rpmdb").join(&entry.name);
            let copied = sandbox.copy_out(out, &inside, &target.join(&entry.name), 4 << 30).await;
            copied.map_err(end::sandbox(phase))?;
        }
    }
    Ok(())
}

/// Opens a kept thing and holds it.
async fn open(work: &Work, kind: &str, home: &Path, tree: &str) -> Step<Option<Kept>> {
    if !home.join("facts.json").exists() {
        return Ok(None);
    }
    let key = name_of(home);
    let phase = Phase::Buildroot;
    let lock = work.place.share(&lock_name(kind, &key)).await.map_err(end::local(phase, "lock a tree"))?;
    // It may have been removed before the lock was ours.
    let Ok(text) = fs::read(home.join("facts.json")) else { return Ok(None) };
    let Ok(facts) = serde_json::from_slice(&text) else { return Ok(None) };
    touch(home);
    Ok(Some(Kept { key, tree: home.join(tree), facts, rpmdb: home.join("rpmdb"), _lock: lock }))
}

/// Writes the facts and gives the thing its name.
async fn keep(work: &Work, kind: &str, new: &Path, home: &Path, facts: &Facts, phase: Phase) -> Step<()> {
    let doing = end::local(phase, format!("keep a {kind}"));
    if home.join("facts.json").exists() {
        let _ = work.place.sandbox.remove_tree(new).await;
        return Ok(());
    }
    let bytes: u64 = facts.packages.iter().filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()).sum();
    let written = (|| {
        fs::write(new.join("bytes"), bytes.to_string())?;
        fs::write(new.join("facts.json"), serde_json::to_vec(facts)?)?;
        fs::rename(new, home)
    })();
    match written {
        Ok(()) => Ok(()),
        // Another builder was faster.
        Err(_) if home.join("facts.json").exists() => {
            let _ = work.place.sandbox.remove_tree(new).await;
            Ok(())
        }
        Err(error) => Err(doing(error)),
    }
}

/// What changes when one of the build's repositories changes.
async fn repos_key(work: &Work, chroot: &ChrootSpec, repos: &[BuildRepo]) -> Step<String> {
    let mut keys = Vec::new();
    for repo in repos {
        let url = repositories::expand(&repo.baseurl, &chroot.definition.releasever, chroot.name.arch());
        let state = match &repo.revision {
            Some(revision) => revision.clone(),
            None => repositories::users_state(work, &url).await?,
        };
        let options = format!("{:?} {:?} {:?}", repo.priority, repo.module_hotfixes, repo.gpgkey);
        keys.push(hash(&[&repo.id, &url, &state, &options]));
    }
    Ok(keys.join(" "))
}
