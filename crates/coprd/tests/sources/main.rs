//! Sources that builders make, from a forge, a dist-git, an index and scripts on this machine: through copr-cli, built for real, and in
//! the repository in the end.

mod checkouts;
mod generators;
mod imported;
mod pypi;
mod scripts;
mod stage;
mod waiting;
mod webhooks;
