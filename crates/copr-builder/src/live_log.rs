//! The live log: written to a file here, carried to the server by offset in the background.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::client::{CallError, LogPut};
use crate::held::Held;

/// Output that comes within this time travels together.
const GATHER: Duration = Duration::from_millis(80);
/// Largest piece of one call.
const PIECE: usize = 512 << 10;

/// The log of one task. Writing is cheap and never waits for the server.
#[derive(Clone)]
pub(crate) struct LiveLog(Arc<Inner>);

struct Inner {
    write: Mutex<File>,
    read: File,
    size: AtomicU64,
    closed: CancellationToken,
    news: Notify,
}

impl LiveLog {
    /// A log spooled to `path`.
    pub fn create(path: &Path) -> std::io::Result<LiveLog> {
        let write = File::create(path)?;
        let read = File::open(path)?;
        Ok(LiveLog(Arc::new(Inner {
            write: Mutex::new(write),
            read,
            size: AtomicU64::new(0),
            closed: CancellationToken::new(),
            news: Notify::new(),
        })))
    }

    /// Appends.
    pub fn write(&self, bytes: &[u8]) {
        if let Ok(mut file) = self.0.write.lock()
            && file.write_all(bytes).is_ok()
        {
            self.0.size.fetch_add(bytes.len() as u64, Ordering::Release);
        }
        self.0.news.notify_one();
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.0.size.load(Ordering::Acquire)
    }

    /// No more will come: what [`LiveLog::carry`] waits for.
    pub fn close(&self) {
        self.0.closed.cancel();
    }

    /// Carries the log to the server until it is closed and all there.
    pub async fn carry(&self, held: &Held) -> Result<(), CallError> {
        let mut offset = 0;
        loop {
            let closed = self.0.closed.is_cancelled();
            let size = self.size();
            if offset < size {
                let piece = self.piece(offset, size)?;
                let put = || held.client.put_log(held.task_id, held.fence, offset, piece.clone());
                offset = match held.patiently(put).await {
                    Ok(LogPut::Taken(there)) => there,
                    // After a lost answer the server has more than we knew; after its restart it may have less.
                    Ok(LogPut::Elsewhere(there)) if there <= self.size() => there,
                    Ok(LogPut::Elsewhere(_)) | Err(CallError::Stale) => {
                        held.refused().await;
                        return Err(CallError::Stale);
                    }
                    Err(error) => return Err(error),
                };
                continue;
            }
            if closed {
                return Ok(());
            }
            let gathered = async {
                self.0.news.notified().await;
                tokio::time::sleep(GATHER).await;
            };
            tokio::select! {
                () = gathered => {}
                () = self.0.closed.cancelled() => {}
            }
        }
    }

    fn piece(&self, offset: u64, size: u64) -> Result<Bytes, CallError> {
        let wanted = usize::try_from(size - offset).unwrap_or(PIECE).min(PIECE);
        let mut piece = vec![0; wanted];
        self.0
            .read
            .read_exact_at(&mut piece, offset)
            .map_err(|source| CallError::Local { path: "live log".to_owned(), source })?;
        Ok(piece.into())
    }
}
