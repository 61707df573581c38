//! Imports: source packages become commits in the repositories of their packages.

use crate::both_engines;
use crate::builder::FakeBuilder;
use crate::rpms::source;
use crate::world::{ARM, World, X86, definition, input};
use copr_app::build::{self, Options};
use copr_app::fork::{self, Wish};
use copr_app::{App, Rules, chroot, distgit, expiry, import, package, project};
use copr_types::{BuildId, FailureClass, Phase, State};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EPEL: &str = "epel-9-x86_64";

/// What git says in the repository of `alice/hello`'s package.
fn git(w: &World, arguments: &[&str]) -> String {
    git_in(&w.data().join("dist-git/alice/hello/hello.git"), arguments)
}

fn git_in(dir: &Path, arguments: &[&str]) -> String {
    let mut git = copr_testkit::command("git");
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    copr_testkit::output(git.arg("-C").arg(dir).args(arguments)).trim_end().to_owned()
}

/// A new build of which a builder has delivered this source package.
async fn delivered(w: &World, builder: &FakeBuilder, srpm: &Path) -> BuildId {
    let id = w.submit().await;
    builder.make_source(srpm).await;
    id
}

/// The same, imported, and the tasks of its chroots out of the way.
async fn imported(w: &World, builder: &FakeBuilder, srpm: &Path) -> BuildId {
    let id = delivered(w, builder, srpm).await;
    w.import().await;
    id
}

async fn cancel(w: &World, id: BuildId) {
    build::cancel(&w.app, &w.alice, id).await.unwrap();
}

/// The commits of a build's chroots.
async fn hashes(w: &World, id: BuildId) -> Vec<Option<String>> {
    w.show(id).await.chroots.into_iter().map(|chroot| chroot.git_hash).collect()
}

async fn hash(w: &World, id: BuildId) -> String {
    hashes(w, id).await.into_iter().next().flatten().expect("a commit")
}

/// What the log of the first build's import says.
fn import_log(w: &World) -> String {
    let path = w.data().join("results/alice/hello/srpm-builds/00000001/import.log.gz");
    copr_testkit::output(copr_testkit::command("gzip").arg("-dc").arg(path))
}

fn look_aside(w: &World) -> Vec<PathBuf> {
    let dirs = crate::world::entries(w.data().join("look-aside"));
    dirs.into_iter().flat_map(crate::world::entries).collect()
}

