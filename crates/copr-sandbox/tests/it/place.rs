//! A temporary place with a small root tree, made of a static busybox.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use copr_sandbox::{Capabilities, Command, Config, Ended, Isolation, Limits, Root, Sandbox, User, UserMap};
use tempfile::TempDir;

const BUSYBOX: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];
const APPLETS: [&str; 33] = [
    "sh", "cat", "ls", "id", "touch", "mkdir", "rm", "ln", "dd", "yes", "sleep", "true", "echo", "stat", "ps", "chmod",
    "mkfifo", "mknod", "mount", "umount", "unshare", "hostname", "wc", "test", "head", "nc", "setsid", "grep", "chown",
    "tail", "find", "kill", "readlink",
];

/// Far more than any story takes; only so that a broken one ends.
pub const GIVE_UP: Duration = Duration::from_secs(20);

pub struct Place {
    pub sandbox: Sandbox,
    directory: TempDir,
}

/// The program that becomes the stages.
pub fn stage() -> PathBuf {
    std::env::var_os("COPR_SANDBOX_TEST_STAGE").map_or(env!("CARGO_BIN_EXE_copr-sandbox-stage").into(), PathBuf::from)
}

pub fn config() -> Config {
    Config { stage: stage(), ..Config::default() }
}

impl Place {
    pub fn new() -> Place {
        Place::with(|_| {})
    }

    /// On a machine that can less.
    pub fn with(weaken: impl FnOnce(&mut Capabilities)) -> Place {
        let mut capabilities = Capabilities::probe(&config()).expect("this machine isolates");
        assert!(capabilities.overlay, "{capabilities}");
        weaken(&mut capabilities);
        let sandbox = Sandbox::with(config(), capabilities);
        let directory = TempDir::new().expect("a temporary directory");
        let place = Place { sandbox, directory };
        place.make_tree();
        place
    }

    /// A path of the host in this place.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A new directory of the host in this place.
    pub fn directory(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir(&path).expect("a directory");
        path
    }

    pub fn tree(&self) -> PathBuf {
        self.path("tree")
    }

    /// The small tree below a new layer.
    pub fn overlay(&self, layer: &str) -> Root {
        self.layers(layer, &[])
    }

    /// The small tree below these layers, the topmost first, below a new one.
    pub fn layers(&self, layer: &str, below: &[&str]) -> Root {
        let lowers = below.iter().map(|name| self.path(name)).chain([self.tree()]).collect();
        Root::Overlay { lowers, upper: self.path(layer), work: self.path(&format!("{layer}.work")) }
    }

    pub async fn run(&self, command: Command) -> (Ended, String) {
        let (ended, output) = self.sandbox.output(command, 1 << 20).await.expect("a sandbox");
        (ended, String::from_utf8_lossy(&output).into_owned())
    }

    /// What a script says in a fresh overlay.
    pub async fn say(&self, user: User, script: &str) -> String {
        let (ended, output) = self.run(self.shell("upper", script).user(user)).await;
        assert!(ended.success(), "{ended:?}: {output}");
        output.trim().to_owned()
    }

    pub fn shell(&self, layer: &str, script: &str) -> Command {
        Command::new(self.overlay(layer), "/bin/sh")
            .args(["-c", script])
            .limits(Limits { wall: Some(GIVE_UP), ..Limits::default() })
    }

    /// Do namespaces belong to root inside? Without privileges they do, and what is done to them harms nobody else.
    pub fn owns_its_namespaces(&self) -> bool {
        let isolation = self.sandbox.capabilities().isolation;
        matches!(isolation, Isolation::Namespaces(UserMap::Own | UserMap::Subordinate { .. }))
    }

    /// The uid on the host of this user inside.
    pub fn outer_uid(&self, user: User) -> u32 {
        let inner = if user == User::Root { 0 } else { 1000 };
        let me = nix::unistd::Uid::effective().as_raw();
        match self.sandbox.capabilities().isolation {
            Isolation::Namespaces(UserMap::Range(range)) => range.first + inner,
            Isolation::Namespaces(UserMap::Own) => me,
            Isolation::Namespaces(UserMap::Subordinate { uids, .. }) => {
                if inner == 0 {
                    me
                } else {
                    uids.first + inner - 1
                }
            }
            Isolation::Namespaces(UserMap::None) | Isolation::Chroot => inner,
        }
    }

    fn make_tree(&self) {
        let tree = self.directory("tree");
        for name in ["bin", "usr", "etc", "var", "root"] {
            fs::create_dir(tree.join(name)).expect("a directory");
        }
        let busybox = BUSYBOX
            .iter()
            .find(|path| Path::new(path).exists())
            .expect("a static busybox (apt-get install busybox-static)");
        fs::copy(busybox, tree.join("bin/busybox")).expect("copy busybox");
        for name in APPLETS {
            symlink("busybox", tree.join("bin").join(name)).expect("a link");
        }
        fs::write(tree.join("etc/motd"), "from below\n").expect("a file");
        if nix::unistd::Uid::effective().is_root() {
            own(&tree, self.outer_uid(User::Root));
        }
    }
}

impl Drop for Place {
    /// What a sandbox wrote belongs to ids that only a sandbox can remove.
    fn drop(&mut self) {
        let (sandbox, path) = (self.sandbox.clone(), self.directory.path().to_path_buf());
        let removed = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(sandbox.remove_tree(&path))
        });
        let result = removed.join().expect("no panic");
        if !std::thread::panicking() {
            result.expect("the place can be removed");
        }
    }
}

fn own(path: &Path, uid: u32) {
    std::os::unix::fs::lchown(path, Some(uid), Some(uid)).expect("chown");
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).expect("a directory") {
            own(&entry.expect("an entry").path(), uid);
        }
    }
}

/// A fifo in a directory of the host. Everybody inside may write to it.
pub fn fifo(directory: &Path) -> PathBuf {
    let path = directory.join("fifo");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::from_bits_truncate(0o666)).expect("a fifo");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("permissions");
    if nix::unistd::Uid::effective().is_root() {
        chown(&path, Some(65_534), None).expect("chown");
    }
    path
}
