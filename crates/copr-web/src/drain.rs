//! Bodies that nobody read.
//!
//! A client that is refused in the middle of an upload goes on sending, and when the connection closes under it, it
//! reports a broken connection instead of our refusal. So what is left of a body is read, and dropped, first.

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use futures::stream::{self, Stream, StreamExt};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a client may take to send what nobody wants.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers only after the whole body has come, or patience has ended. Who asks first (`Expect: 100-continue`) hears
/// the answer at once and sends nothing.
pub async fn drain(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::EXPECT) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let shared = Arc::new(Mutex::new(body.into_data_stream()));
    let body = Body::from_stream(read(Arc::clone(&shared)));
    let response = next.run(Request::from_parts(parts, body)).await;
    let mut rest = std::pin::pin!(read(shared));
    // Late, broken or done: the answer is the same.
    let _ = tokio::time::timeout(PATIENCE, async { while let Some(Ok(_)) = rest.next().await {} }).await;
    response
}

fn read(shared: Arc<Mutex<BodyDataStream>>) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send {
    stream::poll_fn(move |context| {
        let mut body = shared.lock().unwrap_or_else(PoisonError::into_inner);
        body.poll_next_unpin(context)
    })
}
