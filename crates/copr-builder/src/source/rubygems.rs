//! Gems of RubyGems.

use std::path::PathBuf;

use copr_types::Phase;
use copr_types::source::Rubygems;
use copr_wire::builder::SourceTask;

use super::{pypi, scm};
use crate::end::{self, Step};
use crate::work::Work;
use crate::workshop::Workshop;

const GEM2RPM: &str = include_str!("gem2rpm.sh");

/// Makes the source package.
pub(super) async fn make(work: &Work, task: &SourceTask, gem: &Rubygems) -> Step<PathBuf> {
    let name = &gem.gem_name;
    if name.starts_with('-') {
        return Err(end::user(Phase::Srpm, format!("`{name}` is no gem")));
    }
    let mut shop = Workshop::open(work, &task.build.limits, &task.build.macros)?;
    work.held.enter(Phase::Srpm);
    pypi::generate(&mut shop, "gem2rpm", GEM2RPM, vec![name.clone()]).await?;
    scm::result(&shop).await
}
