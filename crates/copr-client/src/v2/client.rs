//! The client: where the parts of a service are.

use reqwest::Method;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use url::Url;

use super::resource::{Entity, Links, Resource};
use super::{BuildTasks, Builds, Error, MockChroots, OperationResult, ProjectChroots, Projects, call};
use crate::call::{Call, address};
use crate::transport::Transport;
use crate::{Clock, Config, Credentials, Secret};

/// Talks to one service. Copies share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Transport,
    pub(super) roots: Arc<Roots>,
}

/// Where the parts of the service are.
#[derive(Debug)]
pub(super) struct Roots {
    pub projects: String,
    pub builds: String,
    pub build_tasks: String,
    pub mock_chroots: String,
}

#[derive(Deserialize)]
struct Root {
    #[serde(rename = "_links")]
    links: Links,
}

impl Client {
    /// A client for what the configuration says. The service is asked where its parts are.
    pub async fn new(config: Config) -> Result<Self, Error> {
        Self::of(Transport::new(config)?).await
    }

    /// The same, with a clock of one's own.
    pub async fn with_clock(config: Config, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Self::of(Transport::new(config)?.with_clock(clock)).await
    }

    async fn of(transport: Transport) -> Result<Self, Error> {
        let call = Call::new(&transport, Method::GET, &["api_2"]).slash();
        let url = call.told_url();
        let links = call::read::<Root>(&call).await?.links;
        let link = |role: &str| {
            let missing = || serde_json::Error::custom(format!("missing link `{role}`"));
            links.get(role).map(str::to_owned).ok_or_else(|| Error::Unexpected { url: url.clone(), source: missing() })
        };
        let roots = Roots {
            projects: link("projects")?,
            builds: link("builds")?,
            build_tasks: link("build_tasks")?,
            mock_chroots: link("mock_chroots")?,
        };
        Ok(Self { transport, roots: Arc::new(roots) })
    }

    /// A client for what `~/.config/copr` says; see [`Config::from_default_file`].
    pub async fn from_default_file() -> Result<Self, Error> {
        Self::new(Config::from_default_file()?).await
    }

    /// A client for what a file says; see [`Config::from_file`].
    pub async fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::new(Config::from_file(path)?).await
    }

    /// A client by the parts of a configuration: the address of the service, and login and token of somebody who wants
    /// to change something.
    pub async fn from_params(root_url: &str, credentials: Option<(&str, Secret)>) -> Result<Self, Error> {
        let config = Config::new(root_url)?;
        Self::new(match credentials {
            Some((login, token)) => config.token(login, token),
            None => config,
        })
        .await
    }

    /// What it was made with.
    pub fn config(&self) -> &Config {
        self.transport.config()
    }

    /// Projects.
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

    /// Builds in single chroots.
    pub fn build_tasks(&self) -> BuildTasks<'_> {
        BuildTasks { client: self }
    }

    /// Chroots that the service builds for.
    pub fn mock_chroots(&self) -> MockChroots<'_> {
        MockChroots { client: self }
    }

    /// A read of what is at a path that the service has told, or below it.
    pub(super) fn get(&self, href: &str, below: &[&str]) -> Call {
        Call::at(&self.transport, Method::GET, self.url(href, below))
    }

    /// A change there.
    pub(super) fn change(&self, method: Method, href: &str, below: &[&str]) -> Result<Call, Error> {
        if self.config().credentials == Credentials::None {
            return Err(Error::NoCredentials);
        }
        Ok(Call::at(&self.transport, method, self.url(href, below)).authenticated())
    }

    /// Paths stand behind the address of the service, which may have a path of its own.
    fn url(&self, href: &str, below: &[&str]) -> Result<Url, String> {
        let base = self.config().url.as_str().trim_end_matches('/');
        let url = if href.starts_with('/') { format!("{base}{href}") } else { href.to_owned() };
        let url = Url::parse(&url).map_err(|error| format!("`{href}` leads nowhere: {error}"))?;
        if below.is_empty() { Ok(url) } else { address(&url, below) }
    }

    pub(super) async fn one<E: Entity>(&self, call: &Call) -> Result<Resource<E>, Error> {
        Resource::of(self, &call.told_url(), call::read::<Map<String, Value>>(call).await?)
    }

    /// Does something, and reads what was made by it.
    pub(super) async fn made<E: Entity>(&self, call: &Call) -> Result<Resource<E>, Error> {
        let answer = call::done(call).await?;
        let nowhere = || Error::NoLocation { url: answer.url.to_string() };
        let location = answer.location.as_deref().ok_or_else(nowhere)?;
        // The documents show paths here, services send whole addresses.
        self.one(&self.get(location, &[])).await
    }

    pub(super) async fn done(&self, call: &Call) -> Result<OperationResult, Error> {
        Ok(OperationResult::of(&call::done(call).await?))
    }
}
