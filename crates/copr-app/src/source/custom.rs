//! Sources that a script makes.

use super::{Stored, required};
use crate::project::input::NOT_A_CHOICE;
use crate::{FieldErrors, Refusal, repos};
use copr_db::Conn;
use copr_db::chroot::Chroot;
use copr_types::source::Custom;
use copr_types::{ChrootName, Source};

/// Most characters of a script.
const LONGEST: usize = 4096;
/// With an architecture behind it: the newest Fedora that has a number, whichever that is when a build begins.
const LATEST: &str = "fedora-latest-";
/// Where scripts run unless somebody says otherwise.
const USUAL: &str = "fedora-latest-x86_64";

/// What people say. `None`: not said.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The script.
    pub script: Option<String>,
    /// The chroot it runs in.
    pub chroot: Option<String>,
    /// Packages that it needs, split by blanks.
    pub builddeps: Option<String>,
    /// Where it leaves the sources.
    pub resultdir: Option<String>,
    /// Repositories, split by blanks.
    pub repos: Option<String>,
}

impl Input {
    pub(super) fn or(self, stored: &Stored) -> Self {
        Self {
            script: stored.or(self.script, "script"),
            chroot: stored.or(self.chroot, "chroot"),
            builddeps: stored.or(self.builddeps, "builddeps"),
            resultdir: stored.or(self.resultdir, "resultdir"),
            repos: stored.or(self.repos, "repos"),
        }
    }

    pub(super) async fn check(&self, conn: &mut Conn, errors: &mut FieldErrors) -> Result<Option<Custom>, Refusal> {
        let script = required(self.script.as_deref(), "script", errors);
        if script.as_ref().is_some_and(|script| script.chars().count() > LONGEST) {
            errors.add("script", "Maximum script size is 4kB");
        }
        let chroot = self.chroot.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| USUAL.to_owned());
        if resolve(&copr_db::chroot::list(conn).await?, &chroot).is_none() {
            errors.add("chroot", NOT_A_CHOICE);
        }
        let repos = self.repos.as_deref().unwrap_or_default();
        repos::check_list(conn, repos, "repos", errors).await?;
        Ok(script.map(|script| Custom {
            script: with_unix_lines(&script),
            chroot,
            builddeps: self.builddeps.clone(),
            resultdir: self.resultdir.clone(),
            repos: repos.split_whitespace().collect::<Vec<_>>().join("\n"),
        }))
    }
}

/// Browsers send CRLF; and a script ends with a line's end.
fn with_unix_lines(script: &str) -> String {
    let first = script.split('\n').next().unwrap_or_default();
    let mut script = if first.ends_with('\r') { script.replace("\r\n", "\n") } else { script.to_owned() };
    if !script.ends_with('\n') {
        script.push('\n');
    }
    script
}

/// The same script in the chroot that was found for it.
pub(crate) fn custom_in(custom: &Custom, chroot: &ChrootName) -> Source {
    Source::Custom(Custom { chroot: chroot.to_string(), ..custom.clone() })
}

/// The chroot of a name that is switched on here; `fedora-latest-<arch>` is the newest Fedora with a number.
pub(crate) fn resolve<'a>(known: &'a [Chroot], name: &str) -> Option<&'a Chroot> {
    let mut on = known.iter().filter(|chroot| chroot.enabled);
    let Some(arch) = name.strip_prefix(LATEST) else { return on.find(|chroot| chroot.name.as_str() == name) };
    let number = |chroot: &Chroot| chroot.name.version().parse::<u32>().ok();
    on.filter(|chroot| chroot.name.os() == "fedora" && chroot.name.arch() == arch)
        .filter_map(|chroot| Some((number(chroot)?, chroot)))
        .max_by_key(|(number, _)| *number)
        .map(|(_, chroot)| chroot)
}

#[cfg(test)]
mod tests {
    use super::with_unix_lines;

    #[test]
    fn scripts_have_the_lines_of_unix() {
        assert_eq!(with_unix_lines("#!/bin/sh\r\necho\r\n"), "#!/bin/sh\necho\n");
        assert_eq!(with_unix_lines("#!/bin/sh\nprintf 'a\r\n'"), "#!/bin/sh\nprintf 'a\r\n'\n");
    }
}
