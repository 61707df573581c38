//! The root, who is logged in, the chroots of the service, this document itself.

use super::operation::Operation;
use copr_wire::v3::{Identity, Version};
use serde_json::json;
use std::collections::BTreeMap;

const NO_KERBEROS: &str = "No Kerberos identity was proven, or the principal has no account and gets none.";

/// The descriptions.
pub fn operations() -> Vec<Operation> {
    vec![
        Operation::read("/", "The version of the API").gives::<Version>(),
        Operation::read("/auth-check", "Who is logged in").login().gives::<Identity>(),
        Operation::create("/api-token", "A new login and token; the old ones stop working at once").gives_written(
            json!({
                "type": "object",
                "required": ["api_login", "api_token", "expiration"],
                "properties": {
                    "api_login": { "type": "string" },
                    "api_token": { "type": "string" },
                    "expiration": { "type": "string", "format": "date", "description": "The last day it is valid." },
                },
            }),
        ),
        Operation::read("/gssapi_login", "Log in by Kerberos; the answer sets the cookie `session`")
            .gives::<Identity>()
            .says(401, "Negotiate: the client is asked for a token.")
            .says(403, NO_KERBEROS),
        Operation::read("/gssapi_login/web-ui", "The same for browsers")
            .says(302, "To the page of the user.")
            .says(401, "Negotiate: the client is asked for a token.")
            .says(403, NO_KERBEROS),
        Operation::read("/mock-chroots/list", "The chroots that projects may use, with a remark about each")
            .gives::<BTreeMap<String, String>>(),
        Operation::read("/openapi.json", "This document")
            .gives_written(json!({ "type": "object", "required": ["openapi", "info", "paths"] }))
            .says(304, "It is what the client has already."),
        Operation::read("/docs", "This document for people").gives_text("text/html"),
    ]
}
