//! How builds become members.

use super::{MOST, load, missing, other_order};
use crate::build::Options;
use crate::project::input::NOT_AN_INTEGER;
use crate::{FieldErrors, Kind, Refusal};
use copr_db::Conn;
use copr_db::project::Project;
use copr_types::{BuildId, ChainId, DirName, PackageId};

/// The chain that a new build goes into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The chain.
    pub chain: ChainId,
    /// Why, when nobody named the build.
    pub added_for: String,
    /// The state that the chain has to be in.
    pub state: &'static str,
}

const FIELD: &str = "chain_id";

/// The chain that the options name, when the build can go into it.
pub(crate) async fn choose(
    conn: &mut Conn,
    project: &Project,
    options: &Options,
    errors: &mut FieldErrors,
) -> Result<Option<Entry>, Refusal> {
    let Some(text) = options.chain_id.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let Ok(id) = text.parse().map(ChainId) else {
        errors.add(FIELD, NOT_AN_INTEGER);
        return Ok(None);
    };
    let entry = Entry { chain: id, added_for: String::new(), state: "open" };
    let chain = match load(conn, id).await {
        Err(refusal) if refusal.kind == Kind::NotFound => {
            errors.add(FIELD, format!("Chain {id} not found"));
            return Ok(Some(entry));
        }
        other => other?,
    };
    let said = options.project_dirname.as_deref().filter(|name| !name.is_empty());
    let main = DirName::main(&project.name);
    if chain.project_id != project.id {
        errors.add(FIELD, format!("Chain {id} belongs to project {}/{}", chain.owner, chain.project));
    } else if said.unwrap_or(main.as_str()) != chain.dir {
        errors.add(FIELD, format!("Chain {id} is of the directory {}", chain.dir));
    } else if chain.state != "open" {
        errors.add(FIELD, format!("Chain {id} has been started already"));
    }
    if other_order(options) {
        errors.add(FIELD, "A build of a chain can not be in a batch");
    }
    Ok(Some(entry))
}

/// Makes a build a member. The chain can not be started before this transaction ends.
pub(crate) async fn enter(
    tx: &mut Conn,
    entry: &Entry,
    build: BuildId,
    package: Option<PackageId>,
) -> Result<(), Refusal> {
    let id = entry.chain;
    if !copr_db::chain::hold(tx, id, entry.state).await? {
        return Err(match load(tx, id).await {
            Ok(_) => Refusal::field(FIELD, format!("Chain {id} has been started already")),
            Err(_) => missing(id),
        });
    }
    let members: Vec<BuildId> =
        copr_db::chain::members(tx, id).await?.into_iter().map(|member| member.build_id).collect();
    if members.len() >= MOST {
        return Err(Refusal::field(FIELD, format!("Chain {id} has {MOST} builds; that is the limit")));
    }
    if let Some(package) = package {
        let rows = copr_db::build::by_ids(tx, &members).await?;
        if let Some(twin) = rows.iter().find(|row| row.package_id == Some(package.0)) {
            let name = twin.package.as_deref().unwrap_or_default();
            return Err(Refusal::field(FIELD, format!("`{name}` is in chain {id} already, as build {}", twin.id)));
        }
    }
    Ok(copr_db::chain::add(tx, id, build, &entry.added_for).await?)
}
