//! Packages.

use super::body::Body;
use super::build_create::options;
use super::fields::Fields;
use super::login::Login;
use super::path::At;
use super::project::running;
use super::query::Query;
use super::refused::Answer;
use super::show;
use super::source_fields::source;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::package::{self, Input, With};
use copr_wire::v3::{Build, List, Package};

/// `GET /package`
pub async fn find(State(web): State<Web>, query: Query) -> Answer<Package> {
    let (owner, name) = (query.need("ownername")?, query.need("projectname")?);
    let (project, found) = package::find(&web.app, owner, name, query.need("packagename")?, with(&query)).await?;
    Ok(Json(show::package(&web, &project, &found)?))
}

/// `GET /package/list`
pub async fn list(State(web): State<Web>, query: Query) -> Answer<List<Package>> {
    let paging = query.paging("package", &copr_db::package::ORDERS)?;
    let (owner, name) = (query.need("ownername")?, query.need("projectname")?);
    let (project, found) = package::list(&web.app, owner, name, with(&query), &paging.order, &paging.page()).await?;
    let items: Result<Vec<_>, _> = found.iter().map(|one| show::package(&web, &project, one)).collect();
    Ok(Json(paging.list(items?)))
}

fn with(query: &Query) -> With {
    let (latest, latest_succeeded) = (query.flag("with_latest_build"), query.flag("with_latest_succeeded_build"));
    With { latest, latest_succeeded, all: false }
}

/// `POST /package/add/{owner}/{project}/{package}/{source_type}`
pub async fn add(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, package, kind)): At<(String, String, String, String)>,
    Body(fields): Body,
) -> Answer<Package> {
    let (project, made) = package::add(&web.app, &me, &owner, &name, &package, &kind, &input(&fields)).await?;
    Ok(Json(show::package(&web, &project, &made)?))
}

/// `POST /package/edit/{owner}/{project}/{package}`
pub async fn edit(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, package)): At<(String, String, String)>,
    Body(fields): Body,
) -> Answer<Package> {
    let (project, changed) = package::edit(&web.app, &me, &owner, &name, &package, None, &input(&fields)).await?;
    Ok(Json(show::package(&web, &project, &changed)?))
}

/// `POST /package/edit/{owner}/{project}/{package}/{source_type}`
pub async fn edit_source(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, package, kind)): At<(String, String, String, String)>,
    Body(fields): Body,
) -> Answer<Package> {
    // python-copr writes its None into the address.
    let kind = Some(kind.as_str()).filter(|kind| *kind != "None");
    let (project, changed) = package::edit(&web.app, &me, &owner, &name, &package, kind, &input(&fields)).await?;
    Ok(Json(show::package(&web, &project, &changed)?))
}

/// `PUT /package/reset`
pub async fn reset(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> Answer<Package> {
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    let package = fields.line("package_name");
    let (project, changed) = package::reset(&web.app, &me, &owner, &name, package.as_deref()).await?;
    Ok(Json(show::package(&web, &project, &changed)?))
}

/// `POST /package/build`: wrong fields are told one line each here.
pub async fn build(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> Answer<Build> {
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    let (package, options) = (fields.line("package_name"), options(&fields));
    let made = copr_app::build::of_package(&web.app, &me, &owner, &name, package.as_deref(), &options).await?;
    Ok(Json(show::build(&web, &made)))
}

/// `DELETE /package/delete`
pub async fn delete(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> Answer<Package> {
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    let package = fields.line("package_name");
    let (package, running) = (package.as_deref(), running(&fields));
    let (project, deleted) = package::delete_with(&web.app, &me, &owner, &name, package, running).await?;
    Ok(Json(show::package(&web, &project, &deleted)?))
}

/// What can be said about a package.
fn input(fields: &Fields) -> Input {
    Input {
        package_name: fields.line("package_name"),
        webhook_rebuild: fields.flag(&["webhook_rebuild"]),
        max_builds: fields.line("max_builds"),
        timeout: fields.line("timeout"),
        chroot_denylist: fields.commas(&["chroot_denylist"]).map(|patterns| patterns.join(",")),
        source: source(fields),
    }
}
