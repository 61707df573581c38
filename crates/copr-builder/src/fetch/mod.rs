//! Downloads of addresses that users gave: in a sandbox of their own, by this same program.
//!
//! The control side never opens such an address. It starts itself again inside
//! [`Root::HostTools`](copr_sandbox::Root) with [`CHILD`] as first argument, a directory to write
//! into, and nothing else of the host; then takes the files out.

mod child;
pub(crate) mod rules;

use std::path::{Path, PathBuf};
use std::time::Duration;

use copr_sandbox::{Command, Limits, Network, Root};
use copr_types::Phase;
use serde::{Deserialize, Serialize};

use crate::config::Downloads;
use crate::end::{self, Step};
use crate::place::Place;
use crate::transcript::Of;
use crate::work::Work;

/// First argument of the downloader.
const CHILD: &str = "copr-builder-fetch";
/// Its report lies beside the files.
const REPORT: &str = "report.json";

/// One address to fetch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub url: String,
    /// Largest file that is taken; zero for no limit.
    pub most: u64,
}

/// What the child is told.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    wanted: Vec<Wanted>,
    rules: Downloads,
    attempts: u32,
    pause_ms: u64,
    directory: PathBuf,
}

/// What became of one address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Fetched {
    /// It lies in the file named by its place in the list.
    There { size: u64 },
    /// It does not.
    Failed { fault: Fault, message: String },
}

/// Whose fault a failed download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// The address is wrong.
    Address,
    /// Network or server; another try may work.
    Network,
    /// Larger than allowed.
    Size,
}

/// Fetches all, in one sandbox, into `into` (files `0`, `1`, …). The answers are in order.
pub(crate) async fn fetch(work: &Work, wanted: Vec<Wanted>, into: &Path, timeout: Duration) -> Step<Vec<Fetched>> {
    let (phase, place) = (Phase::Fetch, &work.place);
    let count = wanted.len();
    let largest = wanted.iter().map(|one| one.most).max().unwrap_or(0);
    let inside = into.join("in-sandbox");
    std::fs::create_dir_all(&inside).map_err(end::local(phase, "make a directory for downloads"))?;
    let order = Order {
        wanted,
        rules: place.config.downloads.clone(),
        attempts: place.config.attempts,
        pause_ms: u64::try_from(place.config.retry_pause.as_millis()).unwrap_or(2000),
        directory: "/out".into(),
    };
    let order = serde_json::to_string(&order).map_err(|error| end::infrastructure(phase, error.to_string()))?;
    let log = work.transcript.clone();
    let command = Command::new(Root::HostTools, "/copr-builder")
        .args([CHILD.to_owned(), order])
        .bind_read_only(&place.config.program, "/copr-builder")
        .bind_writable(&inside, "/out")
        .network(Network::On)
        .limits(Limits {
            wall: (!timeout.is_zero()).then_some(timeout),
            memory: Some(512 << 20),
            processes: Some(64),
            output: Some(4 << 20),
            disk: None,
            open_files: Some(256),
        })
        .cancelled_by(work.held.stop.clone())
        .on_output(move |bytes| log.output(Of::Build, bytes));
    let ended = place.sandbox.run(command).await.map_err(end::sandbox(phase))?;
    work.held.check()?;
    if ended.limit_hit == Some(copr_sandbox::Limit::Wall) {
        return Err(end::resource(
            phase,
            format!("the download took longer than the limit of {} s", timeout.as_secs()),
        ));
    }
    if !ended.success() {
        return Err(end::infrastructure(phase, format!("the downloader ended with {}", ended.exit)));
    }
    let report = take(place, &inside, REPORT, &into.join(REPORT), 1 << 20).await?;
    let report = std::fs::read(report).map_err(end::local(phase, "read the downloader's report"))?;
    let report: Vec<Fetched> = serde_json::from_slice(&report)
        .map_err(|error| end::infrastructure(phase, format!("the downloader's report: {error}")))?;
    if report.len() != count {
        return Err(end::infrastructure(phase, "the downloader did not do all it was asked for"));
    }
    for (number, fetched) in report.iter().enumerate() {
        if matches!(fetched, Fetched::There { .. }) {
            let name = number.to_string();
            take(place, &inside, &name, &into.join(&name), if largest == 0 { u64::MAX } else { largest }).await?;
        }
    }
    Ok(report)
}

async fn take(place: &Place, tree: &Path, name: &str, to: &Path, most: u64) -> Step<PathBuf> {
    place.sandbox.copy_out(tree, Path::new(name), to, most).await.map_err(end::sandbox(Phase::Fetch))?;
    Ok(to.to_owned())
}

/// The failure of a build whose source could not be had.
pub(crate) fn failure(fault: Fault, message: &str) -> crate::end::End {
    match fault {
        Fault::Address => end::user(Phase::Fetch, message),
        Fault::Network => end::infrastructure(Phase::Fetch, message),
        Fault::Size => end::resource(Phase::Fetch, message),
    }
}

/// Runs the downloader, and never returns, when this process was started as one.
pub(crate) fn main_if_child() {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() != Some(CHILD) {
        return;
    }
    let done = args.next().ok_or_else(|| "no order".to_owned()).and_then(|order| child::run(&order));
    match done {
        Ok(()) => std::process::exit(0),
        Err(message) => {
            eprintln!("downloader: {message}");
            std::process::exit(1);
        }
    }
}
