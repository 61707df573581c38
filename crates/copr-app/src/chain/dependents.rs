//! Packages that are built again because what they need changes.

use super::Input;
use super::entry::Entry;
use super::knowledge;
use super::repository::Dependent;
use crate::build::{Options, Shown, Upload};
use crate::{App, Refusal, access, build, package, pattern};
use copr_db::account::Account;
use copr_db::chain::Chain;
use copr_types::{BuildId, ChrootId, ChrootName, DirName, FileName};
use std::collections::BTreeMap;

/// Who needs a package, in one chroot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependents {
    /// The chroot.
    pub chroot: ChrootName,
    /// Its number.
    pub id: ChrootId,
    /// In the order in which they were found: those that need the packages themselves come first.
    pub packages: Vec<Needing>,
}

/// A package that needs others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needing {
    /// Its name.
    pub package: String,
    /// What it needs, as rpm writes it.
    pub what: String,
    /// Of which package.
    pub of: String,
    /// Its build that says so.
    pub build: BuildId,
}

/// Who would be built again if these packages of a project changed, by chroot; of chroots that fit a pattern, where any is
/// said.
pub async fn dependents(
    app: &App,
    owner: &str,
    name: &str,
    dir: Option<&str>,
    packages: &[String],
    chroots: &[String],
) -> Result<Vec<Dependents>, Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    if packages.is_empty() {
        return Err(Refusal::invalid("Missing argument packagename"));
    }
    for one in packages {
        package::named(&mut conn, &project, Some(one)).await?;
    }
    let main = DirName::main(&project.name);
    let dir = dir.filter(|dir| !dir.is_empty()).unwrap_or(main.as_str());
    let mut found = Vec::new();
    for chroot in copr_db::project_chroot::list(&mut conn, project.id).await? {
        let wanted = chroots.is_empty() || chroots.iter().any(|word| pattern::fits(word, chroot.name.as_str()));
        if !(chroot.enabled && chroot.active && wanted) {
            continue;
        }
        let repository = knowledge::repository(&mut conn, project.id, dir, chroot.chroot_id).await?;
        let packages = super::repository::dependents(packages, &repository);
        let needing = |one: Dependent| Needing { package: one.package, what: one.what, of: one.of, build: one.build };
        found.push(Dependents {
            chroot: chroot.name,
            id: chroot.chroot_id,
            packages: packages.into_iter().map(needing).collect(),
        });
    }
    Ok(found)
}

/// Makes and starts a chain of all packages that need some, which are not built themselves. In chroots that fit a pattern,
/// where any is said.
pub async fn of_dependents(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    input: &Input,
    packages: &[String],
    chroots: &[String],
) -> Result<super::Shown, Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    super::may_build(&mut conn, who, &project).await?;
    drop(conn);
    let found = dependents(app, owner, name, input.project_dirname.as_deref(), packages, chroots).await?;
    let mut coming = BTreeMap::<String, Coming>::new();
    for in_chroot in found {
        for Needing { package, what, of, build } in in_chroot.packages {
            let first = Dependent { package: package.clone(), build, what, of };
            let known = coming.entry(package).or_insert_with(|| Coming { first, chroots: Vec::new() });
            known.chroots.push(in_chroot.id);
        }
    }
    if coming.is_empty() {
        return Err(Refusal::invalid(format!(
            "No package of {owner}/{name} needs {} to be built",
            packages.join(", ")
        )));
    }
    let input = Input { with_dependents: false, ..input.clone() };
    let made = super::create(app, who, owner, name, &input).await?;
    let done = async {
        for one in coming.into_values() {
            add(app, &made.chain, who, &one, "open").await?;
        }
        super::start(app, who, made.chain.id).await
    };
    match done.await {
        Ok(started) => Ok(started),
        Err(refusal) => {
            super::cancel(app, who, made.chain.id).await?;
            Err(refusal)
        }
    }
}

/// One that becomes a member, and the chroots for which it does.
struct Coming {
    first: Dependent,
    chroots: Vec<ChrootId>,
}

