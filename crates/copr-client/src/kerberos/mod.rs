//! Login by Kerberos: a ticket for the service opens a session, which is good for some hours.

mod cache;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libgssapi::context::{ClientCtx, CtxFlags};
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_SPNEGO, GSS_NT_HOSTBASED_SERVICE};
use reqwest::{Method, Response, header};
use serde::Deserialize;
use serde_json::Value;

use crate::call::address;
use crate::transport::Transport;
use crate::{Message, Secret, Trouble, fetch};
use cache::Kept;

/// The answer to a login is short.
const LONGEST: usize = 64 << 10;

#[derive(Deserialize)]
struct Somebody {
    name: String,
}

/// The session that was kept, or else a new one.
pub(crate) async fn session(transport: &Transport) -> Result<Secret, Trouble> {
    let (place, now) = (cache::place(&transport.config().url), transport.clock().calendar());
    if let Some(kept) = place.as_deref().and_then(|place| cache::read(place, now)) {
        return Ok(kept.session);
    }
    let kept = opened(transport).await?;
    if let Some(place) = place {
        // Without it, the next program logs in once more.
        let _ = cache::write(&place, &kept, now);
    }
    Ok(kept.session)
}

/// Removes the session that was kept: the service does not take it any more.
pub(crate) fn forget(transport: &Transport) {
    if let Some(place) = cache::place(&transport.config().url) {
        let _ = std::fs::remove_file(place);
    }
}

async fn opened(transport: &Transport) -> Result<Kept, Trouble> {
    let mut url = address(&transport.config().url, &["api_3", "gssapi_login"]).map_err(Trouble::Argument)?;
    url.set_path(&format!("{}/", url.path()));
    let host = url.host_str().unwrap_or_default().to_owned();
    let token = tokio::task::spawn_blocking(move || token(&host)).await;
    let token = token.unwrap_or_else(|gone| Err(gone.to_string())).map_err(Trouble::Kerberos)?;
    let proof = (header::AUTHORIZATION, format!("Negotiate {}", STANDARD.encode(token)));
    let answer = fetch::open(transport, Method::GET, &url, &[proof]).await?;
    let (session, is_fine) = (cookie(&answer), answer.status().is_success());
    let text = fetch::whole(transport, answer, LONGEST).await?;
    let json: Value = serde_json::from_slice(&text).unwrap_or_default();
    match (Somebody::deserialize(&json), session) {
        (Ok(Somebody { name }), Some(session)) if is_fine => Ok(Kept { name, session }),
        _ => Err(Trouble::Kerberos(match json.get("error") {
            Some(told) => Message::of(told).to_string(),
            None => format!("`{url}` opens no session"),
        })),
    }
}

/// What proves to a service on a host who we are.
fn token(host: &str) -> Result<Vec<u8>, String> {
    let name = format!("HTTP@{host}");
    let name = Name::new(name.as_bytes(), Some(GSS_NT_HOSTBASED_SERVICE)).map_err(|error| error.to_string())?;
    let mut context = ClientCtx::new(None, name, CtxFlags::empty(), Some(GSS_MECH_SPNEGO));
    let token = context.step(None, None).map_err(|error| error.to_string())?;
    token.map(|token| token.to_vec()).ok_or_else(|| "the library gives no token".to_owned())
}

/// The value of the cookie `session`.
fn cookie(answer: &Response) -> Option<Secret> {
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
    let mut values = cookies.filter_map(|cookie| cookie.to_str().ok()?.strip_prefix("session="));
    let value = values.find_map(|cookie| cookie.split(';').next())?;
    Some(value.trim().into())
}
