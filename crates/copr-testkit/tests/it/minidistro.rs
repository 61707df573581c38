use std::thread;

use copr_testkit::{Suite, command, minidistro, output, rpm_home, temp_dir};

#[test]
fn callers_at_the_same_time_get_one_distribution() {
    let threads = [(); 3].map(|()| thread::spawn(|| minidistro(Suite::Bookworm)));
    let paths = threads.map(|thread| thread.join().expect("a repository"));
    assert!(paths.iter().all(|path| *path == paths[0]));
    assert!(paths[0].join("repodata/repomd.xml").is_file());
}

#[test]
fn dnf_finds_the_buildroot_group_and_all_that_its_packages_require() {
    let (repository, scratch) = (minidistro(Suite::Bookworm), temp_dir());
    let home = scratch.path().join("home");
    rpm_home(&home);
    let dnf = |arguments: &[&str]| {
        let mut dnf = command("dnf");
        dnf.env("HOME", &home)
            .args(["--quiet", "--assumeyes", "--disableplugin=*", "--releasever=12"])
            .arg(format!("--installroot={}", scratch.path().join("root").display()))
            .arg(format!("--setopt=cachedir={}", scratch.path().join("cache").display()))
            .args(["--setopt=reposdir=/dev/null", "--setopt=metadata_expire=0"])
            .arg(format!("--repofrompath=mini,{}", repository.display()))
            .args(["--repo=mini", "--setopt=mini.gpgcheck=0"])
            .args(arguments);
        output(&mut dnf)
    };
    let group = dnf(&["group", "info", "buildsys-build"]);
    assert!(group.contains("redhat-rpm-config"), "{group}");
    let names = dnf(&["repoquery", "--whatprovides", "gcc-c++", "--queryformat", "%{name}"]);
    assert_eq!(names.trim(), "g++");
    let unresolved = dnf(&["repoquery", "--unsatisfied"]);
    assert_eq!(unresolved.trim(), "");
}
