//! Packages of a project and their sources.

use crate::cast::{FEDORA, alices, client, made, refused};
use crate::stage::Stage;
use copr_client::v3::{
    BuildOptions, Custom, Distgit, PackageOptions, Paging, Pypi, Rubygems, Scm, Source, SourceType, WithBuilds,
};
use futures::TryStreamExt;

#[tokio::test]
async fn a_package_has_a_source_of_any_kind() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice"), client(&stage, "bob"));
    let project = alices("packages");
    made(&alice, &project, &[FEDORA]).await;
    let packages = alice.packages();
    let plain = PackageOptions::new();
    let options = PackageOptions::new().webhook_rebuild(true).max_builds(3).timeout(100).chroot_denylist("fedora-*");
    let scm = Source::from(Scm::new("https://git.example.org/a.git").spec("a.spec"));
    let hello = packages.add(&project, "hello", &scm, &options).await.unwrap();
    assert_eq!((hello.name.as_str(), &hello.source_type, hello.auto_rebuild), ("hello", &SourceType::Scm, true));
    assert_eq!(
        (&hello.source_dict["spec"], &hello.source_dict["source_build_method"]),
        (&"a.spec".into(), &"rpkg".into())
    );
    assert!(hello.rest.is_empty(), "{:?}", hello.rest);
    let others: [(&str, Source); 4] = [
        ("pypi", Pypi::new("requests").python_versions(["3"]).into()),
        ("rubygems", Rubygems::new("rails").into()),
        ("custom", Custom::new("#!/bin/sh\n").chroot(FEDORA).builddeps(["gcc"]).repos(["http://r.example/"]).into()),
        ("distgit", Distgit::default().committish("rawhide").into()),
    ];
    for (name, source) in &others {
        let made = packages.add(&project, name, source, &plain).await.unwrap();
        assert_eq!((made.name.as_str(), made.source_type.as_str()), (*name, *name));
    }
    let custom = packages.get(&project, "custom", WithBuilds::default()).await.unwrap();
    assert_eq!((&custom.source_dict["chroot"], &custom.source_dict["builddeps"]), (&FEDORA.into(), &"gcc".into()));
    assert_eq!(custom.source_dict["repos"], "http://r.example/");
    let page = packages.list(&project, WithBuilds::BOTH, &Paging::limit(2)).await.unwrap();
    let names: Vec<String> = page.into_stream().map_ok(|package| package.name).try_collect().await.unwrap();
    assert_eq!(names, ["hello", "pypi", "rubygems", "custom", "distgit"]);

    let outcome = packages.add(&project, "hello", &scm, &plain).await;
    refused(outcome, 409, "Package hello already exists in copr alice/packages.");
    let outcome = bob.packages().add(&project, "x", &scm, &plain).await;
    refused(outcome, 403, "You are not allowed to add or edit packages in this copr.");
    refused(packages.get(&project, "nope", WithBuilds::BOTH).await, 404, "No package with name nope in copr packages");
}

#[tokio::test]
async fn a_package_is_changed_built_and_deleted() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice");
    let project = alices("packages");
    made(&alice, &project, &[FEDORA]).await;
    let packages = alice.packages();
    let plain = PackageOptions::new();
    let scm = Source::from(Scm::new("https://git.example.org/a.git").spec("a.spec"));
    packages.add(&project, "hello", &scm, &plain).await.unwrap();

    let elsewhere = Source::from(Scm::new("https://git.example.org/b.git"));
    let changed = packages.edit(&project, "hello", Some(&elsewhere), &plain).await.unwrap();
    assert_eq!(
        (&changed.source_dict["clone_url"], &changed.source_dict["spec"]),
        (&"https://git.example.org/b.git".into(), &"a.spec".into())
    );
    let hooked = packages.edit(&project, "hello", None, &PackageOptions::new().webhook_rebuild(true)).await.unwrap();
    assert_eq!((hooked.auto_rebuild, &hooked.source_dict), (true, &changed.source_dict));

    let build = packages.build(&project, "hello", &BuildOptions::new().chroots([FEDORA]).timeout(100)).await.unwrap();
    assert_eq!(
        (build.chroots.as_slice(), build.source_package.name.as_deref()),
        ([FEDORA.to_owned()].as_slice(), Some("hello"))
    );
    let with_build = packages.get(&project, "hello", WithBuilds::BOTH).await.unwrap();
    assert_eq!(with_build.builds.latest.map(|latest| latest.id), Some(build.id));
    refused(packages.delete(&project, "hello").await, 400, &format!("Build(s) {} are still running.", build.id));
    alice.builds().cancel(build.id).await.unwrap();

    let other = packages.edit(&project, "hello", Some(&Rubygems::new("rails").into()), &plain).await.unwrap();
    assert_eq!(other.source_type, SourceType::Rubygems);
    let reset = packages.reset(&project, "hello").await.unwrap();
    assert!(reset.source_type == SourceType::Unset && reset.source_dict.is_empty(), "{reset:?}");
    let outcome = packages.build(&project, "hello", &BuildOptions::new()).await;
    refused(outcome, 400, "doesn't have the default source method set");
    assert_eq!(packages.delete(&project, "hello").await.unwrap().name, "hello");
    refused(packages.delete(&project, "hello").await, 404, "No package with name hello in copr packages");
}
