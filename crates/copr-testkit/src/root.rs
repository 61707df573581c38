//! A fresh root into which dnf installs what a project has built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::distribution::Distribution;
use crate::run;
use crate::service::Service;

/// A root of its own, with nothing of this machine's dnf and rpm in it.
#[derive(Debug)]
pub struct Root {
    place: PathBuf,
    distribution: Distribution,
}

impl Root {
    /// Makes the root below `place`.
    pub fn new(place: &Path, distribution: &Distribution) -> Result<Root> {
        for directory in ["root", "repos", "cache"] {
            fs::create_dir_all(place.join(directory))?;
        }
        crate::rpm_home(&place.join("home"));
        Ok(Root { place: place.to_owned(), distribution: distribution.clone() })
    }

    /// Takes a `.repo` file of the service, and has dnf check the signature of the metadata too.
    pub fn trust(&self, repository_file: &str) -> Result<()> {
        let strict = strict(repository_file)?;
        fs::write(self.place.join("repos/project.repo"), strict).context("can't write the .repo file")
    }

    fn dnf(&self, repositories: &Path) -> Result<Command> {
        let mut dnf = run::as_root("dnf-3")?;
        dnf.env("HOME", self.place.join("home"))
            .args(["--assumeyes", "--disableplugin=*"])
            .arg(format!("--releasever={}", self.distribution.release()))
            .arg(format!("--installroot={}", self.place.join("root").display()))
            .arg(format!("--setopt=reposdir={}", repositories.display()))
            .arg(format!("--setopt=cachedir={}", self.place.join("cache").display()))
            .args(["--setopt=install_weak_deps=0", "--setopt=metadata_expire=0"])
            .arg("--setopt=skip_if_unavailable=0");
        Ok(dnf)
    }

    /// dnf with the repositories of a directory and the distribution's.
    fn with_distribution(&self, repositories: &Path) -> Result<Command> {
        let mut dnf = self.dnf(repositories)?;
        dnf.arg(format!("--repofrompath=distribution,{}", self.distribution.address));
        dnf.arg("--setopt=distribution.gpgcheck=0");
        Ok(dnf)
    }

    /// Installs packages of the project, with what they need from the distribution.
    pub fn install(&self, packages: &[&str]) -> Result<()> {
        self.install_from(&self.place.join("repos"), packages)
    }

    /// The same from the repositories of a directory, such as [`Root::enabled`].
    pub fn install_from(&self, repositories: &Path, packages: &[&str]) -> Result<()> {
        run::read(self.with_distribution(repositories)?.arg("--refresh").arg("install").args(packages))?;
        Ok(())
    }

    /// Fetches packages of the project anew, without installing them.
    pub fn download(&self, packages: &[String]) -> Result<()> {
        let mut dnf = self.with_distribution(&self.place.join("repos"))?;
        dnf.args(["--setopt=keepcache=0", "install", "--downloadonly"]).args(packages);
        run::read(&mut dnf)?;
        Ok(())
    }

    /// Fetches all packages of the project anew, whichever there are by the metadata that the same run fetches.
    pub fn download_all(&self) -> Result<()> {
        let mut dnf = self.dnf(&self.place.join("repos"))?;
        dnf.args(["--refresh", "--setopt=keepcache=0", "install", "--downloadonly", "*"]);
        match run::read(&mut dnf) {
            // There are none.
            Err(error) if format!("{error:#}").contains("Unable to find a match: *") => Ok(()),
            done => done.map(drop),
        }
    }

    /// Fetches the metadata of the project's repository, whatever is known of it.
    pub fn refresh(&self) -> Result<()> {
        run::read(self.dnf(&self.place.join("repos"))?.args(["--refresh", "makecache"]))?;
        Ok(())
    }

    /// The names of the packages in the project's repository, as last fetched.
    pub fn packages(&self) -> Result<Vec<String>> {
        let mut query = self.dnf(&self.place.join("repos"))?;
        query.args(["--quiet", "--cacheonly", "repoquery", "--arch=noarch,x86_64", "--qf=%{name}"]);
        Ok(run::read(&mut query)?.split_whitespace().map(str::to_owned).collect())
    }

