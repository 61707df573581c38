//! Stories about sandboxes. As root, one more test tells them all again without any privilege.

mod ending;
mod isolation;
mod limits;
mod place;
mod taking;
mod trees;
mod unprivileged;
mod weak;
