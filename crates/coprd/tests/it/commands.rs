use clap::{CommandFactory, Parser};
use coprd::cli::{ChrootCommand, Cli, Command, GroupCommand, RepoCommand, Subject, UserCommand};
use std::path::Path;

fn parse(line: &str) -> Result<Command, String> {
    let words = std::iter::once("coprd").chain(line.split_whitespace());
    Cli::try_parse_from(words).map(|cli| cli.command).map_err(|error| error.render().to_string())
}

fn subject(line: &str) -> Subject {
    match parse(&format!("admin {line}")) {
        Ok(Command::Admin(admin)) => admin.subject,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn serve_takes_where_and_how() {
    let Ok(Command::Serve(serve)) =
        parse("serve --data-dir /d --listen 127.0.0.1:0 --database postgres://d --no-builder")
    else {
        panic!()
    };
    let flags = serve.flags();
    assert_eq!(flags.data_dir.as_deref(), Some(Path::new("/d")));
    assert_eq!(flags.listen.unwrap().port(), 0);
    assert_eq!(flags.database.as_deref(), Some("postgres://d"));
    assert!(flags.no_builder);
}

#[test]
fn the_service_may_be_named_before_and_after_the_admin_command() {
    for line in ["admin --data-dir /d user list", "admin user list --data-dir /d", "admin user --data-dir /d list"] {
        let Ok(Command::Admin(admin)) = parse(line) else { panic!("{line}") };
        assert_eq!(admin.service.data_dir.as_deref(), Some(Path::new("/d")), "{line}");
    }
}

#[test]
fn every_command_of_the_administrator_is_understood() {
    for line in [
        "user create ada --admin --email ada@example.org",
        "user list --json",
        "user token ada",
        "user disable ada",
        "user enable ada",
        "group create kitchen",
        "group add @kitchen ada",
        "group remove kitchen ada",
        "group list --json",
        "chroot list",
        "chroot list --all --json",
        "chroot add fedora-44-x86_64 --from-catalogue --enable",
        "chroot add house-1-x86_64 --baseurl https://r/ --install @build bash --releasever 1 --gpgkey https://r/key --enable",
        "chroot enable fedora-44-x86_64 epel-9-*",
        "chroot disable fedora-44-x86_64",
        "chroot import house.toml",
        "task list --json",
        "builder add b1",
        "builder list --json",
        "builder remove b1",
        "repo list --failing --json",
        "repo verify ada/hello",
        "repo verify @kitchen/hello:pr:1/fedora-44-x86_64 --deep --json",
        "repo verify --all",
        "repo rebuild ada/hello/fedora-44-x86_64 --json",
    ] {
        subject(line);
    }
}

#[test]
fn the_commands_of_the_documentation_are_understood() {
    let text = include_str!("../../../../docs/administration.md").replace("\\\n", " ");
    let lines = text.lines().filter_map(|line| line.strip_prefix("    coprd "));
    let plain = |line: &str| line.split(['#', '>']).next().unwrap().replace(['\'', '[', ']'], "");
    let lines: Vec<String> = lines.map(plain).collect();
    for line in &lines {
        parse(line).unwrap_or_else(|refusal| panic!("{line}: {refusal}"));
    }
    assert!(lines.len() > 15, "{lines:?}");
}

#[test]
fn names_are_read_at_the_door() {
    let Subject::User(UserCommand::Create { name, admin, .. }) = subject("user create ada") else { panic!() };
    assert_eq!((name.as_str(), admin), ("ada", false));
    let Subject::Group(GroupCommand::Add { group, .. }) = subject("group add @kitchen ada") else { panic!() };
    assert_eq!(group.as_str(), "kitchen");
    let Subject::Chroot(ChrootCommand::Add(add)) = subject("chroot add debian-12-x86_64 --baseurl file:///r") else {
        panic!()
    };
    assert_eq!((add.name.arch(), add.install), ("x86_64", vec!["@buildsys-build".to_owned()]));
    let Subject::Repo(RepoCommand::Rebuild { repo, .. }) = subject("repo rebuild @kitchen/hello:pr:1/f-44-x86_64")
    else {
        panic!()
    };
    let said = (repo.owner.as_str(), repo.dir.as_str(), repo.chroot.as_deref());
    assert_eq!(said, ("@kitchen", "hello:pr:1", Some("f-44-x86_64")));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refusals: String = [
        "admin user create a/b",
        "admin chroot add fedora-44 --from-catalogue",
        "admin chroot add fedora-44-x86_64",
        "admin chroot add fedora-44-x86_64 --from-catalogue --baseurl https://r/",
        "admin chroot add fedora-44-x86_64 --from-catalogue --releasever 3",
        "admin chroot enable",
        "admin builder add b/1",
        "admin repo verify",
        "admin repo verify ada",
        "admin repo verify ada/hello --all",
        "admin repo rebuild ada/hello/x/y",
        "builder --server copr.example.org --token f",
        "builder --server https://copr.example.org",
        "builder --server https://copr.example.org --token f --workers 0",
        "serve --listen 5000",
    ]
    .iter()
    .map(|line| {
        let refusal = parse(line).expect_err(line);
        format!("{line}\n    {}\n", refusal.lines().next().unwrap())
    })
    .collect();
    insta::assert_snapshot!(refusals);
}

#[test]
fn help_tells_what_there_is() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut help = String::new();
    let mut page = |command: &clap::Command| {
        help += &format!("{}\n", command.clone().render_help());
    };
    page(&command);
    for path in
        [&["serve"][..], &["builder"], &["check-config"], &["admin"], &["admin", "chroot"], &["admin", "chroot", "add"]]
    {
        page(path.iter().fold(&command, |command, name| command.find_subcommand(name).unwrap()));
    }
    insta::assert_snapshot!(help);
}
