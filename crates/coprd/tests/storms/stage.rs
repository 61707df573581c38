//! What every story begins with: a service in a directory of its own, and a project for the mini distribution.

use copr_testkit::distribution::Distribution;
use copr_testkit::project::Project;
use copr_testkit::reader::Reader;
use copr_testkit::root::Root;
use copr_testkit::service::{Launch, Service};
use copr_testkit::{Suite, temp_dir};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(90);

/// A running service for one chroot.
pub struct Stage {
    // Dropped before the directory is.
    pub service: Service,
    pub distribution: Distribution,
    pub directory: TempDir,
}

/// coprd as these tests start it: keys that are made in no time.
pub fn launch() -> Launch {
    Launch::of(env!("CARGO_BIN_EXE_coprd")).setting("signing.key_type", "ed25519")
}

impl Stage {
    /// Starts the service, which builds for the mini distribution.
    pub fn set(launch: Launch) -> Stage {
        let distribution = Distribution::find(Suite::Bookworm.chroot(), None).expect("the mini distribution is made");
        Stage::set_for(launch, temp_dir(), distribution)
    }

    /// The same, with a distribution that every user of this machine can read.
    pub fn set_for_all_users(launch: Launch) -> Stage {
        let directory = temp_dir();
        let distribution = Distribution::copied(Suite::Bookworm, directory.path()).expect("the distribution is copied");
        Stage::set_for(launch, directory, distribution)
    }

    fn set_for(launch: Launch, directory: TempDir, distribution: Distribution) -> Stage {
        let service = launch.start(directory.path()).expect("the service starts");
        distribution.enable(&service).expect("the chroot is enabled");
        Stage { service, distribution, directory }
    }

    /// A project of the administrator.
    pub fn project(&self, name: &str) -> Project {
        Project::create(&self.service, name, &self.distribution.chroot).expect("the project is made")
    }

    /// Somebody who reads the project's repository with dnf all the while.
    pub fn reader(&self, project: &Project) -> Reader {
        let file = project.repository_file().expect("the project has a .repo file");
        Reader::start(&self.path(&format!("reader-{}", project.name)), &self.distribution, &file).expect("dnf is there")
    }

    /// Checks the project's repository as it lies on the disk: metadata that fit together, signed with the project's
    /// key; packages as the metadata describe them; one generation that is the present one. Gives the names of the
    /// binary packages.
    pub fn whole_repository(&self, project: &Project) -> BTreeSet<String> {
        let place = project.repository(&self.service);
        let report = copr_rpm::repodata::verify(&place.join("repodata")).expect("the metadata fit together");
        self.check_signature(project);
        let mut names = BTreeSet::new();
        for package in &report.packages {
            let path = place.join(&package.href);
            let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(hex::encode(Sha256::digest(&bytes)), package.pkgid, "{}", package.href);
            let facts = copr_rpm::header::read_package(&path).expect("a package is a package");
            assert!(!facts.signatures.is_empty(), "{} is not signed", package.href);
            if !facts.is_source {
                names.insert(facts.nevra.name);
            }
        }
        let head = std::fs::read_link(place.join("repodata")).expect("`repodata` is a link");
        assert_eq!(head.parent(), Some(Path::new(".repodata")), "{}", head.display());
        let stray = entries(&place).into_iter().filter(|name| name.starts_with(".repodata-")).collect::<Vec<_>>();
        assert!(stray.is_empty(), "a switch was left half done: {stray:?}");
        names
    }

    fn check_signature(&self, project: &Project) {
        let (home, place) = (temp_dir(), project.repository(&self.service));
        let gpg = || {
            let mut gpg = copr_testkit::command("gpg");
            gpg.args(["--batch", "--homedir"]).arg(home.path());
            gpg
        };
        copr_testkit::output(gpg().arg("--import").arg(place.parent().expect("a parent").join("pubkey.gpg")));
        let metadata = place.join("repodata");
        let (signature, signed) = (metadata.join("repomd.xml.asc"), metadata.join("repomd.xml"));
        copr_testkit::output(gpg().arg("--verify").arg(signature).arg(signed));
    }

    /// Installs a package of the project into a root of its own, and runs its program.
    pub fn installs(&self, project: &Project, package: &str) {
        let root = Root::new(&self.path(&format!("root-{package}")), &self.distribution).expect("a root can be made");
        told(self, project.repository_file().and_then(|file| root.trust(&file)));
        told(self, root.install(&[package]));
        assert_eq!(told(self, root.run(&[package])).trim(), package);
    }

    /// What the server noted beside the results of a build.
    pub fn server_log(&self, results: &Path) -> String {
        let mut text = std::fs::read_to_string(results.join("backend.log")).unwrap_or_default();
        let packed = results.join("backend.log.gz");
        if packed.exists() {
            text.insert_str(0, &copr_testkit::output(copr_testkit::command("gzip").arg("-dc").arg(packed)));
        }
        text
    }

    /// A path in the story's own directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// One of the checkout's packages.
    pub fn srpm(&self, name: &str) -> PathBuf {
        copr_testkit::srpm(name, &self.path("srpms"))
    }
}

/// Fails with the service's log when the story does.
pub fn told<T>(stage: &Stage, result: anyhow::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error:#}\n{}", stage.service.log_tail()))
}

/// Waits for something that can be seen.
pub fn until(stage: &Stage, what: &str, mut seen: impl FnMut() -> bool) {
    let start = Instant::now();
    while !seen() {
        assert!(start.elapsed() < PATIENCE, "still not: {what}\n{}", stage.service.log_tail());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The names in a directory, sorted; none when there is no such directory.
pub fn entries(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
