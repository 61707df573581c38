use crate::service::Service;

fn names(service: &Service, state: &str) -> Vec<String> {
    let list = service.json("chroot list");
    let of_state = list.as_array().unwrap().iter().filter(|chroot| chroot["state"] == state);
    of_state.map(|chroot| chroot["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn chroots_of_the_catalogue_are_added_when_they_are_enabled() {
    for service in Service::on_both_engines() {
        let said = service.admin("chroot enable epel-9-x86_64 fedora-4[34]-x86_64 fedora-44-*86*");
        assert_eq!(said.status, 0, "{said:?}");
        insta::allow_duplicates!(insta::assert_snapshot!(said.out, @r"
        epel-9-x86_64
        fedora-43-x86_64
        fedora-44-i386
        fedora-44-x86_64
        "));
        assert_eq!(said.talk.lines().last(), Some("4 chroots open for builds, 4 of them new from the catalogue."));
        let fedora = service.json("chroot list")[3].clone();
        assert_eq!((&fedora["name"], &fedora["origin"]), (&"fedora-44-x86_64".into(), &"catalogue".into()));
        assert_eq!(fedora["definition"]["releasever"], "44");
    }
}

#[test]
fn a_closed_chroot_stays_as_it_is() {
    for service in Service::on_both_engines() {
        service.ok("chroot add fedora-44-x86_64 --baseurl https://mirror.example.org/44/ --enable");
        assert_eq!(service.ok("chroot disable fedora-*"), "fedora-44-x86_64\n");
        insta::allow_duplicates!(insta::assert_snapshot!(service.ok("chroot list"), @r"
        CHROOT            STATE     ORIGIN   COMMENT
        fedora-44-x86_64  disabled  changed  -
        "));
        service.ok("chroot enable fedora-44-x86_64");
        let url = &service.json("chroot list")[0]["definition"]["repos"][0]["url"];
        assert_eq!(url, "https://mirror.example.org/44/");
        service.ok("chroot add fedora-44-x86_64 --from-catalogue");
        assert_eq!(names(&service, "enabled"), ["fedora-44-x86_64"]);
        assert_eq!(service.json("chroot list")[0]["origin"], "catalogue");
    }
}

#[test]
fn a_chroot_at_its_end_is_closed_and_nothing_is_to_be_built_there() {
    for service in Service::on_both_engines() {
        service.ok("chroot enable fedora-44-x86_64 fedora-44-aarch64");
        let said = service.admin("chroot eol fedora-44-*");
        assert_eq!((said.status, said.out.as_str()), (0, "fedora-44-aarch64\nfedora-44-x86_64\n"), "{said:?}");
        let last = said.talk.lines().last();
        assert_eq!(last, Some("2 chroots closed for builds; 0 builds canceled there."));
        assert_eq!(names(&service, "enabled"), [""; 0]);
        assert!(service.refusal("chroot eol fedora-43-x86_64").contains("this service has no chroot"));
    }
}

#[test]
fn one_wrong_name_among_several_changes_nothing() {
    let service = Service::new();
    insta::assert_snapshot!(service.refusal("chroot enable epel-9-x86_64 fedora-44-x86-64"), @r"
    `$HOME/state` was not there: this is a new service.
    error: neither this service nor the catalogue has `fedora-44-x86-64`
    hint: did you mean `fedora-44-x86_64`?
    ");
    service.ok("chroot enable epel-9-x86_64");
    insta::assert_snapshot!(service.refusal("chroot disable epel-9-x86_64 epel-8-x86_64"), @r"
    error: this service has no chroot `epel-8-x86_64`
    hint: did you mean `epel-9-x86_64`?
    ");
    assert_eq!(names(&service, "enabled"), ["epel-9-x86_64"]);
    assert_eq!(names(&service, "disabled"), [""; 0]);
}

#[test]
fn a_chroot_can_be_made_of_one_repository() {
    let service = Service::new();
    let line = "chroot add debian-12-x86_64 --baseurl file:///srv/mini --install @buildsys-build bash \
                --releasever 12.1 --gpgkey https://example.org/key";
    assert_eq!(service.ok(line), "debian-12-x86_64\n");
    let chroot = &service.json("chroot list")[0];
    insta::assert_json_snapshot!(chroot, @r#"
    {
      "name": "debian-12-x86_64",
      "state": "disabled",
      "origin": "own",
      "comment": "",
      "definition": {
        "package_manager": "dnf",
        "releasever": "12.1",
        "install": [
          "@buildsys-build",
          "bash"
        ],
        "repos": [
          {
            "id": "base",
            "kind": "baseurl",
            "url": "file:///srv/mini",
            "gpgcheck": true,
            "gpgkey": "https://example.org/key"
          }
        ]
      }
    }
    "#);
    insta::assert_snapshot!(service.admin("chroot add debian-12-x86_64 --baseurl file:///srv/mini2").talk, @r"
    `debian-12-x86_64` has a new definition; tasks that wait already keep the old one.
    hint: `coprd admin chroot enable debian-12-x86_64` opens it for builds
    ");
}

#[test]
fn the_catalogues_rules_hold_for_the_command_line_too() {
    let service = Service::new();
    let refusals = [
        "chroot add house-1-x86_64 --baseurl repo.example.org",
        "chroot add house-1-x86_64 --baseurl https://r/ --install=-y",
        "chroot add house-1-x86_64 --baseurl https://r/ --install =cores",
        "chroot add house-1-x86_64 --baseurl https://r/ --releasever=-1",
        "chroot add house-1-x86_64 --baseurl https://r/ --gpgkey ../../key",
        "chroot add fedora-444-x86_64 --from-catalogue",
        "chroot add temple-1-x86_64 --from-catalogue",
        "chroot enable nothing-*",
        "chroot enable fedora-[44",
        "chroot disable fedora-44-x86_64",
        "chroot import missing.toml",
    ];
    let refusals: String = refusals.iter().map(|line| format!("{line}\n{}\n", service.refusal(line))).collect();
    let refusals = refusals.replace("`$HOME/state` was not there: this is a new service.\n", "");
    insta::assert_snapshot!(refusals);
}

#[test]
fn a_file_brings_several_chroots() {
    let service = Service::new();
    let file = service.home().join("house.toml");
    let text = "[[chroot]]\nname = 'house-1'\narches = ['x86_64', 'aarch64']\ncomment = 'ours'\n\
                repos = [{ id = 'house', baseurl = 'https://repo.example.org/' }]\n";
    std::fs::write(&file, text).unwrap();
    let said = service.admin("chroot import house.toml");
    assert_eq!(said.out, "house-1-x86_64\nhouse-1-aarch64\n");
    service.ok("chroot enable house-1-x86_64");
    service.ok("chroot import house.toml");
    insta::assert_snapshot!(service.ok("chroot list"), @r"
    CHROOT           STATE     ORIGIN  COMMENT
    house-1-aarch64  disabled  own     ours
    house-1-x86_64   enabled   own     ours
    ");
}

#[test]
fn the_documentations_file_can_be_imported() {
    let service = Service::new();
    let page = include_str!("../../../../docs/administration.md");
    let text = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    std::fs::write(service.home().join("house.toml"), text).unwrap();
    assert_eq!(service.ok("chroot import house.toml"), "house-1-x86_64\nhouse-1-aarch64\n");
}

#[test]
fn an_import_names_the_line_that_is_wrong_and_changes_nothing() {
    let service = Service::new();
    let texts = [
        "[[chroot]]\nname = 'house-1'\narches = ['x86_64']\n\n[[chroot]]\nname = 'house'\narches = ['x86_64']\n",
        "[[chroot]]\nname = 'house-1'\narches = ['x86_64']\nbaseurl = 'https://r/'\n",
        "[[chroot]]\nname = 'house-1'\narches = ['x86_64']\ninstall = ['=kore']\n",
        "[[chroot\n",
        "# nothing\n",
    ];
    let mut refusals = String::new();
    for text in texts {
        std::fs::write(service.home().join("house.toml"), text).unwrap();
        refusals += &service.refusal("chroot import house.toml");
    }
    let refusals = refusals.replace("`$HOME/state` was not there: this is a new service.\n", "");
    insta::assert_snapshot!(refusals, @r"
    error: `house.toml`, line 6: `house-x86_64` is not a valid chroot name: write `<distribution>-<version>-<architecture>`, for example `fedora-44-x86_64`
    error: `house.toml`, line 4: unknown field `baseurl`, expected one of `name`, `arches`, `package_manager`, `releasever`, `install`, `modules`, `repos`, `macros`, `arch_macros`, `platform_id`, `image`, `rpmdb`, `comment`
    error: `house.toml`, line 4: there is no package list `kore`
    hint: there is `core`
    error: `house.toml`, line 1: unclosed array table, expected `]]`
    error: `house.toml` describes no chroot
    hint: each begins with `[[chroot]]`
    ");
    assert_eq!(service.json("chroot list"), serde_json::json!([]));
}

#[test]
fn the_whole_catalogue_can_be_listed() {
    let service = Service::new();
    service.ok("chroot enable fedora-44-x86_64");
    let all = service.json("chroot list --all");
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), copr_catalogue::all().len());
    assert!(all.iter().all(|chroot| (chroot["state"] == "enabled") == (chroot["name"] == "fedora-44-x86_64")));
    let none = Service::new().admin("chroot list");
    assert!(none.talk.ends_with("hint: `coprd admin chroot list --all` lists those that can be enabled\n"), "{none:?}");
}
