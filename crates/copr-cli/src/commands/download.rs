//! What builds left.

use super::build::written;
use crate::cli::build::DownloadBuild;
use crate::failure::Failure;
use crate::session::Session;

pub(super) async fn run(session: &Session, download: DownloadBuild) -> Result<(), Failure> {
    let _build = session.client()?.builds().get(written(&download.build_id)?).await?;
    Ok(())
}
