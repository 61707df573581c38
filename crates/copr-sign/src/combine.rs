//! Several signatures in one armored block.

use pgp::armor::{self, BlockType};
use pgp::composed::{Deserializable, DetachedSignature};

use crate::Error;

/// Joins armored detached signatures into one block, in their order, at most `most` of them. A block
/// given may itself hold several.
///
/// What it is good for: signatures of the *same* data by several keys, when a project changes its key.
/// A client that knows one of the keys is content, whatever the order (seen with dnf 4.14 and GnuPG 2.2).
///
/// What it is no good for: signatures of *other* data, such as the `repomd.xml` of the generation before,
/// so that a client which fetched that and then the new `repomd.xml.asc` would find one that fits.
/// GnuPG in batch mode, as gpgme and so librepo run it, gives up at the first bad signature: only
/// one that fits *and comes first* is accepted.
pub fn combine<'a>(blocks: impl IntoIterator<Item = &'a str>, most: usize) -> Result<String, Error> {
    let mut signatures: Vec<DetachedSignature> = Vec::new();
    for block in blocks {
        let (parsed, _) = DetachedSignature::from_string_many(block).map_err(|_| Error::BadSignature)?;
        let mut found = false;
        for signature in parsed {
            let signature = signature.map_err(|_| Error::BadSignature)?;
            found = true;
            if !signatures.contains(&signature) {
                signatures.push(signature);
            }
        }
        if !found {
            return Err(Error::BadSignature);
        }
    }
    signatures.truncate(most);
    if signatures.is_empty() {
        return Err(Error::BadSignature);
    }
    let mut bytes = Vec::new();
    // With the CRC-24: rpm and old GnuPG want it.
    armor::write(&signatures, BlockType::Signature, &mut bytes, None, true).map_err(|_| Error::BadSignature)?;
    String::from_utf8(bytes).map_err(|_| Error::BadSignature)
}
