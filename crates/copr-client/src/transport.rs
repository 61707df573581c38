//! What the clients of all generations share: connections, time, and who we are.

use reqwest::{ClientBuilder, RequestBuilder, header};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use url::Url;

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
    /// Made when the first address comes that wants it: reading the authorities' certificates takes longer than many a call.
    encrypted: OnceLock<reqwest::Client>,
    plain: reqwest::Client,
    session: Mutex<Option<Secret>>,
}

impl Transport {
    pub fn new(config: Config) -> Result<Self, Trouble> {
        // reqwest is built without a TLS provider. The one that the program has chosen stays, if it has.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let plain = built(connections(&config).tls_certs_only([]), config.url.as_str())?;
        let inner = Inner { config, encrypted: OnceLock::new(), plain, session: Mutex::default() };
        Ok(Self { inner: Arc::new(inner), clock: Arc::new(SystemClock) })
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

    /// Connections for an address.
    pub fn http(&self, url: &Url) -> Result<&reqwest::Client, Trouble> {
        let Inner { config, encrypted, plain, .. } = self.inner.as_ref();
        match encrypted.get() {
            _ if url.scheme() == "http" => Ok(plain),
            Some(encrypted) => Ok(encrypted),
            None => {
                let made = built(connections(config), url.as_str())?;
                Ok(encrypted.get_or_init(|| made))
            }
        }
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

fn connections(config: &Config) -> ClientBuilder {
    reqwest::Client::builder()
        .user_agent(&config.user_agent)
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
}

fn built(builder: ClientBuilder, url: &str) -> Result<reqwest::Client, Trouble> {
    builder.build().map_err(|error| Trouble::connection(url, error))
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
