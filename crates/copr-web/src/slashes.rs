//! Slashes too many at the beginning of a path.
//!
//! The oldest clients put a path behind the address that they are configured with, which may end in a slash: they ask
//! for `//api/…`. That is the same address here, and not by a redirect, which would lose the body.

use axum::Router;
use axum::extract::Request;
use axum::http::uri::{PathAndQuery, Uri};
use tower::util::MapRequest;

/// The same service, in which one slash at the beginning of a path is as good as many.
pub(crate) fn collapse(service: Router) -> Router {
    Router::new().fallback_service(MapRequest::new(service, |mut request: Request| {
        if let Some(uri) = collapsed(request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    }))
}

/// The address without what is too much; none where nothing is.
fn collapsed(uri: &Uri) -> Option<Uri> {
    let text = uri.path_and_query()?.as_str();
    let rest = text.strip_prefix("//")?.trim_start_matches('/');
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("/{rest}")).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slashes_at_the_beginning_are_too_many() {
        for (given, expected) in [
            ("//api/", Some("/api/")),
            ("////api_2/builds?x=//y", Some("/api_2/builds?x=//y")),
            ("//", Some("/")),
            ("//?a=b", Some("/?a=b")),
            ("http://x.example//api_3/", Some("http://x.example/api_3/")),
            ("//a//b//", Some("/a//b//")),
            ("/", None),
            ("/api//x", None),
            ("*", None),
        ] {
            let uri: Uri = given.parse().expect("an address");
            let found = collapsed(&uri).map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), expected, "{given}");
        }
    }
}
