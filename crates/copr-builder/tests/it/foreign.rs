use std::path::{Path, PathBuf};

use copr_types::{FailureClass, Phase};
use copr_wire::builder::{Outcome, Task};

use crate::trial::{Trial, rpm_task};

/// Source packages of strangers, where they lie beside the checkout.
fn samples() -> Option<PathBuf> {
    let beside = copr_testkit::checkout().join("../shared/testdata/rpms");
    let named = std::env::var_os("COPR_TESTS_SAMPLES").map(PathBuf::from);
    [named, Some(beside)].into_iter().flatten().find(|path| path.is_dir())
}

fn source_packages(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap_or_default();
        if path.is_dir() {
            source_packages(&path, found);
        } else if name.ends_with(".src.rpm") || name.ends_with(".nosrc.rpm") {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn packages_of_strangers_build_or_fail_for_their_own_reasons() {
    let Some(samples) = samples() else {
        eprintln!("skipped: there are no sample packages in ../shared");
        return;
    };
    let trial = Trial::start().await;
    let mut packages = Vec::new();
    source_packages(&samples, &mut packages);
    packages.sort();
    let (mut built, mut failed) = (Vec::new(), Vec::new());
    for path in packages {
        let name = path.strip_prefix(&samples).unwrap().display().to_string();
        let source = trial.upload(&path).await;
        let ended = match source.outcome() {
            Outcome::Succeeded { srpm } => {
                let there = trial.scratch.path().join(srpm);
                std::fs::write(&there, &source.files[srpm]).unwrap();
                let task = rpm_task(&there);
                let id = trial.server.submit(Task::Rpm(task), Some(there));
                trial.server.ended(id).await
            }
            _ => source,
        };
        match ended.outcome() {
            Outcome::Succeeded { .. } => built.push(name),
            Outcome::Failed { failure } => {
                println!("{name}: {failure}\n");
                failed.push((name, failure.class, failure.phase));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    println!("{built:#?}");
    assert!(failed.iter().all(|(_, class, _)| *class == FailureClass::User), "{failed:#?}");
    let phase_of = |part: &str| failed.iter().find(|(name, ..)| name.contains(part)).map(|(_, _, phase)| *phase);
    for (part, phase) in [
        ("mock/test-A", Phase::Builddeps),
        ("mock/test-E", Phase::Builddeps),
        ("python-motionpaint", Phase::Builddeps),
        ("example-1.0.1", Phase::Build),
        ("rpm-file-attrs", Phase::Build),
        ("no-spec-file", Phase::Srpm),
        ("koji/test-src", Phase::Srpm),
        (".nosrc.rpm", Phase::Srpm),
    ] {
        assert_eq!(phase_of(part), Some(phase), "{part}");
    }
    assert_eq!((built.len(), failed.len()), (20, 18), "{built:#?}\n{failed:#?}");
    trial.stop().await;
}
