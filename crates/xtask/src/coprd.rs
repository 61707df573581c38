//! The program that is shown and measured.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use copr_testkit::run;

/// The program to start: `given`, else coprd built as users get it.
pub fn program(given: Option<&Path>) -> Result<PathBuf> {
    release("coprd", "coprd", given)
}

/// `given`, else a program of the workspace as users get it.
pub fn release(package: &str, name: &str, given: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = given {
        return path.canonicalize().with_context(|| format!("no program `{}`", path.display()));
    }
    let mut cargo = run::cargo();
    cargo.args(["build", "--quiet", "--release", "--package", package, "--bin", name]);
    run::passes(&mut cargo)?;
    Ok(release_directory()?.join(name))
}

/// An example of a crate as users would get it.
pub fn release_example(package: &str, name: &str) -> Result<PathBuf> {
    let mut cargo = run::cargo();
    cargo.args(["build", "--quiet", "--release", "--package", package, "--example", name]);
    run::passes(&mut cargo)?;
    Ok(release_directory()?.join("examples").join(name))
}

fn release_directory() -> Result<PathBuf> {
    let metadata = run::read(run::cargo().args(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let target = metadata["target_directory"].as_str().context("cargo names no target directory")?;
    Ok(Path::new(target).join("release"))
}
