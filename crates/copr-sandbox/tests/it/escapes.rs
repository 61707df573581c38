//! What foreign code may try to get out, to reach others, or to stay: each is refused.

use std::{
    fs,
    io::Read,
    net::TcpListener,
    os::{
        linux::net::SocketAddrExt,
        unix::{
            fs::PermissionsExt,
            net::{SocketAddr, UnixListener},
        },
    },
    path::Path,
};

use copr_sandbox::{Command, Limit, Limits, Network, Root, User};

use crate::place::{GIVE_UP, Place, fifo};

/// Runs a script in Python, which can make any system call.
async fn python(place: &Place, user: User, script: &str) -> Option<String> {
    if !Path::new("/usr/bin/python3").exists() {
        eprintln!("SKIPPED: this machine has no Python");
        return None;
    }
    let command = Command::new(Root::HostTools, "/usr/bin/python3")
        .args(["-I", "-c", script])
        .user(user)
        .limits(Limits { wall: Some(GIVE_UP), ..Limits::default() });
    let (ended, output) = place.run(command).await;
    assert!(ended.success(), "{ended:?}: {output}");
    Some(output.trim().to_owned())
}

const CALLS: &str = r#"
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *words):
    ctypes.set_errno(0)
    result = libc.syscall(*[ctypes.c_long(word) for word in words])
    print(name, errno.errorcode.get(ctypes.get_errno(), 'DONE') if result < 0 else 'DONE')
"#;

#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn parts_of_the_kernel_that_no_namespace_divides_are_closed() {
    let place = Place::new();
    let script = format!(
        "{CALLS}
for name, *words in [
    ('keyctl', 250, 0, -3, 0), ('add_key', 248, 0, 0, 0, 0, -3), ('request_key', 249, 0, 0, 0, 0), ('bpf', 321, 0, 0, 0),
    ('userfaultfd', 323, 1), ('perf_event_open', 298, 0, 0, -1, -1, 0), ('open_by_handle_at', 304, 0, 0, 0),
    ('init_module', 175, 0, 0, 0), ('kexec_load', 246, 0, 0, 0, 0), ('reboot', 169, 0, 0, 0, 0), ('swapoff', 168, 0),
    ('syslog', 103, 10, 0, 0), ('iopl', 172, 3), ('quotactl', 179, 0, 0, 0, 0), ('acct', 163, 0),
]: call(name, *words)
for name, *words in [('io_uring_setup', 425, 1, 0), ('x32', 0x40000000 | 39)]: call(name, *words)"
    );
    for user in [User::Build, User::Root] {
        let Some(said) = python(&place, user, &script).await else { return };
        let (refused, unknown): (Vec<&str>, Vec<&str>) = said.lines().partition(|line| line.ends_with(" EPERM"));
        assert_eq!(refused.len(), 15, "{user:?}: {said}");
        assert_eq!(unknown, ["io_uring_setup ENOSYS", "x32 ENOSYS"], "{user:?}");
    }
}

#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn the_build_user_mounts_nothing_and_makes_no_namespace() {
    let place = Place::new();
    let script = format!(
        "{CALLS}
for name, *words in [
    ('mount', 165, 0, 0, 0, 0, 0), ('umount', 166, 0, 2), ('pivot_root', 155, 0, 0), ('fsopen', 430, 0, 0),
    ('open_tree', 428, -100, 0, 1), ('move_mount', 429, 0, 0, 0, 0, 0), ('mount_setattr', 442, 0, 0, 0, 0, 0),
    ('setns', 308, 0, 0), ('chroot', 161, 0),
]: call(name, *words)
for bit in [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]:
    call('unshare', 272, bit)
    if bit != 0x80: call('clone', 56, bit | 17, 0, 0, 0, 0)
call('clone3', 435, 0, 0)"
    );
    let Some(said) = python(&place, User::Build, &script).await else { return };
    let others: Vec<&str> = said.lines().filter(|line| !line.ends_with(" EPERM")).collect();
    // The kernel looks at chroot's path before it looks at rights.
    assert_eq!(others, ["chroot EFAULT", "clone3 ENOSYS"], "{said}");
    assert_eq!(said.lines().count(), 9 + 8 + 7 + 1);
}

#[tokio::test]
async fn sockets_reach_no_hypervisor_and_no_wire() {
    let place = Place::new();
    let script = "import socket, errno
for family in [socket.AF_VSOCK, socket.AF_PACKET, socket.AF_ALG, socket.AF_BLUETOOTH, socket.AF_CAN, 43]:
    try: socket.socket(family, socket.SOCK_STREAM); print(family, 'made')
    except OSError as error: print(errno.errorcode[error.errno])
for family in [socket.AF_UNIX, socket.AF_INET, socket.AF_INET6]: socket.socket(family, socket.SOCK_STREAM)
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
try: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); print('raw')
except PermissionError: print('no raw sockets')";
    for network in [Network::Off, Network::On] {
        if !Path::new("/usr/bin/python3").exists() {
            return eprintln!("SKIPPED: this machine has no Python");
        }
        let command = Command::new(Root::HostTools, "/usr/bin/python3")
            .args(["-I", "-c", script])
            .user(User::Build)
            .network(network);
        let (ended, output) = place.run(command).await;
        assert!(ended.success(), "{output}");
        let expected = "EAFNOSUPPORT\n".repeat(6) + "no raw sockets\n";
        assert_eq!(output, expected, "{network:?}");
    }
}

