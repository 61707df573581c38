//! The client: what all calls share.

use reqwest::Method;
use std::sync::Arc;
use std::time::Duration;

use super::call::{Call, causing};
use super::{
    BuildChroots, Builds, Clock, Config, Error, General, MockChroots, Monitor, Packages, ProjectChroots, Projects,
    SystemClock, Webhooks,
};

/// Making a connection takes no longer than this.
const CONNECT: Duration = Duration::from_secs(30);

/// Talks to one service. Copies share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub config: Config,
    pub http: reqwest::Client,
}

impl Client {
    /// A client for what the configuration says. Nothing is sent yet.
    ///
    /// # Errors
    /// When there is no way to make encrypted connections, such as no certificates of authorities.
    pub fn new(config: Config) -> Result<Self, Error> {
        // reqwest is built without a TLS provider. The one that the program has chosen stays, if it has.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(&config.user_agent)
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none());
        // Reading the authorities' certificates takes longer than many a call. Nobody asks for one without TLS.
        let builder = if config.url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        let http = builder.build().map_err(|error| causing(config.url.as_str(), error))?;
        Ok(Self { inner: Arc::new(Inner { config, http }), clock: Arc::new(SystemClock) })
    }

    /// A client for what `~/.config/copr` says; see [`Config::from_default_file`].
    pub fn from_default_file() -> Result<Self, Error> {
        Self::new(Config::from_default_file()?)
    }

    /// A client for what a file says; see [`Config::from_file`].
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        Self::new(Config::from_file(path)?)
    }

    /// The same client, which waits by another clock.
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// What it was made with.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The service itself, and who we are to it.
    pub fn general(&self) -> General<'_> {
        General { client: self }
    }

    /// Projects, their roles and forks.
    pub fn projects(&self) -> Projects<'_> {
        Projects { client: self }
    }

    /// Chroots of projects.
    pub fn project_chroots(&self) -> ProjectChroots<'_> {
        ProjectChroots { client: self }
    }

    /// Builds.
    pub fn builds(&self) -> Builds<'_> {
        Builds { client: self }
    }

    /// Chroots of builds.
    pub fn build_chroots(&self) -> BuildChroots<'_> {
        BuildChroots { client: self }
    }

    /// Packages of projects and where their sources are.
    pub fn packages(&self) -> Packages<'_> {
        Packages { client: self }
    }

    /// Chroots that the service builds for.
    pub fn mock_chroots(&self) -> MockChroots<'_> {
        MockChroots { client: self }
    }

    /// How all packages of a project are doing.
    pub fn monitor(&self) -> Monitor<'_> {
        Monitor { client: self }
    }

    /// Secrets of web hooks.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks { client: self }
    }

    pub(crate) fn get(&self, path: &[&str]) -> Call {
        Call::new(self, Method::GET, path)
    }

    pub(crate) fn post(&self, path: &[&str]) -> Call {
        Call::new(self, Method::POST, path).authenticated()
    }

    pub(crate) fn put(&self, path: &[&str]) -> Call {
        Call::new(self, Method::PUT, path).authenticated()
    }

    pub(crate) fn delete(&self, path: &[&str]) -> Call {
        Call::new(self, Method::DELETE, path).authenticated()
    }
}
