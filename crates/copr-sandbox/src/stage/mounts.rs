//! Makes the root of a sandbox out of mounts, in a mount namespace of its own.

use std::{
    fs,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, open},
    mount::{MntFlags, MsFlags, mount, umount2},
    sys::{
        stat::{Mode, fstat},
        statvfs::{FsFlags, fstatvfs},
    },
    unistd::{chdir, fchdir, pivot_root, symlinkat},
};

use super::{
    ids::Ids,
    inside::{Inside, change_owner, path_of},
    message::{Failure, Run},
    tree,
};
use crate::{Bind, Network, Root, User, command::Spec};

/// Where the new root is put together; hides nothing, since all sources are open by then.
const BASES: [&str; 4] = ["/tmp", "/mnt", "/run", "/var"];
const NOTHING: Option<&str> = None;
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
/// What programs of the host need of its `/etc`; nothing secret.
const HOST_ETC: [&str; 32] = [
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "dnf",
    "gai.conf",
    "group",
    "host.conf",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "pkcs11",
    "pki",
    "protocols",
    "python3",
    "python3.11",
    "rpm",
    "services",
    "ssl",
    "system-release",
    "terminfo",
    "timezone",
    "yum",
    "yum.conf",
    "yum.repos.d",
];

/// A bind whose source is open.
struct OpenBind {
    source: OwnedFd,
    target: PathBuf,
    writable: bool,
    /// A file of the tree wins: the bind only fills a gap.
    only_missing: bool,
}

/// Makes the root and makes it this process's root. Answers whether `/proc` could be mounted.
pub(crate) fn enter(run: &Run, ids: Ids) -> Result<bool, Failure> {
    let spec = &run.spec;
    // Nothing of ours may travel back to the host, whose mounts are often shared.
    mount(NOTHING, "/", NOTHING, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NOTHING)
        .map_err(Failure::of("make the mounts private"))?;
    let binds = open_binds(spec)?;
    let devices = open_devices()?;
    let root = tree::mount_root(run, ids, base()?)?;
    let inside = Inside::new(root, ids.owner(User::Root));
    if matches!(spec.root, Root::HostTools) {
        host_links(&inside)?;
    }
    let proc = system(&inside, spec, ids, &devices)?;
    for bind in &binds {
        place(&inside, spec.user, ids, bind)?;
    }
    if let Some(path) = &spec.system_at {
        inside.directory(path)?;
        let doing = format!("find `{}`", path.display());
        let tree = inside.find(path).map_err(Failure::of(doing))?;
        system(&Inside::new(tree, ids.owner(User::Root)), spec, ids, &devices)?;
    }
    if spec.user == User::Build {
        for path in spec.writable.iter().map(PathBuf::as_path).chain([Path::new("/var/tmp")]) {
            keep_writable(&inside, path, spec, ids)?;
        }
    } else {
        for path in &spec.writable {
            inside.directory(path)?;
        }
    }
    pivot(&inside)?;
    if spec.user == User::Build {
        let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        remount(Path::new("/"), flags).map_err(Failure::of("make the root read-only"))?;
    }
    Ok(proc)
}

/// A directory that exists on this machine, to mount the new root on.
pub(crate) fn base() -> Result<&'static Path, Failure> {
    BASES
        .iter()
        .map(Path::new)
        .find(|path| path.is_dir())
        .ok_or_else(|| Failure::of("find a mount point")("none of /tmp, /mnt, /run, /var exists"))
}

