//! Proof of identity by Kerberos: the `Negotiate` scheme of HTTP (RFC 4559), one round trip.
//!
//! What the tokens mean is known to the system's GSSAPI library alone, and only builds with the feature `gssapi` call
//! it; everything around it knows no more than [`Acceptor`]. A mechanism that wants more than one round trip is
//! refused: Kerberos never does, and requests carry no state that a second one could build on.

#[cfg(feature = "gssapi")]
mod library;

#[cfg(feature = "gssapi")]
pub use library::Library;

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

/// Whether this program can call the system's GSSAPI library.
pub const BUILT_IN: bool = cfg!(feature = "gssapi");

/// Says whom a token proves. Calls may block.
pub trait Acceptor: Send + Sync + std::fmt::Debug {
    /// Takes a client's token; an error is a sentence for the log.
    fn accept(&self, token: &[u8]) -> Result<Accepted, String>;
}

/// Somebody proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// As Kerberos writes it: `ada@EXAMPLE.ORG`.
    pub principal: String,
    /// The service's own proof, for clients that want one.
    pub reply: Option<Vec<u8>>,
}

/// What came in the `Authorization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// No attempt at this scheme: the client may not know that it is there.
    Nothing,
    /// A token.
    Token(Vec<u8>),
    /// The scheme, and behind it what is no token.
    Broken,
}

/// Reads the header.
pub fn offer(headers: &HeaderMap) -> Offer {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, encoded) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    if !scheme.eq_ignore_ascii_case("negotiate") {
        return Offer::Nothing;
    }
    match STANDARD.decode(encoded.trim()) {
        Ok(token) if !token.is_empty() => Offer::Token(token),
        _ => Offer::Broken,
    }
}

/// The `WWW-Authenticate` header: the invitation, or the service's reply.
pub fn negotiate(reply: Option<&[u8]>) -> HeaderValue {
    let text = reply.map(|reply| format!("Negotiate {}", STANDARD.encode(reply)));
    // Base64 is always a header's text.
    text.and_then(|text| text.parse().ok()).unwrap_or(HeaderValue::from_static("Negotiate"))
}

/// Asks an acceptor, off the runtime's threads.
pub async fn accept(acceptor: Arc<dyn Acceptor>, token: Vec<u8>) -> Result<Accepted, String> {
    let asked = tokio::task::spawn_blocking(move || acceptor.accept(&token)).await;
    asked.unwrap_or_else(|gone| Err(gone.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_out_of_the_header() {
        for (value, expected) in [
            ("Negotiate aGVsbG8=", Offer::Token(b"hello".to_vec())),
            ("negotiate  aGVsbG8= ", Offer::Token(b"hello".to_vec())),
            ("Negotiate", Offer::Broken),
            ("Negotiate ***", Offer::Broken),
            ("Basic aGVsbG8=", Offer::Nothing),
            ("", Offer::Nothing),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
            assert_eq!(offer(&headers), expected, "{value}");
        }
        assert_eq!(offer(&HeaderMap::new()), Offer::Nothing);
    }

    #[test]
    fn the_reply_goes_back_in_the_same_form() {
        assert_eq!(negotiate(None), "Negotiate");
        assert_eq!(negotiate(Some(b"hello")), "Negotiate aGVsbG8=");
    }
}
