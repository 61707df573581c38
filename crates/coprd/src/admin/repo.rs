//! `coprd admin repo`

use super::table::{self, or_dash};
use super::{told, words};
use crate::cli::{Listing, RepoCommand, RepoName};
use anyhow::bail;
use copr_app::App;
use copr_app::repository::{self, Depth, Finding};
use copr_db::repo::Repo;
use serde::Serialize;

pub(super) async fn run(app: &App, command: RepoCommand) -> anyhow::Result<()> {
    match command {
        RepoCommand::List { failing, listing } => list(app, failing, listing).await,
        RepoCommand::Verify { repo, all: _, deep, listing } => {
            let repos = match repo {
                Some(name) => named(app, &name).await?,
                None => repository::all(app).await.map_err(told)?,
            };
            verify(app, &repos, if deep { Depth::Packages } else { Depth::Metadata }, listing).await
        }
        RepoCommand::Rebuild { repo, listing } => rebuild(app, &named(app, &repo).await?, listing).await,
    }
}

async fn named(app: &App, name: &RepoName) -> anyhow::Result<Vec<Repo>> {
    repository::find(app, &name.owner, &name.dir, name.chroot.as_deref()).await.map_err(told)
}

/// A repository as programs see it.
#[derive(Serialize)]
struct Row {
    repository: String,
    generation: i64,
    wanted: i64,
    /// Tries in a row that failed.
    failures: i64,
    /// When there is another one.
    retry: Option<String>,
    error: Option<String>,
}

async fn list(app: &App, failing: bool, listing: Listing) -> anyhow::Result<()> {
    let repos = repository::all(app).await.map_err(told)?;
    let rows: Vec<Row> = repos
        .into_iter()
        .filter(|repo| !failing || repo.failures > 0)
        .map(|repo| Row {
            repository: repository::place(&repo),
            generation: repo.generation,
            wanted: repo.wanted,
            failures: repo.failures,
            retry: (repo.failures > 0).then(|| words::stamp(repo.retry_on)),
            error: repo.error,
        })
        .collect();
    if rows.is_empty() {
        eprintln!(
            "{}",
            if failing { "All repositories could be published." } else { "There are no repositories yet." }
        );
    }
    table::print(listing, &rows, ["REPOSITORY", "GENERATION", "STATE", "RETRY", "ERROR"], |row| {
        let state = match (row.failures, row.wanted > row.generation) {
            (0, false) => "published".to_owned(),
            (0, true) => format!("{} wanted", row.wanted),
            (failures, _) => format!("failed {failures} times"),
        };
        let retry = row.retry.clone().unwrap_or_default();
        let error = row.error.clone().unwrap_or_default();
        [row.repository.clone(), row.generation.to_string(), state, or_dash(&retry), or_dash(&error)]
    })
}

async fn verify(app: &App, repos: &[Repo], depth: Depth, listing: Listing) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for repo in repos {
        match repository::verify(app, repo, depth).await {
            Ok(verified) => {
                if !listing.json {
                    print(&verified.findings)?;
                }
                all.push(verified);
            }
            // Deleted since it was looked for.
            Err(refusal) if refusal.kind == copr_app::Kind::NotFound => {}
            Err(refusal) => return Err(told(refusal)),
        }
    }
    if listing.json {
        super::print(&(serde_json::to_string_pretty(&all)? + "\n"))?;
    }
    let (generations, packages) = all.iter().fold((0, 0), |(g, p), one| (g + one.generations, p + one.packages));
    eprintln!(
        "{}, {} and {} looked at.",
        words::many(all.len(), "repository", "repositories"),
        words::count(generations, "generation"),
        words::count(packages, "package"),
    );
    match all.iter().map(|one| one.findings.len()).sum() {
        0 => Ok(()),
        faults => bail!(
            "{} in {}\nhint: `coprd admin repo rebuild OWNER/PROJECT/CHROOT` makes metadata anew from the packages",
            words::count(faults, "fault"),
            words::many(all.iter().filter(|one| !one.findings.is_empty()).count(), "repository", "repositories"),
        ),
    }
}

async fn rebuild(app: &App, repos: &[Repo], listing: Listing) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for repo in repos {
        let rebuilt = repository::rebuild(app, repo).await.map_err(told)?;
        if !listing.json {
            print(&rebuilt.findings)?;
        }
        eprintln!(
            "`{}`: generation {} of {}, of which {} unlike what was noted.",
            rebuilt.repository,
            rebuilt.generation,
            words::count(rebuilt.packages, "package"),
            if rebuilt.changed == 1 { "1 is".to_owned() } else { format!("{} are", rebuilt.changed) },
        );
        all.push(rebuilt);
    }
    if listing.json {
        super::print(&(serde_json::to_string_pretty(&all)? + "\n"))?;
    }
    match all.iter().map(|one| one.findings.len()).sum() {
        0 => Ok(()),
        faults => bail!("{} could not be mended", words::count(faults, "fault")),
    }
}

/// One line each. Names of files come from anywhere: none of them may speak to the terminal.
fn print(findings: &[Finding]) -> anyhow::Result<()> {
    let lines = findings.iter().map(|one| format!("{}: {}", one.file, one.what));
    let lines: String = lines.map(|line| line.replace(char::is_control, "\u{fffd}") + "\n").collect();
    super::print(&lines)
}
