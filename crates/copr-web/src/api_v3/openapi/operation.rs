//! What a description of an endpoint is made of, and how it becomes a part of the document.

use super::example;
use super::fields::{Field, form_schema, json_schema};
use copr_wire::v3::Problem;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

const JSON: &str = "application/json";

/// A parameter in the query.
#[derive(Clone, Debug)]
pub struct Parameter<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it says.
    pub about: &'static str,
    /// Whether a request without it is refused.
    pub required: bool,
    /// What it may be.
    pub schema: Value,
}

/// What an answer or a body looks like.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A type that the code writes.
    Of(fn(&mut SchemaGenerator) -> Schema),
    /// A schema by hand.
    Written(Value),
}

impl Shape {
    fn schema(&self, generator: &mut SchemaGenerator) -> Value {
        match self {
            Self::Of(subschema) => subschema(generator).to_value(),
            Self::Written(schema) => schema.clone(),
        }
    }
}

#[derive(Clone, Debug)]
enum Body {
    /// Fields, in any of the three encodings; a file goes with the last of them alone.
    Fields { fields: Vec<Field>, file: Option<Field> },
    /// JSON that is no table of fields.
    Json(Value),
}

/// An endpoint with one way of using it, and perhaps the method of older clients beside it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The path, as in the map of routes.
    pub path: &'static str,
    method: &'static str,
    old_method: Option<&'static str>,
    summary: &'static str,
    deprecated: bool,
    login: bool,
    query: Vec<Parameter<'static>>,
    body: Option<Body>,
    media: &'static str,
    shape: Option<Shape>,
    others: Vec<(u16, &'static str)>,
}

impl Operation {
    fn new(method: &'static str, path: &'static str, summary: &'static str) -> Self {
        let (query, others) = (Vec::new(), Vec::new());
        let (old_method, body, shape) = (None, None, None);
        Self {
            path,
            method,
            old_method,
            summary,
            deprecated: false,
            login: false,
            query,
            body,
            media: JSON,
            shape,
            others,
        }
    }

    /// `GET`.
    pub fn read(path: &'static str, summary: &'static str) -> Self {
        Self::new("get", path, summary)
    }

    /// `POST`, for people with a login.
    pub fn create(path: &'static str, summary: &'static str) -> Self {
        Self::new("post", path, summary).login()
    }

    /// `PUT`, for people with a login; older clients say `POST`.
    pub fn update(path: &'static str, summary: &'static str) -> Self {
        Self::new("put", path, summary).login().old("post")
    }

    /// `DELETE`, for people with a login; older clients say `POST`.
    pub fn remove(path: &'static str, summary: &'static str) -> Self {
        Self::new("delete", path, summary).login().old("post")
    }

    /// Only for who is known.
    pub fn login(self) -> Self {
        Self { login: true, ..self }
    }

    /// The method of older clients.
    pub fn old(self, method: &'static str) -> Self {
        Self { old_method: Some(method), ..self }
    }

    /// The whole endpoint is for older clients.
    pub fn deprecated(self) -> Self {
        Self { deprecated: true, ..self }
    }

    /// Takes parameters in the query.
    pub fn query(mut self, parameters: impl IntoIterator<Item = Parameter<'static>>) -> Self {
        self.query.extend(parameters);
        self
    }

    /// Takes fields.
    pub fn takes(self, tables: &[&[Field]]) -> Self {
        Self { body: Some(Body::Fields { fields: tables.concat(), file: None }), ..self }
    }

    /// The same, and of further tables what has a name of its own, none of it needed.
    pub fn takes_with_any(self, tables: &[&[Field]], any: &[&[Field]]) -> Self {
        let mut fields = tables.concat();
        for field in any.concat() {
            if !fields.iter().any(|other| other.name == field.name) {
                fields.push(Field { required: false, ..field });
            }
        }
        Self { body: Some(Body::Fields { fields, file: None }), ..self }
    }

    /// Takes fields and a file.
    pub fn takes_with_file(self, file: Field, tables: &[&[Field]]) -> Self {
        Self { body: Some(Body::Fields { fields: tables.concat(), file: Some(file) }), ..self }
    }

    /// Takes a JSON value of its own form.
    pub fn takes_json(self, schema: Value) -> Self {
        Self { body: Some(Body::Json(schema)), ..self }
    }

    /// What it answers when all is well.
    pub fn gives<T: JsonSchema>(self) -> Self {
        self.shaped(Shape::Of(SchemaGenerator::subschema_for::<T>))
    }

    /// The same, with a schema by hand.
    pub fn gives_written(self, schema: Value) -> Self {
        self.shaped(Shape::Written(schema))
    }

    /// What it answers is text of a media type.
    pub fn gives_text(self, media: &'static str) -> Self {
        Self { media, ..self.gives_written(json!({ "type": "string" })) }
    }

    fn shaped(self, shape: Shape) -> Self {
        Self { shape: Some(shape), ..self }
    }

    /// Another answer, and when.
    pub fn says(mut self, status: u16, when: &'static str) -> Self {
        self.others.push((status, when));
        self
    }

    /// Adds it to the `paths` of the document.
    pub fn write(&self, tag: &str, paths: &mut Map<String, Value>, generator: &mut SchemaGenerator) {
        let item = paths.entry(self.path).or_insert_with(|| json!({}));
        item[self.method] = self.object(tag, self.deprecated, generator);
        if let Some(old) = self.old_method {
            item[old] = self.object(tag, true, generator);
        }
    }

