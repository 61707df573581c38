//! The loops at work: nobody calls a use case of theirs, and yet everything happens.

use copr_app::build::{self, Options};
use copr_app::{App, Rules, account, builders, chroot, fork, lease, project};
use copr_db::account::Account;
use copr_db::{Db, Topic};
use copr_jobs::Jobs;
use copr_sign::{Expiry, KeyStore, KeyType, LocalSigner};
use copr_store::Store;
use copr_types::clock::ClockHand;
use copr_types::{BuildId, ChrootDefinition, Clock, State};
use copr_wire::builder::{FileRef, Finish, LeaseRequest, Outcome};
use sha2::{Digest, Sha256};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

const CHROOT: &str = "fedora-44-aarch64";
/// Far longer than anything here takes, and shorter than the slowest timer: what needs a bell needs its bell.
const PATIENCE: Duration = Duration::from_secs(25);

struct Service {
    app: App,
    alice: Account,
    clock: ClockHand,
    data: tempfile::TempDir,
}

async fn service(rules: Rules) -> Service {
    let data = copr_testkit::temp_dir();
    let (clock, hand) = Clock::manual(1_700_000_000);
    let keys = KeyStore::open(data.path().join("keys")).unwrap();
    let app = App {
        db: Db::open(&format!("sqlite://{}", data.path().join("test.sqlite").display())).await.unwrap(),
        clock,
        store: Store::open(data.path()).unwrap(),
        signer: Arc::new(LocalSigner::new(keys, KeyType::Ed25519, Expiry::Never)),
        rules: Arc::new(Rules { key_type: KeyType::Ed25519, generation_seconds: 0, ..rules }),
        shelf: None,
        desk: copr_app::lease::Desk::default(),
    };
    let definition = ChrootDefinition {
        package_manager: "dnf".to_owned(),
        releasever: "44".to_owned(),
        install: Vec::new(),
        ..ChrootDefinition::default()
    };
    chroot::put(&app, &CHROOT.parse().unwrap(), &definition, true).await.unwrap();
    let (alice, _) = account::create(&app, &"alice".parse().unwrap(), "", false).await.unwrap();
    Service { app, alice, clock: hand, data }
}

impl Service {
    async fn project(&self) {
        let input = project::Input {
            name: Some("hello".to_owned()),
            chroots: Some(vec![CHROOT.to_owned()]),
            ..Default::default()
        };
        project::create(&self.app, &self.alice, "alice", &input, false).await.unwrap();
    }

    async fn submit(&self) -> BuildId {
        let urls = ["http://example.org/excl-arch-1.0-1.src.rpm".to_owned()];
        let made = build::by_urls(&self.app, &self.alice, "alice", "hello", &urls, &Options::default()).await.unwrap();
        made[0].build.id
    }

    /// A build that goes its way.
    async fn builds(&self) {
        let token = builders::add(&self.app, "b1").await.unwrap();
        let id = self.submit().await;
        deliver(&self.app, &token).await;
        deliver(&self.app, &token).await;
        self.until("the build succeeds", || async { self.state(id).await == Some(State::Succeeded) }).await;
    }

    async fn state(&self, id: BuildId) -> Option<State> {
        build::find(&self.app, id).await.unwrap().state()
    }

    /// Looks whenever something visible has changed, until it is so.
    async fn until<F: Future<Output = bool>>(&self, what: &str, is_so: impl Fn() -> F) {
        let looks = async {
            loop {
                let heard = self.app.db.wake().heard(Topic::Change);
                tokio::pin!(heard);
                heard.as_mut().enable();
                if is_so().await {
                    return;
                }
                // Files come and go without an event.
                let _ = tokio::time::timeout(Duration::from_millis(50), heard).await;
            }
        };
        tokio::time::timeout(PATIENCE, looks).await.unwrap_or_else(|_| panic!("never: {what}"));
    }
}

