//! A service of a test's own: one database, one data directory, a clock that stands still.

use crate::builder::FakeBuilder;
use copr_app::build::{Options, Shown};
use copr_app::project::Input;
use copr_app::{App, Refusal, Rules, account, build, builders, chroot, import, project, publish, removal};
use copr_db::Db;
use copr_db::account::Account;
use copr_sched::Policy;
use copr_sign::{Expiry, KeyStore, KeyType, LocalSigner};
use copr_store::Store;
use copr_types::clock::ClockHand;
use copr_types::{BuildId, ChrootDefinition, Clock, State};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub const X86: &str = "fedora-44-x86_64";
pub const ARM: &str = "fedora-44-aarch64";
const START: i64 = 1_700_000_000;

pub struct World {
    pub app: App,
    pub clock: ClockHand,
    /// Owns the project that stories begin with.
    pub alice: Account,
    schedule: Policy,
    /// Seconds that servers from now on keep superseded generations.
    pub generation_seconds: i64,
    // Dropped after the app: the data directory, and the database where it is not in there.
    data: tempfile::TempDir,
    server: Option<copr_testkit::Database>,
}

/// A project input with a name and chroots.
pub fn input(name: &str, chroots: &[&str]) -> Input {
    Input {
        name: Some(name.to_owned()),
        chroots: Some(chroots.iter().map(|&name| name.to_owned()).collect()),
        ..Input::default()
    }
}

pub fn definition() -> ChrootDefinition {
    ChrootDefinition {
        package_manager: "dnf".to_owned(),
        releasever: "44".to_owned(),
        install: Vec::new(),
        macros: BTreeMap::new(),
        ..ChrootDefinition::default()
    }
}

impl World {
    pub async fn sqlite() -> Self {
        Self::new(None).await
    }

    pub async fn postgres() -> Option<Self> {
        Some(Self::new(Some(copr_testkit::fresh_database()?)).await)
    }

    async fn new(server: Option<copr_testkit::Database>) -> Self {
        Self::under(server, copr_testkit::temp_dir(), Policy::default()).await
    }

    /// With a place for the data directory, and limits.
    pub async fn under(server: Option<copr_testkit::Database>, data: tempfile::TempDir, schedule: Policy) -> Self {
        let (clock, hand) = Clock::manual(START);
        let app = app(data.path(), server.as_ref(), clock, &schedule, 0).await;
        for name in [X86, ARM] {
            chroot::put(&app, &name.parse().unwrap(), &definition(), true).await.unwrap();
        }
        let (alice, _) = account::create(&app, &"alice".parse().unwrap(), "", false).await.unwrap();
        Self { app, clock: hand, alice, schedule, generation_seconds: 0, data, server }
    }

    /// A second server on the same database and the same files.
    pub async fn second(&self) -> App {
        let clock = self.app.clock.clone();
        app(self.data.path(), self.server.as_ref(), clock, &self.schedule, self.generation_seconds).await
    }

    pub async fn person(&self, name: &str) -> Account {
        account::create(&self.app, &name.parse().unwrap(), "", false).await.unwrap().0
    }

    pub async fn admin(&self) -> Account {
        account::create(&self.app, &"root".parse().unwrap(), "", true).await.unwrap().0
    }

    /// `alice/hello` with these chroots.
    pub async fn project(&self, chroots: &[&str]) -> project::Shown {
        project::create(&self.app, &self.alice, "alice", &input("hello", chroots), false).await.unwrap()
    }

    pub async fn builder(&self, name: &str) -> FakeBuilder {
        let token = builders::add(&self.app, name).await.unwrap();
        FakeBuilder::new(&self.app, &token).await
    }

    pub async fn try_submit(&self, who: &Account, options: &Options) -> Result<Vec<Shown>, Refusal> {
        let urls = ["http://example.org/hello-noarch-1.0-1.src.rpm".to_owned()];
        build::by_urls(&self.app, who, "alice", "hello", &urls, options).await
    }

    pub async fn submit(&self) -> BuildId {
        self.try_submit(&self.alice, &Options::default()).await.unwrap()[0].build.id
    }

    pub async fn import(&self) {
        import::all(&self.app).await.unwrap();
    }

    /// Turns until nobody wants one.
    pub async fn publish(&self) {
        while publish::next(&self.app, None).await.unwrap() {}
    }

    pub async fn sweep(&self) {
        removal::sweep(&self.app).await.unwrap();
        removal::sweep_projects(&self.app).await.unwrap();
    }

