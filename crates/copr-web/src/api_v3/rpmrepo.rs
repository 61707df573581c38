//! `/api_3/rpmrepo/…`: a project's repositories as data, for DNF5's plugin, which writes the `.repo` file itself.

use super::path::At;
use super::refused::Answer;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::repo_file::{Dependency, Described, describe};
use copr_app::{App, expiry};
use copr_types::ChrootName;
use serde_json::{Map, Value, json};

/// `GET /rpmrepo/{owner}/{dir}/{name_release}`: the answer is the same for every release.
pub async fn show(State(web): State<Web>, At((owner, dir, _release)): At<(String, String, String)>) -> Answer<Value> {
    let described = describe(&web.app, &owner, &dir).await?;
    Ok(Json(answer(&web.app, &described)))
}

fn answer(app: &App, described: &Described) -> Value {
    let mut answer = json!({
        "results_url": app.rules.results_url,
        "repos": releases(app, described),
        "directories": directories(app, described),
        "dependencies": dependencies(app, described),
    });
    if let Some(end) = described.project.settings.delete_on {
        answer["delete_after_days"] = days_asked_for(app, end);
    }
    answer
}

fn directories(app: &App, described: &Described) -> Map<String, Value> {
    let facts =
        |end: Option<i64>| end.map_or(json!({}), |end| json!({ "delete_after_days": expiry::days_left(app, end) }));
    described.dirs.iter().map(|(name, end)| (name.clone(), facts(*end))).collect()
}

/// Days rounded up: a project for three days has three on its first.
fn days_asked_for(app: &App, end: i64) -> Value {
    json!((end - app.clock.now()).max(0).unsigned_abs().div_ceil(86_400))
}

fn releases(app: &App, described: &Described) -> Map<String, Value> {
    let mut releases = Map::new();
    for (chroot, end) in &described.chroots {
        let release = releases.entry(chroot.name_release()).or_insert_with(|| json!({ "arch": {} }));
        release["arch"][chroot.arch()] = arch(app, described, chroot, *end);
    }
    releases
}

fn arch(app: &App, described: &Described, chroot: &ChrootName, end: Option<i64>) -> Value {
    let settings = &described.project.settings;
    let mut opts = Map::new();
    if settings.module_hotfixes {
        opts.insert("module_hotfixes".to_owned(), json!("1"));
    }
    if let Some(priority) = settings.repo_priority {
        opts.insert("priority".to_owned(), json!(priority));
    }
    let mut spec = json!({ "opts": opts });
    if let Some(end) = end {
        spec["delete_after_days"] = json!(expiry::days_left(app, end));
    }
    let counterpart = format!("{}-i386", chroot.name_release());
    let has_counterpart = described.chroots.iter().any(|(other, end)| other.as_str() == counterpart && end.is_none());
    if settings.multilib && chroot.arch() == "x86_64" && has_counterpart {
        opts.insert("cost".to_owned(), json!("1100"));
        spec["multilib"] = json!({ "i386": { "opts": opts } });
    }
    spec
}

/// Projects of this service first, then others; counted from 1 over both.
fn dependencies(app: &App, described: &Described) -> Vec<Value> {
    let host = app.rules.host();
    let of = format!("Copr {host}/{}", described.project.full_name());
    let ours = described.dependencies.iter().filter(|one| matches!(one, Dependency::Project { .. }));
    let others = described.dependencies.iter().filter(|one| matches!(one, Dependency::External { .. }));
    (1..)
        .zip(ours.chain(others))
        .filter_map(|(n, dependency)| match dependency {
            Dependency::Project { owner, dir, .. } => Some(json!({
                "type": "copr",
                "opts": {
                    "id": format!("coprdep:{host}:{}:{dir}", owner.in_repo_id()),
                    "name": format!("{of} runtime dependency #{n} - {owner}/{dir}"),
                },
                "data": { "owner": owner.to_string(), "projectname": dir },
            })),
            Dependency::External { id, address, priority } => {
                let mut opts = json!({
                    "id": format!("coprdep:{id}"),
                    "name": format!("{of} external runtime dependency #{n} - {id}"),
                });
                if let Some(priority) = priority {
                    opts["priority"] = json!(priority);
                }
                Some(json!({ "type": "external_baseurl", "opts": opts, "data": { "pattern": address } }))
            }
            Dependency::Missing(_) => None,
        })
        .collect()
}
