//! One builder, one server, and tasks in the words of the tests.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use copr_builder::{Builder, CancellationToken, Config, Token};
use copr_rpm::Package;
use copr_testkit::{Suite, minidistro};
use copr_types::{ChrootDefinition, Failure, FailureClass, Phase};
use copr_wire::builder::{
    BuildFacts, BuildRepo, ChrootSpec, FileRef, MockOptions, Outcome, RpmTask, SourceInput, SourceTask, Task,
    TaskLimits,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub use crate::server::Given;
use crate::server::{Server, TOKEN};

pub struct Trial {
    pub server: Server,
    pub scratch: TempDir,
    pub shutdown: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl Trial {
    /// A builder with the trees that all tests share.
    pub async fn start() -> Trial {
        Trial::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Trial {
        let server = Server::start().await;
        let scratch = copr_testkit::temp_dir();
        let shutdown = CancellationToken::new();
        let builder = Builder::new(config(&server, change)).await.unwrap();
        let running = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { builder.run(shutdown).await }
        });
        Trial { server, scratch, shutdown, running: Some(running) }
    }

    pub async fn stop(mut self) {
        self.shutdown.cancel();
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }

    /// The source package of one of the project's test packages.
    pub fn srpm(&self, name: &str) -> PathBuf {
        copr_testkit::srpm(name, &self.scratch.path().join("srpms"))
    }

    /// An RPM task, changed as the test needs it.
    pub fn rpm(&self, name: &str, change: impl FnOnce(&mut RpmTask)) -> i64 {
        let srpm = self.srpm(name);
        let mut task = rpm_task(&srpm);
        change(&mut task);
        self.server.submit(Task::Rpm(task), Some(srpm))
    }

    /// Builds one of the test packages to its end.
    pub async fn build(&self, name: &str, change: impl FnOnce(&mut RpmTask)) -> Given {
        let id = self.rpm(name, change);
        self.server.ended(id).await
    }

    /// Makes a package whose `%build` is this, and submits it.
    pub async fn spec(&self, name: &str, build: &str) -> i64 {
        let srpm = self.srpm_of(name, &format!("%build\n{build}\n")).await;
        let task = rpm_task(&srpm);
        self.server.submit(Task::Rpm(task), Some(srpm))
    }

    /// A source package with these sections.
    pub async fn srpm_of(&self, name: &str, sections: &str) -> PathBuf {
        let preamble = format!("Name: {name}\nVersion: 99\nRelease: 1\nSummary: x\nLicense: MIT\nBuildArch: noarch\n");
        let path = self.scratch.path().join(format!("{name}.spec"));
        std::fs::write(&path, format!("{preamble}%description\nx\n{sections}\n%files\n")).unwrap();
        let made = self.upload(&path).await;
        let srpm = self.scratch.path().join(&made.packages()[0]);
        std::fs::write(&srpm, &made.files[&made.packages()[0]]).unwrap();
        srpm
    }

    /// An uploaded file as a source task.
    pub async fn upload(&self, path: &Path) -> Given {
        self.upload_within(path, 120).await
    }

    /// The same, with a limit of seconds.
    pub async fn upload_within(&self, path: &Path, timeout: u64) -> Given {
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let size = std::fs::metadata(path).unwrap().len();
        let mut task = source_task(SourceInput::Upload { file, size });
        task.build.limits.timeout = timeout;
        let id = self.server.submit(Task::Source(task), Some(path.to_owned()));
        self.server.ended(id).await
    }

    /// An address as a source task.
    pub async fn link(&self, url: &str) -> Given {
        let file = url.rsplit('/').next().unwrap().to_owned();
        self.source(SourceInput::Url { url: url.to_owned(), file }).await
    }

    /// A source task that begins with no file of the server's.
    pub async fn source(&self, input: SourceInput) -> Given {
        let id = self.server.submit(Task::Source(source_task(input)), None);
        self.server.ended(id).await
    }

    /// A source task for which the server has a file.
    pub async fn source_with(&self, input: SourceInput, file: &Path) -> Given {
        let id = self.server.submit(Task::Source(source_task(input)), Some(file.to_owned()));
        self.server.ended(id).await
    }

    /// The same, with other limits.
    pub async fn source_within(&self, input: SourceInput, change: impl FnOnce(&mut TaskLimits)) -> Given {
        let mut task = source_task(input);
        change(&mut task.build.limits);
        let id = self.server.submit(Task::Source(task), None);
        self.server.ended(id).await
    }

    /// A repository of all packages that these builds brought.
    pub fn repository(&self, built: &[&Given]) -> PathBuf {
        let directory = self.scratch.path().join("repository");
        std::fs::create_dir_all(&directory).unwrap();
        for (name, bytes) in built.iter().flat_map(|given| &given.files) {
            if name.ends_with(".rpm") && !name.ends_with(".src.rpm") {
                std::fs::write(directory.join(name), bytes).unwrap();
            }
        }
        copr_testkit::output(copr_testkit::command("createrepo_c").arg("--quiet").arg(&directory));
        directory
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub fn config(server: &Server, change: impl FnOnce(&mut Config)) -> Config {
    // Trees of one user are of no use to another.
    let user = std::fs::metadata("/proc/self").unwrap().uid();
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("builder-{user}"));
    let mut config = Config::new(server.url("").parse().unwrap(), Token::new(TOKEN), shared);
    config.program = env!("CARGO_BIN_EXE_copr-builder-stage").into();
    config.name = "builder-of-tests".into();
    config.workers = 1;
    config.retry_pause = Duration::from_millis(20);
    change(&mut config);
    config
}

pub fn chroot() -> ChrootSpec {
    let url = format!("file://{}", minidistro(Suite::Bookworm).display());
    let definition: ChrootDefinition = serde_json::from_value(serde_json::json!({
        "releasever": "12", "install": ["@buildsys-build"],
        "repos": [{"id": "minidistro", "kind": "baseurl", "url": url}],
    }))
    .unwrap();
    ChrootSpec { name: Suite::Bookworm.chroot().parse().unwrap(), definition }
}

fn facts() -> BuildFacts {
    let macros = [
        ("copr_username", "ada"),
        ("copr_projectname", "greetings"),
        ("vendor", "Fedora Copr - user ada"),
        ("buildtag", ".copr7"),
    ];
    BuildFacts {
        build_id: 7,
        owner: "ada".into(),
        project: "greetings".into(),
        dir: "greetings".into(),
        submitter: Some("ada".into()),
        limits: TaskLimits {
            timeout: 120,
            memory_mib: 2048,
            processes: 512,
            disk_mib: 2048,
            log_mib: 8,
            file_mib: 512,
        },
        macros: macros.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
    }
}

pub fn rpm_task(srpm: &Path) -> RpmTask {
    let bytes = std::fs::read(srpm).unwrap();
    let name = srpm.file_name().unwrap().to_str().unwrap().to_owned();
    let package = copr_rpm::header::read_package(srpm).unwrap();
    RpmTask {
        build: facts(),
        package: package.nevra.name.clone(),
        version: package.nevra.evr(),
        srpm: FileRef { name, size: bytes.len() as u64, sha256: hex::encode(Sha256::digest(&bytes)) },
        chroot: chroot(),
        repos: Vec::new(),
        additional_packages: Vec::new(),
        with_opts: Vec::new(),
        without_opts: Vec::new(),
        enable_net: false,
        modules: Vec::new(),
        mock: MockOptions::default(),
    }
}

pub fn source_task(input: SourceInput) -> SourceTask {
    SourceTask { build: facts(), input, chroot: chroot() }
}

/// A project's repository at this address.
pub fn repo(id: &str, baseurl: &str, revision: Option<&str>) -> BuildRepo {
    BuildRepo {
        id: id.into(),
        name: id.into(),
        baseurl: baseurl.into(),
        priority: None,
        module_hotfixes: None,
        gpgkey: None,
        revision: revision.map(str::to_owned),
    }
}

impl Given {
    pub fn outcome(&self) -> &Outcome {
        &self.finish.as_ref().unwrap().outcome
    }

    /// The failure, which has to be there.
    #[track_caller]
    pub fn failure(&self) -> &Failure {
        match self.outcome() {
            Outcome::Failed { failure } => failure,
            other => panic!("did not fail: {other:?}\n{}", self.text()),
        }
    }

    /// Fails with this class, in this phase, and these words.
    #[track_caller]
    pub fn fails(&self, class: FailureClass, phase: Phase, words: &[&str]) {
        let failure = self.failure();
        assert_eq!((failure.class, failure.phase), (class, phase), "{failure}\n{}", self.text());
        for words in words {
            assert!(failure.message.contains(words), "`{words}` is not in: {}\n{}", failure.message, self.text());
        }
    }

    /// Succeeded; the names of its packages, sorted.
    #[track_caller]
    pub fn packages(&self) -> Vec<String> {
        assert!(matches!(self.outcome(), Outcome::Succeeded { .. }), "{:?}\n{}", self.outcome(), self.text());
        self.files.keys().filter(|name| name.ends_with(".rpm")).cloned().collect()
    }

    pub fn gz(&self, name: &str) -> String {
        use std::io::Read;
        let bytes = self.files.get(name).unwrap_or_else(|| panic!("no `{name}` among {:?}", self.files.keys()));
        let mut text = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        text
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&self.files[name]).unwrap()
    }

    /// The header of one of the packages.
    pub fn package(&self, name: &str) -> Package {
        copr_rpm::header::read_package_from(&mut &self.files[name][..]).unwrap()
    }
}
