//! Builds that are watched part by part.

use crate::fake::{Fake, Reply, says};
use copr_client::v3::{BuildProgress, Client, Error, State};
use futures::TryStreamExt;
use std::time::Duration;

async fn watched(client: &Client) -> Result<Vec<BuildProgress>, Error> {
    client.builds().progress(7, Duration::from_secs(10)).try_collect().await
}

/// Events as coprd sends them, and the end of the connection.
fn events(text: &str) -> Reply {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    Reply::Sends(format!("{head}{text}"))
}

fn state(state: &str, doing: &str) -> String {
    let finished = state == "failed";
    format!(
        "event: state\ndata: {{\"id\": 7, \"state\": \"{state}\", \"finished\": {finished}, \"steps\": \
         [{{\"name\": \"source\", \"state\": \"{state}\", \"phase\": null, \"doing\": \"{doing}\"}}]}}\n\n"
    )
}

fn told(changes: &[BuildProgress]) -> Vec<(State, &str)> {
    changes.iter().map(|change| (change.state.clone(), change.parts[0].doing.as_str())).collect()
}

#[tokio::test]
async fn a_service_tells_what_changes() {
    let all = [state("running", "a"), state("running", "a"), state("running", "b"), state("failed", "")].concat();
    let fake = Fake::new(vec![events(&format!(": a sign of life\n\nevent: news\ndata: 1\n\n{all}"))]);
    let changes = watched(&fake.client().0).await.unwrap();
    assert_eq!(told(&changes), [(State::Running, "a"), (State::Running, "b"), (State::Failed, "")]);
    assert_eq!((changes[0].id, changes[0].parts[0].name.as_str()), (7, "source"));
    assert_eq!(fake.heard(), ["GET /coprs/build/7/events"]);
}

#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let fake = Fake::new(vec![events(&state("running", "a")), says(503, ""), events(&state("failed", ""))]);
    let changes = watched(&fake.client().0).await.unwrap();
    assert_eq!(told(&changes), [(State::Running, "a"), (State::Failed, "")]);
}

#[tokio::test]
async fn other_services_are_asked_again_and_again() {
    let look = |state: &str, chroot: &str| {
        [
            says(200, &format!(r#"{{"id": 7, "state": "{state}", "ownername": "o", "projectname": "p"}}"#)),
            says(200, r#"{"state": "succeeded"}"#),
            says(200, &format!(r#"{{"items": [{{"name": "f-42", "state": "{chroot}"}}], "meta": {{}}}}"#)),
        ]
    };
    let mut replies = vec![says(404, "<html>")];
    [("running", "pending"), ("running", "pending"), ("succeeded", "succeeded")]
        .iter()
        .for_each(|(state, chroot)| replies.extend(look(state, chroot)));
    let fake = Fake::new(replies);
    let changes = watched(&fake.client().0).await.unwrap();
    let states: Vec<Vec<&str>> =
        changes.iter().map(|change| change.parts.iter().map(|part| part.state.as_str()).collect()).collect();
    assert_eq!(states, [["succeeded", "pending"], ["succeeded", "succeeded"]]);
    assert_eq!(changes[1].parts[1].name, "f-42");
}

#[tokio::test]
async fn a_build_that_is_deleted_meanwhile_is_none() {
    let end = "event: end\ndata: {\"state\": \"deleted\"}\n\n";
    let gone = says(404, r#"{"error": "Build 7 does not exist."}"#);
    let fake = Fake::new(vec![events(&(state("running", "a") + end)), gone]);
    assert!(matches!(watched(&fake.client().0).await, Err(Error::NoResult { .. })));
}
