//! Options of projects, chroots and builds that are one of a few words.

use crate::word::words;

words! {
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

words! {
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

words! {
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
