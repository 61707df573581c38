//! Words about web hooks: who calls, and what comes of a call.

use crate::word::words;

words! {
    /// Who speaks at a door for web hooks.
    Forge {
        /// GitHub.
        Github = "github",
        /// GitLab, and whoever sends what it sends.
        Gitlab = "gitlab",
        /// Bitbucket.
        Bitbucket = "bitbucket",
        /// Forgejo and Gitea.
        Forgejo = "forgejo",
        /// Anybody: what is sent is for the package's own script.
        Custom = "custom",
    }
}

words! {
    /// What came of a call.
    HookOutcome {
        /// Builds.
        Built = "built",
        /// It was understood, and nothing was to be built.
        Nothing = "nothing",
        /// It was delivered before, and is answered by the builds of then.
        Again = "again",
        /// It knew the address and was wrong otherwise.
        Refused = "refused",
    }
}
