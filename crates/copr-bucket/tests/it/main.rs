//! A bucket against a real S3 service.

use copr_bucket::{Bucket, Error, Key, Settings};
use copr_testbucket::{ACCESS_KEY, BUCKET, SECRET_KEY, Server};
use futures::TryStreamExt;
use std::time::Duration;

fn settings(server: &Server) -> Settings {
    Settings {
        bucket: BUCKET.to_owned(),
        prefix: "live".to_owned(),
        endpoint: Some(server.endpoint()),
        access_key: Some(ACCESS_KEY.to_owned()),
        secret_key: Some(SECRET_KEY.to_owned().into()),
        allow_http: true,
        retry: Duration::from_secs(2),
        ..Settings::default()
    }
}

fn bucket_of(server: &Server) -> Bucket {
    Bucket::open(&settings(server)).expect("a bucket")
}

fn key(name: &str) -> Key {
    Key::new(name).expect("a name")
}

async fn text(bucket: &Bucket, name: &str) -> Option<String> {
    let found = bucket.read_small(&key(name), 1 << 20).await.expect("an answer");
    found.map(|(bytes, _)| String::from_utf8(bytes.to_vec()).expect("text"))
}

#[tokio::test]
async fn what_was_put_comes_back_under_its_own_name() {
    let server = Server::start();
    let bucket = bucket_of(&server);
    let name = "results/@group/p:pr:7/a~rc1^git+1-1.x86_64.rpm";
    assert_eq!(text(&bucket, name).await, None);
    bucket.put(&key(name), "first", "text/plain").await.unwrap();
    bucket.put(&key(name), "second", "text/plain").await.unwrap();
    assert_eq!(text(&bucket, name).await.as_deref(), Some("second"));
    assert!(server.file(&format!("live/{name}")).is_file(), "no character of it was written otherwise");
    let listed = bucket.list(&key("results/@group")).await.unwrap();
    assert_eq!(listed.iter().map(|entry| (entry.key.as_str(), entry.size)).collect::<Vec<_>>(), [(name, 6)]);
}

#[tokio::test]
async fn a_large_file_arrives_whole_and_is_read_in_parts() {
    let server = Server::start();
    let bucket = bucket_of(&server);
    let scratch = copr_testkit::temp_dir();
    let file = scratch.path().join("large");
    let bytes: Vec<u8> = (0..20_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    std::fs::write(&file, &bytes).unwrap();
    bucket.put_file(&key("large"), &file, "application/x-rpm").await.unwrap();
    assert_eq!(bucket.size(&key("large")).await.unwrap(), Some(bytes.len() as u64));
    let object = bucket.read(&key("large"), Some(9_000_000..9_000_100)).await.unwrap().expect("it is there");
    assert_eq!((object.size, object.range.clone()), (bytes.len() as u64, 9_000_000..9_000_100));
    let part: Vec<_> = object.body.try_collect().await.unwrap();
    assert_eq!(part.concat(), bytes[9_000_000..9_000_100]);
    let whole: Vec<_> = bucket.read(&key("large"), None).await.unwrap().unwrap().body.try_collect().await.unwrap();
    assert!(whole.concat() == bytes);
}

#[tokio::test]
async fn of_two_who_switch_one_is_told_that_it_was_late() {
    let server = Server::start();
    let bucket = bucket_of(&server);
    let head = key("r/head");
    let first = bucket.switch(&head, b"1-a", None).await.unwrap();
    let late = bucket.switch(&head, b"1-b", None).await;
    assert!(matches!(late, Err(Error::Changed { .. })), "{late:?}");
    let second = bucket.switch(&head, b"2-a", Some(&first)).await.unwrap();
    let late = bucket.switch(&head, b"2-b", Some(&first)).await;
    assert!(matches!(late, Err(Error::Changed { .. })), "{late:?}");
    assert_eq!(text(&bucket, "r/head").await.as_deref(), Some("2-a"));
    // The same write once more, whose answer was lost: it is there, so it succeeded.
    assert_eq!(bucket.switch(&head, b"2-a", Some(&first)).await.unwrap(), second);
    bucket.remove(&head).await.unwrap();
    let gone = bucket.switch(&head, b"3-a", Some(&second)).await;
    assert!(matches!(gone, Err(Error::Changed { .. })), "{gone:?}");
}

#[tokio::test]
async fn what_is_removed_is_gone_and_may_be_removed_again() {
    let server = Server::start();
    let bucket = bucket_of(&server);
    for name in ["tree/a", "tree/b/c", "treehouse", "other"] {
        bucket.put(&key(name), name.to_owned(), "text/plain").await.unwrap();
    }
    assert!(bucket.copy(&key("other"), &key("tree/copy")).await.unwrap());
    assert!(!bucket.copy(&key("nothing"), &key("tree/nothing")).await.unwrap());
    assert_eq!(bucket.remove_below(&key("tree")).await.unwrap(), 3);
    assert_eq!(bucket.remove_below(&key("tree")).await.unwrap(), 0);
    bucket.remove(&key("tree/a")).await.unwrap();
    assert_eq!(text(&bucket, "tree/b/c").await, None);
    assert_eq!(text(&bucket, "treehouse").await.as_deref(), Some("treehouse"));
    assert_eq!(text(&bucket, "other").await.as_deref(), Some("other"));
}

#[tokio::test]
async fn a_signed_address_is_for_everybody_and_for_one_object() {
    let server = Server::start();
    let bucket = bucket_of(&server);
    bucket.put(&key("a~1"), "shown", "text/plain").await.unwrap();
    let signed = bucket.address(&key("a~1"), Duration::from_secs(60)).await.unwrap();
    let fetched = |address: String| async move {
        let fetch = move || {
            let mut curl = copr_testkit::command("curl");
            copr_testkit::output(curl.args(["-s", "-o", "/dev/stdout", "-w", " %{http_code}", &address]))
        };
        tokio::task::spawn_blocking(fetch).await.unwrap()
    };
    assert_eq!(fetched(signed.clone()).await, "shown 200");
    let plain = signed.split('?').next().unwrap().to_owned();
    assert!(fetched(plain).await.ends_with(" 403"));
    assert!(fetched(signed.replace("a~1", "a~2").replace("a%7E1", "a%7E2")).await.ends_with(" 403"));
}

#[tokio::test]
async fn what_is_wrong_is_told_without_the_secret() {
    let server = Server::start();
    let wrong = Settings { secret_key: Some("not-the-secret".to_owned().into()), ..settings(&server) };
    let refused = Bucket::open(&wrong).unwrap().put(&key("a"), "a", "text/plain").await.unwrap_err();
    let away = Settings { endpoint: Some("http://127.0.0.1:1".to_owned()), ..wrong.clone() };
    let unreachable = Bucket::open(&away).unwrap().size(&key("a")).await.unwrap_err();
    assert_eq!(refused.to_string(), "could not put `a`");
    assert_eq!(unreachable.to_string(), "could not look for `a`");
    for error in [format!("{refused:?}"), format!("{unreachable:?}"), format!("{wrong:?}")] {
        assert!(!error.contains("not-the-secret"), "{error}");
    }
}