/// A builder that takes the next task and delivers the source package for it, whatever it is.
async fn deliver(app: &App, token: &str) {
    let builder = app.authenticate_builder(token).await.unwrap();
    let arches = vec!["aarch64".to_owned()];
    let request = LeaseRequest {
        builder: "b".to_owned(),
        arches,
        isolation: "none".to_owned(),
        tools: Vec::new(),
        wait_seconds: 20,
        ..LeaseRequest::default()
    };
    let lease = lease::take(app, &builder, &request).await.unwrap().expect("a task");
    let scratch = copr_testkit::temp_dir();
    let srpm = copr_testkit::srpm("excl-arch", scratch.path());
    let name = srpm.file_name().unwrap().to_str().unwrap().to_owned();
    let file = name.parse().unwrap();
    let target = lease::upload_target(app, &builder, lease.task_id, lease.fence, &file).await.unwrap();
    let bytes = std::fs::read(srpm).unwrap();
    std::fs::write(target, &bytes).unwrap();
    let files =
        vec![FileRef { name: name.clone(), size: bytes.len() as u64, sha256: hex::encode(Sha256::digest(&bytes)) }];
    let outcome = Outcome::Succeeded { srpm: name };
    let finish = Finish { fence: lease.fence, outcome, files, timings: Default::default() };
    lease::finish(app, &builder, lease.task_id, &finish).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_goes_its_way_by_itself() {
    let s = service(Rules::default()).await;
    let jobs = Jobs::start(s.app.clone());
    s.project().await;
    s.builds().await;
    let staging = s.app.store.root().join("staging");
    s.until("staging is empty", || async { std::fs::read_dir(&staging).unwrap().next().is_none() }).await;

    project::delete(&s.app, &s.alice, "alice", "hello").await.unwrap();
    let tree = s.app.store.results().join("alice/hello");
    s.until("the project's files are gone", || async { !tree.exists() }).await;
    tokio::time::timeout(PATIENCE, jobs.stop()).await.expect("the loops end when asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_build_is_handed_out_as_soon_as_that_has_ended() {
    let s = service(Rules::default()).await;
    let jobs = Jobs::start(s.app.clone());
    s.project().await;
    let token = builders::add(&s.app, "b1").await.unwrap();
    let builder = s.app.authenticate_builder(&token).await.unwrap();
    let first = s.submit().await;
    let after = Options { after_build_id: Some(first.to_string()), ..Options::default() };
    let urls = ["http://example.org/excl-arch-1.0-1.src.rpm".to_owned()];
    let second = build::by_urls(&s.app, &s.alice, "alice", "hello", &urls, &after).await.unwrap()[0].build.id;
    deliver(&s.app, &token).await;
    deliver(&s.app, &token).await;
    // The builder asks before there is anything for it, and waits.
    let request = LeaseRequest {
        builder: "b".to_owned(),
        arches: vec!["aarch64".to_owned()],
        isolation: "none".to_owned(),
        tools: Vec::new(),
        wait_seconds: PATIENCE.as_secs(),
        ..LeaseRequest::default()
    };
    let lease = lease::take(&s.app, &builder, &request).await.unwrap().expect("a task");
    let task = copr_db::task::by_id(&mut s.app.db.read().await.unwrap(), lease.task_id.into()).await.unwrap();
    assert_eq!(task.expect("the task").build_id, second);
    assert_eq!(s.state(first).await, Some(State::Succeeded));
    jobs.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_builder_is_noticed_after_it_had_time_to_come_back() {
    let s = service(Rules { lease_seconds: 2, ..Rules::default() }).await;
    s.project().await;
    let token = builders::add(&s.app, "b1").await.unwrap();
    let builder = s.app.authenticate_builder(&token).await.unwrap();
    let id = s.submit().await;
    let request = LeaseRequest {
        builder: "b".to_owned(),
        arches: Vec::new(),
        isolation: "none".to_owned(),
        tools: Vec::new(),
        wait_seconds: 0,
        ..LeaseRequest::default()
    };
    let lease = lease::take(&s.app, &builder, &request).await.unwrap().expect("a task");
    // The service was down for longer than the lease: the builder comes back at once and keeps its task.
    s.clock.advance(100);
    let jobs = Jobs::start(s.app.clone());
    let beat = copr_wire::builder::Beat { fence: lease.fence, phase: None };
    lease::beat(&s.app, &builder, lease.task_id, &beat).await.expect("the lease was taken away at the start");
    s.clock.advance(100);
    s.until("the task is given back", || async { s.state(id).await == Some(State::Pending) }).await;
    jobs.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_lie_ready_before_anybody_asks() {
    let s = service(Rules::default()).await;
    let jobs = Jobs::start(s.app.clone());
    let keys = KeyStore::open(s.data.path().join("keys")).unwrap();
    s.until("a spare key", || async { keys.spares(KeyType::Ed25519).unwrap() > 0 }).await;
    jobs.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_is_copied_and_published_by_itself_and_goes_when_it_is_due() {
    let s = service(Rules::default()).await;
    let jobs = Jobs::start(s.app.clone());
    s.project().await;
    s.builds().await;
    let days = project::Input { delete_after_days: Some("3".to_owned()), ..Default::default() };
    project::edit(&s.app, &s.alice, "alice", "hello", &days).await.unwrap();
    let wish = fork::Wish { name: Some("copy".to_owned()), ..Default::default() };
    fork::create(&s.app, &s.alice, "alice", "hello", &wish).await.unwrap();
    let page = Default::default();
    let copy = build::list(&s.app, "alice", "copy", None, None, &page).await.unwrap().remove(0).build.id;
    let state = || async { build::find(&s.app, copy).await.unwrap().chroots[0].state };
    s.until("the copy is there", || async { state().await == State::Forked }).await;
    let tree = s.app.store.results().join("alice/copy").join(CHROOT);
    let held = copr_rpm::repodata::verify(&tree.join("repodata")).unwrap();
    assert_eq!(held.packages.len(), 1);
    // Nobody rings for what is due: the loop looks when it begins, and each minute.
    jobs.stop().await;
    s.clock.advance(3 * 86_400);
    let jobs = Jobs::start(s.app.clone());
    s.until("the copy is gone again", || async { !tree.exists() }).await;
    jobs.stop().await;
}
