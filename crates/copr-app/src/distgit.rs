//! The git repositories of packages: where they are, what goes away with what, and what is shown of them.
//!
//! Sources come into them by `import`. A package has one repository in each directory of its project. It stays when builds
//! are deleted; it goes with its package, directory or project. Large files are kept by their repositories, as links (see
//! `copr_distgit`), so that what nobody needs any more is found by looking at the files alone.

use crate::{App, Refusal, removal};
use copr_db::Conn;
use copr_db::build::Build;
use copr_db::dir::Dir;
use copr_db::package::Package;
use copr_db::project::Project;
use copr_types::{BuildId, DirName, OwnerName, PackageName};

pub use copr_distgit::{Digest, File, ObjectId, Recorded, Repository};

/// Name of the log of an import, beside the source's other logs; compressed under this and `.gz`, as they are.
pub const LOG: &str = "import.log";

/// Commits of a branch that are shown.
const COMMITS: usize = 20;

/// The repository of a package in a directory.
pub fn repository(app: &App, owner: &OwnerName, dir: &DirName, package: &PackageName) -> Repository {
    Repository::at(app.store.distgit_repository(owner, dir, package), app.store.look_aside())
}

/// Path of a package's repository in addresses.
pub fn path(owner: &OwnerName, dir: &DirName, package: &str) -> String {
    format!("/dist-git/{owner}/{dir}/{package}.git")
}

/// Where git clones a package's repository from.
pub fn clone_url(app: &App, owner: &OwnerName, dir: &DirName, package: &PackageName) -> String {
    format!("{}{}", app.rules.public_url, path(owner, dir, package.as_str()))
}

/// What there is to see of a repository.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Each branch with its last commit, by name.
    pub branches: Vec<(String, Recorded)>,
    /// The last commits that led to `files`, newest first.
    pub commits: Vec<Recorded>,
    /// The files of the commit that was asked for, or else of the newest.
    pub files: Vec<File>,
}

/// Looks at a repository: at a commit, or at the newest. None when it, or the commit, is not there.
pub async fn look(repository: Repository, commit: Option<ObjectId>) -> Result<Option<Shown>, Refusal> {
    let read = move || {
        let mut branches = Vec::new();
        for (name, id) in repository.branches()? {
            branches.push((name, repository.commit(id)?));
        }
        let newest = branches.iter().max_by_key(|(_, commit)| commit.time).map(|(_, commit)| commit.id);
        let Some(from) = commit.or(newest) else { return Ok(None) };
        let mut commits = Vec::new();
        let mut next = Some(from);
        while let Some(id) = next.filter(|_| commits.len() < COMMITS) {
            let one = repository.commit(id)?;
            next = one.parent;
            commits.push(one);
        }
        Ok(Some(Shown { branches, commits, files: repository.files(from)? }))
    };
    crate::blocking(move || there(read())).await
}

/// The bytes of a file that a commit has in git. None when one of them is not there.
pub async fn file(repository: Repository, commit: ObjectId, name: String) -> Result<Option<Vec<u8>>, Refusal> {
    crate::blocking(move || there(repository.file(commit, &name))).await
}

/// What was not found is no error to who looks.
fn there<T>(read: Result<Option<T>, copr_distgit::Error>) -> Result<Option<T>, Refusal> {
    match read {
        Err(copr_distgit::Error::Damaged { .. }) => Ok(None),
        read => read.map_err(internal),
    }
}

fn internal(error: copr_distgit::Error) -> Refusal {
    Refusal::internal("looking into a git repository", error)
}

/// A build whose source is another's, as it was imported: its chroots are built from the same commits.
pub async fn carry_over(app: &App, tx: &mut Conn, from: &Build, to: &Build) -> Result<(), Refusal> {
    copr_db::build_chroot::same_git_hashes(tx, from.id, to.id).await?;
    let Some(package) = from.package.as_deref().and_then(|name| name.parse().ok()) else { return Ok(()) };
    if (&from.owner, &from.dir) != (&to.owner, &to.dir) {
        copy(app, (&from.owner, &from.dir), (&to.owner, &to.dir), package).await?;
    }
    Ok(())
}

