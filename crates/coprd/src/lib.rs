//! The service's program: its command line, its configuration, and the roles it plays.
//!
//! `coprd serve` is the whole service in one process, `coprd builder` a builder for a server elsewhere, `coprd signer` has the
//! keys where the service is not to, `coprd admin` are the administrator's commands, `coprd check-config` shows what a configuration means. The rules of the service are
//! not here but in `copr-app`; this crate reads what it is told, puts the parts together and ends them.
//!
//! ```
//! use coprd::config::{Config, Flags, Surroundings};
//!
//! let flags = Flags { data_dir: Some("/srv/copr".into()), ..Flags::default() };
//! let config = Config::load(&flags, &Surroundings { processors: 4, hostname: "b1".into(), ..Surroundings::default() })?;
//! assert_eq!(config.database.expose(), "sqlite:///srv/copr/coprd.sqlite");
//! assert_eq!(config.builder.workers, 2);
//! # Ok::<(), coprd::config::ConfigError>(())
//! ```

pub mod admin;
pub mod app;
pub mod builder;
pub mod check_config;
pub mod cli;
pub mod config;
#[cfg(debug_assertions)]
pub mod faults;
pub mod first_run;
pub mod kerberos;
pub mod log;
pub mod running;
pub mod serve;
pub mod signer;
