//! The bytes that a package's signature covers, and putting a signature into a package.
//!
//! Keys do not come here: [`signed_bytes`] gives what to sign, whoever holds the key makes a v4
//! OpenPGP signature packet, and [`replace`] puts it in place of all earlier ones. All other tags of
//! the signature header stay as they are (rpm of EL 7 protects the payload by `MD5` alone, and
//! repository metadata take the archive's size from there).

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::header::{Headers, padding_after};
use crate::index::{Index, LEAD_LENGTH, kind};
use crate::tags::signature::{DSA, GPG, OPENPGP, PGP, REGION, RESERVED_V4, RESERVED_V6, RSA};
use crate::{Error, SignatureFacts};

/// OpenPGP's number for RSA.
const RSA_ALGORITHM: u8 = 1;
/// The tag by which a main header says that the package is of the v6 format.
const RPM_FORMAT: u32 = 5114;
/// What rpmbuild 4.18 reserves.
const USUAL_RESERVE: usize = 4128;

/// The bytes a package's signature is made over: the main header, as it lies in the file. The
/// payload is covered by the digests in it.
pub fn signed_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    Ok(headers_of(path)?.main.bytes().to_vec())
}

/// Replaces every signature in the package at `path` by `packet`, a whole OpenPGP signature packet
/// over [`signed_bytes`].
///
/// Space that rpmbuild reserved is used, so that only some kilobytes are overwritten *in place*: all
/// hard links of the file change, and a crash in the middle leaves a damaged package (work on a file
/// that is not published yet). When the space does not suffice (packages of rpm before 4.14, or
/// stripped of it) the file is written anew beside the old one and renamed over it.
pub fn replace(path: &Path, packet: &[u8]) -> Result<(), Error> {
    let facts = SignatureFacts::of(packet).ok_or_else(|| Error::Malformed {
        part: "signature",
        what: "it is not an OpenPGP signature packet".to_owned(),
    })?;
    let headers = headers_of(path)?;
    let rows = rows_with(&headers, packet, facts.algorithm);
    let room = headers.main_range().start - LEAD_LENGTH;
    match fitted(&rows, room as usize, reserved_tag(&headers)) {
        Some(bytes) => overwrite(path, &bytes),
        None => rewrite(path, &headers, rows),
    }
}

fn headers_of(path: &Path) -> Result<Headers, Error> {
    let file = File::open(path).map_err(|source| io_error("open", path, source))?;
    Headers::read(&mut BufReader::new(file))
}

fn is_v6(headers: &Headers) -> bool {
    headers.signature.has(RESERVED_V6) || headers.main.numbers(RPM_FORMAT).first().is_some_and(|format| *format >= 6)
}

fn reserved_tag(headers: &Headers) -> u32 {
    if is_v6(headers) { RESERVED_V6 } else { RESERVED_V4 }
}

/// One tag of a header that is being made.
#[derive(Clone)]
struct Row {
    tag: u32,
    kind: u32,
    count: u32,
    data: Vec<u8>,
}

/// All tags but the region, the old signatures and the reserve; with the new signature.
fn rows_with(headers: &Headers, packet: &[u8], algorithm: u8) -> Vec<Row> {
    let old = [REGION, DSA, RSA, OPENPGP, PGP, GPG, RESERVED_V4, RESERVED_V6];
    let index: &Index = &headers.signature;
    let kept = index.entries().iter().filter(|entry| !old.contains(&entry.tag));
    let mut rows: Vec<Row> = kept
        .map(|entry| Row { tag: entry.tag, kind: entry.kind, count: entry.count, data: index.data(entry).to_vec() })
        .collect();
    // rpm up to 5 reads the binary tags of v4 packages only, rpm 6 OPENPGP first.
    if !is_v6(headers) {
        let tag = if algorithm == RSA_ALGORITHM { RSA } else { DSA };
        rows.push(Row { tag, kind: kind::BINARY, count: packet.len() as u32, data: packet.to_vec() });
    }
    let mut text = BASE64_STANDARD.encode(packet).into_bytes();
    text.push(0);
    rows.push(Row { tag: OPENPGP, kind: kind::STRING_ARRAY, count: 1, data: text });
    rows
}

