//! The page about version 1 of the API, which is also where people get their token.

use crate::api::Member;
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "help.html")]
pub struct Help {
    /// Why what was asked for was not done.
    pub error: Option<String>,
    /// Who looks at it.
    pub visitor: Visitor,
    /// Where the service is reached.
    pub public_url: String,
    /// Whether that is plain `http`: python-copr 2.7 wants to be told.
    pub plain_http: bool,
    /// Days that a token is valid.
    pub token_days: i64,
    /// What can be called.
    pub calls: Vec<Call>,
}

/// Who looks at the page.
#[derive(Clone, Debug)]
pub enum Visitor {
    /// Nobody knows.
    Nobody {
        /// Address of a login, where there is one.
        login: Option<&'static str>,
    },
    /// Somebody with a session.
    User {
        /// The user's name.
        name: String,
        /// The token that there is; what it is, is not kept.
        token: Option<Token>,
    },
    /// Somebody whose token was made just now.
    Renewed {
        /// The user's name.
        name: String,
        /// The block for `~/.config/copr`.
        block: String,
    },
}

/// What can be told of a token.
#[derive(Clone, Debug)]
pub struct Token {
    /// The login that goes with it.
    pub login: String,
    /// The last day it is valid.
    pub expiration: String,
    /// That day is over.
    pub expired: bool,
}

/// Something that can be called.
#[derive(Clone, Debug)]
pub struct Call {
    /// What it does.
    pub title: &'static str,
    /// Sentences about it.
    pub about: &'static str,
    /// Only for who is known.
    pub login: bool,
    /// The method.
    pub method: &'static str,
    /// The addresses.
    pub paths: Vec<&'static str>,
    /// Parts of the address and arguments behind it.
    pub parameters: Vec<Member>,
    /// What is sent.
    pub fields: Vec<Member>,
    /// What is answered besides `output`.
    pub result: Vec<Member>,
    /// An address that is called so.
    pub example_url: Option<String>,
    /// What is answered there.
    pub example: Option<String>,
}
