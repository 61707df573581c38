//! Lists, aligned for people or as JSON for programs.

use serde_json::{Map, Value};
use std::io::Write;

/// A list with named columns.
#[derive(Debug)]
pub struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// An empty list.
    pub fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row with a value for each column.
    pub fn row<const N: usize>(&mut self, values: [Value; N]) {
        debug_assert_eq!(N, self.columns.len());
        self.rows.push(values.into());
    }

    /// Prints the list.
    pub fn print(&self, json: bool) -> anyhow::Result<()> {
        let text = if json { self.json()? } else { self.text() };
        Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
    }

    fn json(&self) -> anyhow::Result<String> {
        let object = |row: &Vec<Value>| {
            let pairs = self.columns.iter().map(|name| name.replace(' ', "_")).zip(row.iter().cloned());
            Value::Object(pairs.collect::<Map<_, _>>())
        };
        let rows: Vec<Value> = self.rows.iter().map(object).collect();
        Ok(serde_json::to_string_pretty(&rows)? + "\n")
    }

    fn text(&self) -> String {
        let mut lines = vec![self.columns.iter().map(|name| name.to_uppercase()).collect::<Vec<_>>()];
        lines.extend(self.rows.iter().map(|row| row.iter().map(cell).collect()));
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut text = String::new();
        for line in &lines {
            let padded: Vec<String> =
                line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
            text.push_str(padded.join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["name", "admin"]);
        table.row(["ada".into(), true.into()]);
        table.row(["charlotte".into(), false.into()]);
        assert_eq!(table.text(), "NAME       ADMIN\nada        yes\ncharlotte  no\n");
        let json: Value = serde_json::from_str(&table.json().unwrap()).unwrap();
        assert_eq!(json[1]["admin"], false);
    }
}
