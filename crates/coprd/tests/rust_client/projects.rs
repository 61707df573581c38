//! Projects, their roles, copies, chroots and web hooks.

use crate::cast::{EPEL, FEDORA, FEDORA_32, alices, client, made, refused};
use crate::stage::Stage;
use copr_client::v3::{
    Bootstrap, ChrootOptions, Direction, Fork, FullName, Isolation, Paging, Permission, ProjectOptions, RoleChanges,
    RoleRequest, Storage,
};
use futures::TryStreamExt;
use std::collections::BTreeMap;

#[tokio::test]
async fn a_project_is_made_changed_and_deleted() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice"), client(&stage, "bob"));
    let tool = alices("tool");
    let options = ProjectOptions::new()
        .chroots([FEDORA])
        .description("A tool")
        .instructions("Use it")
        .homepage("http://h.example/")
        .contact("a@example.org")
        .additional_repos(["http://r.example/"])
        .runtime_dependencies(["http://rt.example/"])
        .unlisted_on_hp(true)
        .enable_net(false)
        .devel_mode(true)
        .bootstrap(Bootstrap::On)
        .isolation(Isolation::Simple)
        .follow_fedora_branching(false)
        .multilib(true)
        .module_hotfixes(true)
        .fedora_review(true)
        .appstream(true)
        .delete_after_days(30)
        .packit_forge_projects_allowed(["https://github.com/a/b"])
        .repo_priority(5);
    let fresh = alice.projects().add(&tool, &options).await.unwrap();
    let shown = alice.projects().get(&fresh.reference()).await.unwrap();
    assert_eq!(fresh, shown);
    assert_eq!((shown.full_name.as_str(), shown.description.as_deref()), ("alice/tool", Some("A tool")));
    assert_eq!((&shown.bootstrap, &shown.isolation), (&Some(Bootstrap::On), &Some(Isolation::Simple)));
    assert_eq!((&shown.storage, shown.repo_priority), (&Some(Storage::Backend), Some(5)));
    assert_eq!(shown.packit_forge_projects_allowed, ["github.com/a/b"]);
    assert_eq!(shown.chroot_repos.keys().collect::<Vec<_>>(), [FEDORA]);
    assert!(shown.devel_mode && shown.unlisted_on_hp && shown.appstream && !shown.enable_net);
    assert!(shown.rest.is_empty(), "{:?}", shown.rest);

    refused(alice.projects().add(&tool, &options).await, 400, "name: You already have a project named 'tool'.");
    let other = ProjectOptions::new().chroots([EPEL]);
    assert_eq!(alice.projects().add_or_get(&tool, &other).await.unwrap(), shown);
    assert_eq!(alice.projects().add_or_get(&alices("new"), &other).await.unwrap().name, "new");
    let twice = ProjectOptions::new().chroots(["nope-1-x86_64"]).homepage("nonsense");
    refused(alice.projects().add(&alices("x"), &twice).await, 400, "- homepage: Invalid URL.");
    refused(alice.projects().add(&FullName::new("bob", "x"), &options).await, 403, "projects of user 'bob'");
    refused(alice.projects().add(&FullName::new("@nope", "x"), &options).await, 404, "Group nope does not exist.");

    let changes =
        ProjectOptions::new().description("New").chroots([FEDORA, EPEL]).additional_repos([""; 0]).enable_net(true);
    let changed = alice.projects().edit(&tool, &changes).await.unwrap();
    assert_eq!((changed.description.as_deref(), changed.instructions.as_deref()), (Some("New"), Some("Use it")));
    assert!(changed.additional_repos.is_empty() && changed.enable_net);
    assert_eq!(changed.chroot_repos.len(), 2);
    refused(bob.projects().edit(&tool, &changes).await, 403, "Only owners and admins may update their projects.");

    assert_eq!(alice.projects().regenerate_repos(&tool).await.unwrap().full_name, "alice/tool");
    refused(bob.projects().delete(&tool).await, 403, "Only owners may delete their projects.");
    assert_eq!(alice.projects().delete(&tool).await.unwrap().name, "tool");
    refused(alice.projects().get(&tool).await, 404, "Project alice/tool does not exist.");
}

#[tokio::test]
async fn lists_of_projects_come_in_pages() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice");
    for name in ["zebra", "ant", "mouse"] {
        made(&alice, &FullName::new("@devs", name), &[FEDORA]).await;
    }
    let paging = Paging::limit(2).order("name", Direction::Descending);
    let first = alice.projects().list(Some("@devs"), &paging).await.unwrap();
    assert_eq!((first.meta.limit, first.meta.offset), (Some(2), Some(0)));
    assert_eq!((first.meta.order.as_deref(), first.meta.order_type.as_deref()), (Some("name"), Some("DESC")));
    let second = first.next_page().await.unwrap().unwrap();
    assert_eq!((second.meta.offset, second.items.len()), (Some(2), 1));
    assert!(second.next_page().await.unwrap().is_none());
    let names: Vec<String> = first.into_stream().map_ok(|project| project.name).try_collect().await.unwrap();
    assert_eq!(names, ["zebra", "mouse", "ant"]);

    let behind = alice.projects().list(Some("@devs"), &Paging::limit(2).offset(40)).await.unwrap();
    assert!(behind.items.is_empty() && behind.next_page().await.unwrap().is_none());
    assert_eq!(alice.projects().list(None, &Paging::default()).await.unwrap().items.len(), 3);
    assert!(alice.projects().list(Some("nemo"), &Paging::default()).await.unwrap().items.is_empty());
    let found = alice.projects().search("@dev/ous", &Paging::limit(5)).await.unwrap();
    assert_eq!(found.items.iter().map(|project| project.full_name.as_str()).collect::<Vec<_>>(), ["@devs/mouse"]);
    let short = alice.projects().search("x", &Paging::default()).await;
    refused(short, 400, "Search string must have at least 3 characters");
}

