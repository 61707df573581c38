//! Packages of a dist-git: a git repository with a spec file, and large files in a look-aside cache.

use std::path::PathBuf;

use copr_types::Phase;
use copr_types::source::{Scm, ScmType, SrpmMethod};
use copr_wire::builder::SourceTask;

use super::checkout::{self, History, TREE};
use super::spec::{self, Spec};
use super::{autospec, lookaside, scm};
use crate::end::Step;
use crate::work::Work;
use crate::workshop::Workshop;

const HINT: &str = "keep the file in the repository or in the look-aside cache";

/// Makes the source package.
pub(super) async fn make(
    work: &Work,
    task: &SourceTask,
    clone_url: &str,
    committish: Option<&str>,
    lookaside_url: &str,
) -> Step<PathBuf> {
    let mut shop = Workshop::open(work, &task.build.limits, &task.build.macros)?;
    let repository = Scm {
        scm_type: ScmType::Git,
        clone_url: clone_url.to_owned(),
        committish: committish.map(str::to_owned),
        subdirectory: None,
        spec: None,
        srpm_build_method: SrpmMethod::Rpkg,
    };
    checkout::bring(&mut shop, &repository, History::Counted).await?;
    work.held.enter(Phase::Srpm);
    let found = scm::tree(&shop).spec(work, TREE, None).await?;
    autospec::expand(&mut shop, &found).await?;
    let tree = scm::tree(&shop);
    let fetched = lookaside::fetch(work, task, tree, &found, Some(lookaside_url)).await?;
    let spec = Spec { tree, found: &found, hint: HINT, fetched };
    spec::make_srpm(work, task, &spec, None).await
}
