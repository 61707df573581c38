//! Repositories that are looked at and made anew: each thing that can be damaged is told, and mended where it can be.

use crate::both_engines;
use crate::reader::dnf;
use crate::world::{World, X86, entries};
use copr_app::repository::{self, Depth};
use copr_app::{Kind, build};
use copr_types::BuildId;
use std::path::{Path, PathBuf};

const PACKAGE: &str = "hello-noarch-1.0-1.noarch.rpm";

/// What is said of `alice/hello`: the ends of the files' names, and the words.
async fn said(w: &World, depth: Depth) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for repo in repository::find(&w.app, "alice", "hello", None).await.unwrap() {
        all.extend(repository::verify(&w.app, &repo, depth).await.unwrap().findings);
    }
    let name = |file: &str| file.rsplit('/').next().unwrap_or_default().to_owned();
    all.into_iter().map(|one| (name(&one.file), one.what)).collect()
}

/// Damage of one kind: a part of the name of the file that is told, and of the words.
async fn tells(w: &World, depth: Depth, expected: &[(&str, &str)]) {
    let found = said(w, depth).await;
    let fits =
        |(file, what): &(String, String), (name, words): &(&str, &str)| file.contains(name) && what.contains(words);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for one in expected {
        assert!(found.iter().any(|found| fits(found, one)), "{one:?} is not in {found:?}");
    }
}

async fn rebuild(w: &World) -> repository::Rebuilt {
    let repos = repository::find(&w.app, "alice", "hello", Some(X86)).await.unwrap();
    repository::rebuild(&w.app, &repos[0]).await.unwrap()
}

/// The path of a file of the present generation.
fn metadata(w: &World, kind: &str) -> PathBuf {
    let dir = w.chroot_dir("hello");
    let report = copr_rpm::repodata::verify(&dir.join("repodata")).unwrap();
    dir.join(&report.repomd.record(kind).unwrap().href)
}

/// Other bytes under a name, in a file of its own: what has other names as well stays as it is.
fn put(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes).unwrap();
    std::fs::rename(&beside, path).unwrap();
}

fn flip(path: &Path, at: impl FnOnce(usize) -> usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = at(bytes.len());
    bytes[at] ^= 1;
    put(path, &bytes);
}

/// A project with two builds that succeeded.
async fn two_builds(w: &World) -> (BuildId, BuildId) {
    w.project(&[X86]).await;
    let builder = w.builder("b1").await;
    let first = w.succeeded(&builder).await;
    // Signatures tell the second in which they were made.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    (first, w.succeeded(&builder).await)
}

