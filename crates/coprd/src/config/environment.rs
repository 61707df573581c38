//! Settings from the environment: `COPRD_LISTEN`, `COPRD_BUILDER__WORKERS` (two underscores between section and key).

use super::{ConfigError, keys};
use std::collections::BTreeMap;

const PREFIX: &str = "COPRD_";

/// Names the configuration file itself, so it is no key in it.
const CONFIG: &str = "COPRD_CONFIG";

/// A variable that sets a key.
pub(super) struct Setting {
    pub name: String,
    /// `["builder", "workers"]`.
    pub path: Vec<String>,
    pub value: String,
}

/// The variables of this process. One that is not UTF-8 matters only if it is ours.
pub(super) fn variables() -> Result<BTreeMap<String, String>, ConfigError> {
    let mut variables = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        match value.into_string() {
            Ok(value) => drop(variables.insert(name, value)),
            Err(_) if name.starts_with(PREFIX) => {
                return Err(ConfigError::VariableValue { name, message: "is not UTF-8".to_owned() });
            }
            Err(_) => {}
        }
    }
    Ok(variables)
}

/// The variables that are meant for coprd; one that it does not know is an error.
pub(super) fn settings(variables: &BTreeMap<String, String>) -> Result<Vec<Setting>, ConfigError> {
    let ours = variables.iter().filter(|(name, _)| name.starts_with(PREFIX) && *name != CONFIG);
    ours.map(|(name, value)| {
        let known = keys::all().into_iter().find(|key| variable_of(key) == *name);
        let key = known.ok_or_else(|| {
            let known = keys::all().iter().map(|key| variable_of(key)).chain([CONFIG.to_owned()]).collect::<Vec<_>>();
            ConfigError::Variable { name: name.clone(), nearest: keys::nearest(name, known) }
        })?;
        let path = key.split('.').map(str::to_owned).collect();
        Ok(Setting { name: name.clone(), path, value: value.clone() })
    })
    .collect()
}

/// `builder.workers` → `COPRD_BUILDER__WORKERS`.
fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}
