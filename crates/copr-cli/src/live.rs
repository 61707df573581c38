//! A table of builds that changes while they are made, for who looks on.

use copr_client::v3::{Build, BuildChroot, BuildProgress, Error, Paging, State};
use futures::{StreamExt, stream};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

use crate::failure::Failure;
use crate::session::Session;
use crate::show::Table;
use crate::terminal::{Terminal, columns};
use crate::watch::{interval, verdict};

/// Between two looks at the clock.
const TICK: Duration = Duration::from_secs(1);

/// What is known of a build.
#[derive(Clone, Debug)]
struct Seen {
    build: Build,
    chroots: Vec<BuildChroot>,
    progress: BuildProgress,
}

/// Waits for builds, each of which is there once. An interruption ends the waiting, not the builds, and is no failure.
pub(crate) async fn watch(session: &Session, builds: &[u64]) -> Result<(), Failure> {
    let mut table = Drawn::new(session.screen.terminal);
    let mut seen: Vec<Seen> = Vec::new();
    let outcome = tokio::select! {
        outcome = followed(session, builds, &mut seen, &mut table) => outcome,
        Ok(()) = tokio::signal::ctrl_c() => Ok(()),
    };
    // It stays as it was last, in full, wherever the terminal ends.
    table.clear();
    let lines = rows(&seen, now()).lines(columns(), session.screen.terminal.colours_out);
    if !seen.is_empty() {
        session.screen.tell(&(lines.join("\n") + "\n"))?;
    }
    outcome?;
    let all: Vec<Build> = seen.into_iter().map(|seen| seen.build).collect();
    verdict(&all)
}

async fn followed(session: &Session, builds: &[u64], seen: &mut Vec<Seen>, table: &mut Drawn) -> Result<(), Failure> {
    let client = session.client()?;
    let changes = builds.iter().map(|build| client.builds().progress(*build, interval()));
    let mut changes = stream::select_all(changes);
    let mut clock = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            change = changes.next() => match change {
                Some(Err(Error::State { .. })) => return Err(Failure::build("Unknown status.")),
                Some(change) => learned(session, builds, seen, change?).await?,
                None => return Ok(()),
            },
            _ = clock.tick() => {}
        }
        table.draw(&rows(seen, now()));
    }
}

/// Takes note of a change; when things began and ended is asked for.
async fn learned(
    session: &Session,
    builds: &[u64],
    seen: &mut Vec<Seen>,
    progress: BuildProgress,
) -> Result<(), Failure> {
    let client = session.client()?;
    let known = seen.iter_mut().find(|seen| seen.build.id == progress.id);
    if let Some(known) = known {
        if states(&known.progress) != states(&progress) {
            known.build = client.builds().get(progress.id).await?;
            known.chroots = client.build_chroots().list(progress.id, &Paging::default()).await?.items;
        }
        known.progress = progress;
        return Ok(());
    }
    let build = client.builds().get(progress.id).await?;
    let chroots = client.build_chroots().list(progress.id, &Paging::default()).await?.items;
    seen.push(Seen { build, chroots, progress });
    seen.sort_by_key(|seen| builds.iter().position(|build| *build == seen.build.id));
    Ok(())
}

fn states(progress: &BuildProgress) -> Vec<&State> {
    progress.parts.iter().map(|part| &part.state).chain([&progress.state]).collect()
}

/// A line for each build, and one below it for each of its parts.
fn rows(seen: &[Seen], now: i64) -> Table {
    let mut table = Table::new(["build", "state", "time", "what"]);
    for Seen { build, chroots, progress } in seen {
        let name = build.source_package.name.as_deref().unwrap_or_default();
        let what = [name, build.source_package.version.as_deref().unwrap_or_default()].join(" ");
        let since = build.started_on.or(build.submitted_on);
        let state = progress.state.to_string();
        table.add([build.id.to_string(), state, elapsed(since, build.ended_on, now), what.trim().to_owned()]);
        for part in &progress.parts {
            let times = chroots.iter().find(|chroot| chroot.name == part.name);
            let time = times.map_or_else(String::new, |chroot| elapsed(chroot.started_on, chroot.ended_on, now));
            table.add([format!("› {}", part.name), part.state.to_string(), time, part.doing.clone()]);
        }
    }
    table
}

/// The time from one moment to another or to now: `1:02:03`.
fn elapsed(begin: Option<i64>, end: Option<i64>, now: i64) -> String {
    let Some(begin) = begin else { return String::new() };
    let seconds = (end.unwrap_or(now) - begin).max(0);
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

#[expect(clippy::disallowed_methods, reason = "a clock on the wall: how long a person has waited")]
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A table that is drawn over the one before.
struct Drawn {
    terminal: Terminal,
    all: MultiProgress,
    lines: Vec<ProgressBar>,
}

impl Drawn {
    fn new(terminal: Terminal) -> Self {
        Self { terminal, all: MultiProgress::with_draw_target(ProgressDrawTarget::stdout()), lines: Vec::new() }
    }

    fn draw(&mut self, table: &Table) {
        let lines = table.lines(columns(), self.terminal.colours_out);
        while self.lines.len() < lines.len() {
            let line = self.all.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                line.set_style(style);
            }
            self.lines.push(line);
        }
        self.lines.iter().zip(lines).for_each(|(line, text)| line.set_message(text));
    }

    fn clear(&mut self) {
        self.lines.drain(..).for_each(|line| line.finish_and_clear());
        // A terminal that can't be cleared shows the table twice; nothing is lost.
        let _ = self.all.clear();
    }
}
