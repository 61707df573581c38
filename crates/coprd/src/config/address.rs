use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use url::{Host, Url};

/// An `http://` or `https://` address under which something is reached; written without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebAddress(Url);

impl WebAddress {
    /// The address by which a listener is reached. One that listens everywhere is reached at `localhost`, for lack of
    /// a better name.
    pub fn of_listener(listen: SocketAddr) -> Self {
        let text = match listen.ip() {
            ip if ip.is_unspecified() => format!("http://localhost:{}", listen.port()),
            // Made anew, because the scope of a link-local address (`%2`) has no place in a URL.
            ip => format!("http://{}", SocketAddr::new(ip, listen.port())),
        };
        Self(text.parse().expect("a socket address is a valid authority"))
    }

    /// A part of it.
    pub fn join(&self, path: &str) -> Self {
        Self(format!("{self}/{path}").parse().expect("a path after an address is an address"))
    }

    /// The address without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether what travels there can be read by others.
    pub fn is_plain_http(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Whether it leads to this machine only.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
    }

    /// The host when it is a name and not a number.
    pub fn domain(&self) -> Option<&str> {
        self.0.domain()
    }
}

/// Reads an address to listen on.
pub fn listener(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an address and a port, such as `127.0.0.1:5000` or `[::]:5000`".to_owned())
}

/// The same as a value of the file.
pub(super) fn read_listener<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    listener(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for WebAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rule = || "write an address such as `https://copr.example.org`".to_owned();
        let url: Url = text.parse().map_err(|_| rule())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(rule());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("{}, without a user name and a password", rule()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("{}, without `?` and `#`", rule()));
        }
        Ok(Self(url))
    }
}

impl TryFrom<String> for WebAddress {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<WebAddress> for String {
    fn from(address: WebAddress) -> Self {
        address.as_str().to_owned()
    }
}
