//! Waiting for builds, without waiting.

use crate::fake::{Fake, Reply, says};
use copr_client::v3::{Build, Error, State, Watch};
use futures::TryStreamExt;
use std::pin::pin;
use std::time::Duration;

fn build(id: u64, state: &str) -> Reply {
    says(200, &format!(r#"{{"id": {id}, "state": "{state}", "ownername": "a", "projectname": "b"}}"#))
}

#[tokio::test]
async fn builds_are_looked_at_until_all_have_ended() {
    let looks = [(1, "pending"), (2, "failed"), (1, "running"), (1, "running"), (1, "succeeded")];
    let fake = Fake::new(looks.into_iter().map(|(id, state)| build(id, state)).collect());
    let (client, clock) = fake.client();
    let mut changes = Vec::new();
    let watch = Watch::new().interval(Duration::from_secs(7));
    let note = |build: &Build| changes.push(format!("{} {}", build.id, build.state));
    let ended = client.builds().wait(&[1, 2], &watch, note).await.unwrap();
    let states: Vec<_> = ended.iter().map(|build| (build.id, build.state.clone())).collect();
    assert_eq!(states, [(1, State::Succeeded), (2, State::Failed)]);
    assert_eq!(changes, ["1 pending", "2 failed", "1 running", "1 succeeded"]);
    assert_eq!(clock.slept(), [7, 7, 7]);
}

#[tokio::test]
async fn patience_ends() {
    let fake = Fake::new(vec![build(1, "running"); 4]);
    let (client, clock) = fake.client();
    let watch = Watch::new().interval(Duration::from_secs(10)).timeout(Duration::from_secs(25));
    let error = client.builds().wait(&[1], &watch, |_| ()).await.unwrap_err();
    assert!(matches!(&error, Error::StillRunning { builds } if builds == &[1]), "{error:?}");
    assert_eq!(error.to_string(), "not ended in time: build 1");
    assert_eq!(clock.slept(), [10, 10, 5]);
}

#[tokio::test]
async fn a_state_that_never_ends_is_an_error() {
    let fake = Fake::new(vec![build(1, "unknown")]);
    let error = fake.client().0.builds().wait(&[1], &Watch::new(), |_| ()).await.unwrap_err();
    assert!(matches!(error, Error::State { build: 1, .. }), "{error:?}");
}

#[tokio::test]
async fn changes_are_a_stream() {
    let fake = Fake::new([(1, "pending"), (2, "failed"), (1, "unknown")].map(|(id, state)| build(id, state)).to_vec());
    let (client, clock) = fake.client();
    let mut changes = pin!(client.builds().watch(&[1, 2, 1], &Watch::new()));
    let mut seen = Vec::new();
    let error = loop {
        match changes.try_next().await {
            Ok(build) => seen.push(build.map(|build| (build.id, build.state))),
            Err(error) => break error,
        }
    };
    assert_eq!(seen, [Some((1, State::Pending)), Some((2, State::Failed)), Some((1, State::Unknown))]);
    assert!(matches!(error, Error::State { build: 1, .. }), "{error:?}");
    assert_eq!(clock.slept(), [30]);
}

#[tokio::test]
async fn nobody_waits_for_nothing() {
    let fake = Fake::new(vec![]);
    assert_eq!(fake.client().0.builds().wait(&[], &Watch::new(), |_| ()).await.unwrap(), []);
}