/// Opens a path of the host without reading it.
pub(crate) fn open_path(path: &Path) -> Result<OwnedFd, Failure> {
    open(path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
        .map_err(Failure::of(format!("open `{}`", path.display())))
}

fn open_binds(spec: &Spec) -> Result<Vec<OpenBind>, Failure> {
    let mut binds = Vec::new();
    let mut offer = |source: &str, target: &str, only_missing| {
        if let Ok(source) = open_path(Path::new(source)) {
            let target = PathBuf::from(target);
            binds.push(OpenBind { source, target, writable: false, only_missing });
        }
    };
    if matches!(spec.root, Root::HostTools) {
        for name in ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
            let path = format!("/{name}");
            if !Path::new(&path).is_symlink() {
                offer(&path, &path, false);
            }
        }
        for name in HOST_ETC {
            let path = format!("/etc/{name}");
            offer(&path, &path, false);
        }
    }
    if spec.network == Network::On {
        offer("/etc/resolv.conf", "/etc/resolv.conf", false);
        for bundle in ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"] {
            if Path::new(bundle).exists() && !matches!(spec.root, Root::HostTools) {
                offer(bundle, "/etc/ssl/certs/ca-certificates.crt", true);
                offer(bundle, "/etc/pki/tls/certs/ca-bundle.crt", true);
                break;
            }
        }
    }
    for Bind { source, target, writable } in &spec.binds {
        let source = open_path(source)?;
        let (target, writable) = (target.clone(), *writable);
        binds.push(OpenBind { source, target, writable, only_missing: false });
    }
    Ok(binds)
}

fn open_devices() -> Result<Vec<(&'static str, OwnedFd)>, Failure> {
    DEVICES.iter().map(|name| Ok((*name, open_path(&Path::new("/dev").join(name))?))).collect()
}

/// `/bin` and friends as the host has them, where they are links into `/usr`.
fn host_links(inside: &Inside) -> Result<(), Failure> {
    let doing = "link the host's program directories";
    for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
        if let Ok(target) = fs::read_link(Path::new("/").join(name)) {
            symlinkat(&target, inside.root(), name).map_err(Failure::of(doing))?;
        }
    }
    for path in ["/var/tmp", "/var/cache", "/var/lib", "/var/log", "/run", "/root"] {
        inside.directory(Path::new(path))?;
    }
    Ok(())
}

