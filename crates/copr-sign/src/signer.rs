//! The face of signing, and the one behind it that has the keys at hand.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use pgp::composed::{ArmorOptions, DetachedSignature};
use pgp::ser::Serialize as _;
use sha2::{Digest, Sha256};

use crate::{Error, Expiry, KeyName, KeyStore, KeyType, PublicKey};

/// Signs. Behind it are keys in this process, or another process on a safer machine.
///
/// Every call blocks (RSA-4096 takes milliseconds, a remote signer more): use
/// `tokio::task::spawn_blocking`.
pub trait Signer: Send + Sync {
    /// Makes sure that a key exists and returns its public half.
    fn ensure_key(&self, key: &KeyName, user_id: &str) -> Result<PublicKey, Error>;

    /// The public half of a key.
    fn public_key(&self, key: &KeyName) -> Result<PublicKey, Error>;

    /// Replaces all signatures of the package at `path` by one of `key`, in place: see
    /// [`copr_rpm::signature::replace`] for what that means to links and crashes.
    fn sign_package(&self, path: &Path, key: &KeyName) -> Result<(), Error>;

    /// An armored signature of `data`, for `repomd.xml.asc`.
    fn sign_detached(&self, data: &[u8], key: &KeyName) -> Result<String, Error>;
}

/// Signs with the keys of a [`KeyStore`].
#[derive(Clone, Debug)]
pub struct LocalSigner {
    store: KeyStore,
    kind: KeyType,
    expiry: Expiry,
    recent: Arc<Mutex<VecDeque<Recent>>>,
}

/// A signature that was made a moment ago.
#[derive(Debug)]
struct Recent {
    fingerprint: String,
    digest: [u8; 32],
    signature: String,
}

/// How many of them are kept: the repositories of a new project are empty, all alike, and signed one after the other.
const RECENT: usize = 8;

impl LocalSigner {
    /// Keys that have to be made will be of `kind` and valid for `expiry`.
    pub fn new(store: KeyStore, kind: KeyType, expiry: Expiry) -> LocalSigner {
        LocalSigner { store, kind, expiry, recent: Arc::default() }
    }

    /// The keys.
    pub fn store(&self) -> &KeyStore {
        &self.store
    }

    fn sign(&self, data: &[u8], key: &KeyName) -> Result<DetachedSignature, Error> {
        self.store.secret(key)?.sign(data).map_err(|_| failed(key))
    }
}

impl Signer for LocalSigner {
    fn ensure_key(&self, key: &KeyName, user_id: &str) -> Result<PublicKey, Error> {
        self.store.ensure(key, user_id, self.kind, self.expiry)
    }

    fn public_key(&self, key: &KeyName) -> Result<PublicKey, Error> {
        self.store.public(key)
    }

    fn sign_package(&self, path: &Path, key: &KeyName) -> Result<(), Error> {
        let signature = self.sign(&copr_rpm::signature::signed_bytes(path)?, key)?;
        // The whole packet with its header: that is what rpm keeps.
        let packet = signature.to_bytes().map_err(|_| failed(key))?;
        Ok(copr_rpm::signature::replace(path, &packet)?)
    }

    fn sign_detached(&self, data: &[u8], key: &KeyName) -> Result<String, Error> {
        let digest: [u8; 32] = Sha256::digest(data).into();
        // Not by its name: another key may have that by now.
        let secret = self.store.secret(key)?;
        let fingerprint = secret.public().map_err(|_| failed(key))?.fingerprint;
        let recent = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |one: &&Recent| one.digest == digest && one.fingerprint == fingerprint;
        if let Some(found) = recent().iter().find(is_same) {
            return Ok(found.signature.clone());
        }
        let signature = secret.sign(data).map_err(|_| failed(key))?;
        let signature = signature.to_armored_string(ArmorOptions::default()).map_err(|_| failed(key))?;
        let mut recent = recent();
        recent.truncate(RECENT - 1);
        recent.push_front(Recent { fingerprint, digest, signature: signature.clone() });
        Ok(signature)
    }
}

fn failed(key: &KeyName) -> Error {
    Error::Key { doing: "sign", key: key.to_string() }
}
