//! Spec files whose release and changelog are made from the commits of their repository (`%autorelease`, `%autochangelog`):
//! rpmautospec writes them out before the source package is made, as a dist-git's own clients have it do.

use copr_sandbox::Exit;
use copr_types::Phase;

use super::scm::last;
use super::tree::{Found, below};
use crate::end::{self, Step};
use crate::tools::{self, RPMAUTOSPEC};
use crate::workshop::{Job, Workshop};

const SCRIPT: &str = include_str!("autospec.sh");

/// Replaces the spec file in the workshop by one that needs no commits; others stay as they are.
pub(super) async fn expand(shop: &mut Workshop<'_>, found: &Found) -> Step<()> {
    let args = vec![below(&found.directory, &found.name)];
    let job = Job { step: "rpmautospec", script: SCRIPT, args, env: Vec::new(), phase: Phase::Srpm };
    let ran = shop.run(job, None).await?;
    match ran.exit {
        Exit::Exited(0) => Ok(()),
        // What a spec file says is known only now, so that another builder may have it.
        Exit::Exited(94) => Err(tools::missing(RPMAUTOSPEC)),
        exit => Err(end::user(Phase::Srpm, format!("rpmautospec failed ({exit}):\n{}", last(&ran.words)))),
    }
}
