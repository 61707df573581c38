//! Why a task waits.

use super::waiting;
use crate::{App, Refusal, builders, lease};
use copr_db::Conn;
use copr_db::task::Task;
use copr_sched::{Books, Full, Lack, Offer, family, lack};
use copr_types::RepoId;
use std::collections::BTreeSet;

/// Why nobody has a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its batch waits for another.
    Blocked,
    /// It was lost, or its builder failed, a moment ago.
    Later {
        /// Which try is next.
        next: i64,
        /// How many there are.
        most: i64,
        /// When, in so many seconds.
        seconds: i64,
    },
    /// Its repository is not there yet.
    Unpublished,
    /// No builder could do it.
    Lack(Lack),
    /// A limit holds it back.
    Full(Full),
    /// Its turn has not come.
    Busy,
}

/// What decides whether tasks can be handed out.
#[derive(Clone, Debug)]
pub struct Around {
    now: i64,
    max_attempts: i64,
    /// The builders that are there.
    builders: Vec<Offer>,
    /// Repositories of tasks that do not exist yet.
    unpublished: BTreeSet<i64>,
    books: Books,
}

impl Around {
    /// Reads what is around some tasks.
    pub async fn read(app: &App, conn: &mut Conn, tasks: &[Task]) -> Result<Self, Refusal> {
        let now = app.clock.now();
        let held = copr_db::queue::held(conn).await?;
        let builders = builders::there(conn, &held, now).await?;
        let wanted: BTreeSet<i64> = tasks.iter().filter(|task| !task.leased).filter_map(|task| task.repo_id).collect();
        let mut unpublished = BTreeSet::new();
        for id in wanted {
            if copr_db::repo::by_id(conn, RepoId(id)).await?.is_none_or(|repo| repo.generation == 0) {
                unpublished.insert(id);
            }
        }
        let books = Books::new(&[], &lease::running(conn, now).await?, &[], &app.rules.schedule);
        Ok(Self { now, max_attempts: app.rules.max_attempts, builders, unpublished, books })
    }

    /// Why nobody has this task; nothing when somebody has, or when it is to be stopped.
    pub fn reason(&self, task: &Task) -> Option<Reason> {
        if task.leased || task.cancel {
            return None;
        }
        if task.blocked {
            return Some(Reason::Blocked);
        }
        if task.not_before > self.now {
            let (next, most) = (task.attempts + 1, self.max_attempts);
            return Some(Reason::Later { next, most, seconds: task.not_before - self.now });
        }
        if task.repo_id.is_some_and(|repo| self.unpublished.contains(&repo)) {
            return Some(Reason::Unpublished);
        }
        let waiting = waiting(task);
        if let Some(lack) = lack(&self.builders, &waiting) {
            return Some(Reason::Lack(lack));
        }
        Some(self.books.full(&waiting).map_or(Reason::Busy, Reason::Full))
    }
}

impl Reason {
    /// In words.
    pub fn words(&self, task: &Task) -> String {
        let all = |words: &[String]| words.join(" and ");
        match self {
            Self::Blocked => "builds of the batch before its own, or of its chain, go first".to_owned(),
            Self::Later { next, most, seconds } => format!("try {next} of {most} in {seconds} s"),
            Self::Unpublished => "its repository is not published yet".to_owned(),
            Self::Lack(Lack::Builder) => "no builder is there".to_owned(),
            Self::Lack(Lack::Arch(arch)) => format!("no builder for {arch} is there"),
            Self::Lack(Lack::Tools(tools)) => format!("no builder with {} is there", all(tools)),
            Self::Lack(Lack::Tags(tags)) => format!("no builder with the tag {} is there", all(tags)),
            Self::Lack(Lack::Memory(mib)) => format!("no builder with {mib} MiB of memory is there"),
            Self::Full(full) => held_back(task, *full),
            Self::Busy if task.background => "until a builder is free; in the background".to_owned(),
            Self::Busy => "until a builder is free".to_owned(),
        }
    }
}

/// Why what is built is not published, in words, when so many tries failed and the next one is in so many seconds.
pub(super) fn unpublishable(failures: i64, seconds: i64) -> Option<String> {
    let times = match failures {
        ..1 => return None,
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        many => format!("{many} times in a row"),
    };
    let next = if seconds > 0 { format!("again in {seconds} s") } else { "again now".to_owned() };
    Some(format!("its repository could not be published {times}, through no fault of the package; {next}"))
}

