//! What reading and writing through API v3 costs on the data of a busy service, on both databases.
//!
//! Per kind of request: processor time of the service and its database together, requests a second and the time
//! within which 99 of 100 answers come, with 8 clients. The peer's figures were measured on the same data and kind of
//! machine: the present Python service with its database.

pub(super) mod load;
mod processor;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use copr_testkit::run;
use copr_testkit::service::{Launch, Service};

use crate::bench::idle::resident_megabytes;
use crate::bench::populate;
use crate::coprd;
use crate::postgres::Server;
use load::{Connection, Outcome, Requests, run as load};
use processor::Processes;

const CLIENTS: usize = 8;
const P99_BAR: f64 = 50.0;
const MEMORY_BAR: f64 = 250.0;
/// Keys that are made ahead for projects that are added.
const SPARE_KEYS: usize = 32;
const WARM_UP: Duration = Duration::from_millis(500);

/// A kind of request with the peer's figures: milliseconds of processor time, and requests a second.
struct Kind {
    name: &'static str,
    peer: Option<(f64, f64)>,
    requests: Requests,
}

pub fn api(given: Option<&Path>, seconds: u64, database: Option<&str>, only: Option<&str>) -> Result<()> {
    let binary = coprd::program(given)?;
    let scratch = tempfile::Builder::new().prefix("coprd-bench-").tempdir()?;
    let engines = ["sqlite", "postgres"].into_iter().filter(|engine| database.is_none_or(|wanted| wanted == *engine));
    for engine in engines {
        let directory = scratch.path().join(engine);
        std::fs::create_dir(&directory)?;
        let mut launch = Launch::of(&binary).argument("--no-builder").setting("log.level", "warn");
        let server = (engine == "postgres").then(Server::start_durable).transpose()?;
        if let Some(server) = &server {
            launch = launch.setting("database", &server.url());
        }
        let mut service = launch.start(&directory)?;
        let address = match &server {
            Some(server) => server.url(),
            None => format!("sqlite://{}", service.data_dir().join("coprd.sqlite").display()),
        };
        // 5,000 projects, 200,000 builds, 600,000 chroots of builds.
        populate(&address, &[])?;
        prepare_keys(&service, engine)?;
        // Again, so that nothing of the filling is left in its memory.
        service.terminate()?;
        service.start_again()?;
        measure(engine, &service, server.as_ref(), Duration::from_secs(seconds), only)?;
    }
    Ok(())
}

fn prepare_keys(service: &Service, engine: &str) -> Result<()> {
    let keys = service.data_dir().join("keys");
    let (keys, count) = (keys.to_str().context("a path that is no text")?, SPARE_KEYS.to_string());
    let mut cargo = run::cargo();
    cargo.args(["run", "--quiet", "--package", "copr-sign", "--example", "spares", "--", keys, &count]);
    let seconds = run::read(&mut cargo)?;
    println!("bench api {engine} key: ours={}s", seconds.trim());
    Ok(())
}

fn measure(engine: &str, service: &Service, server: Option<&Server>, time: Duration, only: Option<&str>) -> Result<()> {
    let pid = service.pid().context("the service is not running")?;
    let processes = Processes([Some(pid), server.map(Server::pid)].into_iter().flatten().collect());
    for kind in kinds(service)? {
        if only.is_some_and(|only| !kind.name.contains(only)) {
            continue;
        }
        if !kind.requests.are_used_up() {
            load(service.address(), &kind.requests, CLIENTS, WARM_UP)?;
        }
        let before = processes.seconds()?;
        let outcome = load(service.address(), &kind.requests, CLIENTS, time)?;
        let spent = processes.seconds()? - before;
        tell(engine, &kind, &outcome, spent);
    }
    if only.is_none() {
        after_changes(engine, service)?;
    }
    let memory = resident_megabytes(pid)?;
    println!("bench api {engine} resident: ours={memory:.1}MB bar={MEMORY_BAR}MB ratio={:.2}", memory / MEMORY_BAR);
    Ok(())
}

fn tell(engine: &str, kind: &Kind, outcome: &Outcome, spent: f64) {
    let (name, cpu, rate) = (kind.name, spent * 1000.0 / outcome.count as f64, outcome.rate());
    let p99 = outcome.p99().as_secs_f64() * 1000.0;
    match kind.peer {
        Some((peer_cpu, peer_rate)) => {
            println!(
                "bench api {engine} {name} cpu: ours={cpu:.3}ms peer={peer_cpu}ms ratio=1/{:.0}",
                peer_cpu / cpu.max(1e-6)
            );
            println!(
                "bench api {engine} {name} rate: ours={rate:.0}/s peer={peer_rate}/s ratio={:.1}",
                rate / peer_rate
            );
        }
        None => {
            println!("bench api {engine} {name} cpu: ours={cpu:.3}ms\nbench api {engine} {name} rate: ours={rate:.0}/s")
        }
    }
    println!("bench api {engine} {name} p99: ours={p99:.1}ms bar={P99_BAR}ms ratio={:.2}", p99 / P99_BAR);
}