/// `/proc`, `/dev` and `/tmp`. Answers whether `/proc` could be mounted: containers that hide parts
/// of their own `/proc` may not mount another (mount_namespaces(7)).
fn system(inside: &Inside, spec: &Spec, ids: Ids, devices: &[(&'static str, OwnedFd)]) -> Result<bool, Failure> {
    let hard = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let size = spec.limits.disk.map_or(String::new(), |bytes| format!(",size={bytes}"));
    let (uid, gid) = ids.owner(User::Root);
    let size = format!(",uid={uid},gid={gid}{size}");
    let at = |path: &str| inside.directory(Path::new(path));
    let put = |kind: &str, path: &str, flags, options: &str| {
        let target = at(path)?;
        mount(Some(kind), &path_of(&target), Some(kind), flags, Some(options))
            .map_err(Failure::of(format!("mount `{path}`")))
    };
    put("tmpfs", "/tmp", hard, &format!("mode=1777{size}"))?;
    put("tmpfs", "/dev", MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC, &format!("mode=755,uid={uid},gid={gid},size=64k"))?;
    put("tmpfs", "/dev/shm", hard, &format!("mode=1777{size}"))?;
    for (name, device) in devices {
        let target = inside.file(&Path::new("/dev").join(name))?;
        bind(device, &path_of(&target)).map_err(Failure::of(format!("show `/dev/{name}`")))?;
    }
    let dev = at("/dev")?;
    for (target, name) in [
        ("/proc/self/fd", "fd"),
        ("/proc/self/fd/0", "stdin"),
        ("/proc/self/fd/1", "stdout"),
        ("/proc/self/fd/2", "stderr"),
    ] {
        symlinkat(target, &dev, name).map_err(Failure::of("link `/dev/fd`"))?;
    }
    let terminals = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    if put("devpts", "/dev/pts", terminals, "newinstance,ptmxmode=0666,mode=620").is_ok() {
        symlinkat("pts/ptmx", &dev, "ptmx").map_err(Failure::of("link `/dev/ptmx`"))?;
    }
    if spec.user == User::Build {
        let flags = terminals | MsFlags::MS_RDONLY;
        let dev = at("/dev")?;
        remount(&path_of(&dev), flags).map_err(Failure::of("make `/dev` read-only"))?;
    }
    at("/sys")?;
    Ok(put("proc", "/proc", hard | MsFlags::MS_NOEXEC, "").is_ok())
}

fn place(inside: &Inside, user: User, ids: Ids, what: &OpenBind) -> Result<(), Failure> {
    let doing = || format!("bind to `{}`", what.target.display());
    if what.only_missing && inside.find(&what.target).is_ok() {
        return Ok(());
    }
    let found = fstat(&what.source).map_err(Failure::of(doing()))?;
    if what.writable && ids.must_change(user, found.st_uid) {
        change_owner(&what.source, ids.owner(user)).map_err(Failure::of(doing()))?;
    }
    let is_directory = found.st_mode & nix::libc::S_IFMT == nix::libc::S_IFDIR;
    let target = if is_directory { inside.directory(&what.target)? } else { inside.file(&what.target)? };
    bind(&what.source, &path_of(&target)).map_err(Failure::of(doing()))?;
    let mut flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    if !what.writable {
        flags |= MsFlags::MS_RDONLY;
    }
    // Found again: `target` is still what lies below the mount.
    let mounted = inside.find(&what.target).map_err(Failure::of(doing()))?;
    remount(&path_of(&mounted), flags).map_err(Failure::of(doing()))
}

/// A directory of the root that stays writable when the root becomes read-only.
fn keep_writable(inside: &Inside, path: &Path, spec: &Spec, ids: Ids) -> Result<(), Failure> {
    let doing = || format!("keep `{}` writable", path.display());
    let directory = inside.directory(path)?;
    if path == Path::new("/var/tmp") {
        // Fresh trees have it 0755; inside overlays this copies nothing but the directory.
        let mode = Mode::from_bits_truncate(0o1777);
        nix::sys::stat::fchmodat(
            nix::fcntl::AT_FDCWD,
            &path_of(&directory),
            mode,
            nix::sys::stat::FchmodatFlags::FollowSymlink,
        )
        .map_err(Failure::of(doing()))?;
    } else {
        change_owner(&directory, ids.owner(spec.user)).map_err(Failure::of(doing()))?;
    }
    bind(&directory, &path_of(&directory)).map_err(Failure::of(doing()))?;
    let mounted = inside.find(path).map_err(Failure::of(doing()))?;
    remount(&path_of(&mounted), MsFlags::MS_NOSUID | MsFlags::MS_NODEV).map_err(Failure::of(doing()))
}

/// Shows an open file or directory at another place.
pub(crate) fn bind(source: &OwnedFd, target: &Path) -> nix::Result<()> {
    let source = path_of(source);
    match mount(Some(&source), target, NOTHING, MsFlags::MS_BIND, NOTHING) {
        // In a user namespace a directory with mounts of the host below goes with them or not at all.
        Err(Errno::EINVAL) => mount(Some(&source), target, NOTHING, MsFlags::MS_BIND | MsFlags::MS_REC, NOTHING),
        result => result,
    }
}

/// Adds flags to a mount, and keeps those it has: in a user namespace they are locked.
pub(crate) fn remount(path: &Path, flags: MsFlags) -> nix::Result<()> {
    let mounted = open(path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?;
    let has = fstatvfs(&mounted)?.flags();
    let mut all = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | flags;
    for (seen, flag) in [
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ] {
        if has.contains(seen) {
            all |= flag;
        }
    }
    mount(NOTHING, path, NOTHING, all, NOTHING)
}

/// The new tree becomes `/`, the host's goes away (pivot_root(2), "pivot_root(".", ".")").
fn pivot(inside: &Inside) -> Result<(), Failure> {
    let doing = "change the root";
    fchdir(inside.root()).map_err(Failure::of(doing))?;
    pivot_root(".", ".").map_err(Failure::of(doing))?;
    umount2(".", MntFlags::MNT_DETACH).map_err(Failure::of(doing))?;
    chdir("/").map_err(Failure::of(doing))
}
