//! Login by Kerberos: the only way in that needs no token first.

use super::refused::Refused;
use crate::{Web, gssapi, session};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use copr_app::{Refusal, kerberos};
use copr_db::account::Account;
use copr_wire::v3::{Identity, Problem};

/// Somebody who has a session, or got one now by proving a Kerberos identity.
#[derive(Debug)]
pub struct Arrival {
    account: Account,
    headers: Vec<(header::HeaderName, HeaderValue)>,
}

/// `GET /gssapi_login`
pub async fn login(arrival: Arrival) -> impl IntoResponse {
    let Account { id, name, .. } = arrival.account;
    (AppendHeaders(arrival.headers), Json(Identity { id: id.0, name: name.to_string() }))
}

/// `GET /gssapi_login/web-ui`: to the user's page.
pub async fn login_web_ui(State(web): State<Web>, arrival: Arrival) -> impl IntoResponse {
    let page = format!("{}/coprs/{}/", web.app.rules.public_url, arrival.account.name);
    (StatusCode::FOUND, AppendHeaders(arrival.headers), [(header::LOCATION, page)])
}

impl FromRequestParts<Web> for Arrival {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        if let Some(account) = session::account(parts, web).await.map_err(refuse)? {
            return Ok(Self { account, headers: Vec::new() });
        }
        let Some(acceptor) = web.gssapi.clone() else { return Err(refuse(kerberos::no_credentials())) };
        let token = match gssapi::offer(&parts.headers) {
            gssapi::Offer::Token(token) => token,
            gssapi::Offer::Broken => return Err(refuse(kerberos::no_credentials())),
            gssapi::Offer::Nothing => return Err(invite()),
        };
        let accepted = gssapi::accept(acceptor, token).await.map_err(|reason| {
            tracing::info!(reason, "a login by Kerberos failed");
            refuse(kerberos::no_credentials())
        })?;
        let account = kerberos::account(&web.app, &accepted.principal).await.map_err(refuse)?;
        let secret = copr_app::session::open(&web.app, &account).await.map_err(refuse)?;
        let mut headers = vec![(header::WWW_AUTHENTICATE, gssapi::negotiate(accepted.reply.as_deref()))];
        headers.extend(session::cookie(&secret, &web.app.rules.public_url).map(|cookie| (header::SET_COOKIE, cookie)));
        Ok(Self { account, headers })
    }
}

fn refuse(refusal: Refusal) -> Response {
    Refused::from(refusal).into_response()
}

/// Browsers and older clients send no token before they are asked for one.
fn invite() -> Response {
    let problem = Problem { output: None, error: kerberos::no_credentials().message };
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, gssapi::negotiate(None))], Json(problem)).into_response()
}
