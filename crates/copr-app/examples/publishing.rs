//! What a publisher's turns cost for a large repository on SQLite: what `cargo xtask bench publish` measures.
//!
//! `publishing DIR PACKAGES ROUNDS`: makes a service's data directory in `DIR` whose one repository has that many synthetic
//! packages, all of them described from their files, and takes turns: one with everything, some with one more package, some
//! without one, one without the cache. The last line is an object of seconds, megabytes and the repository's path.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, UNIX_EPOCH};

use copr_app::build::{self, Options, Upload};
use copr_app::{App, Rules, account, chroot, project, publish};
use copr_db::Db;
use copr_db::account::Account;
use copr_db::repo::RepoPackage;
use copr_rpm::repodata::{Fragments, Location, verify};
use copr_sign::{Expiry, KeyStore, LocalSigner};
use copr_store::Store;
use copr_testkit::synthetic;
use copr_types::{BuildId, ChrootDefinition, Clock, RepoId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

type Failure = Box<dyn std::error::Error>;

const CHROOT: &str = "fedora-44-x86_64";
/// Packages of one build.
const OF_A_BUILD: u64 = 500;
/// Numbers from here on are packages that come one at a time.
const SINGLE: u64 = 1_000_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, packages, rounds] = arguments.as_slice() else {
        return Err("usage: publishing DIR PACKAGES ROUNDS".into());
    };
    let (packages, rounds): (u64, u64) = (packages.parse()?, rounds.parse()?);
    let bench = Bench::begin(Path::new(dir)).await?;

    // Those that are taken away later come first: they are not in the newest chunk.
    let mut singles = Vec::new();
    for round in 0..rounds {
        singles.push(bench.upload(SINGLE + round).await?);
    }
    let mut builds = Vec::new();
    for first in (0..packages).step_by(usize::try_from(OF_A_BUILD)?) {
        builds.push((first, bench.upload(first).await?));
    }
    bench.turn().await?;

    let describing = bench.fill(&builds, packages).await?;
    let full = bench.turn().await?;
    let mut more = Vec::new();
    for round in 0..rounds {
        bench.upload(2 * SINGLE + round).await?;
        more.push(bench.turn().await?);
    }
    let mut less = Vec::new();
    for id in singles {
        build::delete(&bench.app, &bench.alice, id).await?;
        less.push(bench.turn().await?);
    }
    fs::remove_dir_all(bench.app.store.chunks())?;
    bench.want().await?;
    let anew = bench.turn().await?;
    let peak = peak();
    let published = verify(&bench.repository().join("repodata"))?.packages.len();
    println!(
        "{}",
        json!({
            "describing": describing.json(), "full": full.json(), "anew": anew.json(), "peak": peak,
            "more": more.iter().map(Cost::json).collect::<Vec<_>>(),
            "less": less.iter().map(Cost::json).collect::<Vec<_>>(),
            "packages": published, "repository": bench.repository(),
        })
    );
    Ok(())
}

struct Bench {
    app: App,
    alice: Account,
    repo: RepoId,
}

impl Bench {
    async fn begin(dir: &Path) -> Result<Bench, Failure> {
        fs::create_dir_all(dir)?;
        let rules = Rules::default();
        let keys = KeyStore::open(dir.join("keys"))?;
        let app = App {
            db: Db::open(&format!("sqlite://{}", dir.join("bench.sqlite").display())).await?,
            clock: Clock::system(),
            store: Store::open(dir)?,
            signer: Arc::new(LocalSigner::new(keys, rules.key_type, Expiry::Never)),
            rules: Arc::new(rules),
            shelf: None,
            desk: copr_app::lease::Desk::default(),
        };
        let definition = ChrootDefinition {
            package_manager: "dnf".to_owned(),
            releasever: "44".to_owned(),
            install: Vec::new(),
            macros: BTreeMap::new(),
            ..ChrootDefinition::default()
        };
        chroot::put(&app, &CHROOT.parse()?, &definition, true).await?;
        let (alice, _) = account::create(&app, &"alice".parse()?, "", false).await?;
        let input = project::Input {
            name: Some("bench".to_owned()),
            chroots: Some(vec![CHROOT.to_owned()]),
            ..project::Input::default()
        };
        let made = project::create(&app, &alice, "alice", &input, false).await?;
        let repos = copr_db::repo::of_project(&mut app.db.read().await?, made.project.id).await?;
        let repo = repos.first().ok_or("the project has no repository")?.id;
        Ok(Bench { app, alice, repo })
    }

