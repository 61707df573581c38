//! The fields of a request and how their values are read (contract, "Field conventions").

use copr_app::Refusal;
use copr_types::ChrootName;
use serde_json::Value;
use std::collections::BTreeMap;

/// Fields by name, each with the values that were sent, in their order. A body has room for a million names: looking for
/// one must not mean looking at all.
#[derive(Clone, Debug, Default)]
pub struct Fields(BTreeMap<String, Vec<String>>);

impl Fields {
    /// Takes names and values of a form or a query, where a name may come several times.
    pub fn of_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Refusal> {
        let mut fields = Self::default();
        for (name, value) in pairs {
            fields.add(name, value)?;
        }
        Ok(fields)
    }

    /// Takes the members of an object: texts, numbers, switches, and lists of them. What is null was not sent.
    pub fn of_json(bytes: &[u8]) -> Result<Self, Refusal> {
        let no_object = || Refusal::invalid("The body is not a JSON object.");
        let Ok(Value::Object(members)) = serde_json::from_slice(bytes) else { return Err(no_object()) };
        let mut fields = Self::default();
        for (name, value) in members {
            let values = match value {
                Value::Array(items) => items,
                Value::Null => continue,
                one => vec![one],
            };
            // A list without items was sent: it says that there are none.
            fields.0.entry(name.clone()).or_default();
            for value in values {
                let Some(word) = word(&value) else {
                    return Err(Refusal::invalid(format!(
                        "{name}: a text, a number, a switch or a list of them is needed"
                    )));
                };
                fields.add(name.clone(), word)?;
            }
        }
        Ok(fields)
    }

    fn add(&mut self, name: String, value: String) -> Result<(), Refusal> {
        // No name or text holds a NUL, and PostgreSQL refuses texts with one.
        if value.contains('\0') || name.contains('\0') {
            return Err(Refusal::invalid("a value can not hold a NUL character"));
        }
        self.0.entry(name).or_default().push(value);
        Ok(())
    }

    fn values(&self, name: &str) -> Option<&[String]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// Whether anything was sent under a name.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Text as it was sent, under the first of several names that was; of several texts the first.
    pub fn text(&self, names: &[&str]) -> Option<String> {
        let values = names.iter().find_map(|name| self.values(name))?;
        Some(values.first().cloned().unwrap_or_default())
    }

    /// The same without the blanks around it. Numbers come this way too: the rules for them are elsewhere.
    pub fn line(&self, names: &[&str]) -> Option<String> {
        self.text(names).map(|text| text.trim().to_owned())
    }

    /// A list: the words of all texts.
    pub fn words(&self, name: &str) -> Option<Vec<String>> {
        let values = self.values(name)?;
        Some(values.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect())
    }

    /// The same, where lists are kept as text.
    pub fn list(&self, name: &str) -> Option<String> {
        self.words(name).map(|words| words.join(" "))
    }

    /// A switch: the words for no are off, everything else is on.
    pub fn flag(&self, names: &[&str]) -> Option<bool> {
        self.text(names).map(|text| is_on(&text))
    }

    /// The chroots that were chosen, in either way: by a switch that is called like the chroot, or by name in a list. None
    /// when nothing was said.
    pub fn chroots(&self) -> Option<Vec<String>> {
        let listed = self.words("chroots");
        let chroots = self.0.iter().filter(|(name, _)| name.parse::<ChrootName>().is_ok());
        let switched = chroots.filter(|(_, values)| values.first().is_some_and(|value| is_on(value)));
        let switched: Vec<String> = switched.map(|(name, _)| name.clone()).collect();
        match (listed, switched) {
            (None, switched) if switched.is_empty() => None,
            (listed, switched) => Some(listed.into_iter().flatten().chain(switched).collect()),
        }
    }
}

/// Clients send `y` and nothing, or what Python prints for a boolean.
fn is_on(text: &str) -> bool {
    !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "false" | "0" | "n" | "no")
}

