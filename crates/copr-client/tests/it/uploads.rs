//! Files on their way.

use crate::fake::{Fake, Reply, peak, says};
use copr_client::v3::{BuildOptions, ChrootOptions, Error, FullName, Upload};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const BUILD: &str = r#"{"id": 7, "state": "pending", "ownername": "a", "projectname": "b"}"#;
const MIB: u64 = 1 << 20;

fn project() -> FullName {
    FullName::new("a", "b")
}

/// A file that takes no room on the disk.
fn file(size: u64) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hello-1-1.src.rpm");
    File::create(&path).unwrap().set_len(size).unwrap();
    (directory, path)
}

#[tokio::test]
async fn a_file_comes_first_and_everything_else_behind_it() {
    let fake = Fake::new(vec![says(200, BUILD)]);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hello.spec");
    std::fs::write(&path, "Name: hello\n").unwrap();
    let options = BuildOptions::new().chroots(["fedora-42-x86_64"]).timeout(100).background(true);
    let build = fake.client().0.builds().create_from_file(&project(), &path.into(), &options).await.unwrap();
    assert_eq!(build.id, 7);
    let asked = fake.asked().remove(0);
    assert_eq!(asked.what, "POST /api_3/build/create/upload");
    assert_eq!(asked.header("transfer-encoding"), None);
    let boundary = asked.header("content-type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"pkgs\"; filename=\"hello.spec\"\r\n\
         Content-Type: application/x-rpm\r\n\r\nName: hello\n\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"json\"; filename=\"json\"\r\n\
         Content-Type: application/json\r\n\r\n\
         {{\"ownername\":\"a\",\"projectname\":\"b\",\"chroots\":[\"fedora-42-x86_64\"],\"timeout\":100,\
         \"background\":true}}\r\n--{boundary}--\r\n"
    );
    assert_eq!(asked.body, expected);
}

#[tokio::test]
async fn a_comps_file_has_a_part_of_its_own_kind() {
    let fake = Fake::new(vec![says(200, r#"{"mock_chroot": "c", "ownername": "a", "projectname": "b"}"#)]);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("comps.xml");
    std::fs::write(&path, "<comps/>").unwrap();
    let (client, _) = fake.client();
    client.project_chroots().edit(&project(), "c", &ChrootOptions::new(), Some(&path)).await.unwrap();
    let asked = fake.asked().remove(0);
    assert_eq!(asked.what, "PUT /api_3/project-chroot/edit/a/b/c");
    let part = "name=\"upload_comps\"; filename=\"comps.xml\"\r\nContent-Type: application/text\r\n\r\n<comps/>\r\n";
    assert!(asked.body.contains(part), "{}", asked.body);
}

#[tokio::test]
async fn progress_is_told_up_to_the_end() {
    let fake = Fake::new(vec![says(200, BUILD)]);
    let (_directory, path) = file(3 * MIB);
    let told = Arc::new(Mutex::new(Vec::new()));
    let teller = Arc::clone(&told);
    let upload =
        Upload::new(&path).name("other.src.rpm").on_progress(move |so_far| teller.lock().unwrap().push(so_far));
    fake.client().0.builds().create_from_rpm_upload(&project(), &upload, &BuildOptions::new()).await.unwrap();
    let told = told.lock().unwrap();
    assert!(told.len() > 10 && told.is_sorted_by_key(|so_far| so_far.sent), "{told:?}");
    let last = told.last().unwrap();
    assert_eq!((last.sent, last.total), (3 * MIB, 3 * MIB));
    assert_eq!(fake.heard(), ["POST /api_3/build/create/rpm-upload"]);
}

#[tokio::test]
async fn the_size_of_a_file_makes_no_difference_to_memory() {
    let fake = Fake::new(vec![says(200, BUILD), says(200, BUILD)]);
    let (client, _) = fake.client();
    let (_directory, small) = file(MIB);
    client.builds().create_from_file(&project(), &small.into(), &BuildOptions::new()).await.unwrap();
    let before = peak();
    let (_directory, large) = file(256 * MIB);
    client.builds().create_from_file(&project(), &large.into(), &BuildOptions::new()).await.unwrap();
    let more = peak() - before;
    assert!(more < 32 * MIB, "{more} bytes more than for a small file");
    let asked = fake.asked();
    assert!(asked[1].length as u64 > 256 * MIB, "{}", asked[1].length);
    assert_eq!(asked[1].header("content-length"), Some(asked[1].length.to_string().as_str()));
}

#[tokio::test]
async fn a_refusal_in_the_middle_is_heard() {
    let fake = Fake::new(vec![Reply::Interrupts(401, r#"{"error": "Login invalid/expired."}"#.to_owned())]);
    let (_directory, path) = file(64 * MIB);
    let error = fake.client().0.builds().create_from_file(&project(), &path.into(), &BuildOptions::new()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Authentication { status: 401, .. }), "{error:?}");
    assert_eq!(fake.heard(), ["POST /api_3/build/create/upload"]);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_asked_about() {
    let fake = Fake::new(vec![]);
    let upload = Upload::new("/nowhere/hello.spec");
    let error = fake.client().0.builds().create_from_file(&project(), &upload, &BuildOptions::new()).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error:?}");
}
