//! The downloader itself: runs inside the sandbox, with nothing to lose.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use copr_types::source::without_passwords;
use futures::StreamExt;
use reqwest::{Client, StatusCode, header, redirect};
use tokio::io::AsyncWriteExt;
use url::Url;

use super::rules::{REFUSED, Resolver, allowed};
use super::{Fault, Fetched, Order, REPORT, Wanted};
use crate::client::causes;
use crate::config::Downloads;

/// Does what the order says and writes the report.
pub(super) fn run(order: &str) -> Result<(), String> {
    let order: Order = serde_json::from_str(order).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let report = runtime.block_on(async {
        let client = client(&order.rules)?;
        let mut report = Vec::new();
        for (number, wanted) in order.wanted.iter().enumerate() {
            report.push(one(&client, &order, wanted, &order.directory.join(number.to_string())).await);
        }
        Ok::<_, String>(report)
    })?;
    let report = serde_json::to_vec(&report).map_err(|error| error.to_string())?;
    std::fs::write(order.directory.join(REPORT), report).map_err(|error| format!("report: {error}"))
}

fn client(rules: &Downloads) -> Result<Client, String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (most, on_redirect) = (rules.redirects, rules.clone());
    let policy = redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > most {
            return attempt.error(format!("more than {most} redirects"));
        }
        match allowed(attempt.url(), &on_redirect) {
            Ok(()) => attempt.follow(),
            Err(message) => attempt.error(message),
        }
    });
    Client::builder()
        .redirect(policy)
        .dns_resolver(Arc::new(Resolver(rules.clone())))
        .connect_timeout(Duration::from_secs(rules.stall_seconds))
        .read_timeout(Duration::from_secs(rules.stall_seconds))
        .user_agent(concat!("coprd/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| causes(&error))
}

/// Fetches one address, with a few tries when the network or the server is at fault.
async fn one(client: &Client, order: &Order, wanted: &Wanted, to: &Path) -> Fetched {
    println!("Downloading {}", without_passwords(&wanted.url));
    let mut pause = Duration::from_millis(order.pause_ms);
    let mut tried = 1;
    loop {
        let failed = match attempt(client, &order.rules, wanted, to).await {
            Ok(size) => {
                println!("Downloaded {size} bytes");
                return Fetched::There { size };
            }
            Err(failed) => failed,
        };
        let failed = (failed.0, without_passwords(&failed.1));
        println!("{}", failed.1);
        if failed.0 != Fault::Network || tried >= order.attempts {
            return Fetched::Failed { fault: failed.0, message: failed.1 };
        }
        tried += 1;
        println!("Trying again in {:.1} s", pause.as_secs_f64());
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

type Failed = (Fault, String);

async fn attempt(client: &Client, rules: &Downloads, wanted: &Wanted, to: &Path) -> Result<u64, Failed> {
    let name = &wanted.url;
    let url = Url::parse(name).map_err(|error| (Fault::Address, format!("`{name}` is not a URL: {error}")))?;
    allowed(&url, rules).map_err(|message| (Fault::Address, format!("`{name}`: {message}")))?;
    let answer = client.get(url).send().await.map_err(|error| classify(name, &error))?;
    let status = answer.status();
    if status.is_redirection() {
        // Where the client would not go at all: no place named, or none of the web.
        let to = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let to = to.map_or("nowhere".to_owned(), |to| format!("to `{to}`"));
        let message = format!("`{name}` leads {to} ({status}); only http and https addresses are fetched");
        return Err((Fault::Address, message));
    }
    if !status.is_success() {
        return Err((fault_of(status), format!("`{name}` was answered with {status}")));
    }
    let too_large = || (Fault::Size, format!("`{name}` is larger than the limit of {} MiB", wanted.most >> 20));
    if wanted.most > 0 && answer.content_length().is_some_and(|size| size > wanted.most) {
        return Err(too_large());
    }
    let disk = |error| (Fault::Network, format!("`{name}` could not be stored: {error}"));
    let mut file = tokio::fs::File::create(to).await.map_err(disk)?;
    let (mut size, announced) = (0, answer.content_length());
    let mut body = answer.bytes_stream();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| classify(name, &error))?;
        size += piece.len() as u64;
        if wanted.most > 0 && size > wanted.most {
            return Err(too_large());
        }
        file.write_all(&piece).await.map_err(disk)?;
    }
    file.flush().await.map_err(disk)?;
    match announced {
        Some(announced) if announced != size => {
            Err((Fault::Network, format!("`{name}` ended after {size} of {announced} bytes")))
        }
        _ => Ok(size),
    }
}

/// 4xx is the address's fault, except those that mean "later".
fn fault_of(status: StatusCode) -> Fault {
    let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    if status.is_client_error() && !later.contains(&status) { Fault::Address } else { Fault::Network }
}

fn classify(name: &str, error: &reqwest::Error) -> Failed {
    let why = causes(error);
    if error.is_redirect() {
        return (Fault::Address, format!("`{name}` leads nowhere: {why}"));
    }
    if why.contains(REFUSED) {
        return (Fault::Address, format!("`{name}`: {why}"));
    }
    let what = if error.is_timeout() { "did not answer in time" } else { "could not be fetched" };
    (Fault::Network, format!("`{name}` {what}: {why}"))
}