both_engines! {
    async fn sources_become_a_commit_on_the_branch_of_each_chroot_and_each_chroot_knows_it(w: World) {
        chroot::put(&w.app, &EPEL.parse().unwrap(), &definition(), true).await.unwrap();
        w.project(&[X86, ARM, EPEL]).await;
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        let srpm = source("hello", "1.0", &[("fix.patch", b"+\n"), ("hello-1.0.tar", b"\0tar")], made.path());
        let id = imported(&w, &builder, &srpm).await;
        let commit = hash(&w, id).await;
        assert_eq!(hashes(&w, id).await, vec![Some(commit.clone()); 3]);
        assert_eq!(git(&w, &["for-each-ref", "--format=%(objectname) %(refname:short)"]), format!("{commit} epel9\n{commit} f44"));
        assert_eq!(git(&w, &["ls-tree", "--name-only", "f44"]), ".gitignore\nfix.patch\nhello.spec\nsources");
        assert_eq!(git(&w, &["log", "--format=%an: %B", "f44"]),
            format!("alice: automatic import of hello-1.0-1\n\nBuild: {}/coprs/build/{id}", w.app.rules.public_url));
        assert_eq!(git(&w, &["fsck", "--strict", "--no-progress"]), "");
        let log = import_log(&w);
        let lines: Vec<&str> = log.lines().collect();
        assert!(lines[0].ends_with("automatic import of hello-1.0-1 into http://127.0.0.1:8080/dist-git/alice/hello/hello.git"), "{log}");
        assert_eq!(lines[1..3], [format!("epel9: {commit}"), format!("f44: {commit}")]);
        assert!(lines[3].starts_with("look-aside: hello-1.0.tar sha512 "), "{log}");
    }

    async fn the_next_build_is_the_next_commit_and_the_same_sources_are_the_same_commit(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        let [one, two] = ["1.0", "2.0"].map(|version| source("hello", version, &[("data", b"\0same")], made.path()));
        let mut commits = Vec::new();
        for srpm in [&one, &two, &two] {
            let id = imported(&w, &builder, srpm).await;
            commits.push(hash(&w, id).await);
            cancel(&w, id).await;
        }
        assert_eq!(commits[1], commits[2]);
        assert_eq!(git(&w, &["log", "--format=%H", "f44"]), format!("{}\n{}", commits[1], commits[0]));
        let diff = git(&w, &["diff", "--name-only", &commits[0], &commits[1]]);
        assert_eq!(diff, "hello.spec");
        assert_eq!(look_aside(&w).len(), 1);
    }

    async fn chroots_of_one_build_can_have_different_commits(w: World) {
        chroot::put(&w.app, &EPEL.parse().unwrap(), &definition(), true).await.unwrap();
        w.project(&[X86, EPEL]).await;
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        for (version, chroots) in [("1.0", vec![X86]), ("2.0", vec![EPEL]), ("3.0", vec![X86]), ("4.0", vec![X86, EPEL])] {
            let chroots = Some(chroots.into_iter().map(str::to_owned).collect());
            let id = w.try_submit(&w.alice, &Options { chroots, ..Options::default() }).await.unwrap()[0].build.id;
            builder.make_source(&source("hello", version, &[], made.path())).await;
            w.import().await;
            cancel(&w, id).await;
        }
        let last = w.show(BuildId(4)).await.chroots;
        let of = |name: &str| last.iter().find(|one| one.name.as_str() == name).unwrap().git_hash.clone().unwrap();
        assert_ne!(of(X86), of(EPEL), "EPEL went its own way with 2.0");
        assert_eq!(git(&w, &["diff", "f44", "epel9"]), "");
        assert_eq!(git(&w, &["rev-parse", "f44"]), of(X86));
    }

    async fn two_servers_import_at_one_time_and_nothing_is_done_twice(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        let mut ids = Vec::new();
        for version in ["1.0", "2.0", "3.0"] {
            ids.push(delivered(&w, &builder, &source("hello", version, &[("data", b"\0")], made.path())).await);
        }
        let other = w.second().await;
        let (one, two) = tokio::join!(import::all(&w.app), import::all(&other));
        one.unwrap();
        two.unwrap();
        for id in ids {
            let shown = w.show(id).await;
            assert_eq!((shown.build.source_state, shown.build.failure()), (State::Succeeded, None));
            let commit = hash(&w, id).await;
            let version = shown.build.version.unwrap();
            assert!(git(&w, &["show", &format!("{commit}:hello.spec")]).contains(&format!("Version: {}", version.trim_end_matches("-1"))));
        }
        assert_eq!(git(&w, &["fsck", "--strict", "--no-progress"]), "");
    }

    async fn a_broken_payload_fails_the_import_and_names_the_file(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        let srpm = source("hello", "1.0", &[("big.txt", &[b'x'; 50_000])], made.path());
        let whole = std::fs::read(&srpm).unwrap();
        std::fs::write(&srpm, &whole[..whole.len() - 20_000]).unwrap();
        let id = imported(&w, &builder, &srpm).await;
        let failure = w.show(id).await.build.failure().unwrap();
        assert_eq!((failure.class, failure.phase), (FailureClass::User, Phase::Import));
        let said = "`hello-1.0-1.src.rpm` can not be imported: `big.txt` can not be unpacked: the package is cut short in its payload";
        assert_eq!(failure.message, said);
        assert_eq!(w.state(id).await, Some(State::Failed));
        let log = import_log(&w);
        assert!(log.contains("cut short"), "{log}");
        assert_eq!(distgit::repository(&w.app, &"alice".parse().unwrap(), &"hello".to_owned().into(), &"hello".parse().unwrap()).branches().unwrap(), []);
    }

    async fn hostile_names_stay_where_they_belong(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        let srpm = source("hello", "1.0", &[("evilevil.txt", b"evil")], made.path());
        let whole = std::fs::read(&srpm).unwrap();
        let renamed = |to: &str| {
            let mut bytes = whole.clone();
            for at in 0..bytes.len() - 12 {
                if &bytes[at..at + 12] == b"evilevil.txt" {
                    bytes[at..at + 12].copy_from_slice(to.as_bytes());
                }
            }
            bytes
        };
        for (name, taken) in [("../../../txt", false), ("/etc/evil.xx", false), (".git/config1", false), (".gitmodules1", true), (".GITATTRIBUT", true)] {
            std::fs::write(&srpm, renamed(name)).unwrap();
            let id = imported(&w, &builder, &srpm).await;
            let failure = w.show(id).await.build.failure();
            assert_eq!(failure.is_none(), taken, "{name}: {failure:?}");
            match failure {
                Some(failure) => assert_eq!(failure.class, FailureClass::User, "{name}"),
                None => {
                    assert!(git(&w, &["show", "f44:sources"]).contains(name));
                    cancel(&w, id).await;
                }
            }
        }
        assert_eq!(git(&w, &["fsck", "--strict", "--no-progress"]), "");
    }

    async fn a_package_that_unpacks_to_more_than_a_build_may_have_is_refused(w: World) {
        w.project(&[X86]).await;
        let rules = Rules { disk_mib: 1, ..(*w.app.rules).clone() };
        let small = App { rules: Arc::new(rules), ..w.app.clone() };
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        let id = delivered(&w, &builder, &source("hello", "1.0", &[("zeros.bin", &[0; 3 << 20])], made.path())).await;
        import::all(&small).await.unwrap();
        let failure = w.show(id).await.build.failure().unwrap();
        assert!(failure.class == FailureClass::User && failure.message.contains("too large"), "{failure}");
        assert!(look_aside(&w).is_empty());
    }

    async fn a_repository_goes_with_its_package_and_its_project_and_takes_along_what_nobody_else_needs(w: World) {
        w.project(&[X86]).await;
        project::create(&w.app, &w.alice, "alice", &input("other", &[X86]), false).await.unwrap();
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        for (name, data) in [("hello", b"\0shared"), ("second", b"\0shared"), ("hello", b"\0alone1")] {
            let id = imported(&w, &builder, &source(name, "1.0", &[("data", data)], made.path())).await;
            cancel(&w, id).await;
        }
        assert_eq!(look_aside(&w).len(), 2);
        let repositories = || crate::world::entries(w.data().join("dist-git/alice/hello")).len();
        assert_eq!(repositories(), 2);
        package::delete(&w.app, &w.alice, "alice", "hello", Some("hello")).await.unwrap();
        w.sweep().await;
        distgit::sweep(&w.app).await.unwrap();
        assert_eq!((repositories(), look_aside(&w).len()), (1, 1), "the other package has it still");
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.sweep().await;
        distgit::sweep(&w.app).await.unwrap();
        assert!(!w.data().join("dist-git/alice/hello").exists());
        assert!(look_aside(&w).is_empty() && crate::world::entries(w.data().join("trash")).is_empty());
    }

    async fn the_directory_of_a_pull_request_takes_its_repositories_along(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        let options = Options { project_dirname: Some("hello:pr:1".to_owned()), ..Options::default() };
        let id = w.try_submit(&w.alice, &options).await.unwrap()[0].build.id;
        builder.make_source(&source("hello", "1.0", &[], made.path())).await;
        w.import().await;
        let dir = w.data().join("dist-git/alice/hello:pr:1");
        assert_eq!(git_in(&dir.join("hello.git"), &["rev-parse", "f44"]), hash(&w, id).await);
        cancel(&w, id).await;
        w.publish().await;
        w.clock.advance(40 * 86_400);
        expiry::all(&w.app).await.unwrap();
        w.sweep().await;
        assert!(!dir.exists());
    }

    async fn what_builds_need_is_kept_and_what_only_deleted_ones_needed_goes(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        let mut ids = Vec::new();
        for (version, data) in [("1.0", b"\0one"), ("2.0", b"\0two"), ("3.0", b"\0tri")] {
            let id = imported(&w, &builder, &source("hello", version, &[("data", data)], made.path())).await;
            cancel(&w, id).await;
            ids.push(id);
        }
        build::delete(&w.app, &w.alice, ids[1]).await.unwrap();
        distgit::sweep(&w.app).await.unwrap();
        assert_eq!(look_aside(&w).len(), 3, "they are too young");
        // Files carry the machine's time, which is far from this story's.
        w.clock.advance(20 * 365 * 86_400);
        std::fs::create_dir_all(w.data().join("dist-git/alice/gone/hello.git")).unwrap();
        distgit::sweep(&w.app).await.unwrap();
        assert_eq!(look_aside(&w).len(), 2, "of 1.0, which has a build, and 3.0, which is the newest");
        assert_eq!(git(&w, &["rev-list", "--count", "f44"]), "3", "history stays");
        w.sweep().await;
        assert!(!w.data().join("dist-git/alice/gone").exists(), "an import left it that was late");
    }

    async fn a_copy_of_a_build_finds_its_commit_in_its_own_repository(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.succeeded(&builder).await;
        let commit = hash(&w, id).await;
        let bob = w.person("bob").await;
        fork::create(&w.app, &bob, "alice", "hello", &Wish::default()).await.unwrap();
        while fork::next(&w.app).await.unwrap() {}
        w.publish().await;
        let copies = build::list(&w.app, "bob", "hello", None, None, &Default::default()).await.unwrap();
        assert_eq!(copies[0].chroots[0].git_hash.as_deref(), Some(commit.as_str()));
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.sweep().await;
        let own = w.data().join("dist-git/bob/hello/hello-noarch.git");
        assert_eq!(git_in(&own, &["rev-parse", "f44"]), commit);
        assert_eq!(git_in(&own, &["fsck", "--strict", "--no-progress"]), "");
    }

    async fn a_build_of_the_same_sources_is_of_the_same_commit(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let made = copr_testkit::temp_dir();
        let first = imported(&w, &builder, &source("hello", "1.0", &[], made.path())).await;
        let options = Options {
            project_dirname: Some("hello:custom:x".to_owned()),
            chroots: Some(vec![ARM.to_owned()]),
            ..Options::default()
        };
        let second = w.try_submit(&w.alice, &options).await.unwrap()[0].build.id;
        let (from, to) = (w.show(first).await.build, w.show(second).await.build);
        let mut tx = w.app.db.begin().await.unwrap();
        distgit::carry_over(&w.app, &mut tx, &from, &to).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(hashes(&w, second).await, [Some(hash(&w, first).await)]);
        let own = w.data().join("dist-git/alice/hello:custom:x/hello.git");
        assert_eq!(git_in(&own, &["rev-parse", "f44"]), hash(&w, first).await);
    }
}
