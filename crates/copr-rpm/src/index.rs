//! The two headers of a package as a checked table of tags.
//!
//! Everything is proved here, once: counts, types, offsets, alignment, ends of strings. Whoever asks
//! for a tag afterwards cannot run past the end. The rules are those of librpm's own check
//! (`hdrblobVerifyInfo`), which rejects overlapping data: without it a header of some kilobytes
//! could name the same bytes sixty thousand times and swell to gigabytes when unpacked.

use std::io::Read;

use crate::Error;

/// Length of the lead, the fixed beginning of every package.
pub(crate) const LEAD_LENGTH: u64 = 96;
const INTRO_LENGTH: usize = 16;
const ENTRY_LENGTH: usize = 16;
const MAGIC: [u8; 4] = [0x8e, 0xad, 0xe8, 0x01];

/// Which of the two headers: they differ in name and in limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Digests and signatures over the main header.
    Signature,
    /// The package's facts.
    Main,
}

impl Part {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Part::Signature => "signature header",
            Part::Main => "header",
        }
    }

    /// librpm takes 32 and 65535 entries.
    fn most_entries(self) -> u32 {
        match self {
            Part::Signature => 64,
            Part::Main => 0xffff,
        }
    }

    /// Data bytes. librpm takes 64 and 256 MiB; the largest header seen in the wild is some 30 MiB.
    /// File signatures (IMA) live in the signature header, hence its size.
    fn most_data(self) -> u32 {
        match self {
            Part::Signature => 32 << 20,
            Part::Main => 64 << 20,
        }
    }
}

/// The type numbers of the format.
pub(crate) mod kind {
    pub const CHAR: u32 = 1;
    pub const INT8: u32 = 2;
    pub const INT16: u32 = 3;
    pub const INT32: u32 = 4;
    pub const INT64: u32 = 5;
    pub const STRING: u32 = 6;
    pub const BINARY: u32 = 7;
    pub const STRING_ARRAY: u32 = 8;
    pub const I18N_STRING: u32 = 9;
}

/// One tag: where its data lie in the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) tag: u32,
    pub(crate) kind: u32,
    pub(crate) count: u32,
    start: usize,
    length: usize,
}

/// A header that has been checked.
#[derive(Debug)]
pub(crate) struct Index {
    part: Part,
    /// The header as it lies in the file: introduction, entries, data.
    bytes: Vec<u8>,
    /// Where the data begin in `bytes`.
    store: usize,
    entries: Vec<Entry>,
}

impl Index {
    /// Reads a header; at most the limits of `part` are kept in memory.
    pub(crate) fn read(reader: &mut impl Read, part: Part) -> Result<Index, Error> {
        let mut intro = [0; INTRO_LENGTH];
        read_fully(reader, &mut intro, part.name())?;
        if intro[..4] != MAGIC {
            return Err(Error::NotAPackage { what: "the magic number of a header is missing" });
        }
        let (count, size) = (number(&intro, 8), number(&intro, 12));
        within(&format!("number of tags in the {}", part.name()), count, part.most_entries())?;
        within(&format!("the {}", part.name()), size, part.most_data())?;
        let rest = count as usize * ENTRY_LENGTH + size as usize;

        let mut bytes = intro.to_vec();
        // `take` and not a buffer of the promised size: a liar with a short file costs nothing.
        let got = reader.take(rest as u64).read_to_end(&mut bytes).map_err(Error::Read)?;
        if got < rest {
            return Err(Error::Truncated { part: part.name() });
        }
        let store = INTRO_LENGTH + count as usize * ENTRY_LENGTH;
        let mut index = Index { part, bytes, store, entries: Vec::with_capacity(count as usize) };
        index.check_entries()?;
        Ok(index)
    }

