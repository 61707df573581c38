//! Packages. What is wrong with their fields is told as an object.

use super::answer::{Done, PackageAnswer};
use super::body::{Body, Query};
use super::build_create::options;
use super::fields::Fields;
use super::login::Login;
use super::path::At;
use super::show::{self, Produced};
use super::sources::Source;
use crate::Web;
use axum::extract::State;
use copr_app::package::{self, Input, Listed, With};
use copr_app::{Refusal, build};
use copr_db::Page;
use copr_db::project::Project;
use copr_wire::v1::{Builds, ChangedPackage, OnePackage, Packages};

/// Owner, project and the package or the kind of its source.
type Place = At<(String, String, String)>;

/// `GET /coprs/{owner}/{project}/package/list/`
pub async fn list(
    State(web): State<Web>,
    At((owner, name)): At<(String, String)>,
    Query(query): Query,
) -> PackageAnswer<Packages> {
    let with = with(&query);
    let (project, found) = package::list(&web.app, &owner, &name, with, "name", &Page::default()).await?;
    let produced = produced(&web, &found).await?;
    let packages = found.iter().map(|one| show::package(&web, &project, one, with, &produced)).collect();
    Ok(Done(Packages { packages }))
}

/// `GET /coprs/{owner}/{project}/package/get/{package}/`
pub async fn find(
    State(web): State<Web>,
    At((owner, name, package)): Place,
    Query(query): Query,
) -> PackageAnswer<OnePackage> {
    let with = with(&query);
    let (project, found) = package::find(&web.app, &owner, &name, &package, with).await?;
    let produced = produced(&web, std::slice::from_ref(&found)).await?;
    Ok(Done(OnePackage { package: show::package(&web, &project, &found, with, &produced) }))
}

fn with(query: &Fields) -> With {
    let flag = |name| query.flag(&[name]).unwrap_or(false);
    With {
        latest: flag("with_latest_build"),
        latest_succeeded: flag("with_latest_succeeded_build"),
        all: flag("with_all_builds"),
    }
}

/// What the builds produced that are shown with packages.
async fn produced(web: &Web, listed: &[Listed]) -> Result<Produced, Refusal> {
    let builds = listed.iter().flat_map(|one| {
        one.latest.iter().chain(&one.latest_succeeded).chain(one.all.iter().flatten()).map(|shown| shown.build.id)
    });
    build::produced(&web.app, &builds.collect::<Vec<_>>()).await
}

/// `POST /coprs/{owner}/{project}/package/add/{source_type}/`
pub async fn add(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, kind)): Place,
    Body(fields): Body,
) -> PackageAnswer<ChangedPackage> {
    let source = Source::read(&fields, &kind).for_both_pythons();
    let input = input(&fields, &source);
    let package = input.package_name.clone().unwrap_or_default();
    let made = package::add(&web.app, &me, &owner, &name, &package, &source.kind, &input).await;
    let (project, made) = made.map_err(|refusal| source.renamed(refusal))?;
    Ok(Done(changed(&web, "was added to", &project, &made)))
}

/// `POST /coprs/{owner}/{project}/package/{package}/edit/{source_type}/`
pub async fn edit(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, package, kind)): At<(String, String, String, String)>,
    Body(fields): Body,
) -> PackageAnswer<ChangedPackage> {
    let source = Source::read(&fields, &kind);
    let input = input(&fields, &source);
    let edited = package::edit(&web.app, &me, &owner, &name, &package, Some(&source.kind), &input).await;
    let (project, edited) = edited.map_err(|refusal| source.renamed(refusal))?;
    Ok(Done(changed(&web, "was edited in", &project, &edited)))
}

/// `POST /coprs/{owner}/{project}/package/delete/{package}/`
pub async fn delete(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, package)): Place,
) -> PackageAnswer<ChangedPackage> {
    let (project, deleted) = package::delete(&web.app, &me, &owner, &name, Some(&package)).await?;
    Ok(Done(changed(&web, "was deleted from", &project, &deleted)))
}

/// `POST /coprs/{owner}/{project}/package/reset/{package}/`
pub async fn reset(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, package)): Place,
) -> PackageAnswer<ChangedPackage> {
    let (project, reset) = package::reset(&web.app, &me, &owner, &name, Some(&package)).await?;
    Ok(Done(changed(&web, "has no source any more in", &project, &reset)))
}

/// `POST /coprs/{owner}/{project}/package/build/{package}/`
pub async fn build(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, package)): Place,
    Body(fields): Body,
) -> PackageAnswer<Builds> {
    let made = build::of_package(&web.app, &me, &owner, &name, Some(&package), &options(&fields)).await?;
    Ok(Done(show::builds(&web, &name, &[made])))
}

/// A package after something happened to it.
fn changed(web: &Web, what: &str, project: &Project, listed: &Listed) -> ChangedPackage {
    let message = format!("Package {} {what} {}.", listed.package.name, project.full_name());
    let package = show::package(web, project, listed, With::default(), &Produced::new());
    ChangedPackage { message, package }
}

/// What can be said about a package.
fn input(fields: &Fields, source: &Source) -> Input {
    Input {
        package_name: fields.line(&["package_name"]),
        webhook_rebuild: fields.flag(&["webhook_rebuild"]),
        max_builds: fields.line(&["max_builds"]),
        timeout: fields.line(&["timeout"]),
        chroot_denylist: fields.text(&["chroot_blacklist", "chroot_denylist"]),
        source: source.said.clone(),
    }
}
