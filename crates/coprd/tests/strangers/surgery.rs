//! Changes in source packages that rpmbuild would never make.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// The tag of the package's name.
pub const NAME: u32 = 1000;
/// The tag of its version.
pub const VERSION: u32 = 1001;

const LEAD: usize = 96;

/// Where the main header's index, its data, and the payload begin.
fn places(package: &[u8]) -> (usize, usize, usize) {
    let number = |at: usize| u32::from_be_bytes(package[at..at + 4].try_into().expect("four bytes")) as usize;
    let data = |header: usize| header + 16 + 16 * number(header + 8);
    let end = |header: usize| data(header) + number(header + 12);
    let main = end(LEAD).next_multiple_of(8);
    (main + 16, data(main), end(main))
}

/// The package with another text, not longer than it was, under a tag of its header.
pub fn retold(package: &[u8], tag: u32, text: &[u8]) -> Vec<u8> {
    let (index, data, _) = places(package);
    let number = |at: usize| u32::from_be_bytes(package[at..at + 4].try_into().expect("four bytes"));
    let entry = (index..data).step_by(16).find(|at| number(*at) == tag).expect("the tag is there");
    let begin = data + number(entry + 8) as usize;
    let length = package[begin..].iter().position(|byte| *byte == 0).expect("an end");
    assert!(text.len() <= length, "there is room for {length} bytes");
    let mut changed = package.to_vec();
    changed[begin..begin + length].fill(0);
    changed[begin..begin + text.len()].copy_from_slice(text);
    changed
}

/// The package with another archive as its payload: name, mode and content of its members.
pub fn repacked(package: &[u8], members: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (number, (name, mode, content)) in members.iter().chain([&("TRAILER!!!", 0, &b""[..])]).enumerate() {
        // The "new ASCII" form of cpio: magic, thirteen numbers in hex, name, content, each filled up to four bytes.
        let (length, size) = (name.len() + 1, content.len());
        let numbers = [number + 1, *mode as usize, 0, 0, 1, 0, size, 0, 0, 0, 0, length, 0];
        archive.extend_from_slice(b"070701");
        archive.extend(numbers.iter().flat_map(|number| format!("{number:08x}").into_bytes()));
        archive.extend_from_slice(name.as_bytes());
        archive.push(0);
        archive.resize(archive.len().next_multiple_of(4), 0);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(4), 0);
    }
    let mut packed = GzEncoder::new(package[..places(package).2].to_vec(), Compression::fast());
    packed.write_all(&archive).expect("memory");
    packed.finish().expect("memory")
}
