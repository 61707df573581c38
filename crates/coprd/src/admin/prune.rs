//! `coprd admin prune`

use super::told;
use crate::cli::Prune;
use copr_app::App;
use copr_app::prune::{self, Gone, Manner};

pub(super) async fn run(app: &App, command: Prune) -> anyhow::Result<()> {
    let project = command.project.as_ref().map(|(owner, name)| (owner.as_str(), name.as_str()));
    let manner = if command.dry_run { Manner::Dry } else { Manner::Real };
    let gone = prune::now(app, project, manner).await.map_err(told)?;
    super::print(&gone.iter().map(lines).collect::<String>())?;
    let count = |of: fn(&Gone) -> usize| gone.iter().map(of).sum::<usize>();
    let (packages, results, sources) =
        (count(|one| one.packages.len()), count(|one| one.results.len()), count(|one| one.sources.len()));
    let gone_word = if command.dry_run { "Would go" } else { "Gone" };
    let repositories = gone.iter().filter(|one| !one.packages.is_empty()).count();
    eprintln!(
        "{gone_word}: {packages} packages of {repositories} repositories, {results} directories with results, {sources} \
         with sources."
    );
    if !command.dry_run && packages + results + sources > 0 {
        eprintln!(
            "The service publishes the repositories and removes the files: at once if it runs, else when it does."
        );
    }
    Ok(())
}

/// Paths below the published tree.
fn lines(gone: &Gone) -> String {
    let here = &gone.repository;
    let dir = here.rsplit_once('/').map_or(here.as_str(), |(dir, _)| dir);
    let packages = gone.packages.iter().map(|href| format!("{here}/{href}\n"));
    let results = gone.results.iter().map(|name| format!("{here}/{name}/\n"));
    let sources = gone.sources.iter().map(|name| format!("{dir}/srpm-builds/{name}/\n"));
    packages.chain(results).chain(sources).collect()
}
