//! The payload: compression by its magic, and the cpio archive inside.

use std::io::{self, BufRead, Read};

use crate::Error;
use crate::index::read_fully;

/// Memory that an xz or lzma stream may ask for; `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;
/// The longest name in an archive: PATH_MAX.
const LONGEST_NAME: u32 = 4096;
const PART: &str = "payload";

/// Unpacks gzip, bzip2, xz, lzma, zstd or nothing.
pub(crate) fn decompress<'a>(mut reader: impl BufRead + 'a) -> Result<Box<dyn Read + 'a>, Error> {
    let start = reader.fill_buf().map_err(Error::Read)?;
    let reader: Box<dyn Read> = match start {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(reader)),
        [b'B', b'Z', b'h', ..] => Box::new(bzip2::bufread::MultiBzDecoder::new(reader)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED);
            Box::new(liblzma::bufread::XzDecoder::new_stream(reader, stream.map_err(bad_xz)?))
        }
        // The old lzma format has no magic; its first bytes are what rpm and xz always write there.
        [0x5d, 0, 0, ..] => {
            let stream = liblzma::stream::Stream::new_lzma_decoder(XZ_MEMORY);
            Box::new(liblzma::bufread::XzDecoder::new_stream(reader, stream.map_err(bad_xz)?))
        }
        // Its own window limit is 128 MiB.
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::stream::Decoder::with_buffer(reader).map_err(Error::Read)?),
        [b'0', b'7', b'0', b'7', b'0', ..] => Box::new(reader),
        [] => return Err(Error::Truncated { part: PART }),
        _ => return Err(malformed("its compression is not known")),
    };
    Ok(reader)
}

fn bad_xz(error: liblzma::stream::Error) -> Error {
    Error::Read(error.into())
}

fn malformed(what: &str) -> Error {
    Error::Malformed { part: PART, what: what.to_owned() }
}

/// The beginning of one file in the archive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// `070701`, `070702`: name and size stand in the archive.
    Named { name: Vec<u8>, size: u64 },
    /// `07070X` (files beyond 4 GiB): only the place in the header's list of files.
    Numbered { index: u32 },
    /// The end.
    Trailer,
}

/// Reads an archive member by member; stops with an error after `limit` bytes.
pub(crate) struct Archive<R> {
    reader: io::Take<R>,
    limit: u64,
    /// Bytes read, for alignment to four.
    position: u64,
}

impl<R: Read> Archive<R> {
    pub(crate) fn new(reader: R, limit: u64) -> Self {
        Archive { reader: reader.take(limit), limit, position: 0 }
    }

    /// The next member. The data of the one before must have been read or skipped.
    pub(crate) fn next(&mut self) -> Result<Member, Error> {
        self.align()?;
        match &self.bytes::<6>()? {
            b"070701" | b"070702" => self.named(),
            b"07070X" => {
                let index = self.hexadecimal()?;
                self.align()?;
                Ok(Member::Numbered { index })
            }
            _ => Err(malformed("a member of its archive has no magic number")),
        }
    }

    fn named(&mut self) -> Result<Member, Error> {
        // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor,
        // namesize, check
        let mut fields = [0; 13];
        for field in &mut fields {
            *field = self.hexadecimal()?;
        }
        let (size, name_size) = (fields[6], fields[11]);
        if name_size > LONGEST_NAME {
            return Err(malformed("a name in its archive is too long"));
        }
        let mut name = vec![0; name_size as usize];
        self.read(&mut name)?;
        while name.last() == Some(&0) {
            name.pop();
        }
        self.align()?;
        if name == b"TRAILER!!!" {
            return Ok(Member::Trailer);
        }
        Ok(Member::Named { name, size: size.into() })
    }

    /// The data of the current member.
    pub(crate) fn data(&mut self, size: u64) -> Result<Vec<u8>, Error> {
        let mut data = Vec::new();
        let got = (&mut self.reader).take(size).read_to_end(&mut data).map_err(|error| self.failed(error))?;
        self.position += got as u64;
        if (got as u64) < size {
            return Err(self.short());
        }
        Ok(data)
    }

    /// Some of the data of the current member: at least one byte, unless `buffer` is empty.
    pub(crate) fn some(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        loop {
            match self.reader.read(buffer) {
                Ok(0) if !buffer.is_empty() => return Err(self.short()),
                Ok(count) => {
                    self.position += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// Passes over the data of the current member.
    pub(crate) fn skip(&mut self, size: u64) -> Result<(), Error> {
        let passed =
            io::copy(&mut (&mut self.reader).take(size), &mut io::sink()).map_err(|error| self.failed(error))?;
        self.position += passed;
        if passed < size {
            return Err(self.short());
        }
        Ok(())
    }

    fn align(&mut self) -> Result<(), Error> {
        let mut padding = [0; 3];
        let length = (self.position.wrapping_neg() % 4) as usize;
        self.read(&mut padding[..length])
    }

    fn hexadecimal(&mut self) -> Result<u32, Error> {
        let digits = self.bytes::<8>()?;
        let text = std::str::from_utf8(&digits).ok().filter(|text| !text.starts_with('+'));
        text.and_then(|text| u32::from_str_radix(text, 16).ok())
            .ok_or_else(|| malformed("a number in its archive is not hexadecimal"))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        match read_fully(&mut self.reader, buffer, PART) {
            Ok(()) => {
                self.position += buffer.len() as u64;
                Ok(())
            }
            Err(Error::Truncated { .. }) => Err(self.short()),
            Err(Error::Read(error)) => Err(self.failed(error)),
            Err(other) => Err(other),
        }
    }

    /// The archive ended early: cut short, or longer than we were willing to unpack?
    fn short(&self) -> Error {
        if self.reader.limit() == 0 {
            let what = "the unpacked payload".to_owned();
            return Error::TooLarge { what, size: self.limit + 1, limit: self.limit };
        }
        Error::Truncated { part: PART }
    }

    /// A decompressor's complaint is about the package, not about the disk.
    fn failed(&self, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.short(),
            _ => Error::Malformed { part: PART, what: format!("it cannot be unpacked: {error}") },
        }
    }
}
