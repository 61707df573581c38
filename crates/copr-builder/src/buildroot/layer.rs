//! Layers of dependencies on top of a base tree.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use copr_sandbox::{Command, Limits, Root};
use copr_types::Phase;
use copr_wire::builder::{BuildRepo, ChrootSpec};

use super::kept::{self, Facts, Kept, boot};
use super::list::{self, List};
use super::offers::{Offers, package_name, words_of};
use super::repositories::hash;
use super::resolve::{self, Question};
use super::{Buildroot, FORMAT, Needs, form, install};
use crate::end::{self, Step};
use crate::work::Work;

pub(super) const SCRIPT: &str = include_str!("layer.sh");
/// Layers of one recipe that are remembered.
const MOST: usize = 8;

/// Where layers' packages come from.
pub(crate) struct Sources<'a> {
    pub chroot: &'a ChrootSpec,
    pub repos: &'a [BuildRepo],
    /// Module commands, such as `enable nodejs:20`.
    pub modules: Vec<String>,
    pub offers: Offers,
}

/// Brings the base up to what the project's repositories offer: a project may well build its own
/// compiler, and the next build has to see it.
pub(crate) async fn upgrade(work: &Work, buildroot: &mut Buildroot, sources: &Sources<'_>) -> Step<()> {
    let installed: HashSet<String> = buildroot.packages().iter().map(|line| name_of(line)).collect();
    if !sources.offers.replace(&installed) {
        return Ok(());
    }
    work.transcript.step("buildroot update", extend(work, buildroot, sources, &Needs::Upgrade)).await
}

/// What makes one layer another one than the next, apart from what repositories offer.
fn recipe_of(buildroot: &Buildroot, sources: &Sources<'_>, needs: &Needs) -> String {
    let mut wanted = needs.list().to_vec();
    wanted.sort();
    wanted.dedup();
    let modules = sources.modules.join("\n");
    let repositories = sources.offers.repositories();
    hash(&[&form(), buildroot.key(), needs.kind(), &wanted.join("\n"), &repositories, &modules])
}

fn question<'a>(sources: &Sources<'a>, needs: &'a Needs, rpmdb: Option<&'a Path>) -> Question<'a> {
    let definition = &sources.chroot.definition;
    let modules = definition.modules.iter().chain(&sources.modules).cloned().collect();
    Question { chroot: sources.chroot, repos: sources.repos, modules, needs, rpmdb, phase: Phase::Builddeps }
}

/// Puts what is needed on top, from a kept layer or by installing it now.
pub(crate) async fn extend(work: &Work, buildroot: &mut Buildroot, sources: &Sources<'_>, needs: &Needs) -> Step<()> {
    let phase = Phase::Builddeps;
    work.held.enter(phase);
    let recipe = recipe_of(buildroot, sources, needs);
    if let Some(kept) = known(work, sources, &recipe).await? {
        work.transcript.say(format!("They are there from before, in layer {}", kept.key));
        buildroot.kept.push(kept);
        return Ok(());
    }
    let lock = work.place.lock(&format!("make-{recipe}")).await;
    let _making = lock.map_err(end::local(phase, "lock the layer"))?;
    if let Some(kept) = known(work, sources, &recipe).await? {
        buildroot.kept.push(kept);
        return Ok(());
    }
    let new = work.desk.fresh("new-layer").map_err(end::local(phase, "make a layer"))?;
    let facts = make(work, buildroot, sources, needs, &new).await?;
    let key = hash(&[&recipe, &facts.fingerprint]);
    let home = work.place.layers().join(&key);
    let bytes = facts.bytes().saturating_sub(buildroot.top().map_or(0, |top| top.facts.bytes()));
    kept::keep(work, "layer", &new, &home, &facts, bytes).await?;
    remember(work, &recipe, &key).map_err(end::local(phase, "remember the layer"))?;
    let opened = kept::open(work, "layer", &home, "upper").await?;
    buildroot.kept.push(opened.ok_or_else(|| end::infrastructure(phase, "the layer of dependencies vanished"))?);
    work.place.prune().await;
    Ok(())
}

