//! Passwords, tokens and keys are in no log, and in nothing that is published.

use crate::stage::{Stage, launch, read, unpacked, upload};
use copr_testkit::builder::{Account, Builder};
use std::path::{Path, PathBuf};

/// All plain files below a directory; links are not followed.
fn files(directory: &Path, skip: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("a kind"));
        if skip.iter().any(|name| entry.file_name().to_string_lossy().starts_with(name)) {
            continue;
        }
        if kind.is_dir() {
            files(&path, skip, found);
        } else if kind.is_file() {
            found.push(path);
        }
    }
}

fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret)
}

#[test]
fn no_log_and_no_result_holds_a_secret() {
    // As much as can be logged, short of what the libraries below say about each packet.
    let talkative = launch().argument("--no-builder").setting("log.level", "debug,hyper=info,h2=info");
    let stage = Stage::set(talkative);
    let mut builder = Builder::start(&stage.service, "b1", &stage.path("b1"), Account::Own).expect("a builder");
    let project = stage.project("secrets");
    stage.end(&project, upload(&project, "peek.src.rpm", &stage.srpm("peek"))).succeeded();
    let failed = stage.end(&project, upload(&project, "broken.src.rpm", &stage.srpm("broken")));
    assert_eq!(failed.state, "failed");
    let nobody = copr_testkit::http::Client::new(stage.service.address());
    let token = stage.service.setting("token").expect("a token").to_owned();
    // A right token with a wrong login is logged by many who mean well.
    let refused = nobody.with_token("wrong", &token).post_json("/api_3/build/create/url", &serde_json::json!({}));
    assert_eq!(refused.expect("an answer").status, 401);

    let mut secrets = vec![
        ("the login of the API", stage.service.setting("login").expect("a login").as_bytes().to_vec()),
        ("the token of the API", token.into_bytes()),
        ("the builder's token", read(&stage.path("b1/token")).trim_ascii().to_vec()),
        ("a private key", b"PRIVATE KEY".to_vec()),
    ];
    let mut keys = Vec::new();
    files(&stage.service.data_dir().join("keys"), &[], &mut keys);
    assert!(!keys.is_empty(), "there is a key to look for");
    // The public half is at the beginning, so look for what is at the end.
    for key in keys.iter().map(|path| read(path)).filter(|key| key.len() > 64) {
        let end = key.trim_ascii_end();
        let lines: Vec<&[u8]> = end.split(|byte| *byte == b'\n').filter(|line| line.len() >= 40).collect();
        let text = if end.is_ascii() { lines.last().map(|line| line.to_vec()) } else { None };
        secrets.push(("a key's own bytes", text.unwrap_or_else(|| end[end.len() - 32..].to_vec())));
    }

    // It clears its desk after the last word; nobody may write while we read.
    builder.terminate().expect("the builder ends");
    let mut looked = Vec::new();
    // Not where secrets belong: the key store, the database, the files that hand them over; nor the distribution.
    let belong = ["keys", "coprd.sqlite", "copr.conf", "coprd.out", "token", "trees", "layers", "dnf", "srpms"];
    files(stage.directory.path(), &belong, &mut looked);
    for log in ["coprd.log", "builder.log", "backend.log.gz", "builder-live.log.gz", "root.log.gz"] {
        assert!(looked.iter().any(|path| path.ends_with(log)), "{log} is looked at");
    }
    for path in &looked {
        let mut bytes = read(path);
        if path.extension().is_some_and(|extension| extension == "gz") {
            bytes.extend(unpacked(path));
        }
        for (what, secret) in &secrets {
            assert!(!holds(&bytes, secret), "{what} is in {}", path.display());
        }
    }
}
