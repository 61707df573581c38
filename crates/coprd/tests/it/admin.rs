use crate::service::{Service, hidden, setting};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_new_user_gets_a_block_and_nothing_else_on_standard_output() {
    for service in Service::on_both_engines() {
        let said = service.admin("user create ada --admin --email ada@example.org");
        assert_eq!(said.status, 0, "{said:?}");
        insta::allow_duplicates!(insta::assert_snapshot!(hidden(&said.out), @r"
        [copr-cli]
        login = <login>
        username = ada
        token = <token>
        copr_url = <copr_url>
        encrypted = False
        # expiration date: <date>
        "));
        insta::allow_duplicates!(insta::assert_snapshot!(said.talk, @r"
        `$HOME/state` was not there: this is a new service.
        Put the block into `ada`'s ~/.config/copr; the token is shown only this once.
        "));
        assert!(!said.talk.contains(setting(&said.out, "token")), "{}", said.talk);
        assert_eq!(setting(&said.out, "copr_url"), "http://127.0.0.1:5000");
    }
}

#[test]
fn what_is_kept_is_for_its_owner_alone() {
    let service = Service::new();
    service.ok("user create ada");
    let mode = |name: &str| service.home().join("state").join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("coprd.sqlite"), mode("keys")), (0o600, 0o700));
}

#[test]
fn a_name_can_be_had_once() {
    for service in Service::on_both_engines() {
        service.ok("user create ada");
        insta::allow_duplicates!(insta::assert_snapshot!(service.refusal("user create ada"), @r"
        error: there is a user `ada` already
        hint: `coprd admin user token ada` gives it a new token in place of the old one
        "));
        let again = service.admin("user create a/b");
        assert_eq!((again.status, again.out.as_str()), (2, ""), "{again:?}");
    }
}

#[test]
fn users_are_listed_with_their_role_and_groups() {
    for service in Service::on_both_engines() {
        service.ok("user create ada --admin --email ada@example.org");
        service.ok("user create charlotte");
        service.ok("user create bob");
        service.ok("group create kitchen");
        service.ok("group add kitchen ada");
        service.ok("group add @kitchen bob");
        service.ok("user disable bob");
        insta::allow_duplicates!(insta::assert_snapshot!(service.ok("user list"), @r"
        NAME       ROLE      GROUPS    EMAIL
        ada        admin     @kitchen  ada@example.org
        bob        disabled  @kitchen  -
        charlotte  user      -         -
        "));
        insta::allow_duplicates!(
            insta::assert_json_snapshot!(service.json("user list")[0], { ".created" => "<time>" }, @r#"
        {
          "name": "ada",
          "admin": true,
          "disabled": false,
          "email": "ada@example.org",
          "groups": [
            "@kitchen"
          ],
          "created": "<time>"
        }
        "#)
        );
    }
}

#[test]
fn groups_take_members_and_let_them_go() {
    for service in Service::on_both_engines() {
        service.ok("user create ada");
        service.ok("user create bob");
        assert_eq!(service.ok("group create @kitchen"), "");
        service.ok("group add kitchen ada");
        service.ok("group add kitchen bob");
        service.ok("group add kitchen bob");
        service.ok("group remove kitchen ada");
        insta::allow_duplicates!(insta::assert_snapshot!(service.ok("group list"), @r"
        GROUP     MEMBERS
        @kitchen  bob
        "));
        let refusals = [
            "group create kitchen",
            "group add kitschen ada",
            "group add kitchen adda",
            "group add other zoe",
            "group remove kitchen ada",
        ];
        let refusals: String = refusals.iter().map(|line| format!("{line}\n{}", service.refusal(line))).collect();
        insta::allow_duplicates!(insta::assert_snapshot!(refusals, @r"
        group create kitchen
        error: there is a group `@kitchen` already
        hint: `coprd admin group add kitchen USER` adds somebody to it
        group add kitschen ada
        error: there is no group `@kitschen`
        hint: did you mean `kitchen`?
        group add kitchen adda
        error: there is no user `adda`
        hint: did you mean `ada`?
        group add other zoe
        error: there is no group `@other`
        hint: `coprd admin group create other` makes one
        group remove kitchen ada
        error: `ada` is not in the group `@kitchen`
        "));
    }
}

#[test]
fn a_disabled_user_gets_no_token() {
    let service = Service::new();
    service.ok("user create ada");
    service.ok("user disable ada");
    insta::assert_snapshot!(service.refusal("user token ada"), @r"
    error: `ada` is disabled, and no token would help
    hint: `coprd admin user enable ada` comes first
    ");
    service.ok("user enable ada");
    service.ok("user token ada");
    insta::assert_snapshot!(service.refusal("user disable bob"), @r"
    error: there is no user `bob`
    hint: `coprd admin user create bob` makes one
    ");
}

#[test]
fn a_builders_token_is_all_that_standard_output_gets() {
    for service in Service::on_both_engines() {
        let said = service.admin("builder add b1");
        let token = said.out.trim_end();
        assert!(said.out.lines().count() == 1 && token.len() >= 32, "{said:?}");
        assert!(!said.talk.contains(token), "{}", said.talk);
        assert!(said.talk.contains("coprd builder --server http://127.0.0.1:5000 --token FILE"), "{}", said.talk);
        insta::allow_duplicates!(insta::assert_snapshot!(service.ok("builder list"), @r"
        NAME  STATE       TASKS  ASKED  ARCHES  TOOLS  TAGS  MEMORY  ISOLATION
        b1    never seen  0      -      -       -      -     -       -
        "));
        insta::allow_duplicates!(insta::assert_snapshot!(service.refusal("builder add b1"), @r"
        error: there is a builder `b1` already
        hint: for a new token `coprd admin builder remove b1` comes first; or take another name
        "));
        insta::allow_duplicates!(insta::assert_snapshot!(service.refusal("builder remove other"), @r"
        error: there is no builder `other`
        hint: `coprd admin builder list` lists them
        "));
        assert_eq!(service.ok("builder remove b1"), "");
        assert_eq!(service.json("builder list"), serde_json::json!([]));
    }
}

#[test]
fn two_commands_can_make_the_same_new_service() {
    for service in Service::on_both_engines() {
        let names: Vec<String> = (1..=6).map(|number| format!("user{number}")).collect();
        let spawn = |name: &String| {
            let mut command = service.command(&["admin", "user", "create", name]);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        };
        let children: Vec<_> = names.iter().map(spawn).collect();
        for child in children {
            let said = service.said(&child.wait_with_output().unwrap());
            assert_eq!(said.status, 0, "{said:?}");
        }
        let users = service.json("user list");
        let listed: Vec<&str> = users.as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap()).collect();
        assert_eq!(listed, names);
    }
}

#[test]
fn a_database_that_can_not_be_had_is_named_without_its_password() {
    let service = Service::new();
    let talk = service.refusal("--database postgres://ada:geheim@localhost/copr?host=/nowhere user list");
    assert!(talk.contains("can't open the database `postgres://ada:hidden@localhost/copr?host=/nowhere`"), "{talk}");
    assert!(!talk.contains("geheim"), "{talk}");
}

#[test]
fn old_versions_are_pruned_on_request_too() {
    let service = Service::new();
    let said = service.admin("prune --dry-run");
    assert_eq!((said.status, said.out.as_str()), (0, ""));
    assert!(said.talk.contains("Would go: 0 packages of 0 repositories"), "{}", said.talk);
    assert!(service.refusal("prune ada/nothing").contains("Project ada/nothing does not exist."));
    assert_eq!(service.admin("prune ada").status, 2, "it has no owner");
}
