//! Results as files.

use crate::fake::{Quick, client, config, peak};
use crate::files::{File, Files};
use copr_client::v3::{Checked, Client, Download, Error, Fetched, ResultFile, Step};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const BASE: &str = "/results/a/b/c/00000001-hello/";
const RPM: &str = "hello-1-1.x86_64.rpm";

fn client_of(files: &Files) -> Client {
    client(config(files.address)).0
}

fn client_with(files: &Files, attempts: u32) -> (Client, Arc<Quick>) {
    client(config(files.address).attempts(attempts))
}

/// A server with one package, the bytes of which are counted up.
fn one_package() -> (Files, Vec<u8>) {
    let files = Files::new();
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
    files.page(BASE, &format!("<a href=\"../\">up</a> <a href=\"{RPM}\">it</a>"));
    files.put(&format!("{BASE}{RPM}"), File { bytes: bytes.clone(), tag: "\"1\"", ..File::default() });
    (files, bytes)
}

async fn fetched(client: &Client, files: &Files, directory: &Path) -> Fetched {
    let list = client.results().list(&files.url(BASE)).await.unwrap();
    client.results().fetch(list, &Download::to(directory).checksums(false)).await.unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn place() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn a_directory_is_fetched_with_those_in_it() {
    let files = Files::new();
    files.page(
        BASE,
        r#"<a href="?C=N">sort</a> <a href="../">up</a> <a href="review/">r</a> <a href="./a%2Bb.log">l</a>"#,
    );
    files.page(&format!("{BASE}review/"), r#"<a href="/results/a/b/c/00000001-hello/review/r.txt">r</a>"#);
    files.text(&format!("{BASE}a%2Bb.log"), "log");
    files.text(&format!("{BASE}review/r.txt"), "fine");
    let (client, place) = (client_of(&files), place());
    let list = client.results().list(files.url(BASE).trim_end_matches('/')).await.unwrap();
    assert_eq!(list.iter().map(ResultFile::path).collect::<Vec<_>>(), ["a+b.log", "review/r.txt"]);
    let list = list.into_iter().map(|file| file.below("c").unwrap()).collect();
    let there = client.results().fetch(list, &Download::to(place.path())).await.unwrap().complete().unwrap();
    assert_eq!(there.iter().map(|file| (file.size, file.kept)).collect::<Vec<_>>(), [(3, false), (4, false)]);
    assert_eq!(std::fs::read_to_string(place.path().join("c/a+b.log")).unwrap(), "log");
    assert_eq!(std::fs::read_to_string(place.path().join("c/review/r.txt")).unwrap(), "fine");
    assert_eq!(names(&place.path().join("c")), ["a+b.log", "review"]);
}

#[tokio::test]
async fn files_are_fetched_at_the_same_time() {
    let files = Files::new();
    files.page(BASE, "<a href=a>a</a><a href=b>b</a><a href=c>c</a><a href=d>d</a>");
    for name in ["a", "b", "c", "d"] {
        files.text(&format!("{BASE}{name}"), name);
    }
    files.wait_for_a_crowd(4);
    let place = place();
    let fetched = fetched(&client_of(&files), &files, place.path()).await;
    assert_eq!(fetched.complete().unwrap().len(), 4);
}

#[tokio::test]
async fn a_download_that_breaks_off_goes_on_where_it_was() {
    let (files, bytes) = one_package();
    files.change(&format!("{BASE}{RPM}"), |file| file.cuts = VecDeque::from([70_000, 50_000]));
    let place = place();
    let (client, clock) = client_with(&files, 2);
    let steps = Arc::new(Mutex::new(Vec::new()));
    let teller = Arc::clone(&steps);
    let download = Download::to(place.path()).checksums(false).on_progress(move |file| {
        if file.step != Step::Received {
            teller.lock().unwrap().push((file.step, file.received, file.total));
        }
    });
    let list = client.results().list(&files.url(BASE)).await.unwrap();
    let there = client.results().fetch(list, &download).await.unwrap().complete().unwrap();
    assert_eq!(there[0].checked, Checked::Length);
    assert_eq!(std::fs::read(place.path().join(RPM)).unwrap(), bytes);
    let whole = Some(200_000);
    let expected = [
        (Step::Begun, 0, whole),
        (Step::Retried, 70_000, None),
        (Step::Resumed, 70_000, whole),
        (Step::Retried, 120_000, None),
        (Step::Resumed, 120_000, whole),
        (Step::Done, 200_000, whole),
    ];
    assert_eq!(*steps.lock().unwrap(), expected);
    assert_eq!(clock.slept(), [1, 1], "what brings something is counted anew");
    let get = format!("GET {BASE}{RPM}");
    let heard = files.heard();
    assert_eq!(heard[1..], [get.clone(), format!("{get} bytes=70000- \"1\""), format!("{get} bytes=120000- \"1\"")]);
}

#[tokio::test]
async fn a_later_download_goes_on_with_an_earlier_one() {
    let (files, bytes) = one_package();
    files.change(&format!("{BASE}{RPM}"), |file| file.cuts = VecDeque::from([70_000]));
    let place = place();
    let (client, _) = client_with(&files, 1);
    let failed = fetched(&client, &files, place.path()).await.failed;
    assert!(matches!(failed[0].error, Error::Connection { .. }), "{failed:?}");
    assert_eq!(names(place.path()), [format!(".{RPM}.part"), format!(".{RPM}.part.tag")]);
    fetched(&client, &files, place.path()).await.complete().unwrap();
    assert_eq!(std::fs::read(place.path().join(RPM)).unwrap(), bytes);
    assert_eq!(names(place.path()), [RPM]);
    assert_eq!(files.heard().last().unwrap(), &format!("GET {BASE}{RPM} bytes=70000- \"1\""));
}

#[tokio::test]
async fn what_has_changed_meanwhile_is_fetched_anew() {
    let (files, _) = one_package();
    files.change(&format!("{BASE}{RPM}"), |file| file.cuts = VecDeque::from([70_000]));
    let place = place();
    let (client, _) = client_with(&files, 1);
    assert_eq!(fetched(&client, &files, place.path()).await.failed.len(), 1);
    files.put(&format!("{BASE}{RPM}"), File { bytes: vec![7; 90_000], tag: "\"2\"", ..File::default() });
    fetched(&client, &files, place.path()).await.complete().unwrap();
    assert_eq!(std::fs::read(place.path().join(RPM)).unwrap(), vec![7; 90_000]);
}

#[tokio::test]
async fn a_part_that_is_whole_already_needs_nothing_more() {
    let (files, bytes) = one_package();
    let place = place();
    std::fs::write(place.path().join(format!(".{RPM}.part")), &bytes).unwrap();
    std::fs::write(place.path().join(format!(".{RPM}.part.tag")), "\"1\"").unwrap();
    fetched(&client_of(&files), &files, place.path()).await.complete().unwrap();
    assert_eq!(std::fs::read(place.path().join(RPM)).unwrap(), bytes);
}

#[tokio::test]
async fn what_is_there_is_not_fetched_again() {
    let (files, _) = one_package();
    let place = place();
    let client = client_of(&files);
    fetched(&client, &files, place.path()).await.complete().unwrap();
    files.heard();
    assert!(fetched(&client, &files, place.path()).await.complete().unwrap()[0].kept);
    assert_eq!(files.heard(), [format!("GET {BASE}"), format!("HEAD {BASE}{RPM}")]);
    // As long, but another file.
    std::fs::write(place.path().join(RPM), vec![0; 200_000]).unwrap();
    assert!(!fetched(&client, &files, place.path()).await.complete().unwrap()[0].kept);
}

/// Metadata that know the package by a digest.
fn repodata(files: &Files, digest: &str) {
    let repomd = r#"<repomd><data type="primary"><location href="repodata/p.xml"/></data></repomd>"#;
    files.text("/results/a/b/c/repodata/repomd.xml", repomd);
    let primary = format!(
        "<metadata><package type=\"rpm\"><checksum type=\"sha256\">{digest}</checksum><size package=\"5\"/>\
         <location href=\"00000001-hello/{RPM}\"/></package></metadata>"
    );
    files.text("/results/a/b/c/repodata/p.xml", &primary);
}

#[tokio::test]
async fn packages_are_what_the_repository_says() {
    let (files, place) = (one_package().0, place());
    files.text(&format!("{BASE}{RPM}"), "hello");
    // sha256sum of those five letters.
    repodata(&files, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    let client = client_of(&files);
    let list = client.results().list(&files.url(BASE)).await.unwrap();
    let fetch = async || client.results().fetch(list.clone(), &Download::to(place.path())).await.unwrap();
    let there = fetch().await.complete().unwrap();
    assert_eq!((there[0].checked, there[0].kept), (Checked::Digest, false));
    let there = fetch().await.complete().unwrap();
    assert_eq!((there[0].checked, there[0].kept), (Checked::Digest, true));
    std::fs::write(place.path().join(RPM), "jello").unwrap();
    assert!(!fetch().await.complete().unwrap()[0].kept);
}

#[tokio::test]
async fn a_package_that_is_another_gets_no_name() {
    let (files, place) = (one_package().0, place());
    files.text(&format!("{BASE}{RPM}"), "jello");
    repodata(&files, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    let client = client_of(&files);
    let list = client.results().list(&files.url(BASE)).await.unwrap();
    let fetched = client.results().fetch(list.clone(), &Download::to(place.path())).await.unwrap();
    assert!(matches!(fetched.failed[0].error, Error::Damaged { .. }), "{fetched:?}");
    assert!(!place.path().join(RPM).exists());
    files.put(&format!("{BASE}{RPM}"), File { zeros: 1 << 40, ..File::default() });
    let error = client.results().fetch(list, &Download::to(place.path())).await.unwrap().complete().unwrap_err();
    assert!(error.to_string().contains("5 in the repository's metadata"), "{error}");
}

#[tokio::test]
async fn nothing_is_written_outside_of_the_directory() {
    let files = Files::new();
    let links = ["..%2f..%2fx", "%2e%2e/x", "/etc/passwd", ".bashrc", "a%2fb", "http://127.0.0.1:1/x", "good"];
    files.page(BASE, &links.map(|link| format!("<a href=\"{link}\">x</a>")).concat());
    files.text(&format!("{BASE}good"), "x");
    let list = client_of(&files).results().list(&files.url(BASE)).await.unwrap();
    assert_eq!(list.iter().map(ResultFile::path).collect::<Vec<_>>(), ["good"]);
    for bad in ["../x", "/x", "a/../../x", "", ".x", "a/.x", "a\\x"] {
        assert!(ResultFile::new("http://h/x", bad).is_err(), "{bad}");
    }
    assert!(list[0].clone().below("..").is_err());
}

#[tokio::test]
async fn one_file_that_fails_keeps_no_other_back() {
    let files = Files::new();
    files.page(BASE, "<a href=a>a</a><a href=b>b</a><a href=c>c</a>");
    files.text(&format!("{BASE}b"), "b");
    files.put(&format!("{BASE}c"), File { statuses: VecDeque::from([503, 403]), ..File::default() });
    let place = place();
    let (client, clock) = client_with(&files, 3);
    let fetched = fetched(&client, &files, place.path()).await;
    assert_eq!(fetched.files.len(), 1);
    let errors: Vec<String> = fetched.failed.iter().map(|failed| failed.error.to_string()).collect();
    let (a, c) = (files.url(&format!("{BASE}a")), files.url(&format!("{BASE}c")));
    assert_eq!(errors, [format!("there is nothing at `{a}`"), format!("`{c}` answered 403")]);
    assert_eq!(clock.slept(), [1]);
    assert!(matches!(fetched.complete().unwrap_err(), Error::NoResult { .. }));
}

#[tokio::test]
async fn where_nothing_is_listed_packages_are_known_by_results_json() {
    let files = Files::new();
    let json = r#"{"packages": [{"name": "hello", "epoch": 1, "version": "1", "release": "1", "arch": "x86_64"},
        {"name": "../x", "version": "1", "release": "1", "arch": "src"}]}"#;
    files.put(BASE, File { statuses: VecDeque::from([403]), ..File::default() });
    files.text(&format!("{BASE}results.json"), json);
    let (client, place) = (client_of(&files), place());
    let list = client.results().list(&files.url(BASE)).await.unwrap();
    assert_eq!(list.iter().map(ResultFile::path).collect::<Vec<_>>(), [RPM, "results.json"]);
    assert_eq!(list[0].url(), files.url(&format!("{BASE}{RPM}")));
    drop(place);
    let error = client.results().list(&files.url("/nowhere")).await.unwrap_err();
    assert!(matches!(error, Error::NoResult { .. }), "{error:?}");
    files.text("/json/", "{}");
    let error = client.results().list(&files.url("/json/")).await.unwrap_err();
    assert!(matches!(error, Error::NoListing { .. }), "{error:?}");
}

#[tokio::test]
async fn a_log_that_was_packed_meanwhile_says_so_in_its_name() {
    let files = Files::new();
    files.page(BASE, "<a href=builder-live.log>l</a>");
    let location = "location: /results/a/b/c/00000001-hello/builder-live.log.gz\r\n";
    files.put(&format!("{BASE}builder-live.log"), File { head: location, ..File::default() });
    files.text(&format!("{BASE}builder-live.log.gz"), "packed");
    let place = place();
    let there = fetched(&client_of(&files), &files, place.path()).await.complete().unwrap();
    assert_eq!(there[0].path, place.path().join("builder-live.log.gz"));
    assert_eq!(std::fs::read_to_string(&there[0].path).unwrap(), "packed");
}

#[tokio::test]
async fn whoever_stops_keeps_what_has_come() {
    let (files, place) = (one_package().0, place());
    let path = format!("{BASE}{RPM}");
    files.put(&path, File { zeros: 1 << 30, tag: "\"1\"", ..File::default() });
    let client = client_of(&files);
    let list = client.results().list(&files.url(BASE)).await.unwrap();
    let (sender, begun) = tokio::sync::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let download = Download::to(place.path()).checksums(false).on_progress(move |file| {
        if file.received > 1 << 20
            && let Some(sender) = sender.lock().unwrap().take()
        {
            sender.send(()).unwrap();
        }
    });
    let results = client.results();
    tokio::select! {
        outcome = results.fetch(list, &download) => panic!("{outcome:?}"),
        _ = begun => {}
    }
    assert_eq!(names(place.path()), [format!(".{RPM}.part"), format!(".{RPM}.part.tag")]);
}

#[tokio::test]
async fn the_size_of_a_file_makes_no_difference_to_memory() {
    let (files, place) = (one_package().0, place());
    let client = client_of(&files);
    fetched(&client, &files, place.path()).await.complete().unwrap();
    let before = peak();
    files.put(&format!("{BASE}{RPM}"), File { zeros: 256 << 20, tag: "\"2\"", ..File::default() });
    assert_eq!(fetched(&client, &files, place.path()).await.complete().unwrap()[0].size, 256 << 20);
    let more = peak() - before;
    assert!(more < 32 << 20, "{more} bytes more than for a small file");
}
