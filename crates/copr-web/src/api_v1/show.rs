//! Rows as this dialect's objects.

use crate::Web;
use copr_app::build::Shown;
use copr_app::repos::Repo;
use copr_app::source::{SourceFile, kind_of};
use copr_app::{package, project};
use copr_db::build::Build;
use copr_db::project::Project;
use copr_db::project_chroot::ProjectChroot;
use copr_types::{Bootstrap, BuildId, ChrootBootstrap, SourceKind, State};
use copr_wire::v1;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use url::Url;

/// What builds produced, by number.
pub type Produced = HashMap<BuildId, Vec<String>>;

/// The words of a stored list.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Addresses of a project's repositories by chroot.
fn yum_repos(web: &Web, shown: &project::Shown) -> BTreeMap<String, String> {
    let base = format!("{}/{}", web.app.rules.results_url, shown.project.full_name());
    shown.chroots.iter().map(|chroot| (chroot.clone(), format!("{base}/{chroot}/"))).collect()
}

/// A project in its owner's list.
pub fn listed_project(web: &Web, shown: &project::Shown) -> v1::ListedProject {
    let (project, settings) = (&shown.project, &shown.project.settings);
    v1::ListedProject {
        name: project.name.to_string(),
        username: project.owner.to_string(),
        description: settings.description.clone(),
        instructions: settings.instructions.clone(),
        additional_repos: settings.additional_repos.clone(),
        yum_repos: yum_repos(web, shown),
        persistent: settings.persistent,
        unlisted_on_hp: settings.unlisted_on_hp,
        auto_prune: settings.auto_prune,
    }
}

/// A project that a search found.
pub fn found_project(shown: &project::Shown) -> v1::FoundProject {
    v1::FoundProject {
        username: shown.project.owner.to_string(),
        coprname: shown.project.name.to_string(),
        description: shown.project.settings.description.clone(),
    }
}

/// A project by itself.
pub fn detail(web: &Web, shown: &project::Shown, last_modified: Option<i64>) -> v1::Detail {
    let (project, settings) = (&shown.project, &shown.project.settings);
    v1::Detail {
        name: project.name.to_string(),
        description: settings.description.clone(),
        instructions: settings.instructions.clone(),
        additional_repos: settings.additional_repos.clone(),
        yum_repos: yum_repos(web, shown),
        last_modified,
        auto_createrepo: !settings.devel_mode,
        persistent: settings.persistent,
        unlisted_on_hp: settings.unlisted_on_hp,
        auto_prune: settings.auto_prune,
        use_bootstrap_container: settings.bootstrap == Bootstrap::On,
        isolation: settings.isolation.as_str().to_owned(),
    }
}

/// A project after a change.
pub fn modified_project(shown: &project::Shown, last_modified: Option<i64>) -> v1::ModifiedProject {
    let settings = &shown.project.settings;
    let (description, instructions) = (settings.description.clone(), settings.instructions.clone());
    v1::ModifiedProject {
        repos: settings.additional_repos.clone(),
        chroots: shown.chroots.clone(),
        detail: v1::ModifiedDetail {
            name: shown.project.name.to_string(),
            description: description.clone(),
            instructions: instructions.clone(),
            last_modified,
        },
        description,
        instructions,
        buildroot_pkgs: String::new(),
    }
}

/// A chroot of a project.
pub fn chroot(project: &Project, chroot: &ProjectChroot) -> v1::Chroot {
    let settings = &chroot.settings;
    v1::Chroot {
        mock_chroot: chroot.name.to_string(),
        copr_id: project.id.0,
        buildroot_pkgs: settings.additional_packages.clone(),
        repos: settings.additional_repos.clone(),
        comps_name: settings.comps_name.clone(),
        with_opts: settings.with_opts.clone(),
        without_opts: settings.without_opts.clone(),
    }
}

/// What a build in a chroot of a project would use.
pub fn build_config(project: &Project, chroot: &ProjectChroot, repos: Vec<Repo>) -> v1::BuildConfig {
    let settings = &chroot.settings;
    let mock = copr_app::mock::options(project, chroot, None);
    let owner = project.owner.in_repo_id();
    v1::BuildConfig {
        project_id: format!("{owner}-{}", project.name),
        chroot: chroot.name.to_string(),
        repos: repos.into_iter().map(repo).collect(),
        additional_packages: words(&settings.additional_packages),
        with_opts: words(&settings.with_opts),
        without_opts: words(&settings.without_opts),
        use_bootstrap_container: mock.bootstrap == Some(ChrootBootstrap::On),
        bootstrap: mock.bootstrap.map(|word| word.to_string()),
        bootstrap_image: mock.bootstrap_image,
        isolation: settings.isolation.as_str().to_owned(),
    }
}

fn repo(repo: Repo) -> v1::Repo {
    v1::Repo { id: repo.id, name: repo.name, url: repo.baseurl.clone(), baseurl: repo.baseurl }
}

