//! Builds of sources that builders make: from repositories, indexes of other languages, scripts, dist-gits.

use super::submit::{Wanted, allowed, checked, make};
use super::{Options, Shown, task_spec};
use crate::source::{self, Input, custom, distgit};
use crate::{App, FieldErrors, Refusal, access, package, repos};
use copr_db::Conn;
use copr_db::account::Account;
use copr_types::{PackageId, Source};
use copr_wire::builder::{Checkout, ChrootSpec, SourceInput};

/// Submits a build of a source. `name_in_distgit` is the package's name in a dist-git; other kinds of sources have none.
pub async fn by_source(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    input: &Input,
    name_in_distgit: Option<&str>,
    options: &Options,
) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    let mut errors = FieldErrors::default();
    let package = match input {
        Input::Distgit(_) => package::name(name_in_distgit, &mut errors),
        _ => None,
    };
    let source = input.check(app, &mut tx, package.as_ref(), &mut errors).await?;
    let checked = checked(app, &mut tx, who, project, options, &mut errors).await?;
    errors.check()?;
    allowed(&mut tx, who, &checked, options).await?;
    let Some(source) = source else { return Err(Refusal::invalid("the source is not complete")) };
    let package = package.as_ref().map(|name| name.as_str());
    let (wanted, input) = prepare(app, &mut tx, &source, package, None).await?;
    let build = make(app, &mut tx, who, &checked, &wanted, input).await?;
    tx.commit().await?;
    Ok(build)
}

/// What is stored of a build of a source, and what its builder is told. `name` is the package's, where it is known
/// before; `package` its number, where it is in the project already.
pub(super) async fn prepare(
    app: &App,
    conn: &mut Conn,
    source: &Source,
    name: Option<&str>,
    package: Option<PackageId>,
) -> Result<(Wanted, SourceInput), Refusal> {
    let mut wanted = Wanted { package, ..Wanted::of(source)? };
    let input = match source {
        Source::Scm(scm) => {
            let lookaside_url = distgit::lookaside_of(&app.rules, &scm.clone_url);
            SourceInput::Scm(Checkout { scm: scm.clone(), lookaside_url })
        }
        Source::Pypi(pypi) => SourceInput::Pypi(pypi.clone()),
        Source::Rubygems(rubygems) => SourceInput::Rubygems(rubygems.clone()),
        Source::Distgit(distgit) => {
            let instance = distgit::instance_of(&app.rules, distgit)?;
            let package = name.unwrap_or_default();
            SourceInput::Distgit {
                clone_url: distgit.clone_url.clone(),
                committish: distgit.committish.clone(),
                package: package.to_owned(),
                instance: instance.name.clone(),
                lookaside_url: instance.lookaside_url_of(package, distgit.namespace.as_deref()),
            }
        }
        Source::Custom(custom) => {
            let known = copr_db::chroot::list(conn).await?;
            let chroot = custom::resolve(&known, &custom.chroot)
                .ok_or_else(|| Refusal::invalid(format!("Chroot {} does not exist", custom.chroot)))?;
            let shown = custom::custom_in(custom, &chroot.name);
            wanted.source = source::Shown::beside(source, &shown)?;
            wanted.source_chroot =
                Some(ChrootSpec { name: chroot.name.clone(), definition: chroot.definition.0.clone() });
            let mut found = Vec::new();
            for item in custom.repos.split_whitespace() {
                let repo = repos::for_build(app, conn, item, &chroot.name).await?;
                found.push(task_spec::build_repo(app, repo));
            }
            SourceInput::Custom {
                script: custom.script.clone(),
                package: name.map(str::to_owned),
                builddeps: custom
                    .builddeps
                    .iter()
                    .flat_map(|text| text.split_whitespace())
                    .map(str::to_owned)
                    .collect(),
                resultdir: custom.resultdir.clone().filter(|dir| !dir.is_empty()),
                repos: found,
                payload: None,
            }
        }
        Source::Unset {} | Source::Link { .. } | Source::Upload { .. } | Source::RpmUpload(_) => {
            return Err(Refusal::invalid("builders do not make sources of this kind"));
        }
    };
    Ok((wanted, input))
}
