//! Sets of builds whose order the service finds itself.

use copr_client::v3::{self, Build, BuildOptions, Chain, ChainOptions, Client, Error, FullName, Paging, WithBuilds};

use super::project::set;
use super::submit::{submitted, target};
use crate::cli::build::Options;
use crate::cli::chain::{CancelChain, Flags, GetChain, ListChains, RebuildDependents};
use crate::failure::Failure;
use crate::session::Session;
use crate::show::{Dependents, Plan, Record};
use crate::{cli, watch};

/// So many are asked for.
const MOST: u64 = 100;

/// The page of a chain.
fn page(session: &Session, chain: u64) -> String {
    format!("{}/coprs/chain/{chain}", session.url())
}

/// An open chain that is being filled.
pub(super) struct Open<'s> {
    session: &'s Session,
    client: &'s Client,
    told: &'s Options,
    flags: &'s Flags,
    /// The project.
    pub project: FullName,
    /// How its builds are to be made.
    pub options: BuildOptions,
    chain: u64,
}

/// Makes a chain for builds with these options.
pub(super) async fn open<'s>(session: &'s Session, told: &'s Options, flags: &'s Flags) -> Result<Open<'s>, Failure> {
    let client = session.authenticated()?;
    let (project, options) = target(session, told).await?;
    client.builds().check_before_build(&project, &options).await?;
    let (_, directory) = session.directory(&told.copr_repo).await?;
    let wanted = ChainOptions::new().project_dirname(directory).keep_going(flags.keep_going);
    let chain = client.chains().create(&project, &wanted.with_dependents(flags.with_dependents)).await?.id;
    let options = options.chain_id(chain);
    Ok(Open { session, client, told, flags, project, options, chain })
}

impl Open<'_> {
    /// Starts it with the builds that were made for it, or takes it back where one could not be made.
    pub async fn filled(self, builds: Result<Vec<Build>, Failure>) -> Result<(), Failure> {
        match builds {
            Err(failure) => {
                // Why there is no chain matters more than what is left of it.
                let _ = self.client.chains().cancel(self.chain).await;
                Err(failure)
            }
            Ok(builds) if self.flags.plan => self.planned(&builds).await,
            Ok(builds) => {
                self.client.chains().start(self.chain).await?;
                self.session.screen.tell(&format!("Chain {}: {}\n", self.chain, page(self.session, self.chain)))?;
                if !self.flags.with_dependents || self.told.nowait {
                    return submitted(self.session, &builds, self.told.nowait).await;
                }
                let started = until(self.client, self.chain, |chain| chain.state != "importing").await?;
                let builds = builds_of(self.client, &started).await?;
                submitted(self.session, &builds, false).await
            }
        }
    }

    /// Prints the order once it is known, and takes everything back.
    async fn planned(self, builds: &[Build]) -> Result<(), Failure> {
        let known = tokio::select! {
            known = until(self.client, self.chain, |chain| chain.is_ordered) => known,
            Ok(()) = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
        };
        let numbers: Vec<u64> = builds.iter().map(|build| build.id).collect();
        let canceled = self.client.chains().cancel(self.chain).await;
        // Projects may keep their builds for ever: then they stay, as canceled ones.
        let _ = self.client.builds().delete_list(&numbers).await;
        let chain = known?;
        canceled?;
        let dependents = match self.flags.with_dependents {
            true => self.dependents(&chain).await?,
            false => None,
        };
        Ok(self.session.screen.show(&Plan { chain, dependents })?)
    }

    /// Who needs the packages of a chain that the project has already.
    async fn dependents(&self, chain: &Chain) -> Result<Option<v3::Dependents>, Failure> {
        let packages: Vec<&str> = chain.builds.iter().filter_map(|build| build.package.as_deref()).collect();
        let there = known_packages(self.client, &self.project, &packages).await?;
        if there.is_empty() {
            return Ok(None);
        }
        let chroots: Vec<&str> = chain.chroots.iter().map(|chroot| chroot.name.as_str()).collect();
        let dirname = Some(chain.project_dirname.as_str());
        Ok(Some(self.client.chains().dependents(&self.project, dirname, &there, &chroots).await?))
    }
}

/// Those of some packages that the project has already.
async fn known_packages<'p>(
    client: &Client,
    project: &FullName,
    packages: &[&'p str],
) -> Result<Vec<&'p str>, Failure> {
    let mut there = Vec::new();
    for package in packages {
        match client.packages().get(project, package, WithBuilds::default()).await {
            Ok(_) => there.push(*package),
            Err(Error::NoResult { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(there)
}

/// Waits until a chain is as it is wanted.
async fn until(client: &Client, chain: u64, wanted: impl Fn(&Chain) -> bool) -> Result<Chain, Failure> {
    loop {
        let found = client.chains().get(chain).await?;
        if wanted(&found) {
            return Ok(found);
        }
        tokio::time::sleep(watch::interval()).await;
    }
}

/// The builds of a chain.
async fn builds_of(client: &Client, chain: &Chain) -> Result<Vec<Build>, Failure> {
    let mut builds = Vec::new();
    for build in &chain.builds {
        builds.push(client.builds().get(build.id).await?);
    }
    Ok(builds)
}

pub(super) async fn run(session: &Session, command: cli::chain::Command) -> Result<(), Failure> {
    use cli::chain::Command;
    match command {
        Command::RebuildDependents(rebuild) => rebuild_dependents(session, rebuild).await,
        Command::GetChain(GetChain { chain_id }) => {
            let chain = session.client()?.chains().get(chain_id).await?;
            Ok(session.screen.show(&Plan { chain, dependents: None })?)
        }
        Command::ListChains(ListChains { project, output_format }) => {
            let project = session.project(&project).await?;
            let page = session.client()?.chains().list(&project, &Paging::limit(MOST)).await?;
            let mut records = session.screen.records(output_format.unwrap_or(cli::Format::TextRow));
            for chain in page.items {
                let builds: Vec<u64> = chain.builds.iter().map(|build| build.id).collect();
                let record = Record::new().with("id", chain.id).with("state", chain.state).with("builds", builds);
                records.add(&record)?;
            }
            Ok(records.end()?)
        }
        Command::CancelChain(CancelChain { chain_id }) => {
            let chain = session.authenticated()?.chains().cancel(chain_id).await?;
            Ok(session.screen.show(&Plan { chain, dependents: None })?)
        }
    }
}

async fn rebuild_dependents(session: &Session, told: RebuildDependents) -> Result<(), Failure> {
    let (project, directory) = session.directory(&told.copr_repo).await?;
    session.note(|named| named.chroots.extend(told.chroots.iter().flatten().cloned()));
    if told.plan {
        let chroots = told.chroots.unwrap_or_default();
        let chains = session.client()?.chains();
        let found = chains.dependents(&project, Some(&directory), &told.packages, &chroots).await?;
        return Ok(session.screen.show(&Dependents(found))?);
    }
    let client = session.authenticated()?;
    let options = ChainOptions::new().project_dirname(directory).keep_going(told.keep_going);
    let options = set(options, told.chroots.clone(), ChainOptions::chroots);
    let chain = client.chains().create_of_dependents(&project, &told.packages, &options).await?;
    session.screen.tell(&format!("Chain {}: {}\n", chain.id, page(session, chain.id)))?;
    let builds = builds_of(client, &chain).await?;
    submitted(session, &builds, told.nowait).await
}