/// Adds a build of each package that needs what the members are of. What was added before stays; what can not be built
/// again stops nobody.
pub(super) async fn expand(app: &App, chain: &Chain, members: &[Shown]) -> Result<(), Refusal> {
    let mut conn = app.db.read().await?;
    let changed: Vec<String> = members.iter().filter_map(|member| member.build.package.clone()).collect();
    let mut chroots: Vec<ChrootId> =
        members.iter().flat_map(|member| &member.chroots).map(|chroot| chroot.chroot_id).collect();
    chroots.sort();
    chroots.dedup();
    let mut coming = BTreeMap::<String, Coming>::new();
    for chroot in chroots {
        let repository = knowledge::repository(&mut conn, chain.project_id, &chain.dir, chroot).await?;
        for one in super::repository::dependents(&changed, &repository) {
            let known = coming.entry(one.package.clone());
            known.or_insert_with(|| Coming { first: one, chroots: Vec::new() }).chroots.push(chroot);
        }
    }
    let who = copr_db::account::by_id(&mut conn, chain.account_id).await?.ok_or_else(|| super::missing(chain.id))?;
    drop(conn);
    for one in coming.into_values() {
        if let Err(refusal) = add(app, chain, &who, &one, "started").await {
            tracing::warn!(
                chain = chain.id.0,
                package = one.first.package,
                "a package could not be built again: {}",
                refusal.inside()
            );
        }
    }
    let mut tx = app.db.begin().await?;
    copr_db::chain::expanded(&mut tx, chain.id).await?;
    Ok(tx.commit().await?)
}

/// Submits a build of a package from its own source or, where it has none, from the source package of its last build.
async fn add(app: &App, chain: &Chain, who: &Account, one: &Coming, state: &'static str) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let Some(project) = copr_db::project::by_id(&mut tx, chain.project_id).await? else { return Ok(()) };
    let package = package::named(&mut tx, &project, Some(&one.first.package)).await?;
    let enabled = copr_db::project_chroot::list(&mut tx, project.id).await?;
    let names =
        enabled.iter().filter(|chroot| chroot.enabled && chroot.active && one.chroots.contains(&chroot.chroot_id));
    let options = Options {
        project_dirname: Some(chain.dir.clone()),
        chroots: Some(names.map(|chroot| chroot.name.to_string()).collect()),
        ..Options::default()
    };
    let added_for = format!("it needs `{}` of `{}`", one.first.what, one.first.of);
    let entry = Entry { chain: chain.id, added_for, state };
    if build::rebuildable(&package).is_ok() {
        let place = build::Place { denied: build::Denied::UnlessNamed, chain: Some(entry) };
        let name = project.name.clone();
        let made = build::once_more(app, &mut tx, who, project, &package, &options, place).await?;
        made.ok_or_else(|| build::nowhere(&package, name.as_str()))?;
    } else {
        let last = copr_db::build::by_id(&mut tx, one.first.build).await?;
        let last = last.ok_or_else(|| build::missing(one.first.build))?;
        let upload = upload_of(app, chain, &last).await?;
        build::upload_in(app, &mut tx, who, project, Some(&upload), &options, Some(entry)).await?;
    }
    Ok(tx.commit().await?)
}

/// The source package of a build once more as an upload, which goes when it has been imported.
async fn upload_of(app: &App, chain: &Chain, last: &copr_db::build::Build) -> Result<Upload, Refusal> {
    let gone = || Refusal::invalid(format!("build {} has no source package any more", last.id));
    let name = last.srpm_name.clone().ok_or_else(gone)?;
    let bad = |error| Refusal::internal("naming an upload", error);
    let file: FileName = name.parse().map_err(bad)?;
    let upload: FileName = format!("upload-chain-{}-{}", chain.id, last.id).parse().map_err(bad)?;
    let from = app.store.srpm_dir(&last.owner, &last.dir, last.id).join(&name);
    let (store, dir, target) = (app.store.clone(), app.store.upload_dir(&upload), file.clone());
    let size = crate::blocking(move || {
        let size = std::fs::metadata(&from).map_err(|_| gone_file(&from))?.len();
        store.make_dir(&dir)?;
        let target = dir.join(target.as_str());
        if !target.exists() {
            let io = |error| Refusal::internal("keeping a source package", error);
            std::fs::hard_link(&from, &target).or_else(|_| std::fs::copy(&from, &target).map(drop)).map_err(io)?;
        }
        store.sync_dir(&dir)?;
        Ok(size)
    })
    .await?;
    Ok(Upload { upload, file, size })
}

fn gone_file(path: &std::path::Path) -> Refusal {
    Refusal::invalid(format!("`{}` is gone", path.display()))
}
