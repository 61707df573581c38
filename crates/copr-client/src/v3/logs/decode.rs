//! Bytes of a log file, perhaps compressed, as text.

use flate2::write::MultiGzDecoder;
use std::io::{self, Write};

/// Makes text of bytes that come piece by piece.
pub(super) struct Decoder {
    unpacked: Unpacked,
    /// So many bytes are known already.
    skip: u64,
    /// The beginning of a character.
    rest: Vec<u8>,
}

enum Unpacked {
    AsItIs,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

/// A text, and of how many bytes it is.
type Text = Option<(String, u64)>;

impl Decoder {
    pub fn new(skip: u64, is_packed: bool) -> Self {
        let unpacked =
            if is_packed { Unpacked::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))) } else { Unpacked::AsItIs };
        Self { unpacked, skip, rest: Vec::new() }
    }

    /// The text of the next piece.
    pub fn add(&mut self, piece: &[u8]) -> io::Result<Text> {
        match &mut self.unpacked {
            Unpacked::AsItIs => Ok(self.text(piece, false)),
            Unpacked::Gzip(decoder) => {
                decoder.write_all(piece)?;
                let bytes = std::mem::take(decoder.get_mut());
                Ok(self.text(&bytes, false))
            }
        }
    }

    /// What is left. `for_ever`: nothing will make it whole.
    pub fn end(&mut self, for_ever: bool) -> io::Result<Text> {
        let bytes = match &mut self.unpacked {
            Unpacked::AsItIs => Vec::new(),
            Unpacked::Gzip(decoder) => {
                decoder.try_finish()?;
                std::mem::take(decoder.get_mut())
            }
        };
        Ok(self.text(&bytes, for_ever))
    }

    fn text(&mut self, bytes: &[u8], for_ever: bool) -> Text {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
        self.skip -= skipped as u64;
        self.rest.extend_from_slice(&bytes[skipped..]);
        let complete = if for_ever { self.rest.len() } else { complete(&self.rest) };
        let bytes: Vec<u8> = self.rest.drain(..complete).collect();
        (!bytes.is_empty()).then(|| (String::from_utf8_lossy(&bytes).into_owned(), bytes.len() as u64))
    }
}

/// How many bytes there are without a character that is only begun.
fn complete(bytes: &[u8]) -> usize {
    match bytes.utf8_chunks().last() {
        // Nothing is wrong with it but that it ends.
        Some(chunk) if (1..4).contains(&chunk.invalid().len()) && may_go_on(chunk.invalid()) => {
            bytes.len() - chunk.invalid().len()
        }
        _ => bytes.len(),
    }
}

fn may_go_on(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn text(text: &str, bytes: u64) -> Text {
        Some((text.to_owned(), bytes))
    }

    #[test]
    fn a_character_is_never_cut_in_two() {
        let mut decoder = Decoder::new(0, false);
        assert_eq!(decoder.add(b"a\xe2\x98").unwrap(), text("a", 1));
        assert_eq!(decoder.add(b"\x83b\xff").unwrap(), text("☃b\u{fffd}", 5));
        assert_eq!(decoder.add(b"\xe2").unwrap(), None);
        assert_eq!(decoder.end(false).unwrap(), None);
        assert_eq!(decoder.end(true).unwrap(), text("\u{fffd}", 1));
    }

    #[test]
    fn what_is_packed_is_read_from_anywhere() {
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(&b"one\ntwo\n"[..], flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
        let mut decoder = Decoder::new(5, true);
        let mut found = String::new();
        for byte in &packed {
            found.extend(decoder.add(&[*byte]).unwrap().map(|(text, _)| text));
        }
        found.extend(decoder.end(true).unwrap().map(|(text, _)| text));
        assert_eq!(found, "wo\n");
    }

    #[test]
    fn half_a_file_is_an_error() {
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(&b"one\ntwo\n"[..], flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
        let mut decoder = Decoder::new(0, true);
        decoder.add(&packed[..packed.len() - 4]).unwrap();
        assert!(decoder.end(true).is_err());
    }
}
