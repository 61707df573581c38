//! One call: sent, tried again where that can do no harm, and its answer read.

use futures::future::{Either, select};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

use super::upload::{Flow, Form};
use super::{Client, Credentials, Error, Upload};

/// Before the second attempt; doubled before each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A call that can be sent, any number of times.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    client: Client,
    method: Method,
    url: Result<Url, String>,
    authenticated: bool,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    None,
    Json(Value),
    Form(Option<Upload>, Value),
}

/// An attempt that failed.
struct Failed {
    error: Error,
    harm: Harm,
}

/// What one more attempt could do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// Nothing: the service has not heard of the first one.
    None,
    /// Whatever was asked for, a second time.
    Twice,
    /// It would fail again.
    InVain,
}

impl Call {
    pub fn new(client: &Client, method: Method, path: &[&str]) -> Self {
        let url = address(&client.inner.config.url, path);
        Self { client: client.clone(), method, url, authenticated: false, body: Body::None }
    }

    /// With credentials. What needs none gets none.
    pub fn authenticated(mut self) -> Self {
        self.authenticated = true;
        self
    }

    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        if let Ok(url) = &mut self.url {
            url.query_pairs_mut().append_pair(name, &value.to_string());
        }
        self
    }

    pub fn query_if(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub fn json(self, body: &impl Serialize) -> Self {
        self.with_body(body, Body::Json)
    }

    /// With a member of the JSON under another name.
    pub fn renamed(mut self, from: &str, to: &str) -> Self {
        if let Body::Json(Value::Object(members)) = &mut self.body
            && let Some(value) = members.shift_remove(from)
        {
            members.insert(to.to_owned(), value);
        }
        self
    }

    /// With a member of the JSON, instead of what it may have said there.
    pub fn member(mut self, name: &str, value: &str) -> Self {
        if let Body::Json(Value::Object(members)) = &mut self.body {
            members.insert(name.to_owned(), value.into());
        }
        self
    }

    /// As a form with at most one file.
    pub fn form(self, upload: Option<&Upload>, body: &impl Serialize) -> Self {
        self.with_body(body, |json| Body::Form(upload.cloned(), json))
    }

    fn with_body(mut self, body: &impl Serialize, kind: impl FnOnce(Value) -> Body) -> Self {
        match serde_json::to_value(body) {
            Ok(json) => self.body = kind(json),
            Err(error) => self.url = Err(error.to_string()),
        }
        self
    }

    /// Sends it and reads the answer.
    pub async fn send<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let url = self.url.as_ref().map_err(|problem| Error::Argument(problem.clone()))?;
        let attempts = self.client.inner.config.attempts;
        let mut pause = FIRST_PAUSE;
        for _ in 1..attempts {
            match self.attempt(url).await {
                Err(failed) if self.may_repeat(failed.harm) => {
                    self.client.clock().sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(failed) => return Err(failed.error),
                Ok(answer) => return understood(url, answer),
            }
        }
        let answer = self.attempt(url).await.map_err(|failed| failed.error)?;
        understood(url, answer)
    }

    fn may_repeat(&self, harm: Harm) -> bool {
        match harm {
            Harm::None => true,
            Harm::Twice => self.method == Method::GET,
            Harm::InVain => false,
        }
    }

    async fn attempt(&self, url: &Url) -> Result<Value, Failed> {
        let flow = Arc::new(Flow::default());
        let request = self.request(url, &flow).await.map_err(Failed::in_vain)?;
        let (status, target, text) = self.patiently(url, &flow, request).await?;
        if let Some(target) = target {
            return Err(Failed::in_vain(Error::Moved { url: url.to_string(), target }));
        }
        let harm = if status.is_server_error() { Harm::Twice } else { Harm::InVain };
        judged(url, status, &text).map_err(|error| Failed { error, harm })
    }

    async fn request(&self, url: &Url, flow: &Arc<Flow>) -> Result<RequestBuilder, Error> {
        let inner = &self.client.inner;
        let mut request = inner.http.request(self.method.clone(), url.clone());
        if self.authenticated {
            request = match &inner.config.credentials {
                Credentials::None => request,
                Credentials::Token { login, token } => request.basic_auth(login, Some(token.reveal())),
                Credentials::Session(cookie) => request.header(header::COOKIE, format!("session={}", cookie.reveal())),
            };
        }
        match &self.body {
            Body::None => Ok(request),
            Body::Json(body) => Ok(request.json(body)),
            Body::Form(upload, body) => Ok(Form::open(upload.as_ref(), body).await?.attached(request, flow)),
        }
    }

    /// Sends a request and waits for the whole answer as long as anything moves.
    async fn patiently(
        &self,
        url: &Url,
        flow: &Flow,
        request: RequestBuilder,
    ) -> Result<(StatusCode, Option<String>, Vec<u8>), Failed> {
        let patience = self.client.inner.config.timeout;
        let exchange = async {
            let mut answer = request.send().await?;
            let mut text = Vec::new();
            while let Some(piece) = answer.chunk().await? {
                flow.add(piece.len() as u64);
                text.extend_from_slice(&piece);
            }
            Ok::<_, reqwest::Error>((answer.status(), moved(&answer), text))
        };
        match while_it_moves(flow, || tokio::time::sleep(patience), exchange).await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(Failed::on_the_way(url, flow, error)),
            None => {
                let reason = format!("nothing moved for {patience:?}");
                Err(Failed::in_vain(Error::Timeout { url: url.to_string(), reason }))
            }
        }
    }
}

