//! Machines that cannot isolate, only on request.

use copr_sandbox::{Command, Exit, Isolation, Limit, Limits, Root, User, UserMap};

use crate::place::Place;

/// These forms exist for root alone.
fn is_root() -> bool {
    let root = nix::unistd::Uid::effective().is_root();
    if !root {
        eprintln!("SKIPPED: only root can do without user namespaces");
    }
    root
}

#[tokio::test]
async fn a_chroot_runs_the_command_as_the_build_user_and_leaves_no_process() {
    if !is_root() {
        return;
    }
    let place = Place::with(|capabilities| capabilities.isolation = Isolation::Chroot);
    let script = "id -u; (setsid sleep 1000 &) ; touch /builddir/made; exit 4";
    let command =
        Command::new(Root::Tree(place.tree()), "/bin/sh").args(["-c", script]).user(User::Build).writable("/builddir");
    let (ended, output) = place.run(command).await;
    assert_eq!((ended.exit, output.as_str()), (Exit::Exited(4), "1000\n"));
    assert!(place.tree().join("builddir/made").exists());
}

#[tokio::test]
async fn a_chroot_obeys_its_time() {
    if !is_root() {
        return;
    }
    let place = Place::with(|capabilities| capabilities.isolation = Isolation::Chroot);
    let wall = Some(std::time::Duration::from_millis(300));
    let command = Command::new(place.overlay("upper"), "/bin/sh")
        .args(["-c", "setsid sleep 1000 & sleep 1000"])
        .limits(Limits { wall, ..Limits::default() });
    assert_eq!(place.run(command).await.0.limit_hit, Some(Limit::Wall));
}

#[tokio::test]
async fn without_user_namespaces_the_other_namespaces_still_stand() {
    if !is_root() {
        return;
    }
    let weak = Isolation::Namespaces(UserMap::None);
    let place = Place::with(|capabilities| capabilities.isolation = weak);
    let said = place.say(User::Build, "id -u; tail -n +3 /proc/net/dev | wc -l").await;
    assert_eq!(said, "1000\n1");
}

#[tokio::test]
async fn in_a_chroot_binds_are_copied_in_and_out() {
    if !is_root() {
        return;
    }
    let place = Place::with(|capabilities| capabilities.isolation = Isolation::Chroot);
    let (given, results) = (place.directory("given"), place.directory("results"));
    std::fs::write(given.join("file"), "hello").unwrap();
    let script = "cp /given/file /results/copy; mkdir /results/d; ln -s /etc/passwd /results/d/link";
    let command = Command::new(place.overlay("upper"), "/bin/busybox")
        .args(["sh", "-c", &script.replace("cp ", "/bin/busybox cp ")])
        .user(User::Build)
        .bind_read_only(&given, "/given")
        .bind_writable(&results, "/results");
    let (ended, output) = place.run(command).await;
    assert!(ended.success(), "{output}");
    assert_eq!(std::fs::read_to_string(results.join("copy")).unwrap(), "hello");
    assert!(results.join("d/link").is_symlink());
}
