//! What forges reported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A call of a web hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HookCall {
    /// Its number.
    pub id: i64,
    /// When it came.
    pub received_on: i64,
    /// `github`, `gitlab`, `bitbucket`, `forgejo` or `custom`.
    pub forge: String,
    /// What the forge calls the event.
    pub event: String,
    /// The branch or tag, as `refs/heads/…` or `refs/tags/…`.
    #[serde(rename = "ref")]
    pub git_ref: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// The forge's own name of the call.
    pub delivery: Option<String>,
    /// The forge's program.
    pub user_agent: Option<String>,
    /// Who pushed, in the forge's words.
    pub sender: Option<String>,
    /// `built`, `nothing`, `again` or `refused`.
    pub outcome: String,
    /// Why there are no builds, or fewer than there might be.
    pub reason: String,
    /// Numbers of the builds.
    pub builds: Vec<i64>,
}
