//! The builder: leases tasks from a server, makes source packages and packages in clean buildroots, and
//! brings the results back.
//!
//! What it is not: it knows no projects, no signatures and no published repositories. It trusts the
//! server for what to do and nobody for how it is done: every command on foreign input runs in a
//! [`copr_sandbox`] sandbox, downloads and package installation included.
//!
//! One [`Builder`] does several tasks at a time. Base trees and sets of dependencies are kept warm in the
//! data directory, under keys of the exact packages in them; a build's own changes lie in an overlay that
//! is thrown away.
//!
//! ```no_run
//! use copr_builder::{Builder, CancellationToken, Config, Token};
//!
//! fn main() -> Result<(), copr_builder::Error> {
//!     copr_builder::main_if_child();
//!     let runtime = tokio::runtime::Runtime::new().expect("a runtime");
//!     let server = "http://127.0.0.1:8000".parse().expect("an address");
//!     let config = Config::new(server, Token::new("secret"), "/var/lib/coprd/builder");
//!     for finding in copr_builder::check(&config) {
//!         eprintln!("{finding}");
//!     }
//!     runtime.block_on(async {
//!         Builder::new(config).await?.run(CancellationToken::new()).await;
//!         Ok(())
//!     })
//! }
//! ```

mod builder;
mod buildroot;
mod check;
mod client;
mod config;
mod end;
mod error;
mod fetch;
mod gate;
mod header;
mod held;
mod live_log;
mod macros;
mod marks;
mod mock;
mod package;
mod place;
mod source;
mod summary;
mod tools;
mod transcript;
mod work;
mod workshop;

pub use builder::Builder;
pub use check::{Finding, Verdict, check};
pub use config::{Config, Downloads, Engine, PrivateNetworks, Token, memory_mib};
pub use error::Error;
pub use tokio_util::sync::CancellationToken;

/// Runs a stage of a sandbox or one of the builder's own helpers there, and never returns, when this process was started as one;
/// else returns at once. Call it first in `main`, before any thread exists.
pub fn main_if_child() {
    copr_sandbox::main_if_child();
    fetch::main_if_child();
    gate::main_if_child();
}
