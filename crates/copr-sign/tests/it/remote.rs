//! Signing over a socket.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

use copr_sign::{Door, Error, Expiry, KeyType, LocalSigner, RemoteSigner, Signer};

use crate::rpmbuild::Workshop;
use crate::{USER_ID, name, signer};

/// A socket with a signer behind it, for as long as the test runs.
fn served(workshop: &Workshop, users: &'static [u32]) -> (PathBuf, LocalSigner) {
    let (socket, local) = (workshop.path().join("socket"), signer(workshop, KeyType::Rsa4096));
    let door = Door::open(&socket, false).unwrap();
    let theirs = local.clone();
    thread::spawn(move || door.serve(&theirs, users));
    (socket, local)
}

fn me() -> &'static [u32] {
    vec![nix::unistd::geteuid().as_raw()].leak()
}

fn remote(socket: &Path) -> RemoteSigner {
    RemoteSigner::new(socket, KeyType::Ed25519, Expiry::Never)
}

#[test]
fn a_remote_signer_does_all_that_a_local_one_does() {
    let workshop = Workshop::new();
    let (socket, local) = served(&workshop, me());
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let remote = remote(&socket);
    let key = name("project-1");
    assert!(matches!(remote.public_key(&key), Err(Error::NoSuchKey { key }) if key == "project-1"));
    assert!(matches!(remote.signature(b"x", &key), Err(Error::NoSuchKey { .. })));
    let public = remote.ensure_key(&key, USER_ID).unwrap();
    assert_eq!(remote.ensure_key(&key, "another <a@b>").unwrap(), public);
    assert_eq!((remote.public_key(&key).unwrap(), local.public_key(&key).unwrap()), (public.clone(), public.clone()));
    assert!(public.armored.len() < 1000, "an Ed25519 key, as the client said");

    remote.prepare(1).unwrap();
    remote.prepare(1).unwrap();
    assert_eq!(local.store().spares(KeyType::Ed25519).unwrap(), 1);

    let until = i64::MAX >> 32;
    let extended = remote.extend_key(&key, Some(until)).unwrap();
    assert_eq!((extended.expires_on, &extended.fingerprint), (Some(until), &public.fingerprint));
    assert_eq!(remote.extend_key(&key, None).unwrap().expires_on, None);

    // The package is this process's alone.
    let package = workshop.small("greeting").remove(1);
    remote.sign_package(&package, &key).unwrap();
    let signatures = copr_rpm::header::read_package(&package).unwrap().signatures;
    assert_eq!(signatures.len(), 1);
    assert_eq!(signatures[0].key_id.as_deref(), Some(public.key_id.as_str()));
    assert!(remote.sign_detached(b"<repomd/>", &key).unwrap().starts_with("-----BEGIN PGP SIGNATURE-----"));

    remote.delete_key(&key).unwrap();
    remote.delete_key(&key).unwrap();
    assert!(matches!(local.public_key(&key), Err(Error::NoSuchKey { .. })));
    let refused = remote.ensure_key(&key, "a\nb").unwrap_err();
    assert!(matches!(&refused, Error::Refused { why, .. } if why.contains("no control characters")), "{refused:?}");
}

#[test]
fn a_signer_that_is_away_is_told_from_one_that_refuses_and_reached_when_it_is_there() {
    let workshop = Workshop::new();
    let remote = remote(&workshop.path().join("socket"));
    let away = remote.ensure_key(&name("key"), USER_ID).unwrap_err();
    assert!(matches!(away, Error::Unreachable { .. }), "{away:?}");
    served(&workshop, me());
    remote.ensure_key(&name("key"), USER_ID).unwrap();
}

#[test]
fn nobody_else_is_served() {
    let workshop = Workshop::new();
    let (socket, local) = served(&workshop, &[]);
    local.ensure_key(&name("key"), USER_ID).unwrap();
    let refused = remote(&socket).signature(b"x", &name("key")).unwrap_err();
    let user = nix::unistd::geteuid();
    let words = format!("user {user} may not use this signer");
    assert!(matches!(&refused, Error::Refused { why, .. } if *why == words), "{refused:?}");
}