/// What comes of an exchange; nothing when nothing of its bodies moved during one nap.
async fn while_it_moves<T, N: Future<Output = ()>>(
    flow: &Flow,
    nap: impl Fn() -> N,
    exchange: impl Future<Output = T>,
) -> Option<T> {
    let mut exchange = pin!(exchange);
    loop {
        let before = flow.moved();
        match select(exchange.as_mut(), pin!(nap())).await {
            Either::Left((outcome, _)) => return Some(outcome),
            Either::Right(_) if flow.moved() > before => {}
            Either::Right(_) => return None,
        }
    }
}

impl Failed {
    fn in_vain(error: Error) -> Self {
        Self { error, harm: Harm::InVain }
    }

    fn on_the_way(url: &Url, flow: &Flow, error: reqwest::Error) -> Self {
        if let Some(problem) = flow.problem() {
            return Self::in_vain(problem);
        }
        let harm = if error.is_connect() { Harm::None } else { Harm::Twice };
        Self { error: causing(url.as_str(), error), harm }
    }
}

/// An error of the network, without the address that it repeats.
pub(super) fn causing(url: &str, error: reqwest::Error) -> Error {
    Error::Connection { url: url.to_owned(), source: Box::new(error.without_url()) }
}

/// The address of an endpoint. Names become one segment each, whatever they hold.
fn address(base: &Url, path: &[&str]) -> Result<Url, String> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only addresses without a host have no path.
    let mut segments = url.path_segments_mut().map_err(|()| format!("`{base}` is not the address of a service"))?;
    segments.pop_if_empty().push("api_3");
    for name in path {
        // These would lead to another endpoint.
        if matches!(*name, "" | "." | "..") {
            return Err(format!("`{name}` is not a name"));
        }
        segments.push(name);
    }
    drop(segments);
    Ok(url)
}

fn moved(answer: &Response) -> Option<String> {
    let location = answer.headers().get(header::LOCATION).filter(|_| answer.status().is_redirection())?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// The JSON of an answer, unless it is an error.
///
/// A member `error` makes an answer an error whatever its status says; that is what the clients of Copr have always
/// gone by.
fn judged(url: &Url, status: StatusCode, text: &[u8]) -> Result<Value, Error> {
    let Ok(answer) = serde_json::from_slice::<Value>(text) else {
        return Err(not_json(url, status, text));
    };
    if let Some(told) = answer.get("error") {
        return Err(Error::told(status.as_u16(), url.as_str(), told));
    }
    if !status.is_success() {
        let told = answer.get("message").cloned().unwrap_or_else(|| Value::String(status.to_string()));
        return Err(Error::told(status.as_u16(), url.as_str(), &told));
    }
    Ok(answer)
}

fn not_json(url: &Url, status: StatusCode, text: &[u8]) -> Error {
    let url = url.to_string();
    if status == StatusCode::GATEWAY_TIMEOUT {
        return Error::Timeout { url, reason: status.to_string() };
    }
    let text = String::from_utf8_lossy(text).chars().take(300).collect();
    Error::NotJson { url, status: status.as_u16(), text }
}

fn understood<T: DeserializeOwned>(url: &Url, answer: Value) -> Result<T, Error> {
    serde_json::from_value(answer).map_err(|source| Error::Unexpected { url: url.to_string(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Poll;

    #[test]
    fn names_are_one_segment_each() {
        let base = Url::parse("https://h/copr/?x#y").unwrap();
        let of = |path: &[&str]| address(&base, path).map(|url| url.to_string());
        assert_eq!(of(&["project", "list"]).unwrap(), "https://h/copr/api_3/project/list");
        assert_eq!(of(&["@g", "p:custom:x", "a/b?c"]).unwrap(), "https://h/copr/api_3/@g/p:custom:x/a%2Fb%3Fc");
        assert_eq!(of(&["project", ".."]).unwrap_err(), "`..` is not a name");
        assert_eq!(of(&["project", ""]).unwrap_err(), "`` is not a name");
    }

    #[test]
    fn an_error_is_one_whatever_the_status_says() {
        let url = Url::parse("https://h/").unwrap();
        let of = |status, text: &str| judged(&url, StatusCode::from_u16(status).unwrap(), text.as_bytes());
        assert!(matches!(of(200, r#"{"error": "No."}"#), Err(Error::Refused { status: 200, .. })));
        assert!(matches!(of(502, r#"{"message": "No."}"#), Err(Error::Refused { status: 502, .. })));
        assert!(matches!(of(504, "<html>"), Err(Error::Timeout { .. })));
        assert!(matches!(of(200, "<html>"), Err(Error::NotJson { status: 200, .. })));
        assert_eq!(of(200, "{}").unwrap(), serde_json::json!({}));
    }

    #[tokio::test]
    async fn what_moves_is_not_given_up() {
        let flow = Flow::default();
        let ended = std::future::poll_fn(|_| if flow.moved() < 5 { Poll::Pending } else { Poll::Ready("ended") });
        let nap = || async {
            flow.add(1);
        };
        assert_eq!(while_it_moves(&flow, nap, ended).await, Some("ended"));
        assert_eq!(while_it_moves(&flow, || async {}, std::future::pending::<()>()).await, None);
    }
}
