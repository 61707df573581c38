//! Reading a log that grows, is begun anew, or is compressed while we read. All of it blocks.

use flate2::read::MultiGzDecoder;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// A log, read from an offset on.
#[derive(Debug)]
pub(super) struct Growing {
    path: PathBuf,
    offset: u64,
    open: Option<Open>,
}

#[derive(Debug)]
enum Open {
    /// Still growing, or just compressed behind our back: what we hold open stays readable.
    Plain { file: File, inode: u64 },
    /// Finished before we came.
    Packed { decoder: Box<MultiGzDecoder<BufReader<File>>>, at: u64 },
}

/// What a read brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text, and the offset behind it.
    Text(String, u64),
    /// Another attempt began its log: reading goes on at its start.
    Restart,
    /// Nothing, at this moment.
    Nothing,
}

impl Growing {
    pub(super) fn new(path: PathBuf, offset: u64) -> Self {
        Self { path, offset, open: None }
    }

    /// The offset of what comes next.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next piece. `to_the_end`: also a character that is not complete, for nothing will complete it.
    pub(super) fn read(&mut self, to_the_end: bool) -> io::Result<Piece> {
        if self.open.is_none() {
            self.open = self.find()?;
        }
        let bytes = match &mut self.open {
            None => return Ok(Piece::Nothing),
            Some(Open::Packed { decoder, at }) => read_packed(decoder, at, self.offset)?,
            Some(Open::Plain { file, inode }) => {
                let bytes = read_plain(file, self.offset)?;
                if bytes.is_empty() && was_begun_anew(&self.path, *inode, file, self.offset)? {
                    self.open = None;
                    self.offset = 0;
                    return Ok(Piece::Restart);
                }
                bytes
            }
        };
        let text = complete(&bytes, to_the_end);
        if text.is_empty() {
            return Ok(Piece::Nothing);
        }
        self.offset += text.len() as u64;
        Ok(Piece::Text(String::from_utf8_lossy(text).into_owned(), self.offset))
    }

    fn find(&self) -> io::Result<Option<Open>> {
        if let Some(file) = open(&self.path)? {
            let inode = file.metadata()?.ino();
            return Ok(Some(Open::Plain { file, inode }));
        }
        Ok(open(&packed(&self.path))?
            .map(|file| Open::Packed { decoder: Box::new(MultiGzDecoder::new(BufReader::new(file))), at: 0 }))
    }
}

fn packed(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".gz");
    name.into()
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_plain(file: &File, offset: u64) -> io::Result<Vec<u8>> {
    let more = file.metadata()?.len().saturating_sub(offset);
    let mut bytes = vec![0; usize::try_from(more).unwrap_or(CHUNK).min(CHUNK)];
    let size = file.read_at(&mut bytes, offset)?;
    bytes.truncate(size);
    Ok(bytes)
}

/// Whether the path names another file than the one we read, or the same one cut short. Gone is neither: the log was
/// compressed, and what we hold is all of it.
fn was_begun_anew(path: &Path, inode: u64, file: &File, offset: u64) -> io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(meta) if meta.ino() != inode => Ok(true),
        Ok(_) => Ok(file.metadata()?.len() < offset),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn read_packed(decoder: &mut impl Read, at: &mut u64, offset: u64) -> io::Result<Vec<u8>> {
    let skipped = io::copy(&mut decoder.by_ref().take(offset.saturating_sub(*at)), &mut io::sink())?;
    *at += skipped;
    if *at < offset {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::with_capacity(CHUNK);
    decoder.by_ref().take(CHUNK as u64).read_to_end(&mut bytes)?;
    // A character that a chunk cuts in two is read to its end here: the decoder does not go back.
    while bytes.len() >= CHUNK && complete(&bytes, false).len() < bytes.len() && bytes.len() < CHUNK + 4 {
        if decoder.by_ref().take(1).read_to_end(&mut bytes)? == 0 {
            break;
        }
    }
    *at += bytes.len() as u64;
    Ok(bytes)
}

/// The bytes up to the last complete character. What is no UTF-8 anyway is kept: it is shown as such.
fn complete(bytes: &[u8], to_the_end: bool) -> &[u8] {
    if to_the_end {
        return bytes;
    }
    for length in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - length];
        let whole = match byte {
            0b1100_0000..=0b1101_1111 => 2,
            0b1110_0000..=0b1110_1111 => 3,
            0b1111_0000..=0b1111_0111 => 4,
            0b1000_0000..=0b1011_1111 => continue,
            _ => return bytes,
        };
        return if length < whole { &bytes[..bytes.len() - length] } else { bytes };
    }
    bytes
}

/// The last part of a log, plain or compressed, and whether something stands before it. `None`: there is no log yet.
pub(crate) fn last_part(path: &Path, most: usize) -> io::Result<Option<LastPart>> {
    if let Some(mut file) = open(path)? {
        let size = file.metadata()?.len();
        let start = size.saturating_sub(most as u64);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(size - start).read_to_end(&mut bytes)?;
        return Ok(Some(LastPart::new(&bytes, start)));
    }
    let Some(file) = open(&packed(path))? else { return Ok(None) };
    let (mut decoder, mut kept, mut size) = (MultiGzDecoder::new(BufReader::new(file)), VecDeque::new(), 0);
    let mut bytes = vec![0; CHUNK];
    loop {
        let got = decoder.read(&mut bytes)?;
        if got == 0 {
            break;
        }
        size += got as u64;
        kept.extend(&bytes[..got]);
        kept.drain(..kept.len().saturating_sub(most));
    }
    let start = size - kept.len() as u64;
    Ok(Some(LastPart::new(kept.make_contiguous(), start)))
}

