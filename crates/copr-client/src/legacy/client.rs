//! The client: who we are, and how calls are made.

use reqwest::Method;
use std::path::Path;
use std::sync::Arc;

use super::call::ask;
use super::fields::Fields;
use super::{Done, Error, ProjectName, Response};
use crate::call::Call;
use crate::transport::Transport;
use crate::{Clock, Config, Credentials};

/// Talks to one service. Copies share their connections.
///
/// Its methods are in the files of the things that they are about; all of them are shown here.
#[derive(Clone, Debug)]
pub struct CoprClient {
    transport: Transport,
}

impl CoprClient {
    /// A client for what the configuration says. Nothing is sent yet. Its `username` is whose projects are meant where
    /// nobody says otherwise.
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

    /// Whether the service takes our credentials; it is an error when not.
    ///
    /// (Services from before 2017 can't be asked. They are taken at their word, as python-copr did.)
    pub async fn authentication_check(&self) -> Result<Response<Done>, Error> {
        match ask(&self.post(&["auth_check"])?).await {
            Err(Error::Request { status: 404, .. } | Error::UnknownResponse { status: 404, .. }) => {
                Response::of(super::call::Told { url: String::new(), data: serde_json::json!({}) }, |done: Done| done)
            }
            told => Response::of(told?, |done: Done| done),
        }
    }

    /// A call that anybody can make, of a path below `/api/`.
    pub(super) fn get(&self, path: &[&str]) -> Call {
        self.call(Method::GET, path)
    }

    /// A call that only somebody can make.
    pub(super) fn post(&self, path: &[&str]) -> Result<Call, Error> {
        if self.config().credentials == Credentials::None {
            return Err(Error::NoCredentials);
        }
        Ok(self.call(Method::POST, path).authenticated())
    }

    pub(super) fn call(&self, method: Method, path: &[&str]) -> Call {
        let path: Vec<&str> = ["api"].iter().chain(path).copied().collect();
        Call::new(&self.transport, method, &path).slash()
    }

    /// A read of something of a project.
    pub(super) fn get_of(&self, project: &Owned, path: &[&str]) -> Call {
        self.get(&project.path(path))
    }

    /// A change of something of a project.
    pub(super) fn post_of(&self, project: &Owned, path: &[&str]) -> Result<Call, Error> {
        self.post(&project.path(path))
    }

    /// A change of something of a project by a form without a file.
    pub(super) fn form_of(&self, project: &Owned, path: &[&str], fields: Fields) -> Result<Call, Error> {
        Ok(self.post_of(project, path)?.fields(fields.into_pairs()))
    }

    /// A project with its owner.
    pub(super) fn owned(&self, project: impl Into<ProjectName>) -> Result<Owned, Error> {
        let ProjectName { username, projectname } = project.into();
        Ok(Owned { username: self.somebody(username.as_deref())?, projectname })
    }

    /// A user, or that of the configuration.
    pub(super) fn somebody(&self, username: Option<&str>) -> Result<String, Error> {
        let own = || self.config().username.as_deref();
        username.or_else(own).map(str::to_owned).ok_or(Error::NoUsername)
    }
}

/// A project with its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owned {
    pub username: String,
    pub projectname: String,
}

impl Owned {
    fn path<'p>(&'p self, below: &[&'p str]) -> Vec<&'p str> {
        ["coprs", &self.username, &self.projectname].into_iter().chain(below.iter().copied()).collect()
    }
}