    fn repository(&self) -> PathBuf {
        self.app.store.results().join("alice/bench").join(CHROOT)
    }

    /// A package that waits to be published.
    async fn upload(&self, number: u64) -> Result<BuildId, Failure> {
        let (upload, file) = (format!("upload-{number}").parse()?, synthetic::file_name(number));
        let bytes = synthetic::rpm(number);
        self.app.store.write(&self.app.store.upload_dir(&upload).join(&file), &bytes)?;
        let upload = Upload { upload, file: file.parse()?, size: bytes.len() as u64 };
        let (app, who, options) = (&self.app, &self.alice, Options::default());
        let made = build::by_rpm(app, who, "alice", "bench", Some(&upload), Some(CHROOT), &options).await?;
        Ok(made.build.id)
    }

    async fn want(&self) -> Result<i64, Failure> {
        let mut tx = self.app.db.begin().await?;
        let wanted = copr_db::repo::want(&mut tx, self.repo).await?;
        tx.commit().await?;
        Ok(wanted)
    }

    /// One turn of a publisher, which must have something to do and succeed.
    async fn turn(&self) -> Result<Cost, Failure> {
        let clock = Stopwatch::start();
        let did = publish::next(&self.app, None).await?;
        let cost = clock.stop();
        let repo = copr_db::repo::by_id(&mut self.app.db.read().await?, self.repo).await?;
        match repo {
            Some(repo) if did && repo.generation == repo.wanted => Ok(cost),
            other => Err(format!("the turn came to nothing: {other:?}").into()),
        }
    }

    /// Gives each build the packages from its own up to the next build's, read from their files.
    async fn fill(&self, builds: &[(u64, BuildId)], packages: u64) -> Result<Cost, Failure> {
        let wanted = self.want().await?;
        let mut cost = Cost::default();
        for (first, id) in builds {
            let shown = build::find(&self.app, *id).await?;
            let chroot = shown.chroots.first().ok_or("a build without chroots")?.id;
            let numbers = *first..(*first + OF_A_BUILD).min(packages);
            let place = |number: u64| {
                let id = id.0.unsigned_abs();
                let build = if number == *first { id } else { 10_000_000 + number };
                format!("{build:08}-synthetic-{number:08}/{}", synthetic::file_name(number))
            };
            for number in numbers.clone().skip(1) {
                let path = self.repository().join(place(number));
                fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
                fs::write(path, synthetic::rpm(number))?;
            }
            let clock = Stopwatch::start();
            let described = numbers.map(|number| describe(&self.repository(), place(number)));
            let described = described.collect::<Result<Vec<_>, Failure>>()?;
            let mut tx = self.app.db.begin().await?;
            copr_db::repo::put_packages(&mut tx, self.repo, chroot, wanted, &described).await?;
            tx.commit().await?;
            cost.add(clock.stop());
        }
        Ok(cost)
    }
}

fn describe(repository: &Path, href: String) -> Result<RepoPackage, Failure> {
    let path = repository.join(&href);
    let bytes = fs::read(&path)?;
    let modified = path.metadata()?.modified()?.duration_since(UNIX_EPOCH)?.as_secs();
    let pkgid = hex::encode(Sha256::digest(&bytes));
    let location = Location { href: &href, base: None, sha256: &pkgid, size: bytes.len() as u64, modified };
    let fragments = Fragments::from_reader(&mut &bytes[..], &location)?;
    let nevra = copr_rpm::header::read_package_from(&mut &bytes[..])?.nevra.to_string();
    Ok(RepoPackage {
        href,
        pkgid,
        nevra,
        primary_xml: fragments.primary,
        filelists_xml: fragments.filelists,
        other_xml: fragments.other,
    })
}

/// Seconds.
#[derive(Default)]
struct Cost {
    wall: f64,
    processor: f64,
}

impl Cost {
    fn add(&mut self, other: Cost) {
        self.wall += other.wall;
        self.processor += other.processor;
    }

    fn json(&self) -> Value {
        json!({ "wall": self.wall, "processor": self.processor })
    }
}

struct Stopwatch {
    start: Instant,
    processor: f64,
}

impl Stopwatch {
    fn start() -> Stopwatch {
        Stopwatch { start: Instant::now(), processor: processor() }
    }

    fn stop(&self) -> Cost {
        Cost { wall: self.start.elapsed().as_secs_f64(), processor: processor() - self.processor }
    }
}

/// Seconds of all threads, those that ended included (proc(5): `utime` and `stime` in hundredths).
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields.iter().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory that the process had so far, in megabytes.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib * 1024.0 / 1e6)
}
