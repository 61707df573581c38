//! A thing that the service knows, with what leads from it to others.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use super::{Client, Error};

/// Role to path, such as `self` to `/api_2/builds/7`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<String, Href>")]
pub struct Links(BTreeMap<String, String>);

#[derive(Deserialize)]
struct Href {
    href: String,
}

impl From<BTreeMap<String, Href>> for Links {
    fn from(links: BTreeMap<String, Href>) -> Self {
        Self(links.into_iter().map(|(role, link)| (role, link.href)).collect())
    }
}

impl Links {
    /// The path for a role.
    pub fn get(&self, role: &str) -> Option<&str> {
        self.0.get(role).map(String::as_str)
    }

    /// All roles and their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(role, href)| (role.as_str(), href.as_str()))
    }
}

/// The data of a resource, and under which names they come.
pub trait Entity: DeserializeOwned {
    /// In an answer that is about one.
    const ONE: &'static str;
    /// Other names for the same, which services have used.
    const ALSO: &'static [&'static str] = &[];
    /// In an answer that has a list of them.
    const MANY: &'static str;
}

/// What a service says about one thing. The fields of its entity are its own: `build.state`.
#[derive(Clone, Debug)]
pub struct Resource<E> {
    entity: E,
    links: Links,
    pub(super) client: Client,
}

impl<E> Resource<E> {
    /// The data alone.
    pub fn entity(&self) -> &E {
        &self.entity
    }

    /// The data alone, for good.
    pub fn into_entity(self) -> E {
        self.entity
    }

    /// What leads to others.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// The client that it came from.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl<E> Deref for Resource<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.entity
    }
}

impl<E> DerefMut for Resource<E> {
    fn deref_mut(&mut self) -> &mut E {
        &mut self.entity
    }
}

impl<E: std::fmt::Display> std::fmt::Display for Resource<E> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.entity.fmt(out)
    }
}

impl<E: Entity> Resource<E> {
    /// What an answer about one thing says.
    pub(super) fn of(client: &Client, url: &str, mut answer: Map<String, Value>) -> Result<Self, Error> {
        let unexpected = |source| Error::Unexpected { url: url.to_owned(), source };
        let names = [E::ONE].into_iter().chain(E::ALSO.iter().copied());
        let found = names.into_iter().find_map(|name| answer.remove(name));
        let entity =
            found.ok_or_else(|| unexpected(serde_json::Error::custom(format!("missing field `{}`", E::ONE))))?;
        let entity = serde_json::from_value(entity).map_err(unexpected)?;
        let links = answer.remove("_links").unwrap_or_else(|| Value::Object(Map::new()));
        let links = serde_json::from_value(links).map_err(unexpected)?;
        Ok(Self { entity, links, client: client.clone() })
    }

    /// Those of a list that is a member of an answer.
    pub(super) fn several(client: &Client, url: &str, list: Option<Value>) -> Result<Vec<Self>, Error> {
        let missing = || serde_json::Error::custom(format!("missing field `{}`", E::MANY));
        let unexpected = |source| Error::Unexpected { url: url.to_owned(), source };
        let list = list.ok_or_else(|| unexpected(missing()))?;
        let items: Vec<Map<String, Value>> = serde_json::from_value(list).map_err(unexpected)?;
        items.into_iter().map(|item| Self::of(client, url, item)).collect()
    }
}