/// Lets a package's repository in one directory have all that the one in another has.
pub(crate) async fn copy(
    app: &App,
    from: (&OwnerName, &DirName),
    to: (&OwnerName, &DirName),
    package: PackageName,
) -> Result<(), Refusal> {
    let [from, to] = [from, to].map(|(owner, dir)| repository(app, owner, dir, &package));
    let taken = move || to.take_over(&from).map_err(|error| Refusal::internal("copying a git repository", error));
    crate::blocking(taken).await
}

/// Copies the repository of a build's package for a build that was made from it in another project.
pub(crate) async fn copy_for(app: &App, original: BuildId, copy_of_it: &Build) -> Result<(), Refusal> {
    let Some(from) = copr_db::build::by_id(&mut app.db.read().await?, original).await? else { return Ok(()) };
    let Some(package) = from.package.as_deref().and_then(|name| name.parse().ok()) else { return Ok(()) };
    copy(app, (&from.owner, &from.dir), (&copy_of_it.owner, &copy_of_it.dir), package).await
}

/// Takes a package's repositories out of sight and dooms them, in the transaction that removes the package.
pub(crate) async fn doom_package(
    app: &App,
    tx: &mut Conn,
    project: &Project,
    package: &Package,
    now: i64,
) -> Result<(), Refusal> {
    for dir in copr_db::dir::of_project(tx, project.id).await? {
        let from = app.store.distgit_repository(&project.owner, &dir.name, &package.name);
        if !from.exists() {
            continue;
        }
        removal::doom_tree(app, tx, from, &format!("sources-{}-{}", package.id, dir.id), now).await?;
    }
    Ok(())
}

/// Takes a directory's repositories out of sight and dooms them, in the transaction that removes the directory.
pub(crate) async fn doom_dir(app: &App, tx: &mut Conn, project: &Project, dir: &Dir, now: i64) -> Result<(), Refusal> {
    let from = app.store.distgit_dir(&project.owner, &dir.name);
    removal::doom_tree(app, tx, from, &format!("dir-{}-sources", dir.id), now).await
}

/// Removes what nobody needs any more: repositories of packages that are gone, which imports left that were under way
/// then; look-aside files that neither a build nor a branch names; and the service's names of files that no repository has.
pub async fn sweep(app: &App) -> Result<(), Refusal> {
    let (store, moment) = (app.store.clone(), app.clock.now() - GRACE);
    let dirs = crate::blocking(move || Ok(store.distgit_dirs_before(moment)?)).await?;
    for (owner, name, packages) in dirs {
        if let Err(refusal) = sweep_dir(app, &owner, &name, packages).await {
            tracing::warn!(%owner, directory = %name, "could not tidy git repositories: {}", refusal.inside());
        }
    }
    let cache = app.store.look_aside();
    crate::blocking(move || copr_distgit::sweep(&cache).map(drop).map_err(internal)).await
}

/// Seconds that a repository is left alone of which the database knows nothing: its project may be just being made.
const GRACE: i64 = 3600;

async fn sweep_dir(app: &App, owner: &OwnerName, name: &DirName, packages: Vec<PackageName>) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let dir = copr_db::dir::by_path(&mut conn, &owner.to_string(), name.as_str()).await?;
    let Some(dir) = dir else {
        drop(conn);
        let mut tx = app.db.begin().await?;
        if copr_db::dir::by_path(&mut tx, &owner.to_string(), name.as_str()).await?.is_none() {
            let from = app.store.distgit_dir(owner, name);
            removal::doom_tree(app, &mut tx, from, &format!("strays-{now}"), now).await?;
        }
        return Ok(tx.commit().await?);
    };
    for package in packages {
        match copr_db::package::by_name(&mut conn, dir.project_id, package.as_str()).await? {
            Some(found) => {
                let needed = copr_db::build_chroot::git_hashes(&mut conn, dir.id, found.id).await?;
                let needed: Vec<ObjectId> = needed.iter().filter_map(|hash| ObjectId::parse(hash)).collect();
                let repository = repository(app, owner, name, &package);
                crate::blocking(move || repository.forget_sources(&needed, now - GRACE).map(drop).map_err(internal))
                    .await?;
            }
            None => {
                let mut tx = app.db.begin().await?;
                let from = app.store.distgit_repository(owner, name, &package);
                removal::doom_tree(app, &mut tx, from, &format!("strays-{now}"), now).await?;
                tx.commit().await?;
            }
        }
    }
    Ok(())
}
