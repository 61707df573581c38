//! What the rows of a build say of each other, at any moment.

use copr_app::build::Shown;
use copr_db::task::Task;
use copr_types::{BuildId, State};

/// A build and all its tasks.
pub fn check(shown: &Shown, tasks: &[Task]) {
    let id = shown.build.id;
    let task = |chroot: Option<i64>| tasks.iter().find(|task| task.build_chroot_id == chroot);
    check_task(id, shown.build.source_state, task(None));
    for chroot in &shown.chroots {
        check_task(id, chroot.state, task(Some(chroot.id.0)));
        assert_eq!(chroot.ended_on.is_some(), chroot.state.is_finished(), "build {id}: {chroot:?}");
        assert_eq!(chroot.generation.is_some(), chroot.state == State::Succeeded, "build {id}: {chroot:?}");
        assert_eq!(chroot.failure().is_some(), chroot.state == State::Failed, "build {id}: {chroot:?}");
        assert_eq!(chroot.staged.is_some(), chroot.state == State::Publishing, "build {id}: {chroot:?}");
    }
    let source = shown.build.source_state;
    assert_eq!(shown.build.source_ended_on.is_some(), source.is_finished(), "build {id}: {source}");
    assert_eq!(shown.build.staged.is_some(), source == State::Importing, "build {id}: {source}");
}

/// Who waits or works has a task, who has ended or is at the server's has none; only the builder of a canceled one may
/// still hold it.
fn check_task(id: BuildId, state: State, task: Option<&copr_db::task::Task>) {
    match (state, task) {
        (State::Pending, Some(task)) => assert!(!task.leased && !task.cancel, "build {id}: {task:?}"),
        (State::Starting | State::Running, Some(task)) => assert!(task.leased && !task.cancel, "build {id}: {task:?}"),
        (State::Canceled, Some(task)) => assert!(task.leased && task.cancel, "build {id}: {task:?}"),
        (State::Pending | State::Starting | State::Running, None) => panic!("build {id} is {state} without a task"),
        (state, Some(task)) => panic!("build {id} is {state} and has a task: {task:?}"),
        (_, None) => {}
    }
}
