//! The API for people to read.

use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "api.html")]
pub struct Api {
    /// What holds everywhere: paragraphs.
    pub about: Vec<String>,
    /// The endpoints.
    pub groups: Vec<Group>,
    /// The objects that answers are made of.
    pub shapes: Vec<Shape>,
}

/// Endpoints that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// A sentence.
    pub about: String,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// One path.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The method.
    pub method: String,
    /// Methods that older clients use for the same.
    pub older: Vec<String>,
    /// The path.
    pub path: String,
    /// A sentence.
    pub summary: String,
    /// For older clients alone.
    pub deprecated: bool,
    /// Only for who is known.
    pub login: bool,
    /// In the path and the query.
    pub parameters: Vec<Member>,
    /// In the body.
    pub fields: Vec<Member>,
    /// What it answers.
    pub answers: Vec<Answer>,
}

/// A parameter, a field or a member of an object.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// What it may be, in a few words.
    pub kind: String,
    /// What it says.
    pub about: String,
    /// Whether it must be there, or always is.
    pub required: bool,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: String,
    /// When.
    pub about: String,
    /// What it looks like; empty for nothing.
    pub shape: String,
}

/// An object that answers are made of.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its name.
    pub name: String,
    /// A sentence.
    pub about: String,
    /// Its members.
    pub members: Vec<Member>,
}