    /// A build of which one builder has made the source and the server has taken it in.
    pub async fn imported(&self, builder: &FakeBuilder, package: &str) -> BuildId {
        let id = self.submit().await;
        builder.make(package).await;
        self.import().await;
        id
    }

    /// A build whose packages for one chroot are delivered and not yet published.
    pub async fn delivered(&self, builder: &FakeBuilder) -> BuildId {
        let id = self.imported(builder, "hello-noarch").await;
        builder.make("hello-noarch").await;
        id
    }

    /// A build that has succeeded.
    pub async fn succeeded(&self, builder: &FakeBuilder) -> BuildId {
        let id = self.delivered(builder).await;
        self.publish().await;
        assert_eq!(self.state(id).await, Some(State::Succeeded));
        id
    }

    /// The same in some of the project's chroots.
    pub async fn succeeded_in(&self, builder: &FakeBuilder, chroots: &[&str]) -> BuildId {
        let chroots = Some(chroots.iter().map(|&name| name.to_owned()).collect());
        let options = Options { chroots, ..Options::default() };
        let id = self.try_submit(&self.alice, &options).await.unwrap()[0].build.id;
        self.made(builder, id, "hello-noarch").await;
        id
    }

    /// The rest of a build's way: source, import, packages, publication.
    pub async fn made(&self, builder: &FakeBuilder, id: BuildId, package: &str) {
        builder.make(package).await;
        self.import().await;
        // A new directory's repositories have their first generation before anything is built for them.
        self.publish().await;
        builder.make(package).await;
        self.publish().await;
        assert_eq!(self.state(id).await, Some(State::Succeeded));
    }

    pub async fn show(&self, id: BuildId) -> Shown {
        build::find(&self.app, id).await.unwrap()
    }

    pub async fn state(&self, id: BuildId) -> Option<State> {
        self.show(id).await.state()
    }

    pub async fn tasks(&self) -> Vec<copr_db::task::Task> {
        copr_app::queue::list(&self.app, 1000).await.unwrap()
    }

    pub fn chroot_dir(&self, project: &str) -> PathBuf {
        self.app.store.results().join("alice").join(project).join(X86)
    }

    /// What the published metadata of `alice/hello` say is there: path and digest. Each file is there and has it.
    pub fn published(&self) -> BTreeMap<String, String> {
        self.published_at(&self.chroot_dir("hello"))
    }

    /// The same of any repository.
    pub fn published_at(&self, dir: &std::path::Path) -> BTreeMap<String, String> {
        let report = copr_rpm::repodata::verify(&dir.join("repodata")).expect("metadata that verify");
        let count = report.packages.len();
        let found: BTreeMap<_, _> = report.packages.into_iter().map(|one| (one.href, one.pkgid)).collect();
        assert_eq!(found.len(), count, "some of `{found:?}` are in the metadata twice");
        for (href, pkgid) in &found {
            let bytes = std::fs::read(dir.join(href)).unwrap_or_else(|error| panic!("`{href}`: {error}"));
            assert_eq!(&hex::encode(Sha256::digest(bytes)), pkgid, "`{href}` is not what the metadata say");
        }
        found
    }

    /// Names of the files in the metadata.
    pub fn published_names(&self) -> Vec<String> {
        self.published().into_keys().collect()
    }

    pub fn staging(&self) -> Vec<PathBuf> {
        entries(self.data.path().join("staging"))
    }

    pub fn data(&self) -> PathBuf {
        self.data.path().to_owned()
    }
}

pub fn entries(dir: PathBuf) -> Vec<PathBuf> {
    std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

async fn app(
    data: &std::path::Path,
    server: Option<&copr_testkit::Database>,
    clock: Clock,
    schedule: &Policy,
    generation_seconds: i64,
) -> App {
    let address =
        server.map_or_else(|| format!("sqlite://{}", data.join("test.sqlite").display()), copr_testkit::Database::url);
    // Ed25519, because making an RSA key takes a second.
    let rules =
        Rules { key_type: KeyType::Ed25519, schedule: schedule.clone(), generation_seconds, ..Rules::default() };
    let keys = KeyStore::open(data.join("keys")).unwrap();
    App {
        db: Db::open(&address).await.unwrap(),
        clock,
        store: Store::open(data).unwrap(),
        signer: Arc::new(LocalSigner::new(keys, rules.key_type, Expiry::Never)),
        rules: Arc::new(rules),
        shelf: None,
        desk: copr_app::lease::Desk::default(),
    }
}
