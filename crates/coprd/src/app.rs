//! From the configuration to the use cases: opens the database, the files and the keys.

use crate::config::{Config, KeyType};
use anyhow::Context;
use copr_app::kerberos::Admission;
use copr_app::lease::Desk;
use copr_app::shelf::Shelf;
use copr_app::{App, Rules};
use copr_bucket::Bucket;
use copr_db::Db;
use copr_sign::{Expiry, KeyStore, LocalSigner, RemoteSigner, Signer};
use copr_store::Store;
use copr_types::Clock;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Opens everything that the use cases stand on, making what is missing.
pub async fn open(config: &Config) -> anyhow::Result<App> {
    make_private(&config.data_dir)?;
    if let Some(file) = config.database.sqlite_file() {
        make_private_file(&file)?;
    }
    let db = Db::open(config.database.expose())
        .await
        .with_context(|| format!("can't open the database `{}`", config.database))?;
    let store = Store::open(&config.data_dir)?;
    let rules = rules(config)?;
    let signer = signer(config, &rules)?;
    let shelf = match config.bucket.settings()? {
        Some(settings) => {
            let bucket = Bucket::open(&settings).context("can't use the bucket of the configuration")?;
            let public_url = config.bucket.public_url.as_ref().map(|address| address.as_str().to_owned());
            Some(Arc::new(Shelf::new(bucket, public_url)))
        }
        None => None,
    };
    Ok(App { db, clock: Clock::system(), store, signer, rules: Arc::new(rules), shelf, desk: Desk::default() })
}

/// What signs: this process with keys of its own, or another that has them. Then no key is ever looked at here.
fn signer(config: &Config, rules: &Rules) -> anyhow::Result<Arc<dyn Signer>> {
    let expiry = match u64::try_from(rules.key_seconds)? {
        0 => Expiry::Never,
        seconds => Expiry::After(Duration::from_secs(seconds)),
    };
    Ok(match &config.signing.socket {
        Some(socket) => Arc::new(RemoteSigner::new(socket, rules.key_type, expiry)),
        None => {
            let keys = KeyStore::open(config.data_dir.join("keys"))?;
            Arc::new(LocalSigner::new(keys, rules.key_type, expiry))
        }
    })
}

/// The data directory holds tokens' hashes and keys: nobody else may look into what we make. The published tree below
/// it may still be opened to a web server by the operator.
fn make_private(dir: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(dir)
        .with_context(|| format!("can't make the data directory `{}`", dir.display()))
}

/// SQLite gives a file that it makes to everybody for reading; one that is there already keeps its mode, and lends it
/// to the journals beside it.
fn make_private_file(file: &Path) -> anyhow::Result<()> {
    let opened = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(file);
    opened.map(drop).with_context(|| format!("can't open the database `{}`", file.display()))
}

/// The rules of the service, as configured.
fn rules(config: &Config) -> anyhow::Result<Rules> {
    let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let limits = &config.limits;
    let gssapi = &config.gssapi;
    Ok(Rules {
        public_url: config.public_url.as_str().to_owned(),
        results_url: config.results_url.as_str().to_owned(),
        default_timeout: seconds(limits.default_timeout),
        max_timeout: seconds(limits.max_timeout),
        memory_mib: limits.memory_mib,
        processes: limits.processes,
        disk_mib: limits.disk_mib,
        log_mib: limits.log_mib,
        file_mib: limits.file_mib,
        upload_mib: limits.upload_max_mib,
        lease_seconds: seconds(config.scheduler.lease_seconds),
        max_attempts: i64::from(config.scheduler.max_attempts),
        task_memory_mib: config.scheduler.memory_mib,
        needs: config.scheduler.needs()?,
        schedule: config.scheduler.policy()?,
        token_days: i64::from(config.tokens.life_days),
        dropped_chroot_seconds: seconds(config.retention.dropped_chroot_days.into()) * 86_400,
        pr_dir_days: i64::from(config.retention.pr_dir_days),
        event_days: i64::from(config.retention.event_days),
        prune_days: i64::from(config.retention.prune_days),
        fork_packages: i64::from(limits.fork_packages),
        old_metadata_seconds: seconds(config.retention.old_metadata_seconds),
        generation_seconds: seconds(config.retention.generation_seconds),
        generations: i64::from(config.retention.generations),
        key_type: match config.signing.key_type {
            KeyType::Rsa4096 => copr_sign::KeyType::Rsa4096,
            KeyType::Rsa3072 => copr_sign::KeyType::Rsa3072,
            KeyType::Ed25519 => copr_sign::KeyType::Ed25519,
        },
        key_seconds: i64::from(config.signing.key_days) * 86_400,
        email_domain: config.signing.email_domain.clone(),
        vendor: config.vendor.clone(),
        kerberos: Admission {
            create_in: gssapi.create_accounts.then(|| gssapi.email_domain.clone()),
            deny: gssapi.denied()?,
        },
        distgits: config.distgit.iter().map(crate::config::Distgit::instance).collect(),
        rpm_uploads: config.rpm_uploads,
    })
}
