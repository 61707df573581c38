//! What is printed, and in which form. Commands hand over values; how they look is said here alone.

mod build;
mod json;
mod mock;
mod project;
mod python;
mod record;

pub use build::{Submitted, Watched};
pub use mock::MockProfile;
pub use project::{Forked, Listed, Named, Permissions};
pub use record::{Record, Records};

use serde::Serialize;
use std::cell::RefCell;
use std::io::{self, BufWriter, Stdout, Write};

/// Something that can be printed: as text here, as JSON by what [`Serialize`] makes of it.
pub trait Show: Serialize {
    /// The text of copr-cli.
    fn text(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// Where things are printed: data to the standard output, talk to the standard error.
#[derive(Debug)]
pub struct Screen {
    out: RefCell<BufWriter<Stdout>>,
}

impl Default for Screen {
    fn default() -> Self {
        Self { out: RefCell::new(BufWriter::new(io::stdout())) }
    }
}

impl Screen {
    /// Prints a value.
    pub fn show(&self, value: &impl Show) -> io::Result<()> {
        value.text(&mut *self.out.borrow_mut())
    }

    /// Prints a list, a part at a time.
    pub fn records(&self, format: crate::cli::Format) -> Records<'_> {
        Records::new(&self.out, format)
    }

    /// Prints what goes on while something takes its time. It is seen at once.
    pub fn tell(&self, text: &str) -> io::Result<()> {
        let mut out = self.out.borrow_mut();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Says something beside the data.
    pub fn warn(&self, text: &str) -> io::Result<()> {
        self.flush()?;
        eprintln!("{text}");
        Ok(())
    }

    /// Makes all of it seen.
    pub fn flush(&self) -> io::Result<()> {
        self.out.borrow_mut().flush()
    }
}

/// A sentence that says what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The sentence.
    pub message: String,
}

impl Done {
    /// It is this sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl Show for Done {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.message)
    }
}
