use std::io::Read;
use std::path::{Path, PathBuf};

use copr_rpm::srpm::{self, Limits};
use copr_rpm::{Error, header};

use crate::rpmbuild::Workshop;
use crate::samples;

const SPEC: &str = "\
Name: packed
Version: 1
Release: 1
Summary: Packed
License: MIT
Source0: big.txt
%description
Packed.
";

fn source_package(workshop: &Workshop, arguments: &[&str]) -> PathBuf {
    // Sorted before the spec file, so that it must be passed over.
    std::fs::write(workshop.path().join("big.txt"), vec![b'x'; 300_000]).unwrap();
    workshop.build("packed", SPEC, &[&["-bs"], arguments].concat()).remove(0)
}

#[test]
fn the_spec_file_comes_out_of_every_compression() {
    let workshop = Workshop::new();
    for payload in ["w.ufdio", "w9.gzdio", "w9.bzdio", "w6.xzdio", "w6.lzdio", "w3.zstdio"] {
        let path = source_package(&workshop, &["-D", &format!("_source_payload {payload}")]);
        let spec = srpm::read_spec(&path, &Limits::default()).unwrap_or_else(|error| panic!("{payload}: {error}"));
        assert_eq!(spec.name, "packed.spec");
        assert_eq!(String::from_utf8(spec.bytes).unwrap(), SPEC, "{payload}");
    }
}

#[test]
fn limits_stop_the_reading() {
    let workshop = Workshop::new();
    let path = source_package(&workshop, &[]);
    for limits in [
        Limits { spec: 10, ..Limits::default() },
        Limits { payload: 100_000, ..Limits::default() },
        Limits { files: 1, ..Limits::default() },
    ] {
        let error = srpm::read_spec(&path, &limits).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{limits:?}: {error}");
    }
}

#[test]
fn a_binary_package_is_refused() {
    let workshop = Workshop::new();
    let error = srpm::read_spec(&workshop.small("binary")[1], &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "`binary-1.0-1.test.noarch` is not a source package");
}

/// Writes `from` into the header and the (unpacked) payload as `to`, which has the same length.
fn renamed(path: &Path, from: &str, to: &str) -> Vec<u8> {
    renamed_in(&std::fs::read(path).unwrap(), from, to)
}

fn renamed_in(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let (from, to) = (from.as_bytes(), to.as_bytes());
    assert_eq!(from.len(), to.len());
    let mut at = 0;
    let mut replaced = 0;
    while at + from.len() <= bytes.len() {
        if &bytes[at..at + from.len()] == from {
            bytes[at..at + from.len()].copy_from_slice(to);
            replaced += 1;
        }
        at += 1;
    }
    assert!(replaced >= 2, "the name stands in header and archive");
    bytes
}

#[test]
fn names_that_lead_out_of_the_package_are_refused() {
    let workshop = Workshop::new();
    let path = source_package(&workshop, &["-D", "_source_payload w.ufdio"]);
    for evil in ["../.txt", "/ig.txt", "b/g.txt", "b\ng.txt"] {
        let bytes = renamed(&path, "big.txt", evil);
        let error = srpm::read_spec_from(&bytes[..], &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::BadFileName { .. }), "{evil}: {error}");
    }
}

#[test]
fn no_spec_file_and_several_are_told_apart() {
    let workshop = Workshop::new();
    let path = source_package(&workshop, &["-D", "_source_payload w.ufdio"]);
    let none = renamed(&path, "packed.spec", "packed.spex");
    assert!(matches!(srpm::read_spec_from(&none[..], &Limits::default()), Err(Error::NoSpecFile)));

    std::fs::write(workshop.path().join("more.spec"), "").unwrap();
    let spec = SPEC.replace("big.txt", "more.spec");
    let several = workshop.build("packed", &spec, &["-bs"]).remove(0);
    let spec = srpm::read_spec(&several, &Limits::default()).unwrap();
    assert_eq!(spec.name, "packed.spec", "the other one is a source like any");
}

