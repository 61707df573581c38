//! Submitting builds.

use super::Shown;
use super::task_spec;
use crate::batch::{self, Place};
use crate::chain;
use crate::pattern::fits;
use crate::project::input::{NOT_A_CHOICE, NOT_AN_INTEGER, REQUIRED, not_choices};
use crate::source::{self, SourceFile, kind_of};
use crate::{App, FieldErrors, Refusal, access, expiry};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::build::NewBuild;
use copr_db::dir::Dir;
use copr_db::project::Project;
use copr_db::project_chroot::ProjectChroot;
use copr_types::{
    BuildId, ChrootBootstrap, ChrootId, DirName, FileName, Isolation, PackageId, ProjectId, Source, SourceKind, State,
};
use copr_wire::builder::{ChrootSpec, SourceInput};

/// The options that all ways of submitting share. `None`: not said. Numbers come as text.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Directory of the project; the main one when not said.
    pub project_dirname: Option<String>,
    /// Chroots by name or pattern; all when not said or empty.
    pub chroots: Option<Vec<String>>,
    /// Chroots to leave out, by name or pattern.
    pub exclude_chroots: Option<Vec<String>>,
    /// Seconds.
    pub timeout: Option<String>,
    /// After everybody who waits.
    pub background: bool,
    /// Network during rpmbuild; the project's setting when not said.
    pub enable_net: Option<bool>,
    /// One of mock's words.
    pub bootstrap: Option<String>,
    /// One of mock's words.
    pub isolation: Option<String>,
    /// Number of a build to wait for.
    pub after_build_id: Option<String>,
    /// Number of a build to run beside.
    pub with_build_id: Option<String>,
    /// Number of an open chain to go into.
    pub chain_id: Option<String>,
    /// Forge project on whose behalf this is.
    pub packit_forge_project: Option<String>,
}

/// Which chroots a build gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All that are enabled when the package is known.
    All,
    /// These.
    Named(Vec<ChrootId>),
}

/// A file that a client uploaded and that waits in the store.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Name of the upload's directory.
    pub upload: FileName,
    /// The file in it.
    pub file: FileName,
    /// Its bytes.
    pub size: u64,
}

/// Who submits a build.
#[derive(Clone, Copy)]
pub(crate) enum Submitter<'a> {
    Person(&'a Account),
    /// A program that knew a project's secret, and who it says is behind it.
    Hook(Option<&'a str>),
}

impl<'a> From<&'a Account> for Submitter<'a> {
    fn from(who: &'a Account) -> Self {
        Self::Person(who)
    }
}

/// What the options come to in a project.
pub(super) struct Checked {
    pub project: Project,
    /// The directory as it was said. Whether it may be made is looked at after all else.
    dir: Option<String>,
    pub selection: Selection,
    /// All that are enabled.
    pub chroots: Vec<ProjectChroot>,
    timeout: i64,
    isolation: Isolation,
    bootstrap: Option<String>,
    enable_net: bool,
    background: bool,
    place: Option<Place>,
    pub chain: Option<chain::Entry>,
}

/// Checks that a build with these options could be submitted; makes nothing.
pub async fn check(app: &App, who: &Account, owner: &str, name: &str, options: &Options) -> Result<(), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    directory(&mut conn, &project, options.project_dirname.as_deref()).await?;
    if !access::standing(&mut conn, who, &project).await?.can_build() {
        return Err(Refusal::forbidden(format!(
            "User '{}' is not allowed to build in '{}'",
            who.name,
            project.full_name()
        )));
    }
    let mut errors = FieldErrors::default();
    checked(app, &mut conn, who, project, options, &mut errors).await?;
    errors.check()
}

/// The directory of a name: an existing one, or one that may be made; the main one when none is said.
pub(crate) async fn directory(conn: &mut Conn, project: &Project, said: Option<&str>) -> Result<DirName, Refusal> {
    let Some(name) = said.filter(|name| !name.is_empty()) else {
        return Ok(DirName::main(&project.name));
    };
    if let Some(dir) = copr_db::dir::by_name(conn, project.id, name).await? {
        return Ok(dir.name);
    }
    let name = current(conn, project, name).await?;
    DirName::parse(&project.name, &name).map_err(|error| Refusal::invalid(error.to_string()))
}

/// A directory's name as it is now, when it was said as it was before its project was renamed.
async fn current(conn: &mut Conn, project: &Project, said: &str) -> Result<String, Refusal> {
    let (base, rest) = said.find(':').map_or((said, ""), |at| said.split_at(at));
    if base != project.name.as_str() {
        let formers = copr_db::rename::aliases(conn, project.id).await?;
        if formers.iter().any(|former| former.name.as_str() == base) {
            return Ok(format!("{}{rest}", project.name));
        }
    }
    Ok(said.to_owned())
}

