//! Taking results out of trees that foreign code has written.

use std::{fs, path::Path};

use copr_sandbox::{Entry, EntryKind, Error, User};

use crate::place::Place;

/// A directory that the build user has filled with this script.
async fn filled(script: &str) -> Place {
    let place = Place::new();
    let bind = place.directory("results");
    let command = place.shell("upper", script).user(User::Build).bind_writable(bind, "/r").directory("/r");
    let (ended, output) = place.run(command).await;
    assert!(ended.success(), "{output}");
    place
}

async fn copy(place: &Place, inside: &str, most: u64) -> Result<u64, Error> {
    let to = place.path("copied");
    place.sandbox.copy_out(&place.path("results"), Path::new(inside), &to, most).await
}

#[tokio::test]
async fn a_file_comes_out_whatever_its_mode() {
    let place = filled("mkdir d; echo hello >d/f; chmod 000 d/f d").await;
    assert_eq!(copy(&place, "d/f", 100).await.unwrap(), 6);
    assert_eq!(fs::read_to_string(place.path("copied")).unwrap(), "hello\n");
}

#[tokio::test]
async fn links_are_never_followed() {
    let script = "ln -s /etc/passwd link; ln -s /etc dir; ln -s ../secret up; ln -s f same; echo >f";
    let place = filled(script).await;
    fs::write(place.path("secret"), "secret").unwrap();
    for path in ["dir/passwd", "../secret", "/etc/passwd", "d/../../secret"] {
        let error = copy(&place, path, 1 << 20).await.unwrap_err();
        let refused =
            matches!(error, Error::Escapes { .. }) || (path.starts_with("d/") && matches!(error, Error::Io { .. }));
        assert!(refused, "{path}: {error}");
        assert!(!place.path("copied").exists());
    }
    for path in ["link", "up", "same"] {
        let error = copy(&place, path, 1 << 20).await.unwrap_err();
        assert!(matches!(error, Error::Escapes { .. } | Error::NotRegular { .. }), "{path}: {error}");
    }
}

#[tokio::test]
async fn fifos_and_directories_are_refused_without_waiting() {
    let place = filled("mkfifo fifo; mkdir directory").await;
    for path in ["fifo", "directory"] {
        let error = copy(&place, path, 100).await.unwrap_err();
        assert!(matches!(&error, Error::NotRegular { what, .. } if what == path), "{error}");
    }
}

#[tokio::test]
async fn more_bytes_than_allowed_are_refused() {
    let place = filled("head -c 1001 /dev/zero >f").await;
    let error = copy(&place, "f", 1000).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 1000, .. }), "{error}");
    assert_eq!(copy(&place, "f", 1001).await.unwrap(), 1001);
}

#[tokio::test]
async fn an_existing_file_of_the_service_is_never_overwritten() {
    let place = filled("echo new >f").await;
    fs::write(place.path("copied"), "old").unwrap();
    copy(&place, "f", 100).await.unwrap_err();
    assert_eq!(fs::read_to_string(place.path("copied")).unwrap(), "old");
}

#[tokio::test]
async fn a_directory_is_listed_with_kinds() {
    let place = filled("mkdir d; cd d; echo hi >b; mkdir a; ln -s / c; mkfifo e; chmod 000 .").await;
    let results = place.path("results");
    let found = place.sandbox.read_dir_out(&results, Path::new("d"), 10).await.unwrap();
    let entry = |name: &str, kind| Entry { name: name.into(), kind };
    let expected = [
        entry("a", EntryKind::Directory),
        entry("b", EntryKind::File(3)),
        entry("c", EntryKind::Symlink),
        entry("e", EntryKind::Special),
    ];
    assert_eq!(found, expected);
    let error = place.sandbox.read_dir_out(&results, Path::new("d"), 3).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 3, unit: "entries", .. }), "{error}");
    let error = place.sandbox.read_dir_out(&results, Path::new("d/c"), 3).await.unwrap_err();
    assert!(matches!(error, Error::Escapes { .. } | Error::Io { .. }), "{error}");
}
