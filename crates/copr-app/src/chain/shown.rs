//! Chains as they are shown.

use super::advance::{order, source_is_over};
use super::knowledge::name_of;
use super::plan::Needed;
use super::{builds, load};
use crate::build::Shown as Build;
use crate::{App, Refusal, access};
use copr_db::Page;
use copr_db::build_chroot::BuildChroot;
use copr_db::chain::Chain;
use copr_types::{BuildChrootId, BuildId, ChainId, ChrootId, ChrootName, State};
use std::collections::HashMap;

/// Most chains of one listing.
const LIST_LIMIT: i64 = 100;

/// A chain with its members and its order.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The chain.
    pub chain: Chain,
    /// Its members that are there, by number.
    pub members: Vec<Member>,
    /// The order, by chroot: planned, or as it would be planned now. Empty while sources are missing, and in lists.
    pub chroots: Vec<Chroot>,
}

/// A member.
#[derive(Clone, Debug)]
pub struct Member {
    /// The build.
    pub build: Build,
    /// Why it is there, when nobody named it.
    pub added_for: String,
}

/// The order of a chroot.
#[derive(Clone, Debug)]
pub struct Chroot {
    /// The chroot.
    pub name: ChrootName,
    /// Its steps, by wave.
    pub steps: Vec<Step>,
}

/// One member in a chroot.
#[derive(Clone, Debug)]
pub struct Step {
    /// The build.
    pub build: BuildId,
    /// The package's name, or another word for it.
    pub package: String,
    /// Where the chroot stands.
    pub state: State,
    /// Why it ended without a result, or why it is held.
    pub reason: String,
    /// Its wave, from 1; 0 for one in a circle, and for what ended before there was an order.
    pub wave: i64,
    /// It failed for want of something, and others may provide it.
    pub held: bool,
    /// What it needs of other members.
    pub needs: Vec<Needed>,
    /// The circle of needs that it is in, before the chain is planned: names, the first one being the last one too.
    pub circle: Vec<String>,
}

/// How a chain is doing as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Builds may become members.
    Open,
    /// Sources are awaited.
    Importing,
    /// It is being built.
    Running,
    /// All members succeeded, or had nothing to do.
    Succeeded,
    /// Some member failed.
    Failed,
    /// Some member was canceled, and none failed.
    Canceled,
}

impl Standing {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Importing => "importing",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

impl Shown {
    /// Whether the sources of all members are in.
    pub fn is_ordered(&self) -> bool {
        !self.members.is_empty() && self.members.iter().all(|member| source_is_over(&member.build))
    }

    /// How it is doing as a whole.
    pub fn standing(&self) -> Standing {
        match self.chain.state.as_str() {
            "open" => return Standing::Open,
            "started" => return Standing::Importing,
            // Whether its end was noted yet is nobody's concern. After a cancel something may be on its way into a repository.
            _ if self.members.iter().any(|member| !member.build.is_finished()) => return Standing::Running,
            _ => {}
        }
        let any = |state| self.members.iter().any(|member| member.build.state() == Some(state));
        match (any(State::Failed), any(State::Canceled)) {
            (true, _) => Standing::Failed,
            (_, true) => Standing::Canceled,
            _ => Standing::Succeeded,
        }
    }
}

/// The chain of a number.
pub async fn find(app: &App, id: ChainId) -> Result<Shown, Refusal> {
    let mut conn = app.db.read().await?;
    let chain = load(&mut conn, id).await?;
    let rows = copr_db::chain::members(&mut conn, id).await?;
    let ids: Vec<BuildId> = rows.iter().map(|row| row.build_id).collect();
    let found = builds(&mut conn, &ids).await?;
    let steps = copr_db::chain::steps(&mut conn, id).await?;
    drop(conn);
    let chroots = if matches!(chain.state.as_str(), "open" | "started") {
        if found.iter().all(source_is_over) { foreseen(app, &chain, &found).await? } else { Vec::new() }
    } else {
        planned(&found, &steps)?
    };
    let added: HashMap<BuildId, String> = rows.into_iter().map(|row| (row.build_id, row.added_for)).collect();
    let member = |build: Build| Member { added_for: added.get(&build.build.id).cloned().unwrap_or_default(), build };
    Ok(Shown { chain, members: found.into_iter().map(member).collect(), chroots })
}

/// The chain of a build, when it is in one.
pub async fn of_build(app: &App, build: BuildId) -> Result<Option<ChainId>, Refusal> {
    Ok(copr_db::chain::of_build(&mut app.db.read().await?, build).await?)
}

/// The chains of a project, newest first, without their orders.
pub async fn list(app: &App, owner: &str, name: &str, page: &Page) -> Result<Vec<Shown>, Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    let limit = page.limit.unwrap_or(LIST_LIMIT).min(LIST_LIMIT);
    let mut shown = Vec::new();
    for chain in copr_db::chain::list(&mut conn, project.id, limit, page.offset).await? {
        let rows = copr_db::chain::members(&mut conn, chain.id).await?;
        let ids: Vec<BuildId> = rows.iter().map(|row| row.build_id).collect();
        let found = builds(&mut conn, &ids).await?;
        let with = |build| Member { build, added_for: String::new() };
        shown.push(Shown { chain, members: found.into_iter().map(with).collect(), chroots: Vec::new() });
    }
    Ok(shown)
}

