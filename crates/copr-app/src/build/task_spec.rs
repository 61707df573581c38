//! What a builder is told: frozen when the task is made, so that later changes of settings change no queued build.

use crate::publish::generation::DEVEL;
use crate::repos::Repo;
use crate::{App, Refusal, repos};
use copr_db::Conn;
use copr_db::build::Build;
use copr_db::build_chroot::BuildChroot;
use copr_db::project::Project;
use copr_db::project_chroot::ProjectChroot;
use copr_db::task::NewTask;
use copr_types::{DirName, OwnerName, RepoId};
use copr_wire::builder::{
    BuildFacts, BuildRepo, ChrootSpec, FileRef, RpmTask, SourceInput, SourceTask, Task, TaskLimits,
};

/// What both kinds of task tell of their build.
fn facts(app: &App, build: &Build, memory_mib: u64) -> BuildFacts {
    let rules = &app.rules;
    let owner = match &build.owner {
        OwnerName::User(name) => format!("user {name}"),
        OwnerName::Group(alias) => format!("group @{alias}"),
    };
    let macros = [
        ("copr_username", build.owner.to_string()),
        ("copr_projectname", build.project.to_string()),
        ("vendor", format!("{} - {owner}", rules.vendor)),
        ("buildtag", format!(".copr{}", build.id)),
    ];
    BuildFacts {
        build_id: build.id.0,
        owner: build.owner.to_string(),
        project: build.project.to_string(),
        dir: build.dir.to_string(),
        submitter: build.submitter.clone(),
        limits: TaskLimits {
            timeout: u64::try_from(build.timeout).unwrap_or(0),
            // What a builder has for it is never beyond what it may use.
            memory_mib: if rules.memory_mib == 0 { 0 } else { rules.memory_mib.max(memory_mib) },
            processes: rules.processes,
            disk_mib: rules.disk_mib,
            log_mib: rules.log_mib,
            file_mib: rules.file_mib,
        },
        macros: macros.map(|(name, value)| (name.to_owned(), value)).to_vec(),
    }
}

/// Who may share a builder: owner, project and submitter. Where nobody is known to have submitted, each build alone.
fn sandbox(build: &Build) -> String {
    let submitter = build.submitter.clone().unwrap_or_else(|| format!("build-{}", build.id));
    format!("{}/{}--{submitter}", build.owner, build.project)
}

/// Whose tasks stand in one line.
fn line(build: &Build) -> String {
    format!("{}/{}--{}", build.owner, build.project, build.submitter.as_deref().unwrap_or_default())
}

pub(super) fn chroot_spec(chroot: &ProjectChroot) -> ChrootSpec {
    ChrootSpec { name: chroot.name.clone(), definition: chroot.definition.0.clone() }
}

/// The chroot that a source package is made in: the first one of the build's; where that matters, the first one that
/// any builder builds for.
pub(super) async fn source_chroot(
    conn: &mut Conn,
    chosen: &[&ProjectChroot],
    input: &SourceInput,
) -> Result<ChrootSpec, Refusal> {
    let first = chosen.first().ok_or_else(|| Refusal::invalid("no chroot is enabled"))?;
    let mut best = first;
    if input.needs_chroot() && chosen.len() > 1 {
        let builders = copr_db::builder::list(conn).await?;
        let is_built_for = |chroot: &&&ProjectChroot| {
            builders.iter().any(|builder| builder.arches.split_whitespace().any(|arch| arch == chroot.name.arch()))
        };
        best = chosen.iter().find(is_built_for).unwrap_or(first);
    }
    Ok(chroot_spec(best))
}

/// Queues the making of a build's source package.
pub(super) async fn source_task(
    app: &App,
    tx: &mut Conn,
    build: &Build,
    input: SourceInput,
    chroot: ChrootSpec,
) -> Result<(), Refusal> {
    let tools = input.tools().join(" ");
    let name = chroot.name.clone();
    let arch = input.needs_chroot().then_some(name.arch());
    let memory = app.rules.usual_memory_mib();
    let spec = Task::Source(SourceTask { build: facts(app, build, memory), input, chroot });
    let new = NewTask {
        build: build.id,
        build_chroot: None,
        repo: None,
        owner: &build.owner.to_string(),
        sandbox: &sandbox(build),
        line: &line(build),
        arch,
        tools: &tools,
        tags: "",
        memory_mib: i64::try_from(memory).unwrap_or(i64::MAX),
        background: build.background,
        spec: &serde_json::to_string(&spec)?,
    };
    copr_db::task::create(tx, &new, app.clock.now()).await?;
    Ok(())
}

