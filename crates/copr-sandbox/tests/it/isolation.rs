//! What a command cannot see and cannot do.

use std::{fs, os::unix::fs::MetadataExt};

use copr_sandbox::{Command, Error, Network, Root, User};

use crate::place::Place;

#[tokio::test]
async fn inside_the_build_user_is_1000_without_capabilities_or_groups() {
    let place = Place::new();
    let said = place.say(User::Build, "id -u; grep -E 'CapEff|CapPrm|CapInh|CapAmb|NoNew' /proc/self/status").await;
    let lines: Vec<&str> = said.lines().map(|line| line.split('\t').next_back().unwrap()).collect();
    let none = "0000000000000000";
    assert_eq!(lines, ["1000", none, none, none, none, "1"]);
}

#[tokio::test]
async fn inside_root_is_0_and_nobody_on_the_host() {
    let place = Place::new();
    let bind = place.directory("bind");
    let command = place.shell("upper", "id -u; touch /mnt/file").bind_writable(&bind, "/mnt");
    let (ended, output) = place.run(command).await;
    assert!(ended.success(), "{output}");
    assert_eq!(output, "0\n");
    let owner = fs::metadata(bind.join("file")).unwrap().uid();
    assert_eq!(owner, place.outer_uid(User::Root));
    assert_ne!(owner, 0);
}

#[tokio::test]
async fn files_of_the_build_user_belong_to_no_user_of_the_host() {
    let place = Place::new();
    let bind = place.directory("bind");
    let script = "touch /mnt/file; chmod 000 /mnt/file";
    let command = place.shell("upper", script).bind_writable(&bind, "/mnt").user(User::Build);
    let (ended, output) = place.run(command).await;
    assert!(ended.success(), "{output}");
    assert_eq!(fs::metadata(bind.join("file")).unwrap().uid(), place.outer_uid(User::Build));
}

#[tokio::test]
async fn there_is_no_network_but_loopback() {
    let place = Place::new();
    let said = place.say(User::Build, "tail -n +3 /proc/net/dev").await;
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.trim_start().starts_with("lo:"), "{said}");
}

#[tokio::test]
async fn loopback_carries_connections() {
    let place = Place::new();
    let script = "nc -l -p 7007 -e echo hello & \
                  while ! cat /proc/net/tcp* | grep -q :1B5F; do :; done; nc 127.0.0.1 7007 </dev/null";
    assert_eq!(place.say(User::Build, script).await, "hello");
}

#[tokio::test]
async fn with_network_the_resolver_of_the_host_is_there() {
    let place = Place::new();
    let expected = fs::read_to_string("/etc/resolv.conf").unwrap();
    let command = place.shell("upper", "cat /etc/resolv.conf").network(Network::On);
    assert_eq!(place.run(command).await.1, expected);
}

#[tokio::test]
async fn only_its_own_processes_are_there() {
    let place = Place::new();
    let said = place.say(User::Build, "echo $$; ls -d /proc/[0-9]* | wc -l").await;
    let numbers: Vec<u32> = said.lines().map(|line| line.parse().unwrap()).collect();
    assert!(numbers[0] < 10, "{said}");
    assert!(numbers[1] <= 4, "process 1, the shell, ls, wc: {said}");
}

#[tokio::test]
async fn process_1_cannot_be_touched_by_the_build_user() {
    let place = Place::new();
    let script = "kill -9 1 2>/dev/null; cat /proc/1/environ 2>/dev/null && echo read; \
                  for file in 0 1 2 3 4; do readlink /proc/1/fd/$file; \
                  echo x 2>/dev/null >/proc/1/fd/$file && echo written; done; echo alive";
    assert_eq!(place.say(User::Build, script).await, "alive");
}

#[tokio::test]
async fn the_build_user_writes_nowhere_but_where_it_may() {
    let place = Place::new();
    let script = "for place in / /usr /etc /bin /root /tmp /var/tmp /builddir /dev /sys /proc/sys; do \
                  touch $place/x 2>/dev/null && echo $place; done; true";
    let command = place.shell("upper", script).user(User::Build).writable("/builddir");
    let (_, output) = place.run(command).await;
    assert_eq!(output, "/tmp\n/var/tmp\n/builddir\n");
    assert!(place.path("upper/builddir/x").exists());
}

#[tokio::test]
async fn the_build_user_makes_no_user_namespace() {
    let place = Place::new();
    let (ended, output) = place.run(place.shell("upper", "unshare -U true").user(User::Build)).await;
    assert!(!ended.success());
    assert!(output.contains("unshare"), "{output}");
}

