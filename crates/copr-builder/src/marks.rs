//! Lines in a script's output that are meant for the builder: where the script is.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use crate::transcript::{Of, Transcript};
use crate::work::Tail;

const BEGIN: u8 = 0x1f;

/// Takes the marks out of a stream, and passes on the rest. A build that forges marks only confuses
/// its own log.
pub(crate) struct Marks {
    transcript: Transcript,
    tail: Tail,
    word: String,
    /// A line that began like a mark and has no end yet.
    begun: Option<Vec<u8>>,
    line_start: bool,
}

impl Marks {
    /// Writes what is no mark to the build log, and keeps its end in `tail`.
    pub fn new(transcript: Transcript, tail: Tail) -> Marks {
        let word = format!("{:016x}", RandomState::new().build_hasher().finish());
        Marks { transcript, tail, word, begun: None, line_start: true }
    }

    /// What the script has to begin its marks with, after the separator.
    pub fn word(&self) -> String {
        self.word.clone()
    }

    /// The next piece of output.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            if self.begun.is_some() || (self.line_start && rest[0] == BEGIN) {
                let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
                self.begun.get_or_insert_default().extend_from_slice(piece);
                if end.is_some() {
                    let line = self.begun.take().unwrap_or_default();
                    self.line(&line);
                }
                rest = after;
                continue;
            }
            // Up to the next line that may be a mark, all goes at once.
            let mark = rest.windows(2).position(|pair| pair == [b'\n', BEGIN]).map(|at| at + 1);
            let (piece, after) = rest.split_at(mark.unwrap_or(rest.len()));
            self.output(piece);
            self.line_start = piece.last() == Some(&b'\n');
            rest = after;
        }
    }

    fn output(&self, bytes: &[u8]) {
        self.tail.push(bytes);
        self.transcript.output(Of::Build, bytes);
    }

    fn line(&mut self, line: &[u8]) {
        self.line_start = true;
        let text = String::from_utf8_lossy(&line[1..]);
        match text.trim_end().strip_prefix(self.word.as_str()) {
            Some(step) => self.transcript.enter(step.trim()),
            None => self.output(line),
        }
    }
}
