//! Projects and what belongs to them.

use copr_client::v3::{MockChroot, Project, Roles};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Show;

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

impl<T: Show> Show for Listed<T> {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        self.0.iter().try_for_each(|item| item.text(out))
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
#[serde(transparent)]
pub struct Named(pub String);

impl Show for Named {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.0)
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
}
