//! Publishing large repositories: a turn of a publisher with everything, with one more package, without one; against
//! createrepo_c on the same packages in the same run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use copr_testkit::{run, synthetic};
use serde_json::Value;

use crate::bench::cli::child::Cost;
use crate::bench::median;
use crate::coprd;

/// What one package more may take in the largest repository, in seconds.
const MORE_BAR: f64 = 0.3;
/// How often faster than `createrepo_c --update` that has to be.
const FASTER_BAR: f64 = 25.0;
/// Megabytes.
const MEMORY_BAR: f64 = 200.0;
/// Numbers of packages that only createrepo_c is shown.
const PEERS: u64 = 9_000_000;

pub fn publish(sizes: &[u64], rounds: usize) -> Result<()> {
    ensure!(rounds > 0, "no rounds, no figures");
    let program = coprd::release_example("copr-app", "publishing")?;
    for size in sizes {
        let scratch = tempfile::Builder::new().prefix("coprd-bench-").tempdir()?;
        measure(&program, scratch.path(), *size, rounds)?;
    }
    Ok(())
}

fn measure(program: &Path, scratch: &Path, size: u64, rounds: usize) -> Result<()> {
    let mut ours = run::program(program)?;
    ours.arg(scratch.join("data")).args([size.to_string(), rounds.to_string()]);
    let told = run::read(&mut ours)?;
    let ours: Value = serde_json::from_str(told.lines().last().context("the example said nothing")?)?;
    let repository = PathBuf::from(ours["repository"].as_str().context("the example names no repository")?);
    let published = ours["packages"].as_u64().context("the example counts no packages")?;
    ensure!(published == size + rounds as u64, "{published} packages were published instead of {size} and {rounds}");

    let peer = Peer { repository, output: scratch.join("peer") };
    let full = peer.run(&[])?;
    let (mut more, mut less) = (Vec::new(), Vec::new());
    for round in 0..rounds as u64 {
        let file = peer.repository.join(synthetic::file_name(PEERS + round));
        std::fs::write(&file, synthetic::rpm(PEERS + round))?;
        more.push(peer.run(&["--update", "--skip-stat"])?);
        std::fs::remove_file(&file)?;
        less.push(peer.run(&["--update", "--skip-stat"])?);
    }

    let figure = |figure: &Value, what: &str| figure[what].as_f64().unwrap_or(f64::NAN);
    let middle =
        |costs: &Value, what| median(costs.as_array().into_iter().flatten().map(|cost| figure(cost, what)).collect());
    let peers = |costs: &[Cost], of: fn(&Cost) -> f64| median(costs.iter().map(of).collect());
    for (what, ours, peer) in [("one-more", &ours["more"], &more), ("one-less", &ours["less"], &less)] {
        for (name, mine, its) in [
            ("wall", middle(ours, "wall"), peers(peer, |cost| cost.wall)),
            ("cpu", middle(ours, "processor"), peers(peer, Cost::all)),
        ] {
            let bar = if size >= 50_000 && name == "wall" {
                format!(" bar={MORE_BAR}s and 1/{FASTER_BAR}")
            } else {
                String::new()
            };
            println!(
                "bench publish {size} {what} {name}: ours={mine:.3}s peer={its:.3}s ratio=1/{:.0}{bar}",
                its / mine
            );
        }
    }
    let whole = |what| figure(&ours["describing"], what) + figure(&ours["full"], what);
    let (wall, cpu) = (whole("wall"), whole("processor"));
    println!("bench publish {size} full wall: ours={wall:.2}s peer={:.2}s ratio={:.2}", full.wall, wall / full.wall);
    let its = full.all();
    println!("bench publish {size} full cpu: ours={cpu:.2}s peer={its:.2}s ratio={:.2} bar=1", cpu / its);
    let anew = figure(&ours["anew"], "wall");
    println!(
        "bench publish {size} cache-lost wall: ours={anew:.3}s peer={:.2}s ratio={:.2}",
        full.wall,
        anew / full.wall
    );
    let peak = figure(&ours, "peak");
    println!("bench publish {size} memory: ours={peak:.0}MB bar={MEMORY_BAR}MB ratio={:.2}", peak / MEMORY_BAR);
    Ok(())
}

/// createrepo_c, writing beside the repository.
struct Peer {
    repository: PathBuf,
    output: PathBuf,
}

impl Peer {
    fn run(&self, more: &[&str]) -> Result<Cost> {
        std::fs::create_dir_all(&self.output)?;
        let mut command: Command = run::program("createrepo_c")?;
        // SQLite databases are nothing that we make, and would take most of its time.
        command.args(["--no-database", "--quiet", "--outputdir"]).arg(&self.output).args(more).arg(&self.repository);
        let cost = Cost::of(&mut command)?;
        if !self.output.join("repodata/repomd.xml").is_file() {
            bail!("createrepo_c wrote no metadata");
        }
        Ok(cost)
    }
}
