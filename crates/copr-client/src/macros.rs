//! What many types of this crate are made by: words of the API with room for new ones, and sets of options.

/// An enum of the API's words. A word that is not known to it is kept as `Other`, so that a newer service breaks nothing.
macro_rules! words {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[doc = $doc])+ $variant,)+
            /// A word that this version of the client does not know.
            Other(String),
        }

        impl $name {
            /// The word as it is in the API.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                word.as_str().into()
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.pad(self.as_str())
            }
        }
    };
}

/// A struct of options, none of which has to be given: one method for each. What is not given is not sent.
///
/// A field is `text`, a `list` of texts, or a value of some type.
macro_rules! options {
    ($(#[$about:meta])* pub struct $name:ident {
        $($(#[doc = $doc:literal])+ $(#[serde($serde:meta)])? $kind:ident $field:ident $(: $type:ty)?,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
        pub struct $name {
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                $(#[serde($serde)])?
                $field: Option<option_type!($kind $($type)?)>,
            )+
            #[serde(flatten)]
            others: serde_json::Map<String, serde_json::Value>,
        }

        impl $name {
            $(option_setter! { [$($doc)+] $kind $field $($type)? })+

            /// Sets something by the name that it has in the API: for what this version of the client does not know, and
            /// for values that the service is to judge.
            pub fn other(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
                self.others.insert(name.into(), value.into());
                self
            }
        }
    };
}

macro_rules! option_type {
    (text) => { String };
    (list) => { Vec<String> };
    (value $type:ty) => { $type };
}

macro_rules! option_setter {
    ([$($doc:literal)+] text $field:ident) => {
        $(#[doc = $doc])+
        pub fn $field(mut self, text: impl Into<String>) -> Self {
            self.$field = Some(text.into());
            self
        }
    };
    ([$($doc:literal)+] list $field:ident) => {
        $(#[doc = $doc])+
        pub fn $field(mut self, items: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.$field = Some(items.into_iter().map(Into::into).collect());
            self
        }
    };
    ([$($doc:literal)+] value $field:ident $type:ty) => {
        $(#[doc = $doc])+
        pub fn $field(mut self, value: $type) -> Self {
            self.$field = Some(value);
            self
        }
    };
}
