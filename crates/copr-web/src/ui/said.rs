//! What a form of our pages says.

use crate::Web;
use crate::form::{Form, Words};
use axum::extract::Request;
use copr_app::Refusal;
use copr_app::build::Options;

/// Names and values, in their order.
#[derive(Clone, Debug)]
pub(super) struct Said(Vec<(String, String)>);

impl Said {
    pub async fn read(request: Request, web: &Web) -> Result<Self, Refusal> {
        let pairs = match Form::read(request, web, None).await?.words {
            Words::Pairs(pairs) => pairs,
            _ => Vec::new(),
        };
        // PostgreSQL refuses texts with one.
        if pairs.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Refusal::invalid("No field can hold a NUL."));
        }
        Ok(Self(pairs))
    }

    /// The values of a field that may be sent several times.
    pub fn all(&self, key: &str) -> Vec<String> {
        self.0.iter().filter(|(name, _)| name == key).map(|(_, value)| value.clone()).collect()
    }

    /// The value of a field, unless it is empty.
    pub fn one(&self, key: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    }

    /// The chroots that were chosen, of which there has to be one.
    pub fn chroots(&self) -> Result<Vec<String>, Refusal> {
        let chroots = self.all("chroots");
        if chroots.is_empty() {
            return Err(Refusal::field("chroots", "At least one chroot must be selected"));
        }
        Ok(chroots)
    }

    /// The options that all forms about builds share.
    pub fn options(&self) -> Options {
        Options {
            timeout: self.one("timeout"),
            background: self.one("background").is_some(),
            after_build_id: self.one("after_build_id"),
            with_build_id: self.one("with_build_id"),
            ..Options::default()
        }
    }
}
