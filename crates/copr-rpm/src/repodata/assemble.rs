//! The files of a generation.

use std::borrow::Borrow;

use super::chunk::Chunk;
use super::join::{Joined, for_each_kind};
use super::repomd::Repomd;
use super::{Compression, Extra, Fragments, Record};
use crate::Error;

/// What a repository's metadata are made of besides its packages.
#[derive(Clone, Debug)]
pub struct Options {
    /// How to pack them.
    pub compression: Compression,
    /// In how many pieces.
    pub layout: Layout,
    /// Tells generations apart; a number that grows.
    pub revision: u64,
    /// When they were made, in seconds since 1970.
    pub timestamp: u64,
    /// What it has besides packages, each kind once.
    pub extras: Vec<Extra>,
}

/// Whether a file is one frame or many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The frames of chunks as they are, one behind the other. Which readers take that stands in `docs/repositories.md`.
    Frames,
    /// One frame of zstd or member of gzip, packed anew each time: for readers that end after the first.
    Whole,
}

/// The files of one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Name in `repodata/` and content. Names begin with the content's SHA-256, so that generations can
    /// lie beside each other: `<sha256>-primary.xml.zst`.
    pub files: Vec<(String, Vec<u8>)>,
    /// `repomd.xml`, to be written last and with its signature.
    pub repomd: Vec<u8>,
}

impl Metadata {
    /// Renders and joins packages in the order given, all in memory; the same fragments and options give the
    /// same bytes. An empty repository is fine. Repositories that grow keep [`Chunk`]s and join them by [`Joined::write`].
    pub fn assemble<I>(packages: I, options: &Options) -> Result<Metadata, Error>
    where
        I: IntoIterator<Item: Borrow<Fragments>>,
    {
        let packages: Vec<I::Item> = packages.into_iter().collect();
        let chunks = packages.chunks(Chunk::PACKAGES);
        let chunks = chunks.map(|some| Chunk::render(some.iter().map(Borrow::borrow), options.compression));
        let chunks = chunks.collect::<Result<Vec<_>, Error>>()?;
        let made = for_each_kind(|kind| {
            let mut bytes = Vec::new();
            let joined = Joined::write(kind, &chunks, options, &mut bytes)?;
            Ok::<_, Error>((joined, bytes))
        })?;
        let mut records = Vec::new();
        let mut files = Vec::new();
        for (joined, bytes) in made {
            records.push(joined.record);
            files.push((joined.name, bytes));
        }
        for extra in &options.extras {
            let (record, name, bytes) = extra.file(options)?;
            records.push(record);
            files.push((name, bytes));
        }
        Ok(Metadata { files, repomd: repomd(records, options) })
    }
}

/// The `repomd.xml` that lists these files.
pub fn repomd(records: Vec<Record>, options: &Options) -> Vec<u8> {
    Repomd { revision: options.revision.to_string(), records }.to_xml()
}
