//! The chroots of a project: look, change, and what a build in one would use.

use crate::project::input::{NOT_A_CHOICE, not_choices, words};
use crate::repos::Repo;
use crate::{App, FieldErrors, Refusal, access, project, publish, repos};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::project::Project;
use copr_db::project_chroot::{ProjectChroot, Settings};
use copr_types::{ChrootBootstrap, ChrootId, ChrootName, Isolation, ProjectId};

/// What a request says about a chroot. `None`: not said. Lists are words split by blanks.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Packages beside the minimal buildroot.
    pub additional_packages: Option<String>,
    /// Repositories.
    pub additional_repos: Option<String>,
    /// Module streams.
    pub additional_modules: Option<Vec<String>>,
    /// `rpmbuild --with`.
    pub with_opts: Option<String>,
    /// `rpmbuild --without`.
    pub without_opts: Option<String>,
    /// One of mock's words.
    pub bootstrap: Option<String>,
    /// An image for it.
    pub bootstrap_image: Option<String>,
    /// One of mock's words.
    pub isolation: Option<String>,
    /// A comps file: its name and text.
    pub comps: Option<(String, String)>,
    /// The comps file's name alone; `Some(None)` takes it away.
    pub comps_name: Option<Option<String>>,
    /// The comps file's text alone; `Some(None)` takes it away.
    pub comps_text: Option<Option<String>>,
    /// Whether to remove the comps file.
    pub delete_comps: bool,
    /// Settings to put back first, by their names in the API.
    pub reset_fields: Vec<String>,
}

/// A chroot of a project, with the project.
pub async fn find(app: &App, owner: &str, name: &str, chroot: &str) -> Result<(Project, ProjectChroot), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    let chroot = of_project(&mut conn, &project, chroot).await?;
    Ok((project, chroot))
}

async fn of_project(conn: &mut Conn, project: &Project, chroot: &str) -> Result<ProjectChroot, Refusal> {
    if chroot.parse::<ChrootName>().is_err() {
        return Err(Refusal::not_found("Chroot identification is not valid"));
    }
    copr_db::project_chroot::by_name(conn, project.id, chroot)
        .await?
        .filter(|found| found.enabled && found.active)
        .ok_or_else(|| {
            Refusal::not_found(format!("Chroot name {chroot} does not exist in Copr {}.", project.full_name()))
        })
}

/// The chroots of the project of a number that are enabled and switched on, by name.
pub async fn list(app: &App, id: ProjectId) -> Result<Vec<ProjectChroot>, Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::numbered(&mut conn, id).await?;
    enabled(&mut conn, &project).await
}

/// A chroot of the project of a number.
pub async fn find_numbered(app: &App, id: ProjectId, chroot: &ChrootName) -> Result<ProjectChroot, Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::numbered(&mut conn, id).await?;
    of_project(&mut conn, &project, chroot.as_str()).await
}

/// Enables one more chroot, with these settings beside those that it had before; its repositories are there when this
/// returns.
pub async fn enable(
    app: &App,
    who: &Account,
    id: ProjectId,
    chroot: &ChrootName,
    input: &Input,
) -> Result<ProjectChroot, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::held(&mut tx, id).await?;
    let known = copr_db::chroot::by_name(&mut tx, chroot.as_str()).await?.filter(|known| known.enabled);
    let known = known.ok_or_else(|| Refusal::field("name", not_choices(&[chroot.as_str()])))?;
    may_edit(&mut tx, who, &project).await?;
    let mut chosen = chosen(&mut tx, &project).await?;
    if chosen.contains(&known.id) {
        let text = format!("Chroot {chroot} is enabled in {} already.", project.full_name());
        return Err(Refusal::taken(text));
    }
    chosen.push(known.id);
    project::set_chroots(app, &mut tx, &project, &chosen, app.clock.now()).await?;
    change(&mut tx, who, &project, chroot.as_str(), input).await?;
    finish(app, tx, &project).await?;
    find_numbered(app, id, chroot).await
}

/// Drops a chroot, when it is enabled: its data goes away later.
pub async fn disable(app: &App, who: &Account, id: ProjectId, chroot: &ChrootName) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::held(&mut tx, id).await?;
    may_edit(&mut tx, who, &project).await?;
    let known = copr_db::chroot::by_name(&mut tx, chroot.as_str()).await?.map(|known| known.id);
    let mut chosen = chosen(&mut tx, &project).await?;
    let before = chosen.len();
    chosen.retain(|id| Some(*id) != known);
    if chosen.len() == before {
        return Ok(());
    }
    project::set_chroots(app, &mut tx, &project, &chosen, app.clock.now()).await?;
    finish(app, tx, &project).await
}

