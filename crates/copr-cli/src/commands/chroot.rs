//! Chroots: those of the service, and those of projects.

use copr_client::v3::{Bootstrap, ChrootOptions};

use super::project::set;
use crate::cli::chroot::{Command, EditChroot, GetChroot, MockConfig};
use crate::failure::Failure;
use crate::session::Session;
use crate::show::{Done, Listed, MockProfile, Record};

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::ListChroots => {
            let chroots = session.client()?.mock_chroots().list().await?;
            Ok(session.screen.show(&Listed(chroots))?)
        }
        Command::GetChroot(get) => self::get(session, get).await,
        Command::EditChroot(edit) => self::edit(session, *edit).await,
        Command::MockConfig(mock) => self::mock_config(session, mock).await,
    }
}

async fn get(session: &Session, get: GetChroot) -> Result<(), Failure> {
    let (project, chroot) = session.chroot(&get.coprchroot).await?;
    let chroot = session.client()?.project_chroots().get(&project, &chroot).await?;
    let record = Record::new()
        .with("additional_packages", chroot.additional_packages)
        .with("additional_repos", chroot.additional_repos)
        .with("additional_modules", chroot.additional_modules)
        .with("comps_name", chroot.comps_name)
        .with("delete_after_days", chroot.delete_after_days)
        .with("isolation", chroot.isolation.map(String::from))
        .with("mock_chroot", chroot.mock_chroot)
        .with("ownername", chroot.ownername)
        .with("projectname", chroot.projectname)
        .with("with_opts", chroot.with_opts)
        .with("without_opts", chroot.without_opts);
    Ok(session.screen.records(get.output_format).only(&record)?)
}

async fn edit(session: &Session, edit: EditChroot) -> Result<(), Failure> {
    let client = session.authenticated()?;
    let (project, chroot) = session.chroot(&edit.coprchroot).await?;
    let bootstrap = match &edit.bootstrap_image {
        Some(_) => Some(Bootstrap::CustomImage),
        None => edit.bootstrap,
    };
    let options = ChrootOptions::new().delete_comps(edit.delete_comps);
    // Lists go as they were written: how they are taken apart is for the service to say.
    let texts = [
        ("additional_packages", edit.packages),
        ("additional_repos", edit.repos),
        ("additional_modules", edit.modules),
        ("with_opts", edit.rpmbuild_with.map(|words| words.join(" "))),
        ("without_opts", edit.rpmbuild_without.map(|words| words.join(" "))),
    ];
    let options = texts.into_iter().fold(options, |options, (name, text)| match text {
        Some(text) => options.other(name, text),
        None => options,
    });
    let options = set(options, bootstrap, ChrootOptions::bootstrap);
    let options = set(options, edit.bootstrap_image, ChrootOptions::bootstrap_image);
    let options = set(options, edit.isolation, ChrootOptions::isolation);
    let options = set(options, edit.reset, ChrootOptions::reset_fields);
    client.project_chroots().edit(&project, &chroot, &options, edit.upload_comps.as_deref()).await?;
    Ok(session.screen.show(&Done::new("Edit chroot operation was successful.").with("chroot", chroot))?)
}

async fn mock_config(session: &Session, mock: MockConfig) -> Result<(), Failure> {
    let project = session.project(&mock.project).await?;
    session.note(|named| named.chroots.push(mock.chroot.clone()));
    let config = session.client()?.project_chroots().build_config(&project, &mock.chroot).await?;
    Ok(session.screen.show(&MockProfile { project, chroot: mock.chroot, config })?)
}
