//! The distribution that a test, a demo or a benchmark builds for.

use crate::Suite;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::run;
use crate::service::Service;

/// A chroot, and where its distribution's packages are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// As in `debian-12-x86_64`.
    pub chroot: String,
    /// The base address of the distribution's repository.
    pub address: String,
    /// Made here: the service's catalogue does not know it.
    own: bool,
}

impl Distribution {
    /// Makes, or looks for, the distribution of the chroot; `address` for those we can't guess.
    pub fn find(chroot: &str, address: Option<&str>) -> Result<Distribution> {
        if let Some(suite) = Suite::from_chroot(chroot) {
            let address = format!("file://{}", crate::minidistro(suite).display());
            return Ok(Distribution { chroot: chroot.to_owned(), address, own: true });
        }
        let given = address.map(|address| address.trim_end_matches('/').to_owned());
        let Some(address) = given.or_else(|| fedora(chroot)) else {
            bail!("the address of `{chroot}`'s packages is not known here\nhint: --distribution URL");
        };
        let metadata = format!("{address}/repodata/repomd.xml");
        let mut curl = run::program("curl")?;
        curl.args(["-fsSL", "--max-time", "20", "--output", "/dev/null", &metadata]);
        run::read(&mut curl).with_context(|| format!("`{chroot}` is out of reach from here"))?;
        Ok(Distribution { chroot: chroot.to_owned(), address, own: false })
    }

    /// One of ours, copied into `place`: for builders of users who can't look into the cache of whoever runs the tests.
    pub fn copied(suite: Suite, place: &Path) -> Result<Distribution> {
        let from = crate::minidistro(suite);
        let to = place.join("distribution");
        run::read(run::program("cp")?.args(["--recursive", "--no-preserve=mode"]).arg(from).arg(&to))?;
        let address = format!("file://{}", to.display());
        Ok(Distribution { chroot: suite.chroot().to_owned(), address, own: true })
    }

    /// What dnf calls `releasever`.
    pub fn release(&self) -> &str {
        split(&self.chroot).map_or("", |(_, release, _)| release)
    }

    /// The chroot without its architecture, as addresses of `.repo` files have it.
    pub fn name_release(&self) -> &str {
        self.chroot.rsplit_once('-').map_or(&self.chroot, |(name, _)| name)
    }

    /// Has the service build for it: its own chroot, or one of the catalogue switched on.
    pub fn enable(&self, service: &Service) -> Result<()> {
        let mut words = vec!["chroot"];
        if self.own {
            words.extend(["add", &self.chroot, "--baseurl", &self.address]);
            words.extend(["--install", "@buildsys-build", "--enable"]);
        } else {
            words.extend(["enable", &self.chroot]);
        }
        service.admin(&words)?;
        Ok(())
    }
}

/// Name, release and architecture: the last two hold no dash.
fn split(chroot: &str) -> Option<(&str, &str, &str)> {
    let (rest, arch) = chroot.rsplit_once('-')?;
    let (name, release) = rest.rsplit_once('-')?;
    Some((name, release, arch))
}

fn fedora(chroot: &str) -> Option<String> {
    let place = match split(chroot)? {
        ("fedora", "rawhide", arch) => format!("development/rawhide/Everything/{arch}/os"),
        ("fedora", release, arch) => format!("releases/{release}/Everything/{arch}/os"),
        _ => return None,
    };
    Some(format!("https://dl.fedoraproject.org/pub/fedora/linux/{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chroot_is_split_at_its_last_two_dashes() {
        assert_eq!(split("centos-stream-9-x86_64"), Some(("centos-stream", "9", "x86_64")));
        assert_eq!(split("x86_64"), None);
        assert!(fedora("epel-9-x86_64").is_none());
        assert!(fedora("fedora-44-x86_64").unwrap().ends_with("releases/44/Everything/x86_64/os"));
    }
}