/// One value as a word.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(text: &str) -> Fields {
        Fields::of_pairs(url::form_urlencoded::parse(text.as_bytes()).into_owned()).expect("no NUL in it")
    }

    fn object(value: &Value) -> Result<Fields, String> {
        Fields::of_json(value.to_string().as_bytes()).map_err(|refusal| refusal.message)
    }

    #[test]
    fn the_words_for_no_are_off() {
        for off in ["", "false", "False", "0", "n", "no", " No "] {
            assert_eq!(form(&format!("x={off}")).flag(&["x"]), Some(false), "{off}");
        }
        for on in ["y", "yes", "True", "true", "1", "on", "x"] {
            assert_eq!(form(&format!("x={on}")).flag(&["x"]), Some(true), "{on}");
        }
        assert_eq!(form("y=y").flag(&["x"]), None);
        assert_eq!(form("y=y&x=").flag(&["x", "y"]), Some(false));
    }

    #[test]
    fn lists_are_split_at_blanks_and_gathered_from_repeated_names() {
        let fields = form("a=x+y%0Az&a=w&b=");
        assert_eq!(fields.list("a").as_deref(), Some("x y z w"));
        assert_eq!(fields.words("b"), Some(Vec::new()));
        assert_eq!(fields.words("c"), None);
        assert_eq!(fields.text(&["a"]).as_deref(), Some("x y\nz"));
    }

    #[test]
    fn as_many_names_as_a_body_has_room_for_are_read_and_found() {
        let fields = Fields::of_pairs((0..500_000).map(|n| (format!("{n:x}"), n.to_string()))).expect("no NUL in it");
        assert_eq!(fields.line(&["7a11f"]).as_deref(), Some("499999"));
    }

    #[test]
    fn chroots_are_switches_or_a_list_or_both() {
        let chosen = |text: &str| form(text).chroots().map(|chroots| chroots.join(" "));
        assert_eq!(chosen("fedora-20-x86_64=y&epel-7-x86_64=&name=a").as_deref(), Some("fedora-20-x86_64"));
        assert_eq!(chosen("chroots=a-1-b+c-1-d&chroots=e-1-f").as_deref(), Some("a-1-b c-1-d e-1-f"));
        assert_eq!(chosen("chroots=a-1-b&c-1-d=y").as_deref(), Some("a-1-b c-1-d"));
        assert_eq!(chosen("name=a&epel-7-x86_64="), None);
        assert_eq!(chosen("chroots=").as_deref(), Some(""));
        let list = json!({"chroots": ["a-1-b", "c-1-d"], "e-1-f": true, "g-1-h": false});
        let chroots = object(&list).expect("fields").chroots();
        assert_eq!(chroots, Some(["a-1-b", "c-1-d", "e-1-f"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn an_object_says_the_same_as_a_form() {
        let fields = object(&json!({"t": 100, "b": false, "l": ["a", 2], "n": null, "e": []})).expect("fields");
        assert_eq!(fields.line(&["t"]).as_deref(), Some("100"));
        assert_eq!((fields.flag(&["b"]), fields.flag(&["n"])), (Some(false), None));
        assert_eq!(fields.list("l").as_deref(), Some("a 2"));
        assert_eq!((fields.words("e"), fields.text(&["e"]).as_deref()), (Some(Vec::new()), Some("")));
    }

    #[test]
    fn what_is_no_field_is_refused() {
        for value in [json!([1]), json!("a"), json!(null)] {
            assert_eq!(object(&value).err().as_deref(), Some("The body is not a JSON object."));
        }
        for value in [json!({"a": {}}), json!({"a": [[1]]}), json!({"a": [null]})] {
            assert!(object(&value).is_err_and(|text| text.starts_with("a: ")), "{value}");
        }
        for value in [json!({"a": "\0"}), json!({"\0": "a"}), json!({"a": ["b", "\0"]})] {
            assert_eq!(object(&value).err().as_deref(), Some("a value can not hold a NUL character"));
        }
    }
}
