//! Repositories are cloned by git, as files and by whatever serves files.

use crate::fixture::{Place, f, git, import};
use copr_distgit::Repository;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

/// Serves the files of a directory to everybody who asks, and nothing else, until the test's end.
fn serve(root: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let root = root.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let root = root.clone();
            std::thread::spawn(move || answer(stream, &root));
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, root: &Path) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    while let Some(Ok(line)) = lines.next() {
        let address = line.split(' ').nth(1)?.split('?').next()?.trim_start_matches('/').to_owned();
        while lines.next()?.ok()?.is_empty().then_some(()).is_none() {}
        let path: PathBuf = root.join(address);
        let (status, body) = match std::fs::read(path) {
            Ok(body) => ("200 OK", body),
            Err(_) => ("404 Not Found", Vec::new()),
        };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).ok()?;
        stream.write_all(&body).ok()?;
    }
    Some(())
}

fn two_builds(repository: &Repository) {
    import(repository, &[f(43), f(44)], &[("hello.spec", b"1\n"), ("x.tar", b"\0")]).unwrap();
    import(repository, &[f(44)], &[("hello.spec", b"2\n"), ("x.tar", b"\0")]).unwrap();
}

#[test]
fn git_clones_the_directory() {
    let place = Place::new();
    let repository = place.repository("hello");
    two_builds(&repository);
    let (to, from) = (place.dir.path().join("clone"), format!("file://{}", repository.path().display()));
    git(place.dir.path(), &["clone", "-q", "-b", "f43", &from, to.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(to.join("hello.spec")).unwrap(), "1\n");
    assert_eq!(git(&to, &["log", "--format=%H", "origin/f44"]).lines().count(), 2);
}

#[test]
fn git_clones_and_fetches_from_any_server_of_files() {
    let place = Place::new();
    let repository = place.repository("hello");
    two_builds(&repository);
    let (to, from) =
        (place.dir.path().join("clone"), format!("{}/hello.git", serve(repository.path().parent().unwrap())));
    git(place.dir.path(), &["clone", "-q", &from, to.to_str().unwrap()]);
    assert_eq!(git(&to, &["rev-parse", "--abbrev-ref", "HEAD"]), "f44", "the newest there is");
    assert_eq!(std::fs::read_to_string(to.join("hello.spec")).unwrap(), "2\n");
    git(&to, &["checkout", "-q", "f43"]);
    assert_eq!(std::fs::read_to_string(to.join("hello.spec")).unwrap(), "1\n");
    let third = import(&repository, &[f(43), f(44)], &[("hello.spec", b"3\n")]).unwrap().made[0];
    git(&to, &["pull", "-q", "--ff-only"]);
    assert_eq!(git(&to, &["rev-parse", "HEAD"]), third.to_string());
    git(&to, &["fsck", "--strict", "--no-progress"]);
}