pub(super) async fn checked(
    app: &App,
    conn: &mut Conn,
    who: impl Into<Submitter<'_>>,
    project: Project,
    options: &Options,
    errors: &mut FieldErrors,
) -> Result<Checked, Refusal> {
    let enabled: Vec<ProjectChroot> = copr_db::project_chroot::list(conn, project.id)
        .await?
        .into_iter()
        .filter(|chroot| chroot.enabled && chroot.active)
        .collect();
    let selection = select(&enabled, options, errors);
    let timeout = timeout(app, options.timeout.as_deref(), errors);
    let isolation = match options.isolation.as_deref().filter(|word| !word.is_empty()) {
        None => Isolation::Unchanged,
        Some(word) => Isolation::from_word(word).unwrap_or_else(|| {
            errors.add("isolation", NOT_A_CHOICE);
            Isolation::Unchanged
        }),
    };
    let bootstrap = options.bootstrap.clone().filter(|word| !word.is_empty() && word != "unchanged");
    if let Some(word) = &bootstrap
        && ChrootBootstrap::from_word(word).is_none_or(|choice| choice == ChrootBootstrap::CustomImage)
    {
        errors.add("bootstrap", NOT_A_CHOICE);
    }
    let place = match who.into() {
        Submitter::Person(who) => batch::choose(conn, who, options, errors).await?,
        Submitter::Hook(_) => None,
    };
    let chain = chain::choose(conn, &project, options, errors).await?;
    let enable_net = options.enable_net.unwrap_or(project.settings.enable_net);
    let background = options.background;
    let (dir, chroots) = (options.project_dirname.clone(), enabled);
    Ok(Checked {
        dir,
        selection,
        chroots,
        timeout,
        isolation,
        bootstrap,
        enable_net,
        background,
        project,
        place,
        chain,
    })
}

/// Seconds that a build may take: what was said, or the service's default for nothing and for 0.
pub(crate) fn timeout(app: &App, said: Option<&str>, errors: &mut FieldErrors) -> i64 {
    let Some(text) = said.map(str::trim).filter(|text| !text.is_empty()) else {
        return app.rules.default_timeout;
    };
    let range = format!("Number must be between 0 and {}.", app.rules.max_timeout);
    match text.parse::<i64>() {
        Ok(0) => app.rules.default_timeout,
        Ok(seconds) if (0..=app.rules.max_timeout).contains(&seconds) => seconds,
        parsed => {
            if parsed.is_err() {
                errors.add("timeout", NOT_AN_INTEGER);
            }
            errors.add("timeout", range);
            app.rules.default_timeout
        }
    }
}

/// Chroots by name or shell-style pattern, each of which must match one that the project has.
fn select(enabled: &[ProjectChroot], options: &Options, errors: &mut FieldErrors) -> Selection {
    let mut matching = |wanted: &Option<Vec<String>>, field: &'static str| {
        let mut found = Vec::new();
        let mut unknown = Vec::new();
        for word in wanted.iter().flatten() {
            let before = found.len();
            found.extend(
                enabled.iter().filter(|chroot| fits(word, chroot.name.as_str())).map(|chroot| chroot.chroot_id),
            );
            if found.len() == before {
                unknown.push(word.as_str());
            }
        }
        if !unknown.is_empty() {
            errors.add(field, not_choices(&unknown));
        }
        found
    };
    let chosen = matching(&options.chroots, "chroots");
    let excluded = matching(&options.exclude_chroots, "exclude_chroots");
    if chosen.is_empty() && excluded.is_empty() {
        return Selection::All;
    }
    let named: Vec<ChrootId> = enabled
        .iter()
        .map(|chroot| chroot.chroot_id)
        .filter(|id| (chosen.is_empty() || chosen.contains(id)) && !excluded.contains(id))
        .collect();
    if named.is_empty() && !excluded.is_empty() {
        errors.add("exclude_chroots", "No chroot is left to build in");
    }
    Selection::Named(named)
}

/// Whether a person may build in a project: to be asked before anybody sends large files.
pub async fn may_build(app: &App, who: &Account, owner: &str, name: &str) -> Result<(), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    right_to_build(&mut conn, who, &project).await
}

/// The same in the project of a number.
pub async fn may_build_in(app: &App, who: &Account, project: ProjectId) -> Result<(), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::numbered(&mut conn, project).await?;
    right_to_build(&mut conn, who, &project).await
}

