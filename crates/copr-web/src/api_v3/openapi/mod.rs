//! The API in words: an OpenAPI 3.1 document, made from the types that the API writes and from a description of each
//! endpoint, and a page for people made from the document.
//!
//! One file per group of endpoints holds descriptions; `fields` has the tables of request bodies, `query` the arguments
//! that many share, `operation` turns a description into JSON. A test compares what is described with the map of routes.

mod builds;
mod chains;
mod example;
mod fields;
mod general;
mod operation;
mod packages;
mod page;
mod projects;
mod query;
mod repositories;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use operation::Operation;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

const ABOUT: &str = "What python-copr, copr-cli and `dnf copr` speak.\n\n\
    Every path answers with a trailing slash too. Endpoints with a body take JSON; a form in which the part `json` \
    holds the same JSON, beside a file where one is expected; or plain form fields, which are all text. A field that is \
    null was not sent, and unknown fields are ignored. Of a switch `false`, `\"false\"`, `\"\"` and `0` are off, everything \
    else is on. Numbers may be text. Where a list of words is taken, one text with blanks between them will do.\n\n\
    An answer with the member `error` is a refusal; its text has one line for each thing that is wrong. A method that a \
    path does not have is answered with 405, an internal error with 500, in the same form.";

/// A document, and as it is sent.
#[derive(Debug)]
struct Served {
    document: Value,
    text: String,
    tag: HeaderValue,
}

static SERVED: LazyLock<Served> = LazyLock::new(|| {
    let document = document(&groups());
    let text = document.to_string();
    let tag = super::tag::of(text.as_bytes());
    Served { document, text, tag }
});

/// Makes the document now instead of when somebody asks for it first.
pub fn prepare() {
    LazyLock::force(&SERVED);
}

/// `GET /openapi.json`
pub async fn show() -> Response {
    let Served { text, tag, .. } = &*SERVED;
    let about = [(header::ETAG, tag.clone()), (header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (HeaderMap::from_iter(about), text.as_str()).into_response()
}

/// `GET /docs`
pub async fn docs() -> Response {
    crate::ui::page::show(&page::of(&SERVED.document))
}

/// A group of endpoints: its name, what it is about, its descriptions.
type Group = (&'static str, &'static str, Vec<Operation>);

fn groups() -> [Group; 10] {
    [
        ("general", "The service and who one is.", general::operations()),
        ("projects", "Projects.", projects::operations()),
        ("permissions", "Who may do what in a project.", projects::permissions()),
        ("project chroots", "The chroots of a project.", projects::chroots()),
        ("repositories", "Repositories and their generations.", repositories::operations()),
        ("builds", "Builds that are there.", builds::operations()),
        ("submitting", "New builds.", builds::submitting()),
        ("chains", "Sets of builds whose order the service finds itself.", chains::operations()),
        ("build chroots", "The chroots of a build.", builds::chroots()),
        ("packages", "The packages of a project.", packages::operations()),
    ]
}

fn document(groups: &[Group]) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut generator =
        SchemaGenerator::new(settings.with(|settings| settings.definitions_path = "/components/schemas".into()));
    let mut paths = Map::new();
    for (tag, _, operations) in groups {
        for operation in operations {
            operation.write(tag, &mut paths, &mut generator);
        }
    }
    let tags: Vec<Value> =
        groups.iter().map(|(name, about, _)| json!({ "name": name, "description": about })).collect();
    let mut schemas = generator.take_definitions(true);
    schemas.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Copr API", "version": "3", "description": ABOUT },
        "servers": [{ "url": "/api_3" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "basic", "description": "Login and token from `/api`." },
                "session": { "type": "apiKey", "in": "cookie", "name": "session" },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A path without the names of its parameters, which routes and descriptions may call differently.
    fn form(path: &str) -> String {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    fn paths(groups: &[Group]) -> BTreeSet<String> {
        groups.iter().flat_map(|(_, _, operations)| operations.iter().map(|operation| form(operation.path))).collect()
    }

    #[test]
    fn every_route_has_a_description_and_every_description_a_route() {
        let known = crate::api_v3::endpoints().finish().known();
        let addresses = known.iter().filter_map(|route| route.path.strip_prefix("/api_3"));
        // Every path is there with a slash behind it too, and one takes what is no endpoint.
        let addresses = addresses.map(|path| if path == "/" { path } else { path.trim_end_matches('/') });
        let addresses = addresses.filter(|path| !path.is_empty() && !path.contains('*'));
        let routed: BTreeSet<String> = addresses.map(form).collect();
        assert_eq!(paths(&groups()), routed);
    }

    /// All that a document refers to, and all ids of operations in it.
    fn collect(value: &Value, references: &mut Vec<String>, ids: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member.as_str()) {
                        ("$ref", Some(to)) => references.push(to.to_owned()),
                        ("operationId", Some(id)) => ids.push(id.to_owned()),
                        _ => collect(member, references, ids),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, references, ids)),
            _ => {}
        }
    }

    #[test]
    fn references_lead_somewhere_and_operations_have_ids_of_their_own() {
        let whole = document(&groups());
        let (mut references, mut ids) = (Vec::new(), Vec::new());
        collect(&whole, &mut references, &mut ids);
        assert!(references.len() > 100 && ids.len() > 50, "{} {}", references.len(), ids.len());
        for reference in references {
            let pointer = reference.strip_prefix('#').expect("a reference inside of the document");
            assert!(whole.pointer(pointer).is_some(), "{reference}");
        }
        let different: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
    }

    #[test]
    fn the_document_is_what_it_was() {
        insta::assert_snapshot!("openapi", format!("{:#}", SERVED.document));
    }
}
