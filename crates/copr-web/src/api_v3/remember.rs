//! Answers about one project, remembered for as long as nothing of the project changes.
//!
//! Bots ask for the same lists all day, and a project's monitor can be a megabyte that takes thousands of rows to make.
//! Whether an answer is still right is one number in the database ([`copr_db::revision`]), read before the rows are:
//! so this is right with any number of servers, and nobody who changes something has to think of it.

use super::tag;
use crate::Web;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use copr_app::App;
use copr_db::revision::Revision;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::pin::Pin;
use std::sync::Arc;

/// Most bytes that are remembered, all answers together.
const ROOM: u64 = 48 << 20;
/// Longer addresses are not remembered: nobody asks for them twice.
const LONGEST_ADDRESS: usize = 1024;
/// What an answer costs beside its bytes.
const OVERHEAD: usize = 256;

/// What was asked, and what the project looked like then.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    revision: Revision,
    address: String,
}

/// An answer as it went out.
#[derive(Clone, Debug)]
struct Answer {
    body: Bytes,
    tag: HeaderValue,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json")), (header::ETAG, self.tag)];
        (HeaderMap::from_iter(headers), self.body).into_response()
    }
}

#[derive(Clone, Debug)]
struct Size;

impl Weighter<Question, Answer> for Size {
    fn weight(&self, question: &Question, answer: &Answer) -> u64 {
        (question.address.len() + answer.body.len() + OVERHEAD) as u64
    }
}

/// The answers. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<Cache<Question, Answer, Size>>);

impl Default for Memory {
    fn default() -> Self {
        Self(Arc::new(Cache::with_weighter(4096, ROOM, Size)))
    }
}

/// The address of a read that names a project.
struct Address {
    owner: String,
    name: String,
    text: String,
}

impl Address {
    /// The question that it comes to; none where there is no such project.
    async fn question(self, app: &App) -> Option<Question> {
        let mut conn = app.db.read().await.ok()?;
        let revision = copr_db::revision::of_project(&mut conn, &self.owner, &self.name).await.ok()??;
        Some(Question { revision, address: self.text })
    }

    fn of(request: &Request) -> Option<Self> {
        let text = request.uri().path_and_query()?.as_str();
        if request.method() != Method::GET || text.len() > LONGEST_ADDRESS {
            return None;
        }
        let query = request.uri().query().unwrap_or_default();
        let value = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .filter(|value| !value.contains('\0'))
        };
        Some(Self { owner: value("ownername")?, name: value("projectname")?, text: text.to_owned() })
    }
}

/// A handler whose answers are remembered.
pub fn kept<H>(handler: H) -> Kept<H> {
    Kept(handler)
}

/// See [`kept`].
#[derive(Clone, Debug)]
pub struct Kept<H>(H);

impl<H: Handler<T, Web>, T: 'static> Handler<T, Web> for Kept<H> {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, web: Web) -> Self::Future {
        Box::pin(async move {
            let (address, memory) = (Address::of(&request), web.memory.clone());
            let question = match address {
                Some(address) => address.question(&web.app).await,
                None => None,
            };
            let fresh = self.0.call(request, web);
            match question {
                Some(question) => memory.answer(question, fresh).await,
                None => fresh.await,
            }
        })
    }
}

impl Memory {
    /// Answers from memory, or remembers what is answered now. Many who ask the same at once wait for one answer.
    async fn answer(&self, question: Question, fresh: impl Future<Output = Response>) -> Response {
        let guard = match self.0.get_value_or_guard_async(&question).await {
            Ok(answer) => return answer.into_response(),
            Err(guard) => guard,
        };
        let response = fresh.await;
        if response.status() != StatusCode::OK {
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = to_bytes(body, usize::MAX).await else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let answer = Answer { tag: tag::of(&body), body };
        if guard.insert(answer.clone()).is_err() {
            // Forgotten already for want of room.
            return Response::from_parts(parts, Body::from(answer.body));
        }
        answer.into_response()
    }
}