/// Reads of the big project, each the first after a change: nothing that was remembered is of use.
fn after_changes(engine: &str, service: &Service) -> Result<()> {
    let login = authorization(service)?;
    let change = post(
        "/api_3/build/create/url",
        &login,
        r#"{"ownername":"owner0","projectname":"big","pkgs":["https://x.example/n-1-1.src.rpm"]}"#,
    );
    let big = "ownername=owner0&projectname=big";
    for (name, path) in [
        ("monitor", format!("/api_3/monitor?{big}")),
        ("package-list-all", format!("/api_3/package/list?{big}")),
        (
            "package-list-latest-succeeded",
            format!("/api_3/package/list?{big}&limit=100&with_latest_build=True&with_latest_succeeded_build=True"),
        ),
        ("build-list-first", format!("/api_3/build/list?{big}&limit=100")),
        ("build-list-deep", format!("/api_3/build/list?{big}&limit=100&offset=19000")),
        ("build-list-failed", format!("/api_3/build/list?{big}&limit=10&status=failed")),
    ] {
        let mut connection = Connection::open(service.address())?;
        let mut times = Vec::new();
        for _ in 0..15 {
            connection.ask(&change)?;
            let start = Instant::now();
            connection.ask(&get(&path))?;
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        println!("bench api {engine} {name}-after-change: ours={:.1}ms", super::median(times));
    }
    Ok(())
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n")
}

fn post(path: &str, authorization: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn authorization(service: &Service) -> Result<String> {
    let pair = format!("{}:{}", service.setting("login")?, service.setting("token")?);
    Ok(format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

/// The kinds, each on many different rows where a service has many.
fn kinds(service: &Service) -> Result<Vec<Kind>> {
    let login = authorization(service)?;
    let gets = |count: usize, path: &dyn Fn(usize) -> String| Requests::new((0..count).map(|n| get(&path(n))));
    let one = |path: String| Requests::new([get(&path)]);
    let project = |n: usize| {
        let number = 1 + (n * 37) % 4_999;
        format!("ownername=owner{}&projectname=project{number}", number / 10)
    };
    let big = "ownername=owner0&projectname=big";
    let kind = |name, peer, requests| Kind { name, peer: Some(peer), requests };
    let mut all = vec![
        kind("project-get", (7.3, 268.0), gets(1_000, &|n| format!("/api_3/project?{}", project(n)))),
        kind(
            "project-list-owner",
            (22.0, 85.0),
            gets(400, &|n| format!("/api_3/project/list?ownername=owner{}", n + 1)),
        ),
        kind("project-list-first", (175.0, 11.0), one("/api_3/project/list?limit=100".to_owned())),
        kind(
            "project-search",
            (113.0, 18.0),
            gets(400, &|n| format!("/api_3/project/search?query=number+{}&limit=20", n + 100)),
        ),
        kind("build-get", (7.2, 272.0), gets(1_000, &|n| format!("/api_3/build/{}", 2_000_000 + n * 173))),
        kind("build-list-first", (40.0, 47.0), one(format!("/api_3/build/list?{big}&limit=100"))),
        kind("build-list-deep", (42.0, 47.0), one(format!("/api_3/build/list?{big}&limit=100&offset=15000"))),
        Kind {
            name: "build-list-last-pages",
            peer: None,
            requests: gets(50, &|n| format!("/api_3/build/list?{big}&limit=100&offset={}", 15_000 + n * 100)),
        },
        kind("build-list-failed", (5_553.0, 0.4), one(format!("/api_3/build/list?{big}&limit=10&status=failed"))),
        kind("package-list", (7.7, 254.0), one(format!("/api_3/package/list?{big}&limit=100"))),
        kind(
            "package-list-latest",
            (40.0, 46.0),
            one(format!("/api_3/package/list?{big}&limit=100&with_latest_build=True")),
        ),
        kind(
            "package-list-latest-succeeded",
            (484.0, 4.0),
            one(format!("/api_3/package/list?{big}&limit=100&with_latest_build=True&with_latest_succeeded_build=True")),
        ),
        kind("package-list-all", (93.0, 21.0), one(format!("/api_3/package/list?{big}"))),
        kind("monitor", (1_735.0, 1.1), one(format!("/api_3/monitor?{big}"))),
        kind(
            "repo-file",
            (6.6, 289.0),
            gets(1_000, &|n| {
                let number = 1 + (n * 37) % 4_999;
                format!("/coprs/owner{}/project{number}/repo/fedora-44/dnf.repo?arch=x86_64", number / 10)
            }),
        ),
    ];
    let builds = |n: usize| {
        let number = 1 + (n * 37) % 4_999;
        let body = format!(
            r#"{{"ownername":"owner{}","projectname":"project{number}","pkgs":["https://x.example/n-1-1.src.rpm"]}}"#,
            number / 10
        );
        post("/api_3/build/create/url", &login, &body)
    };
    all.push(kind("build-create", (25.0, 80.0), Requests::new((0..1_000).map(builds))));
    let projects = |n: usize| {
        let body = format!(r#"{{"name":"new{n}","chroots":["fedora-43-x86_64","fedora-44-x86_64","epel-9-x86_64"]}}"#);
        post("/api_3/project/add/admin", &login, &body)
    };
    // As many as there are keys: the peer's are made by another machine, too, and later.
    all.push(kind("project-add", (28.0, 70.0), Requests::once((0..SPARE_KEYS).map(projects))));
    Ok(all)
}
