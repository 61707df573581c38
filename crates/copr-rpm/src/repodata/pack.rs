//! Packing and unpacking: frames of zstd, members of gzip.

use std::io::{self, BufRead, Read, Write};

use sha2::{Digest, Sha256};

/// How metadata files are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Half the size of gzip and three times as fast; read by dnf since 2018 (EL 8, Fedora 30).
    Zstd,
    /// Read by everything, yum of EL 7 included.
    Gzip,
}

/// Level 19 takes minutes where 9 takes parts of a second, for a few per cent.
const ZSTD_LEVEL: i32 = 9;
const GZIP_LEVEL: u32 = 6;

impl Compression {
    /// How the names of its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Compression::Zstd => "zst",
            Compression::Gzip => "gz",
        }
    }

    /// One frame or member with all of that.
    pub(super) fn pack(self, open: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Compression::Zstd => zstd::bulk::compress(open, ZSTD_LEVEL),
            Compression::Gzip => {
                let mut packer = Packer::new(self, Vec::new())?;
                packer.write_all(open)?;
                packer.finish()
            }
        }
    }

    /// What many frames or members hold.
    pub(super) fn unpack<'a>(self, packed: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Compression::Zstd => Box::new(zstd::stream::Decoder::with_buffer(packed)?),
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        })
    }
}

/// Packs what is written to it into one frame or member.
pub(super) enum Packer<W: Write> {
    Zstd(zstd::stream::Encoder<'static, W>),
    Gzip(flate2::write::GzEncoder<W>),
}

impl<W: Write> Packer<W> {
    pub(super) fn new(compression: Compression, out: W) -> io::Result<Packer<W>> {
        Ok(match compression {
            Compression::Zstd => Packer::Zstd(zstd::stream::Encoder::new(out, ZSTD_LEVEL)?),
            Compression::Gzip => Packer::Gzip(flate2::write::GzEncoder::new(out, flate2::Compression::new(GZIP_LEVEL))),
        })
    }

    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Packer::Zstd(encoder) => encoder.finish(),
            Packer::Gzip(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Packer::Zstd(encoder) => encoder.write(bytes),
            Packer::Gzip(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Packer::Zstd(encoder) => encoder.flush(),
            Packer::Gzip(encoder) => encoder.flush(),
        }
    }
}

/// Bytes that went by.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) digest: Sha256,
    pub(super) size: u64,
}

impl Counted {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The checksum of all of them.
    pub(super) fn hex(self) -> String {
        hex::encode(self.digest.finalize())
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hashes and counts what is passed on.
pub(super) struct Passing<W> {
    pub(super) out: W,
    pub(super) counted: Counted,
}

impl<W: Write> Write for Passing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.counted.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