/// A header of exactly `room` bytes with its padding; the rest becomes reserved space again.
fn fitted(rows: &[Row], room: usize, reserved_tag: u32) -> Option<Vec<u8>> {
    let bare = header_bytes(rows.to_vec());
    let gap = room.checked_sub(bare.len())?;
    match gap {
        // Padding alone fills it.
        0..=7 => Some(padded(bare)),
        // Too little for one more entry (16 bytes) with at least one byte of data, too much for padding.
        8..=16 => None,
        _ => {
            let reserved = vec![0; gap - 16];
            let mut rows = rows.to_vec();
            rows.push(Row { tag: reserved_tag, kind: kind::BINARY, count: reserved.len() as u32, data: reserved });
            let bytes = padded(header_bytes(rows));
            (bytes.len() == room).then_some(bytes)
        }
    }
}

/// Serialises a signature header: introduction, region entry, entries by tag, data, region trailer.
fn header_bytes(mut rows: Vec<Row>) -> Vec<u8> {
    rows.sort_by_key(|row| row.tag);
    let mut entries = Vec::new();
    let mut store = Vec::new();
    for row in &rows {
        let width = match row.kind {
            kind::INT16 => 2,
            kind::INT32 => 4,
            kind::INT64 => 8,
            _ => 1,
        };
        store.resize(store.len().next_multiple_of(width), 0);
        push_numbers(&mut entries, [row.tag, row.kind, store.len() as u32, row.count]);
        store.extend_from_slice(&row.data);
    }
    let count = rows.len() as u32 + 1;
    let trailer = store.len() as u32;
    // The trailer points back over all entries, as a negative offset.
    push_numbers(&mut store, [REGION, kind::BINARY, (count * 16).wrapping_neg(), 16]);

    let mut bytes = vec![0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0];
    push_numbers(&mut bytes, [count, store.len() as u32]);
    push_numbers(&mut bytes, [REGION, kind::BINARY, trailer, 16]);
    bytes.extend_from_slice(&entries);
    bytes.extend_from_slice(&store);
    bytes
}

fn push_numbers<const N: usize>(bytes: &mut Vec<u8>, numbers: [u32; N]) {
    for number in numbers {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
}

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len() + padding_after(bytes.len() as u64), 0);
    bytes
}

fn overwrite(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::Start(LEAD_LENGTH))?;
        file.write_all(bytes)?;
        file.sync_data()
    };
    write().map_err(|source| io_error("sign", path, source))
}

fn rewrite(path: &Path, headers: &Headers, mut rows: Vec<Row>) -> Result<(), Error> {
    rows.push(Row {
        tag: reserved_tag(headers),
        kind: kind::BINARY,
        count: USUAL_RESERVE as u32,
        data: vec![0; USUAL_RESERVE],
    });
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".signing");
    let beside = path.with_file_name(name);
    let write = || {
        let mut old = File::open(path)?;
        old.seek(SeekFrom::Start(headers.main_range().start))?;
        let mut new = File::create(&beside)?;
        new.set_permissions(old.metadata()?.permissions())?;
        new.write_all(&headers.lead)?;
        new.write_all(&padded(header_bytes(rows)))?;
        io::copy(&mut old, &mut new)?;
        new.sync_data()?;
        fs::rename(&beside, path)
    };
    write().map_err(|source| {
        // Best effort: the error that matters is the first one.
        let _ = fs::remove_file(&beside);
        io_error("sign", path, source)
    })
}

/// A signature out of the OPENPGP tag.
pub(crate) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

/// The signatures over [`signed_bytes`] that the package at `path` carries, as OpenPGP packets; each once.
pub fn packets(path: &Path) -> Result<Vec<Vec<u8>>, Error> {
    let headers = headers_of(path)?;
    let old = [RSA, DSA].into_iter().filter_map(|tag| headers.signature.binary(tag)).map(<[u8]>::to_vec);
    let new = headers.signature.strings(OPENPGP).into_iter().filter_map(from_base64);
    let mut found: Vec<Vec<u8>> = Vec::new();
    for packet in old.chain(new) {
        if !found.contains(&packet) {
            found.push(packet);
        }
    }
    Ok(found)
}

fn io_error(doing: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io { doing, path: path.to_owned(), source }
}