    fn check_entries(&mut self) -> Result<(), Error> {
        let data = &self.bytes[self.store..];
        let mut entries = Vec::new();
        let mut total = 0;
        for row in self.bytes[INTRO_LENGTH..self.store].chunks_exact(ENTRY_LENGTH) {
            let (tag, kind, start, count) = (number(row, 0), number(row, 4), number(row, 8) as usize, number(row, 12));
            let malformed = |what: &str| self.malformed(format!("tag {tag} {what}"));
            let rest = data.get(start..).ok_or_else(|| malformed("lies outside"))?;
            let length = length_of(kind, count, start, rest).map_err(malformed)?;
            total += length;
            entries.push(Entry { tag, kind, count, start, length });
        }
        if total > data.len() {
            return Err(self.malformed("its data overlap".to_owned()));
        }
        let mut tags: Vec<u32> = entries.iter().map(|entry| entry.tag).collect();
        tags.sort_unstable();
        // Which of two would count differs between readers, so neither may.
        if let Some(pair) = tags.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(self.malformed(format!("tag {} occurs twice", pair[0])));
        }
        self.entries = entries;
        Ok(())
    }

    fn malformed(&self, what: String) -> Error {
        Error::Malformed { part: self.part.name(), what }
    }

    /// Length in the file, without the padding that follows a signature header.
    pub(crate) fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The header as it lies in the file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All tags in the order of the file.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The bytes of one entry.
    pub(crate) fn data(&self, entry: &Entry) -> &[u8] {
        &self.bytes[self.store + entry.start..self.store + entry.start + entry.length]
    }

    pub(crate) fn find(&self, tag: u32) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    pub(crate) fn has(&self, tag: u32) -> bool {
        self.find(tag).is_some()
    }

    /// A binary tag.
    pub(crate) fn binary(&self, tag: u32) -> Option<&[u8]> {
        self.find(tag).filter(|entry| entry.kind == kind::BINARY).map(|entry| self.data(entry))
    }

    /// The strings of a tag, as bytes; empty when absent or of another type.
    pub(crate) fn strings(&self, tag: u32) -> Vec<&[u8]> {
        let Some(entry) = self.find(tag) else {
            return Vec::new();
        };
        match entry.kind {
            // Older packages store single strings where arrays are usual, and the other way round.
            kind::STRING | kind::STRING_ARRAY | kind::I18N_STRING => {
                let data = self.data(entry);
                data.strip_suffix(&[0]).map(|text| text.split(|byte| *byte == 0).collect()).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// The first string of a tag: for translated texts the one in the `C` locale.
    pub(crate) fn string(&self, tag: u32) -> Option<&[u8]> {
        self.strings(tag).first().copied()
    }

    /// A text for people; bytes that are not UTF-8 (old packages in Latin-1) become `U+FFFD`.
    pub(crate) fn text(&self, tag: u32) -> Option<String> {
        self.string(tag).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    pub(crate) fn texts(&self, tag: u32) -> Vec<String> {
        self.strings(tag).into_iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// Whole numbers of 16 or 32 bits.
    pub(crate) fn numbers(&self, tag: u32) -> Vec<u32> {
        let Some(entry) = self.find(tag) else {
            return Vec::new();
        };
        let data = self.data(entry);
        match entry.kind {
            kind::INT16 => data.chunks_exact(2).map(|two| u32::from(u16::from_be_bytes([two[0], two[1]]))).collect(),
            kind::INT32 => data.chunks_exact(4).map(|four| number(four, 0)).collect(),
            _ => Vec::new(),
        }
    }

    /// Whole numbers of 64 bits.
    pub(crate) fn long_numbers(&self, tag: u32) -> Vec<u64> {
        let Some(entry) = self.find(tag).filter(|entry| entry.kind == kind::INT64) else {
            return Vec::new();
        };
        let eights = self.data(entry).chunks_exact(8);
        eights.map(|eight| eight.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))).collect()
    }
}

/// How many bytes an entry takes, or what is wrong with it.
fn length_of(kind: u32, count: u32, start: usize, rest: &[u8]) -> Result<usize, &'static str> {
    if count == 0 {
        return Err("has no values");
    }
    let count = count as usize;
    let width = match kind {
        kind::CHAR | kind::INT8 | kind::BINARY => 1,
        kind::INT16 => 2,
        kind::INT32 => 4,
        kind::INT64 => 8,
        kind::STRING if count != 1 => return Err("is one string with several values"),
        kind::STRING | kind::STRING_ARRAY | kind::I18N_STRING => {
            return strings_length(count, rest);
        }
        _ => return Err("has an unknown type"),
    };
    if !start.is_multiple_of(width) {
        return Err("is not aligned");
    }
    // No overflow: a header has at most 64 MiB, `usize` is at least 32 bits, and count × 8 is
    // compared by division.
    if count > rest.len() / width {
        return Err("reaches beyond the end");
    }
    Ok(count * width)
}

fn strings_length(count: usize, rest: &[u8]) -> Result<usize, &'static str> {
    let mut ends = rest.iter().enumerate().filter(|(_, byte)| **byte == 0).map(|(at, _)| at + 1);
    ends.nth(count - 1).ok_or("has a string without an end")
}

fn within(what: &str, size: u32, limit: u32) -> Result<(), Error> {
    if size > limit {
        return Err(Error::TooLarge { what: what.to_owned(), size: size.into(), limit: limit.into() });
    }
    Ok(())
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// `read_exact` that says which part was cut short.
pub(crate) fn read_fully(reader: &mut impl Read, buffer: &mut [u8], part: &'static str) -> Result<(), Error> {
    reader.read_exact(buffer).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::Truncated { part },
        _ => Error::Read(error),
    })
}
