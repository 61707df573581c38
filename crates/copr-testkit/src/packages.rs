//! The project's own source packages, `packages/NAME/` in the checkout.
//!
//! A directory holds `NAME.spec`, and what the spec calls its sources: plain files beside it, or a tree
//! `src/` of which the archive `NAME-VERSION.tar.gz` is made.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{checkout, command, output, temp_dir};

/// 1 January 2026 UTC, as the packages' changelogs say: the same sources give the same bytes.
const SOURCE_DATE_EPOCH: &str = "1767225600";

/// The names of all packages, sorted.
///
/// # Panics
/// When the checkout has no `packages` directory.
pub fn names() -> Vec<String> {
    let place = checkout().join("packages");
    let mut names: Vec<String> = fs::read_dir(&place)
        .unwrap_or_else(|error| panic!("can't read `{}`: {error}", place.display()))
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// The spec file of the package `name`.
///
/// # Panics
/// When there is no such package.
pub fn spec(name: &str) -> PathBuf {
    let path = checkout().join("packages").join(name).join(format!("{name}.spec"));
    assert!(path.is_file(), "no package `{name}`: there are {}", names().join(", "));
    path
}

/// Makes the source package of `name` into `out_dir` (made when it is not there); gives its path.
///
/// # Panics
/// When there is no such package, rpmbuild is missing or refuses the spec (it must for `noname`).
pub fn srpm(name: &str, out_dir: &Path) -> PathBuf {
    srpm_of(&spec(name), out_dir)
}

/// Makes the source package of a noarch package that has no sources: `build` is its `%build`, in shell, and the
/// package holds one program of its name, and what `build` leaves in `share/`.
///
/// # Panics
/// As [`srpm`].
pub fn tiny_srpm(name: &str, build: &str, out_dir: &Path) -> PathBuf {
    let program = format!("%{{buildroot}}%{{_bindir}}/{name}");
    let text = format!(
        "Name: {name}\nVersion: 1.0\nRelease: 1%{{?dist}}\nSummary: A tiny package\n\
         License: MIT OR Apache-2.0\nBuildArch: noarch\n\n%description\n%{{summary}}.\n\n\
         %build\nmkdir share\n{build}\n\n\
         %install\nmkdir -p %{{buildroot}}%{{_bindir}} %{{buildroot}}%{{_datadir}}\n\
         cp -r share %{{buildroot}}%{{_datadir}}/{name}\n\
         printf '#!/bin/sh\\necho {name}\\n' > {program}\nchmod 755 {program}\n\n\
         %files\n%{{_bindir}}/{name}\n%{{_datadir}}/{name}\n"
    );
    written_srpm(name, &text, out_dir)
}

/// Makes the source package of a spec file of this text, which names no sources.
///
/// # Panics
/// As [`srpm`].
pub fn written_srpm(name: &str, spec_text: &str, out_dir: &Path) -> PathBuf {
    let scratch = temp_dir();
    let spec = scratch.path().join(format!("{name}.spec"));
    fs::write(&spec, spec_text).unwrap_or_else(|error| panic!("can't write `{}`: {error}", spec.display()));
    srpm_of(&spec, out_dir)
}

fn srpm_of(spec: &Path, out_dir: &Path) -> PathBuf {
    let name = spec.file_stem().unwrap_or_default().to_string_lossy();
    let name = name.as_ref();
    let scratch = temp_dir();
    let sources = scratch.path().join("SOURCES");
    fs::create_dir_all(&sources)
        .and_then(|()| fs::create_dir_all(out_dir))
        .unwrap_or_else(|error| panic!("can't make directories for `{name}`: {error}"));
    let out_dir = out_dir.canonicalize().unwrap_or_else(|error| panic!("can't find `{}`: {error}", out_dir.display()));
    gather_sources(name, spec, &sources);

    let define = |value: String| ["--define".to_owned(), value];
    let report = output(
        command("rpmbuild")
            .args(["-bs", "--nodeps"])
            // relative, because rpm keeps the expanded spec, with these directories, in the package
            .current_dir(scratch.path())
            .args(define("_topdir .".to_owned()))
            .args(define("_sourcedir SOURCES".to_owned()))
            .args(define(format!("_srcrpmdir {}", out_dir.display())))
            .args(define(format!("_dbpath {}", scratch.path().join("rpmdb").display())))
            // a source package belongs to no distribution, whatever this machine's macros say
            .args(define("dist %{nil}".to_owned()))
            .args(define("_buildhost builder.example.org".to_owned()))
            .args(define("_source_payload w9.gzdio".to_owned()))
            .args(define("use_source_date_epoch_as_buildtime 1".to_owned()))
            .args(define("clamp_mtime_to_source_date_epoch 1".to_owned()))
            .arg(spec)
            .env("HOME", scratch.path())
            .env("LC_ALL", "C.UTF-8")
            .env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH),
    );
    report
        .lines()
        .find_map(|line| line.strip_prefix("Wrote: "))
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("rpmbuild wrote no source package of `{name}`:\n{report}"))
}

fn gather_sources(name: &str, spec: &Path, sources: &Path) {
    let place = spec.parent().expect("a spec lies in its package's directory");
    for entry in fs::read_dir(place).expect("the package's directory is readable").flatten() {
        let path = entry.path();
        if path.is_file() && path != spec {
            fs::copy(&path, sources.join(entry.file_name()))
                .unwrap_or_else(|error| panic!("can't copy `{}`: {error}", path.display()));
        }
    }
    let tree = place.join("src");
    if tree.is_dir() {
        let stem = format!("{name}-{}", version(spec));
        output(
            command("tar")
                .args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
                .arg(format!("--mtime=@{SOURCE_DATE_EPOCH}"))
                .args(["--mode=u+rwX,go+rX,go-w", "--use-compress-program=gzip -n"])
                .arg("--file")
                .arg(sources.join(format!("{stem}.tar.gz")))
                .arg(format!("--transform=s,^src,{stem},"))
                .arg("--directory")
                .arg(place)
                .arg("src"),
        );
    }
}

fn version(spec: &Path) -> String {
    let text = fs::read_to_string(spec).expect("the spec is readable");
    text.lines()
        .find_map(|line| line.strip_prefix("Version:"))
        .unwrap_or_else(|| panic!("`{}` has no Version", spec.display()))
        .trim()
        .to_owned()
}
