//! The service itself, and who we are to it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Client, Error, Secret};

/// See [`Client::general`].
#[derive(Clone, Copy, Debug)]
pub struct General<'c> {
    pub(super) client: &'c Client,
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct User {
    /// Number of the account.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// New credentials.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ApiToken {
    /// The token's name.
    pub api_login: String,
    /// The token.
    pub api_token: Secret,
    /// The last day on which it is good, as `2027-05-19`.
    pub expiration: String,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl General<'_> {
    /// The version of the API, and what else the service says about itself.
    pub async fn home(&self) -> Result<Map<String, Value>, Error> {
        self.client.get(&[]).send().await
    }

    /// Whose credentials ours are. Fails when they are no good.
    pub async fn auth_check(&self) -> Result<User, Error> {
        self.client.get(&["auth-check"]).authenticated().send().await
    }

    /// Our name: from the configuration, or else from the service.
    pub async fn username(&self) -> Result<String, Error> {
        match &self.client.config().username {
            Some(name) => Ok(name.clone()),
            None => Ok(self.auth_check().await?.name),
        }
    }

    /// New credentials instead of ours, which are good for nothing from now on: for this client, too.
    pub async fn new_api_token(&self) -> Result<ApiToken, Error> {
        self.client.post(&["api-token"]).send().await
    }
}
