//! Git repositories over HTTP, for git and for people.

use crate::service::{Service, header};
use copr_app::distgit;
use copr_distgit::{Branch, Commit};
use reqwest::Method;
use sha2::{Digest, Sha512};
use std::path::Path;

const BINARY: &[u8] = b"\x1f\x8b\x08\x00 no text";

/// Imports sources of the package `tool` of `alice/hello:custom:x`; gives the commit.
fn import(service: &Service, spec: &str) -> String {
    let (owner, dir) = ("alice".parse().unwrap(), "hello:custom:x".to_owned().into());
    let repository = distgit::repository(&service.app, &owner, &dir, &"tool".parse().unwrap());
    let mut import = repository.import().unwrap();
    import.add(&["tool.spec"], false, spec.len() as u64, &mut spec.as_bytes()).unwrap();
    import.add(&["<b>.html"], false, 8, &mut &b"<script>"[..]).unwrap();
    import.add(&["tool.tar.gz"], false, BINARY.len() as u64, &mut &BINARY[..]).unwrap();
    let commit = Commit { author: "alice".into(), email: String::new(), time: 1, message: "import of <tool>".into() };
    let branches = ["fedora-43-x86_64", "fedora-rawhide-x86_64"].map(|chroot| Branch::of(&chroot.parse().unwrap()));
    import.commit(&branches, &commit).unwrap().commits[&branches[0]].to_string()
}

const PLACE: &str = "alice/hello:custom:x/tool";

fn git(dir: &Path, arguments: &[&str]) -> std::process::Output {
    let mut git = copr_testkit::command("git");
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    git.arg("-C").arg(dir).args(arguments).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn git_clones_a_branch_and_fetches_what_is_new() {
    let service = Service::start().await;
    import(&service, "1");
    let scratch = copr_testkit::temp_dir();
    let url = format!("http://{}/dist-git/{PLACE}", service.address);
    let clone = scratch.path().join("clone");
    let done = git(scratch.path(), &["clone", "-q", "-b", "f43", &url, "clone"]);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(std::fs::read_to_string(clone.join("tool.spec")).unwrap(), "1");
    let second = import(&service, "2");
    let done = git(&clone, &["pull", "-q", "--ff-only"]);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(String::from_utf8_lossy(&git(&clone, &["rev-parse", "origin/f43"]).stdout).trim(), second);
    let shallow = git(scratch.path(), &["clone", "-q", "--depth", "1", &url, "shallow"]);
    assert!(String::from_utf8_lossy(&shallow.stderr).contains("dumb http"), "{shallow:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_asked_for_again_and_what_stays_is_not() {
    let service = Service::start().await;
    let commit = import(&service, "1");
    let refs = service.get(&format!("/dist-git/{PLACE}.git/info/refs?service=git-upload-pack")).await;
    assert_eq!((refs.status().as_u16(), header(&refs, "cache-control")), (200, Some("no-cache")));
    assert_eq!(refs.text().await.unwrap(), format!("{commit}\trefs/heads/f43\n{commit}\trefs/heads/master\n"));
    let object = format!("/dist-git/{PLACE}.git/objects/{}/{}", &commit[..2], &commit[2..]);
    let object = service.get(&object).await;
    assert_eq!(
        (object.status().as_u16(), header(&object, "cache-control")),
        (200, Some("public, max-age=31536000, immutable"))
    );
    let moved = service.get(&format!("/dist-git/{PLACE}/info/refs?service=git-upload-pack")).await;
    let to = format!("/dist-git/{PLACE}.git/info/refs?service=git-upload-pack");
    assert_eq!((moved.status().as_u16(), header(&moved, "location")), (301, Some(to.as_str())));
    for hidden in ["config", "coprd.lock", "incoming/", "look-aside/", "refs/heads/f43", "..%2fx"] {
        let answer = service.get(&format!("/dist-git/{PLACE}.git/{hidden}")).await;
        assert_eq!(answer.status(), 404, "{hidden}");
    }
    for nowhere in ["/dist-git/alice/none/tool.git/HEAD", "/dist-git/alice/hello:custom:x/none.git/info/refs"] {
        assert_eq!(service.get(nowhere).await.status(), 404, "{nowhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn look_aside_files_come_by_their_digests_whole_or_in_parts() {
    let service = Service::start().await;
    import(&service, "1");
    let digest = hex::encode(Sha512::digest(BINARY));
    let path = format!("/repo/pkgs/{PLACE}/tool.tar.gz/sha512/{digest}/tool.tar.gz");
    let whole = service.get(&path).await;
    assert_eq!((whole.status().as_u16(), header(&whole, "content-encoding")), (200, None));
    let tag = header(&whole, "etag").expect("a tag").to_owned();
    assert_eq!(whole.bytes().await.unwrap(), BINARY);
    let part = service.request(Method::GET, &path).header("range", "bytes=0-1").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.bytes().await.unwrap().as_ref()), (206, &BINARY[..2]));
    let again = service.request(Method::GET, &path).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let other = hex::encode(Sha512::digest(b"other"));
    for wrong in [
        format!("/repo/pkgs/{PLACE}/tool.tar.gz/sha512/{other}/tool.tar.gz"),
        format!("/repo/pkgs/{PLACE}/tool.tar.gz/md5/{digest}/tool.tar.gz"),
        format!("/repo/pkgs/{PLACE}/tool.tar.gz/sha512/{digest}/else"),
        format!("/repo/pkgs/{PLACE}/tool.tar.gz/sha512/xx/tool.tar.gz"),
        format!("/repo/pkgs/alice/hello/tool/tool.tar.gz/sha512/{digest}/tool.tar.gz"),
    ] {
        assert_eq!(service.get(&wrong).await.status(), 404, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_branches_commits_and_files() {
    let service = Service::start().await;
    let (first, second) = (import(&service, "1"), import(&service, "2"));
    let page = service.get(&format!("/dist-git/{PLACE}.git/")).await.text().await.unwrap();
    for part in [
        "git clone https://copr.example.org/dist-git/alice/hello:custom:x/tool.git",
        "import of &#60;tool&#62;",
        &format!("/commit/{first}"),
        &format!("/plain/{second}/tool.spec"),
        "&#60;b&#62;.html",
        "/repo/pkgs/alice/hello:custom:x/tool/tool.tar.gz/sha512/",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let old = service.get(&format!("/dist-git/{PLACE}.git/plain/{first}/tool.spec")).await;
    assert_eq!(header(&old, "content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(old.text().await.unwrap(), "1");
    assert_eq!(service.get(&format!("/dist-git/{PLACE}.git/commit/{first}")).await.status(), 200);
    for nothing in ["commit/abc", &format!("commit/{}", "ab".repeat(20)), &format!("plain/{first}/none")] {
        assert_eq!(service.get(&format!("/dist-git/{PLACE}.git/{nothing}")).await.status(), 404, "{nothing}");
    }
}
