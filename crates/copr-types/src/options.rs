//! Options of projects, chroots and builds that are one of a few words.

use serde::{Deserialize, Serialize};

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            /// The word in the database and on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Reads the word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::UnknownWord;
            fn try_from(word: String) -> Result<Self, crate::UnknownWord> {
                Self::from_word(&word).ok_or(crate::UnknownWord(word))
            }
        }
    };
}

choices! {
    /// How mock prepares the chroot's own package manager (a project's setting).
    Bootstrap {
        /// What the chroot's configuration says.
        Default = "default",
        /// From packages.
        On = "on",
        /// Not at all.
        Off = "off",
        /// From a container image.
        Image = "image",
    }
}

choices! {
    /// The same as a setting of one chroot or one build, where it may be left to the level above.
    ChrootBootstrap {
        /// As the level above says.
        Unchanged = "unchanged",
        /// What the chroot's configuration says.
        Default = "default",
        /// From packages.
        On = "on",
        /// Not at all.
        Off = "off",
        /// From the chroot's container image.
        Image = "image",
        /// From an image that the user names.
        CustomImage = "custom_image",
    }
}

choices! {
    /// How mock enters the chroot.
    Isolation {
        /// As the level above says.
        Unchanged = "unchanged",
        /// What the engine prefers.
        Default = "default",
        /// A plain chroot.
        Simple = "simple",
        /// systemd-nspawn.
        Nspawn = "nspawn",
    }
}
