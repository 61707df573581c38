//! Lists of things with members, in the formats of `--output-format`.

use serde_json::{Map, Value};
use std::cell::RefCell;
use std::io::{self, BufWriter, Stdout, Write};

use super::{json, python};
use crate::cli::Format;

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

/// A list that is printed a record at a time.
#[derive(Debug)]
pub struct Records<'s> {
    out: &'s RefCell<BufWriter<Stdout>>,
    format: Format,
    begun: bool,
}

impl<'s> Records<'s> {
    pub(super) fn new(out: &'s RefCell<BufWriter<Stdout>>, format: Format) -> Self {
        Self { out, format, begun: false }
    }

    /// One more.
    pub fn add(&mut self, record: &Record) -> io::Result<()> {
        let first = !std::mem::replace(&mut self.begun, true);
        let mut out = self.out.borrow_mut();
        match self.format {
            Format::Json => {
                writeln!(out, "{}", if first { "[" } else { "    ," })?;
                json::text(&record.json())?.lines().try_for_each(|line| writeln!(out, "    {line}"))
            }
            Format::Text => {
                if !first {
                    writeln!(out)?;
                }
                written(&mut *out, record, self.format)
            }
            Format::TextRow => written(&mut *out, record, self.format),
        }
    }

    /// That was all. A list of nothing is not printed at all.
    pub fn end(self) -> io::Result<()> {
        match self.format {
            Format::Json if self.begun => writeln!(self.out.borrow_mut(), "]"),
            _ => Ok(()),
        }
    }

    /// One that is alone, not in a list.
    pub fn only(self, record: &Record) -> io::Result<()> {
        written(&mut *self.out.borrow_mut(), record, self.format)
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
