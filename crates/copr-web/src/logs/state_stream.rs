//! The states of a build as events.

use super::follow::{Live, Sight, first};
use super::log_stream::events_of;
use crate::ui::page;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::response::sse::Event;
use copr_types::BuildId;
use copr_ui::words;
use futures::stream;
use serde_json::json;

pub(super) async fn show(State(live): State<Live>, Path(id): Path<i64>) -> Response {
    let (followed, mut sight) = live.follow(BuildId(id));
    let Sight::Seen(_) = first(&mut sight).await else {
        return page::not_found_about(format!("There is no build {id}."));
    };
    sight.mark_changed();
    let end = |state: &str| Ok(Event::default().event("end").data(json!({ "state": state }).to_string()));
    events_of(stream::unfold((Some((followed, sight)), None), move |(watching, last)| async move {
        if let Some(state) = last {
            return Some((end(state), (None, None)));
        }
        let (followed, mut sight) = watching?;
        sight.changed().await.ok()?;
        let now = sight.borrow_and_update().clone();
        let Sight::Seen(snapshot) = now else { return Some((end("deleted"), (None, None))) };
        let event = Ok(Event::default().event("state").data(snapshot.json().to_string()));
        let last = snapshot.shown.is_finished().then(|| words::state(snapshot.shown.state()));
        Some((event, (Some((followed, sight)), last)))
    }))
}