#[tokio::test]
async fn services_of_the_host_can_not_be_reached_without_network() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("copr-sandbox-test-{}", std::process::id());
    let _abstract = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let path = place.path("socket");
    let _named = UnixListener::bind(&path).unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!(
        "import socket
def attempt(what, family, address):
    try: socket.socket(family, socket.SOCK_STREAM).connect(address); print(what, 'reached')
    except OSError as error: print(what, type(error).__name__)
attempt('loopback', socket.AF_INET, ('127.0.0.1', {port}))
attempt('abstract', socket.AF_UNIX, '\\0{name}')
attempt('named', socket.AF_UNIX, '{}')
attempt('world', socket.AF_INET, ('192.0.2.1', 80))",
        path.display()
    );
    let Some(said) = python(&place, User::Build, &script).await else { return };
    let expected =
        "loopback ConnectionRefusedError\nabstract ConnectionRefusedError\nnamed FileNotFoundError\nworld OSError";
    assert_eq!(said, expected);
}

#[tokio::test]
async fn netlink_tells_of_the_own_loopback_alone_and_changes_nothing() {
    let place = Place::new();
    // RTM_GETLINK for all links, then RTM_NEWLINK that would take loopback down.
    let script = "import socket, struct
link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
def ask(kind, flags, body):
    link.send(struct.pack('=IHHII', 16 + len(body), kind, flags, 1, 0) + body)
    return link.recv(65536)
answer, links = ask(18, 0x301, struct.pack('=BBHiII', 0, 0, 0, 0, 0, 0)), 0
while answer and struct.unpack_from('=H', answer, 4)[0] == 16:
    links += 1; answer = answer[struct.unpack_from('=I', answer)[0]:]
print(links)
link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
print(struct.unpack_from('=i', ask(16, 5, struct.pack('=BBHiII', 0, 0, 0, 1, 0, 1)), 16)[0])";
    for user in [User::Build, User::Root] {
        let Some(said) = python(&place, user, script).await else { return };
        let mut lines = said.lines();
        assert_eq!(lines.next(), Some("1"), "{user:?}: {said}");
        let own = place.owns_its_namespaces() && user == User::Root;
        assert_eq!(lines.next(), Some(if own { "0" } else { "-1" }), "{user:?}: {said}");
    }
}

#[tokio::test]
async fn waiting_for_the_disk_is_skipped_and_the_bytes_are_there() {
    let place = Place::new();
    let script = "import os
file = os.open('/tmp/x', os.O_CREAT | os.O_RDWR)
os.write(file, b'kept'); os.fsync(file); os.fdatasync(file); os.sync()
print(open('/tmp/x').read())
os.close(file)
os.fsync(file)
print('not even looked at')";
    let Some(said) = python(&place, User::Build, script).await else { return };
    assert_eq!(said, "kept\nnot even looked at");
}

#[tokio::test]
async fn the_kernels_files_are_closed_to_everybody_inside() {
    let place = Place::new();
    let script = "for file in /proc/kcore /proc/kmsg /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe \
                  /proc/sys/vm/drop_caches /proc/sys/fs/protected_hardlinks; do \
                  (cat $file | head -c 1) >/dev/null 2>&1; (echo 1 >$file) 2>/dev/null && echo written $file; \
                  (dd if=$file of=/dev/null bs=1 count=1 2>/dev/null) && test $file != ${file#/proc/k} && echo read $file; done; \
                  ls /sys; ls /proc/1/root/home /proc/1/cwd/home 2>/dev/null; true";
    for user in [User::Build, User::Root] {
        let said = place.say(user, script).await;
        let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("read /proc/sys")).collect();
        assert!(said.is_empty(), "{user:?}: {said:?}");
    }
}

