//! The unmodified Python clients, in a virtual environment that `cargo xtask setup` makes.

use std::path::PathBuf;

use crate::cache_dir;

/// What is installed into the environment, from PyPI. The last two are what the clients need to log in by Kerberos.
pub const CLIENTS: &[&str] = &["copr==2.7", "copr-cli==2.6", "gssapi==1.12.0", "requests-gssapi==1.4.0"];

/// The virtual environment with `copr` 2.7 and `copr-cli` 2.6; it need not exist yet.
///
/// The name holds the versions: other clients are another environment.
pub fn venv() -> PathBuf {
    cache_dir().join("venv-copr-2.7-cli-2.6-gssapi-1.12")
}

/// A program of that environment: `copr-cli`, or `python` to run scripts that `import copr`.
///
/// # Panics
/// When `cargo xtask setup` has not made the environment.
pub fn client(program: &str) -> PathBuf {
    program_of(venv(), program)
}

fn program_of(venv: PathBuf, program: &str) -> PathBuf {
    let path = venv.join("bin").join(program);
    assert!(path.exists(), "no `{}`\nhint: `cargo xtask setup` installs what tests need from PyPI", path.display());
    path
}

/// What generates requests from the description of the API and judges the answers, from PyPI.
pub const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// The virtual environment with schemathesis; its dependencies are none of the clients' business.
pub fn schemathesis_venv() -> PathBuf {
    cache_dir().join("venv-schemathesis-4.32.5")
}

/// The program schemathesis.
///
/// # Panics
/// When `cargo xtask setup` has not made the environment.
pub fn schemathesis() -> PathBuf {
    program_of(schemathesis_venv(), "schemathesis")
}
