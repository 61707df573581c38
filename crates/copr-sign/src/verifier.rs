//! Checking signatures with public keys alone, as clients do.

use std::fmt;

use pgp::composed::{Deserializable, DetachedSignature, SignedPublicKey};
use pgp::types::KeyDetails;

use crate::Error;

/// What begins each key of a file.
const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/// Public keys that signatures are checked with.
pub struct Verifier {
    keys: Vec<SignedPublicKey>,
}

impl Verifier {
    /// The keys of a file such as `pubkey.gpg`: one armored block or several, each of one key or several.
    pub fn read(armored: &str) -> Result<Verifier, Error> {
        let mut keys = Vec::new();
        let begins: Vec<usize> = armored.match_indices(BEGIN).map(|(at, _)| at).collect();
        let ends = begins.iter().skip(1).copied().chain([armored.len()]);
        for (begin, end) in begins.iter().copied().zip(ends) {
            let (parsed, _) = SignedPublicKey::from_string_many(&armored[begin..end]).map_err(|_| Error::BadKey)?;
            for key in parsed {
                let key = key.map_err(|_| Error::BadKey)?;
                key.verify_bindings().map_err(|_| Error::BadKey)?;
                keys.push(key);
            }
        }
        if keys.is_empty() { Err(Error::BadKey) } else { Ok(Verifier { keys }) }
    }

    /// Which keys these are, as [`crate::PublicKey::fingerprint`].
    pub fn fingerprints(&self) -> Vec<String> {
        self.keys.iter().map(|key| hex::encode(key.fingerprint().as_bytes())).collect()
    }

    /// Whether an armored block, such as `repomd.xml.asc`, is a signature of `data` by one of the keys. Where it holds
    /// several, the first one of a known key decides, as with dnf (see [`crate::combine`]).
    pub fn accepts_armored(&self, armored: &str, data: &[u8]) -> bool {
        let Ok((parsed, _)) = DetachedSignature::from_string_many(armored) else { return false };
        parsed.flatten().find_map(|signature| self.judge(&signature, data)).unwrap_or(false)
    }

    /// Whether a packet, such as those that packages carry, is a signature of `data` by one of the keys.
    pub fn accepts(&self, packet: &[u8], data: &[u8]) -> bool {
        DetachedSignature::from_bytes(packet).is_ok_and(|signature| self.judge(&signature, data) == Some(true))
    }

    /// None when it is by none of the keys.
    fn judge(&self, signature: &DetachedSignature, data: &[u8]) -> Option<bool> {
        let issuers = signature.signature.issuer_key_id();
        let key = self.keys.iter().find(|key| issuers.iter().any(|id| **id == key.legacy_key_id()))?;
        Some(signature.verify(key, data).is_ok())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Verifier").field(&self.fingerprints()).finish()
    }
}
