//! Keys, and what is signed with them. Secret keys live here and nowhere else.
//!
//! - [`KeyStore`]: a directory of keys, one per project
//! - [`Signer`]: signs packages and metadata; [`LocalSigner`] does it with a [`KeyStore`], [`RemoteSigner`] asks another process
//! - [`Door`]: the socket on which that process listens
//! - [`Verifier`]: checks signatures, with public keys alone
//! - [`combine`]: several signatures in one file
//!
//! A key is one RSA or Ed25519 primary key that certifies and signs, without subkeys and without
//! passphrase: what protects it is the file's mode and the machine. Who may sign what is decided
//! elsewhere, and so is what a key is called.
//!
//! ```no_run
//! use std::path::Path;
//! use copr_sign::{Expiry, KeyName, KeyStore, KeyType, LocalSigner, Signer};
//!
//! let store = KeyStore::open("/var/lib/coprd/keys")?;
//! let signer = LocalSigner::new(store, KeyType::Rsa4096, Expiry::Never);
//! let key = KeyName::new("alice#hello@copr.example.org")?;
//! let public = signer.ensure_key(&key, "alice_hello (None) <alice#hello@copr.example.org>")?;
//! signer.sign_package(Path::new("hello-1-1.x86_64.rpm"), &key)?;
//! let asc = signer.sign_detached(b"<repomd/>", &key)?;
//! println!("{}{asc}", public.armored);
//! # Ok::<(), copr_sign::Error>(())
//! ```

mod combine;
mod door;
mod error;
mod key;
mod name;
mod remote;
mod signer;
mod store;
mod verifier;
mod wire;

pub use combine::combine;
pub use door::Door;
pub use error::Error;
pub use key::{Expiry, KeyType, PublicKey};
pub use name::KeyName;
pub use remote::RemoteSigner;
pub use signer::{LocalSigner, Signer};
pub use store::KeyStore;
pub use verifier::Verifier;
