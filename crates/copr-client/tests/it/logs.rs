//! Logs that are followed.

use crate::fake::{Fake, Quick, Reply, client, config, says};
use crate::files::{File, Files};
use copr_client::v3::{Client, Error, Follow, LogEvent, State};
use flate2::Compression;
use flate2::read::GzEncoder;
use futures::TryStreamExt;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

const CHROOT: &str = "fedora-42-x86_64";

/// Events as coprd sends them, and the end of the connection.
fn events(text: &str) -> Reply {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    Reply::Sends(format!("{head}{text}"))
}

fn log(text: &str, end: u64) -> String {
    format!("event: log\nid: {end}\ndata: {}\n\n", serde_json::Value::from(text))
}

fn end(state: &str) -> String {
    format!(": a sign of life\n\nevent: end\ndata: {{\"state\": \"{state}\", \"size\": 9}}\n\n")
}

fn text(text: &str, end: u64) -> LogEvent {
    LogEvent::Text { text: text.to_owned(), end }
}

fn ended(state: State) -> LogEvent {
    LogEvent::Ended { state }
}

async fn followed(client: &Client, from: u64) -> Result<Vec<LogEvent>, Error> {
    client.build_chroots().follow_log(7, CHROOT, &Follow::new().from(from)).try_collect().await
}

#[tokio::test]
async fn a_log_comes_as_it_grows() {
    let all = format!("{}event: news\ndata: 1\n\n{}{}", log("one\n☃", 7), log("two\n", 11), end("failed"));
    let fake = Fake::new(vec![events(&all)]);
    let events = followed(&fake.client().0, 0).await.unwrap();
    assert_eq!(events, [text("one\n☃", 7), text("two\n", 11), ended(State::Failed)]);
    let asked = fake.asked().remove(0);
    assert_eq!(asked.what, format!("GET /coprs/build/7/log/{CHROOT}?offset=0"));
    assert_eq!((asked.header("accept"), asked.header("authorization")), (Some("text/event-stream"), None));
}

#[tokio::test]
async fn a_lost_connection_is_made_again_where_it_was() {
    let again = format!("{}event: restart\nid: 0\ndata: {{}}\n\n", log("two\n", 8));
    let last = format!("{}{}", log("three\n", 6), end("succeeded"));
    let fake = Fake::new(vec![events(&log("one\n", 4)), says(502, "<html>"), events(&again), events(&last)]);
    let (client, clock) = fake.client();
    let events = followed(&client, 2).await.unwrap();
    let expected =
        [text("one\n", 4), text("two\n", 8), LogEvent::Restarted, text("three\n", 6), ended(State::Succeeded)];
    assert_eq!(events, expected);
    assert_eq!(clock.slept(), [1, 1, 1]);
    let asked = |offset: u64| format!("GET /coprs/build/7/log/{CHROOT}?offset={offset}");
    assert_eq!(fake.heard(), [asked(2), asked(4), asked(4), asked(0)]);
}

#[tokio::test]
async fn connections_that_never_hold_are_given_up() {
    let fake = Fake::new(vec![events(": nothing\n\n"); 3]);
    let error = followed(&fake.client().0, 0).await.unwrap_err();
    assert!(error.to_string().ends_with("log/fedora-42-x86_64`: it ended too early"), "{error}");
    assert_eq!(fake.heard().len(), 3);
    let fake = Fake::new(vec![says(500, "<html>"); 3]);
    let error = followed(&fake.client().0, 0).await.unwrap_err();
    assert!(matches!(error, Error::Fetch { status: 500, .. }), "{error:?}");
    assert_eq!(fake.heard().len(), 3);
}

/// A service that has files alone: the answers after its refusal to send events. `{}` is its address.
fn poor(replies: Vec<Reply>) -> (Fake, Client, Arc<Quick>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let refusal = says(404, "<html>no such page</html>");
    let replies = [refusal].into_iter().chain(replies).map(|reply| match reply {
        Reply::Says(status, body) => Reply::Says(status, body.replace("{}", &address.to_string())),
        other => other,
    });
    let fake = Fake::on(listener, replies.collect());
    let (client, clock) = client(config(address).attempts(2));
    (fake, client, clock)
}

