//! Test support: what the tests of several crates need from the machine they run on.
//!
//! It finds installed programs and says which package brings a missing one, makes source packages
//! from `packages/`, makes the mini distribution, hands out empty PostgreSQL databases and knows where
//! the Python clients live; it starts a whole service with builders, submits builds and reads the
//! repositories with dnf. It knows nothing of coprd's own crates, and never goes into the service:
//! only `[dev-dependencies]` and `xtask` name it.
//!
//! A broken machine is not something that a test can handle, so the functions at the top panic, with words
//! that say what to do. What drives a service gives errors, because commands of `xtask` report them.
//!
//! ```no_run
//! use copr_testkit::{minidistro, srpm, Suite};
//!
//! let scratch = copr_testkit::temp_dir();
//! let source_package = srpm("hello-noarch", scratch.path());
//! let repository = minidistro(Suite::Bookworm);
//! assert!(source_package.exists() && repository.join("repodata/repomd.xml").exists());
//! ```

pub mod builder;
pub mod copr_cli;
pub mod distribution;
pub mod forge;
pub mod http;
pub mod kerberos;
pub mod project;
pub mod reader;
pub mod root;
pub mod run;
pub mod service;
pub mod signer;
pub mod synthetic;
pub mod terminal;

mod copr;
mod minidistro;
mod packages;
mod place;
mod postgres;
mod python;
mod tools;

pub use copr::copr;
pub use minidistro::{Suite, minidistro};
pub use packages::{names, spec, srpm, tiny_srpm, written_srpm};
pub use place::{cache_dir, checkout, temp_dir};
pub use postgres::{Database, fresh_database, postgres_url};
pub use python::{
    ARCHIVED, ENVIRONMENTS, Environment, GENERATORS, LAST_WITH_V1, LAST_WITH_V2, NEWEST, OF_2016,
    OF_2016_ON_OLD_PYTHON, OF_2020, OF_2024, OLDEST, Proof, Python, SCHEMATHESIS, VIRTUALENV, archives, client,
    interpreter,
};
pub use tools::{TOOLS, Tool, command, find, output, package_of, require, rpm_home};
