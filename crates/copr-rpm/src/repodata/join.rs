//! Joining chunks into one file: a frame with the beginning, the frames of all chunks, a frame with the end.

use std::io::{self, Write};
use std::thread;

use super::pack::{Counted, Packer, Passing};
use super::{Chunk, Compression, Kind, Layout, Options, Record};
use crate::Error;

/// A file that has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Which one.
    pub kind: Kind,
    /// Its name in `repodata/`, which begins with its checksum.
    pub name: String,
    /// What `repomd.xml` says of it.
    pub record: Record,
    /// Sizes of its frames, the first and the last included; none when it is one frame.
    pub(super) frames: Vec<u64>,
    /// How many packages it announces.
    pub(super) packages: u64,
}

impl Joined {
    /// Writes one file from chunks, in their order, which must be packed as the options say. At most one frame is in
    /// memory at a time. The same chunks and options give the same bytes.
    ///
    /// The writer is told many small pieces: it should have a buffer.
    pub fn write(
        kind: Kind,
        chunks: &[Chunk],
        options: &Options,
        out: &mut (impl Write + Send),
    ) -> Result<Joined, Error> {
        let packages = chunks.iter().map(|chunk| u64::from(chunk.packages())).sum();
        let (head, tail) = (kind.head(packages), kind.tail());
        let mut file = Passing { out, counted: Counted::default() };
        let (frames, open_checksum) = match options.layout {
            Layout::Frames => frames(&mut file, kind, chunks, options.compression, &head, &tail)?,
            Layout::Whole => (Vec::new(), Some(whole(&mut file, kind, chunks, options.compression, &head, &tail)?)),
        };
        file.flush().map_err(Error::Packing)?;
        let open_size = chunks.iter().map(|chunk| chunk.open_size(kind)).sum::<u64>();
        let size = file.counted.size;
        let checksum = file.counted.hex();
        let name = format!("{checksum}-{}.xml.{}", kind.name(), options.compression.ending());
        let record = Record {
            kind: kind.name().to_owned(),
            href: format!("repodata/{name}"),
            checksum,
            size,
            open_size: Some(open_size + (head.len() + tail.len()) as u64),
            open_checksum,
            timestamp: options.timestamp,
        };
        Ok(Joined { kind, name, record, frames, packages })
    }
}

/// Writes the frames as they are. The checksum of the open bytes is made for gzip alone: yum of EL 7 and before looks at
/// it, no reader of zstd does, and unpacking everything is most of the work that a large repository would be.
fn frames(
    file: &mut impl Write,
    kind: Kind,
    chunks: &[Chunk],
    compression: Compression,
    head: &str,
    tail: &str,
) -> Result<(Vec<u64>, Option<String>), Error> {
    let mut open = (compression == Compression::Gzip).then(Counted::default);
    let mut sizes = Vec::with_capacity(chunks.len() + 2);
    let mut put = |frame: &[u8]| {
        sizes.push(frame.len() as u64);
        if let Some(open) = &mut open {
            io::copy(&mut compression.unpack(frame)?, open)?;
        }
        file.write_all(frame)
    };
    put(&compression.pack(head.as_bytes()).map_err(Error::Packing)?).map_err(Error::Packing)?;
    for chunk in chunks {
        if chunk.compression() != compression {
            return Err(Error::Packing(io::Error::other("a chunk is not packed as the file is to be")));
        }
        put(&chunk.frame(kind)?).map_err(Error::Packing)?;
    }
    put(&compression.pack(tail.as_bytes()).map_err(Error::Packing)?).map_err(Error::Packing)?;
    Ok((sizes, open.map(Counted::hex)))
}

/// Unpacks all frames and packs them as one. The checksum of the open bytes.
fn whole(
    file: &mut impl Write,
    kind: Kind,
    chunks: &[Chunk],
    compression: Compression,
    head: &str,
    tail: &str,
) -> Result<String, Error> {
    let packer = Packer::new(compression, file).map_err(Error::Packing)?;
    let mut open = Passing { out: packer, counted: Counted::default() };
    open.write_all(head.as_bytes()).map_err(Error::Packing)?;
    for chunk in chunks {
        let frame = chunk.frame(kind)?;
        let mut unpacked = chunk.compression().unpack(&frame[..]).map_err(Error::Packing)?;
        io::copy(&mut unpacked, &mut open).map_err(Error::Packing)?;
    }
    open.write_all(tail.as_bytes()).map_err(Error::Packing)?;
    open.out.finish().map_err(Error::Packing)?;
    Ok(open.counted.hex())
}

/// Does something for each kind at the same time; primary, which is the largest, beside the two others.
pub fn for_each_kind<T: Send, E: Send + From<Error>>(work: impl Fn(Kind) -> Result<T, E> + Sync) -> Result<[T; 3], E> {
    thread::scope(|scope| {
        let beside = scope.spawn(|| Ok((work(Kind::Filelists)?, work(Kind::Other)?)));
        let primary = work(Kind::Primary);
        let beside: Result<_, E> =
            beside.join().unwrap_or_else(|_| Err(Error::Packing(io::Error::other("another thread panicked")).into()));
        let (filelists, other) = beside?;
        Ok([primary?, filelists, other])
    })
}