fn chroot(state: &str) -> Reply {
    says(200, &format!(r#"{{"name": "{CHROOT}", "state": "{state}", "result_url": "http://{{}}/r/"}}"#))
}

fn part(range: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Sends(format!(
        "HTTP/1.1 206 X\r\ncontent-range: bytes {range}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))
}

#[tokio::test]
async fn where_no_events_are_sent_the_file_is_looked_at() {
    let waiting = says(200, &format!(r#"{{"name": "{CHROOT}", "state": "pending", "result_url": null}}"#));
    let (fake, client, clock) = poor(vec![
        waiting,
        chroot("running"),
        says(404, "<html>"),
        chroot("running"),
        says(200, "one\n"),
        chroot("running"),
        part("4-7/8", "two\n"),
        chroot("succeeded"),
        Reply::Heads(416, "content-range: bytes */8\r\n"),
    ]);
    let events = followed(&client, 0).await.unwrap();
    assert_eq!(events, [text("one\n", 4), text("two\n", 8), ended(State::Succeeded)]);
    assert_eq!(clock.slept(), [5, 5, 5, 5]);
    let asked = fake.asked();
    let ranges: Vec<_> = asked.iter().filter_map(|asked| asked.header("range")).collect();
    assert_eq!(ranges, ["bytes=4-", "bytes=8-"]);
    assert_eq!(asked.last().unwrap().what, "GET /r/builder-live.log");
}

#[tokio::test]
async fn a_log_that_became_shorter_is_another_one() {
    let (_fake, client, _) = poor(vec![
        chroot("running"),
        Reply::Heads(416, "content-range: bytes */2\r\n"),
        chroot("failed"),
        says(200, "anew"),
    ]);
    let events = followed(&client, 5).await.unwrap();
    assert_eq!(events, [LogEvent::Restarted, text("anew", 4), ended(State::Failed)]);
}

#[tokio::test]
async fn a_log_that_was_packed_meanwhile_is_unpacked() {
    let files = Files::new();
    let json = format!(r#"{{"name": "{CHROOT}", "state": "succeeded", "result_url": "{}"}}"#, files.url("/r/"));
    files.text(&format!("/api_3/build-chroot?build_id=7&chrootname={CHROOT}"), &json);
    files.put("/r/builder-live.log", File { head: "location: builder-live.log.gz\r\n", ..File::default() });
    let mut bytes = Vec::new();
    GzEncoder::new(&b"one\ntwo\n"[..], Compression::fast()).read_to_end(&mut bytes).unwrap();
    files.put("/r/builder-live.log.gz", File { bytes, head: "content-encoding: gzip\r\n", ..File::default() });
    let (client, _) = client(config(files.address));
    assert_eq!(followed(&client, 4).await.unwrap(), [text("two\n", 8), ended(State::Succeeded)]);
}

#[tokio::test]
async fn a_build_without_a_log_ends_all_the_same() {
    let (_fake, client, _) = poor(vec![chroot("canceled"), says(404, "<html>"), says(404, "<html>")]);
    assert_eq!(followed(&client, 0).await.unwrap(), [ended(State::Canceled)]);
}

#[tokio::test]
async fn a_build_that_is_not_there_has_no_log() {
    let (_fake, client, _) = poor(vec![says(404, r#"{"error": "Build 7 does not exist."}"#)]);
    let error = followed(&client, 0).await.unwrap_err();
    assert!(matches!(error, Error::NoResult { .. }), "{error:?}");
}

#[tokio::test]
async fn the_log_of_the_source_is_another_one() {
    let (fake, client, _) =
        poor(vec![says(200, r#"{"state": "importing", "result_url": "http://{}/r"}"#), says(200, "made\n")]);
    let log = client.builds().follow_source_log(7, &Follow::new());
    assert_eq!(log.try_collect::<Vec<_>>().await.unwrap(), [text("made\n", 5), ended(State::Succeeded)]);
    let expected =
        ["GET /coprs/build/7/log/source?offset=0", "GET /api_3/build/source-chroot/7", "GET /r/builder-live.log"];
    assert_eq!(fake.heard(), expected);
}

#[tokio::test]
async fn what_is_there_already_is_not_waited_for() {
    for (state, end) in [("running", None), ("succeeded", Some(ended(State::Succeeded)))] {
        let files = Files::new();
        let json = format!(r#"{{"name": "{CHROOT}", "state": "{state}", "result_url": "{}"}}"#, files.url("/r/"));
        files.text(&format!("/api_3/build-chroot?build_id=7&chrootname={CHROOT}"), &json);
        files.text("/r/builder-live.log", "one\n");
        let (client, clock) = client(config(files.address));
        let log = client.build_chroots().follow_log(7, CHROOT, &Follow::new().up_to_now());
        let expected: Vec<_> = [text("one\n", 4)].into_iter().chain(end).collect();
        assert_eq!(log.try_collect::<Vec<_>>().await.unwrap(), expected, "{state}");
        assert_eq!(clock.slept(), [0; 0]);
    }
}
