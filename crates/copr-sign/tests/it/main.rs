//! Judged by the real tools: rpm, gpg and dnf.

mod detached;
mod keys;
mod packages;
mod remote;
mod repository;
#[path = "../../../copr-rpm/tests/it/rpmbuild.rs"]
mod rpmbuild;
#[path = "../../../copr-rpm/tests/it/samples.rs"]
mod samples;

use copr_sign::{Expiry, KeyName, KeyStore, KeyType, LocalSigner};

/// A store in the workshop, for keys of one kind.
fn signer(workshop: &rpmbuild::Workshop, kind: KeyType) -> LocalSigner {
    LocalSigner::new(KeyStore::open(workshop.path().join("keys")).unwrap(), kind, Expiry::Never)
}

fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

/// As upstream writes it.
const USER_ID: &str = "alice_hello (None) <alice#hello@copr.example.org>";
