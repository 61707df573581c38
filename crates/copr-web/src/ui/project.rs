//! The page of a project.

use super::{lines, page};
use crate::Web;
use crate::results::encode;
use axum::extract::{Path, State};
use axum::response::Response;
use copr_app::{Refusal, Rules, build, project};
use copr_db::Page;
use copr_ui::project::{ChrootLine, Enable, Project};
use url::Url;

const BUILDS: i64 = 50;

pub(super) async fn of_user(State(web): State<Web>, Path((owner, name)): Path<(String, String)>) -> Response {
    show(&web, &owner, &name).await
}

pub(super) async fn of_group(State(web): State<Web>, Path((group, name)): Path<(String, String)>) -> Response {
    show(&web, &format!("@{group}"), &name).await
}

async fn show(web: &Web, owner: &str, name: &str) -> Response {
    match load(web, owner, name).await {
        Ok(project) => page::show(&project),
        Err(refusal) => page::refused(&refusal),
    }
}

async fn load(web: &Web, owner: &str, name: &str) -> Result<Project, Refusal> {
    let shown = project::find(&web.app, owner, name).await?;
    let newest = Page { descending: true, ..Page::first(BUILDS) };
    let builds = build::list(&web.app, owner, name, None, None, &newest).await?;
    let (project, settings) = (&shown.project, &shown.project.settings);
    let results = format!("/results/{}/{}/", encode(&project.owner.to_string()), encode(project.name.as_str()));
    let here = lines::project_href(&project.owner, project.name.as_str());
    let chroot = |name: &String| ChrootLine {
        href: format!("{results}{}/", encode(name)),
        repo_href: repo_href(&here, &project.owner.in_repo_id(), project.name.as_str(), name),
        name: name.clone(),
    };
    Ok(Project {
        owner: project.owner.to_string(),
        name: project.name.to_string(),
        description: settings.description.clone(),
        instructions: settings.instructions.clone(),
        homepage: settings.homepage.clone().filter(|address| copr_app::repos::is_http(address)),
        contact: settings.contact.clone(),
        enable: enable(&web.app.rules, &project.full_name()),
        chroots: shown.chroots.iter().map(chroot).collect(),
        builds: builds.iter().map(lines::build_line).collect(),
        results_href: results,
    })
}

/// Address of the `.repo` file for a chroot.
fn repo_href(project: &str, owner: &str, name: &str, chroot: &str) -> String {
    let (release, arch) = chroot.rsplit_once('-').unwrap_or((chroot, ""));
    let file = format!("{owner}-{name}-{release}.repo");
    format!("{project}repo/{}/{}?arch={}", encode(release), encode(&file), encode(arch))
}

/// How dnf is told. The plugin knows a service by host name when it is at `https` and its usual port; otherwise
/// a file in `copr.d` says where it is.
fn enable(rules: &Rules, full_name: &str) -> Enable {
    let host = rules.host();
    let command = format!("dnf copr enable {host}/{full_name}");
    let url = Url::parse(&rules.public_url).ok();
    let (scheme, port) = url.as_ref().map_or(("https", None), |url| (url.scheme(), url.port_or_known_default()));
    if scheme == "https" && port == Some(443) {
        return Enable::Plugin(command);
    }
    let port = port.map(|port| format!("port = {port}\n")).unwrap_or_default();
    Enable::PluginAfterFile {
        path: format!("/etc/dnf/plugins/copr.d/{host}.conf"),
        content: format!("[{host}]\nhostname = {host}\nprotocol = {scheme}\n{port}"),
        command,
    }
}
