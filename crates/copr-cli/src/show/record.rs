//! Lists of things with members, in the formats of `--output-format`.

use serde_json::{Map, Value};
use std::cell::RefCell;
use std::io::{self, BufWriter, Stdout, Write};

use super::{Table, json, python};
use crate::cli::Format;
use crate::terminal::Terminal;

/// A thing with its members, in the order in which texts have them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    members: Vec<(String, Value)>,
}

impl Record {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a member.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.push((name.to_owned(), value.into()));
        self
    }

    /// With its members in the order of their names.
    pub fn sorted(mut self) -> Self {
        self.members.sort_by(|(one, _), (other, _)| one.cmp(other));
        self
    }

    fn json(&self) -> Value {
        Value::Object(self.members.iter().cloned().collect::<Map<_, _>>())
    }

    fn cells(&self) -> impl Iterator<Item = String> {
        self.members.iter().map(|(_, value)| cell(value))
    }

    fn texts(&self) -> impl Iterator<Item = (&str, String)> {
        self.members.iter().map(|(name, value)| {
            let text = match value {
                Value::Array(items) => format!("[{}]", python::joined(items.iter().map(python::thing))),
                other => python::str(other),
            };
            (name.as_str(), text)
        })
    }
}

/// A value in a table.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Array(items) => python::joined(items.iter().map(cell)),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How a list looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As copr-cli prints it.
    Of(Format),
    /// One JSON value, also when it is of nothing.
    Json,
    /// A table, once all of it is known.
    Table,
}

/// A list that is printed a record at a time.
#[derive(Debug)]
pub struct Records<'s> {
    out: &'s RefCell<BufWriter<Stdout>>,
    form: Form,
    terminal: Terminal,
    begun: bool,
    table: Table,
}

impl<'s> Records<'s> {
    pub(super) fn new(out: &'s RefCell<BufWriter<Stdout>>, form: Form, terminal: Terminal) -> Self {
        Self { out, form, terminal, begun: false, table: Table::default() }
    }

    /// Whether they become a table, which has no room for everything.
    pub fn is_table(&self) -> bool {
        self.form == Form::Table
    }

    /// Whether nobody has said how they are to look, and they look as copr-cli's.
    pub fn is_of(&self, format: Format) -> bool {
        self.form == Form::Of(format)
    }

    /// One more.
    pub fn add(&mut self, record: &Record) -> io::Result<()> {
        let first = !std::mem::replace(&mut self.begun, true);
        let mut out = self.out.borrow_mut();
        match self.form {
            Form::Table => {
                if first {
                    self.table = Table::new(record.members.iter().map(|(name, _)| name.as_str()));
                }
                self.table.add(record.cells());
                Ok(())
            }
            Form::Json | Form::Of(Format::Json) => {
                writeln!(out, "{}", if first { "[" } else { "    ," })?;
                json::text(&record.json())?.lines().try_for_each(|line| writeln!(out, "    {line}"))
            }
            Form::Of(format) => {
                if format == Format::Text && !first {
                    writeln!(out)?;
                }
                written(&mut *out, record, format)
            }
        }
    }

    /// That was all. A list of nothing is not printed at all, unless it is to be a JSON value.
    pub fn end(self) -> io::Result<()> {
        let mut out = self.out.borrow_mut();
        match self.form {
            Form::Table if self.begun => super::lines(&mut *out, &self.table, self.terminal),
            Form::Json if !self.begun => writeln!(out, "[]"),
            Form::Json | Form::Of(Format::Json) if self.begun => writeln!(out, "]"),
            _ => Ok(()),
        }
    }

    /// One that is alone, not in a list.
    pub fn only(self, record: &Record) -> io::Result<()> {
        let mut out = self.out.borrow_mut();
        let format = match self.form {
            Form::Of(format) => format,
            Form::Json => Format::Json,
            Form::Table => {
                let mut table = Table::new(["name", "value"]);
                record
                    .members
                    .iter()
                    .zip(record.cells())
                    .for_each(|((name, _), cell)| table.add([name.as_str(), &cell]));
                // Nothing of a single thing is cut off.
                return table
                    .lines(None, self.terminal.colours_out)
                    .iter()
                    .try_for_each(|line| writeln!(out, "{line}"));
            }
        };
        written(&mut *out, record, format)
    }
}

fn written(out: &mut dyn Write, record: &Record, format: Format) -> io::Result<()> {
    match format {
        Format::Json => writeln!(out, "{}", json::text(&record.json())?),
        Format::Text => record.texts().try_for_each(|(name, text)| writeln!(out, "{name}: {text}")),
        Format::TextRow => {
            let texts: Vec<String> = record.texts().map(|(_, text)| text).collect();
            writeln!(out, "{}", texts.join("\t"))
        }
    }
}
