//! Forks: a project copied into another, and everything that can come between.

use crate::both_engines;
use crate::builder::FakeBuilder;
use crate::world::{ARM, World, X86, entries, input};
use copr_app::build::{self, Shown};
use copr_app::fork::{self, Wish};
use copr_app::{Kind, Rules, account, expiry, project, project_chroot, publish, removal};
use copr_db::account::Account;
use copr_db::fork::Rest;
use copr_types::{BuildId, FailureClass, State};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Forks `alice/hello` for somebody.
async fn forked(w: &World, who: &Account) -> project::Shown {
    fork::create(&w.app, who, "alice", "hello", &Wish::default()).await.unwrap()
}

/// `alice/hello` with one build, forked by bob and not yet copied; with the builder.
async fn one_package_forked(w: &World) -> (Account, FakeBuilder) {
    w.project(&[X86]).await;
    let builder = w.builder("b1").await;
    w.succeeded(&builder).await;
    let bob = w.person("bob").await;
    forked(w, &bob).await;
    (bob, builder)
}

/// The same with builds of two packages.
async fn two_packages_forked(w: &World) -> Account {
    w.project(&[X86]).await;
    let builder = w.builder("b1").await;
    w.succeeded(&builder).await;
    other_package(w, &builder).await;
    let bob = w.person("bob").await;
    forked(w, &bob).await;
    bob
}

/// Copies and publishes until nothing is left to do.
async fn copy(w: &World) {
    while fork::next(&w.app).await.unwrap() {}
    w.publish().await;
    fork::sweep(&w.app).await.unwrap();
}

/// Builds of a project, oldest first.
async fn builds(w: &World, owner: &str, name: &str) -> Vec<Shown> {
    let mut found = build::list(&w.app, owner, name, None, None, &Default::default()).await.unwrap();
    found.reverse();
    found
}

fn dir(w: &World, owner: &str, name: &str) -> PathBuf {
    w.app.store.results().join(owner).join(name)
}

/// What a repository's metadata say is there; each file has the digest that they say.
fn held(w: &World, owner: &str, name: &str) -> BTreeMap<String, String> {
    w.published_at(&dir(w, owner, name).join(X86))
}

/// A build of another package than hello.
async fn other_package(w: &World, builder: &FakeBuilder) -> BuildId {
    let id = w.submit().await;
    w.made(builder, id, "with-opts").await;
    id
}

fn rows(shown: &[Shown]) -> Vec<(u64, State, bool)> {
    shown
        .iter()
        .map(|one| (one.build.id.0.unsigned_abs(), one.chroots[0].state, one.chroots[0].generation.is_some()))
        .collect()
}

