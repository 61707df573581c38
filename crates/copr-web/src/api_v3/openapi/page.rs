//! The document as a page.

use copr_ui::api::{Answer, Api, Endpoint, Group, Member, Shape};
use serde_json::{Map, Value};

/// The whole document.
pub fn of(document: &Value) -> Api {
    let tags = document["tags"].as_array().into_iter().flatten();
    let group = |tag: &Value| Group {
        name: text(tag, "name"),
        about: text(tag, "description"),
        endpoints: endpoints(document, &tag["name"]),
    };
    Api {
        about: text(&document["info"], "description").split("\n\n").map(str::to_owned).collect(),
        groups: tags.map(group).collect(),
        shapes: members(&document["components"]["schemas"]).filter(|(name, _)| !is_body(name)).map(shape).collect(),
    }
}

/// Bodies are shown where they are taken.
fn is_body(name: &str) -> bool {
    name.ends_with("_body") || name.ends_with("_form")
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn endpoints(document: &Value, tag: &Value) -> Vec<Endpoint> {
    let of_path = |(path, item): (&str, &Value)| {
        let has_tag = |operation: &Value| operation["tags"].as_array().is_some_and(|tags| tags.contains(tag));
        let operations: Vec<_> = members(item).filter(|(_, operation)| has_tag(operation)).collect();
        let (method, operation) = *operations.first()?;
        let older = operations.iter().skip(1).map(|(method, _)| method.to_uppercase()).collect();
        Some(endpoint(document, path, method, older, operation))
    };
    members(&document["paths"]).filter_map(of_path).collect()
}

fn endpoint(document: &Value, path: &str, method: &str, older: Vec<String>, operation: &Value) -> Endpoint {
    let parameter = |parameter: &Value| Member {
        name: text(parameter, "name"),
        kind: format!("{}, {}", text(parameter, "in"), kind(&parameter["schema"])),
        about: text(parameter, "description"),
        required: parameter["required"] == true,
    };
    Endpoint {
        method: method.to_uppercase(),
        older,
        path: format!("/api_3{path}"),
        summary: text(operation, "summary"),
        deprecated: operation["deprecated"] == true,
        login: operation.get("security").is_some(),
        parameters: operation["parameters"].as_array().into_iter().flatten().map(parameter).collect(),
        fields: fields(document, &operation["requestBody"]["content"]),
        answers: members(&operation["responses"]).map(answer).collect(),
    }
}

/// What stands in a body: a file's part, and the members of the JSON.
fn fields(document: &Value, content: &Value) -> Vec<Member> {
    let form = &content["multipart/form-data"]["schema"];
    let file = |(name, schema): (&str, &Value)| Member {
        name: name.to_owned(),
        kind: "file".to_owned(),
        about: text(schema, "description"),
        required: is_required(form, name),
    };
    let files = members(&form["properties"]).filter(|(name, _)| *name != "json").map(file);
    let json =
        [&form["properties"]["json"], &content["application/json"]["schema"]].into_iter().find(|one| !one.is_null());
    let json = json.map(|schema| resolve(document, schema));
    files.chain(json.map(properties).unwrap_or_default()).collect()
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

fn properties(schema: &Value) -> Vec<Member> {
    let member = |(name, property): (&str, &Value)| Member {
        name: name.to_owned(),
        kind: kind(property),
        about: text(property, "description"),
        required: is_required(schema, name),
    };
    members(&schema["properties"]).map(member).collect()
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|required| required.iter().any(|one| one == name))
}

fn shape((name, schema): (&str, &Value)) -> Shape {
    Shape { name: name.to_owned(), about: text(schema, "description"), members: properties(schema) }
}

fn answer((status, answer): (&str, &Value)) -> Answer {
    let schema = members(&answer["content"]).next().map(|(media, content)| (media, &content["schema"]));
    let shape = match schema {
        Some(("application/json", schema)) => kind(schema),
        Some((media, _)) => media.to_owned(),
        None => String::new(),
    };
    Answer { status: status.to_owned(), about: text(answer, "description"), shape }
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return name.to_owned();
    }
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), |word| format!("“{word}”"));
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(word).collect::<Vec<_>>().join(", ");
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let one = |name: &&str| match *name {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("object of {}", kind(&schema["additionalProperties"]))
        }
        other => other.to_owned(),
    };
    types.iter().map(one).collect::<Vec<_>>().join(" or ")
}
