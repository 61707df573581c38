//! Chains: orders, and why they are that.

use copr_client::v3::{Chain, ChainNeed, ChainProvider, ChainStep, Dependents as Found};
use serde::Serialize;
use std::io::{self, Write};

use super::Show;

/// A chain in its order.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The chain.
    #[serde(flatten)]
    pub chain: Chain,
    /// Who needs its packages, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependents: Option<Found>,
}

impl Show for Plan {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Plan { chain, dependents } = self;
        writeln!(out, "Chain {} of {}/{}: {}", chain.id, chain.ownername, chain.project_dirname, chain.state)?;
        for build in chain.builds.iter().filter(|_| chain.chroots.is_empty()) {
            let package = build.package.as_deref().unwrap_or("not known yet");
            writeln!(out, "  build {} ({package}): {}", build.id, build.state)?;
        }
        for build in &chain.builds {
            if let Some(why) = &build.added_for {
                writeln!(out, "  build {} was added: {why}", build.id)?;
            }
        }
        for chroot in &chain.chroots {
            writeln!(out, "{}:", chroot.name)?;
            chroot.steps.iter().try_for_each(|step| self::step(step, out))?;
        }
        match dependents {
            Some(found) => {
                writeln!(out, "To be built again:")?;
                Dependents(found.clone()).text(out)
            }
            None => Ok(()),
        }
    }
}

fn step(step: &ChainStep, out: &mut dyn Write) -> io::Result<()> {
    let wave = step.wave.map_or_else(|| "-".to_owned(), |wave| wave.to_string());
    writeln!(out, "  {wave}  {} (build {}): {}", step.package, step.build_id, step.state)?;
    for need in &step.needs {
        need.providers.iter().try_for_each(|provider| self::need(need, provider, out))?;
    }
    if !step.circle.is_empty() {
        writeln!(out, "       in a circle: {}", step.circle.join(" → "))?;
    }
    step.status_reason.lines().try_for_each(|line| writeln!(out, "       {line}"))
}

fn need(need: &ChainNeed, provider: &ChainProvider, out: &mut dyn Write) -> io::Result<()> {
    let ChainProvider { package, known_from, given_up, .. } = provider;
    match given_up {
        None => writeln!(out, "       after {package}, for {}: {known_from}", need.what),
        Some(why) => writeln!(out, "       not after {package}, for {}: {why}", need.what),
    }
}

/// Who needs some packages.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Dependents(pub Found);

impl Show for Dependents {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for chroot in &self.0.chroots {
            match chroot.packages.is_empty() {
                true => writeln!(out, "{}: nobody needs them", chroot.name)?,
                false => writeln!(out, "{}:", chroot.name)?,
            }
            for one in &chroot.packages {
                writeln!(out, "  {}: needs {} of {}, says its build {}", one.package, one.what, one.of, one.build_id)?;
            }
        }
        Ok(())
    }
}
