//! Projects.

use copr_client::v3::{Error, FullName, MonitorField, Paging, Project, ProjectOptions};

use crate::cli::project::{Command, Create, Fork, List, Modify, Monitor, Settings};
use crate::failure::Failure;
use crate::session::Session;
use crate::show::{Done, Forked, Listed, Record};

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(list) => self::list(session, list).await,
        Command::Get(get) => {
            let project = session.project(&get.project).await?;
            let project = session.client()?.projects().get(&project).await?;
            Ok(session.screen.show(&project)?)
        }
        Command::Create(create) => self::create(session, *create).await,
        Command::Modify(modify) => self::modify(session, *modify).await,
        Command::Delete(delete) => {
            let client = session.authenticated()?;
            let project = session.project(&delete.copr).await?;
            let deleted = match delete.cancel_builds {
                true => client.projects().delete_with_running(&project).await?,
                false => client.projects().delete(&project).await?,
            };
            Ok(session.screen.show(
                &Done::new(format!("Project {} has been deleted.", deleted.name)).with("project", deleted.full_name),
            )?)
        }
        Command::DeleteDirectory(which) => {
            let client = session.authenticated()?;
            let (project, directory) = session.directory(&which.directory).await?;
            let said = client.projects().delete_directory(&project, &directory, which.cancel_builds).await?;
            Ok(session.screen.show(&Done::new(said).with("directory", directory))?)
        }
        Command::Fork(fork) => self::fork(session, fork).await,
        Command::Rename(which) => {
            let client = session.authenticated()?;
            let project = session.project(&which.old).await?;
            let renamed = client.projects().rename(&project, &which.new).await?;
            let text = format!("Project {project} is called {} now.", renamed.full_name);
            Ok(session.screen.show(&Done::new(text).with("project", renamed.full_name))?)
        }
        Command::Transfer(which) => {
            let client = session.authenticated()?;
            let project = session.project(&which.copr).await?;
            let given = client.projects().transfer(&project, &which.to).await?;
            let text = format!("Project {project} is called {} now.", given.full_name);
            Ok(session.screen.show(&Done::new(text).with("project", given.full_name))?)
        }
        Command::RegenerateRepos(which) => {
            let client = session.authenticated()?;
            let Project { full_name, .. } =
                client.projects().regenerate_repos(&session.project(&which.copr).await?).await?;
            let text = format!("Submitted action to regenerate repository metadata for the '{full_name}' project.");
            Ok(session.screen.show(&Done::new(text).with("project", full_name))?)
        }
        Command::Monitor(monitor) => self::monitor(session, monitor).await,
    }
}

async fn list(session: &Session, list: List) -> Result<(), Failure> {
    let owner = match list.username {
        Some(owner) => owner,
        None => session.username().await.map_err(|failure| {
            failure.after(
                "ERROR: The 'username|@groupname' not specified.  Either specify it, or authenticate to list your \
                 projects.",
            )
        })?,
    };
    let page = session.client()?.projects().list(Some(&owner), &Paging::default()).await?;
    if page.items.is_empty() {
        if session.screen.is_json() {
            session.screen.show(&Listed(page.items))?;
        }
        return Ok(session.screen.warn(&format!("No copr retrieved for user: '{owner}'"))?);
    }
    Ok(session.screen.show(&Listed(page.items))?)
}

async fn create(session: &Session, create: Create) -> Result<(), Failure> {
    let client = session.authenticated()?;
    let project = session.project(&create.name).await?;
    session.note(|named| {
        // It is not to be there.
        named.projects.clear();
        named.chroots_of_service.clone_from(&create.chroots);
    });
    let options = ProjectOptions::new()
        .chroots(create.chroots)
        .enable_net(create.enable_net)
        .persistent(create.persistent)
        .auto_prune(create.auto_prune)
        .isolation(create.isolation)
        .module_hotfixes(create.module_hotfixes)
        .multilib(create.multilib)
        .fedora_review(create.fedora_review)
        .appstream(create.appstream)
        .follow_fedora_branching(create.follow_fedora_branching);
    let options = set(options, create.storage, ProjectOptions::storage);
    client.projects().add(&project, &settled(options, create.settings)).await?;
    let FullName { owner, name } = &project;
    let page = format!("{}/coprs/{}/{name}/", session.url(), owner.replace('@', "g/"));
    Ok(session.screen.show(
        &Done::new(format!("New project was successfully created: {page}"))
            .with("project", project.to_string())
            .with("url", page),
    )?)
}