#[tokio::test]
async fn a_project_is_copied() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice"), client(&stage, "bob"));
    let source = alices("source");
    made(&alice, &source, &[FEDORA, FEDORA_32]).await;
    assert_eq!(bob.projects().fork(&source, &Fork::default()).await.unwrap().full_name, "bob/source");
    let fork = Fork::to(&FullName::new("bob", "copy"));
    let copy = bob.projects().fork(&source, &fork).await.unwrap();
    assert_eq!((copy.full_name.as_str(), copy.chroot_repos.len()), ("bob/copy", 2));
    refused(bob.projects().fork(&source, &fork).await, 400, "- You are about to fork into existing project: copy");
    assert_eq!(bob.projects().fork(&source, &fork.confirm(true)).await.unwrap().id, copy.id);
}

#[tokio::test]
async fn roles_are_asked_for_and_given() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice"), client(&stage, "bob"));
    let shared = alices("shared");
    made(&alice, &shared, &[FEDORA]).await;
    refused(alice.projects().permissions(&shared).await, 404, "No permissions set on alice/shared project");
    assert!(bob.projects().request_permissions(&shared, &RoleRequest::default().builder(true)).await.unwrap());
    let roles = alice.projects().permissions(&shared).await.unwrap();
    assert_eq!((&roles["bob"].admin, &roles["bob"].builder), (&Permission::Nothing, &Permission::Request));
    assert!(!alice.projects().can_build_in("bob", &shared).await.unwrap());

    let changes = |who: &str| BTreeMap::from([(who.to_owned(), RoleChanges::default().builder(Permission::Approved))]);
    assert_eq!(alice.projects().set_permissions(&shared, &changes("bob")).await.unwrap(), ["bob"]);
    assert!(alice.projects().can_build_in("bob", &shared).await.unwrap());
    let nemo = alice.projects().set_permissions(&shared, &changes("nemo")).await;
    refused(nemo, 400, "user 'nemo' doesn't exist in database");
    refused(bob.projects().permissions(&shared).await, 403, "can not see permissions for project 'alice/shared'");
}

#[tokio::test]
async fn a_new_secret_replaces_the_old_one() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice"), client(&stage, "bob"));
    let hooked = alices("hooked");
    made(&alice, &hooked, &[FEDORA]).await;
    let first = alice.webhooks().generate(&hooked).await.unwrap();
    assert_eq!((first.full_name.as_str(), first.webhook_secret.reveal().len()), ("alice/hooked", 36));
    assert_ne!(alice.webhooks().generate(&hooked).await.unwrap().webhook_secret, first.webhook_secret);
    refused(bob.webhooks().generate(&hooked).await, 403, "can not see permissions for project 'alice/hooked'");
}

#[tokio::test]
async fn chroots_of_a_project_are_changed() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice"), client(&stage, "bob"));
    let project = alices("chroots");
    made(&alice, &project, &[FEDORA]).await;
    let chroots = alice.project_chroots();
    let fresh = chroots.get(&project, FEDORA).await.unwrap();
    assert_eq!((fresh.mock_chroot.as_str(), fresh.projectname.as_str(), fresh.comps_name), (FEDORA, "chroots", None));

    let comps = stage.home("alice").join("comps.xml");
    std::fs::write(&comps, "<comps/>").unwrap();
    let options = ChrootOptions::new()
        .additional_packages(["gcc", "make"])
        .additional_repos(["http://r.example/"])
        .additional_modules(["m:1", "!n:2"])
        .with_opts(["x", "y"])
        .without_opts(["z"])
        .isolation(Isolation::Simple);
    let changed = chroots.edit(&project, FEDORA, &options, Some(&comps)).await.unwrap();
    assert_eq!((changed.comps_name.as_deref(), changed.isolation), (Some("comps.xml"), Some(Isolation::Simple)));
    assert_eq!(
        (changed.additional_modules, changed.with_opts),
        (vec!["m:1".into(), "!n:2".into()], vec!["x".into(), "y".into()])
    );
    let config = chroots.build_config(&project, FEDORA).await.unwrap();
    assert_eq!((config.chroot.as_str(), config.repos[0].id.as_str()), (FEDORA, "copr_base"));
    assert_eq!(config.additional_packages, ["gcc", "make"]);

    let options =
        ChrootOptions::new().delete_comps(true).bootstrap_image("fedora:42").reset_fields(["additional_packages"]);
    let changed = chroots.edit(&project, FEDORA, &options, None).await.unwrap();
    assert!(changed.comps_name.is_none() && changed.additional_packages.is_empty());
    assert_eq!(chroots.build_config(&project, FEDORA).await.unwrap().bootstrap, Some(Bootstrap::CustomImage));
    let wrong = ChrootOptions::new().reset_fields(["x"]);
    let outcome = chroots.edit(&project, FEDORA, &wrong, None).await;
    refused(outcome, 400, "- Trying to reset an invalid attribute: x");
    let outcome = bob.project_chroots().edit(&project, FEDORA, &ChrootOptions::new(), None).await;
    refused(outcome, 403, "Only owners and admins may update their projects.");
    refused(chroots.get(&project, EPEL).await, 404, "Chroot name epel-9-x86_64 does not exist in Copr alice/chroots.");
}
