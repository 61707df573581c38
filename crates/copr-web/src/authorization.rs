//! The `Authorization` header of the API: a login and a token, as a browser would send a name and a password.

use crate::{Web, session};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use copr_app::Refusal;
use copr_db::account::Account;

/// The account whose login and token are in the header. Without one the request is to end with the contract's 401.
pub async fn account(headers: &HeaderMap, web: &Web) -> Result<Account, Refusal> {
    let Some((login, token)) = credentials(headers) else { return Err(web.app.login_needed()) };
    web.app.authenticate(&login, &token).await
}

/// The account whose session, or else whose login and token, came with a request.
pub async fn of_request(parts: &Parts, web: &Web) -> Result<Account, Refusal> {
    match session::account(parts, web).await? {
        Some(account) => Ok(account),
        None => account(&parts.headers, web).await,
    }
}

/// `<any word> base64(<login>:<token>)`: the scheme's word is not looked at, as Copr never did.
pub fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_scheme, encoded) = value.trim().split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    // No login holds a NUL, and PostgreSQL refuses texts with one.
    let (login, token) = text.split_once(':').filter(|_| !text.contains('\0'))?;
    Some((login.to_owned(), token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(value: &'static str) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
        credentials(&headers)
    }

    #[test]
    fn a_login_and_a_token_come_out_of_the_header() {
        assert_eq!(read("Basic bG9naW46dG9rZW4="), Some(("login".to_owned(), "token".to_owned())));
        assert_eq!(read("Basic bG9naW46dG86a2Vu"), Some(("login".to_owned(), "to:ken".to_owned())));
        assert_eq!(read("Whatever bG9naW46dG9rZW4="), Some(("login".to_owned(), "token".to_owned())));
    }

    #[test]
    fn what_is_malformed_is_nobody() {
        for bad in ["", "Basic", "Basic ", "Basic %%%", "Basic bG9naW4=", "bG9naW46dG9rZW4=", "Basic AGw6dA=="] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