both_engines! {
    async fn a_fork_has_all_that_the_contract_names_and_nothing_else(w: World) {
        let said = project::Input {
            description: Some("d".to_owned()), contact: Some("a@b.example".to_owned()), multilib: Some(true),
            repo_priority: Some("7".to_owned()), ..input("hello", &[X86, ARM])
        };
        project::create(&w.app, &w.alice, "alice", &said, false).await.unwrap();
        let comps = project_chroot::Input { comps: Some(("c.xml".to_owned(), "<comps/>".to_owned())), with_opts: Some("x".to_owned()), ..Default::default() };
        project_chroot::edit(&w.app, &w.alice, "alice", "hello", X86, &comps).await.unwrap();
        let builder = w.builder("b1").await;
        w.succeeded_in(&builder, &[X86]).await;
        let last = w.succeeded_in(&builder, &[X86]).await;
        let bob = w.person("bob").await;
        let made = forked(&w, &bob).await;
        assert_eq!(made.project.full_name(), "bob/hello");
        let (settings, chroots) = (&made.project.settings, &made.chroots);
        assert_eq!((settings.description.as_str(), settings.contact.as_deref(), settings.multilib), ("d", None, true));
        assert_eq!((settings.repo_priority, made.project.forked_from), (Some(7), Some(1)));
        assert_eq!(*chroots, [ARM, X86]);
        let (_, chroot) = project_chroot::find(&w.app, "bob", "hello", X86).await.unwrap();
        assert_eq!((chroot.settings.comps.as_deref(), chroot.settings.with_opts.as_str()), (Some("<comps/>"), "x"));
        // The builds are shown from the start, with what they produced.
        let shown = builds(&w, "bob", "hello").await;
        assert_eq!(rows(&shown), [(3, State::Forking, false)]);
        assert_eq!((shown[0].state(), shown[0].is_finished()), (Some(State::Forked), true));
        let facts = &shown[0].build;
        assert_eq!((facts.package.as_deref(), facts.version.as_deref()), (Some("hello-noarch"), Some("1.0-1")));
        assert_eq!(facts.submitter.as_deref(), Some("alice"));
        let of = async |id| {
            let built = build::built(&w.app, id).await.unwrap().1;
            built.into_iter().map(|one| format!("{}.{}", one.name, one.arch)).collect::<Vec<_>>()
        };
        assert_eq!(of(facts.id).await, of(last).await);
        assert!(held(&w, "bob", "hello").is_empty());

        copy(&w).await;
        let shown = builds(&w, "bob", "hello").await;
        assert_eq!(rows(&shown), [(3, State::Forked, true)]);
        let names: Vec<String> = held(&w, "bob", "hello").into_keys().collect();
        assert_eq!(names, ["00000003-hello-noarch/hello-noarch-1.0-1.noarch.rpm", "00000003-hello-noarch/hello-noarch-1.0-1.src.rpm"]);
        let at = dir(&w, "bob", "hello").join(X86).join("00000003-hello-noarch");
        for file in ["builder-live.log.gz", "success", "build.info"] {
            assert!(at.join(file).is_file(), "{file}");
        }
        let srpm = dir(&w, "bob", "hello").join("srpm-builds/00000003/hello-noarch-1.0-1.src.rpm");
        assert!(srpm.is_file());
        let url = format!("{}/bob/hello/srpm-builds/00000003/hello-noarch-1.0-1.src.rpm", w.app.rules.results_url);
        assert_eq!(shown[0].build.source_url.as_deref(), Some(url.as_str()));
        assert!(places(&w).is_empty(), "{:?}", places(&w));
        assert_eq!(w.published().len(), 4, "the source changed");
        assert!(!fork::next(&w.app).await.unwrap());
    }

    async fn dnf_and_rpm_trust_a_fork_with_its_own_key_and_not_with_the_sources(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        other_package(&w, &builder).await;
        let bob = w.person("bob").await;
        forked(&w, &bob).await;
        copy(&w).await;
        let (home, _) = crate::reader::dnf(&dir(&w, "bob", "hello"), &["install", "with-opts"]);
        assert!(home.path().join("root/usr/share/doc/with-opts/conditions").is_file());
        let (own, foreign) = (dir(&w, "bob", "hello").join("pubkey.gpg"), dir(&w, "alice", "hello").join("pubkey.gpg"));
        for href in held(&w, "bob", "hello").keys() {
            let file = dir(&w, "bob", "hello").join(X86).join(href);
            assert!(crate::reader::rpm_trusts(&own, &file), "{href}");
            assert!(!crate::reader::rpm_trusts(&foreign, &file), "{href} is signed with the source's key");
        }
        // And what was forked can be forked.
        let carol = w.person("carol").await;
        fork::create(&w.app, &carol, "bob", "hello", &Wish::default()).await.unwrap();
        copy(&w).await;
        assert_eq!(held(&w, "carol", "hello").len(), 2);
    }

    async fn forking_once_more_adds_what_is_new(w: World) {
        let (bob, builder) = one_package_forked(&w).await;
        copy(&w).await;
        let refused = fork::create(&w.app, &bob, "alice", "hello", &Wish::default()).await.unwrap_err();
        let text = "You are about to fork into existing project: hello\nPlease use --confirm if you really want to do this";
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::Invalid, text));
        let before = held(&w, "bob", "hello");
        let again = Wish { confirm: true, ..Wish::default() };
        fork::create(&w.app, &bob, "alice", "hello", &again).await.unwrap();
        copy(&w).await;
        assert_eq!(held(&w, "bob", "hello"), before);
        assert_eq!(builds(&w, "bob", "hello").await.len(), 1);
        w.succeeded(&builder).await;
        other_package(&w, &builder).await;
        fork::create(&w.app, &bob, "alice", "hello", &again).await.unwrap();
        copy(&w).await;
        assert_eq!(builds(&w, "bob", "hello").await.len(), 3);
        assert!(before.iter().all(|(href, digest)| held(&w, "bob", "hello").get(href) == Some(digest)), "a digest changed");
    }

    async fn a_source_that_is_deleted_meanwhile_is_copied_all_the_same(w: World) {
        one_package_forked(&w).await;
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.sweep().await;
        copy(&w).await;
        assert_eq!(rows(&builds(&w, "bob", "hello").await), [(2, State::Forked, true)]);
        assert_eq!(held(&w, "bob", "hello").len(), 2);
        assert_eq!(project::find(&w.app, "bob", "hello").await.unwrap().project.forked_from, None);
    }

    async fn a_fork_that_is_deleted_meanwhile_leaves_nothing_behind(w: World) {
        let (bob, _) = one_package_forked(&w).await;
        let claimed = claimed(&w).await.unwrap();
        project::delete(&w.app, &bob, "bob", "hello").await.unwrap();
        assert!(!fork::next(&w.app).await.unwrap());
        // The name is used again before anybody comes by.
        project::create(&w.app, &bob, "bob", &input("hello", &[X86]), false).await.unwrap();
        release(&w, &claimed).await;
        copy(&w).await;
        w.sweep().await;
        fork::sweep(&w.app).await.unwrap();
        assert!(held(&w, "bob", "hello").is_empty());
        assert!(builds(&w, "bob", "hello").await.is_empty());
        assert!(places(&w).is_empty(), "{:?}", places(&w));
        let left: Vec<_> = entries(dir(&w, "bob", "hello").join(X86)).into_iter().filter(|path| path.is_dir() && !path.ends_with("gen") && !path.to_str().unwrap().contains("repodata")).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    async fn a_build_that_is_deleted_while_it_is_copied_does_not_come_back(w: World) {
        let bob = two_packages_forked(&w).await;
        let shown = builds(&w, "bob", "hello").await;
        let (gone, kept) = (shown[0].build.id, shown[1].build.id);
        assert_eq!(build::cancel(&w.app, &bob, gone).await.unwrap_err().kind, Kind::Conflict);
        build::delete(&w.app, &bob, gone).await.unwrap();
        copy(&w).await;
        w.sweep().await;
        let left = builds(&w, "bob", "hello").await;
        assert_eq!(left.iter().map(|one| (one.build.id, one.chroots[0].state)).collect::<Vec<_>>(), [(kept, State::Forked)]);
        assert!(held(&w, "bob", "hello").keys().all(|href| href.starts_with(&kept.padded())));
        assert!(!dir(&w, "bob", "hello").join(X86).join(format!("{}-hello-noarch", gone.padded())).exists());
        // One that is in place and not yet published leaves the metadata before its files go.
        fork::create(&w.app, &bob, "alice", "hello", &Wish { confirm: true, ..Wish::default() }).await.unwrap();
        while fork::next(&w.app).await.unwrap() {}
        let again = builds(&w, "bob", "hello").await.pop().unwrap();
        assert_eq!(again.chroots[0].state, State::Forking);
        build::delete(&w.app, &bob, again.build.id).await.unwrap();
        w.publish().await;
        w.sweep().await;
        assert!(held(&w, "bob", "hello").keys().all(|href| href.starts_with(&kept.padded())));
    }

    async fn a_copier_that_was_killed_is_followed_by_another_at_any_line(w: World) {
        two_packages_forked(&w).await;
        let second = w.second().await;
        // Each is broken off a little later than the one before; its hands may still write when the next begins.
        for steps in 0..60_u32 {
            let app = if steps % 2 == 0 { &w.app } else { &second };
            tokio::select! {
                biased;
                _ = after(steps) => {}
                done = fork::next(app) => { done.unwrap(); }
            }
            w.clock.advance(4000);
            if steps % 7 == 0 {
                tokio::select! { biased; _ = after(steps / 2) => {}, done = publish::next(app, None) => { done.unwrap(); } }
                w.clock.advance(4000);
            }
        }
        copy(&w).await;
        w.clock.advance(4000);
        copy(&w).await;
        let shown = builds(&w, "bob", "hello").await;
        assert_eq!(shown.len(), 2);
        for one in &shown {
            assert_eq!(one.chroots[0].state, State::Forked, "{one:?}");
        }
        assert_eq!(held(&w, "bob", "hello").len(), 4);
        assert!(places(&w).is_empty(), "{:?}", places(&w));
    }

    async fn copies_that_are_in_place_while_the_database_knows_nothing_of_it_keep_their_digests(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let bob = w.person("bob").await;
        let (one, two) = (w.second().await, w.second().await);
        forked(&w, &bob).await;
        copy(&w).await;
        // The same fork under another name, of which a copier had moved everything in when it was killed.
        let wish = Wish { name: Some("again".to_owned()), ..Wish::default() };
        fork::create(&w.app, &bob, "alice", "hello", &wish).await.unwrap();
        let id = builds(&w, "bob", "again").await[0].build.id;
        let target = dir(&w, "bob", "again").join(X86).join(format!("{}-hello-noarch", id.padded()));
        std::fs::create_dir_all(&target).unwrap();
        let key = key_of(&w, "again").await;
        for file in entries(dir(&w, "bob", "hello").join(X86).join("00000002-hello-noarch")) {
            let to = target.join(file.file_name().unwrap());
            std::fs::copy(&file, &to).unwrap();
            if to.extension().is_some_and(|word| word == "rpm") {
                copr_sign::Signer::sign_package(w.app.signer.as_ref(), &to, &key).unwrap();
            }
        }
        let before = digests(&target);
        let (first, other) = tokio::join!(fork::next(&one), fork::next(&two));
        assert!(first.is_ok() && other.is_ok());
        copy(&w).await;
        assert_eq!(digests(&target), before);
        assert_eq!(held(&w, "bob", "again").len(), 2);
    }

    async fn trouble_with_one_build_delays_only_that_one_and_does_not_last_for_ever(w: World) {
        two_packages_forked(&w).await;
        let shown = builds(&w, "bob", "hello").await;
        let (stuck, fine) = (shown[0].build.id, shown[1].build.id);
        // A directory where a package belongs.
        let target = dir(&w, "bob", "hello").join(X86).join(format!("{}-hello-noarch", stuck.padded()));
        std::fs::create_dir_all(target.join("hello-noarch-1.0-1.noarch.rpm/in the way")).unwrap();
        copy(&w).await;
        let state = async |id| w.show(id).await.chroots[0].state;
        assert_eq!((state(stuck).await, state(fine).await), (State::Forking, State::Forked));
        assert!(!fork::next(&w.app).await.unwrap(), "it does not wait before it tries again");
        let mut rounds = 1;
        while state(stuck).await == State::Forking {
            rounds += 1;
            assert!(rounds < 30, "it never gives up");
            w.clock.advance(4000);
            copy(&w).await;
        }
        assert!(rounds > 5, "it gave up after {rounds} rounds");
        assert_eq!(w.show(stuck).await.chroots[0].failure().unwrap().class, FailureClass::Infrastructure);
        assert!(!fork::next(&w.app).await.unwrap());
        assert_eq!(held(&w, "bob", "hello").len(), 2);
    }

    async fn a_damaged_original_fails_and_the_others_are_copied(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let bad = w.succeeded(&builder).await;
        other_package(&w, &builder).await;
        let file = w.chroot_dir("hello").join(format!("{}-hello-noarch/hello-noarch-1.0-1.noarch.rpm", bad.padded()));
        std::fs::write(file, b"rot").unwrap();
        let bob = w.person("bob").await;
        forked(&w, &bob).await;
        copy(&w).await;
        let states: Vec<_> = builds(&w, "bob", "hello").await.iter().map(|one| one.chroots[0].state).collect();
        assert_eq!(states, [State::Failed, State::Forked]);
        assert_eq!(held(&w, "bob", "hello").len(), 2);
    }

    async fn many_packages_are_taken_part_by_part_and_those_without_builds_too(w: World) {
        w.project(&[X86]).await;
        let mut tx = w.app.db.begin().await.unwrap();
        let id = project::find(&w.app, "alice", "hello").await.unwrap().project.id;
        for n in 0..120 {
            let name = format!("p{n:03}").parse().unwrap();
            copr_db::package::find_or_create(&mut tx, id, &name, copr_types::SourceKind::Link, "{}", 0).await.unwrap();
        }
        tx.commit().await.unwrap();
        let bob = w.person("bob").await;
        let made = forked(&w, &bob).await;
        copy(&w).await;
        let count = copr_db::package::count(&mut w.app.db.read().await.unwrap(), made.project.id, 999).await.unwrap();
        assert_eq!(count, 120);
        // Who may fork how much.
        let mut app = w.app.clone();
        app.rules = Arc::new(Rules { fork_packages: 119, ..(*w.app.rules).clone() });
        let other = Wish { name: Some("other".to_owned()), ..Wish::default() };
        let refused = fork::create(&app, &bob, "alice", "hello", &other).await.unwrap_err();
        assert!(refused.message.starts_with("This project is too large to be forked, it has 120 packages. "), "{refused}");
        let root = w.admin().await;
        fork::create(&app, &root, "alice", "hello", &other).await.unwrap();
    }

    async fn a_chroot_that_the_destination_dropped_meanwhile_gets_nothing(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        w.succeeded_in(&builder, &[X86]).await;
        let bob = w.person("bob").await;
        account::create_group(&w.app, &"devs".parse().unwrap(), "d").await.unwrap();
        account::add_to_group(&w.app, "devs", "bob").await.unwrap();
        let group = Wish { owner: Some("@devs".to_owned()), ..Wish::default() };
        let made = fork::create(&w.app, &bob, "alice", "hello", &group).await.unwrap();
        assert_eq!(made.project.full_name(), "@devs/hello");
        project::edit(&w.app, &bob, "@devs", "hello", &project::Input { name: None, ..input("hello", &[ARM]) }).await.unwrap();
        w.clock.advance(w.app.rules.dropped_chroot_seconds);
        expiry::all(&w.app).await.unwrap();
        copy(&w).await;
        removal::sweep(&w.app).await.unwrap();
        assert!(builds(&w, "@devs", "hello").await.is_empty());
        assert!(!dir(&w, "@devs", "hello").join(X86).exists());
        assert!(places(&w).is_empty(), "{:?}", places(&w));
    }
}

