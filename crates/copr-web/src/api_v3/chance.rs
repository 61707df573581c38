//! Bodies and queries as chance makes them up: every one is read or refused, and none breaks anything. As plain tests
//! these try some thousand; `cargo bolero test NAME` goes on for as long as it is let.

use super::body::Form;
use super::fields::Fields;
use super::python::{dict_repr, str_repr};
use super::query::Query;
use crate::Web;
use crate::authorization::credentials;
use crate::form::FilePart;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use bolero::check;
use copr_app::{App, Kind, Rules};
use copr_db::Db;
use copr_sign::{Expiry, KeyStore, KeyType, LocalSigner};
use copr_store::Store;
use copr_types::Clock;
use serde_json::Value;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

const NAMES: [&str; 4] = ["chroots", "timeout", "pkgs", "builds"];

/// Reads every field in every way.
fn read_all(fields: &Fields) {
    for name in NAMES {
        let text = fields.text(&[name]);
        assert!(text.is_none_or(|text| !text.contains('\0')));
        let _ = (fields.line(name), fields.list(name), fields.words(name), fields.commas(&[name]));
        let _ = (fields.numbers(name), fields.flag(&[name]), fields.need(name).is_ok());
    }
}

#[test]
fn any_json_object_is_fields_or_refused() {
    check!().with_type::<(u8, String, Vec<Option<i64>>, bool)>().for_each(|(which, text, numbers, flag)| {
        let values = [
            Value::String(text.clone()),
            Value::from(numbers.clone()),
            serde_json::json!({ text.clone(): numbers }),
            Value::Bool(*flag),
            serde_json::json!([[text], { "a": null }]),
            Value::from(numbers.first().copied().flatten()),
        ];
        let object = NAMES
            .iter()
            .zip(usize::from(*which)..)
            .map(|(name, n)| ((*name).to_owned(), values[n % values.len()].clone()))
            .collect();
        if let Ok(fields) = Fields::new(object) {
            read_all(&fields);
        }
    });
}

#[test]
fn any_query_is_arguments_or_refused() {
    check!().with_type::<String>().for_each(|text| {
        for text in [text.clone(), format!("limit={text}&order={text}"), format!("a={text}&a=&=&offset={text}")] {
            if let Ok(query) = Query::read(&text) {
                let _ = (query.get("a"), query.need("a").is_ok(), query.flag("a"), query.all("a").count());
                if let Ok(paging) = query.paging("copr", &["id"]) {
                    assert!(paging.offset >= 0 && paging.limit.is_none_or(|limit| limit > 0));
                }
            }
        }
    });
}

#[test]
fn any_authorization_is_somebody_or_nobody() {
    check!().with_type::<Vec<u8>>().for_each(|bytes| {
        let texts = [bytes.clone(), [b"Basic ".as_slice(), bytes].concat()];
        for value in texts.iter().filter_map(|bytes| HeaderValue::from_bytes(bytes).ok()) {
            let _ = credentials(&HeaderMap::from_iter([(header::AUTHORIZATION, value)]));
        }
    });
}

#[test]
fn any_text_can_be_shown_as_python_shows_it() {
    check!().with_type::<String>().for_each(|text| {
        let shown = str_repr(text);
        assert!(shown.len() >= 2 && !shown.contains(['\n', '\r', '\0']));
        assert!(dict_repr(&[(text.as_str(), vec![text.clone()])]).starts_with('{'));
    });
}

fn web(data: &std::path::Path, runtime: &tokio::runtime::Runtime) -> Web {
    let database = format!("sqlite://{}", data.join("test.sqlite").display());
    let keys = KeyStore::open(data.join("keys")).expect("a place for keys");
    let app = App {
        db: runtime.block_on(Db::open(&database)).expect("a database"),
        clock: Clock::system(),
        store: Store::open(data).expect("a store"),
        signer: Arc::new(LocalSigner::new(keys, KeyType::Ed25519, Expiry::Never)),
        rules: Arc::new(Rules::default()),
        shelf: None,
        desk: copr_app::lease::Desk::default(),
    };
    Web::new(app)
}

/// Whole bodies in each encoding, also broken off in the middle; what came of the file is gone afterwards.
#[test]
fn any_body_is_a_form_or_refused_and_leaves_nothing_behind() {
    let data = copr_testkit::temp_dir();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let web = web(data.path(), &runtime);
    // What a request that panics leaves behind in these is looked at by nobody: the test has failed then.
    let (web, runtime) = (AssertUnwindSafe(web), AssertUnwindSafe(runtime));
    const LIMIT: u64 = 64;
    let file = FilePart { name: "pkgs", limit: LIMIT };
    check!().with_iterations(1_000).with_type::<(u8, Vec<u8>, Vec<u8>, u16)>().for_each(
        |(kind, name, content, cut)| {
            let boundary = "b0undary";
            let part = |head: &str, bytes: &[u8]| {
                [format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(), bytes, b"\r\n"]
                    .concat()
            };
            let name = String::from_utf8_lossy(name).replace(['\r', '\n'], "");
            let whole = match kind % 5 {
                0 => content.clone(),
                1 => [b"{\"chroots\": ".as_slice(), content, b"}"].concat(),
                2 => part(&format!("name=\"pkgs\"; filename=\"{name}\""), content),
                3 => [part(&format!("name=\"{name}\""), content), part("name=\"json\"; filename=\"json\"", content)]
                    .concat(),
                _ => [part("name=\"pkgs\"; filename=\"a.spec\"", content), part("name=\"json\"", b"{\"timeout\": 1}")]
                    .concat(),
            };
            let mut bytes = whole;
            bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            bytes.truncate(bytes.len().saturating_sub(usize::from(*cut) % 64));
            for kind in [
                "application/json",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=b0undary",
                "",
                "x/y",
            ] {
                let request = Request::builder().header(header::CONTENT_TYPE, kind).body(Body::from(bytes.clone()));
                let read = runtime.block_on(Form::read(request.expect("a request"), &web, Some(file)));
                match read {
                    Ok(form) => {
                        read_all(&form.fields);
                        assert!(form.file.is_none_or(|file| file.upload().size <= LIMIT));
                    }
                    Err(refusal) => {
                        assert!(matches!(refusal.kind, Kind::Invalid | Kind::TooLarge), "{}", refusal.inside())
                    }
                }
            }
            let left = std::fs::read_dir(data.path().join("uploads")).expect("the upload area").count();
            assert_eq!(left, 0, "an upload was left behind");
        },
    );
}
