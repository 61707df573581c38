//! Where the service of a data directory listens, for commands that run beside it.
//!
//! Only the process that serves knows: `--listen` may say something that no configuration holds, and port 0 lets the
//! system choose. So it leaves a note in the data directory. A note that a killed service left behind is recognised by
//! nobody answering there.

use anyhow::Context;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpStream;

/// The note's name in the data directory.
const NOTE: &str = "listening";
/// A service on this machine accepts at once, or is not there.
const PATIENCE: Duration = Duration::from_secs(1);

/// Leaves the note.
pub fn note(data_dir: &Path, address: SocketAddr) -> anyhow::Result<()> {
    let (note, new) = (data_dir.join(NOTE), data_dir.join(format!("{NOTE}.new")));
    std::fs::write(&new, format!("{address}\n"))
        .and_then(|()| std::fs::rename(&new, &note))
        .with_context(|| format!("can't write `{}`", note.display()))
}

/// The address of the service of this data directory, if one runs.
pub async fn address(data_dir: &Path) -> Option<SocketAddr> {
    let address: SocketAddr = std::fs::read_to_string(data_dir.join(NOTE)).ok()?.trim().parse().ok()?;
    match tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Some(address),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_note_counts_while_somebody_listens_there() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(address(dir.path()).await, None);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bound = listener.local_addr().unwrap();
        note(dir.path(), bound).unwrap();
        assert_eq!(address(dir.path()).await, Some(bound));
        drop(listener);
        assert_eq!(address(dir.path()).await, None);
    }
}
