//! Scripts.

use crate::stage::{PROJECT, Stage, launch, program_spec};

#[test]
fn a_script_with_build_dependencies_and_repositories_makes_a_package() {
    let stage = Stage::set(launch());
    // What the script needs comes from the distribution and, built before, from the project itself.
    let helper = copr_testkit::srpm("hello-noarch", &stage.path("srpms"));
    stage.cli().build(&helper).expect("what the script needs is built");
    let spec = program_spec("scripted", "3.1", "Source0: scripted-3.1.tar.gz");
    let text = format!(
        "#!/bin/bash\nset -ex\nhello-noarch\nmake --version\nmkdir -p out scripted-3.1\nhello-noarch >scripted-3.1/scripted\n\
         tar czf out/scripted-3.1.tar.gz scripted-3.1\ncat >out/scripted.spec <<'END'\n{spec}\nEND\n"
    );
    let script = stage.path("script");
    std::fs::write(&script, text).expect("the script can be written");
    let own = format!("copr://{}/{PROJECT}", stage.cli().owner());
    let build = stage.makes(
        "buildcustom",
        &[
            "--script",
            script.to_str().expect("a path"),
            "--script-chroot",
            &stage.distribution.chroot,
            "--script-builddeps",
            "make hello-noarch",
            "--script-resultdir",
            "out",
            "--script-repos",
            &own,
        ],
    );
    assert_eq!(stage.version_of(build), "scripted 3.1-1");
    let root = stage.installs(&["scripted"]);
    assert!(root.join("usr/bin/scripted").exists());
}
