//! Watching builds: logs and states as server-sent events.

use crate::service::{FEDORA, Service, header};
use copr_app::lease;
use copr_db::builder::Builder;
use copr_types::{Failure, FailureClass, Phase};
use copr_wire::builder::{Beat, Finish, Lease, LeaseRequest, Outcome};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A builder of this process, and its lease of the only task.
struct Working<'a> {
    service: &'a Service,
    token: String,
    builder: Builder,
    lease: Lease,
}

impl<'a> Working<'a> {
    async fn on(service: &'a Service) -> Self {
        let token = service.builder().await;
        let builder = service.app.authenticate_builder(&token).await.expect("the builder");
        let request = LeaseRequest {
            builder: "b1".to_owned(),
            arches: vec!["x86_64".to_owned()],
            isolation: "none".to_owned(),
            tools: Vec::new(),
            wait_seconds: 0,
            ..LeaseRequest::default()
        };
        let lease = lease::take(&service.app, &builder, &request).await.expect("an answer").expect("a lease");
        Self { service, token, builder, lease }
    }

    /// Writes to the log as builders do: over HTTP.
    async fn say(&self, offset: usize, text: &str) {
        let path = format!("/builder/v1/tasks/{}/log?fence={}&offset={offset}", self.lease.task_id, self.lease.fence);
        let request = self.service.request(Method::PUT, &path).bearer_auth(&self.token).body(text.to_owned());
        assert_eq!(request.send().await.expect("an answer").status(), 200);
    }

    async fn beat(&self, phase: Phase) {
        let beat = Beat { fence: self.lease.fence, phase: Some(phase) };
        lease::beat(&self.service.app, &self.builder, self.lease.task_id, &beat).await.expect("a beat");
    }

    async fn fail(self, message: &str) {
        let failure = Failure::new(FailureClass::User, Phase::Srpm, message);
        let finish = Finish {
            fence: self.lease.fence,
            outcome: Outcome::Failed { failure },
            files: Vec::new(),
            timings: Default::default(),
        };
        lease::finish(&self.service.app, &self.builder, self.lease.task_id, &finish).await.expect("the end");
    }
}

/// One event.
#[derive(Debug)]
struct Event {
    name: String,
    id: Option<String>,
    data: Value,
}

/// Events as they come.
struct Events {
    response: Response,
    text: String,
}

impl Events {
    async fn of(service: &Service, path: &str) -> Self {
        Self::from(service.get(path).await)
    }

    fn from(response: Response) -> Self {
        assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, Some("text/event-stream")));
        Self { response, text: String::new() }
    }

    /// The next event; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field =
                    |name: &str| block.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
                let (name, id, data) = (field("event:"), field("id:"), field("data:"));
                self.text = rest.to_owned();
                let Some(data) = data else { continue };
                return Some(Event {
                    name: name.expect("a name"),
                    id,
                    data: serde_json::from_str(&data).expect("JSON"),
                });
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk());
            let chunk = chunk.await.expect("an event in time").expect("a piece")?;
            self.text.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }

    /// The text of the next log event.
    async fn text(&mut self) -> String {
        let event = self.next().await.expect("an event");
        assert_eq!(event.name, "log", "{event:?}");
        event.data.as_str().expect("a text").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_followed_from_its_first_byte_to_its_end() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let build = service.build("hello").await;
    // Before there is a log at all.
    let mut early = Events::of(&service, &format!("/coprs/build/{build}/log/source")).await;
    let working = Working::on(&service).await;
    working.say(0, "one\n").await;
    assert_eq!(early.text().await, "one\n");
    let mut late = Events::of(&service, &format!("/coprs/build/{build}/log/source?offset=2")).await;
    assert_eq!(late.text().await, "e\n");
    working.say(4, "two \"☃\"\r\n").await;
    let event = late.next().await.expect("an event");
    assert_eq!((event.id.as_deref(), &event.data), (Some("15"), &json!("two \"☃\"\r\n")));
    assert_eq!(early.text().await, "two \"☃\"\r\n");

    working.fail("no spec file").await;
    for mut events in [early, late] {
        let end = events.next().await.expect("an event");
        assert_eq!((end.name.as_str(), &end.data), ("end", &json!({"state": "failed", "size": 15})));
        assert!(events.next().await.is_none());
    }
    // The log is compressed by now; where a watcher left off still counts.
    let again = service.request(Method::GET, &format!("/coprs/build/{build}/log/source"));
    let mut again = Events::from(again.header("last-event-id", "4").send().await.expect("an answer"));
    assert_eq!(again.text().await, "two \"☃\"\r\n");
    assert_eq!(again.next().await.expect("an event").name, "end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_in_the_watchers_hands_at_once() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let build = service.build("hello").await;
    let working = Working::on(&service).await;
    working.say(0, "0\n").await;
    let mut watchers = Vec::new();
    for _ in 0..20 {
        let mut events = Events::of(&service, &format!("/coprs/build/{build}/log/source")).await;
        assert_eq!(events.text().await, "0\n");
        watchers.push(events);
    }
    let begun = Instant::now();
    working.say(2, "1\n").await;
    for events in &mut watchers {
        assert_eq!(events.text().await, "1\n");
    }
    println!("a line reached {} watchers after {:?}", watchers.len(), begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_attempt_starts_the_watchers_anew() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let build = service.build("hello").await;
    let working = Working::on(&service).await;
    working.say(0, "first attempt\n").await;
    let mut events = Events::of(&service, &format!("/coprs/build/{build}/log/source")).await;
    assert_eq!(events.text().await, "first attempt\n");
    let finish = Finish {
        fence: working.lease.fence,
        outcome: Outcome::Returned,
        files: Vec::new(),
        timings: Default::default(),
    };
    lease::finish(&service.app, &working.builder, working.lease.task_id, &finish).await.expect("given back");
    copr_app::builders::remove(&service.app, "b1").await.expect("removed");
    let again = Working::on(&service).await;
    again.say(0, "second\n").await;
    assert_eq!(events.next().await.expect("an event").name, "restart");
    assert_eq!(events.text().await, "second\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn states_and_phases_come_as_they_change() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let build = service.build("hello").await;
    let mut events = Events::of(&service, &format!("/coprs/build/{build}/events")).await;
    let first = events.next().await.expect("an event");
    assert_eq!((first.name.as_str(), &first.data["state"]), ("state", &json!("pending")));
    let working = Working::on(&service).await;
    assert_eq!(events.next().await.expect("an event").data["state"], "starting");
    working.beat(Phase::Fetch).await;
    let running = events.next().await.expect("an event").data;
    let step = json!({"name": "source", "state": "running", "phase": "fetch", "doing": "fetching the source"});
    assert_eq!((&running["state"], &running["steps"][0]), (&json!("running"), &step));
    working.beat(Phase::Srpm).await;
    assert_eq!(events.next().await.expect("an event").data["steps"][0]["phase"], "srpm");
    working.fail("no spec file").await;
    let last = events.next().await.expect("an event").data;
    assert_eq!((&last["state"], &last["finished"]), (&json!("failed"), &json!(true)));
    let end = events.next().await.expect("an event");
    assert_eq!((end.name.as_str(), end.data), ("end", json!({"state": "failed"})));
    assert!(events.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_can_not_be_watched() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let build = service.build("hello").await;
    for path in ["999/log/source", "999/events", "x/events", &format!("{build}/log/fedora-1-x86_64")] {
        let answer = service.get(&format!("/coprs/build/{path}")).await;
        assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
    }
}
