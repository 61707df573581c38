use coprd::config::{Config, ConfigError, Engine, Flags, KeyType, Surroundings};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A directory with a configuration file, and an environment.
struct Case {
    directory: tempfile::TempDir,
    flags: Flags,
    surroundings: Surroundings,
}

impl Case {
    fn new() -> Self {
        let variables = BTreeMap::from([("HOME".to_owned(), "/home/ada".to_owned())]);
        Self {
            directory: tempfile::tempdir().unwrap(),
            flags: Flags::default(),
            surroundings: Surroundings {
                variables,
                root: false,
                hostname: "b1".to_owned(),
                processors: 8,
                memory_mib: 16_384,
            },
        }
    }

    fn file(text: &str) -> Self {
        let mut case = Self::new();
        let path = case.path("own.toml");
        std::fs::write(&path, text).unwrap();
        case.flags.config = Some(path);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.surroundings.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn load(&self) -> Result<Config, ConfigError> {
        Config::load(&self.flags, &self.surroundings)
    }

    fn refusal(&self) -> String {
        let refusal = self.load().expect_err("this must be refused").to_string();
        refusal.replace(&format!("{}/", self.directory.path().display()), "")
    }
}

#[test]
fn without_any_file_there_is_a_whole_configuration() {
    let config = Case::new().load().unwrap();
    insta::assert_snapshot!(toml::to_string(&config).unwrap());
}

#[test]
fn root_keeps_state_in_var_lib_and_others_in_their_home() {
    let mut case = Case::new();
    assert_eq!(case.load().unwrap().data_dir, PathBuf::from("/home/ada/.local/share/coprd"));
    case = case.variable("XDG_DATA_HOME", "/data");
    assert_eq!(case.load().unwrap().data_dir, PathBuf::from("/data/coprd"));
    case = case.variable("XDG_DATA_HOME", "relative");
    assert_eq!(case.load().unwrap().data_dir, PathBuf::from("/home/ada/.local/share/coprd"));
    case.surroundings.root = true;
    assert_eq!(case.load().unwrap().data_dir, PathBuf::from("/var/lib/coprd"));
    case.surroundings = Surroundings::default();
    assert!(case.refusal().contains("--data-dir"));
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let mut case = Case::file("listen = '127.0.0.1:1'\n[builder]\nworkers = 1\nname = 'file'\n");
    assert_eq!(case.load().unwrap().listen.port(), 1);
    case = case.variable("COPRD_LISTEN", "127.0.0.1:2").variable("COPRD_BUILDER__WORKERS", "2");
    let config = case.load().unwrap();
    assert_eq!((config.listen.port(), config.builder.workers, config.builder.name.as_str()), (2, 2, "file"));
    case.flags.listen = Some("127.0.0.1:3".parse().unwrap());
    case.flags.no_builder = true;
    let config = case.load().unwrap();
    assert_eq!((config.listen.port(), config.builder.enabled), (3, false));
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:3");
    assert_eq!(config.variables(), ["COPRD_BUILDER__WORKERS", "COPRD_LISTEN"]);
}

#[test]
fn a_variable_is_what_its_key_wants() {
    let config = Case::new()
        .variable("COPRD_BUILDER__NAME", "42")
        .variable("COPRD_BUILDER__ENABLED", "false")
        .variable("COPRD_BUILDER__ARCHES", "x86_64, i386")
        .variable("COPRD_SIGNING__KEY_TYPE", "ed25519")
        .variable("COPRD_LOG__LEVEL", "info,copr_web=debug")
        .load()
        .unwrap();
    assert_eq!(config.builder.name, "42");
    assert!(!config.builder.enabled);
    assert_eq!(config.builder.arches, ["x86_64", "i386"]);
    assert_eq!(config.signing.key_type, KeyType::Ed25519);
    assert_eq!(config.log.level, "info,copr_web=debug");
}

#[test]
fn the_file_in_the_data_directory_is_read_by_itself() {
    let mut case = Case::new();
    std::fs::write(case.path("coprd.toml"), "[tokens]\nlife_days = 7\n").unwrap();
    case.flags.data_dir = Some(case.directory.path().to_owned());
    let config = case.load().unwrap();
    assert_eq!(config.tokens.life_days, 7);
    assert_eq!(config.file(), Some(case.path("coprd.toml").as_path()));
    case.flags.data_dir = None;
    let case = case.variable("COPRD_TOKENS__LIFE_DAYS", "8");
    let home = case.directory.path().display().to_string();
    assert_eq!(case.variable("COPRD_DATA_DIR", &home).load().unwrap().tokens.life_days, 8);
}

#[test]
fn the_file_in_a_data_directory_can_not_name_another() {
    let mut case = Case::new();
    std::fs::write(case.path("coprd.toml"), "data_dir = '/elsewhere'\n").unwrap();
    case.flags.data_dir = Some(case.directory.path().to_owned());
    insta::assert_snapshot!(case.refusal(), @r#"
    `coprd.toml` says `data_dir = "/elsewhere"`, but the file in a data directory is for that directory
    hint: remove the line, or name the file with `--config`
    "#);
}

#[test]
fn relative_paths_in_a_file_start_at_its_directory() {
    let case = Case::file("data_dir = 'state'\n[builder]\ndata_dir = 'roots'\n");
    let config = case.load().unwrap();
    assert_eq!(config.data_dir, case.path("state"));
    assert_eq!(config.builder.data_dir, case.path("roots"));
}

#[test]
fn a_path_with_a_space_makes_a_right_database_address() {
    let mut case = Case::new();
    case.flags.data_dir = Some("/srv/my copr".into());
    let config = case.load().unwrap();
    assert_eq!(config.database.expose(), "sqlite:///srv/my%20copr/coprd.sqlite");
    assert_eq!(config.database.engine(), Engine::Sqlite);
}

#[test]
fn every_refusal_of_a_file_names_the_line_and_the_next_step() {
    let refusals: String = [
        "lisen = '127.0.0.1:1'",
        "\n\nworkers = 2",
        "[bilder]",
        "[builder]\nworkrs = 1",
        "[builder]\n\nworkers = 'two'",
        "[builder]\nworkers = 0",
        "[builder]\nname = ''",
        "[builder]\narches = ['x86_64', 'a b']",
        "builder = 3",
        "listen = 'here'",
        "listen = ",
        "database = 'mysql://u:geheim@h/d'",
        "database = 'sqlite://relative'",
        "public_url = 'ftp://copr.example.org'",
        "public_url = 'https://ada:geheim@copr.example.org'",
        "results_url = 'https://copr.example.org/?a=b'",
        "[limits]\ndefault_timeout = 200000",
        "[limits]\nprocesses = 2",
        "[limits]\nmemory_mib = -1",
        "[log]\nlevel = 'loud=really'",
        "[log]\nformat = 'xml'",
        "[signing]\nkey_type = 'dsa'",
        "[signing]\nemail_domain = 'a@b'",
        "[scheduler]\nlease_seconds = 0",
        "[scheduler]\nmax_attempts = 0",
        "[scheduler]\nowner_tasks = -1",
        "[scheduler]\narch_owner_tasks = ['s390x']",
        "[scheduler]\narch_owner_tasks = ['s390x=4', 's390x=5']",
        "[scheduler]\narch_owner_tasks = ['i686=4']",
        "[tokens]\nlife_days = 0",
        "[tokens]\nlife_days = 99999",
        "[retention]\nold_metadata_seconds = 1",
        "vendor = '%(id)'",
        "[gssapi]\nservice = 'HTTP/copr.example.org'",
        "[gssapi]\nemail_domain = 'a@b'",
        "[gssapi]\ndeny = ['host/***']",
    ]
    .iter()
    .map(|text| format!("{text}\n    {}\n", Case::file(text).refusal().replace('\n', "\n    ")))
    .collect();
    assert!(!refusals.lines().any(|line| line.starts_with("    ") && line.contains("geheim")), "{refusals}");
    insta::assert_snapshot!(refusals);
}

#[test]
fn every_refusal_of_a_variable_names_it() {
    let refusals: String = [
        ("COPRD_BUILDER_WORKERS", "2"),
        ("COPRD_WORKER", "2"),
        ("COPRD_BUILDER", "{}"),
        ("COPRD_BUILDER__WORKERS", "two"),
        ("COPRD_BUILDER__WORKERS", "1\nname = 3"),
        ("COPRD_LISTEN", "5000"),
        ("COPRD_DATABASE", "mysql://u:geheim@h/d"),
    ]
    .iter()
    .map(|(name, value)| {
        let refusal = Case::new().variable(name, value).refusal();
        assert!(refusal.contains(name) && !refusal.contains("geheim"), "{refusal}");
        format!("{name}={value:?}\n    {}\n", refusal.replace('\n', "\n    "))
    })
    .collect();
    insta::assert_snapshot!(refusals);
}

#[test]
fn a_flag_is_refused_without_its_secret() {
    let mut case = Case::new();
    case.flags.database = Some("mysql://ada:geheim@db/copr".to_owned());
    assert_eq!(case.refusal(), "`--database`: write `postgres://user@host/database` or `sqlite:///absolute/path`");
}

#[test]
fn a_password_is_never_shown() {
    for text in [
        "postgres://ada:geheim@db/copr",
        "postgres://ada@db/copr?password=geheim&sslmode=require",
        "postgresql://ada:geheim@db/copr?sslpassword=geheim",
    ] {
        let config = Case::new().variable("COPRD_DATABASE", text).load().unwrap();
        assert_eq!(config.database.expose(), text);
        assert_eq!(config.database.engine(), Engine::Postgres);
        for shown in [format!("{config:?}"), toml::to_string(&config).unwrap(), config.database.to_string()] {
            assert!(!shown.contains("geheim") && shown.contains("ada"), "{shown}");
        }
    }
}

#[test]
fn the_address_follows_the_port_that_the_system_chose() {
    let config = Case::file("listen = '127.0.0.1:0'").load().unwrap().bound_to("127.0.0.1:4242".parse().unwrap());
    assert_eq!(config.results_url.as_str(), "http://127.0.0.1:4242/results");
    let config = Case::file("public_url = 'https://copr.example.org/'").load().unwrap();
    let config = config.bound_to("127.0.0.1:4242".parse().unwrap());
    assert_eq!(config.results_url.as_str(), "https://copr.example.org/results");
    assert_eq!(config.signing.email_domain, "copr.example.org");
}

#[test]
fn every_address_to_listen_on_gives_an_address_to_go_to() {
    let public = |listen: &str| Case::file(&format!("listen = '{listen}'")).load().unwrap().public_url.to_string();
    assert_eq!(public("[::1]:5000"), "http://[::1]:5000");
    assert_eq!(public("[fe80::1%2]:5000"), "http://[fe80::1]:5000");
    assert_eq!(public("[::]:5000"), "http://localhost:5000");
    assert_eq!(public("192.0.2.1:80"), "http://192.0.2.1");
}

#[test]
fn what_is_questionable_is_said() {
    let warnings = |text: &str| Case::file(text).load().unwrap().warnings();
    assert_eq!(warnings(""), [""; 0]);
    assert_eq!(warnings("public_url = 'https://copr.example.org'"), [""; 0]);
    assert_eq!(warnings("listen = '[::]:5000'\npublic_url = 'https://copr.example.org'"), [""; 0]);
    let all: String = [
        "listen = '0.0.0.0:5000'",
        "public_url = 'http://copr.example.org'",
        "public_url = 'https://copr.example.org'\nresults_url = 'http://files.example.org'",
        "database = 'postgres://ada:geheim@db/copr'",
        "limits.memory_mib = 0",
    ]
    .iter()
    .map(|text| {
        let case = Case::file(text);
        let warnings = case.load().unwrap().warnings().join("\n").replace('\n', "\n    ");
        format!("{text}\n    {}\n", warnings.replace(&format!("{}/", case.directory.path().display()), ""))
    })
    .collect();
    insta::assert_snapshot!(all);
}

#[test]
fn a_keytab_that_is_of_no_use_is_said() {
    let case = Case::file("[gssapi]\nkeytab = 'http.keytab'");
    let config = case.load().unwrap();
    assert_eq!(config.gssapi.keytab, Some(case.path("http.keytab")));
    let warnings = config.warnings().join("\n");
    assert!(warnings.contains(&format!("can't read `{}`", case.path("http.keytab").display())), "{warnings}");
    assert_eq!(warnings.contains("built without it"), !copr_web::gssapi::BUILT_IN, "{warnings}");
    std::fs::write(case.path("http.keytab"), "").unwrap();
    assert!(!config.warnings().join("\n").contains("can't read"));
}

/// The example in the documentation: as it stands, and with the commented keys switched on.
fn example() -> (String, String) {
    let page = include_str!("../../../../docs/configuration.md");
    let (_, example) = page.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let is_key = |line: &str| line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains(" = ");
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if is_key(rest) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    (example.to_owned(), example.lines().map(uncomment).collect())
}

#[test]
fn dist_gits_are_those_of_the_file_and_must_say_where_packages_are() {
    let own = |name: &str, clone_url: &str, lookaside_url: &str| {
        format!("[[distgit]]\nname = '{name}'\nclone_url = '{clone_url}'\nlookaside_url = '{lookaside_url}'\n")
    };
    let (git, files) = ("https://git.example.org/{package}", "https://git.example.org/{package}/{filename}/{hash}");
    let config = Case::file(&(own("b", git, files) + &own("a", git, files))).load().unwrap();
    assert_eq!(config.distgit.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    for (text, words) in [
        (own("b", "https://git.example.org/", files), "`{package}`"),
        (own("b", "file:///{package}", files), "http or https"),
        (own("b", git, "https://git.example.org/{filename}"), "`{hash}`"),
        (own("a b", git, files), "letters"),
        (own("b", git, files) + &own("b", git, files), "twice"),
        (own("b", git, files) + "nickname = 'x'\n", "nickname"),
        ("[[distgit]]\nname = 'b'\n".to_owned(), "clone_url"),
    ] {
        let refusal = Case::file(&text).refusal();
        assert!(refusal.contains("distgit") && refusal.contains(words), "{refusal}");
    }
}

#[test]
fn rules_for_packages_that_need_more_have_a_pattern_and_say_what_is_needed() {
    let with = |needs: &str| Case::file(&format!("[scheduler]\nneeds = [{needs}]\n"));
    let good = "{ pattern = '@browsers/', tags = ['powerful', 'x86:avx'], memory_mib = 16384 }, { pattern = 'a', memory_mib = 1 }";
    let config = with(good).load().unwrap();
    assert_eq!(config.scheduler.needs().unwrap().len(), 2);
    for (needs, words) in [
        ("{ tags = ['powerful'] }", "`pattern`"),
        ("{ pattern = 'a' }", "`tags` or `memory_mib`"),
        ("{ pattern = '(', tags = ['a'] }", "which is none"),
        ("{ pattern = 'a', tags = ['two words'] }", "`two words`"),
        ("{ pattern = 'a', tag = ['a'] }", "tag"),
    ] {
        let refusal = with(needs).refusal();
        assert!(refusal.contains("scheduler.needs") && refusal.contains(words), "{refusal}");
    }
    let refusal = Case::file("[builder]\ntags = ['a b']\n").refusal();
    assert!(refusal.contains("builder.tags") && refusal.contains("`a b`"), "{refusal}");
}

#[test]
fn the_documentation_shows_the_defaults() {
    let (example, whole) = example();
    let shown = |text: &str| toml::to_string(&Case::file(text).load().unwrap()).unwrap();
    assert_eq!(shown(&example), shown(""));
    let of_root = |text: &str| {
        let mut case = Case::file(text);
        case.surroundings = Surroundings {
            root: true,
            hostname: "localhost".into(),
            processors: 2,
            memory_mib: 8192,
            ..case.surroundings
        };
        toml::to_string(&case.load().unwrap()).unwrap()
    };
    assert_eq!(of_root(&whole), of_root(""));
}

#[test]
fn the_documentation_explains_every_key() {
    let (_, whole) = example();
    let documented: toml::Table = toml::from_str(&whole).unwrap();
    let config = Case::new().load().unwrap();
    let known: toml::Table = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
    let keys = |table: &toml::Table| -> Vec<String> {
        let inner = |key: &String, value: &toml::Value| match value {
            toml::Value::Table(section) => section.keys().map(|inner| format!("{key}.{inner}")).collect(),
            _ => vec![key.clone()],
        };
        let mut keys: Vec<String> = table.iter().flat_map(|(key, value)| inner(key, value)).collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(&documented), keys(&known));
}
