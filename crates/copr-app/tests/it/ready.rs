//! Packages that were built elsewhere and are uploaded to be published.

use crate::both_engines;
use crate::rpms::{made, ready};
use crate::world::{ARM, World, X86};
use copr_app::build::{self, Options, Upload};
use copr_app::{Kind, Refusal, batch, publish, removal};
use copr_types::{BuildId, FailureClass, Phase, SourceKind, State};
use std::path::Path;

/// A package as a client's upload, in a directory of its own.
fn upload(w: &World, tmp: &str, from: &Path, name: &str) -> Upload {
    let upload: copr_types::FileName = tmp.parse().unwrap();
    let bytes = std::fs::read(from).unwrap();
    w.app.store.write(&w.app.store.upload_dir(&upload).join(name), &bytes).unwrap();
    Upload { upload, file: name.parse().unwrap(), size: bytes.len() as u64 }
}

async fn try_submit(w: &World, upload: &Upload, chroot: Option<&str>, options: &Options) -> Result<BuildId, Refusal> {
    let made = build::by_rpm(&w.app, &w.alice, "alice", "hello", Some(upload), chroot, options).await?;
    assert_eq!(made.state(), Some(State::Pending));
    Ok(made.build.id)
}

/// `greeting-2.8-1.fc44.noarch.rpm`, submitted.
pub async fn greeting(w: &World, tmp: &str) -> BuildId {
    let dir = copr_testkit::temp_dir();
    let rpm = ready("greeting", "noarch", dir.path());
    let upload = upload(w, tmp, &rpm, "greeting-2.8-1.fc44.noarch.rpm");
    try_submit(w, &upload, Some(X86), &Options::default()).await.unwrap()
}

fn chroots(names: &[&str]) -> Options {
    Options { chroots: Some(names.iter().map(|&name| name.to_owned()).collect()), ..Options::default() }
}

fn uploads(w: &World) -> usize {
    crate::world::entries(w.data().join("uploads")).len()
}

const HREF: &str = "00000001-greeting/greeting-2.8-1.fc44.noarch.rpm";

