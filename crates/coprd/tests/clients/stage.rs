//! What every client meets: the program itself on an address of its own, with people, a group and chroots.

use copr_testkit::distribution::Distribution;
use copr_testkit::http::Client;
use copr_testkit::project::Project;
use copr_testkit::service::{Launch, Service, block};
use copr_testkit::{Suite, temp_dir};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a builder of this machine builds for.
pub const OWN: &str = "debian-12-x86_64";
/// What no builder here builds for: its tasks wait.
pub const WAITING: &str = "debian-12-aarch64";

/// For one build.
const PATIENCE: Duration = Duration::from_secs(150);

/// A running service with the users alice and bob, the administrator `admin`, and alice's group `devs`.
pub struct Stage {
    // Dropped before the directory is.
    pub service: Service,
    pub distribution: Distribution,
    directory: TempDir,
}

impl Stage {
    /// A service whose builds wait for ever.
    pub fn idle() -> Self {
        Self::set(Launch::of(env!("CARGO_BIN_EXE_coprd")).argument("--no-builder"))
    }

    /// A service that builds.
    pub fn building() -> Self {
        let buildroots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("buildroots");
        let launch = Launch::of(env!("CARGO_BIN_EXE_coprd"))
            .setting("builder.workers", "2")
            .setting("builder.data_dir", &buildroots.display().to_string());
        Self::set(launch)
    }

    fn set(launch: Launch) -> Self {
        let directory = temp_dir();
        let distribution = Distribution::find(Suite::Bookworm.chroot(), None).expect("the mini distribution is made");
        let service =
            launch.setting("signing.key_type", "ed25519").start(directory.path()).expect("the service starts");
        let stage = Self { service, distribution, directory };
        stage.add_chroots();
        for name in ["alice", "bob"] {
            stage.person(name);
        }
        let admin = stage.service.configuration();
        std::fs::create_dir(stage.home("admin")).expect("a home");
        std::fs::copy(admin, stage.configuration("admin")).expect("a configuration");
        stage.admin(&["group", "create", "devs"]);
        stage.admin(&["group", "add", "devs", "alice"]);
        stage
    }

    fn add_chroots(&self) {
        let file = self.directory.path().join("chroots.toml");
        let repository = &self.distribution.address;
        let chroots = [
            ("debian-12", "'x86_64', 'aarch64'", repository.as_str(), ""),
            ("epel-9", "'x86_64'", "http://epel.example.org/", "A short comment"),
            ("fedora-42", "'x86_64', 'i386'", "http://fedora.example.org/", ""),
        ];
        let text: String = chroots
            .iter()
            .map(|(name, arches, repository, comment)| {
                format!(
                    "[[chroot]]\nname = '{name}'\narches = [{arches}]\ncomment = '{comment}'\n\
                     install = ['@buildsys-build']\nrepos = [{{ id = 'base', baseurl = '{repository}' }}]\n"
                )
            })
            .collect();
        std::fs::write(&file, text).expect("a file");
        let added = self.admin(&["chroot", "import", &file.display().to_string()]);
        let words: Vec<&str> = ["chroot", "enable"].into_iter().chain(added.split_whitespace()).collect();
        self.admin(&words);
    }

    /// One more user; gives the configuration for clients.
    pub fn person(&self, name: &str) -> PathBuf {
        let printed = self.admin(&["user", "create", name]);
        std::fs::create_dir(self.home(name)).expect("a home");
        std::fs::write(self.configuration(name), self.addressed(&printed)).expect("a configuration");
        self.configuration(name)
    }

    /// `coprd admin` does not know at which address this service was started.
    fn addressed(&self, block: &str) -> String {
        let lines = block.lines().map(|line| match line.starts_with("copr_url") {
            true => format!("copr_url = {}\n", self.url()),
            false => format!("{line}\n"),
        });
        lines.collect()
    }

    pub fn admin(&self, words: &[&str]) -> String {
        self.service.admin(words).expect("the command works")
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.service.address())
    }

    /// Where somebody's client runs.
    pub fn home(&self, who: &str) -> PathBuf {
        self.directory.path().join(who)
    }

    pub fn configuration(&self, who: &str) -> PathBuf {
        self.home(who).join("copr")
    }

    /// HTTP with somebody's token.
    pub fn client(&self, who: &str) -> Client {
        let text = std::fs::read_to_string(self.configuration(who)).expect("a configuration");
        let block = block(&text).expect("a complete configuration");
        Client::new(self.service.address()).with_token(&block["login"], &block["token"])
    }

    /// What anybody reads below `/api_3`.
    pub fn get(&self, path: &str) -> Value {
        let answer = self.client("bob").get(&format!("/api_3/{path}")).expect("an answer");
        answer.json().unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A project of alice's for what can be built here.
    pub fn project(&self, name: &str) -> Project {
        Project::create_as(self.client("alice"), "alice", name, OWN).expect("a project")
    }

    /// The source package of one of the checkout's packages.
    pub fn srpm(&self, name: &str) -> PathBuf {
        copr_testkit::srpm(name, &self.directory.path().join("srpms"))
    }

    /// Waits until a build stands so that nothing more happens to it.
    pub fn rests(&self, build: u64) -> String {
        let start = Instant::now();
        loop {
            let shown = self.get(&format!("build/{build}"));
            let state = shown["state"].as_str().expect("a state").to_owned();
            if matches!(state.as_str(), "succeeded" | "failed" | "canceled" | "skipped") {
                return state;
            }
            assert!(start.elapsed() < PATIENCE, "build {build} is still {state}\n{}", self.service.log_tail());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
