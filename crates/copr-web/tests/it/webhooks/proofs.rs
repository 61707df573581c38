//! What proves who calls, and how much may be sent.

use super::{COMMIT, Hooked, commit};
use crate::server::Server;
use copr_app::secret;
use serde_json::json;

const URL: &str = "https://example.org/ada/engine.git";

fn push() -> String {
    let change = commit(COMMIT, &["a"], &[], &[]);
    json!({"ref": "refs/heads/main", "after": COMMIT, "commits": [change], "repository": {"clone_url": URL},
           "project": {"git_http_url": URL}})
    .to_string()
}

/// HMAC with SHA-256, by a program that forges' people use to try it.
fn signature(key: &str, body: &str) -> String {
    use std::io::Write;
    use std::process::Stdio;
    let mut openssl = copr_testkit::command("openssl")
        .args(["dgst", "-sha256", "-hmac", key, "-r"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl");
    openssl.stdin.take().expect("its input").write_all(body.as_bytes()).expect("it reads");
    let said = openssl.wait_with_output().expect("it ends").stdout;
    String::from_utf8(said).expect("text").split_whitespace().next().expect("a digest").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_is_there_has_to_be_right() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({})).await;
    let body = push();
    let (right, wrong) = (signature(&hooked.secret, &body), signature("another", &body));
    assert!(secret::is_signed(&hooked.secret, body.as_bytes(), &right));
    let prefixed = |digest: &str| format!("sha256={digest}");
    let mut built = 0;
    for (forge, event, name, value, taken) in [
        ("github", "x-github-event", "x-hub-signature-256", prefixed(&right), true),
        ("github", "x-github-event", "x-hub-signature-256", prefixed(&wrong), false),
        ("github", "x-github-event", "x-hub-signature-256", "nonsense".to_owned(), false),
        ("github", "x-github-event", "x-hub-signature", "sha1=0123".to_owned(), true),
        ("forgejo", "x-forgejo-event", "x-forgejo-signature", right.clone(), true),
        ("forgejo", "x-forgejo-event", "x-forgejo-signature", wrong.clone(), false),
        ("forgejo", "x-gitea-event", "x-gitea-signature", wrong.clone(), false),
        ("forgejo", "x-gitea-event", "x-gitea-signature", String::new(), true),
        ("bitbucket", "x-event-key", "x-hub-signature", prefixed(&wrong), false),
        ("gitlab", "x-gitlab-event", "x-gitlab-token", hooked.secret.clone(), true),
        ("gitlab", "x-gitlab-event", "x-gitlab-token", "another".to_owned(), false),
    ] {
        let headers = [(event, "push"), (name, value.as_str())];
        let (status, text) = hooked.call(&hooked.door(forge, ""), &headers, body.clone()).await;
        if taken {
            built += 1;
            assert_eq!((status, text.as_str()), (200, "OK"), "{forge} {name}: {value}");
        } else {
            assert!(
                status == 403 && text.contains("the signature is not one"),
                "{forge} {name}: {value}: {status} {text}"
            );
            let last = &hooked.history().await[0];
            assert_eq!(
                (&last["outcome"], &last["forge"], &last["event"]),
                (&json!("refused"), &json!(forge), &json!("push"))
            );
        }
        assert_eq!(hooked.builds().await.len(), built, "{forge} {name}: {value}");
    }
    // A script's door, too: whoever signs there has been told the secret.
    hooked.script("script").await;
    let headers = [("x-hub-signature-256", prefixed(&wrong))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = hooked.call(&hooked.door("custom", "script"), &headers, body).await;
    assert_eq!(answer, (403, "BAD_SIGNATURE\n".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_is_refused_in_words() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.script("script").await;
    let large = vec![b' '; (25 << 20) + 1];
    for door in [hooked.door("github", ""), hooked.door("custom", "script")] {
        let answer = hooked.call(&door, &[("x-github-event", "push")], large.clone()).await;
        assert_eq!(answer, (413, "The payload is too large: it can have 25 MiB.".to_owned()));
        assert_eq!(hooked.history().await[0]["outcome"], "refused");
    }
    assert!(hooked.server.uploads().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_ends_the_old_one() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({})).await;
    let headers = [("x-github-event", "push")];
    assert_eq!(hooked.call(&hooked.door("github", ""), &headers, push()).await.0, 200);
    let server = &hooked.server;
    server.post(&server.alice, "/webhook/generate/alice/p", json!({})).await.ok();
    assert_eq!(hooked.call(&hooked.door("github", ""), &headers, push()).await.0, 403);
    // A project that never had one has no door.
    let other = server.project("q").await["id"].as_i64().expect("a number");
    for secret in ["", "None", "null"] {
        let path = format!("/webhooks/github/{other}/{secret}/");
        assert!([403, 404].contains(&hooked.call(&path, &headers, push()).await.0), "{path}");
    }
}
