//! `coprd serve`: the whole service in one process.

use crate::config::Config;
use crate::first_run::{self, Credentials};
use crate::{app, builder, kerberos, running};
use anyhow::Context;
use axum::serve::ListenerExt;
use copr_app::App;
use copr_jobs::Jobs;
use std::fs::{File, TryLockError};
use std::future::IntoFuture;
use std::io::Write;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Name of the administrator that the first run makes.
const FIRST_USER: &str = "admin";
/// Connections that are still busy this long after the end was asked for are cut: somebody may watch a log for hours.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until SIGTERM or SIGINT.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("can't listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("can't listen for SIGINT")?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("can't listen on {}; is another service there?", config.listen))?;
    let config = config.bound_to(listener.local_addr()?);
    let app = app::open(&config).await?;
    let _alone = alone(&config, &app).await?;
    running::note(&config.data_dir, config.listen)?;
    let first = first_run(&app).await?;
    #[cfg(debug_assertions)]
    let app = crate::faults::injected(app);
    let jobs = Jobs::start(app.clone());
    let end = CancellationToken::new();
    let router = copr_web::router(kerberos::doors(app.clone(), &config.gssapi));
    let closing = CancellationToken::new();
    let closed = closing.clone();
    // Small answers leave at once instead of waiting for the reader's acknowledgement of the head (Nagle).
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection takes no TCP_NODELAY");
        }
    });
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<std::net::SocketAddr>())
        .with_graceful_shutdown(async move { closed.cancelled().await });
    let mut server = tokio::spawn(server.into_future());
    announce(&config, first.as_ref())?;
    let building =
        config.builder.enabled.then(|| tokio::spawn(builder::embed(app.clone(), config.clone(), end.clone())));
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: ending"),
        _ = interrupt.recv() => tracing::info!("SIGINT: ending"),
        ended = &mut server => {
            ended.context("the web server ended badly")?.context("the web server ended")?;
        }
    }
    end.cancel();
    // The builder gives its tasks back, and delivers what is done, over HTTP: it ends while the server listens.
    if let Some(building) = building
        && let Err(error) = building.await
    {
        tracing::error!("the builder ended badly: {error}");
    }
    closing.cancel();
    if !server.is_finished() && tokio::time::timeout(GRACE, &mut server).await.is_err() {
        server.abort();
    }
    jobs.stop().await;
    app.db.close().await;
    Ok(())
}

/// With a database that is a file, one server works on it: two would take each other's builders and turns for their
/// own of an earlier life. The lock lasts as long as the file is open, and goes with the process however that ends.
async fn alone(config: &Config, app: &App) -> anyhow::Result<Option<File>> {
    if !config.database.is_sqlite() {
        return Ok(None);
    }
    let path = config.data_dir.join("serve.lock");
    let file = File::create(&path).with_context(|| format!("can't make `{}`", path.display()))?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        anyhow::bail!(
            "another `coprd serve` works on `{}`\nhint: stop it, or give this one a --data-dir of its own",
            config.data_dir.display()
        );
    }
    copr_app::publish::release_all(app).await?;
    copr_app::fork::release_all(app).await?;
    Ok(Some(file))
}

/// The administrator's credentials, when nobody has an account yet.
async fn first_run(app: &App) -> anyhow::Result<Option<Credentials>> {
    if !copr_app::account::list(app).await?.is_empty() {
        return Ok(None);
    }
    let name = FIRST_USER.parse().context("the administrator's name")?;
    let (account, issued) = copr_app::account::create(app, &name, "", true).await?;
    Ok(Some(Credentials {
        login: issued.login,
        username: account.name.to_string(),
        token: issued.token,
        expiration: issued.expiration,
    }))
}

/// Says that the service is ready, where, and on the first run how to use it. Data to standard output, talk to
/// standard error.
fn announce(config: &Config, first: Option<&Credentials>) -> anyhow::Result<()> {
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    tracing::info!("ready at {}", config.public_url);
    if let Some(credentials) = first {
        eprint!("{}", first_run::greeting(&config.public_url, &credentials.username));
        let mut out = std::io::stdout().lock();
        out.write_all(first_run::client_block(&config.public_url, credentials).as_bytes())?;
        out.flush()?;
    }
    Ok(())
}
