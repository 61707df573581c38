//! What is printed, and in which form. Commands hand over values; how they look is said here alone.

mod build;
mod chain;
mod json;
mod mock;
mod project;
mod python;
mod record;
mod repo;
mod result;
mod table;

pub use build::{Builds, Stated, Submitted, Watched};
pub use chain::{Dependents, Plan};
pub use mock::MockProfile;
pub use project::{Forked, Listed, Named, Names, Permissions};
pub use record::{Record, Records};
pub use repo::{Difference, Repositories};
pub use result::{Downloaded, DownloadedFile, Log, LostFile};
pub use table::Table;

use serde::Serialize;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Stdout, Write};

use crate::cli::{Format, Output};
use crate::terminal::{Terminal, columns};
use record::Form;

/// Something that can be printed: as text here, as JSON by what [`Serialize`] makes of it.
pub trait Show: Serialize {
    /// The text of copr-cli.
    fn text(&self, out: &mut dyn Write) -> io::Result<()>;

    /// The same for eyes: with colours.
    fn coloured(&self, out: &mut dyn Write) -> io::Result<()> {
        self.text(out)
    }

    /// The same as a table, for what is a list.
    fn table(&self) -> Option<Table> {
        None
    }
}

/// Where things are printed, and how: data to the standard output, talk to the standard error.
#[derive(Debug)]
pub struct Screen {
    /// What is known of both.
    pub terminal: Terminal,
    /// Whether somebody wants to know what can be done about errors.
    pub hints: bool,
    /// Whether somebody has asked for one of copr-cli's formats.
    is_format_asked: bool,
    output: Output,
    out: RefCell<BufWriter<Stdout>>,
}

impl Screen {
    /// In the form that somebody has asked for; else tables for people, and the texts of copr-cli for everybody else.
    pub fn new(terminal: Terminal, output: Option<Output>, hints: bool, is_format_asked: bool) -> Self {
        let output = output.unwrap_or(if terminal.out { Output::Table } else { Output::Plain });
        Self {
            terminal,
            hints: hints || terminal.err,
            is_format_asked,
            output,
            out: RefCell::new(BufWriter::new(io::stdout())),
        }
    }

    /// Whether all that is printed is one JSON value.
    pub fn is_json(&self) -> bool {
        self.output == Output::Json
    }

    /// Whether somebody looks on who wants more than lines.
    pub fn is_live(&self) -> bool {
        self.terminal.out && self.terminal.redraws && self.output == Output::Table
    }

    /// Prints a value.
    pub fn show(&self, value: &impl Show) -> io::Result<()> {
        let mut out = self.out.borrow_mut();
        match self.output {
            Output::Json => writeln!(out, "{}", json::text(&serde_json::to_value(value)?)?),
            Output::Table if let Some(table) = value.table() => lines(&mut *out, &table, self.terminal),
            _ if self.terminal.colours_out => value.coloured(&mut *out),
            _ => value.text(&mut *out),
        }
    }

    /// Prints a list, a part at a time, in a format of copr-cli's unless that is only the usual one and another form is
    /// wanted.
    pub fn records(&self, format: Format) -> Records<'_> {
        let form = match self.output {
            Output::Json if !self.is_format_asked => Form::Json,
            Output::Table if !self.is_format_asked => Form::Table,
            _ => Form::Of(format),
        };
        Records::new(&self.out, form, self.terminal)
    }

    /// Prints what goes on while something takes its time. It is seen at once.
    pub fn tell(&self, text: &str) -> io::Result<()> {
        if self.is_json() {
            eprint!("{text}");
            return Ok(());
        }
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

fn lines(out: &mut dyn Write, table: &Table, terminal: Terminal) -> io::Result<()> {
    table.lines(columns(), terminal.colours_out).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// A sentence that says what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The sentence.
    pub message: String,
    /// What it was done to, for programs.
    #[serde(flatten)]
    pub facts: BTreeMap<&'static str, Value>,
}

impl Done {
    /// It is this sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), facts: BTreeMap::new() }
    }

    /// With what it was done to.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.facts.insert(name, value.into());
        self
    }
}

impl Show for Done {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.message)
    }
}
