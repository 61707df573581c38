//! Chunks: kept in files, joined, read back, and damaged.

use std::fs;
use std::io::Read;
use std::path::Path;

use copr_rpm::Error;
use copr_rpm::repodata::{
    self, Chunk, Compression, Extra, ExtraKind, Fragments, Joined, Kind, Layout, Metadata, Options, Published, Record,
    Written, for_each_kind, repomd,
};
use sha2::{Digest, Sha256};

use crate::metadata::GZIP;

const BOTH: [Compression; 2] = [Compression::Zstd, Compression::Gzip];

fn published(number: usize) -> Published {
    let name = format!("package-{number}");
    Published { pkgid: hex::encode(Sha256::digest(&name)), href: format!("{number:08}-p/{name}-1-1.noarch.rpm") }
}

/// A package as short as one can be.
fn package(number: usize) -> Fragments {
    let Published { pkgid, href } = published(number);
    Fragments {
        primary: format!(
            "<package type=\"rpm\"><name>p{number}</name><checksum type=\"sha256\" pkgid=\"YES\">{pkgid}</checksum>\
             <location href=\"{href}\"/></package>"
        )
        .into_bytes(),
        filelists: format!("<package pkgid=\"{pkgid}\" name=\"p{number}\" arch=\"noarch\"><file>/a</file></package>")
            .into_bytes(),
        other: format!("<package pkgid=\"{pkgid}\" name=\"p{number}\" arch=\"noarch\"></package>").into_bytes(),
    }
}

fn chunk(numbers: impl IntoIterator<Item = usize>, compression: Compression) -> Chunk {
    Chunk::render(numbers.into_iter().map(package), compression).unwrap()
}

fn unpacked(compression: Compression, packed: &[u8]) -> String {
    let mut text = String::new();
    match compression {
        Compression::Zstd => zstd::stream::Decoder::new(packed).unwrap().read_to_string(&mut text).unwrap(),
        Compression::Gzip => flate2::read::MultiGzDecoder::new(packed).read_to_string(&mut text).unwrap(),
    };
    text
}

#[test]
fn chunks_make_the_same_document_as_their_packages() {
    for compression in BOTH {
        for layout in [Layout::Frames, Layout::Whole] {
            let options = Options { compression, layout, ..GZIP };
            let chunks = [chunk(0..3, compression), chunk([], compression), chunk(3..7, compression)];
            let together = Metadata::assemble((0..7).map(package), &options).unwrap();
            for (kind, (_, together)) in Kind::ALL.into_iter().zip(&together.files) {
                let mut bytes = Vec::new();
                let Joined { name, record, .. } = Joined::write(kind, &chunks, &options, &mut bytes).unwrap();
                let open = unpacked(compression, &bytes);
                assert_eq!(open, unpacked(compression, together));
                assert!(open.contains("packages=\"7\"") && open.matches("<package ").count() == 7, "{open}");
                assert_eq!((record.size, record.open_size), (bytes.len() as u64, Some(open.len() as u64)));
                assert_eq!(record.checksum, hex::encode(Sha256::digest(&bytes)));
                assert!(name.starts_with(&record.checksum) && record.href == format!("repodata/{name}"));
                let open_checksum = record.open_checksum.map(|checksum| checksum == hex::encode(Sha256::digest(&open)));
                let unknown = compression == Compression::Zstd && layout == Layout::Frames;
                assert_eq!(open_checksum, (!unknown).then_some(true));
                // One frame ends where the file does; of several the first holds the beginning alone.
                let mut first = Vec::new();
                match compression {
                    Compression::Zstd => {
                        let decoder = zstd::stream::Decoder::with_buffer(&bytes[..]).unwrap();
                        decoder.single_frame().read_to_end(&mut first).unwrap()
                    }
                    Compression::Gzip => flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut first).unwrap(),
                };
                assert_eq!(first.len() == open.len(), layout == Layout::Whole);
            }
        }
    }
}

