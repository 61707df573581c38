//! Projects of PyPI.

use std::path::PathBuf;

use copr_sandbox::Exit;
use copr_types::Phase;
use copr_types::source::{Pypi, SpecGenerator};
use copr_wire::builder::SourceTask;

use super::scm;
use super::spec::{self, Spec};
use crate::end::{self, Step};
use crate::gate::Gate;
use crate::work::Work;
use crate::workshop::{Job, Ran, Workshop};

const PYP2SPEC: &str = include_str!("pyp2spec.sh");
const PYP2RPM: &str = include_str!("pyp2rpm.sh");
const HINT: &str = "the project has no such file on PyPI";
/// Where the generators leave the spec file, below the workshop's directory.
const SPEC: &str = "spec";

/// Makes the source package.
pub(super) async fn make(work: &Work, task: &SourceTask, pypi: &Pypi) -> Step<PathBuf> {
    let mut shop = Workshop::open(work, &task.build.limits, &task.build.macros)?;
    work.held.enter(Phase::Srpm);
    for text in [&pypi.pypi_package_name, pypi.pypi_package_version.as_ref().unwrap_or(&String::new())] {
        if text.starts_with('-') {
            return Err(end::user(Phase::Srpm, format!("`{text}` is neither a project of PyPI nor a version")));
        }
    }
    match pypi.spec_generator {
        SpecGenerator::Pyp2spec => {
            let (name, version) = (pypi.pypi_package_name.clone(), version(pypi));
            generate(&mut shop, "pyp2spec", PYP2SPEC, vec![name, version]).await?;
        }
        SpecGenerator::Pyp2rpm => generate(&mut shop, "pyp2rpm", PYP2RPM, arguments(pypi)).await?,
    }
    let tree = scm::tree(&shop);
    let found = tree.spec(work, SPEC, None).await?;
    let spec = Spec { tree, found: &found, hint: HINT, fetched: Vec::new() };
    spec::make_srpm(work, task, &spec, None).await
}

fn version(pypi: &Pypi) -> String {
    pypi.pypi_package_version.clone().unwrap_or_default()
}

/// Of pyp2rpm: the first version of Python is the one that gives the package its name.
fn arguments(pypi: &Pypi) -> Vec<String> {
    let mut arguments = vec![pypi.pypi_package_name.clone()];
    let mut option = |name: &str, value: &str| arguments.extend([name.to_owned(), value.to_owned()]);
    if !pypi.spec_template.is_empty() {
        option("-t", &pypi.spec_template);
    }
    for (number, version) in pypi.python_versions.iter().enumerate() {
        option(if number == 0 { "-b" } else { "-p" }, version);
    }
    if let Some(version) = &pypi.pypi_package_version {
        option("-v", version);
    }
    arguments
}

/// Runs a generator, with several tries when the network is at fault.
pub(super) async fn generate(shop: &mut Workshop<'_>, program: &str, script: &str, args: Vec<String>) -> Step<()> {
    let gate = Gate::open(shop.work).await?;
    let done = tries(shop, &gate, program, script, args).await;
    gate.close().await;
    done
}

async fn tries(shop: &mut Workshop<'_>, gate: &Gate, program: &str, script: &str, args: Vec<String>) -> Step<()> {
    let phase = Phase::Srpm;
    let (attempts, mut pause) = (shop.work.place.config.attempts, shop.work.place.config.retry_pause);
    for tried in 1.. {
        let job = Job { step: program, script, args: args.clone(), env: Vec::new(), phase };
        gate.take_seen();
        let ran: Ran = shop.run(job, Some(gate)).await?;
        if ran.exit == Exit::Exited(0) {
            break;
        }
        let (said, seen) = (scm::last(&ran.words), gate.take_seen());
        let unreachable = seen.failed.first();
        if let Some(why) = seen.refused.first() {
            return Err(end::user(phase, format!("`{program}` failed: {why}\n{said}")));
        }
        if unreachable.is_none() && !is_passing(&ran.words) {
            return Err(end::user(phase, explained(program, &said, ran.exit)));
        }
        if tried >= attempts {
            let why = unreachable.map(|why| format!("{why}\n")).unwrap_or_default();
            return Err(end::infrastructure(phase, format!("`{program}` failed:\n{why}{said}")));
        }
        shop.pause(pause).await?;
        pause *= 2;
    }
    Ok(())
}

/// Whether the words of a generator tell of something that passes.
fn is_passing(words: &str) -> bool {
    let passing =
        ["timed out", "Connection reset", "Remote end closed", " 502 ", " 503 ", " 504 ", "RemoteDisconnected"];
    passing.iter().any(|one| words.contains(one))
}

/// What a generator's failure means for people.
fn explained(program: &str, said: &str, exit: Exit) -> String {
    let hint = if said.contains("Empty tag: License") {
        "\nhint: the gem names no license, and a spec file must have one: ask its authors to name it, or write the spec file \
         yourself and build it from an upload, git or a script"
    } else {
        ""
    };
    format!("`{program}` failed ({exit}):\n{said}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gem_without_a_license_is_explained() {
        let told = explained("gem2rpm", "error: line 7: Empty tag: License:", Exit::Exited(1));
        assert!(told.starts_with(
            "`gem2rpm` failed (exit code 1):\nerror: line 7: Empty tag: License:\nhint: the gem names no"
        ));
        assert!(!explained("gem2rpm", "no such gem", Exit::Exited(1)).contains("hint"));
    }

    #[test]
    fn pyp2rpm_is_told_versions_in_order() {
        let pypi = Pypi {
            pypi_package_name: "x".into(),
            pypi_package_version: Some("1.0".into()),
            spec_generator: SpecGenerator::Pyp2rpm,
            spec_template: "epel7".into(),
            python_versions: vec!["3".into(), "2".into()],
        };
        assert_eq!(arguments(&pypi), ["x", "-t", "epel7", "-b", "3", "-p", "2", "-v", "1.0"]);
    }
}
