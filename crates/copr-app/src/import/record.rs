//! Sources on their way into the git repository of their package.

use super::Arrived;
use crate::build::allocate;
use crate::lease::{Place, time};
use crate::{App, Refusal, distgit};
use copr_db::Conn;
use copr_db::build::Build;
use copr_distgit::{Branch, Commit, Imported, ObjectId, Repository};
use copr_rpm::srpm::{Limits, unpack};
use copr_types::{BuildId, Failure, FailureClass, PackageName, Phase};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a build's sources became.
pub(super) struct Recorded {
    /// The package.
    pub package: PackageName,
    commits: BTreeMap<Branch, ObjectId>,
}

impl Recorded {
    /// Notes each chroot's commit; false when one has none.
    pub(super) async fn note(&self, tx: &mut Conn, build: BuildId) -> Result<bool, Refusal> {
        for chroot in copr_db::build_chroot::of_builds(tx, &[build]).await? {
            let Some(commit) = self.commits.get(&Branch::of(&chroot.name)) else { return Ok(false) };
            copr_db::build_chroot::set_git_hash(tx, chroot.id, &commit.to_string()).await?;
        }
        Ok(true)
    }
}

/// Makes a source package a commit on the branch of each of the build's chroots. Once more does no harm: what is there
/// already is left as it is. The inner error ends the build.
pub(super) async fn sources(
    app: &App,
    build: &Build,
    place: &Place,
    arrived: &Arrived,
) -> Result<Result<Recorded, Failure>, Refusal> {
    let package: PackageName = match arrived.facts.nevra.name.parse() {
        Ok(package) => package,
        Err(error) => {
            let what = format!("the package's name is refused: {error}");
            return Ok(Err(Failure::new(FailureClass::User, Phase::Import, what)));
        }
    };
    let branches = branches(app, build, &package).await?;
    if branches.is_empty() {
        return Ok(Ok(Recorded { package, commits: BTreeMap::new() }));
    }
    let commit = Commit {
        author: build.submitter.clone().unwrap_or_else(|| app.rules.vendor.clone()),
        email: String::new(),
        time: app.clock.now(),
        message: format!(
            "automatic import of {}-{}\n\nBuild: {}/coprs/build/{}",
            package,
            arrived.facts.nevra.evr(),
            app.rules.public_url,
            build.id
        ),
    };
    let repository = distgit::repository(app, &build.owner, &build.dir, &package);
    let url = distgit::clone_url(app, &build.owner, &build.dir, &package);
    let (srpm, log, now) = (place.dir.join(&arrived.srpm.name), place.import_log(), time(app.clock.now()));
    let limits = limits(app);
    let imported = crate::blocking(move || {
        let imported = write(&repository, &srpm, &limits, &branches, &commit);
        let subject = commit.message.lines().next().unwrap_or_default();
        let told = match &imported {
            Ok(done) => told(done),
            Err(failure) => format!("failed: {failure}"),
        };
        log.line_unless_finished(&format!("[{now}] {subject} into {url}\n{told}"))?;
        Ok(imported)
    })
    .await?;
    Ok(imported.map(|imported| Recorded { package, commits: imported.commits }))
}

/// The branches of the chroots that a build has, or will have once its package is known.
async fn branches(app: &App, build: &Build, package: &PackageName) -> Result<Vec<Branch>, Refusal> {
    let mut conn = app.db.read().await?;
    let chroots = copr_db::build_chroot::of_builds(&mut conn, &[build.id]).await?;
    let mut branches: BTreeSet<Branch> = chroots.iter().map(|chroot| Branch::of(&chroot.name)).collect();
    if build.selection == "all" {
        let known = copr_db::package::by_name(&mut conn, build.project_id, package.as_str()).await?;
        let enabled: Vec<_> = copr_db::project_chroot::list(&mut conn, build.project_id)
            .await?
            .into_iter()
            .filter(|chroot| chroot.enabled && chroot.active)
            .collect();
        let allocated = allocate(&enabled, known.as_ref().map_or("", |package| &package.chroot_denylist));
        let of_build = enabled.iter().filter(|chroot| allocated.contains(&chroot.chroot_id));
        branches.extend(of_build.map(|chroot| Branch::of(&chroot.name)));
    }
    Ok(branches.into_iter().collect())
}

/// A source package may unpack to what a build may take of the disk.
fn limits(app: &App) -> Limits {
    match app.rules.disk_mib {
        0 => Limits::default(),
        mib => Limits { payload: mib << 20, ..Limits::default() },
    }
}

/// What stopped an import: the package, or the place where it was to go.
enum Stopped {
    Package(copr_rpm::Error),
    Place(copr_distgit::Error),
}

impl From<copr_rpm::Error> for Stopped {
    fn from(error: copr_rpm::Error) -> Self {
        Self::Package(error)
    }
}

fn write(
    repository: &Repository,
    srpm: &Path,
    limits: &Limits,
    branches: &[Branch],
    commit: &Commit,
) -> Result<Imported, Failure> {
    let done = (|| {
        let mut import = repository.import().map_err(Stopped::Place)?;
        unpack(srpm, limits, |source, data| {
            let names: Vec<&str> = source.names.iter().map(String::as_str).collect();
            import.add(&names, source.executable, source.size, data).map_err(Stopped::Place)
        })?;
        import.commit(branches, commit).map_err(Stopped::Place)
    })();
    done.map_err(|stopped| {
        let (class, what) = match &stopped {
            Stopped::Package(error @ (copr_rpm::Error::Io { .. } | copr_rpm::Error::Read(_))) => {
                (FailureClass::Infrastructure, with_causes(error))
            }
            Stopped::Package(error) => (FailureClass::User, with_causes(error)),
            Stopped::Place(error) if error.is_of_the_files() => (FailureClass::User, with_causes(error)),
            Stopped::Place(error) => (FailureClass::Infrastructure, with_causes(error)),
        };
        let file = srpm.file_name().unwrap_or_default().to_string_lossy();
        if class == FailureClass::Infrastructure {
            tracing::error!(file = %file, "could not import: {what}");
        }
        let what = match class {
            FailureClass::User => format!("`{file}` can not be imported: {what}"),
            // Paths of this machine are for its log.
            _ => format!("`{file}` could not be imported; this is no fault of the package"),
        };
        Failure::new(class, Phase::Import, what)
    })
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.ends_with(&next_text) {
            text = format!("{text}: {next_text}");
        }
        cause = next.source();
    }
    text
}

/// What came of an import, in lines.
fn told(done: &Imported) -> String {
    let mut lines = Vec::new();
    for (branch, id) in &done.commits {
        lines.push(format!("{branch}: {id}{}", if done.made.contains(id) { "" } else { " (nothing new)" }));
    }
    lines.extend(done.sources.iter().map(|(name, digest)| format!("look-aside: {name} sha512 {digest}")));
    lines.join("\n")
}