/// The last part of a log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LastPart {
    /// Whole lines, and whole characters.
    pub(crate) text: String,
    /// Whether something stands before it.
    pub(crate) cut: bool,
    /// Offset behind it.
    pub(crate) end: u64,
}

impl LastPart {
    fn new(bytes: &[u8], start: u64) -> Self {
        let kept = complete(bytes, false);
        let end = start + kept.len() as u64;
        let first_line =
            if start == 0 { 0 } else { kept.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1) };
        let text = String::from_utf8_lossy(&kept[first_line..]).into_owned();
        Self { text, cut: start > 0, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use copr_store::LogFile;

    fn text(text: &str, end: u64) -> Piece {
        Piece::Text(text.to_owned(), end)
    }

    #[test]
    fn a_log_is_read_while_it_grows_and_after_it_was_packed() {
        let dir = tempfile::tempdir().unwrap();
        let log = LogFile::at(dir.path().join("builder-live.log"));
        let mut early = Growing::new(log.path().to_owned(), 0);
        assert_eq!(early.read(false).unwrap(), Piece::Nothing);
        log.begin().unwrap();
        log.append(0, b"one\n").unwrap().unwrap();
        assert_eq!(early.read(false).unwrap(), text("one\n", 4));
        assert_eq!(early.read(false).unwrap(), Piece::Nothing);
        log.append(4, b"two\n").unwrap().unwrap();
        log.finish().unwrap();
        assert_eq!(early.read(false).unwrap(), text("two\n", 8));
        assert_eq!(early.read(true).unwrap(), Piece::Nothing);
        let mut late = Growing::new(log.path().to_owned(), 5);
        assert_eq!(late.read(true).unwrap(), text("wo\n", 8));
        assert_eq!(late.read(true).unwrap(), Piece::Nothing);
        let mut beyond = Growing::new(log.path().to_owned(), 50);
        assert_eq!(beyond.read(true).unwrap(), Piece::Nothing);
    }

    #[test]
    fn a_second_attempt_is_read_from_its_start() {
        let dir = tempfile::tempdir().unwrap();
        let log = LogFile::at(dir.path().join("builder-live.log"));
        log.begin().unwrap();
        log.append(0, b"first\n").unwrap().unwrap();
        let mut reader = Growing::new(log.path().to_owned(), 0);
        assert_eq!(reader.read(false).unwrap(), text("first\n", 6));
        log.begin().unwrap();
        log.append(0, b"second\n").unwrap().unwrap();
        assert_eq!(reader.read(false).unwrap(), Piece::Restart);
        assert_eq!(reader.read(false).unwrap(), text("second\n", 7));
    }

    #[test]
    fn a_character_is_never_cut_in_two() {
        let dir = tempfile::tempdir().unwrap();
        let log = LogFile::at(dir.path().join("builder-live.log"));
        log.begin().unwrap();
        let snowman = "☃".as_bytes();
        log.append(0, &[b"a", &snowman[..2]].concat()).unwrap().unwrap();
        let mut reader = Growing::new(log.path().to_owned(), 0);
        assert_eq!(reader.read(false).unwrap(), text("a", 1));
        assert_eq!(reader.read(false).unwrap(), Piece::Nothing);
        log.append(3, &snowman[2..]).unwrap().unwrap();
        assert_eq!(reader.read(false).unwrap(), text("☃", 4));
        log.append(4, b"\xff\xe2").unwrap().unwrap();
        assert_eq!(reader.read(true).unwrap(), text("\u{fffd}\u{fffd}", 6));
    }

    #[test]
    fn long_packed_logs_come_in_pieces_with_whole_characters() {
        let dir = tempfile::tempdir().unwrap();
        let log = LogFile::at(dir.path().join("builder-live.log"));
        log.begin().unwrap();
        let whole = format!("x{}", "☃".repeat(100_000));
        log.append(0, whole.as_bytes()).unwrap().unwrap();
        log.finish().unwrap();
        let (mut reader, mut read) = (Growing::new(log.path().to_owned(), 0), String::new());
        while let Piece::Text(text, end) = reader.read(false).unwrap() {
            read.push_str(&text);
            assert_eq!(end, read.len() as u64);
        }
        assert!(read == whole);
    }

    #[test]
    fn the_last_part_begins_with_a_whole_line() {
        let dir = tempfile::tempdir().unwrap();
        let log = LogFile::at(dir.path().join("builder-live.log"));
        assert_eq!(last_part(log.path(), 10).unwrap(), None);
        log.begin().unwrap();
        log.append(0, b"one\ntwo\nthree\n").unwrap().unwrap();
        let expected = Some(LastPart { text: "three\n".to_owned(), cut: true, end: 14 });
        assert_eq!(last_part(log.path(), 8).unwrap(), expected);
        log.finish().unwrap();
        assert_eq!(last_part(log.path(), 8).unwrap(), expected);
        let whole = Some(LastPart { text: "one\ntwo\nthree\n".to_owned(), cut: false, end: 14 });
        assert_eq!(last_part(log.path(), 80).unwrap(), whole);
    }
}
