//! What goes wrong with the machine: nothing, unless a test says so.
//!
//! Like the clock it is passed in. The database asks before each transaction, statement and commit, the data directory
//! before each change: a test can end a server at any of them, let one of them fail, or hold a caller up while others go
//! on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

/// What is about to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A transaction begins; nothing is held yet.
    Begin,
    /// A connection for reading is asked for; none is held for it yet.
    Read,
    /// One statement, in a transaction or outside of any.
    Statement,
    /// The end of a transaction.
    Commit,
    /// A transaction is in, and whoever asked for it does not know yet.
    Committed,
    /// A change in the data directory.
    File,
}

/// What happens instead, or before.
pub enum Fault {
    /// It is not done, and this is why.
    Fails(io::Error),
    /// It is done when this future ends, which may be never. Not for [`Step::File`], which has no way to wait: there it is
    /// done at once.
    Waits(Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// What goes wrong, by steps.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<dyn Fn(Step) -> Option<Fault> + Send + Sync>>);

impl Faults {
    /// Asks before each step.
    pub fn new(ask: impl Fn(Step) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(ask)))
    }

    fn ask(&self, step: Step) -> Option<Fault> {
        self.0.as_ref().and_then(|ask| ask(step))
    }

    /// To be awaited before a step.
    pub async fn before(&self, step: Step) -> io::Result<()> {
        match self.ask(step) {
            None => Ok(()),
            Some(Fault::Fails(error)) => Err(error),
            Some(Fault::Waits(until)) => {
                until.await;
                Ok(())
            }
        }
    }

    /// To be called before a change of a file.
    pub fn before_file(&self) -> io::Result<()> {
        match self.ask(Step::File) {
            Some(Fault::Fails(error)) => Err(error),
            Some(Fault::Waits(_)) | None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Faults(some)" } else { "Faults(none)" })
    }
}
