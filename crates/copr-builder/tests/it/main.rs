//! The builder against a server that speaks its protocol, with real builds in the mini distribution.

mod build;
mod disturbed;
mod foreign;
mod limits;
mod server;
mod source;
mod trial;
mod warm;
