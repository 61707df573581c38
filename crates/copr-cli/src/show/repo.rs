//! Repositories: their generations, and what differs between two.

use copr_client::v3::{Generation, ProjectRepositories, RepositoryDiff};
use serde::Serialize;
use std::io::{self, Write};

use super::Show;

/// The repositories of a project.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Repositories(pub ProjectRepositories);

impl Show for Repositories {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for repository in &self.0.repositories {
            writeln!(out, "{}: {}", repository.chroot, repository.baseurl)?;
            if repository.wanted > repository.generation {
                writeln!(out, "  {}\twill be published soon", repository.wanted)?;
            }
            if repository.devel_packages > 0 {
                writeln!(out, "  {} packages wait in the devel repository", repository.devel_packages)?;
            }
            repository.generations.iter().try_for_each(|one| generation(one, out))?;
        }
        Ok(())
    }
}

fn generation(generation: &Generation, out: &mut dyn Write) -> io::Result<()> {
    let Generation { number, packages, cause, pinned, .. } = generation;
    let moment = jiff::Timestamp::from_second(generation.created_on).map(|time| time.to_string()).unwrap_or_default();
    write!(out, "  {number}\t{moment}\t{packages} packages\t{cause}")?;
    match pinned {
        Some(name) => writeln!(out, "\tpinned as {name}"),
        None => writeln!(out),
    }
}

/// What differs between two generations.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Difference(pub RepositoryDiff);

impl Show for Difference {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let removed = self.0.removed.iter().map(|one| (&one.nevra, '-'));
        let mut lines: Vec<(&String, char)> = removed.chain(self.0.added.iter().map(|one| (&one.nevra, '+'))).collect();
        lines.sort();
        lines.into_iter().try_for_each(|(nevra, sign)| writeln!(out, "{sign} {nevra}"))
    }
}
