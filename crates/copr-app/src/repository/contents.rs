//! What a package's file says of itself, against what is said of it.

use copr_rpm::header::Package;
use copr_sign::Verifier;
use std::path::Path;

/// A package's name with epoch, version, release and architecture; an epoch of nought is none.
pub(super) fn nevra(said: &str) -> String {
    // No name holds a colon.
    said.replacen("-0:", "-", 1)
}

/// Reads a package: its header, all its digests, and a signature by one of the keys. In words what is wrong.
pub(super) fn sound(path: &Path, keys: &Verifier) -> Result<Package, String> {
    let told = |error: copr_rpm::Error| error.to_string();
    let facts = copr_rpm::header::read_package(path).map_err(told)?;
    copr_rpm::integrity::check(path).map_err(told)?;
    let signed = copr_rpm::signature::signed_bytes(path).map_err(told)?;
    let packets = copr_rpm::signature::packets(path).map_err(told)?;
    if packets.is_empty() {
        return Err("it is not signed".to_owned());
    }
    if !packets.iter().all(|packet| keys.accepts(packet, &signed)) {
        return Err("its signature is not one of the project's key".to_owned());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if facts.nevra.file_name() != name {
        return Err(format!("it is `{}` inside", facts.nevra.file_name()));
    }
    Ok(facts)
}
