//! What stands behind the question mark. Unknown arguments are ignored: python-copr repeats path parameters there.

use super::python::dict_repr;
use super::refused::Refused;
use crate::Web;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use copr_app::Refusal;
use copr_db::Page;
use copr_wire::v3::{List, Meta};

/// The arguments, in order.
#[derive(Debug)]
pub struct Query(Vec<(String, String)>);

impl FromRequestParts<Web> for Query {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _web: &Web) -> Result<Self, Refused> {
        Ok(Self::read(parts.uri.query().unwrap_or_default())?)
    }
}

impl Query {
    /// Reads the part of an address behind the question mark.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let pairs: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        if pairs.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Refusal::invalid("an argument can not hold a NUL character"));
        }
        Ok(Self(pairs))
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// An argument, when it is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.first(name).filter(|value| !value.is_empty())
    }

    /// An argument that must be there; it may be empty.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.first(name).ok_or_else(|| Refusal::invalid(format!("Missing argument {name}")))
    }

    /// All values of a repeated argument.
    pub fn all<'a, 'n: 'a>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A switch: python-copr sends `True` and `False`.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some("True" | "true" | "1"))
    }

    /// Which part of a list is wanted. `orders` are the attributes that can order it, `table` is what the contract
    /// calls it.
    pub fn paging(&self, table: &str, orders: &[&str]) -> Result<Paging, Refusal> {
        let mut errors = Vec::new();
        let mut number = |name: &'static str| match self.get(name).map(|text| text.trim().parse::<i64>()) {
            None => 0,
            Some(Ok(number)) if number >= 0 => number,
            Some(_) => {
                errors.push((name, vec!["Not a valid integer value.".to_owned()]));
                0
            }
        };
        let limit = Some(number("limit")).filter(|limit| *limit > 0);
        let offset = number("offset");
        let order_type = self.get("order_type").unwrap_or("ASC");
        if !matches!(order_type, "ASC" | "DESC") {
            errors.push(("order_type", vec!["Not a valid choice.".to_owned()]));
        }
        if !errors.is_empty() {
            return Err(Refusal::invalid(dict_repr(&errors)));
        }
        let order = self.get("order").unwrap_or("id");
        if !orders.contains(&order) {
            return Err(Refusal::invalid(format!("Cannot order by {order}, {table} doesn't have such property")));
        }
        Ok(Paging { limit, offset, order: order.to_owned(), order_type: order_type.to_owned() })
    }
}

/// Which part of a list is wanted, as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// Most items.
    pub limit: Option<i64>,
    /// Items left out first.
    pub offset: i64,
    /// The attribute that orders.
    pub order: String,
    /// `ASC` or `DESC`.
    pub order_type: String,
}

impl Paging {
    /// The same for the database.
    pub fn page(&self) -> Page {
        Page { limit: self.limit, offset: self.offset, descending: self.order_type == "DESC" }
    }

    /// The answer with what was asked for.
    pub fn list<T>(self, items: Vec<T>) -> List<T> {
        let meta = Meta {
            limit: self.limit,
            offset: Some(self.offset),
            order: Some(self.order),
            order_type: Some(self.order_type),
        };
        List { items, meta }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(text: &str) -> Result<Paging, String> {
        let query = Query::read(text).map_err(|refusal| refusal.message)?;
        query.paging("copr", &["id", "name"]).map_err(|refusal| refusal.message)
    }

    #[test]
    fn nothing_said_is_everything_by_id() {
        let all = Paging { limit: None, offset: 0, order: "id".to_owned(), order_type: "ASC".to_owned() };
        assert_eq!(paging(""), Ok(all.clone()));
        assert_eq!(paging("limit=0&offset=&order=&order_type="), Ok(all));
    }

    #[test]
    fn wrong_arguments_are_told_with_the_contracts_texts() {
        for (text, error) in [
            ("limit=x", "{'limit': ['Not a valid integer value.']}"),
            ("limit=-1", "{'limit': ['Not a valid integer value.']}"),
            (
                "limit=x&offset=1.5",
                "{'limit': ['Not a valid integer value.'], 'offset': ['Not a valid integer value.']}",
            ),
            ("order_type=desc", "{'order_type': ['Not a valid choice.']}"),
            ("order=colour", "Cannot order by colour, copr doesn't have such property"),
        ] {
            assert_eq!(paging(text), Err(error.to_owned()), "{text}");
        }
    }

    #[test]
    fn switches_are_what_python_prints() {
        let query = Query::read("a=True&b=False&c=&d=1&a[]=x&a[]=y").expect("a plain query");
        assert_eq!([query.flag("a"), query.flag("b"), query.flag("c"), query.flag("d")], [true, false, false, true]);
        assert_eq!(query.all("a[]").collect::<Vec<_>>(), ["x", "y"]);
    }
}
