//! Keys of projects: rotation, ends, and a signer that is away.

use crate::both_engines;
use crate::world::{ARM, World, X86, entries};
use copr_app::key::{self, Role};
use copr_app::{App, Rules, build, project, publish};
use copr_sign::{Expiry, KeyName, KeyStore, KeyType, LocalSigner, RemoteSigner, Signer};
use copr_types::State;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const DAY: i64 = 86_400;

fn place(w: &World) -> PathBuf {
    w.app.store.results().join("alice/hello")
}

fn pubkey(w: &World) -> String {
    std::fs::read_to_string(place(w).join("pubkey.gpg")).unwrap()
}

/// What gpg, which knows these keys alone, says of the metadata's signatures: the word and the key's number of each.
fn signatures(keys: &str, repodata: &Path) -> Vec<(String, String)> {
    let home = copr_testkit::temp_dir();
    let gpg = || {
        let mut gpg = copr_testkit::command("gpg");
        gpg.args(["--batch", "--quiet", "--no-autostart", "--status-fd", "1", "--homedir"]).arg(home.path());
        gpg
    };
    let file = home.path().join("keys.asc");
    std::fs::write(&file, keys).unwrap();
    copr_testkit::output(gpg().arg("--import").arg(file));
    let said = gpg().arg("--verify").args(["repomd.xml.asc", "repomd.xml"].map(|file| repodata.join(file))).output();
    let said = String::from_utf8(said.unwrap().stdout).unwrap();
    let words = said.lines().filter_map(|line| line.strip_prefix("[GNUPG:] ")?.split_once(' '));
    words
        .filter(|(word, _)| ["GOODSIG", "BADSIG", "ERRSIG"].contains(word))
        .map(|(word, rest)| (word.to_owned(), rest[..16].to_lowercase()))
        .collect()
}

async fn rotate(w: &World, retire_after: i64) -> Vec<key::Shown> {
    let keys = key::rotate(&w.app, "alice", "hello", retire_after).await.unwrap();
    w.publish().await;
    keys
}

fn roles(keys: &[key::Shown]) -> Vec<(i64, Role)> {
    keys.iter().map(|one| (one.key.version, one.role)).collect()
}

async fn shown(w: &World) -> Vec<(i64, Role)> {
    roles(&key::list(&w.app, "alice", "hello").await.unwrap())
}

