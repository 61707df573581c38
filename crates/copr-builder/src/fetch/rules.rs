//! Where the things that users point at may be fetched from.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::config::{Downloads, PrivateNetworks};

/// What is said of an address that may not be reached.
pub(crate) const REFUSED: &str = "is not an address that builds may fetch from";

/// Checks scheme and literal addresses; names are checked by the [`Resolver`].
pub(super) fn allowed(url: &Url, rules: &Downloads) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("only http and https addresses are fetched, not `{}`", url.scheme()));
    }
    let address = match url.host() {
        None => return Err("the address names no host".to_owned()),
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) => return Ok(()),
    };
    if may_reach(address, rules.private) { Ok(()) } else { Err(format!("`{address}` {REFUSED}")) }
}

/// Whether what users point at may be at this address.
pub(crate) fn may_reach(address: IpAddr, private: PrivateNetworks) -> bool {
    let address = match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    let (link_local, inner) = match address {
        IpAddr::V4(four) => (four.is_link_local(), four.is_private() || four.is_loopback() || four.is_unspecified()),
        IpAddr::V6(six) => {
            (six.is_unicast_link_local(), six.is_unique_local() || six.is_loopback() || six.is_unspecified())
        }
    };
    !link_local && (private == PrivateNetworks::Allowed || !inner)
}

/// The system's resolver, less the addresses that may not be reached: a name is checked where it is
/// used, so that it can not change between check and use.
pub(super) struct Resolver(pub Downloads);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.0.private;
        Box::pin(async move {
            let good = addresses(name.as_str(), 0, private).await?;
            if good.is_empty() {
                return Err(format!("`{}` {REFUSED}", name.as_str()).into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// The addresses of a host that may be reached; none when it has only others.
pub(crate) async fn addresses(host: &str, port: u16, private: PrivateNetworks) -> std::io::Result<Vec<SocketAddr>> {
    let found = tokio::net::lookup_host((host, port)).await?;
    Ok(found.filter(|one| may_reach(one.ip(), private)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_keep_their_secrets_and_houses_too_when_told() {
        let cases = [
            ("169.254.169.254", false, false),
            ("::ffff:169.254.169.254", false, false),
            ("fe80::1", false, false),
            ("127.0.0.1", true, false),
            ("10.1.2.3", true, false),
            ("::1", true, false),
            ("93.184.216.34", true, true),
        ];
        for (address, inside, outside) in cases {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(may_reach(address, PrivateNetworks::Allowed), inside, "{address}");
            assert_eq!(may_reach(address, PrivateNetworks::Refused), outside, "{address}");
        }
    }

    #[test]
    fn only_the_web_is_fetched_from() {
        let rules = Downloads::default();
        for url in ["file:///etc/passwd", "ftp://example.org/x", "gopher://example.org/"] {
            assert!(allowed(&Url::parse(url).unwrap(), &rules).is_err(), "{url}");
        }
        assert!(allowed(&Url::parse("https://example.org/x").unwrap(), &rules).is_ok());
    }
}
