//! Routers that can say what they route.
//!
//! axum's keep it to themselves. Who may do what is tested for every route that there is, so all routers of this crate are
//! made of these: what is not registered here can not become part of the service.

use crate::Web;
use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodRouter};

/// An address, with axum's names for its parts, and the methods that mean something there (`HEAD` goes with `GET`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The address, such as `/coprs/{owner}/{project}/`.
    pub path: String,
    /// The methods.
    pub methods: Vec<Method>,
}

/// What answers at one address, by method.
#[derive(Clone, Debug)]
pub(crate) struct Methods<S> {
    handlers: MethodRouter<S>,
    known: Vec<Method>,
}

macro_rules! methods {
    ($($name:ident: $($method:ident)*;)*) => {$(
        #[doc = concat!("Answers `", stringify!($name), "` as axum's function of that name does.")]
        pub(crate) fn $name<S, H, T>(handler: H) -> Methods<S>
        where
            S: Clone + Send + Sync + 'static,
            H: Handler<T, S>,
            T: 'static,
        {
            Methods { handlers: routing::$name(handler), known: vec![$(Method::$method),*] }
        }
    )*};
}

methods! {
    get: GET;
    post: POST;
    put: PUT;
    delete: DELETE;
    any: GET POST PUT DELETE PATCH;
}

impl<S: Clone + Send + Sync + 'static> Methods<S> {
    /// These methods and those.
    pub(crate) fn or(mut self, other: Self) -> Self {
        self.known.extend(other.known);
        Self { handlers: self.handlers.merge(other.handlers), known: self.known }
    }

    /// The same with something around the handlers.
    pub(crate) fn around(self, layer: impl FnOnce(MethodRouter<S>) -> MethodRouter<S>) -> Self {
        Self { handlers: layer(self.handlers), known: self.known }
    }

    /// The same, with an answer to every other method.
    pub(crate) fn otherwise<H: Handler<T, S>, T: 'static>(self, handler: H) -> Self {
        // Beginning with `any` keeps axum from telling the methods in an `Allow` header.
        Self { handlers: routing::any(handler).merge(self.handlers), known: self.known }
    }
}

/// A router that can say what it routes.
#[derive(Debug)]
pub(crate) struct Routes<S> {
    router: Router<S>,
    known: Vec<Route>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), known: Vec::new() }
    }

    /// Adds an address.
    pub(crate) fn route(mut self, path: &str, methods: Methods<S>) -> Self {
        self.known.push(Route { path: path.to_owned(), methods: methods.known });
        Self { router: self.router.route(path, methods.handlers), known: self.known }
    }

    /// Adds an address with and without a slash at its end. Both are routes of their own: a redirect would lose the
    /// body.
    pub(crate) fn both_ways(self, path: &str, methods: Methods<S>) -> Self {
        let path = path.trim_end_matches('/');
        self.route(path, methods.clone()).route(&format!("{path}/"), methods)
    }

    /// These and those.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.known.extend(other.known);
        Self { router: self.router.merge(other.router), known: self.known }
    }

    /// The same with something around all handlers.
    pub(crate) fn around(self, layer: impl FnOnce(Router<S>) -> Router<S>) -> Self {
        Self { router: layer(self.router), known: self.known }
    }

    /// What is routed.
    pub(crate) fn known(self) -> Vec<Route> {
        self.known
    }

    /// axum's router, which knows no more.
    pub(crate) fn into_router(self) -> Router<S> {
        self.router
    }
}

/// The endpoints of one dialect of the API in the making.
pub(crate) struct Endpoints {
    routes: Routes<Web>,
    dialect: Dialect,
}

/// Where a dialect of the API is, and what it says to those who miss it.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// What all its addresses begin with.
    pub prefix: &'static str,
    /// The answer to an address that is no endpoint.
    pub no_route: fn() -> Response,
    /// The answer to a method that an endpoint does not have.
    pub no_method: fn() -> Response,
}

impl Endpoints {
    pub fn new(dialect: Dialect) -> Self {
        Self { routes: Routes::new(), dialect }
    }

    /// Adds an endpoint under the prefix.
    pub fn at(self, path: &str, methods: Methods<Web>) -> Self {
        let Dialect { prefix, no_method, .. } = self.dialect;
        // Copr tells no methods in an `Allow` header.
        let methods = methods.otherwise(move || async move { no_method() });
        Self { routes: self.routes.both_ways(&format!("{prefix}{path}"), methods), ..self }
    }

    /// The whole map; every other address under the prefix is a 404 in this dialect.
    pub fn finish(self) -> Routes<Web> {
        let Dialect { prefix, no_route, .. } = self.dialect;
        self.routes.route(&format!("{prefix}/{{*rest}}"), any(move || async move { no_route() }))
    }
}

/// `OPTIONS` of what exists is an empty 200.
pub(crate) async fn options(request: Request, next: Next) -> Response {
    let asked = request.method() == Method::OPTIONS;
    let response = next.run(request).await;
    if asked && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        return StatusCode::OK.into_response();
    }
    response
}
