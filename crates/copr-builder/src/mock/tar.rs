//! An archive with one small file in it, as tar(5) describes the form "ustar".

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Writes it, compressed.
pub(super) fn one_file(archive: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{:011o}", content.len()));
    put(136, "00000000000");
    // The sum is taken with spaces in its own place.
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\u{0}00");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut packed = GzEncoder::new(File::create(archive)?, Compression::default());
    packed.write_all(&header)?;
    packed.write_all(content)?;
    let end = content.len().next_multiple_of(512) - content.len() + 1024;
    packed.write_all(&vec![0; end])?;
    packed.finish()?.flush()
}
