//! What somebody types.

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io;

/// A line with its end; nothing when there are no more. Whoever waits for it can do something else meanwhile.
pub(crate) async fn line() -> io::Result<Option<String>> {
    let read = || {
        let mut line = String::new();
        let count = io::stdin().read_line(&mut line)?;
        Ok((count > 0).then_some(line))
    };
    tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
}

/// As long as this lives, the terminal does not show what is typed.
pub(crate) struct Unseen(Option<Termios>);

impl Unseen {
    /// From now on; a terminal that knows nothing of it goes on as it did.
    pub(crate) fn begin() -> Self {
        let before = tcgetattr(io::stdin()).ok();
        if let Some(before) = &before {
            let mut unseen = before.clone();
            unseen.local_modes -= LocalModes::ECHO;
            // Then it is seen, as everything else.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &unseen);
        }
        Self(before)
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // Nobody is left to be told.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
