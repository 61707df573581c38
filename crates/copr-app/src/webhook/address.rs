//! Addresses of repositories: the same one has several.

use url::Url;

/// Where a repository is, whichever way one goes there: `https://host/a/b.git`, `ssh://git@host/a/b` and `git@host:a/b/` are one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    host: String,
    /// Where it is not the usual one of the way.
    port: Option<u16>,
    path: String,
}

impl Place {
    /// The place that an address leads to; none for what is no address.
    pub fn of(address: &str) -> Option<Self> {
        let address = address.trim();
        if !address.contains("://") {
            return Self::of_ssh(address);
        }
        let url = Url::parse(address).ok()?;
        let usual = match url.scheme() {
            "ssh" => Some(22),
            "git" => Some(9418),
            "svn" => Some(3690),
            _ => None,
        };
        let port = url.port().filter(|port| Some(*port) != usual);
        Self::new(url.host_str()?, port, url.path())
    }

    /// `user@host:path`, as ssh's own programs write it.
    fn of_ssh(address: &str) -> Option<Self> {
        let (host, path) = address.split_once(':')?;
        let host = host.rsplit('@').next().unwrap_or_default();
        Self::new(host, None, path)
    }

    fn new(host: &str, port: Option<u16>, path: &str) -> Option<Self> {
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
        let complete = !host.is_empty() && !path.is_empty();
        complete.then(|| Self { host: host.to_ascii_lowercase(), port, path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn addresses_of_one_repository_are_one_place() {
        let place = Place::of("https://example.org/ada/engine.git").expect("a place");
        for same in [
            "https://example.org/ada/engine",
            "https://example.org/ada/engine/",
            "https://example.org/ada/engine.git/",
            "http://example.org:80/ada/engine.git",
            "https://Example.ORG:443/ada/engine.git",
            "https://ada:secret@example.org/ada/engine.git",
            "git://example.org/ada/engine.git",
            "ssh://git@example.org/ada/engine.git",
            "ssh://git@example.org:22/ada/engine",
            "git@example.org:ada/engine.git",
            " git@example.org:/ada/engine.git ",
        ] {
            assert_eq!(Place::of(same).as_ref(), Some(&place), "{same}");
        }
        for other in [
            "https://example.com/ada/engine.git",
            "https://example.org:8443/ada/engine.git",
            "https://example.org/ada/engine.git.git",
            "https://example.org/ada/Engine",
            "https://example.org/ada/engine2",
            "https://example.org/x/ada/engine",
        ] {
            assert_ne!(Place::of(other).as_ref(), Some(&place), "{other}");
        }
        for nothing in ["", "engine", "https://", "https://example.org", "https://example.org/.git", ":a/b", "a:"] {
            assert_eq!(Place::of(nothing), None, "{nothing}");
        }
    }
}