/// Changes what the input names, in a chroot of the project of a number.
pub async fn edit_numbered(
    app: &App,
    who: &Account,
    id: ProjectId,
    chroot: &ChrootName,
    input: &Input,
) -> Result<ProjectChroot, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::held(&mut tx, id).await?;
    change(&mut tx, who, &project, chroot.as_str(), input).await?;
    tx.commit().await?;
    find_numbered(app, id, chroot).await
}

/// The chroots that are enabled and switched on, by name.
async fn enabled(conn: &mut Conn, project: &Project) -> Result<Vec<ProjectChroot>, Refusal> {
    let mut all = copr_db::project_chroot::list(conn, project.id).await?;
    all.retain(|chroot| chroot.enabled && chroot.active);
    Ok(all)
}

/// Numbers of the chroots that are enabled and switched on.
async fn chosen(conn: &mut Conn, project: &Project) -> Result<Vec<ChrootId>, Refusal> {
    Ok(enabled(conn, project).await?.iter().map(|chroot| chroot.chroot_id).collect())
}

async fn may_edit(conn: &mut Conn, who: &Account, project: &Project) -> Result<(), Refusal> {
    if access::standing(conn, who, project).await?.can_edit() {
        return Ok(());
    }
    Err(Refusal::forbidden("Only owners and admins may update their projects."))
}

/// What follows a change of which chroots there are.
async fn finish(app: &App, mut tx: Conn, project: &Project) -> Result<(), Refusal> {
    project::note(&mut tx, "project.changed", project.id, app.clock.now()).await?;
    tx.commit().await?;
    publish::project(app, project.id).await
}

/// What a build in a chroot would use.
pub async fn build_config(
    app: &App,
    owner: &str,
    name: &str,
    chroot: &str,
) -> Result<(Project, ProjectChroot, Vec<Repo>), Refusal> {
    let (project, chroot) = find(app, owner, name, chroot).await?;
    let repos = repos::of_chroot(app, &mut app.db.read().await?, &project, &chroot, None).await?;
    Ok((project, chroot, repos))
}

/// Changes what the input names; the rest stays.
pub async fn edit(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    chroot: &str,
    input: &Input,
) -> Result<(Project, ProjectChroot), Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    let project = access::held(&mut tx, project.id).await?;
    let chroot = change(&mut tx, who, &project, chroot, input).await?;
    tx.commit().await?;
    find(app, owner, name, chroot.as_str()).await
}

/// Changes a chroot's settings in the caller's transaction; returns the chroot's name.
async fn change(
    tx: &mut Conn,
    who: &Account,
    project: &Project,
    chroot: &str,
    input: &Input,
) -> Result<ChrootName, Refusal> {
    let chroot = of_project(tx, project, chroot).await?;
    let mut settings = chroot.settings.clone();
    let place = format!("{}/{}", project.full_name(), chroot.name);
    for field in &input.reset_fields {
        reset(&mut settings, field, &place)?;
    }
    let mut errors = FieldErrors::default();
    apply(tx, input, &mut settings, &mut errors).await?;
    errors.check()?;
    may_edit(tx, who, project).await?;
    copr_db::project_chroot::update(tx, project.id, chroot.chroot_id, &settings).await?;
    if settings.comps != chroot.settings.comps {
        for repo in copr_db::repo::of_project(tx, project.id).await? {
            if repo.chroot_id == chroot.chroot_id {
                copr_db::repo::want(tx, repo.id).await?;
            }
        }
    }
    Ok(chroot.name)
}

fn reset(settings: &mut Settings, field: &str, place: &str) -> Result<(), Refusal> {
    match field {
        "additional_repos" => settings.additional_repos.clear(),
        "additional_packages" => settings.additional_packages.clear(),
        "additional_modules" => settings.additional_modules.clear(),
        "with_opts" => settings.with_opts.clear(),
        "without_opts" => settings.without_opts.clear(),
        "isolation" => settings.isolation = Isolation::Unchanged,
        "bootstrap" => settings.bootstrap = ChrootBootstrap::Unchanged,
        "bootstrap_image" => {
            settings.bootstrap_image = None;
            // There is no such bootstrap without an image.
            if settings.bootstrap == ChrootBootstrap::CustomImage {
                settings.bootstrap = ChrootBootstrap::Unchanged;
            }
        }
        "comps_name" => (settings.comps_name, settings.comps) = (None, None),
        other => {
            return Err(Refusal::invalid(format!(
                "Trying to reset an invalid attribute: {other}\nSee `copr-cli get-chroot {place}' for all the possible attributes"
            )));
        }
    }
    Ok(())
}