/// The state of a whole build.
pub fn state(shown: &Shown) -> String {
    shown.state().map_or("unknown", State::on_the_wire).to_owned()
}

fn states(shown: &Shown) -> BTreeMap<String, String> {
    let chroots = shown.chroots.iter();
    chroots.map(|chroot| (chroot.name.to_string(), chroot.state.on_the_wire().to_owned())).collect()
}

/// Address of the directory that a build's results are in, with a trailing slash.
fn results(web: &Web, build: &Build) -> String {
    format!("{}/{}/{}/", web.app.rules.results_url, build.owner, build.dir)
}

/// Address of the source package that somebody gave, nothing where it was made from something else.
fn source_package(build: &Build) -> String {
    let address = match build.source_kind {
        SourceKind::Link => given(build).filter(|url| is_package(url)),
        SourceKind::Upload => build.source_url.clone(),
        _ => None,
    };
    address.unwrap_or_default()
}

fn given(build: &Build) -> Option<String> {
    let source: Value = serde_json::from_str(&build.source).ok()?;
    Some(source["url"].as_str()?.to_owned())
}

fn is_package(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| kind_of(url.path()) == Some(SourceFile::Srpm))
}

/// A build by itself.
pub fn build_detail(web: &Web, shown: &Shown, mut produced: Produced) -> v1::BuildDetail {
    let build = &shown.build;
    let results = results(web, build);
    let of_chroot = |chroot: &copr_db::build_chroot::BuildChroot| {
        let address = |dir: &String| format!("{results}{}/{dir}/", chroot.name);
        (chroot.name.to_string(), chroot.result_dir.as_ref().map(address))
    };
    v1::BuildDetail {
        status: state(shown),
        project: build.project.to_string(),
        project_dirname: build.dir.to_string(),
        owner: build.owner.to_string(),
        built_pkgs: produced.remove(&build.id),
        src_version: build.version.clone(),
        chroots: states(shown),
        submitted_on: build.submitted_on,
        started_on: shown.started_on(),
        ended_on: shown.ended_on(),
        src_pkg: source_package(build),
        submitted_by: build.submitter.clone(),
        results_by_chroot: shown.chroots.iter().map(of_chroot).collect(),
        results,
    }
}

/// A build inside of another answer.
pub fn build(web: &Web, shown: &Shown, produced: &Produced) -> v1::Build {
    let build = &shown.build;
    v1::Build {
        id: build.id.0,
        state: state(shown),
        status: shown.state().map(State::number),
        src_pkg: source_package(build),
        pkg_version: build.version.clone(),
        source_type: build.source_kind.as_str().to_owned(),
        source_json: build.source.clone(),
        canceled: build.canceled,
        repos: None,
        submitted_on: build.submitted_on,
        started_on: shown.started_on(),
        ended_on: shown.ended_on(),
        results: results(web, build),
        built_packages: produced.get(&build.id).cloned(),
        memory_reqs: i64::try_from(web.app.rules.memory_mib).unwrap_or(i64::MAX),
        timeout: build.timeout,
        enable_net: build.enable_net,
        chroots: states(shown),
    }
}

/// Builds that were submitted.
pub fn builds(web: &Web, project: &str, builds: &[Shown]) -> v1::Builds {
    let ids: Vec<i64> = builds.iter().map(|one| one.build.id.0).collect();
    let words = if ids.len() == 1 { "Build was" } else { "Builds were" };
    let message = format!("{words} added to {project}.{}", pages(web, builds));
    v1::Builds { id: ids.first().copied(), ids, message }
}

/// The page of each build in a line of its own.
pub fn pages(web: &Web, builds: &[Shown]) -> String {
    builds.iter().map(|one| format!("\n  {}/coprs/build/{}", web.app.rules.public_url, one.build.id)).collect()
}

/// A package with the builds that were asked for.
pub fn package(
    web: &Web,
    project: &Project,
    listed: &package::Listed,
    with: package::With,
    produced: &Produced,
) -> v1::Package {
    let package = &listed.package;
    let one = |shown: &Shown| build(web, shown, produced);
    v1::Package {
        id: package.id.0,
        name: package.name.to_string(),
        copr_id: project.id.0,
        source_type: package.source_kind.as_str().to_owned(),
        source_json: package.source.clone(),
        webhook_rebuild: package.auto_rebuild,
        enable_net: project.settings.enable_net,
        max_builds: package.max_builds,
        chroot_blacklist_raw: package.chroot_denylist.clone(),
        latest_build: with.latest.then(|| listed.latest.as_ref().map(one)),
        latest_succeeded_build: with.latest_succeeded.then(|| listed.latest_succeeded.as_ref().map(one)),
        builds: listed.all.as_ref().map(|all| all.iter().map(one).collect()),
    }
}
