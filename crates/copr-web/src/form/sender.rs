//! Who sends a file to be built, and whether that is allowed: looked at before the file is taken in, as soon as it is known
//! where it is for. python-copr says that behind the file; what comes before it, or stands in the query, counts already.

use crate::Web;
use copr_app::{Refusal, build};
use copr_db::account::Account;
use serde_json::{Map, Value};

/// Who sends a file.
#[derive(Clone, Debug)]
pub struct Sender<'a> {
    me: &'a Account,
    /// What the query says.
    query: Vec<(String, String)>,
}

impl<'a> Sender<'a> {
    /// Somebody who asks with this query. Refused at once when that names a project in which they may not build.
    pub async fn new(me: &'a Account, query: Option<&str>, web: &Web) -> Result<Self, Refusal> {
        let query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        let sender = Self { me, query };
        sender.may_send(web, None, &[]).await?;
        Ok(sender)
    }

    /// Refuses when what was said so far names a project in which they may not build.
    pub(super) async fn may_send(
        &self,
        web: &Web,
        json: Option<&[u8]>,
        pairs: &[(String, String)],
    ) -> Result<(), Refusal> {
        let json: Map<String, Value> = json.and_then(|json| serde_json::from_slice(json).ok()).unwrap_or_default();
        let word = |key: &str| {
            let said = json.get(key).and_then(Value::as_str).map(str::to_owned);
            let pair =
                |pairs: &[(String, String)]| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
            // No name holds a NUL, and PostgreSQL refuses texts with one: that is complained about later.
            said.or_else(|| pair(pairs)).or_else(|| pair(&self.query)).filter(|word| !word.contains('\0'))
        };
        match (word("ownername"), word("projectname")) {
            (Some(owner), Some(name)) => build::may_build(&web.app, self.me, owner.trim(), name.trim()).await,
            _ => Ok(()),
        }
    }
}