#[tokio::test]
async fn devices_of_the_host_are_neither_made_nor_opened() {
    let place = Place::new();
    let script = "mknod /tmp/disk b 8 0 2>/dev/null && echo made a disk; mknod /var/tmp/memory c 1 1 2>/dev/null && echo made memory; \
                  ls /dev";
    for user in [User::Build, User::Root] {
        let said = place.say(user, script).await;
        let mut devices: Vec<&str> = said.split_whitespace().collect();
        devices.retain(|name| !["ptmx", "pts"].contains(name));
        let plain = ["fd", "full", "null", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"];
        assert_eq!(devices, plain, "{user:?}");
    }
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    // One that lies in the tree, where a package may have put it.
    let (kind, mode) = (nix::sys::stat::SFlag::S_IFCHR, nix::sys::stat::Mode::from_bits_truncate(0o666));
    nix::sys::stat::mknod(&place.tree().join("etc/zero"), kind, mode, nix::sys::stat::makedev(1, 5)).unwrap();
    fs::set_permissions(place.tree().join("etc/zero"), fs::Permissions::from_mode(0o666)).unwrap();
    for user in [User::Build, User::Root] {
        let said = place.say(user, "head -c 1 /etc/zero >/dev/null 2>&1 && echo opened; true").await;
        assert_eq!(said, "", "{user:?}");
    }
}

#[tokio::test]
async fn set_user_id_programs_of_the_tree_give_nothing() {
    let place = Place::new();
    let program = place.tree().join("bin/busybox-setuid");
    fs::copy(place.tree().join("bin/busybox"), &program).unwrap();
    if nix::unistd::Uid::effective().is_root() {
        let root = place.outer_uid(User::Root);
        std::os::unix::fs::chown(&program, Some(root), Some(root)).unwrap();
    }
    fs::set_permissions(&program, fs::Permissions::from_mode(0o6755)).unwrap();
    let script = "run=/bin/busybox-setuid; $run id -u; $run id -g; $run touch /etc/x 2>/dev/null && echo written; \
                  $run grep -c 'CapEff:.*0000000000000000' /proc/self/status";
    assert_eq!(place.say(User::Build, script).await, "1000\n1000\n1");
}

#[tokio::test]
async fn one_command_sees_nothing_of_another() {
    let place = Place::new();
    let bind = place.directory("first");
    let path = fifo(&bind);
    let script = "echo secret >/tmp/shared; echo secret >/var/tmp/shared; echo secret >/dev/shm/shared; \
                  echo begun >/mnt/fifo; sleep 1000";
    let token = copr_sandbox::CancellationToken::new();
    let command = place.shell("one", script).user(User::Build).bind_writable(&bind, "/mnt").cancelled_by(token.clone());
    let sandbox = place.sandbox.clone();
    let first = tokio::spawn(async move { sandbox.run(command).await });
    let begun = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        fs::File::open(path).unwrap().read_to_string(&mut text).unwrap();
        text
    });
    assert_eq!(begun.await.unwrap(), "begun\n");
    let look = "cat /tmp/shared /var/tmp/shared /dev/shm/shared 2>/dev/null; ps | grep 'sleep 1000' | grep -v grep; \
                kill -9 -1 2>/dev/null; echo alone";
    let command = place.shell("two", look).user(User::Build);
    let (_, output) = place.run(command).await;
    assert_eq!(output, "alone\n");
    assert!(!first.is_finished(), "killing all that can be seen has met nobody else");
    token.cancel();
    assert!(first.await.unwrap().unwrap().cancelled);
}

#[tokio::test]
async fn a_flood_of_empty_files_ends_at_the_disk_limit() {
    let place = Place::new();
    let limits = Limits { wall: Some(GIVE_UP), disk: Some(4 << 20), ..Limits::default() };
    let script = "i=0; while :; do i=$((i+1)); echo -n >/var/tmp/$i; done";
    let (ended, _) = place.run(place.shell("upper", script).user(User::Build).limits(limits)).await;
    assert_eq!(ended.limit_hit, Some(Limit::Disk));
}

#[tokio::test]
async fn a_file_that_claims_to_be_huge_stays_below_the_disk_limit() {
    let place = Place::new();
    let limits = Limits { wall: Some(GIVE_UP), disk: Some(4 << 20), ..Limits::default() };
    let script = "dd if=/dev/zero of=/var/tmp/sparse bs=1 count=1 seek=1099511627776";
    let (ended, output) = place.run(place.shell("upper", script).user(User::Build).limits(limits)).await;
    assert!(!ended.success(), "{output}");
    let size = fs::metadata(place.path("upper/var/tmp/sparse")).map_or(0, |found| found.len());
    assert!(size <= 4 << 20, "{size} bytes");
}

#[tokio::test]
async fn a_tree_that_is_deeper_than_paths_are_long_is_removed() {
    let place = Place::new();
    if !Path::new("/usr/bin/python3").exists() {
        return eprintln!("SKIPPED: this machine has no Python");
    }
    let bind = place.directory("deep");
    let script = "import os
os.chdir('/deep')
for _ in range(6000): os.mkdir('directory'); os.chdir('directory')";
    let command = Command::new(Root::HostTools, "/usr/bin/python3").args(["-I", "-c", script]);
    let (ended, output) = place.run(command.user(User::Build).bind_writable(&bind, "/deep")).await;
    assert!(ended.success(), "{ended:?} {output}");
    place.sandbox.remove_tree(&bind).await.unwrap();
    assert!(!bind.exists());
}
