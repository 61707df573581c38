//! What happens to chains by itself: planned when all sources are in, let go step by step, ended. Looks at what is there,
//! so builds may end in any way, and a server may be killed at any line.

use super::knowledge;
use super::plan::{Needed, Planned, Provider, plan};
use super::{builds, dependents, held};
use crate::build::Shown;
use crate::lease::change_chroot;
use crate::{App, Kind, Refusal};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::build_chroot::BuildChroot;
use copr_db::chain::{Chain, Step};
use copr_db::event::Subject;
use copr_types::{BuildChrootId, BuildId, ChainId, ChrootId, Event, Failure, FailureClass, Phase, State};
use std::collections::{BTreeSet, HashMap};

/// Seconds after which a chain is given up that nobody started.
const OPEN_SECONDS: i64 = 86_400;

/// Does for every chain what can be done now. One that fails stops no other. Returns how many chains went on.
pub async fn advance(app: &App) -> Result<usize, Refusal> {
    let mut count = 0;
    let chains = copr_db::chain::unfinished(&mut app.db.read().await?).await?;
    for chain in chains {
        match one(app, chain).await {
            Ok(went_on) => count += usize::from(went_on),
            Err(refusal) => tracing::warn!("a chain did not go on: {}", refusal.inside()),
        }
    }
    Ok(count)
}

/// Goes on with a chain until it has to wait.
async fn one(app: &App, mut chain: Chain) -> Result<bool, Refusal> {
    let mut went_on = false;
    loop {
        let done = match chain.state.as_str() {
            "open" => return give_up(app, &chain).await,
            "started" => prepare(app, &chain).await?,
            "planned" => step(app, &chain).await?,
            // Somebody was interrupted who canceled it.
            "canceling" => {
                let who = copr_db::account::by_id(&mut app.db.read().await?, chain.account_id).await?;
                wind_up(app, &who.ok_or_else(|| super::missing(chain.id))?, chain.id).await?;
                return Ok(true);
            }
            _ => false,
        };
        if !done {
            return Ok(went_on);
        }
        went_on = true;
        let again = copr_db::chain::by_id(&mut app.db.read().await?, chain.id).await?;
        let Some(again) = again else { return Ok(true) };
        chain = again;
    }
}

/// The members that are there.
async fn load(app: &App, chain: &Chain) -> Result<Vec<Shown>, Refusal> {
    let mut conn = app.db.read().await?;
    let ids: Vec<BuildId> =
        copr_db::chain::members(&mut conn, chain.id).await?.into_iter().map(|member| member.build_id).collect();
    builds(&mut conn, &ids).await
}

