//! `kill -9` of the server at every stage of a build, with somebody who reads the repository all the while.

use crate::stage::{Stage, entries, launch, told, until};
use copr_testkit::builder::{Account, Builder};
use copr_testkit::http::{form, form_type};
use copr_testkit::project::Project;
use copr_testkit::tiny_srpm;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Reading the spec takes a while, so making the source package does.
const SLOW_TO_READ: &str = "# %(sleep 2)\n:";
const SLOW_TO_BUILD: &str = "echo the build has begun; sleep 4";
/// What compression does not make small, so that it takes a while to deliver and to sign.
const LARGE: &str = "%global _binary_payload w1.zstdio\nhead -c 60000000 /dev/urandom > share/large";

/// A spec file of which the compression takes a while.
fn slow_to_import() -> String {
    let mut state = 1_u64;
    let mut line = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("# {state:016x}\n")
    };
    (0..150_000).map(|_| line()).collect::<String>() + ":"
}

/// The git repository of a package.
fn sources(stage: &Stage, project: &Project, name: &str) -> PathBuf {
    stage.service.data_dir().join("dist-git").join(&project.owner).join(&project.name).join(format!("{name}.git"))
}

/// git finds nothing wrong with the sources of a build, which are one commit: the one that the API tells.
fn sources_are_whole(stage: &Stage, project: &Project, build: u64, name: &str) {
    let repository = sources(stage, project, name);
    let git = |arguments: &[&str]| {
        let mut git = copr_testkit::command("git");
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").arg("-C").arg(&repository);
        copr_testkit::output(git.args(arguments)).trim_end().to_owned()
    };
    assert_eq!(git(&["fsck", "--strict", "--no-progress"]), "", "{name}");
    let shown = told(stage, project.build_chroot(build));
    assert_eq!(git(&["log", "--all", "--format=%H"]), shown["git_hash"].as_str().unwrap(), "{name}");
    let told = std::fs::read_to_string(repository.join("info/refs")).unwrap();
    assert!(told.starts_with(shown["git_hash"].as_str().unwrap()), "{told}");
}

/// How often the server is killed at no moment in particular, and when.
const ROUNDS: u32 = 14;
const FIRST_MOMENT: Duration = Duration::from_millis(300);
const STEP: Duration = Duration::from_millis(70);

/// A moment in the life of a build, told by what can be seen from outside.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// The client has its answer.
    Submitted,
    /// A builder makes the source package.
    Source,
    /// The source package is being made a commit.
    Importing,
    /// The branch is at that commit, and perhaps nobody knows yet.
    Imported,
    /// rpmbuild runs.
    Running,
    /// Some of the results have arrived.
    Uploading,
    /// The packages are being signed.
    Signing,
    /// The next generation of the metadata is being written.
    Writing,
    /// The next generation is the present one on the disk, and perhaps not yet in the database.
    Switched,
}

const MOMENTS: &[Moment] = &[
    Moment::Submitted,
    Moment::Source,
    Moment::Importing,
    Moment::Imported,
    Moment::Running,
    Moment::Uploading,
    Moment::Signing,
    Moment::Writing,
    Moment::Switched,
];

impl Moment {
    fn package(self, stage: &Stage) -> (String, PathBuf) {
        let name = format!("killed-{self:?}").to_lowercase();
        let slow = slow_to_import();
        let build = match self {
            Moment::Source => SLOW_TO_READ,
            Moment::Importing => &slow,
            Moment::Running => SLOW_TO_BUILD,
            Moment::Uploading | Moment::Signing => LARGE,
            _ => ":",
        };
        let srpm = tiny_srpm(&name, build, &stage.path("srpms"));
        (name, srpm)
    }

    /// Waits for the moment in the life of one build.
    fn comes(self, stage: &Stage, project: &Project, build: u64, name: &str, heads: &Heads) {
        let repository = project.repository(&stage.service);
        let results = repository.join(format!("{build:08}-{name}"));
        let staging = stage.service.data_dir().join("staging");
        let sources = sources(stage, project, name);
        until(stage, &format!("{self:?}"), || match self {
            Moment::Importing => sources.join("incoming").exists(),
            Moment::Imported => !entries(&sources.join("refs/heads")).is_empty(),
            Moment::Submitted => true,
            Moment::Source => {
                let path = format!("/api_3/build/source-chroot/{build}");
                project.client().get(&path).unwrap().json().unwrap()["state"] == "running"
            }
            Moment::Running => {
                let log = std::fs::read_to_string(results.join("builder-live.log")).unwrap_or_default();
                log.contains("\nthe build has begun")
            }
            Moment::Uploading => {
                results.exists() && entries(&staging).iter().any(|dir| !entries(&staging.join(dir)).is_empty())
            }
            Moment::Signing => entries(&results).iter().any(|file| file.starts_with(".unfinished-signing-")),
            Moment::Writing => entries(&repository.join(".repodata")) != heads.generations,
            Moment::Switched => std::fs::read_link(repository.join("repodata")).unwrap() != heads.present,
        });
    }
}

/// Which generations there are before a build.
struct Heads {
    generations: Vec<String>,
    present: PathBuf,
}

impl Heads {
    fn of(stage: &Stage, project: &Project) -> Heads {
        let repository = project.repository(&stage.service);
        let present = std::fs::read_link(repository.join("repodata")).unwrap();
        Heads { generations: entries(&repository.join(".repodata")), present }
    }
}

