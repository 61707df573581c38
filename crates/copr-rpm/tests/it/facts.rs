use copr_rpm::{Nevra, architecture, header};

use crate::rpmbuild::{Workshop, succeeded, tool};
use crate::samples;

#[test]
fn a_source_package_tells_its_name_its_architectures_and_what_it_needs() {
    let workshop = Workshop::new();
    let source = workshop.odd().into_iter().find(|path| path.to_string_lossy().ends_with(".src.rpm")).unwrap();
    let package = header::read_package(&source).unwrap();

    assert_eq!(package.nevra.to_string(), "odd-3:1.0~rc1^git5-2.test.src");
    assert_eq!(package.nevra.evr(), "3:1.0~rc1^git5-2.test");
    assert_eq!(package.nevra.file_name(), source.file_name().unwrap().to_str().unwrap());
    assert!(package.is_source && !package.lacks_sources);
    assert_eq!(package.build_archs, ["noarch"]);
    assert_eq!(package.architectures.exclusive, ["x86_64", "aarch64", "noarch"]);
    assert_eq!(package.architectures.exclude, ["s390x"]);
    assert!(package.requires.iter().any(|need| need.name == "bash"));
    assert_eq!(package.license.as_deref(), Some("MIT AND (Apache-2.0 OR GPL-2.0-only)"));
    assert_eq!(package.vendor.as_deref(), Some("Örtliche Vertretung"));
    assert_eq!(package.file_size, Some(source.metadata().unwrap().len()));
    assert!(package.signatures.is_empty());
    assert_eq!(architecture::decide(&package.architectures, "aarch64"), architecture::Decision::Build);
}

#[test]
fn a_binary_package_tells_where_it_came_from() {
    let workshop = Workshop::new();
    let packages = workshop.odd();
    let libs = packages.iter().find(|path| path.to_string_lossy().contains("odd-libs")).unwrap();
    let package = header::read_package(libs).unwrap();
    assert_eq!(package.nevra.to_string(), "odd-libs-3:1.0~rc1^git5-2.test.noarch");
    assert_eq!(package.source_rpm.as_deref(), Some("odd-1.0~rc1^git5-2.test.src.rpm"));
    let need = package.requires.iter().find(|need| need.name == "odd").unwrap();
    assert_eq!(need.to_string(), "odd = 3:1.0~rc1^git5-2.test");
}

#[test]
fn rpm_and_we_read_the_same_from_every_collected_package() {
    let mut compared = 0;
    for path in samples::collected() {
        let format = "%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{BUILDTIME}|[%{EXCLUSIVEARCH} ]|[%{BUILDARCHS} ]|[%{REQUIRES} ]|[%{PROVIDENEVRS}\t]";
        let output =
            tool("rpm").args(["-qp", "--nosignature", "--nodigest", "--qf", format]).arg(&path).output().unwrap();
        if !output.status.success() {
            continue; // v6 packages and damaged ones, which rpm 4.18 does not read
        }
        let expected = succeeded("rpm -qp", output);
        let package = header::read_package(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let words = |list: &[String]| list.iter().map(|word| format!("{word} ")).collect::<String>();
        let names: String = package.requires.iter().map(|need| format!("{} ", need.name)).collect();
        let provides: String = package.provides.iter().map(|provided| format!("{provided}\t")).collect();
        let ours = format!(
            "{}|{}|{}|{}|{}|{}|{}|{}|{}",
            package.nevra.name,
            package.nevra.epoch.map_or("(none)".to_owned(), |epoch| epoch.to_string()),
            package.nevra.version,
            package.nevra.release,
            package.build_time.map_or("(none)".to_owned(), |time| time.to_string()),
            words(&package.architectures.exclusive),
            words(&package.build_archs),
            names,
            provides,
        );
        assert_eq!(ours, expected, "{}", path.display());
        compared += 1;
    }
    assert!(compared == 0 || compared > 60, "only {compared} packages were compared");
}

#[test]
fn the_signers_key_id_is_read() {
    for path in samples::collected() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("hello-2.0-1.x86_64-signed.") || name.starts_with("rpm-basic-with-rsa4096") {
            let output =
                tool("rpm").args(["-qp", "--nosignature", "--qf", "%{RSAHEADER:pgpsig}"]).arg(&path).output().unwrap();
            let said = succeeded("rpm -qp", output);
            let expected = said.rsplit(' ').next().unwrap().to_owned();
            let package = header::read_package(&path).unwrap();
            assert_eq!(package.signatures[0].key_id.as_deref(), Some(expected.as_str()), "{name}: {said}");
        }
    }
}

#[test]
fn names_that_rpm_would_not_write_are_refused() {
    let good =
        Nevra { name: "good".into(), epoch: None, version: "1".into(), release: "1".into(), arch: "noarch".into() };
    assert!(good.check().is_ok());
    for (name, version, arch) in [
        ("../evil", "1", "noarch"),
        ("..", "1", "noarch"),
        ("", "1", "noarch"),
        ("a/b", "1", "noarch"),
        ("a\nb", "1", "noarch"),
        ("ä", "1", "noarch"),
        ("-rf", "1", "noarch"),
        ("a", "1-2", "noarch"),
        ("a", "1/..", "noarch"),
        ("a", "", "noarch"),
        ("a", "1", "../x"),
        ("a", "1", ""),
    ] {
        let nevra = Nevra { name: name.into(), version: version.into(), arch: arch.into(), ..good.clone() };
        assert!(nevra.check().is_err(), "{nevra:?}");
    }
    let endless = Nevra { name: "n".repeat(300), ..good };
    assert!(endless.check().is_err());
}

#[test]
fn a_package_survives_json() {
    let workshop = Workshop::new();
    let package = header::read_package(&workshop.small("json")[0]).unwrap();
    let text = serde_json::to_string(&package).unwrap();
    assert_eq!(serde_json::from_str::<header::Package>(&text).unwrap(), package);
}
