//! `coprd signer`: has the keys of a service, and nothing else.

use crate::config::{Log, Surroundings};
use crate::{cli, log};
use anyhow::{Context, bail};
use copr_sign::{Door, Expiry, KeyStore, KeyType, LocalSigner};
use nix::unistd::{User, geteuid};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Signs until SIGTERM or SIGINT. A request that is being answered then is made once more by its client when a signer is back.
pub async fn run(flags: cli::Signer, surroundings: &Surroundings) -> anyhow::Result<()> {
    log::start(&Log::default());
    let mut terminate = signal(SignalKind::terminate()).context("can't listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("can't listen for SIGINT")?;
    let directory = match flags.keys {
        Some(given) => std::path::absolute(given)?,
        None => surroundings.default_data_dir("coprd-signer")?,
    };
    let users = users(&flags.allow)?;
    let keys = KeyStore::open(&directory)?;
    let door = Arc::new(Door::open(&flags.socket, users.iter().any(|user| *user != geteuid().as_raw()))?);
    // Kind and life of a key are said by who wants it made.
    let signer = LocalSigner::new(keys, KeyType::default(), Expiry::Never);
    let listening = Arc::clone(&door);
    // Not the runtime's: it ends with the process, which waits for none of its connections.
    std::thread::Builder::new().name("door".to_owned()).spawn(move || listening.serve(&signer, &users))?;
    tracing::info!("signing at `{}` with the keys in `{}`", flags.socket.display(), directory.display());
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: ending"),
        _ = interrupt.recv() => tracing::info!("SIGINT: ending"),
    }
    door.close();
    Ok(())
}

/// The numbers of users.
fn users(names: &[String]) -> anyhow::Result<Vec<u32>> {
    if names.is_empty() {
        return Ok(vec![geteuid().as_raw()]);
    }
    names.iter().map(|name| user(name)).collect()
}

fn user(name: &str) -> anyhow::Result<u32> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    match User::from_name(name).with_context(|| format!("can't look up the user `{name}`"))? {
        Some(user) => Ok(user.uid.as_raw()),
        None => bail!("this machine has no user `{name}`"),
    }
}
