//! dnf reads what we publish; and we read it back.

use std::io::Write;
use std::path::{Path, PathBuf};

use copr_rpm::Error;
use copr_rpm::repodata::{self, Compression, Extra, ExtraKind, Fragments, Layout, Metadata, Options};

use sha2::{Digest, Sha256};

use crate::metadata::{GZIP, describe, publish};
use crate::rpmbuild::{Workshop, succeeded};

const COMPS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
<comps><group><id>greetings</id><name>Greeting programs</name><description>All of them</description>
<default>false</default><uservisible>true</uservisible>
<packagelist><packagereq type="mandatory">odd</packagereq></packagelist></group></comps>
"#;

const UPDATEINFO: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<updates><update from="odd@example.org" status="final" type="security" version="1"><id>ODD-2026-7</id>
<title>Less odd</title><issued date="2026-01-02 03:04:05"/><severity>Critical</severity><description>Fixes &amp; more</description>
<references><reference href="https://example.org/1" id="CVE-2026-1" title="one" type="cve"/></references>
<pkglist><collection short="odd"><name>odd</name><package name="odd" version="1.0~rc1^git5" release="2.test" epoch="3"
 arch="noarch" src="odd-1.0~rc1^git5-2.test.src.rpm"><filename>odd-1.0~rc1^git5-2.test.noarch.rpm</filename></package></collection></pkglist>
</update></updates>
"#;

const MODULES: &str = r#"---
document: modulemd
version: 2
data:
  name: oddness
  stream: "1"
  version: 20260102
  context: deadbeef
  arch: noarch
  summary: Odd things
  description: Odd things in a module
  license: {module: [MIT]}
  profiles: {default: {rpms: [other]}}
  artifacts: {rpms: ["other-0:1-1.noarch"]}
...
"#;

fn comps() -> Extra {
    Extra::new(ExtraKind::Comps, COMPS.into()).unwrap()
}

fn options(compression: Compression) -> Options {
    Options { compression, extras: vec![comps()], ..GZIP }
}

/// Every way to pack, in pieces and whole.
fn ways() -> impl Iterator<Item = Options> {
    let layouts = [Layout::Frames, Layout::Whole];
    let each = move |compression| layouts.map(|layout| Options { compression, layout, ..GZIP });
    [Compression::Zstd, Compression::Gzip].into_iter().flat_map(each)
}

struct Repository {
    workshop: Workshop,
    directory: PathBuf,
}

impl Repository {
    fn of(packages: impl FnOnce(&Workshop) -> Vec<PathBuf>, options: &Options) -> Repository {
        let workshop = Workshop::new();
        let directory = workshop.path().join("repository");
        std::fs::create_dir_all(&directory).unwrap();
        let placed: Vec<PathBuf> = packages(&workshop)
            .into_iter()
            .map(|path| {
                let place = directory.join(path.file_name().unwrap());
                std::fs::rename(path, &place).unwrap();
                place
            })
            .collect();
        publish(&directory, &Metadata::assemble(describe(&placed), options).unwrap());
        Repository { workshop, directory }
    }

    fn repodata(&self) -> PathBuf {
        self.directory.join("repodata")
    }

    fn dnf(&self, arguments: &[&str]) -> String {
        let home = self.workshop.path();
        let output = self
            .workshop
            .command("dnf")
            .args(["--noplugins", "--quiet", "--releasever=1", "--repo=ours", "--setopt=reposdir=/nonexistent"])
            .arg(format!("--repofrompath=ours,file://{}", self.directory.display()))
            .arg(format!("--setopt=cachedir={}/cache", home.display()))
            .arg(format!("--setopt=logdir={}", home.display()))
            .arg("--setopt=skip_if_unavailable=False")
            .arg(format!("--installroot={}/root", home.display()))
            .args(arguments)
            .output()
            .unwrap();
        succeeded(&format!("dnf {arguments:?}"), output)
    }

    fn file_of(&self, kind: &str) -> PathBuf {
        let files = std::fs::read_dir(self.repodata()).unwrap().map(|entry| entry.unwrap().path());
        files.into_iter().find(|path| path.to_string_lossy().contains(kind)).unwrap()
    }
}

