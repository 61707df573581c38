//! The published tree over HTTP.

use crate::service::{Service, header};
use reqwest::Method;
use std::io::Write;
use std::os::unix::fs::symlink;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_whole_in_ranges_and_not_again() {
    let service = Service::start().await;
    let content: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    service.publish("alice/hello/fedora-43-x86_64/00000001-hello/hello-1-1.noarch.rpm", &content);
    let path = "/results/alice/hello/fedora-43-x86_64/00000001-hello/hello-1-1.noarch.rpm";
    let whole = service.get(path).await;
    assert_eq!((whole.status().as_u16(), header(&whole, "content-type")), (200, Some("application/x-rpm")));
    assert_eq!((header(&whole, "accept-ranges"), header(&whole, "content-length")), (Some("bytes"), Some("1000000")));
    let tag = header(&whole, "etag").expect("a tag").to_owned();
    let date = header(&whole, "last-modified").expect("a date").to_owned();
    assert!(whole.bytes().await.expect("a body") == content);

    let range = |range: &'static str| service.request(Method::GET, path).header("range", range);
    for (wanted, said, expected) in [
        ("bytes=0-3", "bytes 0-3/1000000", &content[..4]),
        ("bytes=300000-800000", "bytes 300000-800000/1000000", &content[300_000..=800_000]),
        ("bytes=-5", "bytes 999995-999999/1000000", &content[999_995..]),
    ] {
        let part = range(wanted).send().await.expect("an answer");
        assert_eq!((part.status().as_u16(), header(&part, "content-range")), (206, Some(said)));
        assert!(part.bytes().await.expect("a body") == expected, "{wanted}");
    }
    let behind = range("bytes=1000000-").send().await.expect("an answer");
    assert_eq!((behind.status().as_u16(), header(&behind, "content-range")), (416, Some("bytes */1000000")));

    for (condition, value, status) in
        [("if-range", tag.as_str(), 206), ("if-range", "\"other\"", 200), ("if-range", &date, 206)]
    {
        let part = range("bytes=0-3").header(condition, value).send().await.expect("an answer");
        assert_eq!(part.status(), status, "{condition}: {value}");
    }
    for (condition, value, status) in
        [("if-none-match", tag.as_str(), 304), ("if-none-match", "\"x\"", 200), ("if-modified-since", &date, 304)]
    {
        let again = service.request(Method::GET, path).header(condition, value).send().await.expect("an answer");
        assert_eq!((again.status().as_u16(), header(&again, "etag")), (status, Some(tag.as_str())), "{condition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_says_what_get_would_bring_and_nothing_can_be_written() {
    let service = Service::start().await;
    service.publish("alice/hello/pubkey.gpg", b"key\n");
    let head = service.request(Method::HEAD, "/results/alice/hello/pubkey.gpg").send().await.expect("an answer");
    assert_eq!((head.status().as_u16(), header(&head, "content-length")), (200, Some("4")));
    assert_eq!(head.bytes().await.expect("a body").len(), 0);
    for method in [Method::PUT, Method::POST, Method::DELETE] {
        let answer = service.request(method, "/results/alice/hello/pubkey.gpg").send().await.expect("an answer");
        assert_eq!(answer.status(), 405);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_is_a_file() {
    let service = Service::start().await;
    service.publish("alice/hello/empty.txt", b"");
    let empty = service.get("/results/alice/hello/empty.txt").await;
    assert_eq!((empty.status().as_u16(), header(&empty, "content-length")), (200, Some("0")));
    let part = service.request(Method::GET, "/results/alice/hello/empty.txt").header("range", "bytes=0-");
    assert_eq!(part.send().await.expect("an answer").status(), 416);
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_and_metadata_are_cached_as_they_change() {
    let service = Service::start().await;
    let digest = "0123456789abcdef".repeat(4);
    let packed = [0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    service.publish("a/p/c/repodata/repomd.xml", b"<repomd/>");
    service.publish(&format!("a/p/c/repodata/{digest}-primary.xml.gz"), b"x");
    service.publish("a/p/c/1/builder-live.log", b"growing");
    service.publish("a/p/c/1/build.log.gz", &packed);
    let repomd = service.get("/results/a/p/c/repodata/repomd.xml").await;
    assert_eq!(header(&repomd, "cache-control"), Some("no-cache"));
    let primary = service.get(&format!("/results/a/p/c/repodata/{digest}-primary.xml.gz")).await;
    assert!(header(&primary, "cache-control").is_some_and(|value| value.contains("immutable")));
    assert_eq!(
        (header(&primary, "content-type"), header(&primary, "content-encoding")),
        (Some("application/gzip"), None)
    );
    let live = service.get("/results/a/p/c/1/builder-live.log").await;
    assert_eq!(header(&live, "cache-control"), Some("no-store"));
    let log = service.get("/results/a/p/c/1/build.log.gz").await;
    assert_eq!(header(&log, "content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(header(&log, "content-encoding"), Some("gzip"));
    let plain = service.get("/results/a/p/c/1/build.log").await;
    assert_eq!((plain.status().as_u16(), header(&plain, "location")), (302, Some("/results/a/p/c/1/build.log.gz")));
    assert_eq!(service.get("/results/a/p/c/1/other.log").await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_growing_log_is_read_on_by_ranges() {
    let service = Service::start().await;
    let path = service.publish("a/p/c/1/builder-live.log", b"one\n");
    let mut log = std::fs::OpenOptions::new().append(true).open(path).expect("the log");
    log.write_all(b"two\n").expect("writing");
    let more = service.request(Method::GET, "/results/a/p/c/1/builder-live.log").header("range", "bytes=4-");
    let more = more.send().await.expect("an answer");
    assert_eq!(header(&more, "content-range"), Some("bytes 4-7/8"));
    assert_eq!(more.text().await.expect("a text"), "two\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_with_odd_characters_are_found_as_written_and_as_encoded() {
    let service = Service::start().await;
    service.publish("@devs/hello:custom:x/c/1/foo-2.0~rc1^git3+x-1.src.rpm", b"srpm");
    for path in [
        "/results/@devs/hello:custom:x/c/1/foo-2.0~rc1^git3+x-1.src.rpm",
        "/results/%40devs/hello%3Acustom%3Ax/c/1/foo-2.0%7Erc1%5Egit3%2Bx-1.src.rpm",
    ] {
        assert_eq!(service.status_of_raw(path).await, "HTTP/1.1 200 OK", "{path}");
    }
    let listing = service.page("/results/@devs/hello:custom:x/c/1/").await;
    assert!(listing.contains("href=\"./foo-2.0~rc1%5Egit3+x-1.src.rpm\""), "{listing}");
    assert!(service.page("/results/@devs/").await.contains("href=\"./hello:custom:x/\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outside_of_the_tree_and_nothing_hidden_is_served() {
    let service = Service::start().await;
    let root = service.app.store.root().to_owned();
    std::fs::write(root.join("secret"), b"secret").expect("a file");
    let dir = service.publish("alice/hello/pubkey.gpg", b"key").parent().expect("a directory").to_owned();
    std::fs::write(dir.join(".tmpAbc"), b"half").expect("a file");
    symlink(root.join("secret"), dir.join("link")).expect("a link");
    symlink(&root, dir.join("way-out")).expect("a link");
    symlink("pubkey.gpg", dir.join("inside")).expect("a link");
    nix::unistd::mkfifo(&dir.join("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    for path in [
        "/results/../secret",
        "/results/alice/../../secret",
        "/results/%2e%2e/secret",
        "/results/alice/%2E%2E/%2e%2e/secret",
        "/results/..%2fsecret",
        "/results/%2fetc%2fpasswd",
        "/results//etc/passwd",
        "/results/alice/hello/.tmpAbc",
        "/results/alice/hello/%2etmpAbc",
        "/results/alice/hello/link",
        "/results/alice/hello/way-out/secret",
        "/results/alice/hello/inside",
        "/results/alice/hello/pipe",
        "/results/alice/hello/pubkey.gpg/",
        "/results/alice/hello/pubkey.gpg/x",
        "/results/alice/hello/%00",
        "/results/alice/hello/%ff",
    ] {
        assert_eq!(service.status_of_raw(path).await, "HTTP/1.1 404 Not Found", "{path}");
    }
    let long = format!("/results/{}", "x".repeat(5000));
    assert_eq!(service.status_of_raw(&long).await, "HTTP/1.1 404 Not Found");
    let listing = service.page("/results/alice/hello/").await;
    for hidden in [".tmpAbc", "link", "way-out", "inside", "pipe"] {
        assert!(!listing.contains(&format!(">{hidden}<")), "{hidden} is listed");
    }
    assert!(listing.contains("pubkey.gpg"));
}

#[tokio::test(flavor = "multi_thread")]
async fn directories_are_listed_in_order_with_a_way_up() {
    let service = Service::start().await;
    service.publish("alice/hello/fedora-43-x86_64/00000002-b/b.rpm", &[0; 2048]);
    service.publish("alice/hello/fedora-43-x86_64/00000001-a/a.rpm", b"a");
    service.publish("alice/hello/fedora-43-x86_64/<script>.txt", b"x");
    let without = service.get("/results/alice/hello/fedora-43-x86_64").await;
    assert_eq!(
        (without.status().as_u16(), header(&without, "location")),
        (301, Some("/results/alice/hello/fedora-43-x86_64/"))
    );
    let page = service.page("/results/alice/hello/fedora-43-x86_64/").await;
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"));
    assert!(at("href=\"../\"") < at("00000001-a/"));
    assert!(at("00000001-a/") < at("00000002-b/"));
    assert!(at("00000002-b/") < at("&#60;script&#62;.txt"));
    assert!(!page.contains("<script>.txt"));
    assert!(service.page("/results/alice/hello/fedora-43-x86_64/00000002-b/").await.contains("2.0 KiB"));
    assert!(!service.page("/results/").await.contains("href=\"../\""));
    // A redirect never leads to another host.
    let doubled = service.get("/results//alice").await;
    assert_eq!(header(&doubled, "location"), Some("/results/alice/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_replaced_while_it_is_sent_arrives_as_it_was() {
    let service = Service::start().await;
    let old = vec![1; 32 << 20];
    service.publish("a/p/big.rpm", &old);
    let mut response = service.get("/results/a/p/big.rpm").await;
    let first = response.chunk().await.expect("a piece").expect("some bytes");
    let path = service.publish("a/p/big.rpm", &[2; 1 << 20]);
    std::fs::remove_file(path).expect("removing");
    let mut size = first.len();
    while let Some(piece) = response.chunk().await.expect("a piece") {
        assert!(piece.iter().all(|byte| *byte == 1));
        size += piece.len();
    }
    assert_eq!(size, old.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_short_while_it_is_sent_never_looks_whole() {
    let service = Service::start().await;
    let path = service.publish("a/p/big.rpm", b"x");
    let file = std::fs::OpenOptions::new().write(true).open(path).expect("the file");
    file.set_len(256 << 20).expect("growing");
    let mut response = service.get("/results/a/p/big.rpm").await;
    response.chunk().await.expect("a piece").expect("some bytes");
    file.set_len(1 << 20).expect("cutting");
    let end = loop {
        match response.chunk().await {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert!(end.is_err(), "the body claims to be complete");
}

/// In all orders of the two requests, the end of the server and two publications.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_gets_the_signature_of_what_it_has_whatever_happens_to_the_server_in_between() {
    const DIR: &str = "a/p/c";
    let mut service = Service::start().await;
    for generation in 1..=9 {
        let place = format!("{DIR}/.repodata/{generation:08}-1");
        service.publish(&format!("{place}/repomd.xml"), format!("metadata {generation}").as_bytes());
        service.publish(&format!("{place}/repomd.xml.asc"), format!("signature {generation}").as_bytes());
    }
    let place = service.app.store.results().join(DIR);
    let switch = |generation: usize| {
        symlink(format!(".repodata/{generation:08}-1"), place.join("fresh")).expect("a link");
        std::fs::rename(place.join("fresh"), place.join("repodata")).expect("a switch");
    };
    let mut generation = 1;
    switch(generation);
    for (before, after) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let read = async |service: &Service, name: &str| {
            service.get(&format!("/results/{DIR}/repodata/{name}")).await.text().await.expect("a text")
        };
        let metadata = read(&service, "repomd.xml").await;
        assert_eq!(metadata, format!("metadata {generation}"));
        let expected = format!("signature {generation}");
        generation += before;
        switch(generation);
        service.restart().await;
        generation += after;
        switch(generation);
        assert_eq!(
            read(&service, "repomd.xml.asc").await,
            expected,
            "{before} published before the end, {after} after"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_is_kept_is_found_by_its_number_with_its_packages() {
    const DIR: &str = "a/p/c";
    let service = Service::start().await;
    for generation in 1..=2 {
        service.publish(&format!("{DIR}/.repodata/{generation:08}-1/repomd.xml"), format!("{generation}").as_bytes());
    }
    service.publish(&format!("{DIR}/00000001-a/a.rpm"), b"package");
    let place = service.app.store.results().join(DIR);
    symlink(".repodata/00000002-1", place.join("repodata")).expect("a link");
    std::fs::create_dir(place.join("gen")).expect("a directory");
    symlink("../.repodata/00000001-1", place.join("gen/1")).expect("a link");
    symlink("../../../secret", place.join("gen/3")).expect("a link");
    let read = async |path: &str| {
        let answer = service.get(&format!("/results/{DIR}/{path}")).await;
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };
    assert_eq!(read("repodata/repomd.xml").await, (200, "2".to_owned()));
    assert_eq!(read("gen/1/repodata/repomd.xml").await, (200, "1".to_owned()));
    assert_eq!(read("gen/1/00000001-a/a.rpm").await, (200, "package".to_owned()));
    for gone in
        ["gen/2/repodata/repomd.xml", "gen/2/00000001-a/a.rpm", "gen/3/repodata/repomd.xml", "gen/1/", "gen/x/a"]
    {
        assert_eq!(read(gone).await.0, 404, "{gone}");
    }
}