fn secrets(w: &World) -> Vec<String> {
    let names = entries(w.data().join("keys")).into_iter().filter(|path| path.is_file());
    let mut names: Vec<String> = names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

async fn kinds(w: &World) -> Vec<String> {
    let events = copr_db::event::after(&mut w.app.db.read().await.unwrap(), 0, 1000).await.unwrap();
    events.into_iter().map(|event| event.kind).filter(|kind| kind.starts_with("key.")).collect()
}

both_engines! {
    async fn after_a_rotation_old_readers_and_new_ones_trust_what_is_published(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let before = w.succeeded_in(&builder, &[X86]).await;
        let (old, packages) = (pubkey(&w), w.published());
        let keys = rotate(&w, 30 * DAY).await;
        assert_eq!(roles(&keys), [(1, Role::Overlaps), (2, Role::Signs)]);
        let ids: Vec<&str> = keys.iter().map(|one| one.key.key_id.as_str()).collect();
        // Nothing that was there has changed.
        assert_eq!(w.published(), packages);

        for chroot in [X86, ARM] {
            let repodata = place(&w).join(chroot).join("repodata");
            let said = |keys: &str| signatures(keys, &repodata);
            let of = |word: &str, id: &str| (word.to_owned(), id.to_owned());
            assert_eq!(said(&old), [of("GOODSIG", ids[0]), of("ERRSIG", ids[1])]);
            assert_eq!(said(&keys[1].key.public_key), [of("ERRSIG", ids[0]), of("GOODSIG", ids[1])]);
            assert_eq!(said(&pubkey(&w)), [of("GOODSIG", ids[0]), of("GOODSIG", ids[1])]);
            assert_eq!(std::fs::read_to_string(repodata.join("repomd.xml.key")).unwrap(), pubkey(&w));
        }

        let after = w.succeeded_in(&builder, &[X86]).await;
        let (with_old, with_new) = (w.data().join("old"), w.data().join("new"));
        std::fs::write(&with_old, &old).unwrap();
        std::fs::write(&with_new, &keys[1].key.public_key).unwrap();
        for href in w.published_names() {
            let package = place(&w).join(X86).join(&href);
            let trusts = |key: &Path| crate::reader::rpm_trusts(key, &package);
            let is_new = href.starts_with(&after.padded());
            assert!(is_new || href.starts_with(&before.padded()));
            assert_eq!((trusts(&with_old), trusts(&with_new)), (!is_new, is_new), "{href}");
            assert!(trusts(&place(&w).join("pubkey.gpg")), "rpm takes both keys of one file");
        }
        let found = crate::reader::dnf(&place(&w), &["repoquery", "hello-noarch"]).1;
        assert!(found.contains("hello-noarch-0:1.0-1.noarch"), "{found}");
    }

    async fn an_older_key_retires_when_its_time_is_over_and_goes_with_its_last_package(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let before = w.succeeded(&builder).await;
        rotate(&w, 30 * DAY).await;
        let both = pubkey(&w);
        key::tend(&w.app).await.unwrap();
        assert_eq!(secrets(&w), ["project-1.2.secret", "project-1.secret"]);

        w.clock.advance(30 * DAY);
        key::tend(&w.app).await.unwrap();
        w.publish().await;
        w.clock.advance(DAY);
        key::tend(&w.app).await.unwrap();
        w.publish().await;
        assert_eq!(secrets(&w), ["project-1.2.secret"]);
        assert_eq!(shown(&w).await, [(1, Role::Served), (2, Role::Signs)]);
        assert_eq!(pubkey(&w), both, "a package is signed by it");
        assert_eq!(signatures(&both, &w.chroot_dir("hello").join("repodata")).len(), 1);

        build::delete(&w.app, &w.alice, before).await.unwrap();
        w.publish().await;
        w.sweep().await;
        key::tend(&w.app).await.unwrap();
        w.publish().await;
        assert_eq!(shown(&w).await, [(1, Role::Withdrawn), (2, Role::Signs)]);
        assert_eq!(pubkey(&w).matches("BEGIN").count(), 1);
        assert_eq!(kinds(&w).await, ["key.rotated", "key.retired", "key.withdrawn"]);
        w.succeeded(&builder).await;

        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.sweep().await;
        assert_eq!(secrets(&w), Vec::<String>::new());
    }

    async fn a_key_may_be_given_up_at_once_and_even_when_it_is_lost(w: World) {
        w.project(&[X86]).await;
        let old = pubkey(&w);
        std::fs::remove_file(w.data().join("keys/project-1.secret")).unwrap();
        // Nobody makes another one in its place that nobody asked for.
        project::regenerate(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.publish().await;
        assert_eq!(secrets(&w), Vec::<String>::new());
        rotate(&w, 30 * DAY).await;
        let repodata = w.chroot_dir("hello").join("repodata");
        assert_eq!(signatures(&pubkey(&w), &repodata).len(), 1);
        assert!(pubkey(&w).contains(old.trim_end()));

        let keys = rotate(&w, 0).await;
        assert_eq!(roles(&keys), [(1, Role::Served), (2, Role::Served), (3, Role::Signs)]);
        let said = signatures(&pubkey(&w), &repodata);
        assert_eq!(said, [("GOODSIG".to_owned(), keys[2].key.key_id.clone())]);
        key::tend(&w.app).await.unwrap();
        w.publish().await;
        assert_eq!(secrets(&w), ["project-1.3.secret"]);
        w.clock.advance(DAY);
        // One after the other: each asks for a generation.
        for _ in 0..2 {
            key::tend(&w.app).await.unwrap();
            w.publish().await;
        }
        assert_eq!(shown(&w).await, [(1, Role::Withdrawn), (2, Role::Withdrawn), (3, Role::Signs)]);
    }

    async fn a_package_that_was_signed_before_the_rotation_is_not_signed_again_after_it(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        // A turn gets as far as signing, and can not write the metadata.
        let repodata = w.chroot_dir("hello").join(".repodata");
        let aside = w.chroot_dir("hello").join("aside");
        std::fs::rename(&repodata, &aside).unwrap();
        std::fs::write(&repodata, b"in the way").unwrap();
        publish::next(&w.app, None).await.unwrap();
        std::fs::remove_file(&repodata).unwrap();
        std::fs::rename(&aside, &repodata).unwrap();
        let package = w.chroot_dir("hello").join("00000001-hello-noarch/hello-noarch-1.0-1.noarch.rpm");
        let bytes = std::fs::read(&package).unwrap();
        assert_eq!(w.show(id).await.chroots[0].state, State::Publishing);

        key::rotate(&w.app, "alice", "hello", 30 * DAY).await.unwrap();
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        assert!(std::fs::read(&package).unwrap() == bytes, "the package was signed twice");
    }

    async fn a_key_is_extended_at_half_time_and_stays_the_same_key(w: World) {
        let life = 1000 * DAY;
        let keys = KeyStore::open(w.data().join("keys")).unwrap();
        let expiry = Expiry::After(Duration::from_secs(life.unsigned_abs()));
        let rules = Rules { key_seconds: life, ..(*w.app.rules).clone() };
        let signer = Arc::new(LocalSigner::new(keys, KeyType::Ed25519, expiry));
        let mut w = w;
        w.app = App { signer, rules: Arc::new(rules), ..w.app.clone() };
        w.project(&[X86]).await;
        let made = key::list(&w.app, "alice", "hello").await.unwrap().remove(0).key;
        let end = made.expires_on.unwrap();
        w.clock.advance(end - life / 2 - w.app.clock.now());
        key::tend(&w.app).await.unwrap();
        assert_eq!(key::list(&w.app, "alice", "hello").await.unwrap()[0].key, made);

        w.clock.advance(1);
        key::tend(&w.app).await.unwrap();
        w.publish().await;
        let extended = key::list(&w.app, "alice", "hello").await.unwrap().remove(0).key;
        assert_eq!((extended.version, &extended.fingerprint), (1, &made.fingerprint));
        assert_eq!(extended.expires_on, Some(end - life / 2 + 1 + life));
        assert_eq!(pubkey(&w), extended.public_key);
        let key = std::fs::read_to_string(w.chroot_dir("hello").join("repodata/repomd.xml.key")).unwrap();
        assert_eq!(key, extended.public_key);

        // No end any more: the configuration has changed.
        let rules = Rules { key_seconds: 0, ..(*w.app.rules).clone() };
        w.app = App { rules: Arc::new(rules), ..w.app.clone() };
        key::tend(&w.app).await.unwrap();
        let shown = key::list_all(&w.app).await.unwrap();
        assert_eq!((shown.len(), shown[0].key.expires_on, shown[0].role), (1, None, Role::Signs));
        // And by hand.
        let until = w.app.clock.now() + DAY;
        let shown = key::extend(&w.app, "alice", "hello", Some(until)).await.unwrap();
        assert_eq!(shown[0].key.expires_on, Some(until));
        assert!(key::extend(&w.app, "alice", "hello", Some(until - 2 * DAY)).await.is_err());
        assert_eq!(kinds(&w).await, ["key.extended", "key.extended", "key.extended"]);
    }

    async fn while_the_signer_is_away_everything_waits_and_nothing_fails(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        let nobody = RemoteSigner::new(w.data().join("no-socket"), KeyType::Ed25519, Expiry::Never);
        let away = App { signer: Arc::new(nobody), ..w.app.clone() };
        let published = w.published();
        // More turns than a fault of another kind is given.
        for _ in 0..12 {
            assert!(publish::next(&away, None).await.unwrap());
            assert!(!publish::next(&away, None).await.unwrap(), "it is not tried again at once");
            w.clock.advance(5);
        }
        assert_eq!(w.show(id).await.chroots[0].state, State::Publishing);
        assert_eq!(w.published(), published);
        let refused = key::rotate(&away, "alice", "hello", 0).await.unwrap_err();
        assert!(refused.inside().contains("no-socket` does not answer"), "{}", refused.inside());
        // A new project is there, its repository comes later.
        project::create(&away, &w.alice, "alice", &crate::world::input("new", &[X86]), false).await.unwrap();
        assert!(!w.chroot_dir("new").join("repodata").exists());

        w.clock.advance(5);
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        assert!(w.chroot_dir("new").join("repodata/repomd.xml.asc").exists());
        assert_eq!(w.published().len(), 2);
        let key = KeyName::new("project-1").unwrap();
        let signer: &dyn Signer = w.app.signer.as_ref();
        assert!(crate::reader::rpm_trusts(&place(&w).join("pubkey.gpg"), &w.chroot_dir("hello").join(&w.published_names()[0])));
        assert!(pubkey(&w).contains(signer.public_key(&key).unwrap().armored.trim_end()));
    }
}
