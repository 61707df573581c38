//! Steps that are held: something that they need could not be installed, and another member may turn out to provide it.

use super::advance::end_step;
use super::knowledge::{self, name_of};
use super::plan::{Needed, Provider};
use crate::build::Shown;
use crate::{App, Refusal};
use copr_db::Conn;
use copr_db::build_chroot::BuildChroot;
use copr_db::chain::{Chain, Step};
use copr_rpm::need::{Need, satisfies};
use copr_types::{BuildChrootId, BuildId, ChrootId, Failure, FailureClass, Phase, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is kept of a step that failed for want of something.
#[derive(Debug, Serialize, Deserialize)]
struct Held {
    /// How it failed.
    failure: Failure,
    /// Members that had succeeded by then: nothing new can come of them.
    seen: Vec<BuildId>,
}

/// Holds a step whose build failed because something that it needs could not be installed, as long as other members may
/// turn out to provide it; false when it is not one. In the transaction that gives its task back.
pub(crate) async fn hold(tx: &mut Conn, chroot: BuildChrootId, failure: &Failure) -> Result<bool, Refusal> {
    if failure.class != FailureClass::User || failure.phase != Phase::Builddeps {
        return Ok(false);
    }
    let Some((chain, step)) = copr_db::chain::step(tx, chroot).await? else { return Ok(false) };
    let Some(row) = copr_db::build_chroot::by_id(tx, chroot).await? else { return Ok(false) };
    let ids: Vec<BuildId> =
        copr_db::chain::members(tx, chain).await?.into_iter().map(|member| member.build_id).collect();
    let others: Vec<BuildChroot> = copr_db::build_chroot::of_builds(tx, &ids)
        .await?
        .into_iter()
        .filter(|other| other.chroot_id == row.chroot_id && other.id != chroot)
        .collect();
    if step.tries > 0 || others.iter().all(|other| other.state.is_finished()) {
        return Ok(false);
    }
    let needs: Vec<Needed> = serde_json::from_str(&step.needs)?;
    let mut seen: Vec<BuildId> = needs.iter().flat_map(|need| &need.by).map(|provider| provider.build).collect();
    // The builder looked at the repositories as they were when it began: who ended since may be what was missed.
    let began = row.started_on.unwrap_or(0);
    let ended_before =
        |other: &&BuildChroot| other.state == State::Succeeded && other.ended_on.is_some_and(|end| end < began);
    seen.extend(others.iter().filter(ended_before).map(|other| other.build_id));
    let held = Held { failure: failure.clone(), seen };
    Ok(copr_db::chain::hold_step(tx, chroot, &serde_json::to_string(&held)?).await?)
}

/// Tries a held step again when another member provides what it wants, or ends it when nobody is left who could.
pub(super) async fn look_after(
    app: &App,
    chain: &Chain,
    step: &Step,
    chroot: &BuildChroot,
    members: &[Shown],
    busy: bool,
) -> Result<bool, Refusal> {
    let held: Held = serde_json::from_str(step.held.as_deref().unwrap_or_default())?;
    let is_new = |member: &&Shown| {
        let succeeded = |one: &BuildChroot| one.chroot_id == chroot.chroot_id && one.state == State::Succeeded;
        member.chroots.iter().any(succeeded) && !held.seen.contains(&member.build.id)
    };
    let new: Vec<&Shown> = members.iter().filter(is_new).collect();
    if let Some(found) = wanted(app, chain, step, chroot, members, &new, &held.failure).await? {
        let mut needs: Vec<Needed> = serde_json::from_str(&step.needs)?;
        needs.push(found.0);
        let mut tx = app.db.begin().await?;
        copr_db::task::block_chroot(&mut tx, chroot.id, false).await?;
        if !copr_db::chain::let_go(&mut tx, chroot.id).await? {
            return Ok(false);
        }
        let wave = step.wave.max(found.1 + 1);
        copr_db::chain::set_needs(&mut tx, chroot.id, wave, &serde_json::to_string(&needs)?).await?;
        tx.commit().await?;
        return Ok(true);
    }
    if busy {
        return Ok(false);
    }
    end_step(app, chain, chroot, &held.failure).await
}

/// What a held step wants and one of these members has provided meanwhile, and that member's wave.
async fn wanted(
    app: &App,
    chain: &Chain,
    step: &Step,
    chroot: &BuildChroot,
    members: &[Shown],
    new: &[&Shown],
    failure: &Failure,
) -> Result<Option<(Needed, i64)>, Refusal> {
    let Some(own) = members.iter().position(|member| member.build.id == step.build_id) else { return Ok(None) };
    if new.is_empty() {
        return Ok(None);
    }
    let sources = knowledge::sources(app, &members[own..=own]).await?;
    let needs: Vec<_> = knowledge::members(&members[own..=own], &sources, chroot.chroot_id)
        .into_iter()
        .flat_map(|(_, one)| one.needs)
        .collect();
    let mut conn = app.db.read().await?;
    let repository = knowledge::repository(&mut conn, chain.project_id, &chain.dir, chroot.chroot_id).await?;
    let steps = copr_db::chain::steps(&mut conn, chain.id).await?;
    // Words of the package manager; what is needed is named there, also when the spec file found it out while it was built.
    let words: BTreeSet<&str> = failure
        .message
        .split(|c: char| c.is_whitespace() || "'\"`,".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    for member in new {
        for provide in repository.provides_of(member.build.id) {
            let asked = needs.iter().find(|need| {
                let named = Need::of(need);
                named.capabilities().into_iter().any(|part| satisfies(&provide, part))
            });
            let what = match asked {
                Some(need) => need.to_string(),
                None if words.contains(provide.name.as_str()) => provide.name.clone(),
                None => continue,
            };
            let of_member =
                |other: &&Step| other.build_id == member.build.id && is_of(members, other, chroot.chroot_id);
            let wave = steps.iter().find(of_member).map_or(0, |other| other.wave);
            let known = format!("found out when its build {} was published", member.build.id);
            let provider =
                Provider { build: member.build.id, package: name_of(member), known, given_up: String::new() };
            return Ok(Some((Needed { what, by: vec![provider], essential: true }, wave)));
        }
    }
    Ok(None)
}

/// Whether a step is one of a chroot.
fn is_of(members: &[Shown], step: &Step, chroot: ChrootId) -> bool {
    let mut chroots = members.iter().flat_map(|member| &member.chroots);
    chroots.any(|one| one.id == step.build_chroot_id && one.chroot_id == chroot)
}
