//! Who asks. A handler that needs somebody says so in its arguments.

use super::refused::Refused;
use crate::{Web, session};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use copr_db::account::Account;

/// The account whose session, or else whose login and token, came with the request. Without one the request ends with
/// the contract's 401.
#[derive(Debug)]
pub struct Login(pub Account);

impl FromRequestParts<Web> for Login {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Refused> {
        if let Some(account) = session::account(parts, web).await? {
            return Ok(Self(account));
        }
        let Some((login, token)) = credentials(&parts.headers) else { return Err(web.app.login_needed().into()) };
        Ok(Self(web.app.authenticate(&login, &token).await?))
    }
}

/// `<any word> base64(<login>:<token>)`: the scheme's word is not looked at, as Copr never did.
pub(crate) fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_scheme, encoded) = value.trim().split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (login, token) = text.split_once(':')?;
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
        assert_eq!(read("Whatever bG9naW46dG9rZW4="), Some(("login".to_owned(), "token".to_owned())));
    }

    #[test]
    fn what_is_malformed_is_nobody() {
        for bad in ["", "Basic", "Basic ", "Basic %%%", "Basic bG9naW4=", "bG9naW46dG9rZW4="] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
