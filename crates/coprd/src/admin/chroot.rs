//! `coprd admin chroot`

use super::table::{self, or_dash};
use super::{told, words};
use crate::cli::{ChrootAdd, ChrootCommand, Listing};
use anyhow::{Context, anyhow, bail};
use copr_app::{App, chroot};
use copr_catalogue::Entry;
use copr_db::chroot::Chroot;
use copr_types::{ChrootDefinition, ChrootName};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) async fn run(app: &App, command: ChrootCommand) -> anyhow::Result<()> {
    match command {
        ChrootCommand::List { all, listing } => list(app, all, listing).await,
        ChrootCommand::Add(add) => self::add(app, &add).await,
        ChrootCommand::Enable { names } => enable(app, &names).await,
        ChrootCommand::Disable { names } => disable(app, &names).await,
        ChrootCommand::Eol { names } => retire(app, &names).await,
        ChrootCommand::Import { file } => import(app, &file).await,
    }
}

/// A chroot as programs see it.
#[derive(Serialize)]
struct Row {
    name: ChrootName,
    state: &'static str,
    origin: &'static str,
    comment: String,
    definition: ChrootDefinition,
}

impl Row {
    fn known(chroot: Chroot) -> Self {
        let definition = chroot.definition.0;
        let origin = match copr_catalogue::find(chroot.name.as_str()) {
            Some(entry) if entry.definition == definition => "catalogue",
            Some(_) => "changed",
            None => "own",
        };
        let state = if chroot.enabled { "enabled" } else { "disabled" };
        Self { name: chroot.name, state, origin, comment: chroot.comment, definition }
    }

    fn shipped(entry: &Entry) -> Self {
        let (name, definition) = (entry.name.clone(), entry.definition.clone());
        Self { name, state: "available", origin: "catalogue", comment: definition.comment.clone(), definition }
    }
}

async fn list(app: &App, all: bool, listing: Listing) -> anyhow::Result<()> {
    let known = chroot::list(app).await.map_err(told)?;
    let mut rows: Vec<Row> = known.into_iter().map(Row::known).collect();
    if rows.is_empty() && !all {
        eprintln!("There are no chroots yet.\nhint: `coprd admin chroot list --all` lists those that can be enabled");
    }
    if all {
        let shipped = copr_catalogue::all().iter().filter(|entry| !rows.iter().any(|row| row.name == entry.name));
        let shipped: Vec<Row> = shipped.map(Row::shipped).collect();
        rows.extend(shipped);
        rows.sort_by(|a, b| a.name.cmp(&b.name));
    }
    table::print(listing, &rows, ["CHROOT", "STATE", "ORIGIN", "COMMENT"], |row| {
        [row.name.to_string(), row.state.to_owned(), row.origin.to_owned(), or_dash(&row.comment)]
    })
}

async fn add(app: &App, add: &ChrootAdd) -> anyhow::Result<()> {
    let name = &add.name;
    let entry = if add.from_catalogue {
        copr_catalogue::find(name.as_str()).cloned().ok_or_else(|| not_shipped(name.as_str()))?
    } else {
        from_command_line(add)?
    };
    let before = chroot::list(app).await.map_err(told)?.into_iter().find(|one| one.name == *name);
    chroot::put(app, name, &entry.definition, add.enable).await.map_err(told)?;
    let done = match &before {
        None => "is new",
        Some(before) if before.definition.0 == entry.definition => "is as it was",
        Some(_) => "has a new definition; tasks that wait already keep the old one",
    };
    eprintln!("`{name}` {done}.");
    if !add.enable && !before.is_some_and(|before| before.enabled) {
        eprintln!("hint: `coprd admin chroot enable {name}` opens it for builds");
    }
    super::print(&format!("{name}\n"))
}

/// A chroot that installs from one repository, read by the catalogue so that the same rules hold.
fn from_command_line(add: &ChrootAdd) -> anyhow::Result<Entry> {
    let text = one_chroot(add)?;
    let mut entries = copr_catalogue::read("command line", &text).map_err(|error| {
        // The place is one in a text that nobody has seen.
        let place = error.place().map_or_else(String::new, |place| format!("{place}: "));
        let words = error.to_string();
        anyhow!("{}", words.strip_prefix(&place).unwrap_or(&words))
    })?;
    entries.pop().with_context(|| format!("`{}` is no chroot", add.name))
}

/// The catalogue's form of it.
fn one_chroot(add: &ChrootAdd) -> anyhow::Result<String> {
    let name = &add.name;
    let mut repo = toml::Table::new();
    repo.insert("id".to_owned(), "base".into());
    repo.insert("baseurl".to_owned(), add.baseurl.clone().unwrap_or_default().into());
    if let Some(key) = &add.gpgkey {
        repo.insert("gpgkey".to_owned(), key.clone().into());
    }
    let mut chroot = toml::Table::new();
    chroot.insert("name".to_owned(), name.name_release().into());
    chroot.insert("arches".to_owned(), vec![name.arch().to_owned()].into());
    let releasever = add.releasever.clone().unwrap_or_else(|| name.version().to_owned());
    chroot.insert("releasever".to_owned(), releasever.into());
    chroot.insert("install".to_owned(), add.install.clone().into());
    chroot.insert("repos".to_owned(), vec![toml::Value::from(repo)].into());
    let mut document = toml::Table::new();
    document.insert("chroot".to_owned(), vec![toml::Value::from(chroot)].into());
    toml::to_string(&document).context("can't write the chroot down")
}

