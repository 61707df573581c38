//! Where secret keys lie: one file each, readable by the owner alone.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rand_08::RngCore;
use rand_08::rngs::OsRng;
use secrecy::{ExposeSecret, SecretSlice};

use crate::key::{Expiry, KeyType, Material, PublicKey, SecretKey};
use crate::{Error, KeyName};

/// A directory of secret keys, shared by any number of processes on one machine.
///
/// Files have the mode 0600 and appear whole or not at all. Two processes that create the same key
/// at once get one key: the other is told that it [exists](Error::Exists).
///
/// Making RSA keys takes seconds, so a store can hold *spares*: key material made ahead of time
/// ([`KeyStore::prepare_spare`]), which [`KeyStore::create`] takes and binds to a user id in milliseconds.
/// A spare is used once: whoever removes its file owns it.
#[derive(Clone, Debug)]
pub struct KeyStore {
    directory: PathBuf,
}

impl KeyStore {
    /// Opens the store in `directory`, which is made (0700) when absent.
    pub fn open(directory: impl Into<PathBuf>) -> Result<KeyStore, Error> {
        let store = KeyStore { directory: directory.into() };
        let spares = store.spares_directory();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&spares);
        made.map_err(|source| Error::Io { doing: "make", path: spares, source })?;
        Ok(store)
    }

    /// Whether there is a key of that name.
    pub fn exists(&self, key: &KeyName) -> Result<bool, Error> {
        let path = self.path(key);
        path.try_exists().map_err(|source| Error::Io { doing: "look for", path, source })
    }

    /// Makes a key, from a spare if there is one, and returns its public half.
    pub fn create(&self, key: &KeyName, user_id: &str, kind: KeyType, expiry: Expiry) -> Result<PublicKey, Error> {
        check_user_id(user_id)?;
        if self.exists(key)? {
            return Err(Error::Exists { key: key.to_string() });
        }
        let failed = |_| Error::Key { doing: "make a key", key: key.to_string() };
        let material = match self.take_spare(kind)? {
            Some(material) => material,
            None => Material::generate(kind).map_err(failed)?,
        };
        let secret = material.bind(user_id, expiry).map_err(failed)?;
        let bytes = secret.to_bytes().map_err(failed)?;
        match write_new(&self.directory, &self.path(key), &bytes) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Error::Exists { key: key.to_string() }),
            Err(source) => Err(Error::Io { doing: "write", path: self.path(key), source }),
            Ok(()) => secret.public().map_err(failed),
        }
    }

    /// The public half of the key `key`, made first if it is not there. Safe to call by many at once.
    pub fn ensure(&self, key: &KeyName, user_id: &str, kind: KeyType, expiry: Expiry) -> Result<PublicKey, Error> {
        match self.public(key) {
            Err(Error::NoSuchKey { .. }) => match self.create(key, user_id, kind, expiry) {
                Err(Error::Exists { .. }) => self.public(key),
                made => made,
            },
            found => found,
        }
    }

    /// The public half of a key.
    pub fn public(&self, key: &KeyName) -> Result<PublicKey, Error> {
        let failed = |_| Error::Key { doing: "show the public half", key: key.to_string() };
        self.secret(key)?.public().map_err(failed)
    }

    /// Removes a key for good. Packages signed with it stay valid for whoever has its public half.
    pub fn delete(&self, key: &KeyName) -> Result<(), Error> {
        let path = self.path(key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::NoSuchKey { key: key.to_string() }),
            Err(source) => Err(Error::Io { doing: "remove", path, source }),
            Ok(()) => Ok(()),
        }
    }

    /// Gives a key another end (`until`, seconds UTC; none: never) by a new signature of its own. Its fingerprint stays.
    pub fn extend(&self, key: &KeyName, until: Option<i64>) -> Result<PublicKey, Error> {
        let failure = || Error::Key { doing: "extend the life", key: key.to_string() };
        let failed = |_| failure();
        let secret = self.secret(key)?.extended(until).ok_or_else(failure)?;
        let bytes = secret.to_bytes().map_err(failed)?;
        let path = self.path(key);
        write_over(&self.directory, &path, &bytes).map_err(|source| Error::Io { doing: "write", path, source })?;
        secret.public().map_err(failed)
    }

    /// Makes key material ahead of time; blocks for seconds with RSA.
    pub fn prepare_spare(&self, kind: KeyType) -> Result<(), Error> {
        let failed = |_| Error::Key { doing: "make a key", key: "spare".to_owned() };
        let bytes = Material::generate(kind).and_then(|material| material.to_bytes()).map_err(failed)?;
        let mut random = [0; 16];
        OsRng.fill_bytes(&mut random);
        let directory = self.spares_directory();
        let path = directory.join(format!("{}-{}{SPARE}", kind.name(), hex::encode(random)));
        write_new(&directory, &path, &bytes).map_err(|source| Error::Io { doing: "write", path, source })
    }

    /// How many spares of a kind are ready.
    pub fn spares(&self, kind: KeyType) -> Result<usize, Error> {
        Ok(self.spare_files(kind)?.len())
    }

    pub(crate) fn secret(&self, key: &KeyName) -> Result<SecretKey, Error> {
        let path = self.path(key);
        let bytes = match fs::read(&path) {
            Ok(bytes) => SecretSlice::from(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::NoSuchKey { key: key.to_string() });
            }
            Err(source) => {
                return Err(Error::Io { doing: "read", path, source });
            }
        };
        SecretKey::from_bytes(&bytes).ok_or(Error::Damaged { path })
    }

    /// Takes a spare: of all who read it, the one whose removal succeeds may use it. A crash after that
    /// loses a spare, which nobody misses.
    fn take_spare(&self, kind: KeyType) -> Result<Option<Material>, Error> {
        for path in self.spare_files(kind)? {
            let Ok(bytes) = fs::read(&path) else { continue };
            let bytes = SecretSlice::from(bytes);
            if fs::remove_file(&path).is_err() {
                continue;
            }
            if let Some(material) = Material::from_bytes(&bytes) {
                return Ok(Some(material));
            }
        }
        Ok(None)
    }

    fn spare_files(&self, kind: KeyType) -> Result<Vec<PathBuf>, Error> {
        let directory = self.spares_directory();
        let failed = |source| Error::Io { doing: "list", path: directory.clone(), source };
        let prefix = format!("{}-", kind.name());
        let mut files = Vec::new();
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(&prefix) && name.ends_with(SPARE)) {
                files.push(entry.path());
            }
        }
        Ok(files)
    }

    fn path(&self, key: &KeyName) -> PathBuf {
        self.directory.join(format!("{key}.secret"))
    }

    fn spares_directory(&self) -> PathBuf {
        // No key's name begins with a dot.
        self.directory.join(".spares")
    }
}

const SPARE: &str = ".material";

/// Writes a file that must not exist yet, whole or not at all, mode 0600.
fn write_new(directory: &Path, path: &Path, bytes: &SecretSlice<u8>) -> io::Result<()> {
    // Temporary files of this crate are created with 0600 and removed when something fails.
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
    file.write_all(bytes.expose_secret())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

/// The same in place of a file that is there.
fn write_over(directory: &Path, path: &Path, bytes: &SecretSlice<u8>) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
    file.write_all(bytes.expose_secret())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

fn check_user_id(user_id: &str) -> Result<(), Error> {
    let refuse = |rule| Err(Error::BadUserId { user_id: user_id.to_owned(), rule });
    if user_id.is_empty() || user_id.len() > 512 {
        return refuse("between 1 and 512 bytes");
    }
    if user_id.contains(char::is_control) {
        return refuse("no control characters");
    }
    Ok(())
}
