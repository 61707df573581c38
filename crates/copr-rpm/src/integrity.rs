//! Whether a package's bytes are those that it names: the digests and lengths in its headers.
//!
//! rpm refuses to install a package of which one of these is wrong, whoever has signed it: so it must be neither signed
//! nor published. No signature is looked at here.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::header::Headers;
use crate::tags::signature::{LONG_SIZE, MD5, SHA256, SIZE};
use crate::tags::{PAYLOAD_DIGEST, PAYLOAD_DIGEST_ALGORITHM};

/// SHA-256 among the numbers that OpenPGP, and so rpm, gives to digests.
const BY_SHA256: u32 = 8;

/// Reads the whole package at `path` and compares it with what its headers say: SHA-256 of header and payload since
/// rpm 4.14, MD5 of both together before. A package that names no digest must at least be as long as it says.
pub fn check(path: &Path) -> Result<(), Error> {
    let io = |doing| move |source| Error::Io { doing, path: path.to_owned(), source };
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path).map_err(io("open"))?);
    let headers = Headers::read(&mut reader)?;
    let main = headers.main.bytes();
    let of_header = headers.signature.text(SHA256);
    if of_header.as_ref().is_some_and(|said| !is(said, Sha256::digest(main).as_slice())) {
        return Err(wrong("header", "its digest is not the one that the package names"));
    }
    let of_payload = payload_digest(&headers);
    // The old digest covers both; it is of use where a new one is missing.
    let of_both = headers.signature.binary(MD5).filter(|_| of_header.is_none() || of_payload.is_none());
    let (mut sha256, mut md5, mut length) = (Sha256::new(), Md5::new(), main.len() as u64);
    if of_both.is_some() {
        md5.update(main);
    }
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = reader.read(&mut buffer).map_err(io("read"))?;
        if count == 0 {
            break;
        }
        length += count as u64;
        if of_payload.is_some() {
            sha256.update(&buffer[..count]);
        }
        if of_both.is_some() {
            md5.update(&buffer[..count]);
        }
    }
    let payload_is_right = of_payload.as_ref().map(|said| is(said, sha256.finalize().as_slice()));
    let both_are_right = of_both.map(|said| md5.finalize().as_slice() == said);
    let verdicts = [payload_is_right, both_are_right];
    let is_short = said_length(&headers).is_some_and(|said| length < said);
    if verdicts.contains(&Some(false)) {
        return Err(match is_short {
            true => Error::Truncated { part: "payload" },
            false => wrong("payload", "its digest is not the one that the package names"),
        });
    }
    // What a digest covers is as long as it should be, whatever else is said.
    if is_short && verdicts == [None, None] {
        return Err(Error::Truncated { part: "payload" });
    }
    Ok(())
}

/// SHA-256 of the payload as it lies in the file, in hexadecimal.
fn payload_digest(headers: &Headers) -> Option<String> {
    let algorithm = headers.main.numbers(PAYLOAD_DIGEST_ALGORITHM);
    if algorithm.first().is_some_and(|number| *number != BY_SHA256) {
        return None;
    }
    headers.main.text(PAYLOAD_DIGEST)
}

/// Bytes of header and payload.
fn said_length(headers: &Headers) -> Option<u64> {
    let long = headers.signature.long_numbers(LONG_SIZE).first().copied();
    long.or_else(|| headers.signature.numbers(SIZE).first().copied().map(u64::from))
}

fn is(said: &str, digest: &[u8]) -> bool {
    said.eq_ignore_ascii_case(&hex::encode(digest))
}

fn wrong(part: &'static str, what: &str) -> Error {
    Error::Malformed { part, what: what.to_owned() }
}
