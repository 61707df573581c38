//! What calls come to.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::ops::Deref;

use super::Error;
use super::call::Told;

/// What a call came to. The fields of `T` are its own: `response.status`.
#[derive(Clone, Debug)]
pub struct Response<T> {
    content: T,
    data: Value,
}

/// Nothing but that it was done; see [`Response::message`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Done {}

impl<T> Response<T> {
    /// The JSON as it came.
    pub fn data(&self) -> &Value {
        &self.data
    }

    /// `ok`, where the service says so.
    pub fn output(&self) -> Option<&str> {
        self.data.get("output")?.as_str()
    }

    /// The service's words, where it has some.
    pub fn message(&self) -> Option<&str> {
        self.data.get("message")?.as_str()
    }

    /// What is known, for good.
    pub fn into_content(self) -> T {
        self.content
    }

    /// What it says, made of what it says.
    pub(super) fn of<J: DeserializeOwned>(told: Told, content: impl FnOnce(J) -> T) -> Result<Self, Error> {
        let Told { url, data } = told;
        let json = J::deserialize(&data).map_err(|source| Error::Unexpected { url, source })?;
        Ok(Self { content: content(json), data })
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}
