//! Sources from git and Subversion.

use std::path::{Path, PathBuf};

use copr_sandbox::Exit;
use copr_types::Phase;
use copr_types::source::{Scm, SrpmMethod};
use copr_wire::builder::{Checkout, SourceTask};

use super::checkout::{self, History, TREE};
use super::spec::{self, Spec, source_package};
use super::tree::{Tree, below, plain};
use super::{lookaside, make_srpm};
use crate::end::{self, Step};
use crate::gate::Gate;
use crate::work::Work;
use crate::workshop::{INSIDE, Job, Workshop};

const TITO: &str = include_str!("tito.sh");
const RPKG: &str = include_str!("rpkg.sh");
const HINT: &str = "give the full URL in the spec file, or keep the file beside it";
/// Where the tools leave source packages, below the workshop's directory.
const RESULTS: &str = "results";

/// Makes the source package.
pub(super) async fn make(work: &Work, task: &SourceTask, checkout: &Checkout) -> Step<PathBuf> {
    let scm = &checkout.scm;
    let mut shop = Workshop::open(work, &task.build.limits, &task.build.macros)?;
    checkout::bring(&mut shop, scm, History::Recent).await?;
    let directory = subdirectory(work, &shop, scm).await?;
    work.held.enter(Phase::Srpm);
    match scm.srpm_build_method {
        SrpmMethod::Rpkg => rpkg(&mut shop, task, checkout, &directory).await,
        SrpmMethod::Tito => tito(&mut shop, &directory, "").await,
        SrpmMethod::TitoTest => tito(&mut shop, &directory, "--test").await,
        SrpmMethod::MakeSrpm => make_srpm::make(&shop, task, scm, &directory).await,
    }
}

/// The directory that the user named, relative to the workshop's.
async fn subdirectory(work: &Work, shop: &Workshop<'_>, scm: &Scm) -> Step<String> {
    let given = scm.subdirectory.as_deref().unwrap_or_default();
    let absent = || end::user(Phase::Fetch, format!("The user-defined SCM subdirectory `{given}` doesn't exist"));
    let directory = below(TREE, &plain(given).ok_or_else(absent)?);
    match tree(shop).list(work, &directory).await? {
        Some(_) => Ok(directory),
        None => Err(absent()),
    }
}

pub(super) fn tree<'a>(shop: &'a Workshop<'_>) -> Tree<'a> {
    Tree { host: shop.directory(), inside: INSIDE }
}

/// What `rpkg srpm` does: the spec file with all that lies beside it, the files of the look-aside cache, and what it names by
/// address. Macros in three braces are rpkg's own language, for which it is needed.
async fn rpkg(shop: &mut Workshop<'_>, task: &SourceTask, checkout: &Checkout, directory: &str) -> Step<PathBuf> {
    let work = shop.work;
    let found = tree(shop).spec(work, directory, checkout.scm.spec.as_deref()).await?;
    let path = below(&found.directory, &found.name);
    let args = vec![directory.to_owned(), path, checkout.lookaside_url.clone().unwrap_or_default()];
    let job = Job { step: "rpkg", script: RPKG, args, env: Vec::new(), phase: Phase::Srpm };
    let gate = Gate::open(work).await?;
    let ran = shop.run(job, Some(&gate)).await;
    gate.close().await;
    let ran = ran?;
    match ran.exit {
        Exit::Exited(0) => {}
        Exit::Exited(10) => return result(shop).await,
        Exit::Exited(94) => {
            let message = format!(
                "`{}` has macros of rpkg (`{{{{{{ … }}}}}}`), and this builder lacks `rpkg` for them\nhint: install the package \
                 `rpkg-util` on it, or build with `make_srpm`",
                found.name
            );
            return Err(end::infrastructure(Phase::Srpm, message));
        }
        exit => return Err(end::user(Phase::Srpm, format!("rpkg failed ({exit}):\n{}", last(&ran.words)))),
    }
    let tree = tree(shop);
    let fetched = lookaside::fetch(work, task, tree, &found, checkout.lookaside_url.as_deref()).await?;
    let spec = Spec { tree, found: &found, hint: HINT, fetched };
    spec::make_srpm(work, task, &spec, None).await
}

async fn tito(shop: &mut Workshop<'_>, directory: &str, option: &str) -> Step<PathBuf> {
    let gate = Gate::open(shop.work).await?;
    let args = vec![directory.to_owned(), option.to_owned()];
    let job = Job { step: "tito", script: TITO, args, env: Vec::new(), phase: Phase::Srpm };
    let ran = shop.run(job, Some(&gate)).await;
    let seen = gate.take_seen();
    gate.close().await;
    let ran = ran?;
    if ran.exit == Exit::Exited(0) {
        return result(shop).await;
    }
    let said = last(&ran.words);
    match seen.failed.first() {
        Some(why) => Err(end::infrastructure(Phase::Srpm, format!("tito failed: {why}\n{said}"))),
        None => Err(end::user(Phase::Srpm, format!("tito failed ({}):\n{said}", ran.exit))),
    }
}

/// The source package that a tool left.
pub(super) async fn result(shop: &Workshop<'_>) -> Step<PathBuf> {
    let none = || end::user(Phase::Srpm, "no source package was made");
    let entries = tree(shop).list(shop.work, RESULTS).await?;
    entries.ok_or_else(none)?;
    source_package(shop.work, shop.directory(), Path::new(RESULTS)).await?.ok_or_else(none)
}

/// The last lines that a tool said.
pub(super) fn last(words: &str) -> String {
    let lines: Vec<&str> = words.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
