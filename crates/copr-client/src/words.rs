//! Words of the API that more than one kind of thing has.

words! {
    /// How far a build, its source or one of its chroots is.
    pub enum State {
        /// The source is built and being taken in.
        Importing = "importing",
        /// In the queue.
        Pending = "pending",
        /// For something else to happen first.
        Waiting = "waiting",
        /// A builder has it.
        Starting = "starting",
        /// A builder works on it.
        Running = "running",
        /// Ended well: its packages can be installed.
        Succeeded = "succeeded",
        /// A copy from another project.
        Forked = "forked",
        /// Not for this chroot.
        Skipped = "skipped",
        /// Ended badly.
        Failed = "failed",
        /// Ended by somebody.
        Canceled = "canceled",
        /// The service does not know either.
        Unknown = "unknown",
    }
}

impl State {
    /// Whether nothing more happens.
    ///
    /// `forked` counts: a copy is never built again, and whoever waited for it would wait for ever.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Forked | Self::Skipped | Self::Failed | Self::Canceled)
    }
}

words! {
    /// Where a source package comes from.
    pub enum SourceType {
        /// From nowhere yet.
        Unset = "unset",
        /// An address.
        Link = "link",
        /// A file that somebody uploaded.
        Upload = "upload",
        /// Git or Subversion.
        Scm = "scm",
        /// The Python Package Index.
        Pypi = "pypi",
        /// RubyGems.
        Rubygems = "rubygems",
        /// A script.
        Custom = "custom",
        /// A distribution's dist-git.
        Distgit = "distgit",
        /// A binary package that somebody uploaded.
        RpmUpload = "rpm_upload",
    }
}

words! {
    /// Whether the buildroot is made with the host's tools or with those of a first, smaller root.
    pub enum Bootstrap {
        /// As the one above says: the project for a chroot, the chroot for a build.
        Unchanged = "unchanged",
        /// As the chroot's own configuration says.
        Default = "default",
        /// With a root of packages.
        On = "on",
        /// With the host's tools.
        Off = "off",
        /// With a container image that the chroot's configuration names.
        Image = "image",
        /// With a container image of one's own (project chroots only).
        CustomImage = "custom_image",
    }
}

words! {
    /// How a build is kept apart from its builder.
    pub enum Isolation {
        /// As the one above says.
        Unchanged = "unchanged",
        /// As the chroot's own configuration says.
        Default = "default",
        /// In a container.
        Nspawn = "nspawn",
        /// By a change of the root directory.
        Simple = "simple",
    }
}

words! {
    /// Where a project's results are kept.
    pub enum Storage {
        /// In the service's own files.
        Backend = "backend",
        /// In Pulp.
        Pulp = "pulp",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_nobody_knows_is_kept() {
        let state: State = serde_json::from_str("\"hibernating\"").unwrap();
        assert_eq!(state, State::Other("hibernating".to_owned()));
        assert_eq!(serde_json::to_string(&state).unwrap(), "\"hibernating\"");
        assert!(!state.is_ended());
    }

    #[test]
    fn a_known_word_is_itself_wherever_it_comes_from() {
        assert_eq!(State::from("failed"), State::Failed);
        assert_eq!(State::from("failed".to_owned()), State::Failed);
        assert_eq!(format!("{:>7}|", State::Failed), " failed|");
    }
}
