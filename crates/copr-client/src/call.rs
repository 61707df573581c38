//! One call: sent, and tried again where that can do no harm.

use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use url::Url;

use crate::Trouble;
use crate::flow::{Flow, while_it_moves};
use crate::form::{Form, Part};
use crate::transport::Transport;

/// A call that can be sent, any number of times.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    transport: Transport,
    method: Method,
    url: Result<Url, String>,
    authenticated: bool,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    None,
    Json(Value),
    Form(Vec<Part>),
    /// In the address's own encoding, as browsers send small forms.
    Fields(Vec<(String, String)>),
}

/// What a service answered, whatever it thinks of the call.
#[derive(Debug)]
pub(crate) struct Answer {
    pub url: Url,
    pub status: StatusCode,
    /// Where the service says that something is.
    pub location: Option<String>,
    pub text: Vec<u8>,
}

impl Answer {
    /// As much of its text as somebody wants to see who wonders what it is.
    pub fn beginning(&self) -> String {
        String::from_utf8_lossy(&self.text).chars().take(300).collect()
    }

    #[cfg(test)]
    pub fn example(status: u16, text: &str) -> Self {
        let url = Url::parse("https://h/").unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        Self { url, status, location: None, text: text.as_bytes().to_vec() }
    }
}

/// An attempt that failed.
struct Failed {
    trouble: Trouble,
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
    /// To an address below that of the service.
    pub fn new(transport: &Transport, method: Method, path: &[&str]) -> Self {
        Self::at(transport, method, address(&transport.config().url, path))
    }

    /// To an address, unless there is none.
    pub fn at(transport: &Transport, method: Method, url: Result<Url, String>) -> Self {
        Self { transport: transport.clone(), method, url, authenticated: false, body: Body::None }
    }

    /// With a slash at the end of its path, without which some services send everybody on to it.
    pub fn slash(mut self) -> Self {
        if let Ok(url) = &mut self.url {
            url.set_path(&format!("{}/", url.path()));
        }
        self
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

    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_value(body) {
            Ok(json) => self.body = Body::Json(json),
            Err(error) => self.url = Err(error.to_string()),
        }
        self
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

    /// As a form of several parts, of which some may be files.
    pub fn form(mut self, parts: Vec<Part>) -> Self {
        self.body = Body::Form(parts);
        self
    }

    /// As a form of texts.
    pub fn fields(mut self, fields: Vec<(String, String)>) -> Self {
        self.body = Body::Fields(fields);
        self
    }

    /// Where it goes, to be shown to people.
    pub fn told_url(&self) -> String {
        self.url.as_ref().map_or_else(String::clone, Url::to_string)
    }

    /// Sends it, and waits for an answer: the last one there was after as many attempts as are allowed.
    pub async fn answer(&self) -> Result<Answer, Trouble> {
        let url = self.url.as_ref().map_err(|problem| Trouble::Argument(problem.clone()))?;
        let mut attempts = self.transport.attempts();
        let mut may_be_stale = self.authenticated;
        loop {
            let outcome = self.attempt(url).await;
            let is_refused = outcome.as_ref().is_ok_and(|answer| answer.status == StatusCode::UNAUTHORIZED);
            if is_refused && std::mem::take(&mut may_be_stale) && self.transport.forget_session() {
                continue;
            }
            let again = match &outcome {
                Ok(answer) => answer.status.is_server_error() && self.may_repeat(Harm::Twice),
                Err(failed) => self.may_repeat(failed.harm),
            };
            if !(again && attempts.another().await) {
                return outcome.map_err(|failed| failed.trouble);
            }
        }
    }

    fn may_repeat(&self, harm: Harm) -> bool {
        match harm {
            Harm::None => true,
            Harm::Twice => self.method == Method::GET,
            Harm::InVain => false,
        }
    }

    async fn attempt(&self, url: &Url) -> Result<Answer, Failed> {
        let flow = Arc::new(Flow::default());
        let request = self.request(url, &flow).await.map_err(Failed::in_vain)?;
        let answer = self.patiently(url, &flow, request).await?;
        if answer.status.is_redirection()
            && let Some(target) = answer.location
        {
            return Err(Failed::in_vain(Trouble::Moved { url: url.to_string(), target }));
        }
        Ok(answer)
    }

    async fn request(&self, url: &Url, flow: &Arc<Flow>) -> Result<RequestBuilder, Trouble> {
        let mut request = self.transport.http(url)?.request(self.method.clone(), url.clone());
        if self.authenticated {
            request = self.transport.authenticated(request).await?;
        }
        match &self.body {
            Body::None if self.method == Method::POST => Ok(request.header(header::CONTENT_LENGTH, 0)),
            Body::None => Ok(request),
            Body::Json(body) => Ok(request.json(body)),
            Body::Form(parts) => Ok(Form::open(parts).await?.attached(request, flow)),
            Body::Fields(fields) => {
                let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                Ok(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body))
            }
        }
    }

    /// Sends a request and waits for the whole answer as long as anything moves.
    async fn patiently(&self, url: &Url, flow: &Flow, request: RequestBuilder) -> Result<Answer, Failed> {
        let patience = self.transport.config().timeout;
        let exchange = async {
            let mut answer = request.send().await?;
            let mut text = Vec::new();
            while let Some(piece) = answer.chunk().await? {
                flow.add(piece.len() as u64);
                text.extend_from_slice(&piece);
            }
            Ok::<_, reqwest::Error>(Answer {
                url: url.clone(),
                status: answer.status(),
                location: location(&answer),
                text,
            })
        };
        match while_it_moves(flow, || tokio::time::sleep(patience), exchange).await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(Failed::on_the_way(url, flow, error)),
            None => {
                let reason = format!("nothing moved for {patience:?}");
                Err(Failed::in_vain(Trouble::Timeout { url: url.to_string(), reason }))
            }
        }
    }
}

impl Failed {
    fn in_vain(trouble: Trouble) -> Self {
        Self { trouble, harm: Harm::InVain }
    }

    fn on_the_way(url: &Url, flow: &Flow, error: reqwest::Error) -> Self {
        if let Some(problem) = flow.problem() {
            return Self::in_vain(problem);
        }
        let harm = if error.is_connect() { Harm::None } else { Harm::Twice };
        Self { trouble: Trouble::connection(url.as_str(), error), harm }
    }
}

/// An address below another one. Names become one segment each, whatever they hold.
pub(crate) fn address(base: &Url, path: &[&str]) -> Result<Url, String> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only addresses without a host have no path.
    let mut segments = url.path_segments_mut().map_err(|()| format!("`{base}` is not the address of a service"))?;
    segments.pop_if_empty();
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

fn location(answer: &Response) -> Option<String> {
    let location = answer.headers().get(header::LOCATION)?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_segment_each() {
        let base = Url::parse("https://h/copr/?x#y").unwrap();
        let of = |path: &[&str]| address(&base, path).map(|url| url.to_string());
        assert_eq!(of(&["api_3", "project", "list"]).unwrap(), "https://h/copr/api_3/project/list");
        assert_eq!(of(&["@g", "p:custom:x", "a/b?c"]).unwrap(), "https://h/copr/@g/p:custom:x/a%2Fb%3Fc");
        assert_eq!(of(&["project", ".."]).unwrap_err(), "`..` is not a name");
        assert_eq!(of(&["project", ""]).unwrap_err(), "`` is not a name");
    }
}
