//! Digests of files.

use sha2::{Sha256, Sha512};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What a file's bytes come down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha256(Vec<u8>),
    Sha512(Vec<u8>),
}

impl Digest {
    /// By the word for its kind and its hexadecimal digits; none when nobody should trust its kind.
    pub fn new(kind: &str, digits: &str) -> Option<Self> {
        let bytes = hex::decode(digits).ok()?;
        match (kind, bytes.len()) {
            ("sha256", 32) => Some(Self::Sha256(bytes)),
            ("sha512", 64) => Some(Self::Sha512(bytes)),
            _ => None,
        }
    }

    /// Whether it is that of a file.
    pub async fn is_of(&self, path: &Path) -> io::Result<bool> {
        let (wanted, path) = (self.clone(), path.to_owned());
        let work = move || match wanted {
            Self::Sha256(wanted) => Ok(digest::<Sha256>(&path)? == wanted),
            Self::Sha512(wanted) => Ok(digest::<Sha512>(&path)? == wanted),
        };
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
    }
}

fn digest<D: sha2::Digest>(path: &Path) -> io::Result<Vec<u8>> {
    let (mut file, mut digest, mut bytes) = (File::open(path)?, D::new(), vec![0; 256 << 10]);
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(digest.finalize().to_vec()),
            size => digest.update(&bytes[..size]),
        }
    }
}