#[test]
fn dnf_finds_packages_files_dependencies_changes_and_groups() {
    for way in ways() {
        let repository = Repository::of(Workshop::odd, &Options { extras: vec![comps()], ..way });
        repository.dnf(&["makecache"]);
        let all = repository.dnf(&["repoquery", "--qf", "%{name}-%{epoch}:%{version}-%{release}.%{arch}"]);
        let mut all: Vec<&str> = all.lines().collect();
        all.sort_unstable();
        assert_eq!(
            all,
            [
                "odd-3:1.0~rc1^git5-2.test.noarch",
                "odd-3:1.0~rc1^git5-2.test.src",
                "odd-libs-3:1.0~rc1^git5-2.test.noarch"
            ]
        );
        let requires = repository.dnf(&["repoquery", "--requires", "odd.noarch"]);
        assert!(requires.contains("(foo >= 1:2.0 if bar else (baz or qux))"), "{requires}");
        assert!(repository.dnf(&["repoquery", "-l", "odd.noarch"]).contains("a & b <c>.txt"));
        assert!(repository.dnf(&["repoquery", "--file", "/usr/lib/odd/lib"]).contains("odd-libs"));
        assert!(repository.dnf(&["repoquery", "--changelog", "odd.noarch"]).contains("change & <0>"));
        assert!(repository.dnf(&["group", "info", "greetings"]).contains("odd"));
    }
}

