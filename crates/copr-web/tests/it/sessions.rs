//! Sessions, and how one gets a first one by Kerberos. The Kerberos library itself is replaced: a token is the
//! principal's name.

use crate::server::{Answer, FEDORA, Server, read};
use copr_app::kerberos::Admission;
use copr_web::gssapi::{Accepted, Acceptor};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;
use std::sync::Arc;

const NO_CREDENTIALS: &str = "Can't log-in using GSSAPI: Kerberos authentication failed (no credentials provided)";

/// Believes everybody whose token ends with the realm.
#[derive(Debug)]
struct Gullible;

impl Acceptor for Gullible {
    fn accept(&self, token: &[u8]) -> Result<Accepted, String> {
        let principal = String::from_utf8(token.to_vec()).map_err(|error| error.to_string())?;
        match principal.ends_with("@TEST.EXAMPLE") {
            true => Ok(Accepted { principal, reply: Some(b"me too".to_vec()) }),
            false => Err("not of this realm".to_owned()),
        }
    }
}

fn open() -> Admission {
    let deny = vec![glob::Pattern::new("eve").expect("a pattern")];
    Admission { create_in: Some("people.example".to_owned()), deny }
}

async fn server(admission: Admission) -> Server {
    Server::start_as(|rules| rules.kerberos = admission, |web| web.with_gssapi(Arc::new(Gullible))).await
}

/// Asks to be let in as a principal.
async fn knock(server: &Server, principal: &str) -> Response {
    use base64::Engine;
    let token = base64::engine::general_purpose::STANDARD.encode(principal);
    let request = server.request(Method::GET, "/gssapi_login/").header("authorization", format!("Negotiate {token}"));
    request.send().await.expect("an answer")
}

/// The cookie that came with an answer, as a client sends it back.
fn cookie(response: &Response) -> Option<String> {
    let header = response.headers().get("set-cookie")?.to_str().expect("text");
    header.split(';').next().map(str::to_owned)
}

async fn session(server: &Server, principal: &str) -> String {
    cookie(&knock(server, principal).await).expect("a cookie")
}

