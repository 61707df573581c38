//! What every story begins with: a service that builds, and projects to build in.

use copr_db::Db;
use copr_testkit::distribution::Distribution;
use copr_testkit::http::Answer;
use copr_testkit::project::Project;
use copr_testkit::service::{Launch, Service};
use copr_testkit::{Suite, temp_dir};
use copr_types::{BuildId, Failure, FailureClass, Phase};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// For all builds of one story.
const PATIENCE: Duration = Duration::from_secs(240);

/// A running service for one chroot.
pub struct Stage {
    // Dropped before the directory is.
    pub service: Service,
    pub distribution: Distribution,
    pub directory: TempDir,
    runtime: Runtime,
    db: Db,
}

/// coprd as these tests start it: keys that are made in no time, buildroots that stay from test to test.
pub fn launch() -> Launch {
    let buildroots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("buildroots");
    Launch::of(env!("CARGO_BIN_EXE_coprd"))
        .setting("signing.key_type", "ed25519")
        .setting("builder.workers", "4")
        .setting("builder.data_dir", &buildroots.display().to_string())
}

impl Stage {
    pub fn set(launch: Launch) -> Stage {
        let directory = temp_dir();
        let distribution = Distribution::find(Suite::Bookworm.chroot(), None).expect("the mini distribution is made");
        let service = launch.start(directory.path()).expect("the service starts");
        distribution.enable(&service).expect("the chroot is enabled");
        let runtime = Runtime::new().expect("a runtime");
        let database = format!("sqlite://{}", service.data_dir().join("coprd.sqlite").display());
        let db = runtime.block_on(Db::open(&database)).expect("the service's database");
        Stage { service, distribution, directory, runtime, db }
    }

    /// A project of the administrator.
    pub fn project(&self, name: &str) -> Project {
        Project::create(&self.service, name, &self.distribution.chroot).expect("the project is made")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The source package of one of the checkout's packages.
    pub fn srpm(&self, name: &str) -> Vec<u8> {
        read(&copr_testkit::srpm(name, &self.path("srpms")))
    }

    /// The end of a build, whatever it is.
    pub fn end(&self, project: &Project, build: u64) -> End<'_> {
        let start = Instant::now();
        loop {
            let shown = project.build(build).expect("the build is there");
            let state = shown["state"].as_str().expect("a state").to_owned();
            if matches!(state.as_str(), "succeeded" | "failed" | "canceled" | "skipped") {
                return End { stage: self, project: project.clone(), build, state, failure: self.failure(build) };
            }
            assert!(start.elapsed() < PATIENCE, "build {build} is still {state}\n{}", self.service.log_tail());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The failure of the source or, when that succeeded, of the chroot.
    fn failure(&self, build: u64) -> Option<Failure> {
        let id = BuildId(i64::try_from(build).expect("a number"));
        self.runtime.block_on(async {
            let mut conn = self.db.read().await.expect("a connection");
            let found = copr_db::build::by_id(&mut conn, id).await.expect("a query").expect("the build");
            let chroots = copr_db::build_chroot::of_builds(&mut conn, &[id]).await.expect("a query");
            found.failure().or_else(|| chroots.iter().find_map(copr_db::build_chroot::BuildChroot::failure))
        })
    }

    /// The service is none the worse for what came before: a good package is built, published and can be had.
    pub fn still_builds(&self, project: &Project) {
        let end = self.end(project, upload(project, "good.src.rpm", &self.srpm("hello-noarch")));
        end.succeeded();
        assert!(self.published(project).contains("hello-noarch"), "{:?}", self.published(project));
        let leftovers = |name: &str| std::fs::read_dir(self.service.data_dir().join(name)).expect(name).count();
        assert_eq!((leftovers("uploads"), leftovers("staging")), (0, 0), "uploads and deliveries that nobody needs");
        assert!(!self.log().contains("panic"), "{}", self.service.log_tail());
    }

    /// Names of the packages in the project's repository, whose metadata have to be right.
    pub fn published(&self, project: &Project) -> BTreeSet<String> {
        let place = project.repository(&self.service);
        let report = copr_rpm::repodata::verify(&place.join("repodata")).expect("the metadata fit together");
        let facts = |href: &String| copr_rpm::header::read_package(&place.join(href)).expect("a package");
        report.packages.iter().map(|package| facts(&package.href).nevra.name).collect()
    }

    /// What the service logged.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&read(&self.path("coprd.log"))).into_owned()
    }
}

/// How a build ended.
pub struct End<'s> {
    stage: &'s Stage,
    project: Project,
    pub build: u64,
    pub state: String,
    pub failure: Option<Failure>,
}