#[test]
fn a_chunk_comes_back_from_its_file() {
    let directory = tempfile::tempdir().unwrap();
    for compression in BOTH {
        let options = Options { compression, ..GZIP };
        let made = chunk(0..5, compression);
        let path = directory.path().join("0");
        fs::write(&path, made.to_bytes("0 of 17").unwrap()).unwrap();
        let kept = Chunk::open(&path, "0 of 17", compression).unwrap();
        assert_eq!(kept.packages(), 5);
        for kind in Kind::ALL {
            let (mut from_memory, mut from_file) = (Vec::new(), Vec::new());
            let one = Joined::write(kind, std::slice::from_ref(&made), &options, &mut from_memory).unwrap();
            let other = Joined::write(kind, std::slice::from_ref(&kept), &options, &mut from_file).unwrap();
            assert_eq!((one, from_memory), (other, from_file));
        }
        assert_eq!(kept.to_bytes("0 of 17").unwrap(), fs::read(&path).unwrap());
        for (label, other) in [("0 of 18", compression), ("0 of 1", compression), ("", compression)] {
            assert!(Chunk::open(&path, label, other).is_none(), "{label}");
        }
        let other = if compression == Compression::Zstd { Compression::Gzip } else { Compression::Zstd };
        assert!(Chunk::open(&path, "0 of 17", other).is_none());
    }
    assert!(Chunk::open(&directory.path().join("1"), "", Compression::Zstd).is_none());
}

type Made = (Joined, Vec<u8>);

/// What becomes of a chunk's file: none, all three documents, or told to be damaged.
fn used(path: &Path) -> Option<Result<[Made; 3], Error>> {
    let chunk = Chunk::open(path, "label", Compression::Zstd)?;
    let options = Options { compression: Compression::Zstd, ..GZIP };
    let all = Kind::ALL.map(|kind| {
        let mut bytes = Vec::new();
        Joined::write(kind, std::slice::from_ref(&chunk), &options, &mut bytes).map(|joined| (joined, bytes))
    });
    let [primary, filelists, other] = all;
    Some(primary.and_then(|primary| Ok([primary, filelists?, other?])))
}

#[test]
fn a_damaged_file_is_no_chunk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chunk");
    let whole = chunk(0..3, Compression::Zstd).to_bytes("label").unwrap();
    let mut told = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, bytes).unwrap();
        match used(&path) {
            None => {}
            Some(Err(Error::DamagedChunk { path: named })) => {
                assert_eq!(named, path);
                told += 1;
            }
            Some(other) => panic!("byte {at} of {} was changed: {other:?}", whole.len()),
        }
    }
    assert!(told > 0);
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(used(&path).is_none(), "{length} of {}", whole.len());
    }
    fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
    assert!(used(&path).is_none());
    fs::write(&path, &whole).unwrap();
    assert!(used(&path).is_some_and(|used| used.is_ok()));
}

#[test]
fn a_chunk_that_is_packed_otherwise_is_not_joined() {
    let chunks = [chunk(0..1, Compression::Zstd)];
    assert!(Joined::write(Kind::Other, &chunks, &GZIP, &mut Vec::new()).is_err());
}

/// A repository of three chunks, of which the second is new.
struct Repository {
    repodata: tempfile::TempDir,
    options: Options,
    joined: [Joined; 3],
    extras: Vec<Record>,
    repomd: Vec<u8>,
    fresh: Vec<(usize, Vec<Published>)>,
}

impl Repository {
    fn of(compression: Compression, layout: Layout) -> Repository {
        let extras = vec![Extra::new(ExtraKind::UpdateInfo, b"<updates></updates>".to_vec()).unwrap()];
        let options = Options { compression, layout, extras, ..GZIP };
        let repodata = tempfile::tempdir().unwrap();
        let chunks = [chunk(0..4, compression), chunk(4..6, compression), chunk(6..7, compression)];
        let joined = for_each_kind(|kind| {
            let mut bytes = Vec::new();
            let joined = Joined::write(kind, &chunks, &options, &mut bytes)?;
            fs::write(repodata.path().join(&joined.name), bytes).unwrap();
            Ok::<_, Error>(joined)
        });
        let joined = joined.unwrap();
        let mut extras = Vec::new();
        for extra in &options.extras {
            let (record, name, bytes) = extra.file(&options).unwrap();
            fs::write(repodata.path().join(name), bytes).unwrap();
            extras.push(record);
        }
        let records = joined.iter().map(|joined| joined.record.clone()).chain(extras.clone()).collect();
        let repomd = repomd(records, &options);
        fs::write(repodata.path().join("repomd.xml"), &repomd).unwrap();
        let fresh = vec![(1, vec![published(4), published(5)])];
        Repository { repodata, options, joined, extras, repomd, fresh }
    }