/// A layer of this recipe that present offers would not change.
async fn known(work: &Work, sources: &Sources<'_>, recipe: &str) -> Step<Option<Kept>> {
    for key in remembered(work, recipe) {
        let home = work.place.layers().join(&key);
        let fits =
            kept::look(&home).is_some_and(|facts| facts.fingerprint == sources.offers.fingerprint(&facts.interest));
        if fits && let Some(kept) = kept::open(work, "layer", &home, "upper").await? {
            return Ok(Some(kept));
        }
    }
    Ok(None)
}

fn recipe_file(work: &Work, recipe: &str) -> PathBuf {
    work.place.states().join(format!("recipe-{recipe}"))
}

/// Keys of layers made by this recipe, the newest first.
fn remembered(work: &Work, recipe: &str) -> Vec<String> {
    let text = fs::read_to_string(recipe_file(work, recipe)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn remember(work: &Work, recipe: &str, key: &str) -> std::io::Result<()> {
    let mut keys = remembered(work, recipe);
    keys.retain(|known| known != key);
    keys.insert(0, key.to_owned());
    keys.truncate(MOST);
    let new = work.desk.fresh("recipe")?.join("keys");
    fs::write(&new, keys.join("\n"))?;
    fs::rename(new, recipe_file(work, recipe))
}

async fn make(work: &Work, below: &Buildroot, sources: &Sources<'_>, needs: &Needs, new: &Path) -> Step<Facts> {
    let phase = Phase::Builddeps;
    let io = |doing: &'static str| end::local(phase, doing);
    // An empty layer has no database of its own.
    let rpmdb = below.kept.iter().rev().find(|kept| !kept.facts.empty).map(|kept| kept.rpmdb.as_path());
    let question = question(sources, needs, rpmdb);
    let number = below.kept.len();
    let found = resolve::resolve(work, &format!("layer{number}"), &question).await?;
    let mut interest: Vec<String> = below.top().map(|top| top.facts.interest.clone()).unwrap_or_default();
    interest.extend(needs.list().iter().flat_map(|one| words_of(one)));
    let mut facts = Facts {
        packages: below.packages().to_vec(),
        rpms: below.rpms().to_vec(),
        repos: below.repos().to_vec(),
        empty: true,
        interest,
        fingerprint: String::new(),
        boot: boot().to_owned(),
    };
    if let Some(from) = found {
        let out = work.desk.directory(&format!("layer{number}-out")).map_err(io("make a directory"))?;
        let root = Root::Overlay { lowers: below.lowers(), upper: new.join("upper"), work: new.join("work") };
        let command = Command::new(root, "/bin/sh")
            .args(["-c", SCRIPT, "layer", FORMAT])
            .env("HOME", "/root")
            .bind_read_only(&from, "/packages")
            .bind_writable(&out, "/out");
        let limits = Limits { processes: Some(4096), disk: Some(64 << 30), ..Limits::default() };
        if let Some(problem) = install(work, command, limits, phase).await? {
            return Err(end::user(phase, format!("the build dependencies could not be installed:\n{problem}")));
        }
        let List { packages, mut rpms, requires } = kept::list(work, &out, phase).await?;
        list::locate(&mut rpms, &kept::locations(work, &from, phase).await?, below.rpms());
        kept::take_rpmdb(work, &out, new, phase).await?;
        let _ = work.place.sandbox.remove_tree(&new.join("work")).await;
        facts.interest.extend(packages.iter().map(|line| name_of(line)));
        facts.interest.extend(requires.iter().flat_map(|one| words_of(one)));
        (facts.packages, facts.rpms, facts.empty) = (packages, rpms, false);
    }
    facts.interest.sort();
    facts.interest.dedup();
    facts.fingerprint = sources.offers.fingerprint(&facts.interest);
    Ok(facts)
}

/// The package's name in a line of the list.
pub(super) fn name_of(line: &str) -> String {
    package_name(line.split(' ').next().unwrap_or_default()).to_owned()
}
