//! Every limit ends a command with its name, and leaves no process.

use std::{io::Read, path::Path, time::Duration};

use copr_sandbox::{Command, Ended, Exit, Limit, Limiter, Limits, User};

use crate::place::{GIVE_UP, Place, fifo};

const MIB: u64 = 1 << 20;

fn limits() -> Limits {
    Limits { wall: Some(GIVE_UP), ..Limits::default() }
}

/// Runs a script that would never end, and waits until nobody holds its fifo any more.
async fn torment(place: &Place, limits: Limits, script: &str) -> Ended {
    let bind = place.directory("bind");
    let path = fifo(&bind);
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        std::fs::File::open(path).unwrap().read_to_string(&mut text).unwrap();
        text
    });
    let command = place
        .shell("upper", &format!("exec 3>/mnt/fifo; echo begun >&3; {script}"))
        .user(User::Build)
        .bind_writable(&bind, "/mnt")
        .limits(limits);
    let (ended, output) = place.run(command).await;
    assert_eq!(reader.join().unwrap(), "begun\n", "{output}");
    ended
}

fn rlimits_only() -> Place {
    Place::with(|capabilities| capabilities.limiter = Limiter::Rlimits)
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_time() {
    let wall = Some(Duration::from_millis(300));
    let ended = torment(&Place::new(), Limits { wall, ..limits() }, "while :; do :; done").await;
    assert_eq!((ended.exit, ended.limit_hit), (Exit::Signaled(9), Some(Limit::Wall)));
}

#[tokio::test]
async fn children_that_left_their_session_end_as_well() {
    let wall = Some(Duration::from_millis(300));
    let script = "setsid sleep 1000 & (setsid sh -c 'trap \"\" TERM HUP; sleep 1000' &) ; sleep 1000";
    let ended = torment(&Place::new(), Limits { wall, ..limits() }, script).await;
    assert_eq!(ended.limit_hit, Some(Limit::Wall));
}

#[tokio::test]
async fn what_a_command_leaves_running_ends_with_it() {
    let ended = torment(&Place::new(), limits(), "(setsid sleep 1000 &) ; exit 3").await;
    assert_eq!((ended.exit, ended.limit_hit), (Exit::Exited(3), None));
}

const FIFTY: Option<u64> = Some(50);
const MORE_AND_MORE: &str = "while :; do sleep 1000 & done 2>/dev/null";

#[tokio::test]
async fn more_and_more_processes_end() {
    let limits = Limits { processes: FIFTY, ..limits() };
    let ended = torment(&Place::new(), limits, MORE_AND_MORE).await;
    assert_eq!(ended.limit_hit, Some(Limit::Processes));
}

#[tokio::test]
async fn more_and_more_processes_end_without_control_groups() {
    let limits = Limits { processes: FIFTY, ..limits() };
    let ended = torment(&rlimits_only(), limits, MORE_AND_MORE).await;
    assert_eq!(ended.limit_hit, Some(Limit::Processes));
}

#[tokio::test]
async fn a_fork_bomb_ends() {
    let place = Place::new();
    let wall = Some(Duration::from_secs(2));
    let script = "bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 1000";
    let ended = torment(&place, Limits { processes: FIFTY, wall, ..limits() }, script).await;
    // Without control groups nobody counts refusals, and a bomb may have burnt out, at its limit,
    // before the watcher looks.
    let by_hand = place.sandbox.capabilities().limiter == Limiter::Rlimits;
    let expected = [Some(Limit::Processes), Some(Limit::Wall)];
    assert!(expected[..1 + usize::from(by_hand)].contains(&ended.limit_hit), "{ended:?}");
}

/// `tail` keeps the endless line in memory.
const HOG: &str = "head -c 1000000000 /dev/zero | tail; sleep 1000";

#[tokio::test]
async fn a_memory_hog_ends() {
    let memory = Some(64 * MIB);
    let ended = torment(&Place::new(), Limits { memory, ..limits() }, HOG).await;
    assert_eq!(ended.limit_hit, Some(Limit::Memory));
}

#[tokio::test]
async fn a_memory_hog_ends_without_control_groups() {
    let memory = Some(64 * MIB);
    let ended = torment(&rlimits_only(), Limits { memory, ..limits() }, HOG).await;
    assert_eq!(ended.limit_hit, Some(Limit::Memory));
}

async fn disk(script: &str) -> Ended {
    torment(&Place::new(), Limits { disk: Some(8 * MIB), ..limits() }, script).await
}

#[tokio::test]
async fn one_large_file_ends_at_the_disk_limit() {
    let ended = disk("dd if=/dev/zero of=/var/tmp/x bs=1M; sleep 1000").await;
    assert_eq!(ended.limit_hit, Some(Limit::Disk));
}

#[tokio::test]
async fn many_files_end_at_the_disk_limit() {
    let script = "i=0; while :; do i=$((i+1)); dd if=/dev/zero of=/mnt/$i bs=64k count=4; done";
    assert_eq!(disk(script).await.limit_hit, Some(Limit::Disk));
}

#[tokio::test]
async fn files_in_tmp_end_at_the_disk_limit() {
    let ended = disk("dd if=/dev/zero of=/tmp/x bs=1M; sleep 1000").await;
    assert_eq!(ended.limit_hit, Some(Limit::Disk));
}

#[tokio::test]
async fn deleted_files_that_are_open_count() {
    let script = "for i in 4 5 6; do eval \"exec $i>/var/tmp/x\"; rm /var/tmp/x; \
                  dd if=/dev/zero bs=1M count=4 >&$i; done; sleep 1000";
    assert_eq!(disk(script).await.limit_hit, Some(Limit::Disk));
}

#[tokio::test]
async fn below_the_disk_limit_nothing_happens_and_the_bytes_are_told() {
    let place = Place::new();
    let script = "dd if=/dev/zero of=/var/tmp/x bs=1M count=2 2>/dev/null";
    let limits = Limits { disk: Some(8 * MIB), ..limits() };
    let (ended, output) = place.run(place.shell("upper", script).user(User::Build).limits(limits)).await;
    assert!(ended.success(), "{output}");
    assert!((2 * MIB..3 * MIB).contains(&ended.usage.disk.unwrap()), "{ended:?}");
}

#[tokio::test]
async fn endless_output_ends_and_no_byte_above_the_limit_comes() {
    let place = Place::new();
    let limits = Limits { output: Some(100_000), ..limits() };
    let command = Command::new(place.overlay("upper"), "yes").limits(limits);
    let (ended, output) = place.run(command).await;
    assert_eq!(ended.limit_hit, Some(Limit::Output));
    assert_eq!((output.len(), ended.usage.output), (100_000, 100_000));
}

#[tokio::test]
async fn open_files_are_limited_and_no_core_is_written() {
    let place = Place::new();
    let limits = Limits { open_files: Some(33), ..limits() };
    let command = place.shell("upper", "ulimit -n; ulimit -c").limits(limits);
    assert_eq!(place.run(command).await.1, "33\n0\n");
}

#[tokio::test]
async fn a_run_within_all_limits_tells_what_it_took() {
    let place = Place::new();
    let limits = Limits {
        memory: Some(256 * MIB),
        processes: Some(50),
        disk: Some(8 * MIB),
        output: Some(1000),
        open_files: Some(100),
        ..limits()
    };
    let script = "i=0; while test $i -lt 1000; do i=$((i+1)); done; echo done";
    let (ended, output) = place.run(place.shell("upper", script).limits(limits)).await;
    assert!(ended.success(), "{ended:?}");
    assert_eq!((output.as_str(), ended.usage.output), ("done\n", 5));
    assert!(ended.usage.memory_peak.unwrap() > 0);
    assert!(ended.usage.wall > Duration::ZERO);
}

#[tokio::test]
async fn no_control_group_stays_behind() {
    let place = Place::new();
    let limits = Limits { memory: Some(256 * MIB), ..limits() };
    place.run(place.shell("upper", "true").limits(limits)).await;
    let mine = format!("copr-sandbox-{}-", std::process::id());
    assert_eq!(groups(&place, &mine), 0);
}

#[tokio::test]
async fn groups_of_a_killed_service_are_swept_and_others_are_not() {
    let place = Place::new();
    let Some(parents) = parents(&place) else {
        return eprintln!("SKIPPED: control groups are not writable here");
    };
    let prefix = format!("sweep-{}", std::process::id());
    for parent in &parents {
        std::fs::create_dir(parent.join(format!("{prefix}-1-1-1"))).unwrap();
        std::fs::create_dir(parent.join(format!("{prefix}-other"))).unwrap();
    }
    let removed = copr_sandbox::sweep(&place.sandbox.capabilities().limiter, &prefix);
    let left = groups(&place, &prefix);
    for parent in &parents {
        std::fs::remove_dir(parent.join(format!("{prefix}-other"))).unwrap();
    }
    assert_eq!((removed, left), (parents.len(), parents.len()));
}

fn parents(place: &Place) -> Option<Vec<&Path>> {
    match &place.sandbox.capabilities().limiter {
        Limiter::V2 { parent } => Some(vec![parent]),
        Limiter::V1 { memory, pids } => Some(vec![memory, pids]),
        Limiter::Rlimits => None,
    }
}

fn groups(place: &Place, prefix: &str) -> usize {
    parents(place)
        .unwrap_or_default()
        .iter()
        .flat_map(|parent| std::fs::read_dir(parent).unwrap().flatten())
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .count()
}