/// Where files wait for forks.
fn places(w: &World) -> Vec<PathBuf> {
    w.staging().into_iter().filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("fork-")).collect()
}

/// Lets others run for some steps.
async fn after(steps: u32) {
    for _ in 0..steps {
        tokio::time::sleep(std::time::Duration::from_micros(300)).await;
    }
}

/// Takes a copier's turn and ends there, as a killed server does.
async fn claimed(w: &World) -> Option<copr_db::fork::Fork> {
    let now = w.app.clock.now();
    let mut tx = w.app.db.begin().await.unwrap();
    let found = copr_db::fork::claim(&mut tx, now, now + 600).await.unwrap();
    tx.commit().await.unwrap();
    found
}

async fn release(w: &World, fork: &copr_db::fork::Fork) {
    let mut tx = w.app.db.begin().await.unwrap();
    let rest = Rest { last_build: BuildId(0), failures: 0, retry_on: 0, error: None };
    copr_db::fork::release(&mut tx, fork.id, fork.copier_fence, rest).await.unwrap();
    tx.commit().await.unwrap();
}

async fn key_of(w: &World, name: &str) -> copr_sign::KeyName {
    let id = project::find(&w.app, "bob", name).await.unwrap().project.id;
    copr_sign::KeyName::new(format!("project-{id}")).unwrap()
}

/// Bytes of the packages in a directory, by name.
fn digests(at: &std::path::Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let packages = entries(at.to_owned()).into_iter().filter(|path| path.extension().is_some_and(|word| word == "rpm"));
    packages.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}
