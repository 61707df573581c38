use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::{Duration, Instant};

use copr_sign::{Error, Expiry, KeyName, KeyStore, KeyType};

use crate::rpmbuild::{Workshop, succeeded};
use crate::{USER_ID, name};

const NEVER: Expiry = Expiry::Never;

fn store(workshop: &Workshop) -> KeyStore {
    KeyStore::open(workshop.path().join("keys")).unwrap()
}

#[test]
fn a_key_is_made_once_and_lies_in_a_file_that_only_its_owner_reads() {
    let workshop = Workshop::new();
    let store = store(&workshop);
    let key = name("@group#project");
    assert!(!store.exists(&key).unwrap());
    let made = store.create(&key, USER_ID, KeyType::Ed25519, NEVER).unwrap();
    assert!(store.exists(&key).unwrap());
    assert_eq!(store.public(&key).unwrap(), made);
    assert_eq!(made.user_id, USER_ID);
    assert_eq!(made.fingerprint[24..], made.key_id);
    assert!(matches!(store.create(&key, USER_ID, KeyType::Ed25519, NEVER), Err(Error::Exists { .. })));

    let files = std::fs::read_dir(workshop.path().join("keys")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.is_file()).collect();
    assert_eq!(files.len(), 1, "nothing temporary is left: {files:?}");
    assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let directory = workshop.path().join("keys").metadata().unwrap();
    assert_eq!(directory.permissions().mode() & 0o777, 0o700);

    store.delete(&key).unwrap();
    assert!(matches!(store.public(&key), Err(Error::NoSuchKey { .. })));
    assert!(matches!(store.delete(&key), Err(Error::NoSuchKey { .. })));
}

#[test]
fn of_many_who_make_the_same_key_at_once_one_succeeds_and_all_get_its_key() {
    let workshop = Workshop::new();
    let path = workshop.path().join("keys");
    let run = |work: fn(&KeyStore) -> Result<String, Error>| -> Vec<Result<String, Error>> {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                // A store of its own, as another process would have.
                thread::spawn(move || work(&KeyStore::open(path).unwrap()))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    };
    let made = run(|store| Ok(store.create(&name("raced"), USER_ID, KeyType::Ed25519, NEVER)?.fingerprint));
    assert_eq!(made.iter().filter(|result| result.is_ok()).count(), 1);
    let others = made.iter().filter_map(|result| result.as_ref().err());
    assert!(others.into_iter().all(|error| matches!(error, Error::Exists { .. })));

    let ensured = run(|store| Ok(store.ensure(&name("wanted"), USER_ID, KeyType::Ed25519, NEVER)?.fingerprint));
    let different: HashSet<String> = ensured.into_iter().map(Result::unwrap).collect();
    assert_eq!(different.len(), 1);
}

#[test]
fn no_spare_is_used_twice() {
    let workshop = Workshop::new();
    let store = store(&workshop);
    for _ in 0..5 {
        store.prepare_spare(KeyType::Ed25519).unwrap();
    }
    assert_eq!(store.spares(KeyType::Ed25519).unwrap(), 5);
    assert_eq!(store.spares(KeyType::Rsa4096).unwrap(), 0);
    let threads: Vec<_> = (0..12)
        .map(|number| {
            let path = workshop.path().join("keys");
            thread::spawn(move || {
                let store = KeyStore::open(path).unwrap();
                store.create(&name(&format!("key{number}")), USER_ID, KeyType::Ed25519, NEVER).unwrap().fingerprint
            })
        })
        .collect();
    let different: HashSet<String> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(different.len(), 12);
    assert_eq!(store.spares(KeyType::Ed25519).unwrap(), 0);
}

