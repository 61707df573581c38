//! What people say about a package, and the rules for each word of it.

use crate::pattern::fits;
use crate::project::input::{NOT_AN_INTEGER, REQUIRED};
use crate::{App, FieldErrors, Refusal, build, source};
use copr_db::Conn;
use copr_db::package::Package;
use copr_types::{InvalidName, PackageName};

/// Most builds that a package can ask to keep.
const MOST_BUILDS: i64 = 100;

/// What a request says about a package. `None`: not said. Numbers come as text, so that the rule about them is here.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Its name, which the address has, too.
    pub package_name: Option<String>,
    /// Rebuilt by web hooks.
    pub webhook_rebuild: Option<bool>,
    /// A number of builds to keep; 0 means all.
    pub max_builds: Option<String>,
    /// Seconds; 0 means the service's default.
    pub timeout: Option<String>,
    /// Patterns of chroots, split by commas.
    pub chroot_denylist: Option<String>,
    /// About its source.
    pub source: source::Said,
}

/// Settings of a package but for its source.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub auto_rebuild: bool,
    pub max_builds: i64,
    pub timeout: Option<i64>,
    pub chroot_denylist: String,
}

impl Settings {
    pub(super) fn of(package: &Package) -> Self {
        Self {
            auto_rebuild: package.auto_rebuild,
            max_builds: package.max_builds,
            timeout: package.timeout,
            chroot_denylist: package.chroot_denylist.clone(),
        }
    }

    /// The same with a source, as it is stored.
    pub(super) fn with<'a>(
        &'a self,
        source_kind: copr_types::SourceKind,
        source: &'a str,
        private_source: Option<&'a str>,
    ) -> copr_db::package::Settings<'a> {
        copr_db::package::Settings {
            source_kind,
            source,
            private_source,
            auto_rebuild: self.auto_rebuild,
            max_builds: self.max_builds,
            timeout: self.timeout,
            chroot_denylist: &self.chroot_denylist,
        }
    }
}

/// A package's name as it was said; complains about what is none.
pub(crate) fn name(said: Option<&str>, errors: &mut FieldErrors) -> Option<PackageName> {
    let text = said.unwrap_or_default();
    if text.is_empty() {
        errors.add("package_name", REQUIRED);
        return None;
    }
    match text.parse() {
        Ok(name) => Some(name),
        Err(InvalidName::TooLong { limit, .. }) => {
            errors.add("package_name", format!("Field cannot be longer than {limit} characters."));
            None
        }
        Err(_) => {
            errors.add("package_name", "Please enter a valid package name in ^[-+_.a-zA-Z0-9]+$");
            None
        }
    }
}

impl Input {
    /// The name, which must be the one in the address.
    pub(super) fn name(&self, address: &str, errors: &mut FieldErrors) -> Option<PackageName> {
        let name = name(self.package_name.as_deref(), errors)?;
        if name.as_str() != address {
            errors.add("package_name", format!("The address names another package: `{address}`"));
            return None;
        }
        Some(name)
    }

    /// Brings what was said into the settings; complains about the rest.
    pub(super) async fn apply(
        &self,
        app: &App,
        conn: &mut Conn,
        settings: &mut Settings,
        errors: &mut FieldErrors,
    ) -> Result<(), Refusal> {
        if let Some(on) = self.webhook_rebuild {
            settings.auto_rebuild = on;
        }
        if let Some(text) = self.max_builds.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            match text.parse::<i64>() {
                Ok(number) if (0..=MOST_BUILDS).contains(&number) => settings.max_builds = number,
                parsed => {
                    if parsed.is_err() {
                        errors.add("max_builds", NOT_AN_INTEGER);
                    }
                    errors.add("max_builds", format!("Number must be between 0 and {MOST_BUILDS}."));
                }
            }
        }
        if let Some(text) = self.timeout.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            settings.timeout = Some(build::timeout(app, Some(text), errors));
        }
        if let Some(text) = &self.chroot_denylist {
            settings.chroot_denylist = denylist(conn, text, errors).await?;
        }
        Ok(())
    }
}

/// Patterns of chroots, each of which must match one that this service has.
async fn denylist(conn: &mut Conn, text: &str, errors: &mut FieldErrors) -> Result<String, Refusal> {
    let known = copr_db::chroot::list(conn).await?;
    let patterns: Vec<&str> = text.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()).collect();
    for pattern in &patterns {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_*.+".contains(c);
        if !pattern.chars().all(good) {
            errors.add("chroot_denylist", format!("Pattern \"{pattern}\" does not match \"^[a-z0-9-_*.+]+$\""));
            continue;
        }
        if !known.iter().any(|chroot| chroot.enabled && fits(pattern, chroot.name.as_str())) {
            errors.add("chroot_denylist", format!("no chroot matched by pattern \"{pattern}\""));
        }
    }
    Ok(patterns.join(","))
}

/// A source as the rows of packages have it.
pub(super) fn stored(source: &copr_types::Source) -> Result<(String, Option<String>), Refusal> {
    let shown = source::Shown::of(source)?;
    Ok((shown.public.to_string(), shown.private_text()))
}
