//! All stories once more, as a user without any right.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use crate::place::stage;

const MARK: &str = "COPR_SANDBOX_TEST_STAGE";

#[test]
fn all_stories_hold_without_privileges() {
    if !nix::unistd::Uid::effective().is_root() || std::env::var_os(MARK).is_some() {
        return eprintln!("SKIPPED: these stories are being told without privileges already");
    }
    // Checkouts often lie where nobody else may look.
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let (tests, stage_copy) = (place.path().join("tests"), place.path().join("stage"));
    fs::copy(std::env::current_exe().unwrap(), &tests).unwrap();
    fs::copy(stage(), &stage_copy).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"])
        .arg(&tests)
        .args(["--test-threads", "4"])
        .env(MARK, &stage_copy)
        .env("TMPDIR", place.path())
        .current_dir(place.path())
        .output()
        .expect("setpriv");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("the_build_user_writes_nowhere_but_where_it_may ... ok"), "{told}");
}
