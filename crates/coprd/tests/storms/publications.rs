//! Many publish into many repositories, and delete again, while servers are killed, disks and databases fail, and dnf
//! reads all the while. Nobody who reads may ever see anything that is not whole, and nothing may get lost.
//!
//! Packages are uploaded ready, so that nothing is built. Two servers work on one PostgreSQL; on SQLite, which takes one
//! server, it is that one which is killed and started again. One of so many changes of files, and of so many commits, fails
//! (`COPR_TESTS_FAULTS`, see `coprd::faults`).
//!
//! The tests are small; 200 publications in 20 repositories from 8 writers, for a quiet hour:
//!
//! ```sh
//! COPR_TESTS_STORM=long cargo xtask test --package coprd --filter publications
//! ```

use crate::stage::{Stage, launch, until};
use copr_testkit::http::Client;
use copr_testkit::project::Project;
use copr_testkit::reader::Reader;
use copr_testkit::root::Root;
use copr_testkit::service::{Launch, Service};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// For one publication, under all this.
const PATIENCE: Duration = Duration::from_secs(240);
/// How long a storm holds its breath, now and then, until somebody has got somewhere: a slow machine has to get anywhere too.
const BREATH: Duration = Duration::from_secs(20);
/// One of so many changes fails.
const FAULTS: &str = "120";

/// How large a storm is.
#[derive(Clone, Copy)]
struct Size {
    publications: usize,
    repositories: usize,
    writers: usize,
    readers: usize,
    /// Of so many publications one is deleted again.
    deleted: usize,
    /// Milliseconds between two kills, at most.
    calm: u64,
}

const SMALL: Size = Size { publications: 30, repositories: 5, writers: 4, readers: 1, deleted: 5, calm: 1500 };
const LONG: Size = Size { publications: 200, repositories: 20, writers: 8, readers: 4, deleted: 5, calm: 2500 };

impl Size {
    fn of_this_run() -> Size {
        match std::env::var("COPR_TESTS_STORM").as_deref() {
            Ok("long") => LONG,
            _ => SMALL,
        }
    }
}

/// Packages of these numbers, all from one spec file.
fn packages(count: usize, into: &Path) -> Vec<PathBuf> {
    let name = |number: usize| format!("storm-{number:03}");
    let mut spec = "Name: storm\nVersion: 1.0\nRelease: 1\nSummary: Weather\nLicense: MIT\nBuildArch: noarch\n\
                    %description\nx\n%install\nmkdir -p %{buildroot}/usr/share/storm\n"
        .to_owned();
    for number in 0..count {
        spec += &format!("echo {number} > %{{buildroot}}/usr/share/storm/{number}\n");
    }
    for number in 0..count {
        let name = name(number);
        spec += &format!("%package -n {name}\nSummary: Weather\n%description -n {name}\nx\n");
        spec += &format!("%files -n {name}\n/usr/share/storm/{number}\n");
    }
    let scratch = copr_testkit::temp_dir();
    let file = scratch.path().join("storm.spec");
    std::fs::write(&file, spec).unwrap();
    let define = |name: &str, value: &Path| ["--define".to_owned(), format!("{name} {}", value.display())];
    copr_testkit::output(
        copr_testkit::command("rpmbuild")
            .args(["-bb", "--nodeps"])
            .args(define("_topdir", scratch.path()))
            .args(define("_rpmdir", into))
            .args(define("_dbpath", &scratch.path().join("rpmdb")))
            .args(["--define", "dist %{nil}"])
            .arg(&file)
            .env("HOME", scratch.path()),
    );
    (0..count).map(|number| into.join(format!("noarch/{}-1.0-1.noarch.rpm", name(number)))).collect()
}

/// What one person publishes, with patience: an answer that is lost is no answer.
struct Writer<'s> {
    /// One for each server; the first one that answers.
    clients: &'s [Client],
    project: &'s Project,
}

