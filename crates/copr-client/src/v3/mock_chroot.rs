//! Chroots that the service builds for.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Client, Error};

/// See [`Client::mock_chroots`].
#[derive(Clone, Copy, Debug)]
pub struct MockChroots<'c> {
    pub(super) client: &'c Client,
}

/// A chroot that projects can have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MockChroot {
    /// Such as `fedora-42-x86_64`.
    pub name: String,
    /// A remark for people; mostly empty.
    pub comment: String,
}

impl MockChroots<'_> {
    /// All that are active, in the service's order. They do not come in pages.
    pub async fn list(&self) -> Result<Vec<MockChroot>, Error> {
        let chroots: Map<String, Value> = self.client.get(&["mock-chroots", "list"]).send().await?;
        let chroots = chroots.into_iter().map(|(name, comment)| {
            let comment = comment.as_str().unwrap_or_default().to_owned();
            MockChroot { name, comment }
        });
        Ok(chroots.collect())
    }
}
