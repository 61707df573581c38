//! Repositories and their generations.

use copr_client::v3::{FullName, Place};

use crate::cli::repo::{Command, Diff, List, Of, Pin, Promote, Repo, Rollback, Unpin};
use crate::failure::Failure;
use crate::session::Session;
use crate::show::{Difference, Repositories};

/// A project, a directory of it and a chroot of that.
struct Named {
    project: FullName,
    directory: String,
    chroot: Option<String>,
}

impl Named {
    async fn of(session: &Session, project: &str, chroot: Option<String>) -> Result<Self, Failure> {
        let (project, directory) = session.directory(project).await?;
        session.note(|named| named.chroots.extend(chroot.clone()));
        Ok(Self { project, directory, chroot })
    }

    fn place(&self) -> Place<'_> {
        Place { dirname: Some(&self.directory), chroot: self.chroot.as_deref() }
    }
}

pub(super) async fn run(session: &Session, Command::Repo(command): Command) -> Result<(), Failure> {
    let named = async |of: Of| Named::of(session, &of.project, of.chroot).await;
    let found = match command {
        Repo::Diff(Diff { project, chroot, from, to }) => {
            let of = Named::of(session, &project, Some(chroot)).await?;
            let repositories = session.client()?.repositories();
            let diff = repositories.diff(&of.project, of.place(), &from, to.as_deref()).await?;
            return Ok(session.screen.show(&Difference(diff))?);
        }
        Repo::List(List { of }) => {
            let of = named(of).await?;
            session.client()?.repositories().list(&of.project, of.place()).await?
        }
        Repo::Pin(Pin { of, name, generation }) => {
            let of = named(of).await?;
            let repositories = session.authenticated()?.repositories();
            repositories.pin(&of.project, of.place(), generation.as_deref(), &name).await?
        }
        Repo::Unpin(Unpin { of, name }) => {
            let of = named(of).await?;
            session.authenticated()?.repositories().unpin(&of.project, of.place(), &name).await?
        }
        Repo::Rollback(Rollback { of, to }) => {
            let of = named(of).await?;
            session.authenticated()?.repositories().roll_back(&of.project, of.place(), &to).await?
        }
        Repo::Promote(Promote { of }) => {
            let of = named(of).await?;
            session.authenticated()?.repositories().promote(&of.project, of.place()).await?
        }
    };
    Ok(session.screen.show(&Repositories(found))?)
}
