//! A configuration for mock.

use copr_client::v3::{Bootstrap, ChrootBuildConfig, FullName, Isolation, Repository};
use serde::{Serialize, Serializer};
use std::io::{self, Write};

use super::Show;

/// What mock needs to build much as a project does for a chroot.
#[derive(Clone, Debug)]
pub struct MockProfile {
    /// The project.
    pub project: FullName,
    /// The chroot, as it was asked for.
    pub chroot: String,
    /// How the project builds for it.
    pub config: ChrootBuildConfig,
}

impl Serialize for MockProfile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.config.serialize(serializer)
    }
}

const HEAD: &str = "\
# This is development/testing only mock profile, not exactly the same as
# is used on copr builders;  but it is basically similar.  If you need an
# exact mock configuration (because you e.g. try to reproduce failed
# build), such configuration is put alongside the built RPMs.
";

/// Settings of every repository.
const TAIL: &str = "enabled=1\nskip_if_unavailable=1\nmetadata_expire=0\ncost=1\nbest=1\n";

impl Show for MockProfile {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { project: FullName { owner, name }, chroot, config } = self;
        let owner = owner.replace('@', "group_");
        write!(out, "{HEAD}\ninclude('/etc/mock/{}.cfg')\n\n", config.chroot)?;
        writeln!(out, "config_opts['root'] = '{owner}-{name}_{chroot}'")?;
        match &config.isolation {
            Some(Isolation::Default) => {}
            Some(isolation) => writeln!(out, "config_opts['isolation'] = '{isolation}'")?,
            None => writeln!(out, "config_opts['isolation'] = ''")?,
        }
        self.bootstrap(out)?;
        if !config.additional_packages.is_empty() {
            let packages = config.additional_packages.join(" ");
            writeln!(out, "config_opts['chroot_additional_packages'] = '{packages}'")?;
        }
        if !config.repos.is_empty() {
            writeln!(out, "\nconfig_opts['dnf.conf'] += \"\"\"")?;
            config.repos.iter().try_for_each(|repository| written(out, repository))?;
            writeln!(out, "\"\"\"")?;
        }
        Ok(())
    }
}

impl MockProfile {
    fn bootstrap(&self, out: &mut dyn Write) -> io::Result<()> {
        let (root, image) = match self.config.bootstrap {
            Some(Bootstrap::On) => ("True", "False"),
            Some(Bootstrap::Off) => ("False", "False"),
            Some(Bootstrap::Image | Bootstrap::CustomImage) => ("True", "True"),
            _ => return Ok(()),
        };
        writeln!(out, "config_opts['use_bootstrap'] = {root}")?;
        writeln!(out, "config_opts['use_bootstrap_image'] = {image}")?;
        let name = self.config.rest.get("bootstrap_image").and_then(serde_json::Value::as_str);
        match (&self.config.bootstrap, name) {
            (Some(Bootstrap::CustomImage), Some(name)) => {
                writeln!(out, "config_opts['bootstrap_image'] = \"{name}\"")
            }
            _ => Ok(()),
        }
    }
}

fn written(out: &mut dyn Write, repository: &Repository) -> io::Result<()> {
    writeln!(out, "\n[{}]", repository.id)?;
    writeln!(out, "name=\"{}\"", repository.name.as_deref().unwrap_or_default())?;
    writeln!(out, "baseurl={}", repository.baseurl)?;
    if let Some(priority) = repository.priority.filter(|priority| *priority != 0) {
        writeln!(out, "priority={priority}")?;
    }
    if repository.module_hotfixes == Some(true) {
        writeln!(out, "module_hotfixes=True")?;
    }
    writeln!(out, "gpgcheck=0")?;
    if let Some(checked) = repository.repo_gpgcheck {
        writeln!(out, "repo_gpgcheck={}", u8::from(checked))?;
    }
    out.write_all(TAIL.as_bytes())
}
