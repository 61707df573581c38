//! A new token for the configuration file: its lines are changed, everything else in it stays.

use copr_client::v3::ApiToken;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

const SECTION: &str = "[copr-cli]";
const EXPIRATION: &str = "# expiration date: ";

/// A configuration file that can be changed.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    text: String,
}

impl File {
    /// Reads it, and makes sure that it can be written and has a token to be replaced: the old one is lost as soon as
    /// there is a new one.
    pub fn open(path: PathBuf) -> Result<Self, Failure> {
        let shown = path.display();
        if !path.exists() {
            return Err(Failure::config(&format!("File {shown} not found.  Can't update.")));
        }
        if let Err(error) = fs::OpenOptions::new().append(true).open(&path) {
            return Err(match error.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Failure::config(&format!("File {shown} is not writable.  Can't update."))
                }
                _ => Failure::config(&format!("File {shown}: {error}")),
            });
        }
        let text = fs::read_to_string(&path)?;
        if !["login", "token"].iter().all(|wanted| settings(&text).any(|(name, _)| name == *wanted)) {
            return Err(Failure::config(&format!("Current {shown} doesn't specify login/token.  Can't update.")));
        }
        Ok(Self { path, text })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it with the new token: whole, or not at all.
    pub fn renew(&self, token: &ApiToken) -> io::Result<()> {
        let text = renewed(&self.text, &token.api_login, token.api_token.reveal(), &token.expiration);
        // Where the path is a link, its target is what is replaced.
        let path = fs::canonicalize(&self.path)?;
        let mode = fs::metadata(&path)?.permissions().mode();
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".new-{}", std::process::id()));
        let new = path.with_file_name(name);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        let written = written.and_then(|()| fs::set_permissions(&new, fs::Permissions::from_mode(mode)));
        written.and_then(|()| fs::rename(&new, &path)).inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })
    }
}

/// The settings of the section: name and line.
fn settings(text: &str) -> impl Iterator<Item = (String, usize)> {
    let mut inside = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line == SECTION;
        }
        let name = line.split(['=', ':']).next().filter(|name| inside && *name != line)?;
        Some((name.trim().to_lowercase(), number)).filter(|_| !line.starts_with(['#', ';']))
    })
}

fn renewed(text: &str, login: &str, token: &str, expiration: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut last = 0;
    for (name, number) in settings(text) {
        match name.as_str() {
            "login" => lines[number] = format!("login = {login}"),
            "token" => lines[number] = format!("token = {token}"),
            _ => {}
        }
        last = number;
    }
    let date = format!("{EXPIRATION}{expiration}");
    match lines.iter().position(|line| line.starts_with(EXPIRATION)) {
        Some(place) => lines[place] = date,
        None => lines.insert(last + 1, date),
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_changes() {
        let old = "# mine\n[other]\nlogin = a\n[copr-cli]\nLogin: a\n# b\ntoken=c\ncopr_url = u\n\n[more]\ntoken = d\n";
        let new = "# mine\n[other]\nlogin = a\n[copr-cli]\nlogin = L\n# b\ntoken = T\ncopr_url = u\n\
                   # expiration date: 2030-01-01\n\n[more]\ntoken = d\n";
        assert_eq!(renewed(old, "L", "T", "2030-01-01"), new);
        let again = new.replace("= L", "= M").replace("2030", "2031");
        assert_eq!(renewed(new, "M", "T", "2031-01-01"), again);
    }

    #[test]
    fn a_file_without_a_token_is_refused_before_the_old_one_is_lost() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("copr");
        let error = |path: &Path| File::open(path.to_owned()).unwrap_err().text;
        assert!(error(&path).contains("copr not found.  Can't update."));
        fs::write(&path, "[copr-cli]\ncopr_url = u\n[x]\nlogin = a\ntoken = b\n").unwrap();
        assert!(error(&path).contains("copr doesn't specify login/token.  Can't update."));
    }
}
