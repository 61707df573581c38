//! Chains: sets of builds whose order the service finds itself.
//!
//! Builds are submitted into an open chain, in any order and from any kind of source. Once it is started and the sources
//! of all members are in, it is planned for each chroot ([`plan`]): a member that needs what another one will provide waits
//! for it. Each chroot of a member is let go as soon as all that it waits for is published ([`advance`](advance())). Until
//! then its task is blocked, as the tasks of waiting batches are.
//!
//! What the plan did not foresee is found out by trying: a build that fails for want of something is held, and tried once
//! more when another member turns out to provide it.

mod advance;
mod dependents;
mod entry;
mod held;
mod knowledge;
mod plan;
mod repository;
mod shown;

pub use advance::advance;
pub use dependents::{Dependents, Needing, dependents, of_dependents};
pub(crate) use entry::{Entry, choose, enter};
pub(crate) use held::hold;
pub use plan::{Needed, Provider};
pub use shown::{Chroot, Member, Shown, Standing, Step, find, list, of_build};

use crate::build::Options;
use crate::{App, Refusal, access};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::chain::{Chain, NewChain};
use copr_db::project::Project;
use copr_types::{BuildId, ChainId, DirName};

/// Most members of one chain.
pub const MOST: usize = 2000;

/// What a new chain is to be like.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Directory of the project; the main one when not said.
    pub project_dirname: Option<String>,
    /// Members are built although what they need failed.
    pub keep_going: bool,
    /// Packages of the project that need its members to be built are built again as well.
    pub with_dependents: bool,
}

fn missing(id: ChainId) -> Refusal {
    Refusal::not_found(format!("Chain {id} does not exist."))
}

async fn load(conn: &mut Conn, id: ChainId) -> Result<Chain, Refusal> {
    copr_db::chain::by_id(conn, id).await?.ok_or_else(|| missing(id))
}

/// Makes an open chain without members.
pub async fn create(app: &App, who: &Account, owner: &str, name: &str, input: &Input) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    may_build(&mut tx, who, &project).await?;
    let dir = match input.project_dirname.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => {
            DirName::parse(&project.name, name).map_err(|error| Refusal::field("project_dirname", error.to_string()))?
        }
        None => DirName::main(&project.name),
    };
    let new = NewChain {
        project: project.id,
        dir: dir.as_str(),
        account: who.id,
        keep_going: input.keep_going,
        with_dependents: input.with_dependents,
    };
    let id = copr_db::chain::create(&mut tx, new, app.clock.now()).await?;
    tx.commit().await?;
    find(app, id).await
}

/// That a person may build in a project, or the contract's 403.
async fn may_build(conn: &mut Conn, who: &Account, project: &Project) -> Result<(), Refusal> {
    if access::standing(conn, who, project).await?.can_build() {
        return Ok(());
    }
    Err(Refusal::forbidden(format!("User {} is not allowed to build in the copr: {}", who.name, project.full_name())))
}

/// A chain that this person may change: whoever may build in its project.
async fn own(conn: &mut Conn, who: &Account, id: ChainId) -> Result<Chain, Refusal> {
    let chain = load(conn, id).await?;
    let project = copr_db::project::by_id(conn, chain.project_id).await?.ok_or_else(|| missing(id))?;
    may_build(conn, who, &project).await?;
    Ok(chain)
}

/// Starts a chain: no further builds can become members, and it is planned when the sources of all are in.
pub async fn start(app: &App, who: &Account, id: ChainId) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    own(&mut tx, who, id).await?;
    if copr_db::chain::members(&mut tx, id).await?.is_empty() {
        return Err(Refusal::invalid(format!("Chain {id} has no builds")));
    }
    if !copr_db::chain::start(&mut tx, id, app.clock.now()).await? {
        return Err(Refusal::conflict(format!("Chain {id} has been started already")));
    }
    tx.commit().await?;
    find(app, id).await
}

/// Cancels a chain: all its builds that have not ended are canceled. Those on their way into a repository get there.
pub async fn cancel(app: &App, who: &Account, id: ChainId) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    own(&mut tx, who, id).await?;
    // First of all: nothing more is let go, and nobody becomes a member.
    if !copr_db::chain::cancel(&mut tx, id).await? {
        return Err(Refusal::conflict(format!("Chain {id} has ended already")));
    }
    tx.commit().await?;
    advance::wind_up(app, who, id).await?;
    find(app, id).await
}

/// The builds of a chain that are there, with their chroots, by number.
async fn builds(conn: &mut Conn, ids: &[BuildId]) -> Result<Vec<crate::build::Shown>, Refusal> {
    let mut rows = copr_db::build::by_ids(conn, ids).await?;
    rows.sort_by_key(|build| build.id);
    crate::build::show(conn, rows).await
}

/// What the options of a build have to leave out in a chain.
fn other_order(options: &Options) -> bool {
    let said = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.trim().is_empty());
    said(&options.after_build_id) || said(&options.with_build_id)
}
