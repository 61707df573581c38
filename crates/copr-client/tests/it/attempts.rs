//! What is tried again, and what is not.

use crate::fake::{Fake, Quick, Reply, client, config, says};
use copr_client::v3::{Client, Error, FullName};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpSocket;

const BUILD: &str = r#"{"id": 7, "state": "running", "ownername": "a", "projectname": "b"}"#;

/// An address that is taken, but where nobody listens.
fn nobody() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    (socket.local_addr().unwrap(), socket)
}

#[tokio::test]
async fn what_reads_is_tried_again_after_trouble() {
    let fake = Fake::new(vec![says(502, "<html>"), Reply::HangsUp, says(200, BUILD)]);
    let (client, clock) = fake.client();
    assert_eq!(client.builds().get(7).await.unwrap().id, 7);
    assert_eq!(clock.slept(), [1, 2]);
    assert_eq!(fake.heard(), ["GET /api_3/build/7"; 3]);
}

#[tokio::test]
async fn the_last_attempt_says_what_was_wrong() {
    let fake = Fake::new(vec![Reply::HangsUp, says(503, r#"{"error": "Full."}"#)]);
    let (client, _) = client(config(fake.address).attempts(2));
    let error = client.builds().get(7).await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 503, .. }), "{error:?}");
    assert_eq!(fake.heard().len(), 2);
}

#[tokio::test]
async fn pauses_become_longer_up_to_half_a_minute() {
    let fake = Fake::new(vec![says(500, "{}"); 8]);
    let (client, clock) = client(config(fake.address).attempts(8));
    client.builds().get(7).await.unwrap_err();
    assert_eq!(clock.slept(), [1, 2, 4, 8, 16, 30, 30]);
}

#[tokio::test]
async fn what_was_understood_and_refused_is_not_tried_again() {
    let fake = Fake::new(vec![says(404, r#"{"error": "Build 7 does not exist."}"#)]);
    let (client, clock) = fake.client();
    let error = client.builds().get(7).await.unwrap_err();
    assert!(matches!(error, Error::NoResult { .. }), "{error:?}");
    assert_eq!(error.to_string(), "Build 7 does not exist.");
    assert!(clock.slept().is_empty());
}

#[tokio::test]
async fn what_writes_is_not_done_twice() {
    for trouble in [Reply::HangsUp, says(503, "<html>")] {
        let fake = Fake::new(vec![trouble]);
        let (client, clock) = fake.client();
        client.builds().cancel(7).await.unwrap_err();
        assert!(clock.slept().is_empty());
        assert_eq!(fake.heard(), ["PUT /api_3/build/cancel/7"]);
    }
}

#[tokio::test]
async fn what_writes_is_tried_again_when_nobody_can_have_heard_of_it() {
    let (address, nobody) = nobody();
    let (nobody, fake) = (Mutex::new(Some(nobody)), Arc::new(Mutex::new(None)));
    let comes_up = {
        let fake = Arc::clone(&fake);
        move || {
            let listener = nobody.lock().unwrap().take().unwrap().listen(1).unwrap().into_std().unwrap();
            listener.set_nonblocking(false).unwrap();
            *fake.lock().unwrap() = Some(Fake::on(listener, vec![says(200, BUILD)]));
        }
    };
    let clock = Arc::new(Quick::new(comes_up));
    let client = Client::new(config(address)).unwrap().with_clock(clock.clone());
    assert_eq!(client.builds().cancel(7).await.unwrap().id, 7);
    assert_eq!(clock.slept(), [1]);
    assert_eq!(fake.lock().unwrap().take().unwrap().heard(), ["PUT /api_3/build/cancel/7"]);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_named() {
    let (address, _nobody) = nobody();
    let (client, _) = client(config(address).attempts(1));
    let error = client.projects().get(&FullName::new("a", "b")).await.unwrap_err();
    assert!(matches!(error, Error::Connection { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with(&format!("can't talk to `http://{address}/api_3/project?")), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
}

#[tokio::test]
async fn a_service_that_says_nothing_is_given_up() {
    let fake = Fake::new(vec![Reply::IsSilent]);
    let (client, clock) = client(config(fake.address).timeout(Duration::from_millis(30)));
    let error = client.builds().get(7).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert!(error.to_string().ends_with("gave no answer in time: nothing moved for 30ms"), "{error}");
    assert!(clock.slept().is_empty());
}
