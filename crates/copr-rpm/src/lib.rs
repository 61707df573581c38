//! What is read from, and written about, RPM files.
//!
//! - [`header`]: a package's facts; [`architecture`]: may it be built for a chroot?
//! - [`srpm`]: the spec file, and all other files, inside a source package; [`foreseen`]: what it says that will be built
//! - [`need`]: what a package needs, rich dependencies included, and whether another one provides it
//! - [`evr`]: the order of versions
//! - [`integrity`]: whether a package's bytes are those that its headers name
//! - [`signature`]: the bytes to sign, and putting a signature into a package
//! - [`repodata`]: repository metadata, made and read back
//!
//! Packages come from strangers. Every reader here works within limits and answers damaged or hostile
//! files with an [`Error`] that says what is wrong; none panics, and no path comes out of a package
//! unchecked.
//!
//! Not here: keys (`copr-sign`), where files lie (`copr-store`), the network, the database. All
//! functions block; call them off the runtime's threads.
//!
//! ```no_run
//! use std::path::Path;
//! use copr_rpm::{architecture, header, srpm};
//!
//! let path = Path::new("hello-2.12-1.src.rpm");
//! let package = header::read_package(path)?;
//! let spec = srpm::read_spec(path, &srpm::Limits::default())?;
//! println!("{} with {}", package.nevra, spec.name);
//! match architecture::decide(&package.architectures, "aarch64") {
//!     architecture::Decision::Build => println!("build it"),
//!     architecture::Decision::Skip { reason } => println!("{reason}"),
//! }
//! # Ok::<(), copr_rpm::Error>(())
//! ```

pub mod architecture;
mod error;
pub mod evr;
pub mod foreseen;
pub mod header;
mod index;
pub mod integrity;
pub mod need;
mod nevra;
mod openpgp;
mod payload;
pub mod repodata;
pub mod signature;
pub mod srpm;
mod tags;

pub use error::Error;
pub use header::{Dependency, Package};
pub use nevra::Nevra;
pub use openpgp::SignatureFacts;
