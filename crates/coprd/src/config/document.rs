//! The file as a table that variables and flags are laid over.

use super::environment::Setting;
use super::sections::Written;
use super::{ConfigError, Flags, absolute, keys};
use serde::Deserialize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

/// A configuration file, or what is laid over one.
pub(super) struct Document {
    path: PathBuf,
    table: Table,
    /// What the table says.
    pub written: Written,
}

impl Document {
    pub fn empty() -> Self {
        Self { path: PathBuf::new(), table: Table::new(), written: Written::default() }
    }

    /// Reads a file, every key and value of which must be right by itself.
    pub fn open(path: &Path) -> Result<Self, ConfigError> {
        let read = |source| ConfigError::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let file_error = |span: Option<Range<usize>>, message: String| ConfigError::File {
            path: path.to_owned(),
            line: line(&text, &span.unwrap_or(0..0)),
            message,
        };
        let wrong = |error: toml::de::Error| file_error(error.span(), error.message().to_owned());
        let spanned = DeTable::parse(&text).map_err(wrong)?;
        refuse_unknown_keys(path, &text, spanned.get_ref())?;
        toml::from_str::<Written>(&text).map_err(|error| {
            let key = error.span().and_then(|span| key_at(spanned.get_ref(), &span));
            let message = in_words(error.message());
            file_error(error.span(), key.map_or_else(|| message.clone(), |key| format!("`{key}`: {message}")))
        })?;
        let mut table: Table = toml::from_str(&text).map_err(wrong)?;
        if let Some(directory) = path.parent() {
            anchor(&mut table, "data_dir", directory);
            let paths =
                [("builder", "data_dir"), ("gssapi", "keytab"), ("signing", "socket"), ("bucket", "secret_key_file")];
            for (section, key) in paths {
                if let Some(Value::Table(section)) = table.get_mut(section) {
                    anchor(section, key, directory);
                }
            }
        }
        let written = Written::deserialize(table.clone()).map_err(wrong)?;
        Ok(Self { path: path.to_owned(), table, written })
    }

    /// Refuses a file that lies in one data directory and names another.
    pub fn stays_in(&self, data_dir: &Path) -> Result<(), ConfigError> {
        match self.table.get("data_dir").and_then(Value::as_str).map(Path::new) {
            Some(other) if other != data_dir => {
                Err(ConfigError::OtherDataDir { path: self.path.clone(), other: other.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Lays a variable over it. Its text is taken as text, or as a TOML value, or as a list with commas: whichever
    /// the key wants.
    pub fn set_variable(&mut self, variable: &Setting) -> Result<(), ConfigError> {
        let text = &variable.value;
        let list = text.split(',').map(|item| Value::String(item.trim().to_owned())).collect();
        let readings = [Some(Value::String(text.clone())), toml_value(text), Some(Value::Array(list))];
        let mut first_refusal = None;
        for reading in readings.into_iter().flatten() {
            let mut table = self.table.clone();
            set(&mut table, &variable.path, reading);
            match Written::deserialize(table.clone()) {
                Ok(written) => {
                    (self.table, self.written) = (table, written);
                    return Ok(());
                }
                Err(error) => drop(first_refusal.get_or_insert(in_words(error.message()))),
            }
        }
        let message = first_refusal.unwrap_or_default();
        Err(ConfigError::VariableValue { name: variable.name.clone(), message })
    }

    /// Lays the command line over it: nothing comes after that.
    pub fn with_flags(self, flags: &Flags) -> Result<Written, ConfigError> {
        let mut written = self.written;
        if let Some(data_dir) = &flags.data_dir {
            written.data_dir = Some(absolute(data_dir)?);
        }
        if let Some(listen) = flags.listen {
            written.listen = listen;
        }
        if let Some(database) = &flags.database {
            let refused = |rule: &str| ConfigError::Flag { flag: "--database", message: rule.to_owned() };
            written.database = Some(database.parse().map_err(refused)?);
        }
        if flags.no_builder {
            written.builder.enabled = false;
        }
        Ok(written)
    }
}

fn toml_value(text: &str) -> Option<Value> {
    let table: Table = toml::from_str(&format!("value = {text}")).ok()?;
    // Text with a line break could bring more than the one value.
    if table.len() == 1 { table.get("value").cloned() } else { None }
}

fn set(table: &mut Table, path: &[String], value: Value) {
    match path {
        [key] => drop(table.insert(key.clone(), value)),
        [section, rest @ ..] => {
            let section = table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                set(section, rest, value);
            }
        }
        [] => {}
    }
}

/// Makes a relative path in a file relative to the file's directory.
fn anchor(table: &mut Table, key: &str, directory: &Path) {
    if let Some(Value::String(path)) = table.get_mut(key)
        && !path.is_empty()
        && let Some(anchored) = directory.join(path.as_str()).to_str()
    {
        *path = anchored.to_owned();
    }
}

fn refuse_unknown_keys(path: &Path, text: &str, table: &DeTable<'_>) -> Result<(), ConfigError> {
    let sections = keys::sections();
    let unknown = |span: Range<usize>, section: &str, key: &str| {
        let whole = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
        let known = keys::all().into_iter().chain(sections.iter().map(|(section, _)| (*section).to_owned()));
        // The right key in the wrong section is the nearest of all.
        let elsewhere = keys::all().into_iter().find(|other| other.rsplit('.').next() == Some(key));
        ConfigError::Key {
            path: path.to_owned(),
            line: line(text, &span),
            nearest: elsewhere.or_else(|| keys::nearest(&whole, known)),
            key: whole,
        }
    };
    for (key, value) in table {
        let known =
            |section: &str, key: &str| sections.iter().any(|(other, keys)| *other == section && keys.contains(&key));
        if !known("", key.get_ref()) {
            return Err(unknown(key.span(), "", key.get_ref()));
        }
        let names: Vec<_> = match value.get_ref() {
            DeValue::Table(inner) => inner.keys().collect(),
            DeValue::Array(items) => {
                items.iter().filter_map(|item| item.get_ref().as_table()).flat_map(|inner| inner.keys()).collect()
            }
            _ => continue,
        };
        for name in names {
            if !known(key.get_ref(), name.get_ref()) {
                return Err(unknown(name.span(), key.get_ref(), name.get_ref()));
            }
        }
    }
    Ok(())
}

/// The key whose value lies around a place. A section's own place is its heading alone, so its keys are asked first.
fn key_at(table: &DeTable<'_>, place: &Range<usize>) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        if let DeValue::Table(inner) = value.get_ref()
            && let Some(inner) = key_at(inner, place)
        {
            return Some(format!("{}.{inner}", key.get_ref()));
        }
        let around = value.span();
        (around.start <= place.start && place.end <= around.end).then(|| key.get_ref().to_string())
    })
}

/// The parser's message without the names of our types.
fn in_words(message: &str) -> String {
    let number = "a whole number, 0 or more";
    message
        .replace("expected u32", &format!("expected {number}"))
        .replace("expected u64", &format!("expected {number}"))
}

fn line(text: &str, span: &Range<usize>) -> usize {
    text.as_bytes()[..span.start.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}