/// Opens chroots by name or pattern: known ones as they are, others from the catalogue. All names are looked at
/// before anything changes.
async fn enable(app: &App, names: &[String]) -> anyhow::Result<()> {
    let known = chroot::list(app).await.map_err(told)?;
    let chosen = to_enable(names, &known)?;
    for (name, shipped) in &chosen {
        match shipped {
            Some(entry) => chroot::put(app, &entry.name, &entry.definition, true).await.map_err(told)?,
            None => chroot::set_enabled(app, name, true).await.map_err(told)?,
        }
    }
    let new = chosen.values().flatten().count();
    let from = if new > 0 { format!(", {new} of them new from the catalogue") } else { String::new() };
    eprintln!("{} open for builds{from}.", words::count(chosen.len(), "chroot"));
    print_names(chosen.keys())
}

/// The chroots that names and patterns mean; with the catalogue's entry where the service has none.
fn to_enable<'a>(names: &[String], known: &'a [Chroot]) -> anyhow::Result<BTreeMap<&'a str, Option<&'static Entry>>> {
    let mut chosen = BTreeMap::new();
    for wanted in names {
        let here = matching(wanted, known)?;
        let shipped = copr_catalogue::matching(wanted)?;
        if here.is_empty() && shipped.is_empty() {
            return Err(not_shipped(wanted));
        }
        chosen.extend(shipped.iter().map(|entry| (entry.name.as_str(), Some(*entry))));
        // After the shipped ones: what the service has by that name stays as it is.
        chosen.extend(here.iter().map(|name| (*name, None)));
    }
    Ok(chosen)
}

/// The service's chroots that names and patterns mean, each of which must mean some.
fn to_close<'a>(names: &[String], known: &'a [Chroot]) -> anyhow::Result<BTreeSet<&'a str>> {
    let mut chosen = BTreeSet::new();
    for wanted in names {
        let here = matching(wanted, known)?;
        if here.is_empty() {
            let names = known.iter().map(|one| one.name.as_str());
            let hint = words::hint(wanted, names, "`coprd admin chroot list` lists them");
            bail!("this service has no chroot `{wanted}`\n{hint}");
        }
        chosen.extend(here);
    }
    Ok(chosen)
}

async fn retire(app: &App, names: &[String]) -> anyhow::Result<()> {
    let known = chroot::list(app).await.map_err(told)?;
    let (chosen, mut canceled) = (to_close(names, &known)?, 0);
    for name in &chosen {
        canceled += chroot::retire(app, name).await.map_err(told)?;
    }
    let chroots = words::count(chosen.len(), "chroot");
    eprintln!("{chroots} closed for builds; {} canceled there.", words::count(canceled, "build"));
    print_names(&chosen)
}

async fn disable(app: &App, names: &[String]) -> anyhow::Result<()> {
    let known = chroot::list(app).await.map_err(told)?;
    let chosen = to_close(names, &known)?;
    for name in &chosen {
        chroot::set_enabled(app, name, false).await.map_err(told)?;
    }
    eprintln!("{} closed for builds; what is built stays.", words::count(chosen.len(), "chroot"));
    print_names(&chosen)
}

async fn import(app: &App, file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("can't read `{}`", file.display()))?;
    let entries = copr_catalogue::read(&file.display().to_string(), &text).map_err(|error| anyhow!("{error}"))?;
    if entries.is_empty() {
        bail!("`{}` describes no chroot\nhint: each begins with `[[chroot]]`", file.display());
    }
    let known = chroot::list(app).await.map_err(told)?;
    for entry in &entries {
        chroot::put(app, &entry.name, &entry.definition, false).await.map_err(told)?;
    }
    let new = entries.iter().filter(|entry| !known.iter().any(|one| one.name == entry.name)).count();
    eprintln!("{}, {new} new.", words::count(entries.len(), "chroot"));
    if new > 0 {
        eprintln!("hint: `coprd admin chroot enable NAME` opens them for builds");
    }
    print_names(entries.iter().map(|entry| entry.name.as_str()))
}

/// Names of this service's chroots that a name or pattern fits.
fn matching<'a>(wanted: &str, known: &'a [Chroot]) -> anyhow::Result<Vec<&'a str>> {
    let pattern = glob::Pattern::new(wanted).map_err(|error| anyhow!("`{wanted}` is not a pattern: {}", error.msg))?;
    Ok(known.iter().map(|one| one.name.as_str()).filter(|name| pattern.matches(name)).collect())
}

fn not_shipped(name: &str) -> anyhow::Error {
    let shipped = copr_catalogue::all().iter().map(|entry| entry.name.as_str());
    let otherwise = "`coprd admin chroot list --all` lists what it has; \
                     `chroot add --baseurl` and `chroot import` bring your own";
    anyhow!("neither this service nor the catalogue has `{name}`\n{}", words::hint(name, shipped, otherwise))
}

fn print_names(names: impl IntoIterator<Item = impl AsRef<str>>) -> anyhow::Result<()> {
    let lines: String = names.into_iter().map(|name| format!("{}\n", name.as_ref())).collect();
    super::print(&lines)
}
