//! Repositories as the package manager's configuration, and what state they are in.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use copr_types::{ChrootDefinition, ChrootName, DistroRepo, Phase, RepoAddress};
use copr_wire::builder::BuildRepo;
use sha2::{Digest, Sha256};

use crate::end::{self, Step};
use crate::place::Place;

/// The last look at a chroot's repositories.
pub(crate) struct Checked {
    at: Instant,
    states: Vec<RepoState>,
}

/// What a repository is right now.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct RepoState {
    pub id: String,
    pub url: String,
    pub state: String,
}

/// The state of each of the chroot's repositories; asked no more often than the configuration says.
pub(crate) async fn states(place: &Place, chroot: &ChrootName, definition: &ChrootDefinition) -> Step<Vec<RepoState>> {
    let key = hash(&[chroot.as_str(), &serde_json::to_string(definition).unwrap_or_default()]);
    // Held while asking: the second worker waits for the first one's answer.
    let mut checked = place.checked.lock().await;
    if let Some(known) = checked.get(&key)
        && known.at.elapsed() < place.config.repo_check
    {
        return Ok(known.states.clone());
    }
    let mut states = Vec::new();
    for repo in &definition.repos {
        let url = expand(&repo.url, &definition.releasever, chroot.arch());
        let state = state_with_patience(place, repo, &url).await?;
        states.push(RepoState { id: repo.id.clone(), url, state });
    }
    checked.insert(key, Checked { at: Instant::now(), states: states.clone() });
    Ok(states)
}

