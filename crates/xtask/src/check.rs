//! `cargo xtask check`: what CI asks, before it asks.

use anyhow::Result;
use copr_testkit::run;

use crate::test;

/// Everything, the quick questions first; the first failure ends it.
pub fn check() -> Result<()> {
    run::passes(run::cargo().args(["fmt", "--all", "--check"]))?;
    let features = test::features(&[]).join(",");
    let clippy = ["clippy", "--workspace", "--all-targets", "--features", &features, "--", "-D", "warnings"];
    run::passes(run::cargo().args(clippy))?;
    let documentation = ["doc", "--workspace", "--no-deps", "--features", &features];
    run::passes(run::cargo().args(documentation).env("RUSTDOCFLAGS", "-D warnings"))?;
    if run::tried(run::cargo().args(["deny", "--version"]))?.status.success() {
        run::passes(run::cargo().args(["deny", "check", "licenses", "bans", "sources"]))?;
    } else {
        eprintln!("check: licences SKIPPED: cargo-deny is not installed (cargo install cargo-deny)");
    }
    test::test(None, &[])?;
    eprintln!("check: ok");
    Ok(())
}
