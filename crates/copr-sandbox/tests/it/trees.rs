//! Overlays, layers, and trees where overlays are impossible.

use std::fs;

use copr_sandbox::{Command, Root, User};

use crate::place::Place;

async fn layers_stack(place: Place) {
    let first = "rm /etc/motd; echo one >/etc/one; mkdir /etc/deep; echo x >/etc/deep/x";
    let (ended, output) = place.run(place.shell("first", first)).await;
    assert!(ended.success(), "{output}");
    let second = "rm -r /etc/deep; mkdir /etc/deep; echo two >/etc/two";
    let root = place.layers("second", &["first"]);
    let command = Command::new(root, "/bin/sh").args(["-c", second]);
    assert!(place.run(command).await.0.success());
    let root = place.layers("third", &["second", "first"]);
    let command = Command::new(root, "/bin/sh").args(["-c", "cd /etc; find . -type f -o -type d"]);
    let (_, output) = place.run(command).await;
    let mut found: Vec<&str> = output.lines().collect();
    found.sort_unstable();
    assert_eq!(found, [".", "./deep", "./one", "./two"]);
    let below = fs::read_to_string(place.tree().join("etc/motd")).unwrap();
    assert_eq!(below, "from below\n", "the lowest tree is as it was");
}

#[tokio::test]
async fn an_upper_serves_as_lower_with_its_whiteouts() {
    layers_stack(Place::new()).await;
}

#[tokio::test]
async fn where_overlays_are_impossible_copies_do_the_same() {
    layers_stack(Place::with(|capabilities| capabilities.overlay = false)).await;
}

#[tokio::test]
async fn an_upper_is_used_again_and_again() {
    let place = Place::new();
    for expected in ["x\n", "xx\n", "xxx\n"] {
        let command = place.shell("upper", "printf x >>/count; cat /count; echo");
        assert_eq!(place.run(command).await.1, expected);
    }
}

#[tokio::test]
async fn a_plain_tree_is_written_in_place() {
    let place = Place::new();
    let command = Command::new(Root::Tree(place.tree()), "/bin/sh").args(["-c", "echo new >/etc/new"]);
    assert!(place.run(command).await.0.success());
    assert_eq!(fs::read_to_string(place.tree().join("etc/new")).unwrap(), "new\n");
}

#[tokio::test]
async fn host_tools_fill_a_tree_that_is_bound_into_them() {
    let place = Place::new();
    let tree = place.directory("installroot");
    let script = "mkdir -p /installroot/usr/bin && echo made >/installroot/usr/bin/tool";
    let command = Command::new(Root::HostTools, "/bin/sh").args(["-c", script]).bind_writable(&tree, "/installroot");
    let (ended, output) = place.run(command).await;
    assert!(ended.success(), "{output}");
    assert_eq!(fs::read_to_string(tree.join("usr/bin/tool")).unwrap(), "made\n");
}

#[tokio::test]
async fn paths_with_colons_commas_and_spaces_are_fine() {
    let place = Place::new();
    let command = place.shell("up:per, one\\two", "echo here >/here; cat /here");
    let (ended, output) = place.run(command).await;
    assert!(ended.success(), "{output}");
    assert!(place.path("up:per, one\\two/here").exists());
}

#[tokio::test]
async fn a_tree_with_closed_directories_can_be_removed() {
    let place = Place::new();
    let script = "mkdir -p /var/tmp/a/b && touch /var/tmp/a/b/c && chmod 000 /var/tmp/a/b /var/tmp/a";
    place.say(User::Build, script).await;
    let upper = place.path("upper");
    assert!(upper.exists());
    place.sandbox.remove_tree(&upper).await.unwrap();
    assert!(!upper.exists());
    place.sandbox.remove_tree(&upper).await.expect("a missing tree is fine");
}
