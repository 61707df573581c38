//! `kill -9` of the server while it copies a project into another that somebody reads all the while.

use crate::stage::{Stage, entries, launch, told, until};
use copr_testkit::project::Project;
use copr_testkit::tiny_srpm;
use serde_json::json;
use std::collections::BTreeSet;

/// What compression does not make small, so that it takes a while to sign.
const LARGE: &str = "%global _binary_payload w1.zstdio\nhead -c 60000000 /dev/urandom > share/large";

/// A moment in the copying, told by what can be seen from outside.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// The client has its answer.
    Answered,
    /// A package is being signed.
    Signing,
    /// The build is in place, and perhaps not yet in the database.
    Placed,
    /// The next generation is being written.
    Writing,
    /// The next generation is the present one on the disk, and perhaps not yet in the database.
    Switched,
}

const MOMENTS: &[Moment] = &[Moment::Answered, Moment::Signing, Moment::Placed, Moment::Writing, Moment::Switched];

impl Moment {
    /// Waits for the moment; `copy` is the number of the large build's copy.
    fn comes(self, stage: &Stage, to: &Project, copy: u64) {
        let repository = to.repository(&stage.service);
        let (present, generations) = (std::fs::read_link(repository.join("repodata")).unwrap(), ".repodata");
        let before = entries(&repository.join(generations));
        let forks = stage.service.data_dir().join("staging");
        let signing = || {
            let places = entries(&forks).into_iter().filter(|name| name.starts_with("fork-"));
            let builds = places.flat_map(|place| {
                let place = forks.join(place);
                entries(&place).into_iter().map(move |build| place.join(build))
            });
            builds.into_iter().any(|build| {
                let signed = build.join(format!("{}.signed", to.chroot));
                entries(&signed).iter().any(|file| file.starts_with(".unfinished-signing-"))
            })
        };
        until(stage, &format!("{self:?}"), || match self {
            Moment::Answered => true,
            Moment::Signing => signing(),
            Moment::Placed => repository.join(format!("{copy:08}-large")).exists(),
            Moment::Writing => entries(&repository.join(generations)) != before,
            Moment::Switched => std::fs::read_link(repository.join("repodata")).unwrap() != present,
        });
    }
}

#[test]
fn a_server_killed_at_any_moment_finishes_the_copying_and_readers_see_a_whole_repository() {
    let mut stage = Stage::set(launch());
    let source = stage.project("original");
    for (name, build) in [("large", LARGE), ("small", ":")] {
        let id = told(&stage, source.submit(&tiny_srpm(name, build, &stage.path("srpms"))));
        told(&stage, source.succeeds(id));
    }
    let names: BTreeSet<String> = ["large", "small"].map(str::to_owned).into();
    for moment in MOMENTS {
        let to = stage.project(&format!("copy-{moment:?}").to_lowercase());
        let mut reader = stage.reader(&to);
        let wish = json!({"name": to.name, "ownername": to.owner, "confirm": true});
        let path = format!("/api_3/project/fork/{}/{}", source.owner, source.name);
        told(&stage, to.client().post_json(&path, &wish).and_then(|answer| answer.json()));
        let list = format!("/api_3/build/list?ownername={}&projectname={}", to.owner, to.name);
        let builds = told(&stage, to.client().get(&list).and_then(|answer| answer.json()));
        let copies: Vec<_> = builds["items"].as_array().unwrap().iter().map(|one| one["state"].as_str()).collect();
        assert_eq!(copies, [Some("forked"), Some("forked")], "{builds}");
        let of = |name: &str| {
            let found = builds["items"].as_array().unwrap().iter().find(|one| one["source_package"]["name"] == name);
            found.and_then(|one| one["id"].as_u64()).unwrap()
        };
        moment.comes(&stage, &to, of("large"));
        stage.service.kill().unwrap();
        stage.service.start_again().unwrap();
        let held = || copr_rpm::repodata::verify(&to.repository(&stage.service).join("repodata")).unwrap().packages;
        until(&stage, "all is copied", || held().len() == 4);
        assert_eq!(stage.whole_repository(&to), names, "after a kill at {moment:?}");
        let staging = stage.service.data_dir().join("staging");
        until(&stage, "the staging directory is empty", || entries(&staging).is_empty());
        told(&stage, reader.reads_once_more());
        told(&stage, reader.stop());
        stage.installs(&to, "small");
        std::fs::remove_dir_all(stage.path("root-small")).unwrap();
    }
}
