//! Handing out work: many builders, many owners, many tasks, on both databases.
//!
//! Real builders' requests over HTTP, as long polls; nothing is built. First builders wait that can do nothing of what waits, and
//! new builds are submitted, for which they have to be found. Then builders take what waits as fast as they are given it: they ask again at
//! once; last they also end each task before they ask.

use std::collections::HashMap;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use copr_testkit::service::{Launch, Service};
use serde_json::{Value, json};

use crate::bench::api::load::Connection;
use crate::bench::fill;
use crate::coprd;
use crate::postgres::Server;

const BUILDERS: usize = 400;
/// Registered builders; each stands for several processes.
const REGISTERED: usize = 20;
/// Between two submissions.
const PAUSE: Duration = Duration::from_millis(40);
/// How long a build is waited for that nobody has.
const PATIENCE: Duration = Duration::from_secs(20);
const LATENCY_BAR: f64 = 500.0;
const RATE_BAR: f64 = 500.0;

pub fn queue(given: Option<&Path>, time: Duration, tasks: u64, database: Option<&str>) -> Result<()> {
    let binary = coprd::program(given)?;
    let scratch = tempfile::Builder::new().prefix("coprd-bench-").tempdir()?;
    let engines = ["sqlite", "postgres"].into_iter().filter(|engine| database.is_none_or(|wanted| wanted == *engine));
    for engine in engines {
        let directory = scratch.path().join(engine);
        std::fs::create_dir(&directory)?;
        // Nobody sends heartbeats.
        let mut launch = Launch::of(&binary)
            .argument("--no-builder")
            .setting("log.level", "warn")
            .setting("scheduler.lease_seconds", "86400");
        let server = (engine == "postgres").then(Server::start_durable).transpose()?;
        if let Some(server) = &server {
            launch = launch.setting("database", &server.url());
        }
        let mut service = launch.start(&directory)?;
        let address = match &server {
            Some(server) => server.url(),
            None => format!("sqlite://{}", service.data_dir().join("coprd.sqlite").display()),
        };
        fill("waiting", &address, &[&tasks.to_string()])?;
        let names = (0..REGISTERED).map(|n| format!("bench{n}"));
        let tokens = names.map(|name| Ok(service.admin(&["builder", "add", &name])?.trim().to_owned()));
        let tokens = tokens.collect::<Result<Vec<String>>>()?;
        // Again, so that nothing of the filling is left in its memory.
        service.terminate()?;
        service.start_again()?;
        measure(engine, &service, &tokens, time)?;
    }
    Ok(())
}

fn measure(engine: &str, service: &Service, tokens: &[String], time: Duration) -> Result<()> {
    let idle = Builders { tokens, address: service.address(), arches: &["riscv64"], ends: false };
    let (_, waits) = idle.work(time, Some(service))?;
    tell(engine, "submit-to-lease", &waits);
    let busy = Builders { arches: &["x86_64", "aarch64"], ..idle };
    let (rate, waits) = busy.work(time, Some(service))?;
    println!("bench queue {engine} leases: ours={rate:.0}/s bar={RATE_BAR}/s ratio={:.2}", rate / RATE_BAR);
    tell(engine, "submit-to-lease-while-all-ask", &waits);
    let (rate, _) = Builders { ends: true, ..busy }.work(time, None)?;
    println!("bench queue {engine} leases-and-ends: ours={rate:.0}/s");
    Ok(())
}

fn tell(engine: &str, what: &str, waits: &[f64]) {
    let at = |part: usize| waits.get((waits.len() * part).div_ceil(100).saturating_sub(1)).copied().unwrap_or(f64::NAN);
    let (middle, p99) = (at(50), at(99));
    println!("bench queue {engine} {what} median: ours={middle:.1}ms of {} builds", waits.len());
    println!("bench queue {engine} {what} p99: ours={p99:.1}ms bar={LATENCY_BAR}ms ratio={:.2}", p99 / LATENCY_BAR);
}

/// Builders that ask.
#[derive(Clone, Copy)]
struct Builders<'a> {
    tokens: &'a [String],
    address: SocketAddr,
    arches: &'a [&'a str],
    /// Whether they end their tasks.
    ends: bool,
}

/// What all of them share.
#[derive(Default)]
struct Common {
    over: AtomicBool,
    leases: AtomicUsize,
    /// Source tasks that somebody has, by the numbers of their builds.
    had: Mutex<HashMap<i64, Instant>>,
    lines: Mutex<Vec<TcpStream>>,
}

