//! The builder: inside `coprd serve`, or alone as `coprd builder`.

use crate::config::{BuilderSettings, Config, Surroundings};
use crate::{cli, log};
use anyhow::Context;
use copr_app::App;
use copr_builder::{Builder, Engine, PrivateNetworks, Token, Verdict};
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Runs the builder of this process until the end. A machine that can not build serves all the same, and says why it
/// can not.
pub async fn embed(app: App, config: Config, end: CancellationToken) {
    match embedded(&app, &config).await {
        Ok(builder) => builder.run(end).await,
        Err(error) => tracing::error!("this machine does not build: {error:#}"),
    }
}

async fn embedded(app: &App, config: &Config) -> anyhow::Result<Builder> {
    let BuilderSettings { workers, name, data_dir, arches, tools_dir, private_networks, engine, cache_mib, .. } =
        &config.builder;
    let BuilderSettings { tags, memory_mib, .. } = &config.builder;
    // One registration per process: servers that share a database each have a builder of their own.
    let token = copr_app::builders::embed(app, &format!("{name} (in the service)")).await?;
    let back = copr_app::lease::release_builder(app, &token).await?;
    if back > 0 {
        tracing::info!("{back} tasks of an earlier run go back into the queue");
    }
    let server = format!("http://{}", reachable(config.listen)).parse().context("the service's own address")?;
    let mut settings = copr_builder::Config::new(server, Token::new(&token), data_dir);
    settings.workers = usize::try_from(*workers)?;
    settings.name.clone_from(name);
    if !arches.is_empty() {
        settings.arches.clone_from(arches);
    }
    settings.tags.clone_from(tags);
    settings.memory_mib = *memory_mib;
    settings.tools_dir.clone_from(tools_dir);
    settings.downloads.private = private(*private_networks);
    settings.engine = *engine;
    settings.keep_bytes = cache_mib << 20;
    ready(settings).await
}

fn private(allowed: bool) -> PrivateNetworks {
    if allowed { PrivateNetworks::Allowed } else { PrivateNetworks::Refused }
}

/// The address under which a listener reaches itself.
fn reachable(listen: std::net::SocketAddr) -> std::net::SocketAddr {
    let mut address = listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// A builder that said what it has, and lacks nothing that it can not do without.
async fn ready(settings: copr_builder::Config) -> anyhow::Result<Builder> {
    let mut missing = Vec::new();
    for finding in copr_builder::check(&settings) {
        match finding.verdict {
            Verdict::Missing => missing.push(finding.to_string()),
            _ => tracing::info!("builder: {finding}"),
        }
    }
    if !missing.is_empty() {
        anyhow::bail!("{}", missing.join("; "));
    }
    Ok(Builder::new(settings).await?)
}

/// `coprd builder`: builds for a server elsewhere until SIGTERM or SIGINT.
pub async fn alone(flags: cli::Builder, surroundings: &Surroundings) -> anyhow::Result<()> {
    log::start(&crate::config::Log::default());
    let mut terminate = signal(SignalKind::terminate()).context("can't listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("can't listen for SIGINT")?;
    let token = std::fs::read_to_string(&flags.token)
        .with_context(|| format!("can't read the token in `{}`", flags.token.display()))?;
    let data_dir: PathBuf = match flags.data_dir {
        Some(given) => std::path::absolute(given)?,
        None => surroundings.default_data_dir("coprd-builder")?,
    };
    let server = flags.server.as_str().parse().context("the server's address")?;
    let mut settings = copr_builder::Config::new(server, Token::new(token), data_dir);
    settings.workers = match flags.workers {
        Some(workers) => usize::try_from(workers)?,
        None => (surroundings.processors / 2).max(1),
    };
    settings.tags = flags.tags;
    if let Some(memory) = flags.memory_mib {
        settings.memory_mib = memory;
    }
    settings.tools_dir = flags.tools_dir.map(std::path::absolute).transpose()?;
    settings.downloads.private = private(!flags.no_private_networks);
    settings.engine = if flags.mock { Engine::Mock } else { Engine::Native };
    if let Some(mib) = flags.cache_mib {
        settings.keep_bytes = mib << 20;
    }
    settings.name = flags.name.unwrap_or_else(|| surroundings.hostname.clone());
    let builder = ready(settings).await?;
    let end = CancellationToken::new();
    let working = end.clone();
    let mut running = tokio::spawn(async move { builder.run(working).await });
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: giving tasks back"),
        _ = interrupt.recv() => tracing::info!("SIGINT: giving tasks back"),
        ended = &mut running => return ended.context("the builder ended badly"),
    }
    end.cancel();
    running.await.context("the builder ended badly")
}
