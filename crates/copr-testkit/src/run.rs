//! Calls of other programs: to be seen, or to be read.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// A command that starts a program: a path, or a name that is looked for.
pub fn program(program: impl AsRef<OsStr>) -> Result<Command> {
    let program = program.as_ref();
    let name = program.to_string_lossy();
    if !name.contains('/') && crate::find(&name).is_none() {
        bail!("`{name}` is not installed\nhint: `cargo xtask setup` says what is missing");
    }
    Ok(crate::command(program))
}

/// The cargo that started us, in the root of the checkout.
pub fn cargo() -> Command {
    let mut cargo = crate::command(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(crate::checkout());
    cargo
}

/// Runs a command whose output people want to see; its failure is ours.
pub fn passes(command: &mut Command) -> Result<()> {
    eprintln!("+ {}", words(command));
    let status = command.status().with_context(|| format!("can't start `{}`", words(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", words(command));
    }
    Ok(())
}

/// Runs a command in silence; what it wrote comes back, whether it worked or not.
pub fn tried(command: &mut Command) -> Result<Output> {
    command.stdin(Stdio::null()).output().with_context(|| format!("can't start `{}`", words(command)))
}

/// Runs a command in silence; gives its standard output. Its failure shows all that it wrote.
pub fn read(command: &mut Command) -> Result<String> {
    let done = tried(command)?;
    if !done.status.success() {
        bail!("`{}` failed: {}\n{}", words(command), done.status, both(&done));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// All that a command wrote.
pub fn both(done: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&done.stdout) + &text(&done.stderr)
}

/// The command as a person would type it.
pub fn words(command: &Command) -> String {
    let mut words =
        vec![Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| {
        let word = word.to_string_lossy();
        match word.contains(|c: char| c.is_whitespace() || "*'\"$&;()".contains(c)) {
            true => format!("'{word}'"),
            false => word.into_owned(),
        }
    }));
    words.join(" ")
}

/// Whether we are root, here or in a user namespace.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0)
}

/// A command that runs as root; for a user, as root of a namespace in which only that user is mapped.
///
/// Enough for `dnf --installroot` and `chroot`, where every file belongs to root.
pub fn as_root(name: &str) -> Result<Command> {
    if is_root() {
        return program(name);
    }
    let mut command = program("unshare")?;
    command.args(["--map-root-user", "--mount", "--"]).arg(crate::require(name));
    Ok(command)
}