#[test]
fn dnf_finds_advisories_and_modules() {
    for compression in [Compression::Zstd, Compression::Gzip] {
        let extras = vec![
            Extra::new(ExtraKind::UpdateInfo, UPDATEINFO.into()).unwrap(),
            Extra::new(ExtraKind::Modules, MODULES.into()).unwrap(),
            Extra::new(ExtraKind::AppStream, b"<components version=\"0.8\"/>".to_vec()).unwrap(),
            Extra::new(ExtraKind::AppStreamIcons, packed(b"icons")).unwrap(),
        ];
        let repository = Repository::of(Workshop::odd, &Options { compression, extras, ..GZIP });
        assert_eq!(repodata::verify(&repository.repodata()).unwrap().packages.len(), 3);
        let named = repository.dnf(&["repoquery", "--advisory=ODD-2026-7"]);
        assert_eq!(named.trim(), "odd-3:1.0~rc1^git5-2.test.noarch");
        let fixed = repository.dnf(&["repoquery", "--cve=CVE-2026-1", "--secseverity=Critical"]);
        assert_eq!(fixed.trim(), "odd-3:1.0~rc1^git5-2.test.noarch");
        assert_eq!(repository.dnf(&["repoquery", "--advisory=EVEN-2026-7"]).trim(), "");
        assert!(repository.dnf(&["module", "list"]).contains("oddness"));
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn an_empty_repository_is_a_repository() {
    for way in ways() {
        let repository = Repository::of(|_| Vec::new(), &way);
        repository.dnf(&["makecache"]);
        assert_eq!(repository.dnf(&["repoquery"]).trim(), "");
        assert!(repodata::verify(&repository.repodata()).unwrap().packages.is_empty());
    }
}

#[test]
fn what_was_published_is_read_back() {
    for compression in [Compression::Zstd, Compression::Gzip] {
        let repository = Repository::of(Workshop::odd, &options(compression));
        let report = repodata::verify(&repository.repodata()).unwrap();
        assert_eq!(report.repomd.revision, "7");
        let kinds: Vec<&str> = report.repomd.records.iter().map(|record| record.kind.as_str()).collect();
        assert_eq!(kinds, ["primary", "filelists", "other", "group"]);
        let hrefs: Vec<&str> = report.packages.iter().map(|package| package.href.as_str()).collect();
        assert_eq!(hrefs.len(), 3);
        assert!(hrefs.contains(&"odd-libs-1.0~rc1^git5-2.test.noarch.rpm"), "{hrefs:?}");
        for package in &report.packages {
            let sha256 = sha256sum(&repository.directory.join(&package.href));
            assert_eq!(package.pkgid, sha256);
        }
    }
}

fn sha256sum(path: &Path) -> String {
    hex::encode(Sha256::digest(std::fs::read(path).unwrap()))
}

#[test]
fn createrepo_c_metadata_are_read_as_well() {
    let workshop = Workshop::new();
    workshop.odd();
    let made = workshop.command("createrepo_c").args(["--no-database", "--quiet", "."]).output().unwrap();
    succeeded("createrepo_c", made);
    let report = repodata::verify(&workshop.path().join("repodata")).unwrap();
    assert_eq!(report.packages.len(), 3);
    let audit = repodata::audit(&workshop.path().join("repodata"));
    assert_eq!(audit.faults, []);
    for package in audit.packages.unwrap() {
        let path = workshop.path().join(&package.href);
        assert_eq!((path.metadata().unwrap().len(), sha256sum(&path)), (package.size, package.pkgid));
        let nevra = copr_rpm::header::read_package(&path).unwrap().nevra.to_string();
        assert_eq!(nevra.replacen("-0:", "-", 1), package.nevra);
    }
}

#[test]
fn an_audit_tells_all_that_is_wrong_and_not_the_first_alone() {
    let repository = Repository::of(Workshop::odd, &options(Compression::Zstd));
    assert_eq!(repodata::audit(&repository.repodata()).faults, []);
    let mut bytes = std::fs::read(repository.file_of("filelists")).unwrap();
    bytes[20] ^= 1;
    std::fs::write(repository.file_of("filelists"), bytes).unwrap();
    std::fs::remove_file(repository.file_of("other")).unwrap();
    std::fs::write(repository.file_of("comps"), format!("{COMPS} ")).unwrap();
    let audit = repodata::audit(&repository.repodata());
    assert_eq!(audit.packages.map(|packages| packages.len()), Some(3));
    let faults: Vec<&str> = audit.faults.iter().filter_map(|fault| fault.file.split(['-', '.']).nth(1)).collect();
    assert_eq!(faults, ["filelists", "other", "comps"], "{:?}", audit.faults);
}

#[test]
fn an_audit_holds_the_three_lists_against_each_other() {
    let workshop = Workshop::new();
    let packages = workshop.small("three");
    let mut fragments = describe(&packages);
    let spare = describe(&packages).remove(1);
    fragments[0].other = spare.other;
    publish(workshop.path(), &Metadata::assemble(fragments, &GZIP).unwrap());
    let audit = repodata::audit(&workshop.path().join("repodata"));
    let mut words: Vec<_> = audit.faults.iter().map(|fault| fault.what.as_str()).collect();
    words.sort_unstable();
    assert_eq!(words.len(), 2, "{words:?}");
    assert!(words[0].starts_with("it lacks `three-") && words[0].ends_with(".src`, which primary lists"), "{words:?}");
    assert!(words[1].starts_with("it lists `three-") && words[1].ends_with(", which primary does not"), "{words:?}");

    let nothing = repodata::audit(&workshop.path().join("nowhere"));
    assert_eq!((nothing.faults[0].file.as_str(), nothing.packages), ("repomd.xml", None));
}

#[test]
fn a_changed_missing_or_longer_file_is_noticed() {
    let whole = || Repository::of(Workshop::odd, &options(Compression::Zstd));

    let repository = whole();
    let file = repository.file_of("filelists");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert!(repodata::verify(&repository.repodata()).is_err());

    let repository = whole();
    let file = repository.file_of("comps");
    std::fs::write(&file, COMPS.replace("greetings", "cheetings")).unwrap();
    let error = repodata::verify(&repository.repodata()).unwrap_err();
    assert!(matches!(error, Error::Mismatch { what: "checksum", .. }), "{error}");

    let repository = whole();
    let file = repository.file_of("comps");
    std::fs::write(&file, format!("{COMPS} ")).unwrap();
    let error = repodata::verify(&repository.repodata()).unwrap_err();
    assert!(matches!(error, Error::Mismatch { what: "size", .. }), "{error}");

    let repository = whole();
    std::fs::remove_file(repository.file_of("other")).unwrap();
    let error = repodata::verify(&repository.repodata()).unwrap_err();
    assert!(matches!(error, Error::Io { doing: "open", .. }), "{error}");
}

#[test]
fn a_primary_that_miscounts_its_packages_is_noticed() {
    let workshop = Workshop::new();
    let mut fragments = describe(&workshop.small("miscount"));
    // Two packages in one fragment: the count is of fragments.
    let twice = [fragments[0].primary.clone(), fragments[1].primary.clone()].concat();
    fragments.truncate(1);
    fragments[0].primary = twice;
    publish(workshop.path(), &Metadata::assemble(fragments, &GZIP).unwrap());
    let error = repodata::verify(&workshop.path().join("repodata")).unwrap_err();
    assert!(matches!(error, Error::Mismatch { what: "number of packages", .. }), "{error}");
}

#[test]
fn broken_repomd_files_are_errors() {
    for xml in [
        "",
        "<repomd>",
        "<repomd><data type=\"primary\"></repomd>",
        "<repomd><data></data></repomd>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><repomd></repomd>",
        "<repomd><data type=\"primary\"><checksum type=\"md5\">x</checksum></data></repomd>",
        "<repomd><data type=\"primary\"><size>many</size></data></repomd>",
    ] {
        assert!(repodata::parse(xml.as_bytes()).is_err(), "{xml}");
    }
    assert!(repodata::parse(b"<repomd><revision>\xff</revision></repomd>").is_err());
}

#[test]
fn many_packages_are_joined_and_not_parsed_again() {
    let workshop = Workshop::new();
    let fragment: Fragments = describe(&workshop.small("many")).remove(1);
    let many: Vec<&Fragments> = std::iter::repeat_n(&fragment, 5_000).collect();
    for compression in [Compression::Zstd, Compression::Gzip] {
        let started = std::time::Instant::now();
        let metadata = Metadata::assemble(many.iter().copied(), &Options { compression, ..GZIP }).unwrap();
        eprintln!("5000 packages, {compression:?}: {:?}", started.elapsed());
        publish(&workshop.path().join("many"), &metadata);
        let report = repodata::verify(&workshop.path().join("many/repodata")).unwrap();
        assert_eq!(report.packages.len(), 5_000);
    }
}
