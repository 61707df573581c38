//! `/api`, the page for people: how to get a token, and what this version of the API can do.

mod builds;
mod packages;
mod projects;
mod service;

use crate::ui::page;
use crate::{Web, session};
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use copr_app::{Kind, Refusal, account};
use copr_db::account::Account;
use copr_ui::api::Member;
use copr_ui::help::{Call, Help, Token, Visitor};
use copr_wire::v1::Success;
use serde::Serialize;
use std::convert::Infallible;

/// Who looks at the page: whoever has a session, or what is wrong with it.
#[derive(Debug)]
pub struct Guest(Result<Option<Account>, Refusal>);

impl FromRequestParts<Web> for Guest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        Ok(Self(session::account(parts, web).await))
    }
}

/// `GET /api/`
pub async fn show(State(web): State<Web>, Guest(guest): Guest) -> Response {
    match guest {
        Ok(guest) => known(&web, guest.as_ref(), None).await,
        Err(refusal) => refused(&web, refusal).await,
    }
}

/// `GET /api/new/`, for links of our own pages and for those who type it. Any other site can make a browser follow a link:
/// then the page is shown, where one can still press the button.
pub async fn ask(State(web): State<Web>, guest: Guest, method: Method, headers: HeaderMap) -> Response {
    let logged_in = matches!(guest.0, Ok(Some(_)));
    if logged_in && method == Method::GET && session::is_wanted_here(&headers, &web.app.rules.public_url) {
        return renew(State(web), guest).await;
    }
    show(State(web), guest).await
}

/// `POST /api/new/`: a new token, shown with its block this once.
pub async fn renew(State(web): State<Web>, Guest(guest): Guest) -> Response {
    let refusal = match guest {
        Ok(Some(me)) => match account::new_token(&web.app, me.name.as_str()).await {
            Ok(issued) => {
                let name = me.name.to_string();
                let block = account::client_block(&web.app.rules.public_url, &name, &issued);
                return answer(&web, StatusCode::OK, Visitor::Renewed { name, block }, None);
            }
            Err(refusal) => refusal,
        },
        Ok(None) => Refusal::unauthenticated("You need to be logged in to make a token."),
        Err(refusal) => refusal,
    };
    refused(&web, refusal).await
}

/// The page for somebody or nobody.
async fn known(web: &Web, guest: Option<&Account>, error: Option<(StatusCode, String)>) -> Response {
    let visitor = match guest {
        None => Visitor::Nobody { login: web.gssapi.is_some().then_some("/api_3/gssapi_login/web-ui") },
        Some(me) => match account::held_token(&web.app, me).await {
            Ok(held) => Visitor::User { name: me.name.to_string(), token: held.map(token) },
            Err(refusal) => return page::refused(&refusal),
        },
    };
    let (status, error) = error.unzip();
    answer(web, status.unwrap_or(StatusCode::OK), visitor, error)
}

/// The page of nobody with the reason for a no.
async fn refused(web: &Web, refusal: Refusal) -> Response {
    let status = match refusal.kind {
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        _ => return page::refused(&refusal),
    };
    known(web, None, Some((status, refusal.message))).await
}

fn token(held: account::Held) -> Token {
    Token { login: held.login, expiration: held.expiration, expired: held.expired }
}

fn answer(web: &Web, status: StatusCode, visitor: Visitor, error: Option<String>) -> Response {
    let public_url = web.app.rules.public_url.clone();
    let help = Help {
        error,
        visitor,
        plain_http: public_url.starts_with("http://"),
        token_days: web.app.rules.token_days,
        calls: calls(&public_url),
        public_url,
    };
    page::private(status, &help)
}

/// What can be called at a service.
fn calls(url: &str) -> Vec<Call> {
    [projects::calls(url), builds::calls(url), packages::calls(), service::calls()].concat()
}

/// A call in the making: by method and addresses.
fn call(title: &'static str, method: &'static str, paths: &[&'static str]) -> Call {
    Call {
        title,
        about: "",
        login: method == "POST",
        method,
        paths: paths.to_vec(),
        parameters: Vec::new(),
        fields: Vec::new(),
        result: Vec::new(),
        example_url: None,
        example: None,
    }
}

/// What must be said, or is always answered.
fn need(name: &str, kind: &str, about: &str) -> Member {
    Member { name: name.to_owned(), kind: kind.to_owned(), about: about.to_owned(), required: true }
}

/// What may be said or be missing.
fn may(name: &str, kind: &str, about: &str) -> Member {
    Member { required: false, ..need(name, kind, about) }
}

/// An answer as it goes out.
fn example(rest: impl Serialize) -> Option<String> {
    serde_json::to_string_pretty(&Success::new(rest)).ok()
}

fn owner() -> Member {
    need("username", "name", "The owner: a user, or a group as @group.")
}

fn project() -> Vec<Member> {
    vec![owner(), need("projectname", "name", "The project.")]
}
