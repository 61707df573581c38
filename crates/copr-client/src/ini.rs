//! The form of the configuration file, as Python's `configparser` reads it: one section of it.

/// The settings of a section, each with its line.
#[derive(Debug)]
pub(crate) struct Section<'t> {
    /// Where it begins, from 1.
    pub line: usize,
    settings: Vec<(usize, String, &'t str)>,
}

/// A line and what is wrong with it.
pub(crate) type Problem = (usize, String);

/// Reads one section of a text; others are skipped.
///
/// Lines that begin with `#` or `;` say nothing; names are in any case; `=` or `:` stands between name and value.
pub(crate) fn section<'t>(text: &'t str, wanted: &str) -> Result<Option<Section<'t>>, Problem> {
    let mut found = None::<Section<'t>>;
    let mut inside = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let name =
                name.strip_suffix(']').ok_or_else(|| (number, format!("`{line}` is not of the form `[name]`")))?;
            inside = name == wanted;
            if inside && found.is_some() {
                return Err((number, format!("the section [{wanted}] is here a second time")));
            }
            if inside {
                found = Some(Section { line: number, settings: Vec::new() });
            }
        } else if inside && let Some(section) = &mut found {
            section.take(number, line)?;
        }
    }
    Ok(found)
}

impl<'t> Section<'t> {
    fn take(&mut self, number: usize, line: &'t str) -> Result<(), Problem> {
        let Some((name, value)) = line.split_once(['=', ':']) else {
            return Err((number, format!("`{line}` is not of the form `name = value`")));
        };
        let name = name.trim().to_lowercase();
        if self.settings.iter().any(|(_, earlier, _)| *earlier == name) {
            return Err((number, format!("`{name}` is here a second time")));
        }
        self.settings.push((number, name, value.trim()));
        Ok(())
    }

    /// A setting and its line. One without a value is none.
    pub fn get(&self, name: &str) -> Option<(usize, &'t str)> {
        let found = self.settings.iter().find(|(_, setting, value)| setting == name && !value.is_empty());
        found.map(|(line, _, value)| (*line, *value))
    }

    /// A setting that is a yes or a no.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, Problem> {
        let Some((line, value)) = self.get(name) else { return Ok(None) };
        match value.to_lowercase().as_str() {
            "1" | "yes" | "true" | "on" => Ok(Some(true)),
            "0" | "no" | "false" | "off" => Ok(Some(false)),
            _ => Err((line, format!("`{name}` is `{value}`, neither `True` nor `False`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_section_is_read_and_no_other() {
        let text = "[a]\nx = 1\nno setting\n[b]\n; words\nX: 2 = 3\ny =\n[c]\nx = 4\n";
        let found = section(text, "b").unwrap().unwrap();
        assert_eq!(found.line, 4);
        assert_eq!(found.get("x"), Some((6, "2 = 3")));
        assert_eq!(found.get("y"), None);
        assert!(section(text, "d").unwrap().is_none());
    }

    #[test]
    fn what_is_said_twice_is_an_error() {
        assert_eq!(section("[a]\nx=1\nX=2\n", "a").unwrap_err(), (3, "`x` is here a second time".to_owned()));
        assert_eq!(section("[a]\n[a]\n", "a").unwrap_err().0, 2);
    }

    #[test]
    fn yes_and_no_have_several_words() {
        let found = section("[a]\nx = off\ny = YES\nz = maybe\n", "a").unwrap().unwrap();
        assert_eq!(found.boolean("x"), Ok(Some(false)));
        assert_eq!(found.boolean("y"), Ok(Some(true)));
        assert_eq!(found.boolean("z").unwrap_err().0, 4);
        assert_eq!(found.boolean("w"), Ok(None));
    }
}
