//! Which keys there are: asked of the structs themselves, so that no list of them can be wrong.

use super::Scheduler;
use super::bucket::WrittenBucket;
use super::gssapi::WrittenGssapi;
use super::sections::{Distgit, Limits, Log, Retention, Tokens, Written, WrittenBuilder, WrittenSigning};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The sections and their keys; the top level has the empty name.
pub(super) fn sections() -> [(&'static str, &'static [&'static str]); 11] {
    [
        ("", keys_of::<Written>()),
        ("log", keys_of::<Log>()),
        ("limits", keys_of::<Limits>()),
        ("builder", keys_of::<WrittenBuilder>()),
        ("signing", keys_of::<WrittenSigning>()),
        ("scheduler", keys_of::<Scheduler>()),
        ("tokens", keys_of::<Tokens>()),
        ("retention", keys_of::<Retention>()),
        ("bucket", keys_of::<WrittenBucket>()),
        ("gssapi", keys_of::<WrittenGssapi>()),
        ("distgit", keys_of::<Distgit>()),
    ]
}

/// Whether a top-level key is a section.
pub(super) fn is_section(key: &str) -> bool {
    sections().iter().any(|(section, _)| *section == key)
}

/// All keys as `section.key`, the sections themselves left out.
pub(super) fn all() -> Vec<String> {
    let join = |section: &str, key: &str| if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
    let keys = sections().into_iter().flat_map(|(section, keys)| keys.iter().map(move |key| join(section, key)));
    keys.filter(|key| !is_section(key)).collect()
}

/// The name that looks most like another, when any does.
pub(super) fn nearest(name: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    let likeness = |other: &str| strsim::jaro_winkler(name, other);
    let (best, other) =
        known.into_iter().map(|other| (likeness(&other), other)).max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best > 0.75).then_some(other)
}

/// The names that a derived `Deserialize` asks for.
fn keys_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut keys: &'static [&'static str] = &[];
    // It always fails: it is not meant to produce a value.
    drop(T::deserialize(Listener { keys: &mut keys }));
    keys
}

struct Listener<'a> {
    keys: &'a mut &'static [&'static str],
}

impl<'de> Deserializer<'de> for Listener<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.keys = fields;
        Err(Self::Error::custom("only listening"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("not a struct"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