impl Writer<'_> {
    /// The first good answer to a question, whoever gives it.
    fn ask(&self, what: impl Fn(&Client) -> anyhow::Result<copr_testkit::http::Answer>) -> Option<Value> {
        self.clients.iter().find_map(|client| what(client).and_then(|answer| answer.json()).ok())
    }

    /// The builds that there are of a package, and their states.
    fn builds(&self, package: &str) -> Option<Vec<(u64, String)>> {
        let (owner, name) = (&self.project.owner, &self.project.name);
        let path = format!("/api_3/build/list?ownername={owner}&projectname={name}&packagename={package}");
        let list = self.ask(|client| client.get(&path))?;
        let builds = list["items"].as_array()?.iter();
        Some(builds.filter_map(|one| Some((one["id"].as_u64()?, one["state"].as_str()?.to_owned()))).collect())
    }

    /// Uploads until the package is published; gives the build that did it.
    fn publishes(&self, file: &Path, package: &str, turn: usize) -> u64 {
        let (start, bytes) = (Instant::now(), std::fs::read(file).unwrap());
        let name = file.file_name().unwrap().to_string_lossy();
        let form = json!({
            "ownername": self.project.owner, "projectname": self.project.name, "chroot": self.project.chroot,
        });
        let (mut last, mut answer) = (String::new(), "never".to_owned());
        loop {
            assert!(start.elapsed() < PATIENCE, "`{package}` is not published: {last}; the last upload: {answer}");
            match self.builds(package) {
                None => last = "nobody answers".to_owned(),
                Some(builds) => {
                    last = format!("{builds:?}");
                    if let Some((id, _)) = builds.iter().find(|(_, state)| state == "succeeded") {
                        return *id;
                    }
                    if builds.iter().all(|(_, state)| state == "failed") {
                        let client = &self.clients[turn % self.clients.len()];
                        let path = "/api_3/build/create/rpm-upload";
                        // What became of it is asked for above.
                        answer = match client.post_file(path, &name, &bytes, &form) {
                            Ok(answer) => format!("HTTP {}: {}", answer.status, String::from_utf8_lossy(&answer.body)),
                            Err(error) => format!("{error:#}"),
                        };
                    }
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Deletes a build until it is gone.
    fn deletes(&self, build: u64) {
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < PATIENCE, "build {build} is not deleted");
            for client in self.clients {
                match client.delete(&format!("/api_3/build/delete/{build}")) {
                    Ok(answer) if matches!(answer.status, 200 | 404) => return,
                    _ => std::thread::sleep(Duration::from_millis(50)),
                }
            }
        }
    }
}

/// A random number below a limit; the same seed gives the same numbers.
fn below(seed: &mut u64, limit: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % limit
}

/// Kills servers until all writers are done, now this one and now that one. Gives how many were killed.
fn rage(servers: &mut [&mut Service], size: Size, done: &AtomicUsize, steps: &AtomicUsize) -> usize {
    let (mut seed, mut kills, count) = (1, 0, servers.len() as u64);
    let is_over = || done.load(Ordering::Relaxed) >= size.writers;
    while !is_over() {
        let (before, begin) = (steps.load(Ordering::Relaxed), Instant::now());
        // Not to wait for something: this is the moment itself, and each round has another one.
        std::thread::sleep(Duration::from_millis(100 + below(&mut seed, size.calm)));
        while kills % 2 == 1 && steps.load(Ordering::Relaxed) == before && !is_over() && begin.elapsed() < BREATH {
            std::thread::sleep(Duration::from_millis(20));
        }
        let server = &mut servers[below(&mut seed, count) as usize];
        server.kill().unwrap();
        kills += 1;
        std::thread::sleep(Duration::from_millis(below(&mut seed, 300)));
        server.start_again().unwrap();
    }
    kills
}

/// A project; where making it fails, another one.
fn project(stage: &Stage, name: &str) -> Project {
    let made = (0..20)
        .find_map(|go| Project::create(&stage.service, &format!("{name}-{go}"), &stage.distribution.chroot).ok());
    made.unwrap_or_else(|| panic!("no project can be made\n{}", stage.service.log_tail()))
}

/// What all this comes to.
fn publish_in_a_storm(launch: Launch, servers: usize) {
    let size = Size::of_this_run();
    let mut stage = Stage::set(launch.argument("--no-builder").variable("COPR_TESTS_FAULTS", FAULTS));
    let mut others: Vec<Service> =
        (1..servers).map(|number| stage.service.beside(&format!("coprd-{number}")).unwrap()).collect();
    let files = packages(size.publications, &stage.path("packages"));
    let projects: Vec<Project> =
        (0..size.repositories).map(|number| project(&stage, &format!("storm-{number}"))).collect();
    // A first generation that failed is tried again by itself.
    quiet(&stage);
    let mut readers: Vec<Reader> = (0..size.readers).map(|number| reader(&stage, &others, &projects, number)).collect();

    let (expected, kills) = storm(&mut stage, &mut others, size, &projects, &files);

    quiet(&stage);
    for reader in &mut readers {
        reader.reads_once_more().unwrap();
    }
    let seen: Vec<_> = readers.into_iter().map(|reader| reader.stop().unwrap()).collect();
    let logs = (1..servers).map(|number| stage.path(&format!("coprd-{number}.log"))).chain([stage.path("coprd.log")]);
    let faults: usize =
        logs.map(|log| std::fs::read_to_string(log).unwrap().matches("COPR_TESTS_FAULTS asked for it").count()).sum();
    eprintln!("{} publications, {kills} kills, {faults} faults told, readers saw {seen:?}", files.len());
    assert!(kills > 2 && faults > 0, "that was no storm");
    if let Err(error) = stage.service.admin(&["repo", "verify", "--all", "--deep"]) {
        panic!("{error:#}\n{}", stage.service.log_tail());
    }
    for (project, packages) in projects.iter().zip(&expected) {
        assert_eq!(stage.whole_repository(project), *packages, "{}", project.name);
    }
    let root = Root::new(&stage.path("root"), &stage.distribution).unwrap();
    root.trust(&projects[0].repository_file().unwrap()).unwrap();
    let packages: Vec<&str> = expected[0].iter().map(String::as_str).collect();
    root.install(&packages).unwrap();
}

/// Somebody who reads one of the repositories, from this server or that one.
fn reader(stage: &Stage, others: &[Service], projects: &[Project], number: usize) -> Reader {
    let project = &projects[number % projects.len()];
    let file = project.repository_file().unwrap();
    let server = std::iter::once(&stage.service).chain(others).nth(number % (others.len() + 1)).unwrap();
    let file = file.replace(&stage.service.address().to_string(), &server.address().to_string());
    Reader::start_on_changing(&stage.path(&format!("reader-{number}")), &stage.distribution, &file).unwrap()
}

/// All that goes on at once. Gives what each repository has to hold in the end, and how often a server was killed.
fn storm(
    stage: &mut Stage,
    others: &mut [Service],
    size: Size,
    projects: &[Project],
    files: &[PathBuf],
) -> (Vec<BTreeSet<String>>, usize) {
    let clients: Vec<Client> =
        std::iter::once(&stage.service).chain(others.iter()).map(|server| client(&stage.service, server)).collect();
    let (done, steps) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let write = |writer: usize| {
        let ended = Ended(&done);
        let mut kept = BTreeMap::<usize, BTreeSet<String>>::new();
        for number in (writer..files.len()).step_by(size.writers) {
            let at = number % projects.len();
            let package = format!("storm-{number:03}");
            let person = Writer { clients: &clients, project: &projects[at] };
            let build = person.publishes(&files[number], &package, number);
            if number % size.deleted == size.deleted - 1 {
                person.deletes(build);
            } else {
                kept.entry(at).or_default().insert(package);
            }
            steps.fetch_add(1, Ordering::Relaxed);
        }
        drop(ended);
        kept
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..size.writers).map(|number| scope.spawn(move || write(number))).collect();
        // Here and in no thread of its own: services end with the thread that started them.
        let mut servers: Vec<&mut Service> = std::iter::once(&mut stage.service).chain(others).collect();
        let kills = rage(&mut servers, size, &done, &steps);
        let mut expected = vec![BTreeSet::new(); projects.len()];
        for writer in writers {
            for (at, packages) in writer.join().unwrap() {
                expected[at].extend(packages);
            }
        }
        (expected, kills)
    })
}

/// Counts a writer that has ended, however.
struct Ended<'a>(&'a AtomicUsize);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The administrator's client for one of the servers.
fn client(first: &Service, server: &Service) -> Client {
    Client::new(server.address()).with_token(first.setting("login").unwrap(), first.setting("token").unwrap())
}

/// Waits until all that is wanted is published.
fn quiet(stage: &Stage) {
    until(stage, "all repositories are published", || {
        let Ok(said) = stage.service.admin(&["repo", "list", "--json"]) else { return false };
        let rows: Vec<Value> = serde_json::from_str(&said).unwrap();
        rows.iter().all(|row| row["wanted"] == row["generation"] && row["failures"] == 0)
    });
}

#[test]
fn one_server_that_is_killed_again_and_again_publishes_everything_and_readers_never_notice() {
    publish_in_a_storm(launch(), 1);
}

#[test]
fn two_servers_that_are_killed_again_and_again_publish_everything_and_readers_never_notice() {
    let Some(database) = copr_testkit::fresh_database() else {
        eprintln!("SKIPPED: two servers, because COPR_TESTS_POSTGRES is not set (`cargo xtask test` sets it)");
        return;
    };
    publish_in_a_storm(launch().setting("database", &database.url()), 2);
}