async fn modify(session: &Session, modify: Modify) -> Result<(), Failure> {
    let client = session.authenticated()?;
    let project = session.project(&modify.name).await?;
    session.note(|named| named.chroots_of_service.extend(modify.chroots.iter().flatten().cloned()));
    let options = set(ProjectOptions::new(), modify.chroots, ProjectOptions::chroots);
    let options = set(options, modify.enable_net, ProjectOptions::enable_net);
    let options = set(options, modify.auto_prune, ProjectOptions::auto_prune);
    let options = set(options, modify.isolation, ProjectOptions::isolation);
    let options = set(options, modify.module_hotfixes, ProjectOptions::module_hotfixes);
    let options = set(options, modify.multilib, ProjectOptions::multilib);
    let options = set(options, modify.fedora_review, ProjectOptions::fedora_review);
    let options = set(options, modify.appstream, ProjectOptions::appstream);
    let options = set(options, modify.follow_fedora_branching, ProjectOptions::follow_fedora_branching);
    let project = client.projects().edit(&project, &settled(options, modify.settings)).await?;
    match session.screen.is_json() {
        true => Ok(session.screen.show(&project)?),
        false => Ok(()),
    }
}

/// An option, where something is said about it.
pub(super) fn set<O, V>(options: O, value: Option<V>, setter: impl FnOnce(O, V) -> O) -> O {
    match value {
        Some(value) => setter(options, value),
        None => options,
    }
}

fn settled(options: ProjectOptions, told: Settings) -> ProjectOptions {
    let options = set(options, told.description, ProjectOptions::description);
    let options = set(options, told.instructions, ProjectOptions::instructions);
    let options = set(options, told.disable_createrepo, ProjectOptions::devel_mode);
    let options = set(options, told.unlisted_on_hp, ProjectOptions::unlisted_on_hp);
    let options = set(options, told.bootstrap, ProjectOptions::bootstrap);
    // Numbers go as they were written: whether they are any, and good ones, is for the service to say.
    let options = set(options, told.delete_after_days, |options, days| options.other("delete_after_days", days));
    let options = set(options, told.repo_priority, |options, number| options.other("repo_priority", number));
    let options = set(options, told.repos, ProjectOptions::additional_repos);
    let options = set(options, told.runtime_dependencies, ProjectOptions::runtime_dependencies);
    set(options, told.packit_forge_projects_allowed, ProjectOptions::packit_forge_projects_allowed)
}

async fn fork(session: &Session, fork: Fork) -> Result<(), Failure> {
    let client = session.authenticated()?;
    let source = session.project(&fork.src).await?;
    let copy = session.project(&fork.dst).await?;
    // It need not be there.
    session.note(|named| named.projects.truncate(1));
    let updated = match client.projects().get(&copy).await {
        Ok(_) => true,
        Err(Error::NoResult { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    let options = copr_client::v3::Fork::to(&copy).confirm(fork.confirm);
    let Project { full_name, .. } = client.projects().fork(&source, &options).await?;
    Ok(session.screen.show(&Forked { source: source.to_string(), full_name, updated })?)
}

/// What can be printed of a monitored build, in the order in which it is printed unless told.
const FIELDS: [&str; 8] =
    ["name", "chroot", "build_id", "state", "pkg_version", "url_build_log", "url_backend_log", "url_build"];
/// So many of them are.
const USUAL: usize = 5;

async fn monitor(session: &Session, monitor: Monitor) -> Result<(), Failure> {
    let fields: Vec<&str> = match &monitor.fields {
        Some(fields) if !fields.is_empty() => fields.split(',').collect(),
        _ => FIELDS[..USUAL].to_vec(),
    };
    let project = session.project(&monitor.project).await?;
    unknown(&fields)?;
    let asked = [MonitorField::UrlBuildLog, MonitorField::UrlBackendLog];
    let asked: Vec<_> = asked.into_iter().filter(|field| fields.contains(&field.as_str())).collect();
    let shown = session.client()?.monitor().project(&project, monitor.dirname.as_deref(), &asked).await?;
    let mut records = session.screen.records(monitor.output_format);
    for package in &shown.packages {
        for (name, chroot) in &package.chroots {
            let record = fields.iter().fold(Record::new(), |record, field| match *field {
                "name" => record.with(field, package.name.as_str()),
                "chroot" => record.with(field, name.as_str()),
                "build_id" => record.with(field, chroot.build_id),
                "state" => record.with(field, chroot.state.as_str()),
                "pkg_version" => record.with(field, chroot.pkg_version.clone()),
                "url_build_log" => record.with(field, chroot.url_build_log.clone()),
                "url_backend_log" => record.with(field, chroot.url_backend_log.clone()),
                _ => record.with(field, super::submit::page(session, chroot.build_id)),
            });
            records.add(&record)?;
        }
    }
    Ok(records.end()?)
}

fn unknown(fields: &[&str]) -> Result<(), Failure> {
    let unknown: Vec<_> = fields.iter().filter(|field| !FIELDS.contains(field)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let list = |fields: &mut dyn Iterator<Item = &&str>| {
        fields.map(|field| format!("'{field}'")).collect::<Vec<_>>().join(", ")
    };
    let (unknown, allowed) = (list(&mut unknown.into_iter()), list(&mut FIELDS.iter()));
    Err(Failure::usage(&format!("Unknown field(s) specified in --fields: [{unknown}], allowed: [{allowed}]")))
}