#[test]
fn every_collected_source_package_gives_its_spec_file_or_a_clear_reason() {
    for path in samples::collected() {
        let Ok(package) = header::read_package(&path) else {
            continue;
        };
        if !package.is_source {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match srpm::read_spec(&path, &Limits::default()) {
            Ok(spec) => assert!(!spec.bytes.is_empty(), "{name}"),
            Err(Error::NoSpecFile) => {
                let known = ["no-spec-file", "test-src", "test-nopatch", "test-nosrc"];
                assert!(known.iter().any(|part| name.contains(part)), "{name} has a spec file");
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

/// The names of a file, whether it can be run, and its bytes.
type Unpacked = (Vec<String>, bool, Vec<u8>);

/// The files of a source package and their bytes.
fn unpacked(path: &Path, limits: &Limits) -> Result<Vec<Unpacked>, Error> {
    let mut files = Vec::new();
    srpm::unpack(path, limits, |source, data| {
        let mut bytes = Vec::new();
        // What can not be read is told by the package's own error.
        let _ = data.read_to_end(&mut bytes);
        files.push((source.names.clone(), source.executable, bytes));
        Ok::<(), Error>(())
    })?;
    files.sort();
    Ok(files)
}

const MORE: &str = "Source0: big.txt\nSource1: run.sh\nSource2: link.txt\nSource3: empty\n";

#[test]
fn all_files_come_out_with_their_rights_and_links() {
    let workshop = Workshop::new();
    let file = |name: &str| workshop.path().join(name);
    std::fs::write(file("big.txt"), vec![b'x'; 300_000]).unwrap();
    std::fs::hard_link(file("big.txt"), file("link.txt")).unwrap();
    std::fs::write(file("empty"), "").unwrap();
    std::fs::write(file("run.sh"), "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(file("run.sh"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let spec = SPEC.replace("Source0: big.txt\n", MORE);
    for payload in ["w.ufdio", "w9.gzdio", "w6.xzdio", "w3.zstdio"] {
        let arguments = ["-bs", "-D", &format!("_source_payload {payload}")];
        let path = workshop.build("packed", &spec, &arguments).remove(0);
        let files = unpacked(&path, &Limits::default()).unwrap_or_else(|error| panic!("{payload}: {error}"));
        let of = |name: &str| {
            let (_, executable, bytes) = files.iter().find(|(names, ..)| names.iter().any(|one| one == name)).unwrap();
            (*executable, bytes.len())
        };
        assert_eq!(of("big.txt"), (false, 300_000), "{payload}");
        assert_eq!(of("link.txt"), (false, 300_000), "{payload}");
        assert_eq!((of("run.sh"), of("empty")), ((true, 10), (false, 0)), "{payload}");
        assert_eq!(of("packed.spec"), (false, spec.len()), "{payload}");
    }
}

#[test]
fn what_is_not_read_is_passed_over_and_an_error_of_the_reader_ends_it() {
    let workshop = Workshop::new();
    let path = source_package(&workshop, &[]);
    let mut names = Vec::new();
    let all = |source: &srpm::Source, _: &mut dyn Read| {
        names.extend(source.names.clone());
        Ok::<(), Error>(())
    };
    srpm::unpack(&path, &Limits::default(), all).unwrap();
    assert_eq!(names, ["big.txt", "packed.spec"]);
    let mut calls = 0;
    let error = srpm::unpack(&path, &Limits::default(), |_, _| {
        calls += 1;
        Err(Error::NoSpecFile)
    });
    assert!(matches!(error, Err(Error::NoSpecFile)) && calls == 1);
}

#[test]
fn a_damaged_payload_names_the_file_in_which_it_breaks() {
    let workshop = Workshop::new();
    let path = source_package(&workshop, &["-D", "_source_payload w.ufdio"]);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 100_000]).unwrap();
    let error = unpacked(&path, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "`big.txt` can not be unpacked: the package is cut short in its payload");
    std::fs::write(&path, &whole).unwrap();
    let error = unpacked(&path, &Limits { payload: 100_000, ..Limits::default() }).unwrap_err();
    assert!(
        error.to_string().starts_with("`big.txt` can not be unpacked: the unpacked payload is too large"),
        "{error}"
    );
    for evil in ["../.txt", "/ig.txt", "b/g.txt", "b\ng.txt"] {
        std::fs::write(&path, renamed_in(&whole, "big.txt", evil)).unwrap();
        let error = unpacked(&path, &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::BadFileName { .. }), "{evil}: {error}");
    }
}
