//! Hostile and damaged packages: errors, never a panic.

use copr_rpm::repodata::{Fragments, Location};
use copr_rpm::srpm::{self, Limits};
use copr_rpm::{Error, header, integrity};

use crate::rpmbuild::Workshop;
use crate::samples;

/// Small limits: a flipped bit may promise gigabytes.
const LIMITS: Limits = Limits { spec: 1 << 20, payload: 16 << 20, files: 1000 };
const SHA256: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Everything that reads packages, once. Results do not matter; coming back does.
fn read_all(bytes: &[u8]) {
    let _ = header::read_package_from(&mut &bytes[..]);
    let _ = srpm::read_spec_from(bytes, &LIMITS);
    let _ = srpm::unpack_from(bytes, &LIMITS, |_, data| {
        std::io::copy(data, &mut std::io::sink()).map(drop).or(Ok::<(), Error>(()))
    });
    let location = Location { href: "a.rpm", base: None, sha256: SHA256, size: bytes.len() as u64, modified: 1 };
    let _ = Fragments::from_reader(&mut &bytes[..], &location);
}

fn victims() -> Vec<Vec<u8>> {
    let workshop = Workshop::new();
    let mut paths = workshop.small("victim");
    paths.extend(workshop.odd());
    paths.extend(samples::collected().into_iter().step_by(9));
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A small generator with a fixed seed: failures repeat.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[test]
fn a_package_cut_anywhere_is_an_error_and_no_panic() {
    for bytes in victims() {
        let whole = header::read_package_from(&mut &bytes[..]);
        let end = whole.as_ref().map_or(bytes.len(), |package| package.header_range.end as usize);
        let step = (end / 150).max(1);
        for length in (0..end).step_by(step).chain(end.saturating_sub(20)..end) {
            read_all(&bytes[..length]);
            if whole.is_ok() {
                let error = header::read_package_from(&mut &bytes[..length]).unwrap_err();
                let told = match error {
                    Error::Truncated { .. } => true,
                    Error::NotAPackage { .. } => length < 4,
                    _ => false,
                };
                assert!(told, "{length} of {end}: {error}");
            }
        }
        for length in (end..bytes.len()).step_by((bytes.len() - end) / 10 + 1) {
            read_all(&bytes[..length]);
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    let mut dice = Dice(0x5eed_5eed);
    for bytes in victims() {
        let reach = bytes.len().min(20_000);
        for _ in 0..400 {
            let mut broken = bytes.clone();
            for _ in 0..=dice.below(4) {
                let at = dice.below(reach);
                broken[at] ^= 1 << dice.below(8);
            }
            read_all(&broken);
        }
    }
}

#[test]
fn numbers_in_the_index_replaced_by_extremes_never_panic() {
    let mut dice = Dice(0x0dd_ba11);
    for bytes in victims() {
        let Ok(package) = header::read_package_from(&mut &bytes[..]) else {
            continue;
        };
        let start = package.header_range.start as usize;
        for _ in 0..400 {
            let mut broken = bytes.clone();
            // The first numbers of either header: counts, sizes, types and offsets.
            let base = if dice.below(2) == 0 { 96 } else { start };
            let at = base + 4 * dice.below(200);
            let Some(field) = broken.get_mut(at..at + 4) else {
                continue;
            };
            let extreme = [0, 1, 7, 9, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, u32::MAX][dice.below(8)];
            field.copy_from_slice(&extreme.to_be_bytes());
            read_all(&broken);
        }
    }
}

#[test]
fn things_that_are_no_packages_are_called_so() {
    for bytes in [
        &b"hello, this is a text and long enough to fill the lead of a package, which takes ninety-six bytes."[..],
        &[0; 200],
    ] {
        let error = header::read_package_from(&mut &bytes[..]).unwrap_err();
        assert!(matches!(error, Error::NotAPackage { .. }), "{error}");
    }
    for short in [&b""[..], b"<ht", b"<html>log in first</html>"] {
        let error = header::read_package_from(&mut &short[..]).unwrap_err();
        assert!(matches!(error, Error::NotAPackage { .. }), "{error}");
    }
    let magic = header::read_package_from(&mut &b"\xed\xab\xee\xdb\x03"[..]);
    assert!(matches!(magic, Err(Error::Truncated { part: "lead" })));
}

#[test]
fn a_promise_of_gigabytes_costs_no_memory() {
    let workshop = Workshop::new();
    let mut bytes = std::fs::read(&workshop.small("liar")[0]).unwrap();
    bytes[96 + 12..96 + 16].copy_from_slice(&u32::MAX.to_be_bytes());
    let error = header::read_package_from(&mut &bytes[..]).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[test]
fn an_evil_name_in_the_header_is_refused() {
    let workshop = Workshop::new();
    let path = workshop.small("evilname").remove(0);
    let bytes = std::fs::read(&path).unwrap();
    for evil in ["../../up", "a/b/c/de", "evil\nnam", "evil\u{e4}am"] {
        assert_eq!(evil.len().max(8), evil.len());
        let mut broken = bytes.clone();
        let at = broken.windows(9).position(|window| window == b"evilname\0").unwrap();
        // The lead holds the name too, followed by its version.
        let from = broken[at..].windows(9).position(|window| window == b"evilname\0").unwrap() + at;
        broken[from..from + 8].copy_from_slice(&evil.as_bytes()[..8]);
        let error = header::read_package_from(&mut &broken[..]).unwrap_err();
        assert!(matches!(error, Error::BadName { part: "name", .. } | Error::NotUtf8 { .. }), "{evil:?}: {error}");
        assert!(!error.to_string().contains('\n'));
    }
}

/// What rpm itself says of a package's digests; it knows no key.
fn rpm_takes(workshop: &Workshop, package: &std::path::Path) -> bool {
    let mut rpmkeys = workshop.command("rpmkeys");
    rpmkeys.arg("--dbpath").arg(workshop.path().join("no keys")).args(["--checksig", "--nosignature"]).arg(package);
    rpmkeys.output().unwrap().status.success()
}

#[test]
fn a_byte_that_is_not_what_it_was_is_noticed_as_by_rpm() {
    let workshop = Workshop::new();
    let mut dice = Dice(11);
    let copy = workshop.path().join("copy.rpm");
    let mut judged = 0;
    for path in workshop.small("whole").into_iter().chain(workshop.odd()).chain(samples::collected()) {
        let label = path.display().to_string();
        let Ok(facts) = header::read_package(&path) else { continue };
        if !rpm_takes(&workshop, &path) {
            continue;
        }
        integrity::check(&path).unwrap_or_else(|error| panic!("{label}: {error}"));
        let whole = std::fs::read(&path).unwrap();
        let end = facts.header_range.end as usize;
        for at in [end + dice.below((whole.len() - end).max(1)), end - 1 - dice.below(40), whole.len()] {
            // Cut there, or changed there.
            let mut bytes = whole.clone();
            match bytes.get_mut(at) {
                Some(byte) => *byte ^= 1,
                None => bytes.truncate(at - 1),
            }
            std::fs::write(&copy, &bytes).unwrap();
            if !rpm_takes(&workshop, &copy) {
                let error = integrity::check(&copy).expect_err(&format!("{label}: nobody noticed {at}")).to_string();
                assert!(error.contains("cut short") || error.contains("damaged"), "{label}: {error}");
                judged += 1;
            }
        }
    }
    assert!(judged >= 9, "rpm found fault with {judged} packages");
}
