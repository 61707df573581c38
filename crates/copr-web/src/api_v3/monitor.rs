//! The monitor of a project.

use super::query::Query;
use super::refused::Answer;
use super::show;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::{Refusal, monitor};
use copr_wire::v3::Monitor;

/// What can be asked for besides. `url_build` is accepted and adds nothing: clients make it up themselves.
const ADDITIONAL: [&str; 3] = ["url_build", "url_build_log", "url_backend_log"];

/// `GET /monitor`
pub async fn monitor(State(web): State<Web>, query: Query) -> Answer<Monitor> {
    let (owner, name) = (query.need("ownername")?, query.need("projectname")?);
    let asked: Vec<&str> = query.all("additional_fields[]").collect();
    let mut wrong: Vec<&str> = asked.iter().filter(|name| !ADDITIONAL.contains(name)).copied().collect();
    if !wrong.is_empty() {
        wrong.sort_unstable();
        wrong.dedup();
        let text = format!("Wrong additional_fields argument(s): {}", wrong.join(", "));
        return Err(Refusal::invalid(text).into());
    }
    let (project, dir, rows) = monitor::monitor(&web.app, owner, name, query.get("project_dirname")).await?;
    Ok(Json(show::monitor(&web, &project, &dir, rows, &asked)))
}
