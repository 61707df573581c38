//! Giving a package's copy what its original has.

use crate::error::doing;
use crate::look_aside::{LOOK_ASIDE, listed};
use crate::objects::{self, Incoming};
use crate::{Error, Repository};
use std::fs;
use std::io;
use std::path::Path;

impl Repository {
    /// Takes over all commits and look-aside files of another repository, without copying a byte where links are to be had.
    /// Branches are taken over when there are none here yet; otherwise the commits can be had by their names. Fine when
    /// the other is not there, and when all was taken before.
    pub fn take_over(&self, other: &Repository) -> Result<(), Error> {
        if !other.path().join("HEAD").exists() {
            return Ok(());
        }
        let lock = self.lock()?;
        let mut incoming = Incoming::begin(self.path())?;
        let had = self.branches()?;
        // Read before the objects: these hold whatever those name.
        let branches = other.branches()?;
        let look_aside = LOOK_ASIDE.to_owned();
        let fan_outs = listed(&other.path().join("objects"))?.into_iter().filter_map(|dir| {
            let name = dir.file_name()?.to_str()?.to_owned();
            (name.len() == 2).then(|| format!("objects/{name}"))
        });
        for dir in fan_outs.chain([look_aside]) {
            let to = self.path().join(&dir);
            objects::make_dir(&to)?;
            for file in listed(&other.path().join(&dir))? {
                link(&file, &to, &incoming)?;
            }
            objects::sync_dir(&to)?;
        }
        objects::sync_dir(&self.path().join("objects"))?;
        if !lock.is_in_place() {
            return Err(Error::Removed(self.path().to_owned()));
        }
        if had.is_empty() {
            for (name, id) in &branches {
                incoming.replace(self.heads().join(name), format!("{id}\n").as_bytes())?;
            }
            let lines: String = branches.iter().map(|(name, id)| format!("{id}\trefs/heads/{name}\n")).collect();
            incoming.replace(self.path().join("info/refs"), lines.as_bytes())?;
            let head = other.path().join("HEAD");
            incoming.replace(self.path().join("HEAD"), &doing("read", &head, fs::read(&head))?)?;
            incoming.settle()?;
            incoming.finish(&self.heads())?;
        }
        Ok(())
    }
}

/// Gives a file a second name in a directory, or copies it.
fn link(file: &Path, to: &Path, incoming: &Incoming) -> Result<(), Error> {
    let Some(name) = file.file_name() else { return Ok(()) };
    let to = to.join(name);
    match fs::hard_link(file, &to) {
        Ok(()) => return Ok(()),
        // There already, or gone from the original.
        Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => return Ok(()),
        Err(_) => {}
    }
    let mut copy = incoming.file()?;
    let mut original = doing("open", file, fs::File::open(file))?;
    doing("copy", file, io::copy(&mut original, &mut copy).and_then(|_| copy.as_file().sync_data()))?;
    use std::os::unix::fs::PermissionsExt;
    doing("set the mode of", &to, copy.as_file().set_permissions(fs::Permissions::from_mode(0o444)))?;
    doing("put in place", &to, copy.persist(&to).map(drop).map_err(|error| error.error))
}