#[tokio::test]
async fn inner_root_makes_no_device_and_does_not_rename_the_host() {
    let place = Place::new();
    let before = nix::unistd::gethostname().unwrap();
    let script = "mknod /disk b 8 0 2>/dev/null && echo made; hostname elsewhere 2>/dev/null; \
                  echo 1 2>/dev/null >/proc/sys/kernel/panic && echo set; \
                  cat /proc/sys/kernel/hostname >/dev/null";
    assert_eq!(place.say(User::Root, script).await, "");
    assert_eq!(nix::unistd::gethostname().unwrap(), before);
}

#[tokio::test]
async fn read_only_binds_stay_read_only_for_inner_root() {
    let place = Place::new();
    let bind = place.directory("bind");
    fs::write(bind.join("file"), "kept").unwrap();
    let script = "echo changed 2>/dev/null >/mnt/a/file; mount -o remount,rw /mnt/a 2>/dev/null; \
                  echo changed 2>/dev/null >/mnt/a/file; cat /mnt/a/file";
    let command = place.shell("upper", script).bind_read_only(&bind, "/mnt/a");
    assert_eq!(place.run(command).await.1, "kept");
    assert_eq!(fs::read_to_string(bind.join("file")).unwrap(), "kept");
}

#[tokio::test]
async fn links_in_the_tree_do_not_lead_mounts_into_the_host() {
    let place = Place::new();
    let victim = place.directory("victim");
    let script = format!("ln -s {} /host; ln -s /etc /inner", victim.display());
    place.say(User::Root, &script).await;
    let bind = place.directory("bind");
    let command = || place.shell("upper", "touch /inner/deep/made").user(User::Build);
    // The way of the first link does not exist inside; what it means outside is no way at all.
    for refused in
        [command().bind_writable(&bind, "/host/deep"), command().writable("/host/deep"), command().directory("/host")]
    {
        let error = place.sandbox.run(refused).await.unwrap_err();
        assert!(matches!(error, Error::Setup { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(&victim).unwrap().count(), 0, "the host's directory is untouched");
    let (ended, output) = place.run(command().bind_writable(&bind, "/inner/deep")).await;
    assert!(ended.success(), "{output}");
    assert!(bind.join("made").exists() && place.path("upper/etc/deep").is_dir());
}

#[tokio::test]
async fn the_environment_of_the_service_stays_outside() {
    let place = Place::new();
    let command = Command::new(place.overlay("upper"), "/bin/busybox").arg("env").env("MY", "own");
    let (_, output) = place.run(command).await;
    let mut lines: Vec<&str> = output.lines().collect();
    lines.sort_unstable();
    let path = "PATH=/usr/bin:/usr/sbin:/bin:/sbin";
    assert_eq!(lines, ["HOME=/root", "LANG=C.UTF-8", "MY=own", path]);
}

#[tokio::test]
async fn host_tools_run_without_the_rest_of_the_host() {
    let place = Place::new();
    let script = "test -d /home || test -e /etc/shadow || test -d /var/lib/dpkg || echo clean";
    let command = Command::new(Root::HostTools, "/bin/sh").args(["-c", script]);
    let (ended, output) = place.run(command).await;
    assert_eq!((ended.success(), output.as_str()), (true, "clean\n"));
}

#[tokio::test]
async fn a_missing_program_is_an_error_that_names_it() {
    let place = Place::new();
    let command = Command::new(place.overlay("upper"), "/bin/nothing");
    let error = place.sandbox.run(command).await.unwrap_err();
    assert!(matches!(&error, Error::Start { program, .. } if program == "/bin/nothing"), "{error}");
}

#[tokio::test]
async fn the_command_has_no_files_of_the_service_open() {
    let place = Place::new();
    let said = place.say(User::Build, "ls /proc/self/fd").await;
    assert_eq!(said.split_whitespace().collect::<Vec<_>>(), ["0", "1", "2", "3"], "3 is ls's own");
}

#[tokio::test]
async fn exit_codes_and_signals_come_back() {
    use copr_sandbox::Exit;
    let place = Place::new();
    assert_eq!(place.run(place.shell("upper", "exit 7")).await.0.exit, Exit::Exited(7));
    let (ended, _) = place.run(place.shell("upper", "kill -11 $$")).await;
    assert_eq!(ended.exit, Exit::Signaled(11));
}
