//! Secrets of web hooks.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Client, Error, FullName, Secret};

/// See [`Client::webhooks`].
#[derive(Clone, Copy, Debug)]
pub struct Webhooks<'c> {
    pub(super) client: &'c Client,
}

/// A project's new secret.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct WebhookSecret {
    /// Number of the project.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub ownername: String,
    /// Both.
    pub full_name: String,
    /// The secret.
    pub webhook_secret: Secret,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Webhooks<'_> {
    /// Makes a new secret for a project; the old one is good for nothing from now on.
    pub async fn generate(&self, project: &FullName) -> Result<WebhookSecret, Error> {
        self.client.post(&["webhook", "generate", &project.owner, &project.name]).send().await
    }
}
