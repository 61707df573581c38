//! All SQL of the service, for SQLite and PostgreSQL.
//!
//! A use case opens a [`Conn`] with [`Db::read`] or [`Db::begin`], calls the functions of the modules here (one
//! statement each, named after what it does) and commits. Statements are the same text for both engines; where
//! the engines differ both texts stand side by side. This crate knows no rules: guards in the SQL repeat what
//! `copr_types::state` decided, and callers look at the number of rows that changed.
//!
//! ```no_run
//! # async fn example() -> Result<(), copr_db::Error> {
//! let db = copr_db::Db::open("sqlite:///var/lib/coprd/coprd.sqlite").await?;
//! let mut tx = db.begin().await?;
//! let admin = copr_db::account::by_name(&mut tx, "admin").await?;
//! tx.commit().await?;
//! # let _ = admin; Ok(()) }
//! ```

mod conn;
mod wake;

pub mod account;
pub mod batch;
pub mod build;
pub mod build_chroot;
pub mod builder;
pub mod chain;
pub mod chroot;
pub mod dir;
pub mod doomed;
pub mod event;
pub mod expiry;
pub mod fork;
pub mod group;
pub mod handing;
pub mod listing;
pub mod package;
pub mod page;
pub mod permission;
pub mod project;
pub mod project_chroot;
pub mod queue;
pub mod repo;
pub mod revision;
pub mod search;
pub mod session;
pub mod task;
pub mod webhook;

pub use conn::{Conn, Db, Error, JsonText};
pub use page::Page;
pub use wake::{Topic, Wake};
