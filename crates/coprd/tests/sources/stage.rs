//! What every story begins with: a forge, and a service that builds.

use copr_testkit::copr_cli::CoprCli;
use copr_testkit::distribution::Distribution;
use copr_testkit::forge::{Forge, Repository, package};
use copr_testkit::root::Root;
use copr_testkit::service::{Launch, Service};
use copr_testkit::{Suite, temp_dir};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// For one build.
const PATIENCE: Duration = Duration::from_secs(150);

/// The project of each story.
pub const PROJECT: &str = "sources";

pub struct Stage {
    // Dropped before the directory is.
    pub service: Service,
    pub forge: Forge,
    pub distribution: Distribution,
    pub directory: TempDir,
}

/// coprd as these tests start it: keys that are made in no time, buildroots that stay from test to test.
pub fn launch() -> Launch {
    let buildroots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("buildroots");
    Launch::of(env!("CARGO_BIN_EXE_coprd"))
        .setting("signing.key_type", "ed25519")
        .setting("builder.workers", "2")
        .setting("scheduler.max_attempts", "1")
        .setting("builder.data_dir", &buildroots.display().to_string())
}

impl Stage {
    /// With a dist-git on the forge, and a project.
    pub fn set(launch: Launch) -> Stage {
        Stage::prepared(launch, |_| {}).with_project()
    }

    fn with_project(self) -> Stage {
        self.distribution.enable(&self.service).expect("the chroot is enabled");
        self.cli().create(&self.distribution.chroot).expect("the project is made");
        self
    }

    /// Without a project, and with a forge on which something is there before the service starts.
    pub fn prepared(launch: Launch, prepare: impl FnOnce(&Forge)) -> Stage {
        let (directory, forge) = (temp_dir(), Forge::start().expect("a forge"));
        prepare(&forge);
        let distribution = Distribution::find(Suite::Bookworm.chroot(), None).expect("the mini distribution is made");
        Stage::start(launch, directory, forge, distribution)
    }

    /// The same as [`Stage::set`], for builders of users who can not look into the cache of whoever runs the tests.
    pub fn set_for_all_users(launch: Launch) -> Stage {
        let (directory, forge) = (temp_dir(), Forge::start().expect("a forge"));
        let distribution = Distribution::copied(Suite::Bookworm, directory.path()).expect("the distribution is copied");
        Stage::start(launch, directory, forge, distribution).with_project()
    }

    fn start(launch: Launch, directory: TempDir, forge: Forge, distribution: Distribution) -> Stage {
        let configuration = directory.path().join("own.toml");
        let distgit = format!(
            "[[distgit]]\nname = \"own\"\nclone_url = \"{}\"\nlookaside_url = \"{}\"\n",
            forge.smart("{namespace}/{package}"),
            forge.plain("cache/{package}/{filename}/{hashtype}/{hash}/{filename}"),
        );
        std::fs::write(&configuration, distgit).expect("the configuration can be written");
        let launch = launch.argument("--config").argument(configuration.to_str().expect("a path"));
        let service = launch.start(directory.path()).expect("the service starts");
        Stage { service, forge, distribution, directory }
    }

    pub fn cli(&self) -> CoprCli<'_> {
        CoprCli::new(&self.service, PROJECT).expect("copr-cli")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Submits, and waits for the good end.
    #[track_caller]
    pub fn makes(&self, subcommand: &str, arguments: &[&str]) -> u64 {
        self.cli().make(subcommand, arguments).unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// Installs a package of the project with dnf into a fresh root, and gives the root.
    #[track_caller]
    pub fn installs(&self, packages: &[&str]) -> PathBuf {
        let place = self.path(&format!("root-of-{}", packages.join("-")));
        let root = Root::new(&place, &self.distribution).expect("a root");
        let repository = self.cli().repository_file(&self.distribution).expect("the .repo file");
        root.trust(&repository).expect("the .repo file is taken");
        root.install(packages).unwrap_or_else(|error| panic!("{error:#}"));
        place.join("root")
    }

    fn build(&self, build: u64) -> Value {
        let client = self.service.client().expect("a client");
        client.get(&format!("/api_3/build/{build}")).expect("an answer").json().expect("the build")
    }

    /// Waits for the end of a build, which has to be this state.
    #[track_caller]
    pub fn ends(&self, build: u64, state: &str) {
        let begun = Instant::now();
        loop {
            let shown = self.build(build);
            match shown["state"].as_str() {
                Some(found) if found == state => return,
                Some("succeeded" | "failed" | "canceled") => panic!("{shown}\n{}", self.cli().all_logs(build)),
                _ => assert!(begun.elapsed() < PATIENCE, "{shown}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the source package is there, whatever becomes of it.
    #[track_caller]
    pub fn source_succeeds(&self, build: u64) {
        let begun = Instant::now();
        while self.build(build)["source_package"]["name"].is_null() {
            let shown = self.build(build);
            assert!(
                shown["state"] != "failed" && begun.elapsed() < PATIENCE,
                "{shown}\n{}",
                self.cli().all_logs(build)
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The build's sources as the API shows them.
    pub fn version_of(&self, build: u64) -> String {
        let build = self.build(build);
        let text = |key: &str| build["source_package"][key].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("name"), text("version"))
    }
}

/// A repository with one of the checkout's packages in a directory.
pub fn repository(name: &str, directory: &str) -> Repository {
    let mut repository = Repository::new();
    for entry in std::fs::read_dir(package(name)).expect("the package's directory").flatten() {
        let path = format!("{directory}{}", entry.file_name().to_str().expect("a name"));
        repository.write(&path, std::fs::read(entry.path()).expect("a file"));
    }
    repository.commit(&format!("The package {name}"));
    repository
}

/// A package that holds one program of its name; `source` is the line that names its source.
pub fn program_spec(name: &str, version: &str, source: &str) -> String {
    format!(
        "Name: {name}\nVersion: {version}\nRelease: 1%{{?dist}}\nSummary: A program\nLicense: MIT OR Apache-2.0\nBuildArch: noarch\n\
         {source}\n\n%description\n%{{summary}}.\n\n%prep\n%setup -q\n\n%build\n\n%install\n\
         install -D -m 755 {name} %{{buildroot}}%{{_bindir}}/{name}\n\n%files\n%{{_bindir}}/{name}\n\n%changelog\n"
    )
}