/// Cancels all builds of a chain that is being canceled, and ends it.
pub(super) async fn wind_up(app: &App, who: &Account, id: ChainId) -> Result<(), Refusal> {
    let members = copr_db::chain::members(&mut app.db.read().await?, id).await?;
    for member in members {
        match crate::build::cancel(app, who, member.build_id).await {
            Ok(_) => {}
            // It has ended, is being published, or was deleted.
            Err(refusal) if matches!(refusal.kind, Kind::Conflict | Kind::NotFound) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    let mut tx = app.db.begin().await?;
    copr_db::chain::end(&mut tx, id, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// An open chain holds its builds back. When nobody started it in a day, nobody will.
async fn give_up(app: &App, chain: &Chain) -> Result<bool, Refusal> {
    if chain.created_on + OPEN_SECONDS > app.clock.now() {
        return Ok(false);
    }
    let members = load(app, chain).await?;
    if members.iter().any(|member| !source_is_over(member)) {
        return Ok(false);
    }
    let mut tx = app.db.begin().await?;
    if !copr_db::chain::hold(&mut tx, chain.id, "open").await? {
        return Ok(false);
    }
    for chroot in members.iter().flat_map(|member| &member.chroots) {
        not_built(app, &mut tx, chain, chroot, "its chain was not started within a day").await?;
    }
    copr_db::chain::end(&mut tx, chain.id, app.clock.now()).await?;
    tx.commit().await?;
    Ok(true)
}

/// Nothing more will come of its source.
pub(super) fn source_is_over(member: &Shown) -> bool {
    member.build.canceled || member.build.source_state.is_finished()
}

/// Finds who needs the members, and plans when all sources are in. False when something is waited for.
async fn prepare(app: &App, chain: &Chain) -> Result<bool, Refusal> {
    let members = load(app, chain).await?;
    if members.iter().any(|member| !source_is_over(member)) {
        return Ok(false);
    }
    if !chain.expanded {
        dependents::expand(app, chain, &members).await?;
        return Ok(true);
    }
    let orders = order(app, chain, &members).await?;
    let mut tx = app.db.begin().await?;
    if !copr_db::chain::planned(&mut tx, chain.id).await? {
        return Ok(false);
    }
    for one in &orders {
        for (at, planned) in &one.members {
            let Some(chroot) = members[*at].chroots.iter().find(|chroot| chroot.chroot_id == one.chroot) else {
                continue;
            };
            if chroot.state.is_finished() {
                continue;
            }
            let needs = serde_json::to_string(&planned.needs)?;
            let wave = i64::try_from(planned.wave).unwrap_or(i64::MAX);
            copr_db::chain::put_step(&mut tx, chain.id, chroot.id, "waiting", wave, &needs).await?;
            if let Some(circle) = &planned.circle {
                let why = format!("it is in a circle of packages that need each other: {}", circle.join(" → "));
                let hint = "build one of them first in a way that needs none of the others";
                not_built(app, &mut tx, chain, chroot, &format!("{why}\nhint: {hint}")).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(true)
}

/// The order of one chroot.
pub(super) struct Order {
    /// The chroot.
    pub chroot: ChrootId,
    /// Places of members, and where each stands.
    pub members: Vec<(usize, Planned)>,
}

/// The orders of all chroots that members are built for.
pub(super) async fn order(app: &App, chain: &Chain, members: &[Shown]) -> Result<Vec<Order>, Refusal> {
    let sources = knowledge::sources(app, members).await?;
    let chroots: BTreeSet<ChrootId> =
        members.iter().flat_map(|member| &member.chroots).map(|chroot| chroot.chroot_id).collect();
    let mut orders = Vec::new();
    for chroot in chroots {
        let mut conn = app.db.read().await?;
        let repository = knowledge::repository(&mut conn, chain.project_id, &chain.dir, chroot).await?;
        drop(conn);
        let (places, values): (Vec<_>, Vec<_>) = knowledge::members(members, &sources, chroot).into_iter().unzip();
        let keep_going = chain.keep_going;
        let planned = crate::blocking(move || Ok(plan(&values, &repository, keep_going))).await?;
        orders.push(Order { chroot, members: places.into_iter().zip(planned).collect() });
    }
    Ok(orders)
}

/// What is to be done with a step.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Something that it waits for has not ended.
    Wait,
    /// All that it needs is there.
    Go,
    /// Something that it needs will not come, in words.
    Never(String),
}

/// What became of a provider in a chroot.
enum Came {
    Not,
    Yes,
    /// Not, for a reason in words.
    Never(String),
    /// It is not built for this chroot: whatever provides it there is not of the chain.
    Elsewhere,
}

fn came(provider: &Provider, chroot: ChrootId, members: &HashMap<BuildId, &Shown>) -> Came {
    let never =
        |what: &str| Came::Never(format!("it needs `{}`, whose build {} {what}", provider.package, provider.build));
    let Some(member) = members.get(&provider.build) else { return never("was deleted") };
    let Some(chroot) = member.chroots.iter().find(|one| one.chroot_id == chroot) else {
        return match (member.build.canceled, member.build.source_state) {
            (true, _) | (_, State::Canceled) => never("was canceled"),
            (_, State::Failed) => never("failed"),
            _ => Came::Elsewhere,
        };
    };
    match chroot.state {
        State::Succeeded | State::Forked => Came::Yes,
        State::Failed => never("failed"),
        State::Canceled => never("was canceled"),
        State::Skipped => Came::Elsewhere,
        _ => Came::Not,
    }
}

fn verdict(needs: &[Needed], chroot: ChrootId, members: &HashMap<BuildId, &Shown>) -> Verdict {
    let mut never = None;
    for need in needs {
        let waited_for = need.by.iter().filter(|provider| provider.given_up.is_empty());
        let (mut bad, mut good) = (None, false);
        for provider in waited_for {
            match came(provider, chroot, members) {
                Came::Not => return Verdict::Wait,
                Came::Yes | Came::Elsewhere => good = true,
                Came::Never(why) => bad = bad.or(Some((why, provider))),
            }
        }
        if let Some((why, provider)) = bad.filter(|_| need.essential && !good) {
            let what = if provider.package == need.what { String::new() } else { format!(" (for `{}`)", need.what) };
            never = never.or(Some(format!("{why}{what}")));
        }
    }
    never.map_or(Verdict::Go, Verdict::Never)
}

/// Lets go what can be built, ends what never can, looks after what is held. False when nothing was to be done.
async fn step(app: &App, chain: &Chain) -> Result<bool, Refusal> {
    let members = load(app, chain).await?;
    let steps = copr_db::chain::steps(&mut app.db.read().await?, chain.id).await?;
    let by_number: HashMap<BuildId, &Shown> = members.iter().map(|member| (member.build.id, member)).collect();
    let chroots: HashMap<BuildChrootId, &BuildChroot> =
        members.iter().flat_map(|member| &member.chroots).map(|chroot| (chroot.id, chroot)).collect();
    let open: Vec<(&Step, &BuildChroot)> = steps
        .iter()
        .filter_map(|step| Some((step, *chroots.get(&step.build_chroot_id)?)))
        .filter(|(_, chroot)| !chroot.state.is_finished())
        .collect();
    let mut went_on = false;
    for (step, chroot) in open.iter().filter(|(step, _)| step.state == "waiting") {
        let needs: Vec<Needed> = serde_json::from_str(&step.needs)?;
        match verdict(&needs, chroot.chroot_id, &by_number) {
            Verdict::Wait => {}
            Verdict::Go => went_on |= let_go(app, chroot.id).await?,
            Verdict::Never(why) => {
                let failure = unbuilt(&why);
                went_on |= end_step(app, chain, chroot, &failure).await?;
            }
        }
    }
    for (step, chroot) in open.iter().filter(|(step, _)| step.state == "held") {
        let busy = open.iter().any(|(other, one)| one.chroot_id == chroot.chroot_id && other.state == "let_go");
        went_on |= held::look_after(app, chain, step, chroot, &members, busy || went_on).await?;
    }
    if !went_on && members.iter().all(Shown::is_finished) {
        let mut tx = app.db.begin().await?;
        copr_db::chain::end(&mut tx, chain.id, app.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(went_on)
}

/// The task of a step can be handed out from now on.
async fn let_go(app: &App, chroot: BuildChrootId) -> Result<bool, Refusal> {
    let mut tx = app.db.begin().await?;
    // Tasks first: everything takes the rows in this order.
    copr_db::task::block_chroot(&mut tx, chroot, false).await?;
    if !copr_db::chain::let_go(&mut tx, chroot).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// Ends a chroot that is not built, for a reason. False when it had ended.
async fn not_built(app: &App, tx: &mut Conn, chain: &Chain, chroot: &BuildChroot, why: &str) -> Result<bool, Refusal> {
    fail(app, tx, chain, chroot, &unbuilt(why)).await
}

fn unbuilt(why: &str) -> Failure {
    Failure::new(FailureClass::User, Phase::Builddeps, format!("not built: {why}"))
}

/// Ends a step that waits or is held, unless somebody let it go meanwhile.
pub(super) async fn end_step(
    app: &App,
    chain: &Chain,
    chroot: &BuildChroot,
    failure: &Failure,
) -> Result<bool, Refusal> {
    let mut tx = app.db.begin().await?;
    copr_db::task::withdraw_chroot(&mut tx, chroot.id).await?;
    if !copr_db::chain::let_go(&mut tx, chroot.id).await? || !fail(app, &mut tx, chain, chroot, failure).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

async fn fail(
    app: &App,
    tx: &mut Conn,
    chain: &Chain,
    chroot: &BuildChroot,
    failure: &Failure,
) -> Result<bool, Refusal> {
    let now = app.clock.now();
    copr_db::task::withdraw_chroot(tx, chroot.id).await?;
    if !change_chroot(tx, chroot.id, Event::Failed).await? {
        return Ok(false);
    }
    copr_db::build_chroot::ended(tx, chroot.id, None, Some(failure), now).await?;
    let about =
        Subject { project: Some(chain.project_id), build: Some(chroot.build_id), build_chroot: Some(chroot.id) };
    let body = serde_json::json!({ "state": "failed", "failure": failure }).to_string();
    copr_db::event::append(tx, "chroot.state", about, &body, now).await?;
    Ok(true)
}
