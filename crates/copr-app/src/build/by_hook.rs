//! Builds that nobody submits: a forge, or another program, called for them.

use super::by_source::prepare;
use super::of_package::rebuildable;
use super::submit::{Submitter, Upload, allocate, checked, make};
use super::{Options, Selection, Shown};
use crate::{App, FieldErrors, Refusal};
use copr_db::Conn;
use copr_db::package::Package;
use copr_db::project::Project;
use copr_db::webhook::Origin;
use copr_types::Source;
use copr_wire::builder::SourceInput;

/// Why and how a package is built without a person.
pub(crate) struct Automatic<'a> {
    /// Who is behind it, in the caller's words.
    pub words: Option<&'a str>,
    /// The project's directory; the main one when none.
    pub dir: Option<&'a str>,
    /// The call, and what was pushed.
    pub origin: Origin<'a>,
    /// What was sent for the package's script.
    pub payload: Option<&'a Upload>,
}

/// Submits a build of a package, from this source: after everybody who waits, with the package's own settings and the project's
/// network. None when the project builds for nothing.
pub(crate) async fn by_hook(
    app: &App,
    tx: &mut Conn,
    project: &Project,
    package: &Package,
    source: &Source,
    automatic: &Automatic<'_>,
) -> Result<Option<Shown>, Refusal> {
    rebuildable(package)?;
    let options = Options {
        background: true,
        // The service may allow less than it did when the package was told.
        timeout: package.timeout.map(|seconds| seconds.min(app.rules.max_timeout).to_string()),
        project_dirname: automatic.dir.map(str::to_owned),
        ..Options::default()
    };
    let by = Submitter::Hook(automatic.words);
    let mut errors = FieldErrors::default();
    let mut checked = checked(app, tx, by, project.clone(), &options, &mut errors).await?;
    errors.check()?;
    if checked.chroots.is_empty() {
        return Ok(None);
    }
    checked.selection = Selection::Named(allocate(&checked.chroots, &package.chroot_denylist));
    let (mut wanted, mut input) = prepare(app, tx, source, Some(package.name.as_str()), Some(package.id)).await?;
    if let (Some(sent), SourceInput::Custom { payload, .. }) = (automatic.payload, &mut input) {
        *payload = Some(sent.size);
        wanted.source.public["tmp"] = sent.upload.to_string().into();
        wanted.source.public["hook_data"] = true.into();
    }
    let made = make(app, tx, by, &checked, &wanted, input).await?;
    copr_db::webhook::made(tx, made.build.id, &automatic.origin).await?;
    Ok(Some(made))
}