/// The limit that a task waits for, in words.
fn held_back(task: &Task, full: Full) -> String {
    let (most, whose) = match full {
        Full::Tasks(most) => (most, String::new()),
        Full::Owner(most) => (most, format!(" of {}", task.owner)),
        Full::Sandbox(most) => (most, " of its project and submitter".to_owned()),
        Full::ArchOwner(most) => {
            (most, format!(" of {} for {}", task.owner, family(task.arch.as_deref().unwrap_or_default())))
        }
    };
    format!("{most} tasks{whose} run, as many as may at one time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use copr_sched::{Load, Policy};
    use copr_types::{BuildId, TaskId};

    fn task() -> Task {
        Task {
            id: TaskId(7),
            build_id: BuildId(3),
            build_chroot_id: Some(5),
            repo_id: Some(2),
            owner: "ada".to_owned(),
            sandbox: "ada/hello--ada".to_owned(),
            arch: Some("x86_64".to_owned()),
            tools: String::new(),
            tags: String::new(),
            memory_mib: 2048,
            lane_number: 1,
            last_builder_id: None,
            background: false,
            leased: false,
            blocked: false,
            builder_id: None,
            builder_name: None,
            isolation: None,
            fence: 0,
            attempts: 1,
            leased_on: None,
            deadline: None,
            phase: None,
            cancel: false,
            not_before: 0,
            spec: String::new(),
            created_on: 0,
        }
    }

    fn offer(arches: &[&str], tools: &[&str]) -> Offer {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
        Offer { arches: words(arches), tools: words(tools), memory_mib: Some(8192), ..Offer::default() }
    }

    fn around() -> Around {
        full(Policy::default())
    }

    /// Nine tasks of the same sandbox run.
    fn full(policy: Policy) -> Around {
        let (owner, sandbox) = ("ada".to_owned(), "ada/hello--ada".to_owned());
        let running = [Load { owner, sandbox, arch: Some("x86_64".to_owned()), tasks: 9, seconds: 0 }];
        Around {
            now: 1000,
            max_attempts: 3,
            builders: vec![offer(&["x86_64", "i686"], &["git"]), offer(&["aarch64"], &["git", "tito"])],
            unpublished: BTreeSet::new(),
            books: Books::new(&[], &running, &[], &policy),
        }
    }

    #[test]
    fn a_repository_that_can_not_be_published_says_so() {
        let said = |failures, seconds| unpublishable(failures, seconds).unwrap_or_default();
        assert_eq!(
            [said(0, 5), said(1, 1), said(2, 0), said(9, 200)],
            [
                "",
                "its repository could not be published once, through no fault of the package; again in 1 s",
                "its repository could not be published twice, through no fault of the package; again now",
                "its repository could not be published 9 times in a row, through no fault of the package; again in 200 s",
            ]
        );
    }

    #[test]
    fn a_task_that_waits_says_why() {
        let none = Policy::default();
        let cases = [
            (task(), around()),
            (Task { background: true, ..task() }, around()),
            (Task { arch: Some("s390x".to_owned()), ..task() }, around()),
            (Task { arch: None, ..task() }, around()),
            (Task { tools: "git".to_owned(), ..task() }, around()),
            (Task { tools: "git tito".to_owned(), ..task() }, around()),
            (Task { tools: "git tito".to_owned(), arch: None, ..task() }, around()),
            (Task { tools: "gem2rpm".to_owned(), ..task() }, around()),
            (Task { tags: "kvm powerful".to_owned(), ..task() }, around()),
            (Task { memory_mib: 16_384, ..task() }, around()),
            (task(), Around { builders: Vec::new(), ..around() }),
            (task(), Around { unpublished: [2].into(), ..around() }),
            (Task { not_before: 1060, ..task() }, around()),
            (Task { blocked: true, ..task() }, around()),
            (Task { leased: true, ..task() }, around()),
            (task(), full(Policy { tasks: 8, ..none.clone() })),
            (task(), full(Policy { owner_tasks: 9, ..none.clone() })),
            (task(), full(Policy { sandbox_tasks: 5, ..none.clone() })),
            (
                Task { arch: Some("i686".to_owned()), ..task() },
                full(Policy { arch_owner_tasks: [("x86_64".to_owned(), 2)].into(), ..none }),
            ),
        ];
        let reasons = cases.map(|(task, around)| match around.reason(&task) {
            Some(reason) => reason.words(&task),
            None => "-".to_owned(),
        });
        let expected = [
            "until a builder is free",
            "until a builder is free; in the background",
            "no builder for s390x is there",
            "until a builder is free",
            "until a builder is free",
            "no builder with tito is there",
            "until a builder is free",
            "no builder with gem2rpm is there",
            "no builder with the tag kvm and powerful is there",
            "no builder with 16384 MiB of memory is there",
            "no builder is there",
            "its repository is not published yet",
            "try 2 of 3 in 60 s",
            "builds of the batch before its own, or of its chain, go first",
            "-",
            "8 tasks run, as many as may at one time",
            "9 tasks of ada run, as many as may at one time",
            "5 tasks of its project and submitter run, as many as may at one time",
            "2 tasks of ada for x86_64 run, as many as may at one time",
        ];
        assert_eq!(reasons, expected);
    }
}