async fn right_to_build(conn: &mut Conn, who: &Account, project: &Project) -> Result<(), Refusal> {
    if access::standing(conn, who, project).await?.can_build() {
        return Ok(());
    }
    let text = format!("User {} is not allowed to build in the copr: {}", who.name, project.full_name());
    Err(Refusal::forbidden(text))
}

/// May this person build here now? Nobody deletes the project until the transaction ends.
pub(super) async fn allowed(
    conn: &mut Conn,
    who: &Account,
    checked: &Checked,
    options: &Options,
) -> Result<(), Refusal> {
    let project = &checked.project;
    right_to_build(conn, who, project).await?;
    if !copr_db::project::keep(conn, project.id).await? {
        return Err(Refusal::not_found(format!("Project {} does not exist.", project.full_name())));
    }
    if let Some(forge) = options.packit_forge_project.as_deref().filter(|forge| !forge.is_empty()) {
        let mut listed = project.settings.packit_forge_projects_allowed.split_whitespace();
        if !listed.any(|pattern| fits(pattern, forge)) {
            return Err(Refusal::forbidden(format!("Forge project {forge} can't build in this Copr via Packit.")));
        }
    }
    if checked.chroots.is_empty() {
        return Err(Refusal::invalid(format!(
            "Can't create build - project {} has no active chroots",
            project.full_name()
        )));
    }
    Ok(())
}

/// Submits a build of an uploaded file. When this refuses, the caller removes the upload.
pub async fn by_upload(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    upload: Option<&Upload>,
    options: &Options,
) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    of_upload(app, tx, who, project, upload, options).await
}

pub(super) async fn of_upload(
    app: &App,
    mut tx: Conn,
    who: &Account,
    project: Project,
    upload: Option<&Upload>,
    options: &Options,
) -> Result<Shown, Refusal> {
    let build = upload_in(app, &mut tx, who, project, upload, options, None).await?;
    tx.commit().await?;
    Ok(build)
}

/// The same in the caller's transaction, perhaps as a member of a chain that is not open any more.
pub(crate) async fn upload_in(
    app: &App,
    tx: &mut Conn,
    who: &Account,
    project: Project,
    upload: Option<&Upload>,
    options: &Options,
    chain: Option<chain::Entry>,
) -> Result<Shown, Refusal> {
    let mut errors = FieldErrors::default();
    let kind = upload.and_then(|upload| kind_of(upload.file.as_str()));
    match (upload, kind) {
        (None, _) => errors.add("pkgs", REQUIRED),
        (Some(_), None) => errors.add("pkgs", "You can upload only .src.rpm, .nosrc.rpm, and .spec files"),
        _ => {}
    }
    let mut checked = checked(app, tx, who, project, options, &mut errors).await?;
    errors.check()?;
    checked.chain = checked.chain.or(chain);
    allowed(tx, who, &checked, options).await?;
    let Some(upload) = upload else { return Err(Refusal::field("pkgs", REQUIRED)) };
    let url = format!("{}/tmp/{}/{}", app.rules.public_url, upload.upload, upload.file);
    let source_url = (kind == Some(SourceFile::Srpm)).then(|| url.clone());
    let source = Source::Upload { url, pkg: upload.file.to_string(), tmp: upload.upload.to_string() };
    let wanted = Wanted { source_url, ..Wanted::of(&source)? };
    let input = SourceInput::Upload { file: upload.file.to_string(), size: upload.size };
    make(app, tx, who, &checked, &wanted, input).await
}

/// What a build is to be of.
pub(super) struct Wanted {
    pub kind: SourceKind,
    pub source: source::Shown,
    /// Address of the source package that clients are shown.
    pub source_url: Option<String>,
    /// The package, when it is known.
    pub package: Option<PackageId>,
    /// The chroot of the source task, when it is not the first of the build's.
    pub source_chroot: Option<ChrootSpec>,
    /// The build that this one repeats.
    pub repeats: Option<BuildId>,
}

impl Wanted {
    pub(super) fn of(source: &Source) -> Result<Self, Refusal> {
        let (kind, source) = (source.kind(), source::Shown::of(source)?);
        Ok(Self { kind, source, source_url: None, package: None, source_chroot: None, repeats: None })
    }
}