async fn state_with_patience(place: &Place, repo: &DistroRepo, url: &str) -> Step<String> {
    let mut pause = place.config.retry_pause;
    let mut tried = 1;
    loop {
        let why = match state(&place.http, repo.kind, url).await {
            Ok(state) => return Ok(state),
            Err(why) => why,
        };
        if tried >= place.config.attempts {
            let message = format!("the distribution's repository `{}` can not be read: {why}", repo.id);
            return Err(end::infrastructure(Phase::Buildroot, message));
        }
        tried += 1;
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// Something that changes when the repository changes: the digest of its `repomd.xml`, as a metalink
/// tells it or by reading it.
async fn state(http: &reqwest::Client, kind: RepoAddress, url: &str) -> Result<String, String> {
    match kind {
        RepoAddress::Baseurl => read(http, &repomd(first_word(url))).await.map(|bytes| digest(&bytes)),
        RepoAddress::Metalink => {
            let text = String::from_utf8_lossy(&read(http, url).await?).into_owned();
            let begin = r#"<hash type="sha256">"#;
            let hash = text.split_once(begin).and_then(|(_, rest)| rest.split_once('<')).map(|(hash, _)| hash);
            Ok(hash.map_or_else(|| digest(text.as_bytes()), str::to_owned))
        }
        RepoAddress::Mirrorlist => {
            let text = String::from_utf8_lossy(&read(http, url).await?).into_owned();
            let mut why = format!("`{url}` names no mirror");
            for mirror in text.lines().map(str::trim).filter(|line| line.starts_with("http")).take(5) {
                match read(http, &repomd(mirror)).await {
                    Ok(bytes) => return Ok(digest(&bytes)),
                    Err(error) => why = error,
                }
            }
            Err(why)
        }
    }
}

fn first_word(urls: &str) -> &str {
    urls.split([' ', ',', '\n']).find(|url| !url.is_empty()).unwrap_or(urls)
}

fn repomd(url: &str) -> String {
    format!("{}/repodata/repomd.xml", url.trim_end_matches('/'))
}

async fn read(http: &reqwest::Client, url: &str) -> Result<Vec<u8>, String> {
    if let Some(path) = local_path(url) {
        return tokio::fs::read(&path).await.map_err(|error| format!("`{}`: {error}", path.display()));
    }
    let answer = http.get(url).send().await.map_err(|error| crate::client::causes(&error))?;
    if !answer.status().is_success() {
        return Err(format!("`{url}` was answered with {}", answer.status()));
    }
    let bytes = answer.bytes().await.map_err(|error| crate::client::causes(&error))?;
    Ok(bytes.to_vec())
}

/// The directory of a `file://` address.
pub(crate) fn local_path(url: &str) -> Option<PathBuf> {
    match url.strip_prefix("file://") {
        Some(path) => Some(PathBuf::from(path)),
        None => url.starts_with('/').then(|| PathBuf::from(url)),
    }
}

/// Fills in the package manager's variables.
pub(crate) fn expand(url: &str, releasever: &str, arch: &str) -> String {
    url.replace("{arch}", arch)
        .replace("${releasever}", releasever)
        .replace("$releasever", releasever)
        .replace("${basearch}", base_arch(arch))
        .replace("$basearch", base_arch(arch))
}

/// dnf's `$basearch` of a chroot's architecture.
pub(crate) fn base_arch(arch: &str) -> &str {
    match arch {
        "i386" | "i486" | "i586" | "i686" => "i386",
        "armv7hl" | "armhfp" => "armhfp",
        other => other,
    }
}

/// The package manager's configuration file.
pub(crate) fn configuration(
    chroot: &ChrootName,
    definition: &ChrootDefinition,
    repos: &[BuildRepo],
    expire_seconds: u64,
) -> String {
    let mut text = String::from(
        "[main]\nreposdir=/nowhere\nkeepcache=1\ninstall_weak_deps=0\nbest=1\nassumeyes=1\nobsoletes=1\ngpgcheck=0\n\
         skip_if_unavailable=False\nprotected_packages=\ndeltarpm=False\nallow_vendor_change=True\n\
         retries=3\ntimeout=30\nmax_parallel_downloads=8\nlogdir=/tmp/log\npersistdir=/tmp/persist\n",
    );
    if let Some(platform) = &definition.platform_id {
        let _ = writeln!(text, "module_platform_id=platform:{}", plain(platform.trim_start_matches("platform:")));
    }
    for repo in &definition.repos {
        let kind = match repo.kind {
            RepoAddress::Baseurl => "baseurl",
            RepoAddress::Metalink => "metalink",
            RepoAddress::Mirrorlist => "mirrorlist",
        };
        let url = plain(&repo.url.replace("{arch}", chroot.arch()));
        let _ = write!(text, "\n[{id}]\nname={id}\n{kind}={url}\nenabled=1\n", id = section(&repo.id));
        let _ = writeln!(text, "gpgcheck={}\nmetadata_expire={expire_seconds}", u8::from(repo.gpgcheck));
        option(&mut text, "gpgkey", repo.gpgkey.as_deref());
        option(&mut text, "priority", repo.priority.map(|number| number.to_string()).as_deref());
        for (name, value) in &repo.options {
            option(&mut text, &section(name), Some(value));
        }
    }
    for repo in repos {
        // Asked for anew each time: what a build of a minute ago published has to be seen.
        let _ =
            write!(text, "\n[{}]\nname={}\nbaseurl={}\n", section(&repo.id), plain(&repo.name), plain(&repo.baseurl));
        let checked = u8::from(repo.gpgkey.is_some());
        let _ = writeln!(text, "enabled=1\nmetadata_expire=0\ncost=1\ngpgcheck={checked}\nrepo_gpgcheck={checked}");
        option(&mut text, "gpgkey", repo.gpgkey.as_deref());
        option(&mut text, "priority", repo.priority.map(|number| number.to_string()).as_deref());
        if let Some(hotfixes) = repo.module_hotfixes {
            option(&mut text, "module_hotfixes", Some(if hotfixes { "1" } else { "0" }));
        }
    }
    text
}

fn option(text: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = writeln!(text, "{name}={}", plain(value));
    }
}

/// One line: users' text can not begin another option or section.
fn plain(value: &str) -> String {
    value.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

pub(super) fn section(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.:".contains(c) { c } else { '_' }).collect()
}

/// Directories of the host that the package manager has to see.
pub(crate) fn local_directories<'a>(urls: impl Iterator<Item = &'a str>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        urls.flat_map(|urls| urls.split([' ', ','])).filter_map(local_path).filter(|path| path.exists()).collect();
    found.sort();
    found.dedup();
    found.retain(|path| !path.starts_with("/usr") && path != Path::new("/"));
    found
}

/// A short name for a list of texts.
pub(crate) fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> ChrootDefinition {
        serde_json::from_value(serde_json::json!({
            "releasever": "44", "install": ["@buildsys-build"], "platform_id": "f44",
            "repos": [{"id": "fedora", "kind": "metalink", "gpgcheck": true, "gpgkey": "file:///usr/share/key",
                       "url": "https://mirrors.example.org/metalink?repo=fedora-$releasever&arch=$basearch&x={arch}"}],
        }))
        .unwrap()
    }

    #[test]
    fn a_users_text_can_not_become_another_option() {
        let chroot = "fedora-44-x86_64".parse().unwrap();
        let repo = BuildRepo {
            id: "evil]\n[main".into(),
            name: "x\ngpgcheck=0".into(),
            baseurl: "http://example.org/\r\nproxy=http://evil".into(),
            priority: Some(5),
            module_hotfixes: Some(true),
            gpgkey: None,
            revision: None,
        };
        let text = configuration(&chroot, &definition(), &[repo], 300);
        assert_eq!(text.matches("\n[").count(), 2, "{text}");
        assert!(text.contains("\n[evil___main]\nname=x gpgcheck=0\nbaseurl=http://example.org/  proxy=http://evil\n"));
        assert!(text.contains("gpgcheck=1\nmetadata_expire=300\ngpgkey=file:///usr/share/key\n"), "{text}");
        assert!(text.contains("module_platform_id=platform:f44\n"));
    }

    #[test]
    fn variables_are_filled_in_as_the_package_manager_would() {
        let url = expand("http://h/$releasever/${basearch}/{arch}/", "9", "i686");
        assert_eq!(url, "http://h/9/i386/i686/");
    }
}