impl Common {
    /// Until somebody has each of these builds, or it has taken too long.
    fn wait_for(&self, submitted: &[(i64, Instant)]) {
        let start = Instant::now();
        let all = || {
            let had = self.had.lock().unwrap_or_else(PoisonError::into_inner);
            submitted.iter().all(|(build, _)| had.contains_key(build))
        };
        while !all() && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Builders<'_> {
    /// Leases a second, and the milliseconds in which submitted builds were leased, ascending.
    fn work(self, time: Duration, submit: Option<&Service>) -> Result<(f64, Vec<f64>)> {
        let common = Common::default();
        thread::scope(|scope| {
            let workers: Vec<_> = (0..BUILDERS)
                .map(|number| {
                    scope.spawn({
                        let common = &common;
                        move || self.ask(number, common)
                    })
                })
                .collect();
            // Until all are there.
            thread::sleep(Duration::from_secs(2));
            let (start, before) = (Instant::now(), common.leases.load(Ordering::Relaxed));
            let submitted = match submit {
                Some(service) => submit_for(service, time),
                None => {
                    thread::sleep(time);
                    Ok(Vec::new())
                }
            };
            let rate = (common.leases.load(Ordering::Relaxed) - before) as f64 / start.elapsed().as_secs_f64();
            // The last ones have time to be found.
            if let Ok(submitted) = &submitted {
                common.wait_for(submitted);
            }
            common.over.store(true, Ordering::Relaxed);
            for line in common.lines.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
                line.shutdown(Shutdown::Both).ok();
            }
            for worker in workers {
                worker.join().map_err(|_| anyhow::anyhow!("a builder panicked"))??;
            }
            let had = common.had.lock().unwrap_or_else(PoisonError::into_inner);
            let mut waits = Vec::new();
            for (build, at) in submitted? {
                let leased = had.get(&build).map(|leased| leased.saturating_duration_since(at).as_secs_f64() * 1000.0);
                waits.push(leased.unwrap_or(f64::INFINITY));
            }
            waits.sort_by(f64::total_cmp);
            Ok((rate, waits))
        })
    }

    fn ask(self, number: usize, common: &Common) -> Result<()> {
        let token = self.tokens.get(number % self.tokens.len()).context("no builders")?;
        let mut connection = Connection::open(self.address)?;
        common.lines.lock().unwrap_or_else(PoisonError::into_inner).push(connection.line()?);
        let request = json!({
            "builder": format!("process{number}"), "arches": self.arches, "isolation": "none", "tools": [], "wait_seconds": 30
        });
        let request = post("/builder/v1/lease", &format!("Bearer {token}"), &request);
        loop {
            let answer = match connection.ask_for(&request) {
                _ if common.over.load(Ordering::Relaxed) => return Ok(()),
                answer => answer?,
            };
            let Some(lease) = answer else { continue };
            let at = Instant::now();
            common.leases.fetch_add(1, Ordering::Relaxed);
            let lease: Value = serde_json::from_slice(&lease)?;
            if lease["task"]["kind"] == "source" {
                let build = lease["task"]["build_id"].as_i64().context("a task without a build")?;
                common.had.lock().unwrap_or_else(PoisonError::into_inner).insert(build, at);
            }
            if self.ends || lease["task"]["kind"] == "source" {
                let failure = json!({ "class": "user", "phase": "build", "message": "it broke" });
                let end = json!({ "fence": lease["fence"], "outcome": { "result": "failed", "failure": failure }, "files": [] });
                let path = format!("/builder/v1/tasks/{}/finish", lease["task_id"]);
                if let Err(error) = connection.ask_for(&post(&path, &format!("Bearer {token}"), &end))
                    && !common.over.load(Ordering::Relaxed)
                {
                    return Err(error);
                }
            }
        }
    }
}

/// Submits builds one after the other, of a person who has nothing else: their numbers, and when.
fn submit_for(service: &Service, time: Duration) -> Result<Vec<(i64, Instant)>> {
    let pair = format!("{}:{}", service.setting("login")?, service.setting("token")?);
    let login = format!("Basic {}", BASE64_STANDARD.encode(pair));
    let body = json!({ "ownername": "new", "projectname": "new", "pkgs": ["https://x.example/n-1-1.src.rpm"] });
    let request = post("/api_3/build/create/url", &login, &body);
    let mut connection = Connection::open(service.address())?;
    let start = Instant::now();
    let mut submitted = Vec::new();
    while start.elapsed() < time {
        let at = Instant::now();
        let answer: Value = serde_json::from_slice(&connection.ask(&request)?)?;
        let Some(build) = answer["items"][0]["id"].as_i64() else { bail!("no build in {answer}") };
        submitted.push((build, at));
        thread::sleep(PAUSE);
    }
    Ok(submitted)
}

fn post(path: &str, authorization: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
