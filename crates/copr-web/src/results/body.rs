//! Bodies read from open files.

use axum::body::Body;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes read at a time: what one download takes of our memory, about twice.
const CHUNK: u64 = 256 * 1024;

/// `length` bytes of a file from `start` on. The first of them are read before this returns, so that they leave in one
/// packet with the head: package managers fetch many small files. When the file turns out to be shorter the body ends in an error, which
/// ends the connection: a reader never takes half a file for the whole.
pub(super) async fn of_file(file: File, start: u64, length: u64) -> Body {
    if length == 0 {
        return Body::empty();
    }
    let file = Arc::new(file);
    let first = read(Arc::clone(&file), start, length.min(CHUNK)).await;
    let got = first.as_ref().map_or(0, |bytes| bytes.len() as u64);
    match first {
        Ok(all) if got == length => Body::from(all),
        Ok(first) => Body::from_stream(stream::iter([Ok(first)]).chain(rest(file, start + got, length - got))),
        Err(error) => Body::from_stream(stream::iter([Err::<Bytes, _>(error)])),
    }
}

fn rest(file: Arc<File>, start: u64, length: u64) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((file, start, length), |(file, at, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let chunk = read(Arc::clone(&file), at, left.min(CHUNK)).await?;
        let size = chunk.len() as u64;
        Ok(Some((chunk, (file, at + size, left - size))))
    })
}

async fn read(file: Arc<File>, at: u64, most: u64) -> io::Result<Bytes> {
    let work = move || {
        let mut buffer = vec![0; usize::try_from(most).map_err(io::Error::other)?];
        let size = file.read_at(&mut buffer, at)?;
        if size == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer.truncate(size);
        Ok(Bytes::from(buffer))
    };
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
