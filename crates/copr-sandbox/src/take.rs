//! Taking files out of trees, and removing trees, with the rights that this needs.

use std::{fs, io, path::Path, process::Stdio};

use crate::{
    Entry, Error, Isolation, Sandbox, UserMap,
    host::Stage,
    out, remove,
    stage::message::{Job, Reply, Task},
};

impl Sandbox {
    /// Copies the regular file `inside` (relative to `tree`) to `to`, a new file of the service.
    /// Returns its size. After a failure `to` does not exist.
    ///
    /// # Errors
    /// [`Error::Escapes`], [`Error::NotRegular`], [`Error::TooLarge`], or an ordinary failure.
    pub async fn copy_out(&self, tree: &Path, inside: &Path, to: &Path, most: u64) -> Result<u64, Error> {
        let result = self.copy_into(tree, inside, to, most).await;
        if result.as_ref().is_err_and(|error| !exists(error)) {
            let _ = fs::remove_file(to);
        }
        result
    }

    async fn copy_into(&self, tree: &Path, inside: &Path, to: &Path, most: u64) -> Result<u64, Error> {
        let file = fs::File::create_new(to).map_err(Error::io(format!("make `{}`", to.display())))?;
        let (tree_, inside_, mut direct) = (tree.to_path_buf(), inside.to_path_buf(), clone(&file)?);
        let done = blocking(move || out::copy(&tree_, &inside_, &mut direct, most)).await?;
        let refusal = match done {
            Ok(size) => return Ok(size),
            Err(refusal) if refusal.is_permission() && self.has_stage_rights() => {
                let (tree, inside_) = (tree.to_path_buf(), inside.to_path_buf());
                let task = Task::CopyOut { tree, inside: inside_, most };
                match self.ask(task, Stdio::from(file)).await? {
                    Reply::Copied(size) => return Ok(size),
                    Reply::Refused(refusal) => refusal,
                    _ => return Err(Error::Lost),
                }
            }
            Err(refusal) => refusal,
        };
        Err(refusal.into_error(inside, most, "bytes"))
    }

    /// Lists the directory `inside` (relative to `tree`, empty for its top), sorted by name, symbolic
    /// links unfollowed.
    ///
    /// # Errors
    /// [`Error::Escapes`], [`Error::TooLarge`] (more than `most` names), or an ordinary failure.
    pub async fn read_dir_out(&self, tree: &Path, inside: &Path, most: usize) -> Result<Vec<Entry>, Error> {
        let (tree_, inside_) = (tree.to_path_buf(), inside.to_path_buf());
        let refusal = match blocking(move || out::list(&tree_, &inside_, most)).await? {
            Ok(entries) => return Ok(entries),
            Err(refusal) if refusal.is_permission() && self.has_stage_rights() => {
                let (tree, inside_) = (tree.to_path_buf(), inside.to_path_buf());
                let task = Task::ReadDir { tree, inside: inside_, most };
                match self.ask(task, Stdio::null()).await? {
                    Reply::Listed(entries) => return Ok(entries),
                    Reply::Refused(refusal) => refusal,
                    _ => return Err(Error::Lost),
                }
            }
            Err(refusal) => refusal,
        };
        Err(refusal.into_error(inside, most as u64, "entries"))
    }

    /// Removes a tree with everything in it, whoever owns it. A missing tree is fine.
    ///
    /// # Errors
    /// When something could not be removed.
    pub async fn remove_tree(&self, tree: &Path) -> Result<(), Error> {
        let path = tree.to_path_buf();
        let doing = || format!("remove `{}`", tree.display());
        match blocking(move || remove::tree(&path)).await? {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(_) if self.has_stage_rights() => {
                // Inside the user namespace we are root over all of its ids. The top directory itself
                // may lie in one of the host that only the service may write: it is tried again here.
                let asked = self.ask(Task::Remove { tree: tree.to_path_buf() }, Stdio::null()).await;
                match remove::tree(tree) {
                    Ok(()) => Ok(()),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                    Err(error) => Err(asked.err().unwrap_or_else(|| Error::io(doing())(error))),
                }
            }
            Err(error) => Err(Error::io(doing())(error)),
        }
    }

    /// Does a stage have more rights over foreign trees than we? As root: no.
    fn has_stage_rights(&self) -> bool {
        matches!(self.capabilities.isolation, Isolation::Namespaces(UserMap::Own | UserMap::Subordinate { .. }))
    }

    async fn ask(&self, task: Task, output: Stdio) -> Result<Reply, Error> {
        let isolation = self.capabilities.isolation;
        let job = Job { isolation, task };
        let mut stage = Stage::start(&self.config.stage, &job, output, Stdio::inherit()).await?;
        let reply = stage.reply(isolation).await?;
        stage.wait().await;
        Ok(reply)
    }
}

fn exists(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists)
}

fn clone(file: &fs::File) -> Result<fs::File, Error> {
    file.try_clone().map_err(Error::io("duplicate a file"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::io("work on files")(io::Error::other(error)))
}
