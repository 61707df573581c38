//! What builds left.

use copr_client::v3::{BuildChroot, BuiltPackage, Download, Fetched, FullName, Paging, Project, ResultFile, Storage};
use std::collections::HashSet;
use std::sync::Arc;

use super::build::written;
use crate::cli::build::DownloadBuild;
use crate::failure::Failure;
use crate::progress::Bars;
use crate::session::Session;
use crate::show::{Downloaded, DownloadedFile, LostFile};

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
        Some(Storage::Pulp) => Some(client.builds().built_packages(build.id).await?),
        _ => None,
    };
    let (mut files, mut lost) = (Vec::new(), Vec::new());
    let is_wanted =
        |chroot: &&BuildChroot| download.chroots.as_ref().is_none_or(|chosen| chosen.contains(&chroot.name));
    for chroot in chroots.iter().filter(is_wanted) {
        let Some(url) = &chroot.result_url else {
            let text = format!("No data for build id: {} and chroot: {}.", download.build_id, chroot.name);
            session.screen.warn(&text)?;
            continue;
        };
        let packages = built.as_ref().and_then(|built| built.get(&chroot.name));
        let names: Vec<String> = packages.iter().flat_map(|built| built.packages.iter().map(file_name)).collect();
        match client.results().list(url).await {
            Ok(listed) => files.extend(chosen(&chroot.name, listed, &wanted(&download))?),
            Err(error) => lost.push(LostFile { url: url.clone(), reason: error.to_string() }),
        }
        for name in names {
            let file = ResultFile::new(&format!("{}/{name}", packages_url(url, &project)), name)?;
            files.push(file.below(&chroot.name)?);
        }
    }
    let bars = Arc::new(Bars::new(session.screen.terminal));
    let how = Download::to(&download.dest).at_once(download.jobs);
    let how = how.on_progress(move |file| bars.file(file));
    let fetched = client.results().fetch(once_each(files), &how).await?;
    told(session, &download, fetched, lost)
}

/// Says what is there and what is not.
fn told(session: &Session, download: &DownloadBuild, fetched: Fetched, mut lost: Vec<LostFile>) -> Result<(), Failure> {
    let failed = fetched.failed.iter();
    lost.extend(failed.map(|it| LostFile { url: it.file.url().to_owned(), reason: it.error.to_string() }));
    for LostFile { url, reason } in &lost {
        session.screen.warn(&format!("Failed to download: {url}: {reason}"))?;
    }
    let count = lost.len();
    let files = fetched.files.iter().map(DownloadedFile::of).collect();
    session.screen.show(&Downloaded { directory: download.dest.clone(), files, failed: lost })?;
    match count {
        0 => Ok(()),
        1 => Err(Failure::refused("One file could not be downloaded. The same call again fetches what is missing.")),
        _ => Err(Failure::refused(&format!(
            "{count} files could not be downloaded. The same call again fetches what is missing."
        ))),
    }
}

/// Where the packages of a chroot are that are kept in Pulp.
fn packages_url(result_url: &str, project: &Project) -> String {
    let url = result_url.trim_end_matches('/');
    if !project.devel_mode {
        return url.to_owned();
    }
    // In a repository of their own: `…/project-devel/chroot/build`.
    let mut parts: Vec<String> = url.split('/').map(str::to_owned).collect();
    if let Some(place) = parts.len().checked_sub(3) {
        parts[place] += "-devel";
    }
    parts.join("/")
}

/// The name of a package's file.
fn file_name(package: &BuiltPackage) -> String {
    let BuiltPackage { name, version, release, arch, .. } = package;
    format!("{name}-{version}-{release}.{arch}.rpm")
}

/// Ends of the names of what is wanted; none when that is everything.
fn wanted(download: &DownloadBuild) -> Vec<&'static str> {
    let options = [(download.rpms, RPMS), (download.spec, SPEC), (download.logs, LOGS), (download.review, REVIEW)];
    options.iter().filter(|(on, _)| *on).flat_map(|(_, ends)| *ends).copied().collect()
}

/// What is wanted of a directory of results, in the directory of its chroot.
///
/// What lies in a directory of it comes up by one level, as copr-cli has it (`--cut-dirs`), unless a file of that name
/// is there already.
fn chosen(chroot: &str, listed: Vec<ResultFile>, wanted: &[&str]) -> Result<Vec<ResultFile>, Failure> {
    let is_wanted = |file: &ResultFile| wanted.is_empty() || wanted.iter().any(|end| file.name().ends_with(end));
    let mut taken: HashSet<String> = listed.iter().map(|file| file.path().to_owned()).collect();
    let mut files = Vec::new();
    for file in listed.into_iter().filter(is_wanted) {
        let above = file.path().split_once('/').map(|(_, rest)| rest.to_owned());
        let file = match above.filter(|above| taken.insert(above.clone())) {
            Some(above) => ResultFile::new(file.url(), above)?,
            None => file,
        };
        files.push(file.below(chroot)?);
    }
    Ok(files)
}

/// The same files without those that would be at the place of an earlier one.
fn once_each(files: Vec<ResultFile>) -> Vec<ResultFile> {
    let mut paths = HashSet::new();
    files.into_iter().filter(|file| paths.insert(file.path().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(paths: &[&str]) -> Vec<ResultFile> {
        paths.iter().map(|path| ResultFile::new(&format!("http://h/r/{path}"), *path).unwrap()).collect()
    }

    fn paths(files: &[ResultFile]) -> Vec<&str> {
        files.iter().map(ResultFile::path).collect()
    }

    #[test]
    fn files_of_a_directory_come_up_unless_their_place_is_taken() {
        let there = listed(&["build.log.gz", "fedora-review/review.txt", "fedora-review/build.log.gz", "a/b/c"]);
        let files = chosen("f-42", there, &[]).unwrap();
        let expected = ["f-42/build.log.gz", "f-42/review.txt", "f-42/fedora-review/build.log.gz", "f-42/b/c"];
        assert_eq!(paths(&files), expected);
        assert_eq!(files[1].url(), "http://h/r/fedora-review/review.txt");
    }

    #[test]
    fn options_add_up() {
        let there = ["a.rpm", "a.spec", "build.log.gz", "fedora-review/review.txt", "state.log"];
        assert_eq!(paths(&chosen("c", listed(&there), RPMS).unwrap()), ["c/a.rpm"]);
        let both = [SPEC, REVIEW].concat();
        assert_eq!(paths(&chosen("c", listed(&there), &both).unwrap()), ["c/a.spec", "c/review.txt"]);
    }
}
