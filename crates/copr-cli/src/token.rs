//! Tokens in the configuration file: their lines are changed, everything else in it stays.

use copr_client::v3::ApiToken;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
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
        let block = Block {
            login: Some(token.api_login.clone()),
            token: Some(token.api_token.reveal().to_owned()),
            expiration: Some(token.expiration.clone()),
            ..Block::default()
        };
        replaced(&self.path, &with_block(&self.text, &block), None)
    }
}

/// Writes a configuration that nobody else may read, with the directory that it is in.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    replaced(path, text, Some(0o600))
}

/// Puts a new file in the place of a file, if there is one: whole, or not at all.
fn replaced(path: &Path, text: &str, mode: Option<u32>) -> io::Result<()> {
    // Where the path is a link, its target is what is replaced.
    let path = if path.exists() { fs::canonicalize(path)? } else { path.to_owned() };
    let mode = match mode {
        Some(mode) => mode,
        None => fs::metadata(&path)?.permissions().mode(),
    };
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

/// What a service's page `/api/` shows, or a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block {
    pub login: Option<String>,
    pub username: Option<String>,
    pub token: Option<String>,
    pub copr_url: Option<String>,
    /// Without a token, by a ticket.
    pub kerberos: bool,
    /// The day on which the token ends.
    pub expiration: Option<String>,
}

impl Block {
    /// What a text says, be it in the section or without any.
    pub fn of(text: &str) -> Self {
        let text = match text.lines().any(|line| line.trim().starts_with('[')) {
            true => text.to_owned(),
            false => format!("{SECTION}\n{text}"),
        };
        let lines: Vec<&str> = text.lines().collect();
        let value = |wanted: &str| {
            let (_, number) = settings(&text).find(|(name, _)| name == wanted)?;
            let (_, value) = lines.get(number)?.split_once(['=', ':'])?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let is_on = |text: String| matches!(text.to_lowercase().as_str(), "1" | "yes" | "true" | "on");
        let expiration = lines.iter().find_map(|line| line.trim().strip_prefix(EXPIRATION));
        Self {
            login: value("login"),
            username: value("username"),
            token: value("token"),
            copr_url: value("copr_url").map(|url| url.trim_end_matches('/').to_owned()),
            kerberos: value("gssapi").is_some_and(is_on),
            expiration: expiration.map(|date| date.trim().to_owned()),
        }
    }
}

/// A line of such a text for everybody to see.
pub(crate) fn without_secret(line: &str) -> String {
    match line.split_once(['=', ':']) {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("token") && !value.trim().is_empty() => {
            format!("{}= …", &line[..name.len()])
        }
        _ => line.to_owned(),
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

/// The text with these settings in the section; everything else in it stays.
pub(crate) fn with_block(text: &str, block: &Block) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if !lines.iter().any(|line| line.trim() == SECTION) {
        if lines.last().is_some_and(|line| !line.trim().is_empty()) {
            lines.push(String::new());
        }
        lines.push(SECTION.to_owned());
    }
    // Services are named with their scheme; whoever names one without TLS has said so.
    let plain = block.copr_url.as_ref().is_some_and(|url| url.starts_with("http:")).then(|| "False".to_owned());
    let kerberos = block.kerberos.then(|| "True".to_owned());
    let values = [
        ("login", &block.login),
        ("username", &block.username),
        ("token", &block.token),
        ("copr_url", &block.copr_url),
        ("encrypted", &plain),
        ("gssapi", &kerberos),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            set(&mut lines, name, value);
        }
    }
    if block.kerberos {
        // A token would go before the ticket.
        ["login", "token"].iter().for_each(|name| remove(&mut lines, name));
    }
    let date = block.expiration.as_ref().map(|date| format!("{EXPIRATION}{date}"));
    let known = lines.iter().position(|line| line.starts_with(EXPIRATION));
    match (known, date) {
        (Some(place), Some(date)) => lines[place] = date,
        // Of the token that was there before.
        (Some(place), None) if block.token.is_some() || block.kerberos => drop(lines.remove(place)),
        (None, Some(date)) => lines.insert(end(&lines), date),
        _ => {}
    }
    lines.join("\n") + "\n"
}

fn set(lines: &mut Vec<String>, name: &str, value: &str) {
    let line = format!("{name} = {value}");
    let known = settings(&lines.join("\n")).find(|(known, _)| known == name);
    match known {
        Some((_, place)) => lines[place] = line,
        None => lines.insert(end(lines), line),
    }
}

fn remove(lines: &mut Vec<String>, name: &str) {
    let known = settings(&lines.join("\n")).find(|(known, _)| known == name);
    if let Some((_, place)) = known {
        lines.remove(place);
    }
}

/// Behind the last setting of the section, or behind its name.
fn end(lines: &[String]) -> usize {
    let last = settings(&lines.join("\n")).last().map(|(_, place)| place);
    let name = || lines.iter().position(|line| line.trim() == SECTION);
    last.or_else(name).map_or(lines.len(), |place| place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(login: &str, expiration: &str) -> Block {
        Block {
            login: Some(login.to_owned()),
            token: Some("T".to_owned()),
            expiration: Some(expiration.to_owned()),
            ..Block::default()
        }
    }

    #[test]
    fn only_the_token_changes() {
        let old = "# mine\n[other]\nlogin = a\n[copr-cli]\nLogin: a\n# b\ntoken=c\ncopr_url = u\n\n[more]\ntoken = d\n";
        let new = "# mine\n[other]\nlogin = a\n[copr-cli]\nlogin = L\n# b\ntoken = T\ncopr_url = u\n\
                   # expiration date: 2030-01-01\n\n[more]\ntoken = d\n";
        assert_eq!(with_block(old, &token("L", "2030-01-01")), new);
        let again = new.replace("= L", "= M").replace("2030", "2031");
        assert_eq!(with_block(new, &token("M", "2031-01-01")), again);
    }

    #[test]
    fn a_block_goes_into_a_section_of_its_own() {
        let block = Block { copr_url: Some("http://h".to_owned()), ..token("L", "2030-01-01") };
        let section = "[copr-cli]\nlogin = L\ntoken = T\ncopr_url = http://h\nencrypted = False\n\
                       # expiration date: 2030-01-01\n";
        assert_eq!(with_block("", &block), section);
        assert_eq!(with_block("[other]\ntoken = d\n", &block), format!("[other]\ntoken = d\n\n{section}"));
        assert_eq!(Block::of(section), block);
        let without_name = section.strip_prefix("[copr-cli]\n").unwrap();
        assert_eq!(Block::of(without_name), block);
    }

    #[test]
    fn kerberos_takes_the_place_of_a_token() {
        let old = "[copr-cli]\nlogin = L\ntoken = T\ncopr_url = u\n# expiration date: 2030-01-01\n";
        let block = Block { kerberos: true, ..Block::default() };
        assert_eq!(with_block(old, &block), "[copr-cli]\ncopr_url = u\ngssapi = True\n");
    }

    #[test]
    fn only_tokens_are_secrets() {
        assert_eq!(without_secret("token = abc"), "token = …");
        assert_eq!(without_secret("login = abc"), "login = abc");
        assert_eq!(without_secret("# token: abc"), "# token: abc");
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
