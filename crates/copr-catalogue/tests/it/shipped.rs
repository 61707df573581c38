use copr_catalogue::{Entry, all, find, matching, nearest};
use copr_types::RepoAddress;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

fn families() -> BTreeMap<&'static str, Vec<&'static Entry>> {
    let mut families: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in all() {
        families.entry(entry.name.name_release()).or_default().push(entry);
    }
    families
}

/// One chroot in a few lines.
fn portrait(entry: &Entry) -> String {
    let of = &entry.definition;
    let mut text = format!("{}: {} {}", entry.name, of.package_manager, of.releasever);
    if let Some(platform) = &of.platform_id {
        write!(text, " platform:{platform}").unwrap();
    }
    if let Some(target) = &of.target {
        write!(text, " target {target}").unwrap();
    }
    if let Some(image) = &of.image {
        write!(text, " image {image}").unwrap();
    }
    writeln!(text, "\n  install {}", of.install.join(" ")).unwrap();
    for (name, value) in &of.macros {
        writeln!(text, "  %{name} {value}").unwrap();
    }
    for repo in &of.repos {
        let kind = match repo.kind {
            RepoAddress::Baseurl => "baseurl",
            RepoAddress::Metalink => "metalink",
            RepoAddress::Mirrorlist => "mirrorlist",
        };
        let check = if repo.gpgcheck { "checked by" } else { "unchecked" };
        let keys = repo.gpgkey.as_deref().unwrap_or("").replace("file:///usr/share/distribution-gpg-keys/", "");
        writeln!(text, "  [{}] {kind} {} {}", repo.id, repo.url, format!("{check} {keys}").trim_end()).unwrap();
    }
    if !of.comment.is_empty() {
        writeln!(text, "  ({})", of.comment).unwrap();
    }
    text
}

/// mock-core-configs 44.2 has 242 chroots in 67 families; `epel-7` (3), `epel-8` (3) and `epel-9` (4) are Copr's own.
#[test]
fn the_catalogue_has_every_family() {
    assert_eq!((families().len(), all().len()), (67 + 3, 242 + 3 + 3 + 4));
}

#[test]
fn no_name_is_there_twice() {
    let names: BTreeSet<&str> = all().iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names.len(), all().len());
}

#[test]
fn every_address_is_a_url_once_its_variables_are_known() {
    for entry in all() {
        for repo in &entry.definition.repos {
            let known = repo
                .url
                .replace("${releasever}", &entry.definition.releasever)
                .replace("$releasever", &entry.definition.releasever)
                .replace("$basearch", entry.name.arch());
            assert!(!known.contains(['$', '{', '}']), "{}: {known}", entry.name);
            let url = url::Url::parse(&known).unwrap_or_else(|error| panic!("{}: {known}: {error}", entry.name));
            assert!(["https", "http"].contains(&url.scheme()) && url.host().is_some(), "{}: {known}", entry.name);
        }
    }
}

#[test]
fn every_chroot_but_the_custom_ones_has_packages_and_repositories() {
    for entry in all() {
        let empty = entry.definition.install.is_empty() || entry.definition.repos.is_empty();
        assert_eq!(empty, entry.name.os() == "custom", "{}", entry.name);
    }
}

#[test]
fn copr_architectures_become_those_of_rpm() {
    assert_eq!(find("fedora-44-i386").unwrap().definition.target.as_deref(), Some("i686"));
    assert_eq!(find("custom-1-armhfp").unwrap().definition.target.as_deref(), Some("armv7hl"));
    assert_eq!(find("mageia-9-i586").unwrap().definition.target, None);
}

#[test]
fn a_macro_can_belong_to_one_architecture() {
    let host_cpu = |name: &str| find(name).unwrap().definition.macros.get("_host_cpu").map(String::as_str);
    assert_eq!(host_cpu("rocky-9-ppc64le"), Some("ppc64le"));
    assert_eq!(host_cpu("rocky-9-x86_64"), None);
    let el = ["el8", "el9"];
    let small_endian = all().iter().filter(|entry| entry.name.arch() == "ppc64le");
    for entry in small_endian.filter(|entry| entry.definition.platform_id.as_deref().is_some_and(|id| el.contains(&id)))
    {
        assert_eq!(host_cpu(entry.name.as_str()), Some("ppc64le"), "{}", entry.name);
    }
}

#[test]
fn names_are_found_and_patterns_match() {
    assert!(find("fedora-44-x86_64").is_some());
    assert!(find("fedora-44").is_none());
    let names =
        |pattern: &str| -> Vec<&str> { matching(pattern).unwrap().iter().map(|entry| entry.name.as_str()).collect() };
    assert_eq!(names("epel-9-*"), ["epel-9-aarch64", "epel-9-ppc64le", "epel-9-s390x", "epel-9-x86_64"]);
    assert_eq!(names("fedora-4[23]-x86_64"), ["fedora-42-x86_64", "fedora-43-x86_64"]);
    assert_eq!(names("*no-such*"), [""; 0]);
    assert_eq!(matching("fedora-[").unwrap_err().to_string(), "`fedora-[` is not a pattern: invalid range pattern");
    assert_eq!(nearest("fedora-44-x86-64"), Some("fedora-44-x86_64"));
    assert_eq!(nearest("zzz"), None);
}

#[test]
fn one_chroot_of_each_family() {
    let portraits: String = families().values().map(|entries| portrait(entries.last().unwrap())).collect();
    insta::assert_snapshot!(portraits);
}
