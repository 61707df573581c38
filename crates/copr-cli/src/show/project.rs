//! Projects and what belongs to them.

use copr_client::v3::{MockChroot, Project, Roles};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Show, Table};

impl Show for Project {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Name: {}", self.name)?;
        writeln!(out, "  Description: {}", self.description.as_deref().unwrap_or("None"))?;
        if !self.chroot_repos.is_empty() {
            writeln!(out, "  Repo(s):")?;
        }
        for (chroot, address) in &self.chroot_repos {
            writeln!(out, "    {chroot}: {address}")?;
        }
        if !self.additional_repos.is_empty() {
            writeln!(out, "  Additional repo: {}", self.additional_repos.join(" "))?;
        }
        writeln!(out)
    }
}

/// Projects of somebody.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Listed<T>(pub Vec<T>);

impl Show for Listed<Project> {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        self.0.iter().try_for_each(|item| item.text(out))
    }

    fn table(&self) -> Option<Table> {
        let mut table = Table::new(["name", "chroots", "description"]);
        for project in &self.0 {
            let chroots: Vec<&str> = project.chroot_repos.keys().map(String::as_str).collect();
            let description = project.description.as_deref().unwrap_or_default();
            table.add([&project.full_name, &*chroots.join(" "), description]);
        }
        Some(table)
    }
}

impl Show for Listed<MockChroot> {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        self.0.iter().try_for_each(|item| item.text(out))
    }

    fn table(&self) -> Option<Table> {
        let mut table = Table::new(["chroot", "comment"]);
        self.0.iter().for_each(|chroot| table.add([&chroot.name, &chroot.comment]));
        Some(table)
    }
}

impl Show for MockChroot {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.name)?;
        match self.comment.as_str() {
            "" => Ok(()),
            comment => writeln!(out, "    {comment}"),
        }
    }
}

/// Something of which the name is all that is printed.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// The name.
    pub name: String,
}

impl Show for Named {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.name)
    }
}

/// Names of several things.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Names(pub Vec<String>);

impl Show for Names {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        self.0.iter().try_for_each(|name| writeln!(out, "{name}"))
    }
}

/// A project that was copied.
#[derive(Clone, Debug, Serialize)]
pub struct Forked {
    /// What was copied.
    pub source: String,
    /// The copy.
    pub full_name: String,
    /// Whether the copy was there before.
    pub updated: bool,
}

impl Show for Forked {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { source, full_name, updated } = self;
        match updated {
            true => writeln!(out, "Updating packages in {full_name} from {source}.")?,
            false => writeln!(out, "Forking project {source} for you into {full_name}.")?,
        }
        writeln!(out, "Please be aware that it may take a few minutes to duplicate backend data.")
    }
}

/// Who has which role in a project.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Permissions(pub BTreeMap<String, Roles>);

impl Show for Permissions {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for (user, roles) in &self.0 {
            writeln!(out, "{user}:\n  admin: {}\n  builder: {}", roles.admin, roles.builder)?;
        }
        Ok(())
    }

    fn table(&self) -> Option<Table> {
        let mut table = Table::new(["user", "admin", "builder"]);
        self.0
            .iter()
            .for_each(|(user, roles)| table.add([user.as_str(), roles.admin.as_str(), roles.builder.as_str()]));
        Some(table)
    }
}