/// Chroots by name, steps by wave and build; what is not in the order comes last.
fn sorted(mut steps: Vec<(ChrootName, Step)>) -> Vec<Chroot> {
    let key = |step: &Step| (step.wave == 0, step.wave, step.build);
    steps.sort_by(|one, other| (one.0.as_str(), key(&one.1)).cmp(&(other.0.as_str(), key(&other.1))));
    let mut chroots: Vec<Chroot> = Vec::new();
    for (name, step) in steps {
        match chroots.last_mut().filter(|chroot| chroot.name == name) {
            Some(chroot) => chroot.steps.push(step),
            None => chroots.push(Chroot { name, steps: vec![step] }),
        }
    }
    chroots
}

fn plain(member: &Build, chroot: &BuildChroot) -> Step {
    let failure = chroot.failure().map(|failure| failure.message);
    Step {
        build: member.build.id,
        package: name_of(member),
        state: chroot.state,
        reason: failure.unwrap_or_else(|| chroot.reason.clone()),
        wave: 0,
        held: false,
        needs: Vec::new(),
        circle: Vec::new(),
    }
}

/// The order as it was planned.
fn planned(members: &[Build], steps: &[copr_db::chain::Step]) -> Result<Vec<Chroot>, Refusal> {
    let by_chroot: HashMap<BuildChrootId, &copr_db::chain::Step> =
        steps.iter().map(|step| (step.build_chroot_id, step)).collect();
    let mut found = Vec::new();
    for member in members {
        for chroot in &member.chroots {
            let mut step = plain(member, chroot);
            if let Some(row) = by_chroot.get(&chroot.id) {
                step.wave = row.wave;
                step.needs = serde_json::from_str(&row.needs)?;
                step.held = row.state == "held";
                if step.held {
                    step.reason =
                        "it failed for want of something that another build of the chain may provide".to_owned();
                }
            }
            found.push((chroot.name.clone(), step));
        }
    }
    Ok(sorted(found))
}

/// The order as it would be planned now.
async fn foreseen(app: &App, chain: &Chain, members: &[Build]) -> Result<Vec<Chroot>, Refusal> {
    let mut found = Vec::new();
    for one in order(app, chain, members).await? {
        for (at, planned) in one.members {
            let member = &members[at];
            let Some(chroot) = of(member, one.chroot) else { continue };
            let wave = if chroot.state.is_finished() { 0 } else { i64::try_from(planned.wave).unwrap_or(i64::MAX) };
            let circle = planned.circle.unwrap_or_default();
            found.push((chroot.name.clone(), Step { wave, needs: planned.needs, circle, ..plain(member, chroot) }));
        }
    }
    Ok(sorted(found))
}

fn of(member: &Build, chroot: ChrootId) -> Option<&BuildChroot> {
    member.chroots.iter().find(|one| one.chroot_id == chroot)
}
