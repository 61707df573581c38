//! `coprd admin repo`, beside a service that runs.

use crate::service::Service;
use serde_json::json;

const CHROOT: &str = "fedora-44-x86_64";

#[test]
fn repositories_are_listed_verified_and_rebuilt() {
    for service in Service::on_both_engines() {
        let running = service.serve();
        service.ok(&format!("chroot enable {CHROOT}"));
        let ada = service.ok("user create ada");
        let project = json!({ "name": "hello", "chroots": [CHROOT] });
        assert_eq!(running.post(&ada, "/api_3/project/add/ada", &project).0, 200);

        insta::allow_duplicates!(insta::assert_snapshot!(service.ok("repo list"), @r"
        REPOSITORY                  GENERATION  STATE      RETRY  ERROR
        ada/hello/fedora-44-x86_64  1           published  -      -
        "));
        let said = service.admin("repo list --failing");
        assert_eq!((said.status, said.talk.as_str()), (0, "All repositories could be published.\n"), "{said:?}");
        let said = service.admin("repo verify ada/hello --deep");
        let words = "1 repository, 1 generation and 0 packages looked at.\n";
        assert_eq!((said.status, said.out.as_str(), said.talk.as_str()), (0, "", words));

        let place = service.home().join("state/results/ada/hello").join(CHROOT);
        let signature = place.join("repodata/repomd.xml.asc");
        std::fs::write(&signature, "nothing").unwrap();
        let head = std::fs::read_link(place.join("repodata")).unwrap();
        let said = service.admin("repo verify --all");
        let file = format!("results/ada/hello/{CHROOT}/{}/repomd.xml.asc", head.display());
        let line = format!("{file}: it is no signature of repomd.xml by the project's key\n");
        assert_eq!((said.status, said.out), (1, line), "{}", said.talk);
        insta::allow_duplicates!(insta::assert_snapshot!(said.talk, @r"
        1 repository, 1 generation and 0 packages looked at.
        error: 1 fault in 1 repository
        hint: `coprd admin repo rebuild OWNER/PROJECT/CHROOT` makes metadata anew from the packages
        "));

        let said = service.admin(&format!("repo rebuild ada/hello/{CHROOT}"));
        let words =
            format!("`ada/hello/{CHROOT}`: generation 2 of 0 packages, of which 0 are unlike what was noted.\n");
        assert_eq!((said.status, said.talk), (0, words), "{}", said.out);
        assert_eq!(service.json("repo verify --all")[0]["findings"], json!([]));
        insta::allow_duplicates!(
            insta::assert_snapshot!(service.refusal("repo verify ada/other"), @"error: Project ada/other does not exist.")
        );
        insta::allow_duplicates!(
            insta::assert_snapshot!(service.refusal("repo rebuild ada/hello/epel-9-x86_64"), @"error: `ada/hello` has no repository for `epel-9-x86_64`")
        );
    }
}