/// The build, its chroots where chosen, its source task and the event: in the caller's transaction.
pub(super) async fn make(
    app: &App,
    tx: &mut Conn,
    who: impl Into<Submitter<'_>>,
    checked: &Checked,
    wanted: &Wanted,
    input: SourceInput,
) -> Result<Shown, Refusal> {
    let id = record(app, tx, who, checked, wanted, State::Waiting).await?;
    let chosen: Vec<&ProjectChroot> = match &checked.selection {
        Selection::Named(named) => checked.chroots.iter().filter(|one| named.contains(&one.chroot_id)).collect(),
        Selection::All => checked.chroots.iter().collect(),
    };
    let chroot = match &wanted.source_chroot {
        Some(chroot) => chroot.clone(),
        None => task_spec::source_chroot(tx, &chosen, &input).await?,
    };
    let build = copr_db::build::by_id(tx, id).await?.ok_or_else(|| super::missing(id))?;
    task_spec::source_task(app, tx, &build, input, chroot).await?;
    let chroots = match checked.selection {
        Selection::Named(_) => copr_db::build_chroot::of_builds(tx, &[id]).await?,
        // None before the package is known.
        Selection::All => Vec::new(),
    };
    Ok(Shown { build, chroots })
}

/// The rows of a build and of its chroots where chosen, which begin in a state, and the event.
pub(super) async fn record(
    app: &App,
    tx: &mut Conn,
    who: impl Into<Submitter<'_>>,
    checked: &Checked,
    wanted: &Wanted,
    state: State,
) -> Result<BuildId, Refusal> {
    let now = app.clock.now();
    let (account, submitted_by) = match who.into() {
        Submitter::Person(who) => (Some(who), None),
        Submitter::Hook(words) => (None, words),
    };
    let project = &checked.project;
    let dir = directory(tx, project, checked.dir.as_deref()).await?;
    let dir = ensure_dir(app, tx, project, &dir).await?;
    let mut public = wanted.source.public.clone();
    if project.settings.fedora_review {
        public["fedora_review"] = true.into();
    }
    let id = copr_db::build::create(
        tx,
        &NewBuild {
            project: project.id,
            dir: dir.id,
            package: wanted.package,
            account: account.map(|who| who.id.0),
            submitted_by,
            source_kind: wanted.kind,
            source: &public.to_string(),
            source_url: wanted.source_url.as_deref(),
            named: matches!(checked.selection, Selection::Named(_)),
            background: checked.background,
            enable_net: checked.enable_net,
            timeout: checked.timeout,
            bootstrap: checked.bootstrap.as_deref(),
            isolation: checked.isolation,
            resubmitted_from: wanted.repeats,
        },
        now,
    )
    .await?;
    if let (Some(place), Some(who)) = (checked.place, account) {
        let batch = batch::enter(tx, who, place, now).await?;
        copr_db::batch::add(tx, batch, id).await?;
    }
    if let Some(entry) = &checked.chain {
        chain::enter(tx, entry, id, wanted.package).await?;
    }
    if let Some(private) = wanted.source.private_text() {
        copr_db::build::keep_private(tx, id, &private).await?;
    }
    if let Selection::Named(named) = &checked.selection {
        for chroot in named {
            copr_db::build_chroot::create(tx, id, *chroot, state).await?;
        }
    }
    let about = copr_db::event::Subject { project: Some(project.id), build: Some(id), build_chroot: None };
    copr_db::event::append(tx, "build.submitted", about, "{}", now).await?;
    Ok(id)
}

/// The directory, made with repositories for all enabled chroots when it is new; one beside the main one is in use now.
async fn ensure_dir(app: &App, tx: &mut Conn, project: &Project, name: &DirName) -> Result<Dir, Refusal> {
    let mut known = copr_db::dir::by_name(tx, project.id, name.as_str()).await?;
    if let Some(dir) = &known {
        if dir.main {
            return Ok(dir.clone());
        }
        // One whose time is over begins anew.
        if expiry::is_due(app, dir) && expiry::remove_dir(app, tx, project, dir).await? {
            known = None;
        }
    }
    let dir = copr_db::dir::ensure(tx, project.id, name, app.clock.now()).await?;
    if known.is_some_and(|known| known.id == dir.id) {
        return Ok(dir);
    }
    for chroot in copr_db::project_chroot::list(tx, project.id).await? {
        if chroot.enabled && chroot.active {
            copr_db::repo::ensure(tx, dir.id, chroot.chroot_id).await?;
        }
    }
    Ok(dir)
}

/// The chroots of a build whose package became known just now: those chosen at submission, or all that are enabled
/// minus the package's deny list (which is ignored where it would leave nothing).
pub(crate) fn allocate(enabled: &[ProjectChroot], denylist: &str) -> Vec<ChrootId> {
    let patterns: Vec<&str> = denylist.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()).collect();
    let denied = |chroot: &&ProjectChroot| patterns.iter().any(|pattern| fits(pattern, chroot.name.as_str()));
    let left: Vec<ChrootId> = enabled.iter().filter(|chroot| !denied(chroot)).map(|chroot| chroot.chroot_id).collect();
    if left.is_empty() { enabled.iter().map(|chroot| chroot.chroot_id).collect() } else { left }
}