async fn apply(conn: &mut Conn, input: &Input, s: &mut Settings, errors: &mut FieldErrors) -> Result<(), Refusal> {
    for (said, place) in [
        (&input.additional_packages, &mut s.additional_packages),
        (&input.with_opts, &mut s.with_opts),
        (&input.without_opts, &mut s.without_opts),
    ] {
        if let Some(text) = said {
            *place = words(text);
        }
    }
    for (field, list) in
        [("buildroot_pkgs", &s.additional_packages), ("with_opts", &s.with_opts), ("without_opts", &s.without_opts)]
    {
        // These become arguments of dnf and rpmbuild, where a leading dash would make them options.
        if let Some(word) = list.split_whitespace().find(|word| word.starts_with('-')) {
            errors.add(field, format!("'{word}' can not begin with a dash"));
        }
    }
    if let Some(text) = &input.additional_repos {
        repos::check_list(conn, text, "repos", errors).await?;
        s.additional_repos = words(text);
    }
    if let Some(modules) = &input.additional_modules {
        check_modules(modules, errors);
        s.additional_modules = modules.join(" ");
    }
    let word = input.bootstrap.as_deref().filter(|word| !word.is_empty());
    if let Some(word) = word {
        match ChrootBootstrap::from_word(word) {
            Some(choice) => s.bootstrap = choice,
            None => errors.add("bootstrap", NOT_A_CHOICE),
        }
    }
    if let Some(image) = input.bootstrap_image.as_deref().map(str::trim).filter(|image| !image.is_empty()) {
        if is_image(image) {
            s.bootstrap_image = Some(image.to_owned());
            if word.is_none() {
                s.bootstrap = ChrootBootstrap::CustomImage;
            }
        } else {
            errors.add(
                "bootstrap_image",
                "Enter valid bootstrap image id (<name>[:<tag>], e.g. fedora:33 or registry.fedoraproject.org/fedora:rawhide).",
            );
        }
    }
    if s.bootstrap == ChrootBootstrap::CustomImage && s.bootstrap_image.is_none() {
        errors.add("bootstrap_image", "Custom image is selected, but not specified");
    }
    if let Some(word) = input.isolation.as_deref().filter(|word| !word.is_empty()) {
        match Isolation::from_word(word) {
            Some(choice) => s.isolation = choice,
            None => errors.add("isolation", NOT_A_CHOICE),
        }
    }
    if input.delete_comps {
        (s.comps_name, s.comps) = (None, None);
    }
    if let Some((name, text)) = &input.comps {
        (s.comps_name, s.comps) = (Some(name.clone()), Some(text.clone()));
    }
    if let Some(text) = &input.comps_text {
        s.comps.clone_from(text);
    }
    if let Some(name) = &input.comps_name {
        s.comps_name.clone_from(name);
    }
    Ok(())
}

/// `^[-\./\w]+(:[\w.-]+)?$`
fn is_image(text: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let (name, tag) = text.split_once(':').map_or((text, None), |(name, tag)| (name, Some(tag)));
    !name.is_empty()
        && name.chars().all(|c| word(c) || "-./".contains(c))
        && tag.is_none_or(|tag| !tag.is_empty() && tag.chars().all(|c| word(c) || ".-".contains(c)))
}

fn check_modules(modules: &[String], errors: &mut FieldErrors) {
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let mut seen = Vec::new();
    for module in modules {
        let parts = module.strip_prefix('!').unwrap_or(module).split_once(':');
        let Some((name, stream)) = parts.filter(|(_, stream)| !stream.contains(':')) else {
            errors.add(
                "module_toggle",
                format!("Module name '{module}' must consist of two parts separated with colon, e.g. module:stream"),
            );
            continue;
        };
        if !plain(name) {
            errors.add(
                "module_toggle",
                format!("Module name '{name}' must contain only letters, digits, dashes, underscores."),
            );
        }
        if stream.is_empty() || !stream.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
            errors.add(
                "module_toggle",
                format!(
                    "Stream part of module name '{stream}' must contain only letters, digits, dashes, underscores."
                ),
            );
        }
        if seen.contains(&name) {
            errors.add("module_toggle", format!("Module name '{name}' specified multiple times"));
        }
        seen.push(name);
    }
}