both_engines! {
    async fn a_repository_that_is_as_it_should_be_is_not_complained_of(w: World) {
        two_builds(&w).await;
        for depth in [Depth::Metadata, Depth::Packages] {
            tells(&w, depth, &[]).await;
        }
        let repo = &repository::all(&w.app).await.unwrap()[0];
        let verified = repository::verify(&w.app, repo, Depth::Packages).await.unwrap();
        assert_eq!(verified.repository, format!("alice/hello/{X86}"));
        assert!(verified.generations >= 3, "{verified:?}");
        assert_eq!(verified.packages, 4);

        let missing = |name, dir, chroot| repository::find(&w.app, name, dir, chroot);
        for refused in [
            missing("alice", "other", None).await,
            missing("alice", "hello:pr:1", None).await,
            missing("alice", "hello", Some("fedora-1-x86_64")).await,
        ] {
            assert_eq!(refused.unwrap_err().kind, Kind::NotFound);
        }
    }

    async fn damaged_metadata_are_told_and_made_anew(w: World) {
        two_builds(&w).await;
        let repodata = w.chroot_dir("hello").join("repodata");
        let kinds = ["primary", "filelists", "other"];
        for kind in kinds {
            let path = metadata(&w, kind);
            flip(&path, |length| length / 2);
            let found = said(&w, Depth::Metadata).await;
            assert!(found.iter().all(|(file, _)| file.contains(kind)) && !found.is_empty(), "{kind}: {found:?}");
            rebuild(&w).await;
            assert_eq!(w.published().len(), 4);
        }
        std::fs::remove_file(metadata(&w, "other")).unwrap();
        let found = said(&w, Depth::Metadata).await;
        assert!(found.iter().all(|(file, what)| file.contains("other") && what.contains("cannot open")), "{found:?}");
        rebuild(&w).await;

        put(&repodata.join("repomd.xml.asc"), b"no signature");
        tells(&w, Depth::Metadata, &[("repomd.xml.asc", "no signature of repomd.xml by the project's key")]).await;
        rebuild(&w).await;
        let mut text = std::fs::read(repodata.join("repomd.xml")).unwrap();
        text.push(b'\n');
        put(&repodata.join("repomd.xml"), &text);
        tells(&w, Depth::Metadata, &[("repomd.xml.asc", "no signature of repomd.xml")]).await;
        rebuild(&w).await;
        std::fs::remove_file(repodata.join("repomd.xml")).unwrap();
        let found = said(&w, Depth::Metadata).await;
        assert!(found.iter().any(|(file, what)| file == "repomd.xml" && what.contains("can not be read")), "{found:?}");
        rebuild(&w).await;

        let number = rebuild(&w).await.generation.to_string();
        std::fs::remove_file(w.chroot_dir("hello").join("gen").join(&number)).unwrap();
        tells(&w, Depth::Metadata, &[(&number, "it is not there")]).await;
        rebuild(&w).await;
        std::fs::remove_file(&repodata).unwrap();
        tells(&w, Depth::Metadata, &[("repodata", "is not there")]).await;
        rebuild(&w).await;
        std::fs::remove_dir_all(w.chroot_dir("hello").join(".repodata")).unwrap();
        assert!(!said(&w, Depth::Metadata).await.is_empty());
        assert_eq!(rebuild(&w).await.findings, []);
        tells(&w, Depth::Packages, &[]).await;
        assert_eq!(w.published().len(), 4);
    }

    async fn a_key_that_is_not_the_projects_is_told(w: World) {
        two_builds(&w).await;
        let pubkey = w.app.store.results().join("alice/hello/pubkey.gpg");
        put(&pubkey, b"text");
        tells(&w, Depth::Metadata, &[("pubkey.gpg", "not an armored OpenPGP public key")]).await;
        let other = copr_sign::KeyName::new("other".to_owned()).unwrap();
        put(&pubkey, w.app.signer.ensure_key(&other, "other <o@example.org>").unwrap().armored.as_bytes());
        tells(&w, Depth::Metadata, &[("pubkey.gpg", "it is not the project's key")]).await;
        rebuild(&w).await;
        tells(&w, Depth::Metadata, &[]).await;
    }

    async fn damaged_packages_are_told_and_left_out(w: World) {
        let (first, second) = two_builds(&w).await;
        let dir = w.chroot_dir("hello");
        let (one, two) = (
            dir.join(format!("{}-hello-noarch/{PACKAGE}", first.padded())),
            dir.join(format!("{}-hello-noarch/{PACKAGE}", second.padded())),
        );
        let whole = std::fs::read(&one).unwrap();

        flip(&one, |length| length - 10);
        tells(&w, Depth::Metadata, &[]).await;
        tells(&w, Depth::Packages, &[(PACKAGE, "digest is not the one in the metadata"), (PACKAGE, "payload is damaged")])
            .await;
        put(&one, &whole[..whole.len() - 5]);
        tells(&w, Depth::Metadata, &[(PACKAGE, "bytes, and ")]).await;
        // Signed by somebody else, and told to the database and nobody else.
        put(&one, &whole);
        let other = copr_sign::KeyName::new("other".to_owned()).unwrap();
        w.app.signer.ensure_key(&other, "other <o@example.org>").unwrap();
        w.app.signer.sign_package(&one, &other).unwrap();
        tells(&w, Depth::Packages, &[(PACKAGE, "digest is not"), (PACKAGE, "not one of the project's key")]).await;

        std::fs::remove_file(&two).unwrap();
        let found = said(&w, Depth::Metadata).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0 == PACKAGE && found[0].1.contains("can not be read"), "{found:?}");

        let rebuilt = rebuild(&w).await;
        let mut words: Vec<_> = rebuilt.findings.into_iter().map(|one| one.what).collect();
        words.sort();
        let expected = [
            "it is left out: its signature is not one of the project's key",
            "it is listed, and it is not there",
        ];
        assert_eq!(words, expected);
        assert!(w.published_names().iter().all(|href| href.ends_with(".src.rpm")));
        put(&one, &whole);
        put(&two, &whole);
        assert_eq!(rebuild(&w).await.findings, []);
        assert_eq!(w.published().len(), 4);
    }

    async fn lost_and_wrong_rows_are_told_and_written_anew(w: World) {
        let (first, _) = two_builds(&w).await;
        let before = w.published();
        let chroot = w.show(first).await.chroots[0].id;
        let repo = repository::all(&w.app).await.unwrap()[0].id;
        for lost in [Vec::new(), {
            let mut wrong = copr_db::repo::packages_of(&mut w.app.db.read().await.unwrap(), repo, chroot).await.unwrap();
            wrong[0].pkgid = "0".repeat(64);
            wrong[1].nevra = "hello-noarch-9-9.noarch".to_owned();
            wrong
        }] {
            // As if it had been so from the beginning.
            let mut tx = w.app.db.begin().await.unwrap();
            let chroots = copr_db::repo::Which::Chroot(chroot);
            copr_db::repo::withdraw(&mut tx, repo, chroots, 0).await.unwrap();
            copr_db::repo::put_packages(&mut tx, repo, chroot, 1, &lost).await.unwrap();
            tx.commit().await.unwrap();
            let found = said(&w, Depth::Metadata).await;
            assert!(found.len() >= 2 && found.iter().all(|(_, what)| what.contains("in the database")), "{found:?}");
            let rebuilt = rebuild(&w).await;
            assert_eq!((rebuilt.packages, rebuilt.changed, rebuilt.findings), (4, 2, Vec::new()));
            assert_eq!(w.published(), before);
            tells(&w, Depth::Packages, &[]).await;
        }
    }

    async fn what_belongs_to_no_build_is_told_and_not_published(w: World) {
        let (first, _) = two_builds(&w).await;
        let dir = w.chroot_dir("hello");
        let package = dir.join(format!("{}-hello-noarch/{PACKAGE}", first.padded()));
        let bytes = std::fs::read(&package).unwrap();
        for place in ["stray.rpm", "00000099-hello-noarch/stray.rpm"] {
            std::fs::create_dir_all(dir.join(place).parent().unwrap()).unwrap();
            std::fs::write(dir.join(place), &bytes).unwrap();
        }
        std::fs::write(package.with_file_name("other-1-1.noarch.rpm"), &bytes).unwrap();
        let rebuilt = rebuild(&w).await;
        let words: Vec<_> = rebuilt.findings.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(words, ["it is not what the build produced", "it belongs to no build", "it belongs to no build"]);
        assert_eq!((w.published().len(), rebuilt.changed), (4, 0));
    }

    async fn all_is_made_anew_from_the_packages_alone_and_createrepo_and_dnf_agree(w: World) {
        let (first, second) = two_builds(&w).await;
        let (before, repo) = (w.published(), repository::all(&w.app).await.unwrap()[0].id);
        let mut tx = w.app.db.begin().await.unwrap();
        for id in [first, second] {
            for chroot in build::find(&w.app, id).await.unwrap().chroots {
                copr_db::repo::withdraw(&mut tx, repo, copr_db::repo::Which::Chroot(chroot.id), 0).await.unwrap();
                copr_db::build_chroot::set_built(&mut tx, chroot.id, &[]).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        let dir = w.chroot_dir("hello");
        std::fs::remove_file(dir.join("repodata")).unwrap();
        std::fs::remove_dir_all(dir.join(".repodata")).unwrap();

        assert_eq!(rebuild(&w).await.findings, []);
        assert_eq!(w.published(), before);
        assert_eq!(build::built(&w.app, first).await.unwrap().1.len(), 2);
        tells(&w, Depth::Packages, &[]).await;

        let scratch = copr_testkit::temp_dir();
        let list = scratch.path().join("list");
        std::fs::write(&list, before.keys().map(|href| format!("{href}\n")).collect::<String>()).unwrap();
        let mut createrepo = copr_testkit::command("createrepo_c");
        createrepo.args(["--no-database", "--quiet", "--pkglist"]).arg(&list);
        copr_testkit::output(createrepo.arg("--outputdir").arg(scratch.path()).arg(&dir));
        let theirs = copr_rpm::repodata::audit(&scratch.path().join("repodata"));
        let ours = copr_rpm::repodata::audit(&dir.join("repodata"));
        let sorted = |audit: copr_rpm::repodata::Audit| {
            let mut packages = audit.packages.unwrap();
            packages.sort();
            packages
        };
        assert_eq!(sorted(ours), sorted(theirs));
        dnf(&w.app.store.results().join("alice/hello"), &["makecache"]);
        assert!(!entries(dir.join(".repodata")).is_empty());
    }

    async fn what_is_published_meanwhile_is_no_fault(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let second = w.second().await;
        let looking = tokio::spawn(async move {
            let mut found = Vec::new();
            for _ in 0..40 {
                for repo in repository::all(&second).await.unwrap() {
                    found.extend(repository::verify(&second, &repo, Depth::Packages).await.unwrap().findings);
                }
            }
            found
        });
        for _ in 0..4 {
            let id = w.succeeded(&builder).await;
            if id.0 % 2 == 0 {
                build::delete(&w.app, &w.alice, id).await.unwrap();
                w.publish().await;
                w.sweep().await;
            }
        }
        assert_eq!(looking.await.unwrap(), []);
        tells(&w, Depth::Packages, &[]).await;
    }
}