    fn object(&self, tag: &str, deprecated: bool, generator: &mut SchemaGenerator) -> Value {
        let mut object = json!({ "tags": [tag], "operationId": self.id(deprecated), "summary": self.summary });
        if deprecated {
            object["deprecated"] = json!(true);
        }
        if self.login {
            object["security"] = json!([{ "token": [] }, { "session": [] }]);
        }
        let parameters = self.parameters();
        if !parameters.is_empty() {
            object["parameters"] = Value::Array(parameters);
        }
        if let Some(body) = &self.body {
            object["requestBody"] = self.request_body(body, generator);
        }
        object["responses"] = self.responses(generator);
        object
    }

    /// `project_edit_owner_project`; unique, since the path is.
    fn id(&self, deprecated: bool) -> String {
        let words: Vec<&str> =
            self.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let id = if words.is_empty() { "root".to_owned() } else { words.join("_") };
        if deprecated && !self.deprecated { format!("{id}_deprecated") } else { id }
    }

    fn parameters(&self) -> Vec<Value> {
        let in_path = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let in_path = in_path.map(|name| {
            let (about, schema) = part_of_path(name);
            self.parameter("path", Parameter { name, about, required: true, schema })
        });
        let in_query = self.query.iter().map(|parameter| self.parameter("query", parameter.clone()));
        in_path.chain(in_query).collect()
    }

    fn parameter(&self, place: &str, Parameter { name, about, required, schema }: Parameter<'_>) -> Value {
        let mut written =
            json!({ "name": name, "in": place, "required": required, "description": about, "schema": schema });
        // Nobody who tries a deletion out should hit what the other examples are about.
        if let Some(example) = example::of(name).filter(|_| self.method != "delete") {
            written["example"] = example;
        }
        written
    }

    /// The JSON form and the form of texts become schemas of their own names: three encodings share them.
    fn request_body(&self, body: &Body, generator: &mut SchemaGenerator) -> Value {
        let (fields, file) = match body {
            Body::Json(schema) => return json!({ "required": true, "content": { JSON: { "schema": schema } } }),
            Body::Fields { fields, file } => (fields, file),
        };
        let mut define = |suffix: &str, schema: Value| {
            let name = format!("{}_{suffix}", self.id(false));
            let pointer = format!("#/components/schemas/{name}");
            generator.definitions_mut().insert(name, schema);
            json!({ "$ref": pointer })
        };
        let required = file.as_ref().is_some_and(|file| file.required) || fields.iter().any(|field| field.required);
        let as_json = define("body", json_schema(fields));
        let mut form = json!({ "type": "object", "properties": { "json": as_json } });
        let mut content = Map::new();
        if let Some(file) = file {
            let schema =
                json!({ "type": "string", "contentMediaType": "application/octet-stream", "description": file.about });
            form["properties"][file.name] = schema;
            let mut needed = vec!["json"];
            needed.extend(file.required.then_some(file.name));
            form["required"] = json!(needed);
        }
        if !file.as_ref().is_some_and(|file| file.required) {
            content.insert(JSON.to_owned(), json!({ "schema": as_json }));
            let texts = define("form", form_schema(fields));
            content.insert("application/x-www-form-urlencoded".to_owned(), json!({ "schema": texts }));
        }
        let encoding = json!({ "json": { "contentType": JSON } });
        content.insert("multipart/form-data".to_owned(), json!({ "schema": form, "encoding": encoding }));
        json!({ "required": required, "content": content })
    }

    fn responses(&self, generator: &mut SchemaGenerator) -> Value {
        let problem = generator.subschema_for::<Problem>().to_value();
        let mut responses = Map::new();
        if let Some(shape) = &self.shape {
            let content = json!({ self.media: { "schema": shape.schema(generator) } });
            responses.insert("200".to_owned(), json!({ "description": "What was asked for.", "content": content }));
        }
        let always = [
            (!self.query.is_empty()).then_some((400, "An argument is missing or wrong.")),
            self.body.is_some().then_some((400, "A field is missing or wrong.")),
            self.login.then_some((401, "The credentials are missing, wrong or expired.")),
            self.path.contains('{').then_some((404, "What the path names does not exist.")),
            self.body.is_some().then_some((413, "The body is too large.")),
        ];
        let mut others: Vec<(u16, &str)> = self.others.clone();
        for (status, when) in always.into_iter().flatten() {
            if !others.iter().any(|(other, _)| *other == status) {
                others.push((status, when));
            }
        }
        others.sort_unstable();
        for (status, when) in others {
            let mut answer = json!({ "description": when });
            if status >= 400 {
                answer["content"] = json!({ JSON: { "schema": problem } });
            }
            responses.insert(status.to_string(), answer);
        }
        Value::Object(responses)
    }
}

/// What stands in paths, by name.
fn part_of_path(name: &str) -> (&'static str, Value) {
    let text = json!({ "type": "string", "minLength": 1 });
    match name {
        "id" => ("The build's number.", json!({ "type": "integer", "minimum": 0 })),
        "chain" => ("The chain's number.", json!({ "type": "integer", "minimum": 0 })),
        "owner" => ("The owner: a user, or a group's alias behind `@`.", text),
        "project" => ("The project's name.", text),
        "dir" => ("The project's name, or that of one of its directories.", text),
        "chroot" => ("The chroot's name, such as `fedora-44-x86_64`.", text),
        "name_release" => ("A chroot's name without the architecture; the answer does not depend on it.", text),
        "package" => ("The package's name.", text),
        "source_type" => ("The kind of source.", json!({ "enum": ["scm", "pypi", "rubygems", "custom", "distgit"] })),
        "who" => ("A user's name.", text),
        _ => ("", text),
    }
}
