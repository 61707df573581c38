//! Server-sent events of services that have them.

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use reqwest::{Method, header};
use sse_stream::{Sse, SseByteStream};
use std::sync::Arc;
use std::time::Instant;
use url::Url;

use crate::Trouble;
use crate::fetch::{self, still};
use crate::flow::{Flow, while_it_moves};
use crate::transport::Transport;

/// Events that come from a service.
pub(crate) struct Events {
    url: Url,
    stream: SseByteStream<BoxStream<'static, reqwest::Result<Bytes>>>,
    /// Signs of life, which come more often than events.
    flow: Arc<Flow>,
    /// When they began.
    pub since: Instant,
}

/// What comes of asking for events.
pub(crate) enum Asked {
    /// They begin.
    Events(Events),
    /// The service has trouble.
    Failed(reqwest::Response),
    /// The service knows no such events.
    None,
}

/// Asks once.
pub(crate) async fn ask(transport: &Transport, url: Url) -> Result<Asked, Trouble> {
    let accept = (header::ACCEPT, "text/event-stream".to_owned());
    let answer = fetch::open(transport, Method::GET, &url, &[accept]).await?;
    if answer.status().is_server_error() {
        return Ok(Asked::Failed(answer));
    }
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !answer.status().is_success() || !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return Ok(Asked::None);
    }
    let flow = Arc::new(Flow::default());
    let moving = Arc::clone(&flow);
    let bytes = answer.bytes_stream().inspect_ok(move |piece| moving.add(piece.len() as u64)).boxed();
    Ok(Asked::Events(Events { url, stream: SseByteStream::new(bytes), flow, since: transport.clock().now() }))
}

impl Events {
    /// The next one. They end with an error only, as a service says in an event of its own that nothing more will come.
    pub async fn next(&mut self, transport: &Transport) -> Result<Sse, Trouble> {
        let patience = transport.config().timeout;
        let next = while_it_moves(&self.flow, || tokio::time::sleep(patience), self.stream.next()).await;
        match next {
            Some(Some(Ok(event))) => Ok(event),
            Some(Some(Err(error))) => Err(self.broken_off(Box::new(error))),
            Some(None) => Err(self.broken_off("it ended too early".into())),
            None => Err(still(transport, &self.url)),
        }
    }

    fn broken_off(&self, source: Box<dyn std::error::Error + Send + Sync>) -> Trouble {
        let mut url = self.url.clone();
        url.set_query(None);
        Trouble::Connection { url: url.to_string(), source }
    }
}
