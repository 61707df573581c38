//! Who we are.

use std::io;

use crate::cli::config::{Command, NewWebhookSecret};
use crate::failure::Failure;
use crate::session::Session;
use crate::show::{Done, Named};
use crate::token;

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Whoami => {
            let name = session.username().await;
            let name = name.map_err(|failure| failure.after("ERROR: Can't detect who are you."))?;
            Ok(session.screen.show(&Named { name })?)
        }
        Command::NewApiToken => new_api_token(session).await,
        Command::NewWebhookSecret(which) => new_webhook_secret(session, which).await,
    }
}

async fn new_api_token(session: &Session) -> Result<(), Failure> {
    let path = session.path().ok_or_else(|| Failure::config("There is no home to keep a configuration in."))?;
    let file = token::File::open(path)?;
    let token = session.authenticated()?.general().new_api_token().await?;
    file.renew(&token)?;
    Ok(session.screen.show(
        &Done::new(format!("New API token was updated in {}.", file.path().display()))
            .with("expiration", token.expiration),
    )?)
}

async fn new_webhook_secret(session: &Session, which: NewWebhookSecret) -> Result<(), Failure> {
    let client = session.authenticated()?;
    let project = session.project(&which.name).await?;
    if !agreed(session, &format!("Generate a new webhook secret for {} [y/n]? ", which.name))? {
        return Ok(());
    }
    let made = client.webhooks().generate(&project).await?;
    let secret = made.webhook_secret.reveal();
    Ok(session.screen.show(&Done::new(format!("Generated new token: {secret}")).with("webhook_secret", secret))?)
}

/// Asks until there is an answer.
fn agreed(session: &Session, question: &str) -> Result<bool, Failure> {
    loop {
        session.screen.tell(question)?;
        let mut answer = String::new();
        if io::stdin().read_line(&mut answer)? == 0 {
            return Err(Failure::unanswered());
        }
        match answer.trim_end_matches(['\n', '\r']) {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => {}
        }
    }
}