    /// Runs an installed program inside the root.
    pub fn run(&self, command: &[&str]) -> Result<String> {
        let mut chroot = run::as_root("chroot")?;
        chroot.arg(self.place.join("root")).args(command).env("PATH", "/usr/bin:/usr/sbin");
        run::read(&mut chroot)
    }

    /// Enables the project by the `dnf copr` plugin, and lists the packages that dnf then sees.
    pub fn enable_by_plugin(&self, service: &Service, owner: &str, project: &str) -> Result<String> {
        run::read(&mut self.copr(service, &["enable", &format!("hub/{owner}/{project}"), &self.distribution.chroot])?)?;
        let file = only_file(&self.enabled())?;
        let id = repository_id(&fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?)?;
        let host = service.address().ip();
        ensure!(
            id == format!("copr:{host}:{}:{project}", owner.replace('@', "group_")),
            "the repository is called `{id}`"
        );
        let mut query = self.dnf(&self.enabled())?;
        query.args(["--quiet", &format!("--repo={id}"), "repoquery"]);
        let packages = run::read(&mut query)?;
        Ok(format!("{}\n{packages}", file.file_name().unwrap_or_default().to_string_lossy()))
    }

    /// `dnf copr …`, for which the service is the hub called `hub` and this machine runs Fedora 42.
    pub fn copr(&self, service: &Service, words: &[&str]) -> Result<Command> {
        let plugins = self.place.join("plugins");
        fs::create_dir_all(plugins.join("copr.d"))?;
        fs::create_dir_all(self.enabled())?;
        let (host, port) = (service.address().ip(), service.address().port());
        let hub = format!("[hub]\nhostname = {host}\nprotocol = http\nport = {port}\n");
        fs::write(plugins.join("copr.d/hub.conf"), hub)?;
        fs::write(plugins.join("copr.conf"), "[main]\ndistribution = Fedora\nreleasever = 42\n")?;
        let mut dnf = self.dnf(&self.enabled())?;
        dnf.arg("--enableplugin=copr").arg(format!("--setopt=pluginconfpath={}", plugins.display()));
        dnf.arg("copr").args(words);
        Ok(dnf)
    }

    /// Where `dnf copr` keeps the repositories that it has enabled.
    pub fn enabled(&self) -> PathBuf {
        self.place.join("copr-repos")
    }
}

fn only_file(directory: &Path) -> Result<PathBuf> {
    let files: Vec<PathBuf> = fs::read_dir(directory)?.flatten().map(|entry| entry.path()).collect();
    ensure!(files.len() == 1, "dnf copr enable left {files:?} in {}", directory.display());
    Ok(files[0].clone())
}

fn repository_id(text: &str) -> Result<String> {
    let heading = text.lines().find_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    Ok(heading.with_context(|| format!("no repository in:\n{text}"))?.to_owned())
}

/// The same file with `repo_gpgcheck=1`; it has to ask for checked packages by itself.
fn strict(text: &str) -> Result<String> {
    let has = |wanted: &str| text.lines().any(|line| line.trim() == wanted);
    ensure!(has("gpgcheck=1"), "the .repo file has no gpgcheck=1:\n{text}");
    ensure!(text.contains("\ngpgkey="), "the .repo file has no gpgkey:\n{text}");
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("repo_gpgcheck"));
    let strict = lines.map(|line| match line.trim() {
        "gpgcheck=1" => "gpgcheck=1\nrepo_gpgcheck=1\n".to_owned(),
        other => format!("{other}\n"),
    });
    Ok(strict.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[copr:h:u:p]\nname=x\ngpgcheck=1\ngpgkey=http://h/k\nrepo_gpgcheck=0\nenabled=1\n";

    #[test]
    fn a_strict_file_checks_packages_and_metadata() {
        let expected = "[copr:h:u:p]\nname=x\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=http://h/k\nenabled=1\n";
        assert_eq!(strict(FILE).unwrap(), expected);
        assert!(strict(&FILE.replace("gpgcheck=1", "gpgcheck=0")).is_err());
    }

    #[test]
    fn a_repository_is_called_as_its_section() {
        assert_eq!(repository_id(FILE).unwrap(), "copr:h:u:p");
        assert!(repository_id("nothing").is_err());
    }
}
