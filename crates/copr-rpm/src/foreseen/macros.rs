//! The few macros of spec files that one can know without the distribution.

use std::cell::Cell;
use std::collections::HashMap;

use crate::evr;

/// Where distributions put things.
const DIRECTORIES: [(&str, &str); 13] = [
    ("_prefix", "/usr"),
    ("_bindir", "/usr/bin"),
    ("_sbindir", "/usr/sbin"),
    ("_libdir", "/usr/lib64"),
    ("_libexecdir", "/usr/libexec"),
    ("_datadir", "/usr/share"),
    ("_includedir", "/usr/include"),
    ("_sysconfdir", "/etc"),
    ("_mandir", "/usr/share/man"),
    ("_unitdir", "/usr/lib/systemd/system"),
    ("_rpmconfigdir", "/usr/lib/rpm"),
    ("_rpmmacrodir", "/usr/lib/rpm/macros.d"),
    ("_fileattrsdir", "/usr/lib/rpm/fileattrs"),
];

/// Macros inside of macros: rpm takes 16 levels.
const DEEPEST: usize = 16;
const LONGEST: usize = 64 << 10;
/// Expansions of one spec file: enough for every honest one, and soon over for one that grows without end.
const EXPANSIONS: u32 = 200_000;

/// What macros stand for.
pub(super) struct Macros {
    values: HashMap<String, String>,
    left: Cell<u32>,
}

impl Macros {
    /// What can be known of a source package before its spec file is read.
    pub(super) fn of_package(name: &str, evr: &str) -> Self {
        let (epoch, version, release) = evr::split(evr);
        let mut values: HashMap<String, String> =
            DIRECTORIES.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
        for (tag, value) in [("name", name), ("version", version), ("release", release)] {
            values.insert(tag.to_owned(), value.to_owned());
        }
        if let Some(epoch) = epoch {
            values.insert("epoch".to_owned(), epoch.to_string());
        }
        Self { values, left: Cell::new(EXPANSIONS) }
    }

    pub(super) fn define(&mut self, name: &str, value: String) {
        self.values.insert(name.to_owned(), value);
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// The text with its macros replaced; none when one of them is not known.
    pub(super) fn expanded(&self, text: &str) -> Option<String> {
        self.expand(text, 0)
    }

    fn expand(&self, text: &str, depth: usize) -> Option<String> {
        self.left.set(self.left.get().checked_sub(1)?);
        if depth > DEEPEST {
            return None;
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                out.push('%');
                rest = after;
            } else if let Some(inside) = rest.strip_prefix('{') {
                let end = closing(inside)?;
                out.push_str(&self.braced(&inside[..end], depth)?);
                rest = &inside[end + 1..];
            } else {
                let optional = rest.strip_prefix('?');
                let name = optional.unwrap_or(rest);
                let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
                if end == 0 {
                    return None;
                }
                match self.values.get(&name[..end]) {
                    Some(value) => out.push_str(&self.expand(value, depth + 1)?),
                    None if optional.is_some() => {}
                    None => return None,
                }
                rest = &name[end..];
            }
            if out.len() > LONGEST {
                return None;
            }
        }
        out.push_str(rest);
        Some(out)
    }

    /// What stands in `%{…}`: a name, `?name`, `?name:text`, `!?name:text`.
    fn braced(&self, inside: &str, depth: usize) -> Option<String> {
        let signs = inside.find(|c| c != '?' && c != '!').unwrap_or(inside.len());
        let (signs, inside) = inside.split_at(signs);
        let (name, text) = match inside.split_once(':') {
            Some((name, text)) => (name, Some(text)),
            None => (inside, None),
        };
        if !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let value = self.values.get(name);
        if !signs.contains('?') {
            return text.is_none().then(|| self.expand(value?, depth + 1)).flatten();
        }
        let negated = signs.contains('!');
        match (negated, value, text) {
            (false, Some(value), None) => self.expand(value, depth + 1),
            (false, Some(_), Some(text)) | (true, None, Some(text)) => self.expand(text, depth + 1),
            _ => Some(String::new()),
        }
    }
}

/// Where the brace is closed that was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}
