//! What services say about errors.

use serde_json::Value;
use std::fmt;

/// The service's words: one line for each thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    text: String,
    lines: Vec<String>,
}

impl Message {
    /// Services before 2022 had an object here in some places: field to messages.
    pub(crate) fn of(told: &Value) -> Self {
        let lines = match told {
            Value::String(text) => {
                text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned).collect()
            }
            Value::Object(fields) => fields
                .iter()
                .map(|(field, messages)| format!("{field}: {}", Self::of(messages).lines.join(", ")))
                .collect(),
            Value::Array(items) => items.iter().flat_map(|item| Self::of(item).lines).collect(),
            other => vec![other.to_string()],
        };
        let text = match told {
            Value::String(text) => text.clone(),
            _ => lines.join("\n"),
        };
        Self { text, lines }
    }

    /// The whole text as it came, line ends and all; empty when the service gives no reason.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The lines, without their ends.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl fmt::Display for Message {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lines.as_slice() {
            [] => out.write_str("the service gives no reason"),
            [line] => out.write_str(line),
            [first, others @ ..] => {
                write!(out, "- {first}")?;
                others.iter().try_for_each(|line| write!(out, "\n- {line}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn several_lines_are_a_list_for_the_reader() {
        let message = Message::of(&json!("name: This field is required.\nchroots: None given.\n"));
        assert_eq!(message.to_string(), "- name: This field is required.\n- chroots: None given.");
        assert_eq!(message.lines().len(), 2);
    }

    #[test]
    fn objects_of_old_services_are_read_too() {
        let message = Message::of(&json!({"name": ["Required.", "Too short."], "x": "No."}));
        assert_eq!(message.lines(), ["name: Required., Too short.", "x: No."]);
    }
}
