//! The client: what all calls share.

use reqwest::Method;
use std::path::Path;
use std::sync::Arc;

use super::call::Call;
use super::{
    BuildChroots, Builds, Chains, Clock, Config, Error, General, MockChroots, Monitor, Packages, ProjectChroots,
    Projects, Repositories, Results, Webhooks,
};
use crate::transport::Transport;

/// Talks to one service. Copies share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) transport: Transport,
}

impl Client {
    /// A client for what the configuration says. Nothing is sent yet.
    ///
    /// # Errors
    /// When there is no way to make encrypted connections, such as no certificates of authorities.
    pub fn new(config: Config) -> Result<Self, Error> {
        Ok(Self { transport: Transport::new(config)? })
    }

    /// A client for what `~/.config/copr` says; see [`Config::from_default_file`].
    pub fn from_default_file() -> Result<Self, Error> {
        Self::new(Config::from_default_file()?)
    }

    /// A client for what a file says; see [`Config::from_file`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::new(Config::from_file(path)?)
    }

    /// The same client, which waits by another clock.
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { transport: self.transport.with_clock(clock) }
    }

    /// What it was made with.
    pub fn config(&self) -> &Config {
        self.transport.config()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.transport.clock()
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

    /// Sets of builds whose order the service finds itself.
    pub fn chains(&self) -> Chains<'_> {
        Chains { client: self }
    }

    /// Repositories and their generations.
    pub fn repositories(&self) -> Repositories<'_> {
        Repositories { client: self }
    }

    /// Results of builds, as files.
    pub fn results(&self) -> Results<'_> {
        Results { client: self }
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
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &[&str]) -> Call {
        self.call(Method::POST, path).authenticated()
    }

    pub(crate) fn put(&self, path: &[&str]) -> Call {
        self.call(Method::PUT, path).authenticated()
    }

    pub(crate) fn delete(&self, path: &[&str]) -> Call {
        self.call(Method::DELETE, path).authenticated()
    }

    fn call(&self, method: Method, path: &[&str]) -> Call {
        let path: Vec<&str> = ["api_3"].iter().chain(path).copied().collect();
        Call::new(&self.transport, method, &path)
    }
}