    fn read_back(&self) -> Result<(), Error> {
        let Repository { options, joined, extras, repomd, fresh, .. } = self;
        Written { options, joined, extras, repomd, fresh }.read_back(self.repodata.path())
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.repodata.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    }
}

fn all() -> impl Iterator<Item = Repository> {
    BOTH.into_iter().flat_map(|one| [Layout::Frames, Layout::Whole].map(|layout| Repository::of(one, layout)))
}

#[test]
fn what_was_written_is_read_back() {
    for repository in all() {
        repository.read_back().unwrap();
        let report = repodata::verify(repository.repodata.path()).unwrap();
        assert_eq!(report.packages, (0..7).map(published).collect::<Vec<_>>());
    }
}

#[test]
fn any_changed_file_is_noticed_when_it_is_read_back() {
    for repository in all() {
        let mut names: Vec<_> = repository.joined.iter().map(|joined| joined.name.clone()).collect();
        names.push("repomd.xml".to_owned());
        names.push(repository.extras[0].href.trim_start_matches("repodata/").to_owned());
        for name in &names {
            let whole = fs::read(repository.repodata.path().join(name)).unwrap();
            for at in (0..whole.len()).step_by(7) {
                repository.change(name, |bytes| bytes[at] ^= 1);
                assert!(repository.read_back().is_err(), "byte {at} of {name}");
                repository.change(name, |bytes| bytes.clone_from(&whole));
            }
            repository.change(name, |bytes| bytes.push(0));
            assert!(repository.read_back().is_err(), "{name} is longer");
            repository.change(name, |bytes| bytes.truncate(whole.len() - 1));
            assert!(repository.read_back().is_err(), "{name} is shorter");
            repository.change(name, |bytes| bytes.clone_from(&whole));
        }
        repository.read_back().unwrap();
        fs::remove_file(repository.repodata.path().join(&names[1])).unwrap();
        assert!(repository.read_back().is_err());
    }
}

#[test]
fn a_new_chunk_must_hold_what_it_was_to_hold() {
    let wrong = [
        vec![published(4)],
        vec![published(4), published(5), published(6), published(7)],
        vec![published(4), Published { href: "elsewhere.rpm".to_owned(), ..published(5) }],
        vec![published(4), Published { pkgid: published(0).pkgid, ..published(5) }],
    ];
    for mut repository in all() {
        let whole = repository.options.layout == Layout::Whole;
        for (number, wrong) in wrong.clone().into_iter().enumerate() {
            repository.fresh[0].1 = wrong;
            // Of one frame for everything is known what it holds, not where.
            assert_eq!(repository.read_back().is_ok(), whole && number == 0, "{number}");
        }
        repository.fresh[0].1 = vec![published(5), published(4)];
        assert_eq!(repository.read_back().is_ok(), whole, "the order");
    }
}

/// A chunk may hold something else than its maker believed: it is noticed when it is new.
#[test]
fn fragments_that_are_no_packages_are_noticed() {
    let second = |kind: Kind| {
        let mut broken = package(5);
        match kind {
            Kind::Primary => broken.primary = b"</metadata><metadata>".to_vec(),
            Kind::Filelists => broken.filelists = b"<package>".to_vec(),
            Kind::Other => broken.other = package(4).other,
        }
        broken
    };
    for kind in Kind::ALL {
        let mut repository = Repository::of(Compression::Zstd, Layout::Frames);
        let chunks = [
            chunk(0..4, Compression::Zstd),
            Chunk::render([package(4), second(kind)], Compression::Zstd).unwrap(),
            chunk(6..7, Compression::Zstd),
        ];
        let options = &repository.options;
        let joined = Kind::ALL.map(|kind| {
            let mut bytes = Vec::new();
            let joined = Joined::write(kind, &chunks, options, &mut bytes).unwrap();
            fs::write(repository.repodata.path().join(&joined.name), bytes).unwrap();
            joined
        });
        let records = joined.iter().map(|joined| joined.record.clone()).chain(repository.extras.clone()).collect();
        repository.repomd = repomd(records, options);
        repository.joined = joined;
        fs::write(repository.repodata.path().join("repomd.xml"), &repository.repomd).unwrap();
        let error = repository.read_back().unwrap_err();
        assert!(matches!(error, Error::BadMetadata { .. }), "{kind:?}: {error}");
    }
}
