//! `cargo xtask test`: every test, with what they need around them.

use anyhow::Result;
use copr_testkit::run;

use crate::postgres::Server;
use crate::setup;

/// Runs the tests (of `packages`, or of all crates) whose names contain `filter`.
pub fn test(filter: Option<&str>, packages: &[String]) -> Result<()> {
    setup::setup(false)?;
    let server = Server::start()?;
    eprintln!("test: PostgreSQL at {}", server.url());

    let mut chosen: Vec<&str> = packages.iter().flat_map(|name| ["--package", name]).collect();
    if chosen.is_empty() {
        chosen.push("--workspace");
    }
    let features = features(packages);
    chosen.extend(features.iter().flat_map(|feature| ["--features", feature]));
    let nextest = run::tried(run::cargo().args(["nextest", "--version"]))?.status.success();
    let mut tests = run::cargo();
    if nextest {
        tests.args(["nextest", "run", "--no-fail-fast", "--no-tests=pass"]).args(&chosen);
        tests.args(filter);
    } else {
        eprintln!("test: cargo-nextest is not installed; using cargo test");
        tests.args(["test", "--no-fail-fast"]).args(&chosen).args(["--lib", "--bins", "--tests"]);
        tests.args(filter);
    }
    let tests = run::passes(tests.env("COPR_TESTS_POSTGRES", server.url()));

    // nextest does not run the examples of the documentation
    let mut examples = run::cargo();
    examples.args(["test", "--doc"]).args(&chosen).args(filter);
    let examples = match has_library(packages) {
        true => run::passes(examples.env("COPR_TESTS_POSTGRES", server.url())),
        false => Ok(()),
    };
    tests.and(examples)
}

/// The features that the tests are built with: everything that the program can do. cargo takes those of chosen packages
/// alone.
pub fn features(packages: &[String]) -> Vec<&'static str> {
    let all = ["copr-client/gssapi", "copr-web/gssapi", "coprd/gssapi"];
    let chosen = |feature: &str| packages.iter().any(|name| feature.split('/').next() == Some(name));
    all.into_iter().filter(|feature| packages.is_empty() || chosen(feature)).collect()
}

/// cargo refuses `--doc` for a package that is a program alone.
fn has_library(packages: &[String]) -> bool {
    let library = |name: &String| copr_testkit::checkout().join("crates").join(name).join("src/lib.rs").exists();
    packages.iter().all(library)
}