#[test]
fn one_door_has_a_socket_at_a_time() {
    let workshop = Workshop::new();
    let socket = workshop.path().join("socket");
    let door = Door::open(&socket, true).unwrap();
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o666);
    let second = Door::open(&socket, true).unwrap_err();
    assert!(matches!(&second, Error::Io { doing: "listen on", .. }), "{second:?}");
    drop(door);
    // What a killed one left behind is no hindrance.
    assert!(socket.exists());
    Door::open(&socket, true).unwrap().close();
    assert!(!socket.exists());
}

/// A frame, as docs/signer.md describes it.
fn frame(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(head.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend_from_slice(head.as_bytes());
    bytes.extend_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn read_frame(stream: &mut impl Read) -> (serde_json::Value, Vec<u8>) {
    let mut part = || {
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut bytes).unwrap();
        bytes
    };
    (serde_json::from_slice(&part()).unwrap(), part())
}

#[test]
fn what_makes_no_sense_is_answered_or_cut_and_keeps_nobody_waiting() {
    let workshop = Workshop::new();
    let (socket, _) = served(&workshop, me());
    let mut stream = UnixStream::connect(&socket).unwrap();
    for (head, words) in [
        (r#"{"version":2,"do":"public","key":"a"}"#, "version 2 of the protocol is not 1"),
        ("nonsense", "the head of a frame is not JSON with a version"),
        (r#"{"version":1,"do":"dance"}"#, "unknown variant `dance`"),
        (r#"{"version":1,"do":"public","key":"../secret"}"#, "cannot be the name of a key"),
    ] {
        stream.write_all(&frame(head, b"")).unwrap();
        let (answer, body) = read_frame(&mut stream);
        assert_eq!(
            (&answer["version"], &answer["is"], &answer["why"]),
            (&1.into(), &"failure".into(), &"other".into())
        );
        assert!(answer["words"].as_str().unwrap().contains(words), "{answer}");
        assert_eq!(body, b"");
    }
    // One that says half of something holds its own connection alone.
    stream.write_all(&frame(r#"{"version":1,"do":"sign","key":"a"}"#, b"data")[..20]).unwrap();
    remote(&socket).ensure_key(&name("key"), USER_ID).unwrap();
    for length in [u32::MAX, 1 << 20] {
        let mut greedy = UnixStream::connect(&socket).unwrap();
        greedy.write_all(&length.to_be_bytes()).unwrap();
        assert_eq!(greedy.read(&mut [0; 1]).unwrap(), 0, "the connection is cut");
    }
}

/// A signer of somebody else's that gives the same answer to everything.
fn liar(socket: &Path, head: String, body: Vec<u8>) {
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            read_frame(&mut stream);
            stream.write_all(&frame(&head, &body)).unwrap();
        }
    });
}

#[test]
fn a_signature_of_something_else_gets_into_no_package() {
    let workshop = Workshop::new();
    let local = signer(&workshop, KeyType::Ed25519);
    let public = local.ensure_key(&name("key"), USER_ID).unwrap();
    let packet = local.signature(b"something else", &name("key")).unwrap();
    let mut head = serde_json::to_value(&public).unwrap();
    head["version"] = 1.into();
    head["is"] = "signature".into();
    let socket = workshop.path().join("liar");
    liar(&socket, head.to_string(), packet);
    let package = workshop.small("greeting").remove(1);
    let before = std::fs::read(&package).unwrap();
    let wrong = remote(&socket).sign_package(&package, &name("key")).unwrap_err();
    assert!(matches!(wrong, Error::WrongAnswer { .. }), "{wrong:?}");
    assert_eq!(std::fs::read(&package).unwrap(), before);
    remote(&socket).signature(b"something else", &name("key")).unwrap();
}

#[test]
fn many_are_served_side_by_side() {
    let workshop = Workshop::new();
    let (socket, local) = served(&workshop, me());
    let public = local.store().create(&name("key"), USER_ID, KeyType::Ed25519, Expiry::Never).unwrap();
    let remote = remote(&socket);
    thread::scope(|scope| {
        for number in 0..16_u8 {
            let remote = remote.clone();
            scope.spawn(move || {
                for round in 0..8 {
                    // Larger than what a socket holds at one time.
                    remote.signature(&vec![number; 300_000 + round], &name("key")).unwrap();
                }
            });
        }
    });
    assert_eq!(remote.public_key(&name("key")).unwrap(), public);
}
