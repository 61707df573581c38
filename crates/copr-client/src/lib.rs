#![deny(missing_docs)]
//! A client of Copr build services: coprd, and others that speak Copr's API.
//!
//! | module | is |
//! |---|---|
//! | [`v3`] | version 3, which every service speaks: start here |
//! | [`v2`] | version 2: resources that are linked to each other |
//! | [`legacy`] | version 1: one client with a method for everything |
//! | [`manual`] | from python-copr to this crate: every example of its manual, in Rust |
//!
//! What they share is here: the [configuration](Config), [uploads](Upload), the [clock](Clock), and the words of the API.
//! Values are typed, and keep in `rest` what this version of the crate does not know.
//!
//! # Who we are
//!
//! [`Client::from_default_file`](v3::Client::from_default_file) reads `~/.config/copr`, as copr-cli does. The page
//! `/api` of a service shows what belongs into it:
//!
//! ```text
//! [copr-cli]
//! login = abcdef
//! username = alice
//! token = ghijkl
//! copr_url = https://copr.example.org
//! ```
//!
//! # A build from beginning to end
//!
//! ```no_run
//! use copr_client::v3::{BuildOptions, Client, FullName, ProjectOptions, State, Upload, Watch};
//!
//! # async fn example() -> Result<(), copr_client::v3::Error> {
//! let client = Client::from_default_file()?;
//! let project = FullName::new(client.general().username().await?, "hello");
//! client.projects().add_or_get(&project, &ProjectOptions::new().chroots(["fedora-42-x86_64"])).await?;
//!
//! let srpm = Upload::new("hello-1-1.src.rpm").on_progress(|so_far| println!("{}/{}", so_far.sent, so_far.total));
//! let build = client.builds().create_from_file(&project, &srpm, &BuildOptions::new().timeout(3600)).await?;
//!
//! let changed = |build: &copr_client::v3::Build| println!("build {}: {}", build.id, build.state);
//! let ended = client.builds().wait(&[build.id], &Watch::new(), changed).await?;
//! assert!(ended.iter().all(|build| build.state == State::Succeeded));
//! # Ok(())
//! # }
//! ```
//!
//! # Results and logs
//!
//! [`Results`](v3::Results) fetches what a build has made, several files at once: a download that was broken off goes on where
//! it was, and packages are compared with the metadata of their repository.
//! [`follow_log`](v3::BuildChroots::follow_log) is the log of a build while it grows.
//!
//! # Lists
//!
//! A list comes in [pages](v3::Page), whose size is asked for; all items of all pages are one stream:
//!
//! ```no_run
//! use copr_client::v3::{Client, FullName, Paging};
//! use futures::TryStreamExt;
//!
//! # async fn example(client: Client) -> Result<(), copr_client::v3::Error> {
//! let project = FullName::new("@devs", "hello");
//! let page = client.builds().list(&project, None, None, &Paging::limit(100)).await?;
//! let mut builds = std::pin::pin!(page.into_stream());
//! while let Some(build) = builds.try_next().await? {
//!     println!("{} {}", build.id, build.state);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! [`Error`](v3::Error) tells apart what programs may want to do something about, and is printed as a sentence:
//!
//! ```no_run
//! use copr_client::v3::{Client, Error, FullName, Project};
//!
//! # async fn example(client: Client, project: FullName) -> Result<(), Error> {
//! let found: Option<Project> = match client.projects().get(&project).await {
//!     Ok(project) => Some(project),
//!     Err(Error::NoResult { .. }) => None,
//!     Err(error) => return Err(error),
//! };
//! # Ok(())
//! # }
//! ```
//!
//! Calls that only read are tried again when the connection breaks or the service has trouble of its own; those that
//! change something only when the service can't have heard of them. See [`Config::attempts`].
//!
//! # Features
//!
//! `gssapi`: login by Kerberos where there is no token; see [`Config::gssapi`].
//!
//! The client needs tokio's runtime. TLS is rustls with ring, unless the program has installed another provider before.

#[macro_use]
mod macros;

mod call;
mod clock;
mod config;
mod events;
mod fetch;
mod flow;
mod form;
mod ini;
#[cfg_attr(not(feature = "gssapi"), path = "kerberos/absent.rs")]
mod kerberos;
pub mod legacy;
pub mod manual;
mod message;
mod transport;
mod trouble;
mod upload;
pub mod v2;
pub mod v3;
mod words;

pub use clock::{Clock, SystemClock};
pub use config::{Config, ConfigError, Credentials, Secret};
pub use message::Message;
pub use trouble::Trouble;
pub use upload::{Progress, Upload};
pub use words::{Bootstrap, Isolation, SourceType, State, Storage};