async fn send(request: RequestBuilder) -> Answer {
    crate::server::send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_principal_becomes_an_account_with_a_session() {
    let server = server(open()).await;
    let welcome = knock(&server, "ada@TEST.EXAMPLE").await;
    assert_eq!(welcome.headers()["www-authenticate"], "Negotiate bWUgdG9v");
    let header = welcome.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(header.ends_with("; HttpOnly; Path=/; SameSite=Lax; Max-Age=2678400"), "{header}");
    let cookie = cookie(&welcome).expect("a cookie");
    let ada = read(welcome).await.ok();
    assert_eq!(ada["name"], "ada");

    let again = session(&server, "ada@TEST.EXAMPLE").await;
    assert_ne!(cookie, again);
    for cookie in [cookie, again] {
        let me = send(server.request(Method::GET, "/auth-check").header("cookie", &cookie)).await.ok();
        assert_eq!(me, ada);
        // Who has a session needs no proof.
        let login = server.request(Method::GET, "/gssapi_login").header("cookie", &cookie);
        assert_eq!(send(login).await.ok(), ada);
    }
    let accounts = copr_app::account::list(&server.app).await.expect("accounts");
    let mails: Vec<_> =
        accounts.iter().filter(|one| one.name.as_str() == "ada").map(|one| one.email.as_str()).collect();
    assert_eq!(mails, ["ada@people.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_offers_nothing_is_asked_and_who_offers_nonsense_is_refused() {
    let server = server(open()).await;
    let asked = server.request(Method::GET, "/gssapi_login").send().await.expect("an answer");
    assert_eq!(asked.headers()["www-authenticate"], "Negotiate");
    assert_eq!(read(asked).await.refusal(), (401, NO_CREDENTIALS));
    let broken = server.request(Method::GET, "/gssapi_login").header("authorization", "Negotiate ***");
    assert_eq!(send(broken).await.refusal(), (403, NO_CREDENTIALS));
    let stranger = knock(&server, "ada@ELSEWHERE.EXAMPLE").await;
    assert_eq!(cookie(&stranger), None);
    assert_eq!(read(stranger).await.refusal(), (403, NO_CREDENTIALS));
    let unusable = "Can't log-in using GSSAPI: invalid krb5 username, contact administrators: ";
    // Denied; no name; the administrator, who has no mail address and so is nobody of the realm.
    for principal in ["eve@TEST.EXAMPLE", "a b@TEST.EXAMPLE", "root@TEST.EXAMPLE"] {
        let answer = read(knock(&server, principal).await).await;
        assert_eq!(answer.refusal(), (403, format!("{unusable}{principal}").as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_kerberos_nobody_is_asked() {
    let server = Server::start().await;
    for path in ["/gssapi_login", "/gssapi_login/", "/gssapi_login/web-ui"] {
        let answer = server.request(Method::GET, path).header("authorization", "Negotiate aGVsbG8=");
        assert_eq!(send(answer).await.refusal(), (403, NO_CREDENTIALS));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_accounts_come_from_elsewhere_they_need_a_mail_address() {
    let server = server(Admission::default()).await;
    let text = |name: &str| {
        format!(
            "Valid GSSAPI authentication supplied for user '{name}', but this user doesn't exist in the Copr build \
             system.  Please log-in using the web-UI (without GSSAPI) first."
        )
    };
    // alice has no mail address.
    for name in ["alice", "nobody"] {
        let answer = read(knock(&server, &format!("{name}@TEST.EXAMPLE")).await).await;
        assert_eq!(answer.refusal(), (403, text(name).as_str()));
    }
    let carol = "carol".parse().expect("a name");
    copr_app::account::create(&server.app, &carol, "carol@example.org", false).await.expect("an account");
    assert_eq!(read(knock(&server, "carol@TEST.EXAMPLE").await).await.ok()["name"], "carol");
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_led_to_the_page_of_the_user() {
    let server = server(open()).await;
    let cookie = session(&server, "alice@TEST.EXAMPLE").await;
    let request = server.request(Method::GET, "/gssapi_login/web-ui").header("cookie", cookie);
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers()["location"], format!("{}/coprs/alice/", server.url));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_wins_over_a_token() {
    let server = server(open()).await;
    let cookie = session(&server, "alice@TEST.EXAMPLE").await;
    let check = |cookie: &str| {
        let request = server.request(Method::GET, "/auth-check").header("cookie", cookie);
        request.basic_auth(&server.bob.login, Some(&server.bob.token))
    };
    assert_eq!(send(check(&cookie)).await.ok()["name"], "alice");
    // A cookie that is no session counts for nothing.
    assert_eq!(send(check("session=nonsense")).await.ok()["name"], "bob");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_can_not_use_a_session() {
    let server = server(open()).await;
    let cookie = session(&server, "alice@TEST.EXAMPLE").await;
    let add = |name: &str| {
        let body = json!({"name": name, "chroots": [FEDORA]});
        server.request(Method::POST, "/project/add/alice").header("cookie", &cookie).json(&body)
    };
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        assert_eq!(send(add("foo").header(name, value)).await.status, 403, "{name}: {value}");
    }
    // A token has to be known, so it is believed from everywhere.
    let body = json!({"name": "bar", "chroots": [FEDORA]});
    let token = server.request(Method::POST, "/project/add/alice").header("origin", "https://ci.example").json(&body);
    send(token.basic_auth(&server.alice.login, Some(&server.alice.token))).await.ok();
    // python-requests says nothing, this service's own pages say that they are its own.
    send(add("foo")).await.ok();
    send(add("own").header("origin", &server.url).header("sec-fetch-site", "same-origin")).await.ok();
    let read = server.request(Method::GET, "/auth-check").header("cookie", &cookie);
    send(read.header("sec-fetch-site", "cross-site")).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_loses_its_sessions_for_good() {
    let server = server(open()).await;
    let cookie = session(&server, "bob@TEST.EXAMPLE").await;
    let check = async || send(server.request(Method::GET, "/auth-check").header("cookie", &cookie)).await.status;
    assert_eq!(check().await, 200);
    for disabled in [true, false] {
        copr_app::account::set_disabled(&server.app, "bob", disabled).await.expect("bob");
        assert_eq!(check().await, 401);
        if disabled {
            assert_eq!(knock(&server, "bob@TEST.EXAMPLE").await.status(), 403);
        }
    }
    assert_eq!(knock(&server, "bob@TEST.EXAMPLE").await.status(), 200);
}