impl End<'_> {
    #[track_caller]
    pub fn succeeded(&self) {
        assert_eq!(self.state, "succeeded", "build {}: {:?}\n{}", self.build, self.failure, self.log());
    }

    /// Failed with this class, in this phase, and in words that hold these; people see it on the page and in the log.
    #[track_caller]
    pub fn failed(&self, class: FailureClass, phase: Phase, words: &[&str]) {
        let failure = self.failure.as_ref().unwrap_or_else(|| panic!("build {} is {}", self.build, self.state));
        let message = &failure.message;
        assert_eq!((self.state.as_str(), failure.class, failure.phase), ("failed", class, phase), "{message}");
        for words in words {
            assert!(message.contains(words), "`{words}` is not in: {message}");
        }
        assert!(message.len() < 3000 && !message.chars().any(|c| c.is_control() && c != '\n'), "{message:?}");
        let first = message.lines().next().expect("a line");
        assert!(self.page().contains(first), "`{first}` is not on the page:\n{}", self.page());
        assert!(self.log().contains(first), "`{first}` is not in the log:\n{}", self.log());
    }

    /// The text of the build's page.
    fn page(&self) -> String {
        let path = format!("/coprs/{}/{}/build/{}/", self.project.owner, self.project.name, self.build);
        let page = self.project.client().get(&path).expect("the page");
        assert_eq!(page.status, 200);
        let text = String::from_utf8_lossy(&page.body).into_owned();
        [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
            .into_iter()
            .fold(text, |text, (escaped, plain)| text.replace(escaped, plain))
    }

    /// Both logs of the step that ended it: the builder's, and what the server noted.
    pub fn log(&self) -> String {
        ["builder-live.log", "import.log", "backend.log"].iter().filter_map(|name| self.text(name)).collect()
    }

    /// A text among the results, compressed or not: of the chroot, or else of the source.
    pub fn text(&self, name: &str) -> Option<String> {
        let repository = self.project.repository(&self.stage.service);
        let padded = format!("{:08}", self.build);
        let of_chroot = std::fs::read_dir(&repository).ok()?.flatten().map(|entry| entry.path());
        let of_chroot = of_chroot.into_iter().find(|path| path.to_string_lossy().contains(&format!("/{padded}-")));
        let place = of_chroot.or_else(|| Some(repository.parent()?.join("srpm-builds").join(&padded)))?;
        let packed = place.join(format!("{name}.gz"));
        let bytes = if packed.exists() { unpacked(&packed) } else { std::fs::read(place.join(name)).ok()? };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The content of a gzip file.
pub fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let packed = read(path);
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut bytes).expect("a gzip file");
    bytes
}

/// Uploads a file as what it says that it is; gives the build's number.
pub fn upload(project: &Project, name: &str, bytes: &[u8]) -> u64 {
    upload_with(project, name, bytes, json!({}))
}

/// The same, with more options.
pub fn upload_with(project: &Project, name: &str, bytes: &[u8], options: Value) -> u64 {
    let answer = try_upload(project, name, bytes, options);
    answer.json().expect("the upload is taken")["id"].as_u64().expect("a number")
}

/// The same, for uploads that may be refused.
pub fn try_upload(project: &Project, name: &str, bytes: &[u8], options: Value) -> Answer {
    let form = merged(project.options(), options);
    project.client().post_file("/api_3/build/create/upload", name, bytes, &form).expect("an answer")
}

/// Submits an address; gives the build's number.
pub fn link(project: &Project, url: &str, options: Value) -> u64 {
    let form = merged(merged(project.options(), json!({ "pkgs": [url] })), options);
    let answer = project.client().post_json("/api_3/build/create/url", &form).expect("an answer");
    answer.json().expect("the address is taken")["items"][0]["id"].as_u64().expect("a number")
}

/// One object with the members of both; the second one wins.
pub fn merged(mut one: Value, other: Value) -> Value {
    let members = other.as_object().expect("an object").clone();
    one.as_object_mut().expect("an object").extend(members);
    one
}

/// Builds that were submitted together, by what they are called in the story.
pub struct Submitted<'s> {
    stage: &'s Stage,
    project: Project,
    builds: BTreeMap<String, u64>,
}

impl<'s> Submitted<'s> {
    pub fn to(stage: &'s Stage, project: &Project) -> Submitted<'s> {
        Submitted { stage, project: project.clone(), builds: BTreeMap::new() }
    }

    pub fn add(&mut self, called: &str, build: u64) {
        assert_eq!(self.builds.insert(called.to_owned(), build), None, "{called}");
    }

    pub fn end(&self, called: &str) -> End<'s> {
        let build = self.builds.get(called).unwrap_or_else(|| panic!("nothing is called `{called}`"));
        self.stage.end(&self.project, *build)
    }

    #[track_caller]
    pub fn failed(&self, called: &str, class: FailureClass, phase: Phase, words: &[&str]) {
        println!("{called}: {:?}", self.end(called).failure);
        self.end(called).failed(class, phase, words);
    }
}
