//! What the clients of all generations share: connections, time, and who we are.

use reqwest::{RequestBuilder, header};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{Clock, Config, Credentials, Secret, SystemClock, Trouble, kerberos};

/// Making a connection takes no longer than this.
const CONNECT: Duration = Duration::from_secs(30);
/// Before the second attempt; doubled before each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A way to one service. Copies share their connections.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    inner: Arc<Inner>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    http: reqwest::Client,
    session: Mutex<Option<Secret>>,
}

impl Transport {
    pub fn new(config: Config) -> Result<Self, Trouble> {
        // reqwest is built without a TLS provider. The one that the program has chosen stays, if it has.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(&config.user_agent)
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Trouble::connection(config.url.as_str(), error))?;
        Ok(Self { inner: Arc::new(Inner { config, http, session: Mutex::default() }), clock: Arc::new(SystemClock) })
    }

    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }

    /// As many attempts as the configuration allows.
    pub fn attempts(&self) -> Attempts<'_> {
        Attempts { transport: self, used: 1, pause: FIRST_PAUSE }
    }

    /// A request that shows who we are.
    pub async fn authenticated(&self, request: RequestBuilder) -> Result<RequestBuilder, Trouble> {
        match &self.inner.config.credentials {
            Credentials::None if self.inner.config.gssapi => Ok(with_cookie(request, &self.session().await?)),
            Credentials::None => Ok(request),
            Credentials::Token { login, token } => Ok(request.basic_auth(login, Some(token.reveal()))),
            Credentials::Session(cookie) => Ok(with_cookie(request, cookie)),
        }
    }

    /// The session that Kerberos has opened for us, or opens now.
    async fn session(&self) -> Result<Secret, Trouble> {
        let known = self.inner.session.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(session) = known {
            return Ok(session);
        }
        let session = kerberos::session(self).await?;
        *self.inner.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.clone());
        Ok(session)
    }

    /// Lets go of a session that Kerberos has opened, so that there will be another one. Says whether there was one.
    pub fn forget_session(&self) -> bool {
        let forgotten = self.inner.session.lock().unwrap_or_else(PoisonError::into_inner).take();
        if forgotten.is_some() {
            kerberos::forget(self);
        }
        forgotten.is_some()
    }
}

fn with_cookie(request: RequestBuilder, session: &Secret) -> RequestBuilder {
    request.header(header::COOKIE, format!("session={}", session.reveal()))
}

/// Attempts at one and the same thing, the first of which needs no leave.
pub(crate) struct Attempts<'t> {
    transport: &'t Transport,
    used: u32,
    pause: Duration,
}

impl Attempts<'_> {
    /// Whether there may be another one; if so, after a pause.
    pub async fn another(&mut self) -> bool {
        if self.used >= self.transport.config().attempts {
            return false;
        }
        self.used += 1;
        self.transport.clock().sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }

    /// The last one has brought something: what comes now is counted anew.
    pub fn brought_something(&mut self) {
        (self.used, self.pause) = (1, FIRST_PAUSE);
    }
}
