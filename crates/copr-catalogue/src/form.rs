//! The form that catalogue files are written in, as serde sees it.

use crate::error::{Error, Place};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use toml::Spanned;

/// One file and what it says.
pub(crate) struct Document {
    file: String,
    text: String,
    pub form: Form,
}

/// The top level of a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Form {
    /// Named lists of packages; `=name` in a list stands for another list.
    #[serde(default)]
    pub packages: BTreeMap<String, Vec<Spanned<String>>>,
    /// Named lists of repositories.
    #[serde(default)]
    pub repos: BTreeMap<String, Vec<Repo>>,
    #[serde(default, rename = "chroot")]
    pub chroots: Vec<Family>,
}

/// A distribution's release: one chroot per architecture.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Family {
    /// The chroot's name without its architecture.
    pub name: Spanned<String>,
    pub arches: Vec<Spanned<String>>,
    pub package_manager: Option<Spanned<String>>,
    pub releasever: Option<Spanned<String>>,
    #[serde(default)]
    pub install: Vec<Spanned<String>>,
    #[serde(default)]
    pub modules: Vec<Spanned<String>>,
    #[serde(default)]
    pub repos: Vec<Spanned<RepoItem>>,
    #[serde(default)]
    pub macros: BTreeMap<String, Spanned<String>>,
    /// Macros of single architectures, on top of `macros`.
    #[serde(default)]
    pub arch_macros: BTreeMap<Spanned<String>, BTreeMap<String, Spanned<String>>>,
    pub platform_id: Option<Spanned<String>>,
    pub image: Option<Spanned<String>>,
    pub rpmdb: Option<Spanned<String>>,
    #[serde(default)]
    pub comment: String,
}

/// A repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repo {
    pub id: Spanned<String>,
    pub baseurl: Option<Spanned<String>>,
    pub metalink: Option<Spanned<String>>,
    pub mirrorlist: Option<Spanned<String>>,
    /// Addresses, or paths below `/usr/share/distribution-gpg-keys/`.
    #[serde(default)]
    pub gpgkey: Keys,
    /// On as soon as there is a key.
    pub gpgcheck: Option<bool>,
    pub priority: Option<i64>,
    #[serde(default)]
    pub options: BTreeMap<String, Spanned<String>>,
}

/// In a chroot's `repos`: the name of a list, or a repository in place.
#[derive(Clone, Debug)]
pub(crate) enum RepoItem {
    List(String),
    Repo(Box<Repo>),
}

/// One key or several.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(pub Vec<String>);

impl Document {
    pub fn read(file: &str, text: &str) -> Result<Self, Error> {
        let form = toml::from_str(text).map_err(|error: toml::de::Error| Error::Syntax {
            place: place(file, text, &error.span().unwrap_or(0..0)),
            message: error.message().to_owned(),
        })?;
        Ok(Self { file: file.to_owned(), text: text.to_owned(), form })
    }

    /// Where a value stands.
    pub fn place<T>(&self, value: &Spanned<T>) -> Place {
        place(&self.file, &self.text, &value.span())
    }
}

fn place(file: &str, text: &str, span: &Range<usize>) -> Place {
    let before = &text.as_bytes()[..span.start.min(text.len())];
    Place { file: file.to_owned(), line: before.iter().filter(|byte| **byte == b'\n').count() + 1 }
}

// Both written by hand, because an untagged enum forgets what was wrong and where.

impl<'de> Deserialize<'de> for RepoItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Item;
        impl<'de> Visitor<'de> for Item {
            type Value = RepoItem;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a list of repositories, or a repository")
            }
            fn visit_str<E>(self, name: &str) -> Result<RepoItem, E> {
                Ok(RepoItem::List(name.to_owned()))
            }
            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<RepoItem, M::Error> {
                Ok(RepoItem::Repo(Box::new(Repo::deserialize(MapAccessDeserializer::new(map))?)))
            }
        }
        deserializer.deserialize_any(Item)
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Keys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key or a list of keys")
            }
            fn visit_str<E>(self, key: &str) -> Result<Keys, E> {
                Ok(Keys(vec![key.to_owned()]))
            }
            fn visit_seq<S: serde::de::SeqAccess<'de>>(self, mut keys: S) -> Result<Keys, S::Error> {
                let mut all = Vec::new();
                while let Some(key) = keys.next_element()? {
                    all.push(key);
                }
                Ok(Keys(all))
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}
