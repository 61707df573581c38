//! What builds left.

use copr_client::v3::{BuildChroot, BuiltPackage, FullName, Paging, Storage};

use super::build::written;
use crate::cli::build::DownloadBuild;
use crate::failure::Failure;
use crate::fetch::{self, Wanted};
use crate::session::Session;

/// What belongs to which option.
const RPMS: &[&str] = &[".rpm"];
const SPEC: &[&str] = &[".spec"];
const LOGS: &[&str] = &[".log.gz"];
const REVIEW: &[&str] = &["files.dir", "licensecheck.txt", "review.txt", "review.json", "rpmlint.txt"];

pub(super) async fn run(session: &Session, download: DownloadBuild) -> Result<(), Failure> {
    let client = session.client()?;
    let build = client.builds().get(written(&download.build_id)?).await?;
    let chroots = client.build_chroots().list(build.id, &Paging::default()).await?.items;
    let project = client.projects().get(&FullName::new(&build.ownername, &build.projectname)).await?;
    // There, packages lie somewhere else than logs do, and no list says where.
    let built = match project.storage {
        Some(Storage::Pulp) if !project.devel_mode => Some(client.builds().built_packages(build.id).await?),
        _ => None,
    };
    let wanted = wanted(&download);
    let is_wanted =
        |chroot: &&BuildChroot| download.chroots.as_ref().is_none_or(|chosen| chosen.contains(&chroot.name));
    for chroot in chroots.iter().filter(is_wanted) {
        let Some(url) = &chroot.result_url else {
            session
                .screen
                .warn(&format!("No data for build id: {} and chroot: {}.", download.build_id, chroot.name))?;
            continue;
        };
        let directory = download.dest.join(&chroot.name);
        let packages = built.as_ref().and_then(|built| built.get(&chroot.name));
        let names: Vec<String> = packages.iter().flat_map(|built| built.packages.iter().map(file_name)).collect();
        fetch::results(session, url, &names, &wanted, &directory).await?;
    }
    Ok(())
}

/// The name of a package's file.
fn file_name(package: &BuiltPackage) -> String {
    let BuiltPackage { name, version, release, arch, .. } = package;
    format!("{name}-{version}-{release}.{arch}.rpm")
}

fn wanted(download: &DownloadBuild) -> Wanted {
    let options = [(download.rpms, RPMS), (download.spec, SPEC), (download.logs, LOGS), (download.review, REVIEW)];
    let ends: Vec<&'static str> = options.iter().filter(|(on, _)| *on).flat_map(|(_, ends)| *ends).copied().collect();
    match ends.is_empty() {
        true => Wanted::Everything,
        false => Wanted::Ending(ends),
    }
}
