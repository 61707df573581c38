//! Runs one command in a root tree, with namespaces and limits: the only place of the project that
//! starts foreign code.
//!
//! What it is not: a container engine. There are no images, no daemons, no networks; a command
//! starts, ends, and leaves nothing behind but the files it was allowed to write.
//!
//! Three processes make a sandbox. The *host* is the program that calls [`Sandbox::run`]. It
//! re-executes itself as the *outer* stage, which holds the limits and watches. That one re-executes
//! itself as the *inner* stage, process 1 of the new pid namespace, which makes the root and starts
//! the command. When host, outer or inner die, whatever the reason, the kernel ends all below.
//! Therefore [`main_if_child`] has to be the first call in `main`, before any thread exists.
//!
//! ```no_run
//! use copr_sandbox::{Command, Config, Limits, Root, Sandbox, User};
//!
//! fn main() -> Result<(), copr_sandbox::Error> {
//!     copr_sandbox::main_if_child();
//!     let runtime = tokio::runtime::Runtime::new().expect("a runtime");
//!     let sandbox = Sandbox::new(Config::default())?;
//!     println!("{}", sandbox.capabilities());
//!     let command = Command::new(Root::Tree("/srv/root".into()), "/usr/bin/rpmbuild")
//!         .args(["--version"])
//!         .user(User::Build)
//!         .limits(Limits { processes: Some(64), ..Limits::default() })
//!         .on_output(|bytes| print!("{}", String::from_utf8_lossy(bytes)));
//!     let ended = runtime.block_on(sandbox.run(command))?;
//!     assert!(ended.success());
//!     Ok(())
//! }
//! ```

#![expect(clippy::disallowed_methods, reason = "this is the crate that starts programs")]

mod capabilities;
mod cgroup;
mod command;
mod config;
mod ended;
mod error;
mod host;
mod out;
mod remove;
mod run;
mod stage;
mod take;

pub use capabilities::{Capabilities, Isolation, UserMap};
pub use cgroup::{Limiter, sweep};
pub use command::{Bind, Command, Limits, Network, Root, User};
pub use config::{Config, IdRange, WeakIsolation};
pub use ended::{Ended, Exit, Limit, Usage};
pub use error::Error;
pub use out::{Entry, EntryKind};
pub use run::Sandbox;
pub use stage::main_if_child;
pub use tokio_util::sync::CancellationToken;
