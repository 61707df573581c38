//! What people say about a project, and the rules for each word of it.

use crate::{App, FieldErrors, Refusal, repos};
use copr_db::Conn;
use copr_db::chroot::Chroot;
use copr_db::project::Settings;
use copr_types::{Bootstrap, ChrootId, InvalidName, Isolation, ProjectName};

/// What a request says about a project. `None`: not said. Numbers come as text, so that the rule about them is here.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Name of a new project.
    pub name: Option<String>,
    /// Names of chroots.
    pub chroots: Option<Vec<String>>,
    /// Free text.
    pub description: Option<String>,
    /// Free text.
    pub instructions: Option<String>,
    /// Address.
    pub homepage: Option<String>,
    /// Mail or address.
    pub contact: Option<String>,
    /// Repositories for builds, split by blanks.
    pub additional_repos: Option<String>,
    /// Repositories for users, split by blanks.
    pub runtime_dependencies: Option<String>,
    /// Forge projects, split by blanks.
    pub packit_forge_projects_allowed: Option<String>,
    /// See [`Settings`].
    pub unlisted_on_hp: Option<bool>,
    /// See [`Settings`].
    pub enable_net: Option<bool>,
    /// See [`Settings`].
    pub devel_mode: Option<bool>,
    /// See [`Settings`].
    pub persistent: Option<bool>,
    /// See [`Settings`].
    pub auto_prune: Option<bool>,
    /// See [`Settings`].
    pub follow_fedora_branching: Option<bool>,
    /// See [`Settings`].
    pub multilib: Option<bool>,
    /// See [`Settings`].
    pub module_hotfixes: Option<bool>,
    /// See [`Settings`].
    pub fedora_review: Option<bool>,
    /// See [`Settings`].
    pub appstream: Option<bool>,
    /// One of mock's words.
    pub bootstrap: Option<String>,
    /// One of mock's words.
    pub isolation: Option<String>,
    /// A number from 1.
    pub repo_priority: Option<String>,
    /// A number of days, -1 for never.
    pub delete_after_days: Option<String>,
    /// Where results are kept.
    pub storage: Option<String>,
    /// Takes the homepage away; saying an empty one changes nothing.
    pub no_homepage: bool,
    /// Takes the contact away; saying an empty one changes nothing.
    pub no_contact: bool,
}

/// WTForms' text for what is no integer; clients print it.
pub(crate) const NOT_AN_INTEGER: &str = "Not a valid integer value.";
/// WTForms' text for what is missing.
pub(crate) const REQUIRED: &str = "This field is required.";
/// WTForms' text for what is none of the choices.
pub(crate) const NOT_A_CHOICE: &str = "Not a valid choice.";

impl Input {
    /// The name of a new project.
    pub(crate) fn name(&self, errors: &mut FieldErrors) -> Option<ProjectName> {
        let name = self.name.as_deref().unwrap_or_default().trim();
        if name.is_empty() {
            errors.add("name", REQUIRED);
            return None;
        }
        match name.parse() {
            Ok(name) => Some(name),
            Err(InvalidName::TooLong { limit, .. }) => {
                errors.add("name", format!("Field cannot be longer than {limit} characters."));
                None
            }
            Err(_) if name.chars().all(|c| c.is_ascii_digit()) => {
                errors.add("name", "Project's name can not be just number.");
                None
            }
            Err(_) => {
                errors.add("name", "Name must contain only letters, digits, underscores, dashes and dots.");
                None
            }
        }
    }

    /// The chroots of a new project: at least one, unless it is made bare.
    pub(super) fn new_chroots(&self, known: &[Chroot], bare: bool, errors: &mut FieldErrors) -> Vec<ChrootId> {
        let chosen = self.chroots.as_deref().unwrap_or_default();
        if chosen.is_empty() && !bare {
            errors.add("chroots", "At least one chroot must be selected");
        }
        resolve(chosen, known, errors)
    }

    /// The chroots of an existing project, when the request names any.
    pub(super) fn changed_chroots(&self, known: &[Chroot], errors: &mut FieldErrors) -> Option<Vec<ChrootId>> {
        let chosen = self.chroots.as_deref().filter(|chosen| !chosen.is_empty())?;
        Some(resolve(chosen, known, errors))
    }

    /// Brings what was said into the settings; complains about the rest.
    pub(super) async fn apply(
        &self,
        conn: &mut Conn,
        app: &App,
        settings: &mut Settings,
        errors: &mut FieldErrors,
    ) -> Result<(), Refusal> {
        self.apply_texts(settings, errors);
        for (said, place, field) in [
            (&self.additional_repos, &mut settings.additional_repos, "repos"),
            (&self.runtime_dependencies, &mut settings.runtime_dependencies, "runtime_dependencies"),
        ] {
            if let Some(text) = said {
                repos::check_list(conn, text, field, errors).await?;
                *place = words(text);
            }
        }
        if let Some(text) = &self.packit_forge_projects_allowed {
            let cut = |item: &str| item.split_once("://").map_or(item, |(_, rest)| rest).to_owned();
            let items: Vec<String> = text.split_whitespace().map(cut).collect();
            settings.packit_forge_projects_allowed = items.join(" ");
        }
        self.apply_switches(settings);
        self.apply_numbers(app, settings, errors);
        Ok(())
    }

