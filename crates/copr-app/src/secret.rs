//! Tokens: made here, shown once, stored as hashes, compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Lower-case ASCII letters, as Copr's tokens are made of (api-v3 contract, "Authentication").
fn letters(count: usize) -> String {
    let mut rng = rand::rng();
    (0..count).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect()
}

/// A login: 20 letters. It is not the user's name.
pub fn login() -> String {
    letters(20)
}

/// A token: 30 letters, 141 bits.
pub fn token() -> String {
    letters(30)
}

/// A builder's token: 48 letters.
pub fn builder_token() -> String {
    format!("coprd-builder-{}", letters(48))
}

/// What a session's cookie holds: 48 letters, 225 bits.
pub fn session() -> String {
    letters(48)
}

/// A secret of a project's web hooks: a random UUID (version 4, RFC 9562), as Copr's are.
pub fn webhook() -> String {
    let mut bytes: [u8; 16] = rand::rng().random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex::encode(bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

/// What is stored of a token.
pub fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Whether a token is the one of a stored hash.
pub fn matches(token: &str, stored: &str) -> bool {
    hash(token).as_bytes().ct_eq(stored.as_bytes()).into()
}

/// Whether two secrets are the same, in a time that says nothing about how much of them is.
pub fn is_same(said: &str, secret: &str) -> bool {
    said.as_bytes().ct_eq(secret.as_bytes()).into()
}

/// Whether a signature is that of a body: HMAC with SHA-256 under a secret, hex.
pub fn is_signed(secret: &str, body: &[u8], signature: &str) -> bool {
    let Ok(signature) = hex::decode(signature) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(&signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_that_forges_make() {
        // The example of GitHub's documentation ("Validating webhook deliveries").
        let (secret, body) = ("It's a Secret to Everybody", b"Hello, World!");
        let right = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert!(is_signed(secret, body, right));
        assert!(is_signed(secret, body, &right.to_uppercase()));
        for (secret, body, signature) in [
            ("It's another", &b"Hello, World!"[..], right),
            (secret, b"Hello, World", right),
            (secret, b"Hello, World!", &right[2..]),
            (secret, b"Hello, World!", ""),
            (secret, b"Hello, World!", "no hex"),
        ] {
            assert!(!is_signed(secret, body, signature));
        }
    }
}
