//! The face of signing, and the one behind it that has the keys at hand.

use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use pgp::composed::{ArmorOptions, Deserializable, DetachedSignature};
use pgp::ser::Serialize as _;
use sha2::{Digest, Sha256};

use crate::{Error, Expiry, KeyName, KeyStore, KeyType, PublicKey};

/// Signs. Behind it are keys in this process, or another process that has them.
///
/// Every call blocks (RSA-4096 takes milliseconds, a remote signer more): use `tokio::task::spawn_blocking`. Every call may
/// be made twice with the same outcome.
pub trait Signer: Send + Sync + fmt::Debug {
    /// Makes sure that a key exists and returns its public half.
    fn ensure_key(&self, key: &KeyName, user_id: &str) -> Result<PublicKey, Error>;

    /// The public half of a key.
    fn public_key(&self, key: &KeyName) -> Result<PublicKey, Error>;

    /// A whole OpenPGP packet: a v4 signature of `data`.
    fn signature(&self, data: &[u8], key: &KeyName) -> Result<Vec<u8>, Error>;

    /// Gives a key another end (`until`, seconds UTC; none: never). Its fingerprint stays.
    fn extend_key(&self, key: &KeyName, until: Option<i64>) -> Result<PublicKey, Error>;

    /// Removes a key for good, if it is there. What it has signed stays valid for whoever has its public half.
    fn delete_key(&self, key: &KeyName) -> Result<(), Error>;

    /// Makes the material of one more key ahead of time, when that of fewer than `wanted` lies ready.
    fn prepare(&self, wanted: usize) -> Result<(), Error>;

    /// Replaces all signatures of the package at `path` by one of `key`, in place: see
    /// [`copr_rpm::signature::replace`] for what that means to links and crashes.
    fn sign_package(&self, path: &Path, key: &KeyName) -> Result<(), Error> {
        // The whole packet with its header: that is what rpm keeps.
        let packet = self.signature(&copr_rpm::signature::signed_bytes(path)?, key)?;
        Ok(copr_rpm::signature::replace(path, &packet)?)
    }

    /// An armored signature of `data`, for `repomd.xml.asc`.
    fn sign_detached(&self, data: &[u8], key: &KeyName) -> Result<String, Error> {
        let packet = self.signature(data, key)?;
        let signature = DetachedSignature::from_bytes(packet.as_slice()).map_err(|_| Error::BadSignature)?;
        signature.to_armored_string(ArmorOptions::default()).map_err(|_| Error::BadSignature)
    }
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
    packet: Vec<u8>,
}

/// How many of them are kept: the repositories of a new project are empty, all alike, and signed one after the other.
const RECENT: usize = 8;
/// Of more bytes than metadata of an empty repository has, none is kept.
const RECENT_BYTES: usize = 16 << 10;

impl LocalSigner {
    /// Keys that have to be made will be of `kind` and valid for `expiry`.
    pub fn new(store: KeyStore, kind: KeyType, expiry: Expiry) -> LocalSigner {
        LocalSigner { store, kind, expiry, recent: Arc::default() }
    }

    /// The keys.
    pub fn store(&self) -> &KeyStore {
        &self.store
    }
}

/// Makes a spare when there are fewer than wanted.
pub(crate) fn prepare(store: &KeyStore, kind: KeyType, wanted: usize) -> Result<(), Error> {
    if store.spares(kind)? < wanted { store.prepare_spare(kind) } else { Ok(()) }
}

impl Signer for LocalSigner {
    fn ensure_key(&self, key: &KeyName, user_id: &str) -> Result<PublicKey, Error> {
        self.store.ensure(key, user_id, self.kind, self.expiry)
    }

    fn public_key(&self, key: &KeyName) -> Result<PublicKey, Error> {
        self.store.public(key)
    }

    fn signature(&self, data: &[u8], key: &KeyName) -> Result<Vec<u8>, Error> {
        // Not by its name: another key may have that by now.
        let secret = self.store.secret(key)?;
        let sign = || secret.sign(data).and_then(|signature| signature.to_bytes()).map_err(|_| failed(key));
        if data.len() > RECENT_BYTES {
            return sign();
        }
        let fingerprint = secret.public().map_err(|_| failed(key))?.fingerprint;
        let digest: [u8; 32] = Sha256::digest(data).into();
        let recent = || self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |one: &&Recent| one.digest == digest && one.fingerprint == fingerprint;
        if let Some(found) = recent().iter().find(is_same) {
            return Ok(found.packet.clone());
        }
        let packet = sign()?;
        let mut recent = recent();
        recent.truncate(RECENT - 1);
        recent.push_front(Recent { fingerprint, digest, packet: packet.clone() });
        Ok(packet)
    }

    fn extend_key(&self, key: &KeyName, until: Option<i64>) -> Result<PublicKey, Error> {
        self.store.extend(key, until)
    }

    fn delete_key(&self, key: &KeyName) -> Result<(), Error> {
        match self.store.delete(key) {
            Err(Error::NoSuchKey { .. }) => Ok(()),
            done => done,
        }
    }

    fn prepare(&self, wanted: usize) -> Result<(), Error> {
        prepare(&self.store, self.kind, wanted)
    }
}

fn failed(key: &KeyName) -> Error {
    Error::Key { doing: "sign", key: key.to_string() }
}
