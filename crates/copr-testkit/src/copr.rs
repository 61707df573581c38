//! Our own command line, `copr`: built when it is asked for, as cargo builds programs only for the tests of their own crate.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::run;

/// The program, built like the test that asks for it.
///
/// # Panics
/// When it can't be built.
pub fn copr() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let profile = profile_directory();
        let mut cargo = run::cargo();
        cargo.args(["build", "--quiet", "--package", "copr-cli", "--bin", "copr", "--target-dir"]);
        cargo.arg(profile.parent().expect("the directory of the profile lies in that of the target"));
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        crate::output(&mut cargo);
        profile.join("copr")
    })
}

/// `target/debug`, or wherever this test was built.
fn profile_directory() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    test.ancestors().nth(2).expect("tests lie in `deps` of the profile's directory").to_owned()
}
