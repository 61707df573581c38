//! Packages that were rendered together: packed once, joined many times.
//!
//! A chunk's file is a cache. It begins with what it is and which frames it has, under a digest; each frame has a
//! digest of its own. What is cut short, changed or of another version is as good as missing: its maker renders the
//! chunk anew.

use std::borrow::{Borrow, Cow};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use sha2::{Digest, Sha256};

use super::{Compression, Fragments, Kind};
use crate::Error;

/// The format's name and version.
const MAGIC: [u8; 8] = *b"coprchk1";
/// Magic, compression, length of the label.
const INTRO: usize = 8 + 1 + 1;
/// Number of packages, and per frame its two sizes and its digest.
const FACTS: usize = 4 + 3 * (8 + 8 + 32);
const DIGEST: usize = 32;

/// Some packages' part of primary, filelists and other: one packed frame of each, which any number of files may
/// be joined from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    compression: Compression,
    packages: u32,
    frames: [Frame; 3],
}

/// One frame of zstd or member of gzip.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Frame {
    open_size: u64,
    size: u64,
    digest: [u8; DIGEST],
    bytes: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Bytes {
    Here(Vec<u8>),
    There { path: Arc<Path>, offset: u64 },
}

impl Chunk {
    /// Up to how many packages make a good chunk. Fewer cost space, because packing sees less of what repeats; more cost
    /// time, because all of them are packed when one changes.
    pub const PACKAGES: usize = 256;

    /// Renders packages in the order given. The three frames are made at the same time.
    pub fn render<I>(packages: I, compression: Compression) -> Result<Chunk, Error>
    where
        I: IntoIterator<Item: Borrow<Fragments>>,
    {
        let mut open: [Vec<u8>; 3] = Default::default();
        let mut count = 0_u32;
        for package in packages {
            for (kind, open) in Kind::ALL.into_iter().zip(&mut open) {
                open.extend_from_slice(kind.of(package.borrow()));
                open.push(b'\n');
            }
            count += 1;
        }
        let [primary, filelists, other] = &open;
        let frames = thread::scope(|scope| {
            let beside = scope.spawn(|| Ok([Frame::pack(filelists, compression)?, Frame::pack(other, compression)?]));
            let primary = Frame::pack(primary, compression);
            let beside: io::Result<_> = beside.join().unwrap_or_else(|_| Err(io::Error::other("packing panicked")));
            let [filelists, other] = beside?;
            Ok([primary?, filelists, other])
        });
        Ok(Chunk { compression, packages: count, frames: frames.map_err(Error::Packing)? })
    }

    /// How many packages it holds.
    pub fn packages(&self) -> u32 {
        self.packages
    }

    /// How it is packed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Its file. The label says what it was rendered from, in at most 255 bytes; more are cut off.
    pub fn to_bytes(&self, label: &str) -> Result<Vec<u8>, Error> {
        let mut bytes = self.intro(label);
        bytes.extend(self.packages.to_le_bytes());
        for frame in &self.frames {
            bytes.extend(frame.open_size.to_le_bytes());
            bytes.extend(frame.size.to_le_bytes());
            bytes.extend(frame.digest);
        }
        bytes.extend(Sha256::digest(&bytes));
        for kind in Kind::ALL {
            bytes.extend_from_slice(&self.frame(kind)?);
        }
        Ok(bytes)
    }

    fn intro(&self, label: &str) -> Vec<u8> {
        intro(self.compression, label)
    }

    /// Looks at a chunk's file: the frames stay there until they are needed. None when there is no such file, it has
    /// another label or compression, or its beginning is not what was written.
    pub fn open(path: &Path, label: &str, compression: Compression) -> Option<Chunk> {
        let mut file = File::open(path).ok()?;
        let intro = intro(compression, label);
        let mut start = vec![0; intro.len() + FACTS + DIGEST];
        file.read_exact(&mut start).ok()?;
        let (stated, digest) = start.split_at(start.len() - DIGEST);
        if !stated.starts_with(&intro) || Sha256::digest(stated)[..] != *digest {
            return None;
        }
        let mut facts = stated.get(intro.len()..)?;
        let packages = u32::from_le_bytes(taken(&mut facts)?);
        let path: Arc<Path> = path.into();
        let mut offset = start.len() as u64;
        let mut frame = || {
            let open_size = u64::from_le_bytes(taken(&mut facts)?);
            let size = u64::from_le_bytes(taken(&mut facts)?);
            let digest = taken(&mut facts)?;
            let bytes = Bytes::There { path: path.clone(), offset };
            offset = offset.checked_add(size)?;
            Some(Frame { open_size, size, digest, bytes })
        };
        let frames = [frame()?, frame()?, frame()?];
        let whole = file.metadata().ok()?.len() == offset;
        whole.then_some(Chunk { compression, packages, frames })
    }

    /// The bytes of a frame, proved to be those that were packed.
    pub(super) fn frame(&self, kind: Kind) -> Result<Cow<'_, [u8]>, Error> {
        let frame = self.of(kind);
        match &frame.bytes {
            Bytes::Here(bytes) => Ok(Cow::Borrowed(bytes)),
            Bytes::There { path, offset } => {
                let damaged = || Error::DamagedChunk { path: path.to_path_buf() };
                let mut bytes = vec![0; usize::try_from(frame.size).map_err(|_| damaged())?];
                let read = File::open(path).and_then(|file| file.read_exact_at(&mut bytes, *offset));
                if read.is_err() || Sha256::digest(&bytes)[..] != frame.digest {
                    return Err(damaged());
                }
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Bytes that a frame makes of a file, unpacked.
    pub(super) fn open_size(&self, kind: Kind) -> u64 {
        self.of(kind).open_size
    }

    fn of(&self, kind: Kind) -> &Frame {
        let [primary, filelists, other] = &self.frames;
        match kind {
            Kind::Primary => primary,
            Kind::Filelists => filelists,
            Kind::Other => other,
        }
    }
}

impl Frame {
    fn pack(open: &[u8], compression: Compression) -> io::Result<Frame> {
        let bytes = compression.pack(open)?;
        let digest = Sha256::digest(&bytes).into();
        Ok(Frame { open_size: open.len() as u64, size: bytes.len() as u64, digest, bytes: Bytes::Here(bytes) })
    }
}

/// What a file begins with.
fn intro(compression: Compression, label: &str) -> Vec<u8> {
    let label = label.as_bytes();
    let label = label.get(..255).unwrap_or(label);
    let mut bytes = Vec::with_capacity(INTRO + label.len() + FACTS + DIGEST);
    bytes.extend(MAGIC);
    bytes.push(match compression {
        Compression::Zstd => b'z',
        Compression::Gzip => b'g',
    });
    // It fits: it was cut.
    bytes.push(label.len() as u8);
    bytes.extend_from_slice(label);
    bytes
}

fn taken<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}
