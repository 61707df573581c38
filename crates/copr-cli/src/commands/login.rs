//! A token for the configuration: taken from whoever has it, tried, and only then written.

use copr_client::v3::{Client, Config, Error};
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;

use crate::cli::setup::Login;
use crate::failure::Failure;
use crate::show::{Done, Screen};
use crate::token::{self, Block};
use crate::typed::{Unseen, line};

/// Where a configuration lies that nobody names.
const USUAL: &str = ".config/copr";

pub(super) async fn run(screen: &Screen, path: Option<PathBuf>, login: Login) -> Result<(), Failure> {
    let usual = || Some(std::env::home_dir()?.join(USUAL));
    let path = path.or_else(usual).ok_or_else(|| Failure::config("There is no home to keep a configuration in."))?;
    let old = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text.map_err(|error| Failure::config(&format!("File {}: {error}", path.display())))?,
    };
    let before = Block::of(&old);
    if before.token.is_some() && !login.force && !is_to_be_replaced(&path, &before).await? {
        return Ok(());
    }
    let url = login.url.as_deref().map(address).or_else(|| before.copr_url.clone());
    let block = told(&login, url.as_deref()).await?;
    let url = block.copr_url.clone().or(url).map_or_else(public, Ok)?;
    let name = tried(&url, &block).await?;
    let is_known = block.username.is_some();
    let block = Block { username: block.username.or_else(|| Some(name.clone())), copr_url: Some(url.clone()), ..block };
    if is_known && block.username.as_ref() != Some(&name) {
        let told = block.username.unwrap_or_default();
        return Err(Failure::config(&format!("The token is {name}'s, not {told}'s. Nothing was written.")));
    }
    token::write(&path, &token::with_block(&old, &block))
        .map_err(|error| Failure::config(&format!("File {}: {error}", path.display())))?;
    let text = format!("You are {name} at {url}. The configuration is in {}.", path.display());
    let done = Done::new(text).with("name", name).with("url", url);
    Ok(screen.show(&done.with("config", path.display().to_string()))?)
}

/// Asks whether a token may go that nobody can bring back.
async fn is_to_be_replaced(path: &std::path::Path, before: &Block) -> Result<bool, Failure> {
    let (path, url) = (path.display(), before.copr_url.as_deref().unwrap_or("a service"));
    if !io::stdin().is_terminal() {
        return Err(Failure::config(&format!("{path} has a token for {url} already.\nhint: --force replaces it")));
    }
    eprint!("{path} has a token for {url} already. Replace it [y/N]? ");
    let answer = line().await?.unwrap_or_default();
    Ok(matches!(answer.trim(), "y" | "yes"))
}

/// An address as people write it.
fn address(text: &str) -> String {
    let text = text.trim_end_matches('/');
    let text = text.strip_suffix("/api").unwrap_or(text).trim_end_matches('/');
    if text.contains("://") { text.to_owned() } else { format!("https://{text}") }
}

fn public() -> Result<String, Failure> {
    let public = Config::public().map_err(Error::from)?;
    Ok(public.url().trim_end_matches('/').to_owned())
}

/// What is to be written: from the options, or from the standard input.
async fn told(login: &Login, url: Option<&str>) -> Result<Block, Failure> {
    let block = match (&login.login, &login.token) {
        _ if login.kerberos => Block { kerberos: true, ..Block::default() },
        (Some(name), Some(token)) => {
            Block { login: Some(name.clone()), token: Some(token.clone()), ..Block::default() }
        }
        _ => {
            let place = url.map_or_else(public, |url| Ok(url.to_owned()))?;
            let block = Block::of(&pasted(&place).await?);
            if block.login.is_none() || block.token.is_none() {
                return Err(Failure::config(&format!(
                    "What was read has no `login` and `token`.\nhint: {place}/api/ shows a block with both"
                )));
            }
            block
        }
    };
    if let (Some(url), Some(told)) = (url, &block.copr_url)
        && login.url.is_some()
        && told.trim_end_matches('/') != url
    {
        return Err(Failure::config(&format!("What was read is for {told}, not for {url}.")));
    }
    Ok(Block { username: login.username.clone().or(block.username), ..block })
}

/// What somebody pastes: all lines up to an empty one at a terminal, or else to the end.
async fn pasted(url: &str) -> Result<String, Failure> {
    let mut text = String::new();
    if !io::stdin().is_terminal() {
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    eprintln!("Log in at {url}/api/ and paste the block that is shown there; an empty line ends it.");
    let _unseen = Unseen::begin();
    while let Some(line) = line().await? {
        let is_empty = line.trim().is_empty();
        if is_empty && !text.trim().is_empty() {
            break;
        }
        eprintln!("{}", token::without_secret(line.trim_end()));
        text += &line;
    }
    io::stderr().flush()?;
    Ok(text)
}

/// The user's name, as the service says it.
async fn tried(url: &str, block: &Block) -> Result<String, Failure> {
    let config = Config::new(url).map_err(Error::from)?.user_agent(concat!("copr/", env!("CARGO_PKG_VERSION")));
    let config = match (&block.login, &block.token) {
        (Some(login), Some(token)) => config.token(login, token.as_str()),
        _ => config.gssapi(true),
    };
    match Client::new(config)?.general().auth_check().await {
        Ok(user) => Ok(user.name),
        Err(Error::Authentication { message, .. }) => Err(Failure::refused(&format!(
            "{url} does not take it: {message}\nhint: {url}/api/ shows the token that is good now"
        ))),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_be_those_of_the_page_with_the_token() {
        for text in ["https://h/copr/api/", "https://h/copr", "h/copr/", "h/copr/api"] {
            assert_eq!(address(text), "https://h/copr", "{text}");
        }
        assert_eq!(address("http://localhost:5000"), "http://localhost:5000");
    }
}
