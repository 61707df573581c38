//! Bodies and queries as chance makes them up: every one is read or refused, and none breaks anything.

use super::fields::Fields;
use super::sources::Source;
use bolero::check;
use copr_app::Kind;
use serde_json::Value;

const NAMES: [&str; 4] = ["chroots", "timeout", "fedora-44-x86_64", "python_versions"];

/// Reads every field in every way.
fn read_all(fields: &Fields) {
    for name in NAMES {
        assert!(fields.text(&[name]).is_none_or(|text| !text.contains('\0')));
        let words = fields.words(name).unwrap_or_default();
        assert!(words.iter().all(|word| !word.is_empty() && !word.contains(char::is_whitespace)));
        let _ = (fields.line(&[name]), fields.list(name), fields.flag(&[name]));
    }
    let _ = fields.chroots();
    for kind in ["git_and_tito", "mock_scm", "pypi", "scm"] {
        let _ = Source::read(fields, kind).for_both_pythons();
    }
}

#[test]
fn any_form_is_fields_or_refused() {
    check!().with_type::<(String, Vec<(u8, String)>)>().for_each(|(name, pairs)| {
        let names = [&NAMES[..], &[name.as_str()]].concat();
        let pairs =
            pairs.iter().map(|(which, value)| (names[usize::from(*which) % names.len()].to_owned(), value.clone()));
        match Fields::of_pairs(pairs) {
            Ok(fields) => read_all(&fields),
            Err(refusal) => assert_eq!(refusal.kind, Kind::Invalid),
        }
    });
}

#[test]
fn any_bytes_are_an_object_or_refused() {
    check!().with_type::<(u8, String, Vec<u8>, bool)>().for_each(|(which, text, bytes, flag)| {
        let values = [
            Value::String(text.clone()),
            Value::from(bytes.clone()),
            serde_json::json!({ text.clone(): flag }),
            Value::Bool(*flag),
            serde_json::json!([[text], null]),
            Value::Null,
        ];
        let members = NAMES.iter().zip(usize::from(*which)..);
        let object: Value = members.map(|(name, n)| ((*name).to_owned(), values[n % values.len()].clone())).collect();
        for bytes in [object.to_string().into_bytes(), bytes.clone()] {
            match Fields::of_json(&bytes) {
                Ok(fields) => read_all(&fields),
                Err(refusal) => assert_eq!(refusal.kind, Kind::Invalid),
            }
        }
    });
}
