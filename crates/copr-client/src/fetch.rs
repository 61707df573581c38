//! Files and pages outside the API, fetched as nobody: from wherever a service says that they are.

use reqwest::header::{AUTHORIZATION, HeaderName, LOCATION};
use reqwest::{Method, Response, StatusCode};
use url::Url;

use crate::Trouble;
use crate::flow::{Flow, while_it_moves};
use crate::transport::Transport;

/// Whoever sends us on more often sends us round in circles.
const MOST_REDIRECTS: u8 = 10;

/// The head of an answer, from where redirections lead. Nothing is tried twice.
pub(crate) async fn open(
    transport: &Transport,
    method: Method,
    url: &Url,
    headers: &[(HeaderName, String)],
) -> Result<Response, Trouble> {
    let (first, mut url) = (url.origin(), url.clone());
    for _ in 0..=MOST_REDIRECTS {
        let mut request = transport.http(&url)?.request(method.clone(), url.clone());
        // What proves to one service who we are is not for others.
        for (name, value) in headers.iter().filter(|(name, _)| *name != AUTHORIZATION || url.origin() == first) {
            request = request.header(name, value);
        }
        let patience = transport.config().timeout;
        let answer = tokio::time::timeout(patience, request.send()).await.map_err(|_| still(transport, &url))?;
        let answer = answer.map_err(|error| Trouble::connection(url.as_str(), error))?;
        match next(&url, &answer)? {
            Some(next) => url = next,
            None => return Ok(answer),
        }
    }
    Err(Trouble::Argument(format!("`{url}` is one of too many redirections")))
}

fn next(url: &Url, answer: &Response) -> Result<Option<Url>, Trouble> {
    let status = answer.status();
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let target = answer.headers().get(LOCATION).and_then(|target| target.to_str().ok());
    let next = target.and_then(|target| url.join(target).ok());
    let next = next.filter(|next| next.scheme() == "https" || next.scheme() == url.scheme());
    let target = target.unwrap_or_default().to_owned();
    next.map(Some).ok_or(Trouble::Moved { url: url.to_string(), target })
}

/// All of a body that has at most so many bytes.
pub(crate) async fn whole(transport: &Transport, mut answer: Response, most: usize) -> Result<Vec<u8>, Trouble> {
    let (url, mut bytes) = (answer.url().clone(), Vec::new());
    let flow = Flow::default();
    while let Some(piece) = piece(transport, &mut answer, &flow).await? {
        if bytes.len() + piece.len() > most {
            return Err(Trouble::Argument(format!("`{url}` is longer than {most} bytes")));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The next piece of a body.
pub(crate) async fn piece(
    transport: &Transport,
    answer: &mut Response,
    flow: &Flow,
) -> Result<Option<bytes::Bytes>, Trouble> {
    let (patience, url) = (transport.config().timeout, answer.url().clone());
    match while_it_moves(flow, || tokio::time::sleep(patience), answer.chunk()).await {
        Some(Ok(piece)) => Ok(piece),
        Some(Err(error)) => Err(Trouble::connection(url.as_str(), error)),
        None => Err(still(transport, &url)),
    }
}

/// Nothing moves.
pub(crate) fn still(transport: &Transport, url: &Url) -> Trouble {
    let reason = format!("nothing moved for {:?}", transport.config().timeout);
    Trouble::Timeout { url: url.to_string(), reason }
}

/// Whether a status is one of those that pass.
pub(crate) fn status_passes(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}
