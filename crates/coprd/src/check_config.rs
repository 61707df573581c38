//! `coprd check-config`: what a configuration means, without starting anything.

use crate::config::Config;
use std::io::{self, Write};

/// Writes the configuration as TOML to `out`, with secrets hidden; where it came from and what is
/// questionable about it to `talk`.
pub fn show(config: &Config, out: &mut impl Write, talk: &mut impl Write) -> io::Result<()> {
    match config.file() {
        Some(file) => writeln!(talk, "read: {}", file.display())?,
        None => writeln!(talk, "read: no file, defaults alone")?,
    }
    for variable in config.variables() {
        writeln!(talk, "environment: {variable}")?;
    }
    for warning in config.warnings() {
        writeln!(talk, "warning: {warning}")?;
    }
    out.write_all(text(config).as_bytes())
}

fn text(config: &Config) -> String {
    toml::to_string(config).expect("the configuration is tables, texts, numbers and lists")
}