#[test]
fn a_spare_makes_creating_an_rsa_key_fast() {
    let workshop = Workshop::new();
    let store = store(&workshop);
    let started = Instant::now();
    store.prepare_spare(KeyType::Rsa4096).unwrap();
    let slow = started.elapsed();
    let spares = std::fs::read_dir(workshop.path().join("keys/.spares")).unwrap();
    for spare in spares {
        assert_eq!(spare.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let started = Instant::now();
    store.create(&name("fast"), USER_ID, KeyType::Rsa4096, NEVER).unwrap();
    let fast = started.elapsed();
    eprintln!("RSA-4096: spare {slow:?}, create from it {fast:?}");
    assert_eq!(store.spares(KeyType::Rsa4096).unwrap(), 0);
    assert!(fast < slow);
}

#[test]
fn gpg_sees_one_primary_key_that_certifies_and_signs() {
    let workshop = Workshop::new();
    let store = store(&workshop);
    let year = Expiry::After(Duration::from_secs(365 * 86_400));
    for (kind, expiry, algorithm, bits) in
        [(KeyType::Rsa3072, NEVER, "1", "3072"), (KeyType::Ed25519, year, "22", "255")]
    {
        let key = name(kind.name());
        let public = store.create(&key, USER_ID, kind, expiry).unwrap();
        let file = workshop.path().join("public.asc");
        std::fs::write(&file, &public.armored).unwrap();
        let output =
            workshop.command("gpg").args(["--batch", "--with-colons", "--show-keys"]).arg(&file).output().unwrap();
        let said = succeeded("gpg --show-keys", output);
        let fields: Vec<&str> = said.lines().find(|line| line.starts_with("pub:")).unwrap().split(':').collect();
        assert_eq!((fields[2], fields[3]), (bits, algorithm), "{said}");
        assert_eq!(fields[4].to_lowercase(), public.key_id);
        assert_eq!(fields[11].to_lowercase(), "scsc", "sign and certify, both of the key and of the whole: {said}");
        let expires = fields[6].parse::<u64>().unwrap_or(0);
        let created: u64 = fields[5].parse().unwrap();
        match expiry {
            Expiry::Never => assert_eq!(expires, 0),
            Expiry::After(time) => assert_eq!(expires, created + time.as_secs()),
        }
        assert!(!said.contains("\nsub:"), "{said}");
        assert!(said.contains("alice_hello (None) <alice#hello@copr.example.org>"), "{said}");
    }
}

#[test]
fn names_and_user_ids_are_checked() {
    for bad in ["", "../evil", "a/b", ".hidden", "a\nb", "a b", "ä", &"x".repeat(201)] {
        assert!(KeyName::new(bad).is_err(), "{bad:?}");
    }
    let workshop = Workshop::new();
    for bad in ["", "a\nb", &"x".repeat(600)] {
        let error = store(&workshop).create(&name("key"), bad, KeyType::Ed25519, NEVER).unwrap_err();
        assert!(matches!(error, Error::BadUserId { .. }), "{error}");
    }
}

#[test]
fn neither_debug_nor_errors_tell_a_secret() {
    let workshop = Workshop::new();
    let store = store(&workshop);
    store.create(&name("secret"), USER_ID, KeyType::Ed25519, NEVER).unwrap();
    let path = workshop.path().join("keys/secret.secret");
    let mut bytes = std::fs::read(&path).unwrap();
    assert_eq!(format!("{store:?}"), format!("KeyStore {{ directory: {:?} }}", workshop.path().join("keys")));
    // The user id's signature no longer fits.
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = store.public(&name("secret")).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }));
    assert_eq!(format!("{error:?}"), format!("Damaged {{ path: {path:?} }}"));
}

#[test]
fn a_key_that_is_extended_is_the_same_key_with_another_end() {
    let workshop = Workshop::new();
    let store = store(&workshop);
    let (key, year) = (name("key"), Duration::from_secs(365 * 86_400));
    let made = store.create(&key, USER_ID, KeyType::Ed25519, Expiry::After(year)).unwrap();
    let end = made.expires_on.unwrap();
    for until in [Some(end + 86_400), None] {
        let extended = store.extend(&key, until).unwrap();
        assert_eq!(store.public(&key).unwrap(), extended);
        assert_eq!((&extended.fingerprint, &extended.user_id), (&made.fingerprint, &made.user_id));
        assert_eq!(extended.expires_on, until);
        let file = workshop.path().join("public.asc");
        std::fs::write(&file, &extended.armored).unwrap();
        let output =
            workshop.command("gpg").args(["--batch", "--with-colons", "--show-keys"]).arg(&file).output().unwrap();
        let said = succeeded("gpg --show-keys", output);
        let fields: Vec<&str> = said.lines().find(|line| line.starts_with("pub:")).unwrap().split(':').collect();
        assert_eq!(fields[6].parse().ok(), until, "{said}");
    }
    let mode = workshop.path().join("keys/key.secret").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(matches!(store.extend(&name("nobody"), None), Err(Error::NoSuchKey { .. })));
}
