//! The start page.

use super::{lines, page};
use crate::Web;
use axum::extract::State;
use axum::response::Response;
use copr_app::{Refusal, build, project};
use copr_db::Page;
use copr_ui::home::Home;

const BUILDS: i64 = 20;
const PROJECTS: i64 = 24;

pub(super) async fn show(State(web): State<Web>) -> Response {
    match home(&web).await {
        Ok(home) => page::show(&home),
        Err(refusal) => page::refused(&refusal),
    }
}

async fn home(web: &Web) -> Result<Home, Refusal> {
    let builds = build::newest(&web.app, BUILDS).await?;
    let newest = Page { descending: true, ..Page::first(PROJECTS) };
    let projects = project::list(&web.app, None, "id", &newest).await?;
    let projects = projects.into_iter().filter(|shown| !shown.project.settings.unlisted_on_hp);
    let chroots = copr_app::chroot::list(&web.app).await?;
    let example = chroots.iter().find(|chroot| chroot.enabled).map(|chroot| chroot.name.to_string());
    Ok(Home {
        example_chroot: example.unwrap_or_else(|| "CHROOT".to_owned()),
        public_url: web.app.rules.public_url.clone(),
        builds: builds.iter().map(lines::build_line).collect(),
        projects: projects.map(lines::project_line).collect(),
    })
}