/// Queues the build of one chroot.
pub(crate) async fn rpm_task(
    app: &App,
    tx: &mut Conn,
    build: &Build,
    project: &Project,
    chroot: &ProjectChroot,
    one: &BuildChroot,
    srpm: &FileRef,
) -> Result<(), Refusal> {
    let repo = copr_db::repo::ensure(tx, build.dir_id, chroot.chroot_id).await?;
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let package = build.package.as_deref().unwrap_or_default();
    let needs = app.rules.needs_of(&format!("{}/{}/{}/{package}", build.owner, build.dir, chroot.name));
    let spec = Task::Rpm(RpmTask {
        build: facts(app, build, needs.memory_mib),
        package: build.package.clone().unwrap_or_default(),
        version: build.version.clone().unwrap_or_default(),
        srpm: srpm.clone(),
        chroot: chroot_spec(chroot),
        repos: build_repos(app, tx, build, project, chroot).await?,
        additional_packages: list(&chroot.settings.additional_packages),
        with_opts: list(&chroot.settings.with_opts),
        without_opts: list(&chroot.settings.without_opts),
        enable_net: build.enable_net,
        modules: list(&chroot.settings.additional_modules),
    });
    let new = NewTask {
        build: build.id,
        build_chroot: Some(one.id),
        repo: Some(repo),
        owner: &build.owner.to_string(),
        sandbox: &sandbox(build),
        line: &line(build),
        arch: Some(chroot.name.arch()),
        tools: "",
        tags: &needs.tags.join(" "),
        memory_mib: i64::try_from(needs.memory_mib).unwrap_or(i64::MAX),
        background: build.background,
        spec: &serde_json::to_string(&spec)?,
    };
    copr_db::task::create(tx, &new, app.clock.now()).await?;
    Ok(())
}

/// The repositories of a build, those of this service with the key that signs them.
async fn build_repos(
    app: &App,
    tx: &mut Conn,
    build: &Build,
    project: &Project,
    chroot: &ProjectChroot,
) -> Result<Vec<BuildRepo>, Refusal> {
    let found = repos::of_chroot(app, tx, project, chroot, Some(&build.dir)).await?;
    // The devel repository is there from the first generation on that was made in this mode.
    let main = DirName::main(&project.name);
    let devel = app.store.chroot_dir(&project.owner, &main, &chroot.name).join(DEVEL).join("repodata");
    let used = found.into_iter().filter(|repo| repo.id != "copr_base_devel" || devel.exists());
    Ok(used.map(|repo| build_repo(app, repo)).collect())
}

/// A repository as builders are told of it, one of this service with the key that signs it.
pub(super) fn build_repo(app: &App, repo: Repo) -> BuildRepo {
    let own = format!("{}/", app.rules.results_url);
    let key = repo.baseurl.strip_prefix(&own).and_then(|rest| {
        let mut parts = rest.split('/');
        Some(format!("{own}{}/{}/pubkey.gpg", parts.next()?, parts.next()?))
    });
    BuildRepo {
        id: repo.id,
        name: repo.name,
        baseurl: repo.baseurl,
        priority: repo.priority,
        module_hotfixes: repo.module_hotfixes,
        gpgkey: key,
        revision: None,
    }
}

/// Fills in the present generations of this service's own repositories, for a task that is being handed out.
pub(crate) async fn refresh_revisions(app: &App, conn: &mut Conn, task: &mut Task) -> Result<(), Refusal> {
    let repos = match task {
        Task::Rpm(rpm) => &mut rpm.repos,
        Task::Source(SourceTask { input: SourceInput::Custom { repos, .. }, .. }) => repos,
        Task::Source(_) => return Ok(()),
    };
    let own = format!("{}/", app.rules.results_url);
    for repo in repos {
        let Some(rest) = repo.baseurl.strip_prefix(&own) else { continue };
        let parts: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
        if let [owner, dir, chroot] | [owner, dir, chroot, DEVEL] = parts.as_slice() {
            let found: Option<(RepoId, i64)> = copr_db::repo::by_path(conn, owner, dir, chroot).await?;
            repo.revision = found.map(|(_, generation)| generation.to_string());
        }
    }
    Ok(())
}
