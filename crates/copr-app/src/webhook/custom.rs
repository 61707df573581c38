//! Calls for a package's own script, which gets what was sent.

use super::{Caller, Door, history};
use crate::build::{self, Automatic, Shown, Upload};
use crate::{App, Refusal, access, source};
use copr_db::package::Package;
use copr_db::webhook::Origin;
use copr_types::{HookOutcome, SourceKind};

/// What came of a call.
#[derive(Clone, Debug)]
pub enum Custom {
    /// A build, which takes what was sent along when its source is a script.
    Made {
        /// The build.
        build: Shown,
        /// Whether it needs what was sent.
        takes_payload: bool,
    },
    /// It was delivered before.
    Before(Shown),
}

impl Custom {
    /// The build.
    pub fn build(&self) -> &Shown {
        match self {
            Self::Made { build, .. } | Self::Before(build) => build,
        }
    }
}

/// Why there is no build.
#[derive(Debug, thiserror::Error)]
pub enum NotBuilt {
    /// The directory can not be made.
    #[error("there can be no such directory")]
    Directory(#[source] Refusal),
    /// The project builds for nothing.
    #[error("no chroot of the project is enabled")]
    NoChroots,
    /// Something else is wrong.
    #[error(transparent)]
    Other(#[from] Refusal),
}

impl From<copr_db::Error> for NotBuilt {
    fn from(error: copr_db::Error) -> Self {
        Self::Other(error.into())
    }
}

/// Builds a package because somebody called for it, into a directory where one is named. When this refuses, the caller removes what
/// was sent.
pub async fn custom(
    app: &App,
    door: &Door,
    package: &Package,
    dir: Option<&str>,
    caller: &Caller,
    payload: Option<&Upload>,
) -> Result<Custom, NotBuilt> {
    let mut tx = app.db.begin().await?;
    let project = access::held(&mut tx, door.project.id).await?;
    build::directory(&mut tx, &project, dir).await.map_err(NotBuilt::Directory)?;
    let call = caller.call(None, None);
    let before = copr_db::webhook::delivered(&mut tx, project.id, &call).await?;
    let id = copr_db::webhook::record(&mut tx, project.id, &call, app.clock.now()).await?;
    history::forget(&mut tx, project.id).await?;
    for build in before.into_iter().filter(|_| call.delivery.is_some()) {
        let known = build::load(&mut tx, build).await?;
        if known.build.package_id == Some(package.id.0) {
            history::again(&mut tx, id, &[build]).await?;
            tx.commit().await?;
            return Ok(Custom::Before(known));
        }
    }
    let source = source::of_package(package)?;
    let payload = payload.filter(|_| package.source_kind == SourceKind::Custom);
    let origin = Origin { call: id, git_ref: None, object: None };
    let automatic = Automatic { words: caller.sender.as_deref(), dir, origin, payload };
    match build::by_hook(app, &mut tx, &project, package, &source, &automatic).await? {
        Some(build) => {
            copr_db::webhook::settle(&mut tx, id, HookOutcome::Built, "").await?;
            tx.commit().await?;
            Ok(Custom::Made { build, takes_payload: payload.is_some() })
        }
        None => {
            let reason = NotBuilt::NoChroots.to_string();
            copr_db::webhook::settle(&mut tx, id, HookOutcome::Refused, &reason).await?;
            tx.commit().await?;
            Err(NotBuilt::NoChroots)
        }
    }
}
