//! Administration beside a service that runs.

use crate::service::{Running, Service, setting};
use serde_json::json;

const CHROOT: &str = "fedora-44-x86_64";

fn auth_check(running: &Running, block: &str) -> u16 {
    running.get(block, "/api_3/auth-check").0
}

#[test]
fn a_running_service_knows_a_new_user_at_once_and_a_disabled_one_no_more() {
    for service in Service::on_both_engines() {
        let running = service.serve();
        let first = service.ok("user create ada");
        assert_eq!(setting(&first, "copr_url"), format!("http://{}", running.address()));
        assert_eq!(auth_check(&running, &first), 200);

        let second = service.ok("user token ada");
        assert_eq!((auth_check(&running, &first), auth_check(&running, &second)), (401, 200));

        service.ok("user disable ada");
        assert_eq!(auth_check(&running, &second), 401);
        service.ok("user enable ada");
        assert_eq!(auth_check(&running, &second), 200);
    }
}

#[test]
fn a_running_service_offers_a_chroot_as_soon_as_it_is_enabled() {
    for service in Service::on_both_engines() {
        let running = service.serve();
        let offered = || running.get(&running.block, "/api_3/mock-chroots/list").1;
        assert_eq!(offered(), json!({}));
        service.ok("chroot enable fedora-44-x86_64");
        assert_eq!(offered(), json!({ CHROOT: "" }));
        service.ok("chroot disable fedora-44-x86_64");
        assert_eq!(offered(), json!({}));
    }
}

#[test]
fn the_queue_tells_who_works_and_why_others_wait() {
    for service in Service::on_both_engines() {
        let running = service.serve();
        service.ok("chroot enable fedora-44-x86_64");
        let ada = service.ok("user create ada");
        let project = json!({ "name": "hello", "chroots": [CHROOT] });
        assert_eq!(running.post(&ada, "/api_3/project/add/ada", &project).0, 200);
        let build = |background: bool| {
            let build = json!({
                "ownername": "ada", "projectname": "hello", "background": background,
                "pkgs": ["https://example.org/hello-1-1.src.rpm"],
            });
            assert_eq!(running.post(&ada, "/api_3/build/create/url", &build).0, 200);
        };
        build(false);
        build(true);
        insta::allow_duplicates!(
            insta::assert_json_snapshot!(service.json("task list"), { "[].created" => "<time>" }, @r#"
            [
              {
                "id": 1,
                "build": 1,
                "work": "source",
                "owner": "ada",
                "project": "hello",
                "submitter": "ada",
                "background": false,
                "state": "waiting",
                "builder": null,
                "phase": null,
                "attempts": 0,
                "deadline": null,
                "created": "<time>",
                "place": 1,
                "why": "no builder is there"
              },
              {
                "id": 2,
                "build": 2,
                "work": "source",
                "owner": "ada",
                "project": "hello",
                "submitter": "ada",
                "background": true,
                "state": "waiting",
                "builder": null,
                "phase": null,
                "attempts": 0,
                "deadline": null,
                "created": "<time>",
                "place": 2,
                "why": "no builder is there"
              }
            ]
            "#)
        );

        let token = service.ok("builder add b1");
        let request = json!({ "builder": "b1", "arches": ["x86_64"], "isolation": "none at all", "wait_seconds": 0 });
        let (status, lease) = running.post_as_builder(&token, "/builder/v1/lease", &request);
        assert_eq!(status, 200, "{lease}");
        let tasks = service.json("task list");
        insta::allow_duplicates!(
            insta::assert_json_snapshot!(tasks, { "[].created" => "<time>", "[0].deadline" => "<time>" }, @r#"
            [
              {
                "id": 1,
                "build": 1,
                "work": "source",
                "owner": "ada",
                "project": "hello",
                "submitter": "ada",
                "background": false,
                "state": "leased",
                "builder": "b1",
                "phase": null,
                "attempts": 1,
                "deadline": "<time>",
                "created": "<time>",
                "place": null,
                "why": null
              },
              {
                "id": 2,
                "build": 2,
                "work": "source",
                "owner": "ada",
                "project": "hello",
                "submitter": "ada",
                "background": true,
                "state": "waiting",
                "builder": null,
                "phase": null,
                "attempts": 0,
                "deadline": null,
                "created": "<time>",
                "place": 1,
                "why": "until a builder is free; in the background"
              }
            ]
            "#)
        );
        insta::allow_duplicates!(insta::assert_json_snapshot!(service.json("builder list"), {
            "[].created" => "<time>", "[].last_seen" => "<time>"
        }, @r#"
        [
          {
            "name": "b1",
            "state": "working",
            "tasks": 1,
            "arches": [
              "x86_64"
            ],
            "isolation": "none at all",
            "tools": [],
            "tags": [],
            "memory_mib": null,
            "last_seen": "<time>",
            "created": "<time>"
          }
        ]
        "#));
        let table = service.ok("task list");
        assert_eq!(table.lines().count(), 3, "{table}");
        assert!(table.starts_with("TASK  BUILD  WORK    PROJECT    STATE"), "{table}");

        service.ok("builder remove b1");
        assert_eq!(running.post_as_builder(&token, "/builder/v1/lease", &request).0, 401);
    }
}