both_engines! {
    async fn an_uploaded_package_is_installed_by_dnf_once_it_has_succeeded(w: World) {
        w.project(&[X86]).await;
        let id = greeting(&w, "up1").await;
        let shown = w.show(id).await;
        assert_eq!((shown.build.source_state, shown.chroots[0].state), (State::Succeeded, State::Pending));
        assert_eq!((shown.build.package.as_deref(), shown.build.version.as_deref()), (Some("greeting"), Some("1:2.8-1.fc44")));
        assert_eq!(shown.build.source, r#"{"tmp":"up1","files":["greeting-2.8-1.fc44.noarch.rpm"]}"#);
        assert!(w.tasks().await.is_empty(), "a builder was asked");
        assert!(w.published().is_empty());

        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        assert_eq!(w.published_names(), [HREF]);
        let project = w.app.store.results().join("alice/hello");
        let (home, _) = crate::reader::dnf(&project, &["install", "greeting"]);
        assert!(home.path().join("root/usr/share/greeting/hello").is_file());

        let built: Vec<_> = build::built(&w.app, id).await.unwrap().1.into_iter().map(|one| (one.name, one.epoch)).collect();
        assert_eq!(built, [("greeting".to_owned(), Some(1))]);
        let package = copr_app::package::find(&w.app, "alice", "hello", "greeting", Default::default()).await.unwrap().1.package;
        assert_eq!(package.source_kind, SourceKind::RpmUpload);
        w.sweep().await;
        assert_eq!(uploads(&w), 0, "the upload stays behind");
        let info = std::fs::read_to_string(w.chroot_dir("hello").join("00000001-greeting/build.info")).unwrap();
        assert_eq!(info, "build_id=1\nuploader=alice\n");
    }

    async fn a_package_under_another_name_than_the_one_inside_is_refused(w: World) {
        w.project(&[X86]).await;
        let dir = copr_testkit::temp_dir();
        let rpm = ready("greeting", "noarch", dir.path());
        for (number, name) in ["my_favourite.RPM", "greeting-2.9-1.fc44.noarch.rpm"].into_iter().enumerate() {
            let upload = upload(&w, &format!("up{number}"), &rpm, name);
            let refusal = try_submit(&w, &upload, None, &Options::default()).await.unwrap_err();
            let words = format!("pkgs: `{name}` is `greeting-2.8-1.fc44.noarch.rpm` inside, and has to be called so");
            assert_eq!((refusal.kind, refusal.message), (Kind::Invalid, words));
        }
    }

    async fn a_ready_package_waits_for_the_batch_before_its_own(w: World) {
        w.project(&[X86]).await;
        let first = w.submit().await;
        let dir = copr_testkit::temp_dir();
        let rpm = ready("greeting", "noarch", dir.path());
        let sent = upload(&w, "up1", &rpm, "greeting-2.8-1.fc44.noarch.rpm");
        let after = Options { after_build_id: Some(first.to_string()), ..Options::default() };
        let second = try_submit(&w, &sent, Some(X86), &after).await.unwrap();
        batch::release(&w.app).await.unwrap();
        w.publish().await;
        assert_eq!(w.state(second).await, Some(State::Pending), "nobody waited");
        assert!(w.published().is_empty());
        let chroot = &w.show(second).await.chroots[0];
        assert_eq!((chroot.started_on, chroot.result_dir.as_deref()), (None, None), "it has begun");

        build::cancel(&w.app, &w.alice, first).await.unwrap();
        assert_eq!(batch::release(&w.app).await.unwrap(), 1);
        w.publish().await;
        assert_eq!(w.state(second).await, Some(State::Succeeded));
        assert_eq!(w.published_names(), [HREF.replace("00000001", "00000002")]);
    }

    async fn a_package_of_the_same_name_and_version_comes_in_once(w: World) {
        w.project(&[X86, ARM]).await;
        // Submitted before either was published: the one that came first has it.
        let (first, second) = (greeting(&w, "up1").await, greeting(&w, "up2").await);
        w.publish().await;
        assert_eq!((w.state(first).await, w.state(second).await), (Some(State::Succeeded), Some(State::Failed)));
        let failure = w.show(second).await.chroots[0].failure().unwrap();
        let words = "`greeting-2.8-1.fc44.noarch.rpm`: build 1 has published `greeting-1:2.8-1.fc44.noarch` in this \
                     repository already";
        assert_eq!((failure.class, failure.phase, failure.message.as_str()), (FailureClass::User, Phase::Publish, words));
        assert_eq!(w.published_names(), [HREF]);

        let dir = copr_testkit::temp_dir();
        let rpm = ready("greeting", "noarch", dir.path());
        let third = upload(&w, "up3", &rpm, "greeting-2.8-1.fc44.noarch.rpm");
        let refusal = try_submit(&w, &third, Some(X86), &Options::default()).await.unwrap_err();
        assert_eq!((refusal.kind, refusal.message), (Kind::Invalid, format!("pkgs: {words}")));
        // Another repository does not have it, and this one no more once it is deleted.
        let elsewhere = try_submit(&w, &third, Some(ARM), &Options::default()).await.unwrap();
        build::delete(&w.app, &w.alice, first).await.unwrap();
        let again = upload(&w, "up4", &rpm, "greeting-2.8-1.fc44.noarch.rpm");
        let again = try_submit(&w, &again, Some(X86), &Options::default()).await.unwrap();
        w.publish().await;
        w.sweep().await;
        assert_eq!((w.state(elsewhere).await, w.state(again).await), (Some(State::Succeeded), Some(State::Succeeded)));
        let href = format!("{}-greeting/greeting-2.8-1.fc44.noarch.rpm", again.padded());
        assert_eq!(w.published_names(), [href]);
        assert_eq!(uploads(&w), 0, "the upload of one that failed stays behind");
    }

    async fn an_upload_is_for_exactly_one_chroot(w: World) {
        w.project(&[X86, ARM]).await;
        let dir = copr_testkit::temp_dir();
        let rpm = ready("greeting", "noarch", dir.path());
        let mut number = 0;
        for (chroot, options, expected) in [
            (None, Options::default(), "chroot: This field is required."),
            (Some("fedora-1-x86_64"), Options::default(), "chroot: Not a valid choice."),
            (None, chroots(&["fedora-*"]), "chroots: Select exactly one chroot for an RPM"),
            (None, chroots(&["nope"]), "chroots: 'nope' is not a valid choice for this field."),
            (None, chroots(&[ARM]), ARM),
            (Some(X86), chroots(&["fedora-*"]), X86),
            (None, Options { exclude_chroots: Some(vec![ARM.to_owned()]), ..Options::default() }, X86),
        ] {
            number += 1;
            let upload = upload(&w, &format!("up{number}"), &rpm, "greeting-2.8-1.fc44.noarch.rpm");
            match try_submit(&w, &upload, chroot, &options).await {
                Ok(id) => assert_eq!(w.show(id).await.chroots.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), [expected]),
                Err(refusal) => assert_eq!(refusal.message, expected),
            }
        }
    }

    async fn what_is_no_package_for_the_chroot_is_refused_at_once(w: World) {
        w.project(&[X86]).await;
        let dir = copr_testkit::temp_dir();
        let foreign = ready("greeting", "aarch64", dir.path());
        let text = dir.path().join("text");
        std::fs::write(&text, b"no package").unwrap();
        let whole = std::fs::read(ready("greeting", "noarch", dir.path())).unwrap();
        let end = copr_rpm::header::read_package_from(&mut &whole[..]).unwrap().header_range.end as usize;
        let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
            let (path, mut bytes) = (dir.path().join(name), whole.clone());
            change(&mut bytes);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let damaged = changed("damaged", &|bytes| *bytes.last_mut().unwrap() ^= 1);
        let cut = changed("cut", &|bytes| bytes.truncate(bytes.len() - 9));
        let no_payload = changed("no payload", &|bytes| bytes.truncate(end));
        let half_a_header = changed("half a header", &|bytes| bytes.truncate(end - 100));
        // Well-formed, and not what it was: rpm finds that out when it is too late.
        let header = changed("header", &|bytes| {
            let at = bytes.windows(5).rposition(|word| word == b"Ready").unwrap();
            bytes[at] = b'r';
        });
        let garbage = changed("garbage", &|bytes| bytes[200..end].fill(0xff));
        for (number, (from, words)) in [
            (&foreign, "is for the architecture aarch64, the chroot for x86_64"),
            (&made("hello-noarch").srpm, "is a source package, whatever its name says"),
            (&text, "is not an RPM package that can be read: not an RPM package"),
            (&damaged, "the package's payload is damaged"),
            (&cut, "cut short in its payload"),
            (&no_payload, "cut short in its payload"),
            (&half_a_header, "cut short in its header"),
            (&header, "the package's header is damaged"),
            (&garbage, "is not an RPM package that can be read"),
        ].into_iter().enumerate() {
            let upload = upload(&w, &format!("up{number}"), from, "x.rpm");
            let refusal = try_submit(&w, &upload, None, &Options::default()).await.unwrap_err();
            assert_eq!(refusal.kind, Kind::Invalid);
            assert!(refusal.message.starts_with("pkgs: `x.rpm` ") && refusal.message.contains(words), "{}", refusal.message);
        }
        assert!(build::list(&w.app, "alice", "hello", None, None, &Default::default()).await.unwrap().is_empty());
    }

    async fn a_canceled_upload_is_never_published(w: World) {
        w.project(&[X86]).await;
        let id = greeting(&w, "up1").await;
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Canceled));
        assert!(w.published().is_empty());
        w.sweep().await;
        assert_eq!(uploads(&w), 0);
        build::delete(&w.app, &w.alice, id).await.unwrap();
        w.sweep().await;
    }

    async fn an_upload_that_waits_for_long_is_not_taken_for_a_forgotten_one(w: World) {
        w.project(&[X86]).await;
        let id = greeting(&w, "up1").await;
        let old = std::time::UNIX_EPOCH;
        std::fs::File::open(w.data().join("uploads/up1")).unwrap().set_modified(old).unwrap();
        removal::sweep_uploads(&w.app).await.unwrap();
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
    }

    /// Killed between the answer and the first turn, in a turn that had just begun with it, and in one that had done
    /// all but tell the database.
    async fn a_server_that_is_killed_loses_no_upload(w: World) {
        w.project(&[X86]).await;
        let id = greeting(&w, "up1").await;
        let next = w.second().await;
        let row = w.show(id).await.chroots.remove(0);
        let staged = row.staged.clone().unwrap();
        let mut tx = next.db.begin().await.unwrap();
        assert!(copr_db::build_chroot::set_state(&mut tx, row.id, State::Pending, State::Publishing).await.unwrap());
        copr_db::build_chroot::started(&mut tx, row.id, "00000001-greeting", w.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(build::cancel(&next, &w.alice, id).await.unwrap_err().kind, Kind::Conflict);
        while publish::next(&next, None).await.unwrap() {}
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        let published = w.published();

        let mut tx = w.app.db.begin().await.unwrap();
        assert!(copr_db::build_chroot::set_state(&mut tx, row.id, State::Succeeded, State::Publishing).await.unwrap());
        copr_db::build_chroot::staged(&mut tx, row.id, Some(&staged)).await.unwrap();
        let repo = copr_db::repo::by_path(&mut tx, "alice", "hello", X86).await.unwrap().unwrap().0;
        let now = copr_db::repo::by_id(&mut tx, repo).await.unwrap().unwrap().generation;
        copr_db::repo::put_packages(&mut tx, repo, row.id, now, &[]).await.unwrap();
        copr_db::repo::want(&mut tx, repo).await.unwrap();
        for doomed in copr_db::doomed::after(&mut tx, 0, 100).await.unwrap() {
            copr_db::doomed::gone(&mut tx, doomed.id).await.unwrap();
        }
        tx.commit().await.unwrap();
        w.publish().await;
        assert_eq!((w.state(id).await, w.published()), (Some(State::Succeeded), published), "readers may know the first digest");
        w.sweep().await;
        assert_eq!(uploads(&w), 0);
    }

    async fn an_upload_can_not_be_built_again(w: World) {
        w.project(&[X86]).await;
        greeting(&w, "up1").await;
        let refused = build::of_package(&w.app, &w.alice, "alice", "hello", Some("greeting"), &Options::default()).await;
        assert_eq!(refused.unwrap_err().message, "Direct RPM upload builds cannot be repeated.");
    }
}
