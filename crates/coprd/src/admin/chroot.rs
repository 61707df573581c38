//! `coprd admin chroot`

use super::table::Table;
use super::told;
use crate::cli::{ChrootAdd, ChrootCommand};
use anyhow::{Context, bail};
use copr_app::{App, chroot};
use copr_types::ChrootName;
use std::path::Path;

pub(super) async fn run(app: &App, command: ChrootCommand) -> anyhow::Result<()> {
    match command {
        ChrootCommand::List { all, listing } => list(app, all, listing.json).await,
        ChrootCommand::Add(add) => self::add(app, add).await,
        ChrootCommand::Enable { names } => enable(app, &names).await,
        ChrootCommand::Disable { names } => disable(app, &names).await,
        ChrootCommand::Import { file } => import(app, &file).await,
    }
}

async fn list(app: &App, all: bool, json: bool) -> anyhow::Result<()> {
    let known = chroot::list(app).await.map_err(told)?;
    let mut rows: Vec<(String, &str, String)> = known
        .iter()
        .map(|one| (one.name.to_string(), if one.enabled { "enabled" } else { "disabled" }, one.comment.clone()))
        .collect();
    if all {
        let here = |name: &ChrootName| known.iter().any(|one| one.name == *name);
        let shipped = copr_catalogue::all().iter().filter(|entry| !here(&entry.name));
        rows.extend(shipped.map(|entry| (entry.name.to_string(), "catalogue", entry.definition.comment.clone())));
        rows.sort();
    }
    let mut table = Table::new(&["name", "state", "comment"]);
    for (name, state, comment) in rows {
        table.row([name.into(), state.into(), comment.into()]);
    }
    table.print(json)?;
    if known.is_empty() && !all {
        eprintln!("There are no chroots yet.\nhint: `coprd admin chroot list --all` lists those that can be enabled");
    }
    Ok(())
}

async fn add(app: &App, add: ChrootAdd) -> anyhow::Result<()> {
    let name = add.name.as_str();
    let entry = if add.from_catalogue {
        copr_catalogue::find(name).with_context(|| not_shipped(name))?.clone()
    } else {
        // Through the catalogue's own form, so that the same rules hold.
        let text = one_chroot(&add)?;
        let mut entries = copr_catalogue::read("command line", &text)?;
        if entries.len() != 1 {
            bail!("`{name}` is not one chroot");
        }
        entries.remove(0)
    };
    chroot::put(app, &entry.name, &entry.definition, add.enable).await.map_err(told)?;
    let state = if add.enable { "open for builds" } else { "known; `coprd admin chroot enable` opens it" };
    eprintln!("{name} is {state}.");
    Ok(())
}

/// The catalogue's form of a chroot that installs from one repository.
fn one_chroot(add: &ChrootAdd) -> anyhow::Result<String> {
    let name = &add.name;
    let mut repo = toml::Table::new();
    repo.insert("id".to_owned(), "base".into());
    repo.insert("baseurl".to_owned(), add.baseurl.clone().unwrap_or_default().into());
    if let Some(key) = &add.gpgkey {
        repo.insert("gpgcheck".to_owned(), true.into());
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

fn not_shipped(name: &str) -> String {
    match copr_catalogue::nearest(name) {
        Some(near) => format!("the catalogue has no `{name}`\nhint: did you mean `{near}`?"),
        None => format!("the catalogue has no `{name}`\nhint: `coprd admin chroot list --all` lists what it has"),
    }
}

/// Opens chroots by name or pattern: known ones as they are, others from the catalogue.
async fn enable(app: &App, names: &[String]) -> anyhow::Result<()> {
    for wanted in names {
        let known = matching(app, wanted).await?;
        for name in &known {
            chroot::set_enabled(app, name, true).await.map_err(told)?;
            println!("{name}");
        }
        let shipped = copr_catalogue::matching(wanted)?;
        for entry in shipped.iter().filter(|entry| !known.iter().any(|name| name == entry.name.as_str())) {
            chroot::put(app, &entry.name, &entry.definition, true).await.map_err(told)?;
            println!("{}", entry.name);
        }
        if known.is_empty() && shipped.is_empty() {
            bail!("{}", not_shipped(wanted));
        }
    }
    Ok(())
}

async fn disable(app: &App, names: &[String]) -> anyhow::Result<()> {
    for wanted in names {
        let known = matching(app, wanted).await?;
        if known.is_empty() {
            bail!("no chroot of this service is called `{wanted}`\nhint: `coprd admin chroot list` lists them");
        }
        for name in known {
            chroot::set_enabled(app, &name, false).await.map_err(told)?;
            println!("{name}");
        }
    }
    Ok(())
}

/// Names of this service's chroots that a name or pattern fits.
async fn matching(app: &App, wanted: &str) -> anyhow::Result<Vec<String>> {
    let pattern = glob::Pattern::new(wanted).with_context(|| format!("`{wanted}` is not a pattern"))?;
    let known = chroot::list(app).await.map_err(told)?;
    Ok(known.into_iter().map(|one| one.name.to_string()).filter(|name| pattern.matches(name)).collect())
}

async fn import(app: &App, file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("can't read `{}`", file.display()))?;
    let entries = copr_catalogue::read(&file.display().to_string(), &text)?;
    for entry in &entries {
        chroot::put(app, &entry.name, &entry.definition, false).await.map_err(told)?;
        println!("{}", entry.name);
    }
    eprintln!("{} chroots are known now; `coprd admin chroot enable NAME` opens them for builds.", entries.len());
    Ok(())
}
