//! Programs that tests call: found, or asked for by the name of the package that brings them.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program and the packages that bring it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// What is called, as in `rpmbuild`.
    pub program: &'static str,
    /// The package on Debian and Ubuntu.
    pub debian: &'static str,
    /// The package on Fedora.
    pub fedora: &'static str,
}

const fn tool(program: &'static str, debian: &'static str, fedora: &'static str) -> Tool {
    Tool { program, debian, fedora }
}

/// Every program that the project's tests, demo and benchmarks call.
pub const TOOLS: &[Tool] = &[
    tool("rpm", "rpm", "rpm"),
    tool("rpmbuild", "rpm", "rpm-build"),
    tool("rpmsign", "rpm", "rpm-sign"),
    tool("createrepo_c", "createrepo-c", "createrepo_c"),
    tool("dnf", "dnf", "dnf"),
    tool("dnf-3", "dnf", "python3-dnf"),
    tool("bwrap", "bubblewrap", "bubblewrap"),
    tool("gpg", "gnupg", "gnupg2"),
    tool("busybox", "busybox-static", "busybox"),
    tool("initdb", "postgresql", "postgresql-server"),
    tool("postgres", "postgresql", "postgresql-server"),
    tool("psql", "postgresql-client", "postgresql"),
    tool("pg_isready", "postgresql-client", "postgresql"),
    tool("krb5kdc", "krb5-kdc", "krb5-server"),
    tool("kdb5_util", "krb5-kdc", "krb5-server"),
    tool("kadmin.local", "krb5-admin-server", "krb5-server"),
    tool("kinit", "krb5-user", "krb5-workstation"),
    // The binding to the Kerberos library is made from its headers when it is compiled.
    tool("clang", "clang", "clang"),
    tool("krb5-config", "libkrb5-dev", "krb5-devel"),
    tool("python3", "python3", "python3"),
    tool("git", "git", "git-core"),
    tool("svn", "subversion", "subversion"),
    tool("svnserve", "subversion", "subversion"),
    tool("unzip", "unzip", "unzip"),
    tool("openssl", "openssl", "openssl"),
    tool("curl", "curl", "curl"),
    tool("wget", "wget", "wget"),
    tool("tar", "tar", "tar"),
    tool("gzip", "gzip", "gzip"),
    tool("unshare", "util-linux", "util-linux"),
    tool("kill", "procps", "util-linux"),
    tool("setpriv", "util-linux", "util-linux"),
    tool("apt-get", "apt", "apt"),
    tool("dpkg-deb", "dpkg", "dpkg"),
];

/// Looks up the package of a program in [`TOOLS`].
pub fn package_of(program: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.program == program)
}

/// Where the program is, if it is installed.
///
/// Besides `PATH` this looks in the `sbin` directories, which users' `PATH`s often lack, and where
/// Debian and the PostgreSQL project keep the server's programs (`/usr/lib/postgresql/15/bin`,
/// `/usr/pgsql-17/bin`), which are in no `PATH`; of several versions the newest is taken.
pub fn find(program: &str) -> Option<PathBuf> {
    let mut places: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    places.extend(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from));
    places.extend(postgres_directories());
    places.into_iter().map(|place| place.join(program)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn postgres_directories() -> Vec<PathBuf> {
    let version = |name: &str| name.trim_start_matches("pgsql-").parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> = ["/usr/lib/postgresql", "/usr"]
        .iter()
        .filter_map(|place| fs::read_dir(place).ok())
        .flat_map(|entries| entries.flatten())
        .filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path().join("bin"))))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

/// Where the program is.
///
/// # Panics
/// When it is not installed, naming the package that brings it.
pub fn require(program: &str) -> PathBuf {
    find(program).unwrap_or_else(|| {
        let package = match package_of(program) {
            Some(tool) => {
                format!("install the package `{}` (Debian, Ubuntu) or `{}` (Fedora)", tool.debian, tool.fedora)
            }
            None => "install it".to_owned(),
        };
        panic!("`{program}` is not installed\nhint: `cargo xtask setup` installs all that tests need, or {package}")
    })
}

/// A command that starts `program`: a name, looked for as in [`find`], or a path.
///
/// # Panics
/// When a name is given of which no program is installed.
#[expect(clippy::disallowed_methods, reason = "the one place from which tests and xtask start programs")]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let program = program.as_ref();
    if Path::new(program).components().count() > 1 {
        Command::new(program)
    } else {
        Command::new(require(&program.to_string_lossy()))
    }
}

/// Runs a command that has to work, and gives what it wrote to standard output.
///
/// # Panics
/// When it can't be started or fails; the words hold the command and what it wrote.
pub fn output(command: &mut Command) -> String {
    let done = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
    let stdout = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{command:?} failed: {}\n{stdout}{}",
        done.status,
        String::from_utf8_lossy(&done.stderr)
    );
    stdout
}

/// Makes `dir` a home directory for rpm and dnf that touches nothing of this machine's own rpm state.
///
/// Set `HOME` to it. Debian's rpm keeps its database in `~/.rpmdb`, even inside `--root` and
/// `--installroot`; with the `.rpmmacros` written here the place is `/var/lib/rpm` inside such roots,
/// which is what the mini distribution's own rpm expects.
///
/// # Panics
/// When the directory can't be written.
pub fn rpm_home(dir: &Path) {
    fs::create_dir_all(dir)
        .and_then(|()| fs::write(dir.join(".rpmmacros"), "%_dbpath /var/lib/rpm\n"))
        .unwrap_or_else(|error| panic!("can't write `{}`: {error}", dir.display()));
}
