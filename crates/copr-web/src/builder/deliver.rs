//! Files that builders deliver: streamed to disk, checked on the way, there whole or not at all.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use copr_app::{App, Refusal, lease};
use copr_db::builder::Builder;
use copr_types::FileName;
use copr_wire::builder::DIGEST_HEADER;
use futures::StreamExt;
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Pieces of a body that wait for the disk: together with the ones in flight, what an upload takes of our memory.
const PIECES: usize = 8;

/// Takes a file in. Repeatable: a second delivery replaces the first.
pub(super) async fn file(
    app: &App,
    builder: &Builder,
    task: i64,
    fence: i64,
    name: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), Refusal> {
    let name: FileName = name.parse().map_err(|error| Refusal::invalid(format!("{error}")))?;
    let expected = digest(headers)?;
    let most_mib = most_mib(app.rules.file_mib, app.rules.upload_mib);
    let most = most_mib << 20;
    let too_large = || Refusal::too_large(format!("`{name}` is larger than {most_mib} MiB"));
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|size| size > most) {
        return Err(too_large());
    }
    let target = lease::upload_target(app, builder, task, fence, &name).await?;
    let (pieces, arriving) = mpsc::channel(PIECES);
    let writing = tokio::task::spawn_blocking(move || write(&target, arriving, &expected));
    let sent = pass_on(body, pieces, most).await;
    let written = writing.await.map_err(|error| Refusal::internal("writing a delivered file", error))?;
    match (sent, written) {
        (Sent::TooLarge, _) => Err(too_large()),
        (Sent::BrokenOff, _) => Err(Refusal::invalid(format!("`{name}` did not arrive whole"))),
        (Sent::Whole, Ok(())) => Ok(()),
        (Sent::Whole, Err(Unwritten::Digest { arrived })) => {
            Err(Refusal::invalid(format!("`{name}` has another SHA-256 than announced: {arrived} arrived")))
        }
        // The directory goes with the lease.
        (Sent::Whole, Err(Unwritten::Io(error))) if error.kind() == io::ErrorKind::NotFound => {
            Err(Refusal::conflict("this lease is over: the task is gone, or somebody else has it"))
        }
        (Sent::Whole, Err(Unwritten::Io(error))) => Err(Refusal::internal("writing a delivered file", error)),
    }
}

/// Largest file that is taken from a builder: what a build may make, or a source package as it was uploaded. No limit
/// for a build (0) is none here.
fn most_mib(file: u64, upload: u64) -> u64 {
    if file == 0 { u64::MAX >> 20 } else { file.max(upload) }
}

fn digest(headers: &HeaderMap) -> Result<String, Refusal> {
    headers
        .get(DIGEST_HEADER)
        .and_then(|value| value.to_str().ok())
        .map(str::to_ascii_lowercase)
        .filter(|text| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .ok_or_else(|| Refusal::invalid("the header `X-Content-SHA256` must hold the file's SHA-256 in hex"))
}

/// How a body came.
enum Sent {
    Whole,
    BrokenOff,
    TooLarge,
}

/// What the writer is told.
enum Piece {
    Bytes(Bytes),
    /// That was all: without this word the file is thrown away.
    End,
}

async fn pass_on(body: Body, pieces: mpsc::Sender<Piece>, most: u64) -> Sent {
    let (mut stream, mut size) = (body.into_data_stream(), 0);
    while let Some(piece) = stream.next().await {
        let Ok(bytes) = piece else { return Sent::BrokenOff };
        size += bytes.len() as u64;
        if size > most {
            return Sent::TooLarge;
        }
        if pieces.send(Piece::Bytes(bytes)).await.is_err() {
            // The writer gave up, and says why.
            return Sent::Whole;
        }
    }
    let _ = pieces.send(Piece::End).await;
    Sent::Whole
}

/// Why a file is not there.
enum Unwritten {
    Digest { arrived: String },
    Io(io::Error),
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes what arrives beside `target` and renames it when it is whole, right and on disk. Blocks.
fn write(target: &Path, mut arriving: mpsc::Receiver<Piece>, expected: &str) -> Result<(), Unwritten> {
    let dir = target.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned);
    let mut file = tempfile::NamedTempFile::new_in(&dir)?;
    let mut hash = Sha256::new();
    loop {
        match arriving.blocking_recv() {
            Some(Piece::Bytes(bytes)) => {
                hash.update(&bytes);
                file.write_all(&bytes)?;
            }
            Some(Piece::End) => break,
            None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        }
    }
    let arrived = hex::encode(hash.finalize());
    if arrived != expected {
        return Err(Unwritten::Digest { arrived });
    }
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    Ok(std::fs::File::open(&dir)?.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::most_mib;

    #[test]
    fn no_limit_means_none_and_an_upload_comes_back_whole() {
        assert_eq!(most_mib(4096, 8192), 8192, "a source package may be as large as its upload");
        assert_eq!(most_mib(4096, 1), 4096);
        assert!(most_mib(0, 8192) << 20 > 1 << 50);
    }
}