/// Submits, kills the server at the moment, starts it again, and waits for the good end. Gives how often a builder
/// took the RPM task.
fn killed_at(moment: Moment, stage: &mut Stage, project: &Project) -> usize {
    let (name, srpm) = moment.package(stage);
    let heads = Heads::of(stage, project);
    let build = told(stage, project.submit(&srpm));
    moment.comes(stage, project, build, &name, &heads);
    stage.service.kill().unwrap();
    stage.service.start_again().unwrap();
    told(stage, project.succeeds(build));

    let results = project.repository(&stage.service).join(format!("{build:08}-{name}"));
    let staging = stage.service.data_dir().join("staging");
    let source = stage.service.data_dir().join("results").join(&project.owner).join(&project.name).join("srpm-builds");
    let uploads = stage.service.data_dir().join("uploads");
    until(stage, "the staging directory is empty", || entries(&staging).is_empty());
    until(stage, "the upload is gone", || entries(&uploads).is_empty());
    for place in [&results, &source.join(format!("{build:08}"))] {
        until(stage, "logs have their final names", || {
            let files = entries(place);
            files.iter().any(|file| file == "builder-live.log.gz") && !files.iter().any(|file| file.ends_with(".log"))
        });
        let stray: Vec<_> = entries(place).into_iter().filter(|file| file.starts_with('.')).collect();
        assert!(stray.is_empty(), "{moment:?}: {stray:?} were left in {}", place.display());
    }
    sources_are_whole(stage, project, build, &name);
    stage.server_log(&results).matches("leased by builder").count()
}

#[test]
fn a_server_killed_at_any_moment_finishes_the_build_and_readers_see_a_whole_repository() {
    let mut stage = Stage::set(launch());
    let project = stage.project("killed");
    let mut reader = stage.reader(&project);
    let mut names = BTreeSet::new();
    for moment in MOMENTS {
        killed_at(*moment, &mut stage, &project);
        names.insert(format!("killed-{moment:?}").to_lowercase());
        assert_eq!(stage.whole_repository(&project), names, "after a kill at {moment:?}");
    }
    told(&stage, reader.reads_once_more());
    told(&stage, reader.stop());
    stage.installs(&project, "killed-running");
}

#[test]
fn a_builder_elsewhere_goes_on_while_the_server_is_away() {
    let mut stage = Stage::set(launch().argument("--no-builder"));
    let project = stage.project("remote");
    let mut builder = Builder::start(&stage.service, "b1", &stage.path("b1"), Account::Own).unwrap();
    let mut reader = stage.reader(&project);
    let mut names = BTreeSet::new();
    for moment in MOMENTS {
        let attempts = killed_at(*moment, &mut stage, &project);
        assert_eq!(attempts, 1, "after a kill at {moment:?}");
        names.insert(format!("killed-{moment:?}").to_lowercase());
        assert_eq!(stage.whole_repository(&project), names, "after a kill at {moment:?}");
    }
    told(&stage, reader.reads_once_more());
    told(&stage, reader.stop());
    builder.must_run().unwrap();
}

#[test]
fn a_server_killed_in_the_middle_of_an_upload_knows_no_half_build() {
    let mut stage = Stage::set(launch());
    let project = stage.project("half");
    let srpm = stage.srpm("hello-noarch");
    let file = vec![0; 50 << 20];
    let body = form("large-1-1.src.rpm", &file, &project.options()).unwrap();
    let kind = form_type();
    let begun = project.client().begin("POST", "/api_3/build/create/upload", Some((&kind, body.len())));
    let mut connection = begun.unwrap();
    connection.write_all(&body[..body.len() / 2]).unwrap();
    let uploads = stage.service.data_dir().join("uploads");
    let arriving = || entries(&uploads).first().map(|upload| uploads.join(upload).join("large-1-1.src.rpm"));
    until(&stage, "the file arrives", || {
        arriving().is_some_and(|file| file.metadata().is_ok_and(|found| found.len() > 1 << 20))
    });

    stage.service.kill().unwrap();
    stage.service.start_again().unwrap();

    let list = project.client().get("/api_3/build/list?ownername=admin&projectname=half").unwrap().json().unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 0, "{list}");
    let build = told(&stage, project.submit(&srpm));
    told(&stage, project.succeeds(build));
}

#[test]
fn a_server_killed_again_and_again_at_no_moment_in_particular_loses_nothing() {
    // More lives than rounds: with each of them a task may lose a lease.
    let mut stage = Stage::set(launch().setting("scheduler.max_attempts", "100").setting("builder.workers", "2"));
    let project = stage.project("storm");
    let mut reader = stage.reader(&project);
    let mut builds = Vec::new();
    for round in 0..ROUNDS {
        let name = format!("storm-{round}");
        builds.push(told(&stage, project.submit(&tiny_srpm(&name, ":", &stage.path("srpms")))));
        // Not to wait for something: this is the moment itself, and each round has another one.
        std::thread::sleep(FIRST_MOMENT + STEP * round);
        stage.service.kill().unwrap();
        stage.service.start_again().unwrap();
    }
    for build in builds {
        told(&stage, project.succeeds(build));
    }
    told(&stage, reader.reads_once_more());
    told(&stage, reader.stop());
    let names: BTreeSet<String> = (0..ROUNDS).map(|round| format!("storm-{round}")).collect();
    assert_eq!(stage.whole_repository(&project), names);
    let staging = stage.service.data_dir().join("staging");
    until(&stage, "the staging directory is empty", || entries(&staging).is_empty());
}
