//! The builder against a server that speaks its protocol, with real builds in the mini distribution.

mod build;
mod checkouts;
mod disturbed;
mod foreign;
mod hostile;
mod limits;
mod mock;
mod scripts;
mod server;
mod source;
mod stopping;
mod trial;
mod warm;