    fn apply_texts(&self, settings: &mut Settings, errors: &mut FieldErrors) {
        for (field, said, kept) in [
            ("description", &self.description, &mut settings.description),
            ("instructions", &self.instructions, &mut settings.instructions),
        ] {
            match said {
                Some(text) if text.chars().count() > LONGEST_TEXT => {
                    errors.add(field, format!("Field cannot be longer than {LONGEST_TEXT} characters."));
                }
                Some(text) => kept.clone_from(text),
                None => {}
            }
        }
        if self.no_homepage {
            settings.homepage = None;
        }
        if self.no_contact {
            settings.contact = None;
        }
        if let Some(text) = self.homepage.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            if is_address(text, &LINKS) {
                settings.homepage = Some(text.to_owned());
            } else {
                errors.add("homepage", "Invalid URL.");
            }
        }
        if let Some(text) = self.contact.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            if is_address(text, &LINKS) || is_mail(text) {
                settings.contact = Some(text.to_owned());
            } else {
                errors.add("contact", "Contact must be email address or URL");
            }
        }
        if let Some(word) = self.bootstrap.as_deref().filter(|word| !word.is_empty() && *word != "None") {
            match Bootstrap::from_word(word) {
                Some(choice) => settings.bootstrap = choice,
                None => errors.add("bootstrap", NOT_A_CHOICE),
            }
        }
        if let Some(word) = self.isolation.as_deref().filter(|word| !word.is_empty()) {
            match Isolation::from_word(word) {
                Some(Isolation::Unchanged) | None => errors.add("isolation", NOT_A_CHOICE),
                Some(choice) => settings.isolation = choice,
            }
        }
        if self.storage.as_deref().is_some_and(|word| !matches!(word, "backend" | "pulp")) {
            errors.add("storage", NOT_A_CHOICE);
        }
    }

    fn apply_switches(&self, settings: &mut Settings) {
        for (said, place) in [
            (self.unlisted_on_hp, &mut settings.unlisted_on_hp),
            (self.enable_net, &mut settings.enable_net),
            (self.devel_mode, &mut settings.devel_mode),
            (self.auto_prune, &mut settings.auto_prune),
            (self.follow_fedora_branching, &mut settings.follow_fedora_branching),
            (self.multilib, &mut settings.multilib),
            (self.module_hotfixes, &mut settings.module_hotfixes),
            (self.fedora_review, &mut settings.fedora_review),
            (self.appstream, &mut settings.appstream),
        ] {
            if let Some(on) = said {
                *place = on;
            }
        }
    }

    fn apply_numbers(&self, app: &App, settings: &mut Settings, errors: &mut FieldErrors) {
        if let Some(text) = self.repo_priority.as_deref().filter(|text| !text.trim().is_empty()) {
            match text.trim().parse::<i64>() {
                Ok(number) if number >= 1 => settings.repo_priority = Some(number),
                Ok(_) => errors.add("repo_priority", "Number must be at least 1."),
                Err(_) => {
                    errors.add("repo_priority", NOT_AN_INTEGER);
                    errors.add("repo_priority", "Number must be at least 1.");
                }
            }
        }
        match self.delete_after_days.as_deref().map(str::trim) {
            None => {}
            Some("" | "-1") => settings.delete_on = None,
            Some(text) => match text.parse::<i64>() {
                Ok(days) if (0..=720).contains(&days) => {
                    settings.delete_on = Some(app.clock.now() + days * 86_400);
                }
                parsed => {
                    if parsed.is_err() {
                        errors.add("delete_after_days", NOT_AN_INTEGER);
                    }
                    errors.add("delete_after_days", "Number must be between -1 and 720.");
                }
            },
        }
    }
}

/// Single blanks between the words.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Numbers of the named chroots; complains about names that are not switched on here.
fn resolve(chosen: &[String], known: &[Chroot], errors: &mut FieldErrors) -> Vec<ChrootId> {
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    for name in chosen {
        match known.iter().find(|chroot| chroot.enabled && chroot.name.as_str() == name) {
            Some(chroot) if !found.contains(&chroot.id) => found.push(chroot.id),
            Some(_) => {}
            None => unknown.push(name.as_str()),
        }
    }
    if !unknown.is_empty() {
        errors.add("chroots", not_choices(&unknown));
    }
    found
}

/// WTForms' text for values that are none of the choices.
pub(crate) fn not_choices(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
    match quoted.as_slice() {
        [one] => format!("{one} is not a valid choice for this field."),
        many => format!("{} are not valid choices for this field.", many.join(", ")),
    }
}

/// Schemes of addresses that become links on our pages.
/// Most letters of a description and of instructions: lists show those of a hundred projects and more.
const LONGEST_TEXT: usize = 100_000;

const LINKS: [&str; 3] = ["http", "https", "ftp"];

/// An address with one of these schemes that others can reach: a host with a dot in its name, or an IP address.
pub(crate) fn is_address(text: &str, schemes: &[&str]) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let host = match url.host() {
        Some(url::Host::Domain(name)) => name.trim_end_matches('.').contains('.'),
        Some(_) => true,
        None => false,
    };
    host && schemes.contains(&url.scheme()) && !text.contains(char::is_whitespace)
}

fn is_mail(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !host.starts_with('.') && !text.contains(char::is_whitespace)
    })
}
