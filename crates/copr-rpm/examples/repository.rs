//! What publishing a large repository costs in this crate alone: packages are described, chunks kept in files, files
//! joined, synced and read back.
//!
//! `repository DIR PACKAGES [PER-CHUNK [gzip] [whole]]`: makes that many packages in `DIR` when they are not there.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Instant, UNIX_EPOCH};

use copr_rpm::Error;
use copr_rpm::repodata::{
    Chunk, Compression, Fragments, Joined, Layout, Location, Options, Published, Written, for_each_kind, repomd,
};
use copr_testkit::synthetic;
use sha2::{Digest, Sha256};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, count, rest @ ..] = arguments.as_slice() else { return Err("usage: repository DIR PACKAGES".into()) };
    let (dir, count): (&Path, u64) = (dir.as_ref(), count.parse()?);
    let per_chunk: u64 = rest.first().map_or(Ok(Chunk::PACKAGES as u64), |number| number.parse())?;
    let says = |word: &str| rest.iter().any(|said| said == word);
    let compression = if says("gzip") { Compression::Gzip } else { Compression::Zstd };
    let layout = if says("whole") { Layout::Whole } else { Layout::Frames };
    for number in 0..=count {
        let path = dir.join(synthetic::file_name(number));
        if !path.exists() {
            fs::create_dir_all(dir)?;
            fs::write(path, synthetic::rpm(number))?;
        }
    }
    let cache = dir.join(".chunks");
    fs::create_dir_all(&cache)?;
    let options = Options { compression, layout, revision: 1, timestamp: 1, extras: Vec::new() };

    let (start, processor) = (Instant::now(), processor());
    let (mut describing, mut rendering) = (0.0, 0.0);
    let mut fresh = Vec::new();
    let mut chunks = Vec::new();
    let mut begun = 0;
    while begun < count {
        let end = (begun + per_chunk).min(count);
        let at = Instant::now();
        let all = (begun..end).map(|number| describe(dir, number)).collect::<Result<Vec<_>, Failure>>()?;
        describing += at.elapsed().as_secs_f64();
        let (published, fragments): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let at = Instant::now();
        chunks.push(keep(&cache, chunks.len(), &fragments, compression)?);
        rendering += at.elapsed().as_secs_f64();
        fresh.push((fresh.len(), published));
        begun = end;
    }
    publish(dir, &chunks, &options, &fresh)?;
    println!(
        "full: {:.3} s, processor {:.3} s, describing {describing:.3} s, rendering {rendering:.3} s, peak {} MB",
        start.elapsed().as_secs_f64(),
        self::processor() - processor,
        peak()
    );

    for _ in 0..5 {
        let last = chunks.len() - 1;
        let first = begun - fresh[last].1.len() as u64;
        let all = (first..=begun).map(|number| describe(dir, number)).collect::<Result<Vec<_>, Failure>>()?;
        let (published, fragments): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let (start, processor) = (Instant::now(), self::processor());
        let mut chunks: Vec<Chunk> = (0..last)
            .map(|at| Chunk::open(&cache.join(at.to_string()), "", compression).ok_or("a chunk is lost"))
            .collect::<Result<_, _>>()?;
        let opened = start.elapsed();
        chunks.push(keep(&cache, last, &fragments, compression)?);
        let kept = start.elapsed();
        let (joined, synced) = publish(dir, &chunks, &options, &[(last, published)])?;
        println!(
            "one more: {:.3} s, processor {:.3} s: opened {opened:?}, kept {kept:?}, joined {joined:.3} s, synced {synced:.3} s, peak {} MB",
            start.elapsed().as_secs_f64(),
            self::processor() - processor,
            peak()
        );
    }
    Ok(())
}

fn describe(dir: &Path, number: u64) -> Result<(Published, Fragments), Failure> {
    let path = dir.join(synthetic::file_name(number));
    let bytes = fs::read(&path)?;
    let modified = path.metadata()?.modified()?.duration_since(UNIX_EPOCH)?.as_secs();
    let published = Published { pkgid: hex::encode(Sha256::digest(&bytes)), href: synthetic::file_name(number) };
    let (href, sha256) = (published.href.as_str(), published.pkgid.as_str());
    let location = Location { href, base: None, sha256, size: bytes.len() as u64, modified };
    let fragments = Fragments::from_reader(&mut &bytes[..], &location)?;
    Ok((published, fragments))
}

fn keep(cache: &Path, number: usize, fragments: &[Fragments], compression: Compression) -> Result<Chunk, Failure> {
    let path = cache.join(number.to_string());
    fs::write(&path, Chunk::render(fragments, compression)?.to_bytes("")?)?;
    Ok(Chunk::open(&path, "", compression).ok_or("a chunk is lost")?)
}

fn publish(
    dir: &Path,
    chunks: &[Chunk],
    options: &Options,
    fresh: &[(usize, Vec<Published>)],
) -> Result<(f64, f64), Failure> {
    let repodata = dir.join("repodata");
    if repodata.exists() {
        fs::remove_dir_all(&repodata)?;
    }
    fs::create_dir_all(&repodata)?;
    let start = Instant::now();
    let io = |source| Error::Io { doing: "write", path: repodata.clone(), source };
    let joined = for_each_kind(|kind| {
        let path = repodata.join(kind.name());
        let mut file = BufWriter::with_capacity(1 << 17, File::create(&path).map_err(io)?);
        let joined = Joined::write(kind, chunks, options, &mut file)?;
        file.flush().map_err(io)?;
        fs::rename(path, repodata.join(&joined.name)).map_err(io)?;
        Ok::<_, Error>((joined, file))
    })?;
    let written = start.elapsed().as_secs_f64();
    let joined = joined.map(|(joined, file)| file.get_ref().sync_data().map(|()| joined));
    let [primary, filelists, other] = joined;
    let joined = [primary?, filelists?, other?];
    let synced = start.elapsed().as_secs_f64();
    let repomd = repomd(joined.iter().map(|joined| joined.record.clone()).collect(), options);
    fs::write(repodata.join("repomd.xml"), &repomd)?;
    Written { options, joined: &joined, extras: &[], repomd: &repomd, fresh }.read_back(&repodata)?;
    Ok((written, synced))
}

/// Seconds, of all threads.
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields.iter().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1000
}
