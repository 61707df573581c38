use copr_catalogue::{Error, find, read};
use copr_types::RepoAddress;

const HOUSE: &str = r#"
[packages]
house = ["=core", "house-release"]

[[repos.house]]
id = "house"
baseurl = "https://repo.example.org/{arch}/$releasever/"
gpgkey = "https://repo.example.org/key.asc"
priority = 50
options = { module_hotfixes = "1" }

[[chroot]]
name = "house-1"
arches = ["x86_64", "aarch64"]
releasever = "1"
install = ["=house"]
modules = ["enable nodejs:20"]
repos = ["house", "epel", { id = "extra", mirrorlist = "http://repo.example.org/mirrors" }]
macros = { dist = ".house1" }
rpmdb = "/var/lib/rpm"
comment = "ours"
"#;

fn refusal(text: &str) -> String {
    read("own.toml", text).expect_err("this must be refused").to_string()
}

/// A chroot with one key replaced.
fn chroot_with(line: &str) -> String {
    let key = line.split(' ').next().unwrap();
    let kept = [
        "name = \"house-1\"",
        "arches = [\"x86_64\"]",
        "install = [\"bash\"]",
        "repos = [{ id = \"house\", baseurl = \"https://repo.example.org/\" }]",
    ];
    let kept = kept.into_iter().filter(|other| !other.starts_with(&format!("{key} ")));
    kept.fold(format!("[[chroot]]\n{line}\n"), |text, line| text + line + "\n")
}

#[test]
fn a_file_of_ones_own_makes_a_chroot_per_architecture() {
    let entries = read("own.toml", HOUSE).unwrap();
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["house-1-x86_64", "house-1-aarch64"]);
    let definition = &entries[1].definition;
    assert_eq!(definition.install.first().unwrap(), "bash");
    assert_eq!(definition.install.last().unwrap(), "house-release");
    let repos: Vec<_> = definition.repos.iter().map(|repo| (repo.id.as_str(), repo.kind, repo.gpgcheck)).collect();
    assert_eq!(
        repos,
        [
            ("house", RepoAddress::Baseurl, true),
            ("epel", RepoAddress::Metalink, true),
            ("extra", RepoAddress::Mirrorlist, false)
        ]
    );
    assert_eq!(definition.repos[0].url, "https://repo.example.org/aarch64/$releasever/");
}

#[test]
fn a_list_of_ones_own_does_not_change_the_shipped_ones() {
    let text = r#"
        [packages]
        core = ["house-core"]
        [[chroot]]
        name = "house-1"
        arches = ["x86_64"]
        install = ["=core", "=redhat-8"]
    "#;
    let entries = read("own.toml", text).unwrap();
    assert_eq!(entries[0].definition.install[0], "house-core");
    assert_eq!(entries[0].definition.install[1..], find("almalinux-8-x86_64").unwrap().definition.install);
}

#[test]
fn every_refusal_names_the_line_and_the_rule() {
    let name = chroot_with("name = \"house\"");
    let dashed = chroot_with("name = \"../house-1\"");
    let cases = [
        ("[[chroot]\n", "`own.toml`, line 1: "),
        ("\n[[chroot]]\nnaem = \"x\"\n", "`own.toml`, line 3: unknown field `naem`"),
        ("[[chroot]]\nname = 1\n", "`own.toml`, line 2: invalid type"),
        (
            &name,
            "`own.toml`, line 2: `house-x86_64` is not a valid chroot name: write `<distribution>-<version>-<architecture>`",
        ),
        (&dashed, "`own.toml`, line 2: `../house-1-x86_64` is not a valid chroot name"),
    ];
    for (text, expected) in cases {
        let refusal = refusal(text);
        assert!(refusal.starts_with(expected), "{text}\n{refusal}");
    }
}

#[test]
fn every_value_has_its_rule() {
    let refusals: String = [
        "arches = []",
        "arches = [\"x86_64\", \"x86_64\"]",
        "arches = [\"x86/64\"]",
        "package_manager = \"apt\"",
        "releasever = \"-1\"",
        "releasever = \"1 --nogpgcheck\"",
        "install = [\"--nogpgcheck\"]",
        "install = [\"bash --nogpgcheck\"]",
        "install = [\"=cor\"]",
        "modules = [\"nodejs\"]",
        "repos = [\"epl\"]",
        "repos = [1]",
        "repos = [\"epel\", \"epel\"]",
        "repos = [{ id = \"main\", baseurl = \"https://a/\" }]",
        "repos = [{ id = \"a]\", baseurl = \"https://a/\" }]",
        "repos = [{ id = \"a\" }]",
        "repos = [{ id = \"a\", baseurl = \"https://a/\", metalink = \"https://a/\" }]",
        "repos = [{ id = \"a\", baseurl = \"a.example.org\" }]",
        "repos = [{ id = \"a\", baseurl = \"https://\" }]",
        "repos = [{ id = \"a\", baseurl = \"https://a/\\ngpgcheck=0\" }]",
        "repos = [{ id = \"a\", baseurl = \"https://a/\", gpgcheck = true }]",
        "repos = [{ id = \"a\", baseurl = \"https://a/\", gpgkey = \"../key\" }]",
        "repos = [{ id = \"a\", baseurl = \"https://a/\", options = { cost = \"1\\nx=2\" } }]",
        "repos = [{ id = \"a\", baseurl = \"https://a/\", colour = \"red\" }]",
        "macros = { \"a b\" = \"1\" }",
        "arch_macros = { s390x = { a = \"1\" } }",
        "image = \"--privileged\"",
        "rpmdb = \"var/lib/rpm\"",
        "rpmdb = \"/../rpm\"",
    ]
    .iter()
    .map(|line| format!("{line}\n    {}\n", refusal(&chroot_with(line)).replace('\n', "\n    ")))
    .collect();
    insta::assert_snapshot!(refusals);
}

#[test]
fn a_list_that_contains_itself_is_refused() {
    let text = "[packages]\na = [\"=b\"]\nb = [\"=a\"]\n[[chroot]]\nname = \"h-1\"\narches = [\"x86_64\"]\ninstall = [\"=a\"]\n";
    assert_eq!(refusal(text), "`own.toml`, line 3: the package list `a` contains itself");
}

#[test]
fn a_name_that_does_not_exist_is_an_error_with_its_nearest_neighbour() {
    let error = read("own.toml", &chroot_with("install = [\"=core-\"]")).unwrap_err();
    assert!(matches!(error, Error::Unknown { nearest: Some(nearest), .. } if nearest == "core"));
}

#[test]
fn the_example_of_the_readme_is_right() {
    let readme = include_str!("../../../../catalogue/README.md");
    let (_, example) = readme.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let entries = read("README.md", example).unwrap();
    assert_eq!(entries[1].name.as_str(), "house-1-aarch64");
    assert_eq!(entries[1].definition.repos.len(), 3);
}
