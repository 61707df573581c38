//! Just enough of OpenPGP (RFC 9580 §4.2, §5.2) to say who made a signature.

use serde::{Deserialize, Serialize};

/// What a signature says about itself; nothing is verified here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureFacts {
    /// The signer's 64-bit key id as 16 lower-case hexadecimal digits.
    pub key_id: Option<String>,
    /// OpenPGP's number of the public key algorithm: 1 RSA, 17 DSA, 19 ECDSA, 22 EdDSA, 27 Ed25519.
    pub algorithm: u8,
    /// OpenPGP's number of the hash algorithm: 8 is SHA-256.
    pub hash: u8,
}

impl SignatureFacts {
    /// Reads one signature packet; None when it is none, or damaged.
    pub fn of(packet: &[u8]) -> Option<SignatureFacts> {
        let body = signature_body(packet)?;
        match *body.first()? {
            // v3: version, 5, type, time (4), key id (8), algorithm, hash
            3 => Some(SignatureFacts {
                key_id: Some(hex::encode(body.get(7..15)?)),
                algorithm: *body.get(15)?,
                hash: *body.get(16)?,
            }),
            // v4: version, type, algorithm, hash, then two areas with 16-bit lengths; v6: 32-bit
            version @ (4 | 6) => {
                let (algorithm, hash) = (*body.get(2)?, *body.get(3)?);
                let (hashed, rest) = area(body.get(4..)?, version)?;
                let (unhashed, _) = area(rest, version)?;
                let key_id = issuer(hashed).or_else(|| issuer(unhashed));
                Some(SignatureFacts { key_id, algorithm, hash })
            }
            _ => None,
        }
    }
}

fn signature_body(packet: &[u8]) -> Option<&[u8]> {
    const SIGNATURE: u8 = 2;
    let first = *packet.first()?;
    let rest = packet.get(1..)?;
    let (tag, length, skip) = match first {
        // new format
        0xc0.. => {
            let (length, skip) = new_length(rest)?;
            (first & 0x3f, length, skip)
        }
        // old format: tag in bits 5-2, size of the length in bits 1-0
        0x80..=0xbf => {
            let skip = match first & 3 {
                0 => 1,
                1 => 2,
                2 => 4,
                _ => return None,
            };
            (first >> 2 & 0x0f, big_endian(rest.get(..skip)?), skip)
        }
        _ => return None,
    };
    (tag == SIGNATURE).then(|| rest.get(skip..skip.checked_add(length)?))?
}

/// The lengths of new-format packets and of subpackets: one, two or five octets.
fn new_length(bytes: &[u8]) -> Option<(usize, usize)> {
    match *bytes.first()? {
        first @ 0..=191 => Some((first.into(), 1)),
        first @ 192..=223 => Some(((usize::from(first) - 192) * 256 + usize::from(*bytes.get(1)?) + 192, 2)),
        255 => Some((big_endian(bytes.get(1..5)?), 5)),
        _ => None,
    }
}

fn area(bytes: &[u8], version: u8) -> Option<(&[u8], &[u8])> {
    let width = if version == 6 { 4 } else { 2 };
    let length = big_endian(bytes.get(..width)?);
    let rest = bytes.get(width..)?;
    Some((rest.get(..length)?, rest.get(length..)?))
}

fn issuer(mut area: &[u8]) -> Option<String> {
    let mut from_fingerprint = None;
    while !area.is_empty() {
        let (length, skip) = new_length(area)?;
        let subpacket = area.get(skip..skip.checked_add(length)?)?;
        match (subpacket.first()? & 0x7f, subpacket.get(1..)?) {
            (16, id) if id.len() == 8 => return Some(hex::encode(id)),
            // The key id of a v4 key is the end of its fingerprint.
            (33, [4, fingerprint @ ..]) if fingerprint.len() == 20 => {
                from_fingerprint = Some(hex::encode(&fingerprint[12..]));
            }
            // … of a v6 key the beginning.
            (33, [6, fingerprint @ ..]) if fingerprint.len() == 32 => {
                from_fingerprint = Some(hex::encode(&fingerprint[..8]));
            }
            _ => {}
        }
        area = area.get(skip + length..)?;
    }
    from_fingerprint
}

fn big_endian(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}
