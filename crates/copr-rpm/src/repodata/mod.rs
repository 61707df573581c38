//! Repository metadata: what `createrepo_c` makes and dnf reads.
//!
//! The work is cut in three, because a repository grows by a package at a time. [`Fragments::of`] turns a
//! package into three pieces of XML; it is done once per package and file, and the pieces are stored.
//! [`Chunk::render`] packs the pieces of some hundred packages into one frame for each of the three files; it is done once per
//! change of one of them, and the chunk is kept in a file that may be damaged or lost at any time.
//! [`Joined::write`] puts the frames of all chunks between a beginning and an end and hashes: gzip members
//! and zstd frames can be concatenated, so nothing is packed, unpacked or parsed. [`Written::read_back`] proves that what lies on
//! the disk afterwards is that; [`verify`] proves as much of any repository, from nothing.
//!
//! ```
//! use copr_rpm::repodata::{Chunk, Compression, Fragments, Joined, Kind, Layout, Options};
//!
//! let package = |name: &str| Fragments {
//!     primary: format!("<package><name>{name}</name></package>").into_bytes(),
//!     filelists: b"<package/>".to_vec(),
//!     other: b"<package/>".to_vec(),
//! };
//! let chunks = [
//!     Chunk::render([package("a"), package("b")], Compression::Zstd)?,
//!     Chunk::render([package("c")], Compression::Zstd)?,
//! ];
//! let options = Options {
//!     compression: Compression::Zstd, layout: Layout::Frames, revision: 1, timestamp: 0, extras: Vec::new(),
//! };
//! let mut file = Vec::new();
//! let joined = Joined::write(Kind::Primary, &chunks, &options, &mut file)?;
//! assert_eq!(joined.record.size, file.len() as u64);
//! assert!(joined.name.ends_with("-primary.xml.zst"));
//! # Ok::<(), copr_rpm::Error>(())
//! ```

mod assemble;
mod audit;
mod chunk;
mod described;
mod extra;
mod fragments;
mod join;
mod kind;
mod pack;
mod readback;
mod repomd;
mod verify;

pub use assemble::{Layout, Metadata, Options, repomd};
pub use audit::{Audit, Fault, Listed, audit};
pub use chunk::Chunk;
pub use described::{Described, build_time};
pub use extra::{Extra, ExtraKind};
pub use fragments::{Fragments, Location};
pub use join::{Joined, for_each_kind};
pub use kind::Kind;
pub use pack::Compression;
pub use readback::Written;
pub use repomd::{Record, Repomd, parse};
pub use verify::{Published, Report, verify};
