//! Stories about sandboxes. As root, one more test tells them all again without any privilege.

#![expect(clippy::disallowed_methods, reason = "the tests start stages by hand")]

mod ending;
mod escapes;
mod isolation;
mod limits;
mod place;
mod taking;
mod trees;
mod unprivileged;
mod weak;
