//! The arguments that many endpoints share.

use super::operation::Parameter;
use serde_json::json;

/// Name and meaning of an argument.
type Named = (&'static str, &'static str);

pub const OWNERNAME: Named = ("ownername", "The owner: a user, or a group's alias behind `@`.");
pub const PROJECTNAME: Named = ("projectname", "The project's name.");
pub const CHROOTNAME: Named = ("chrootname", "The chroot's name.");
pub const PACKAGENAME: Named = ("packagename", "The package's name.");
pub const BUILD_ID: Named = ("build_id", "The build's number.");

/// A text that must be there.
pub fn required((name, about): Named) -> Parameter<'static> {
    Parameter { name, about, required: true, schema: json!({ "type": "string" }) }
}

/// A text that may be there.
pub fn optional(named: Named) -> Parameter<'static> {
    Parameter { required: false, ..required(named) }
}

/// One of some words, perhaps.
pub fn one_of(name: &'static str, about: &'static str, words: &[&str]) -> Parameter<'static> {
    Parameter { name, about, required: false, schema: json!({ "type": "string", "enum": words }) }
}

/// A switch.
pub fn switch(name: &'static str, about: &'static str) -> Parameter<'static> {
    one_of(name, about, &["True", "False", "true", "false", "1", "0"])
}

/// Which part of a list; `orders` can order it.
pub fn paging(orders: &[&str]) -> [Parameter<'static>; 4] {
    let number = |name, about| {
        let schema = json!({ "type": "integer", "minimum": 0, "maximum": i64::MAX });
        Parameter { name, about, required: false, schema }
    };
    [
        number("limit", "Most items; 0 or nothing: all."),
        number("offset", "Items that are left out first."),
        one_of("order", "What the list is ordered by.", orders),
        one_of("order_type", "In which direction.", &["ASC", "DESC"]),
    ]
}
