use std::path::PathBuf;

/// Why a configuration can't be used. `Display` is for people; no secret stands in it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("can't read the configuration `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML, or a value of the wrong type or form.
    #[error("`{}`, line {line}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A key that does not exist.
    #[error("`{}`, line {line}: there is no key `{key}`{}", path.display(), hint(.nearest))]
    Key {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The key with its section.
        key: String,
        /// The key that looks most like it.
        nearest: Option<String>,
    },
    /// A variable that does not exist.
    #[error("the environment variable `{name}` means nothing to coprd{}", hint(.nearest))]
    Variable {
        /// The variable.
        name: String,
        /// The variable that looks most like it.
        nearest: Option<String>,
    },
    /// A variable whose value can't be used.
    #[error("the environment variable `{name}`: {message}")]
    VariableValue {
        /// The variable.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// A flag whose value can't be used.
    #[error("`{flag}`: {message}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// What is wrong.
        message: String,
    },
    /// A value that breaks the rule of its key.
    #[error("`{key}` {rule}")]
    Rule {
        /// The key with its section.
        key: &'static str,
        /// What it must be, and what it is.
        rule: String,
    },
    /// A configuration file in a data directory belongs to that one.
    #[error(
        "`{}` says `data_dir = \"{}\"`, but the file in a data directory is for that directory\n\
         hint: remove the line, or name the file with `--config`", path.display(), other.display()
    )]
    OtherDataDir {
        /// The file.
        path: PathBuf,
        /// The directory it names.
        other: PathBuf,
    },
    /// No home to put the data directory in.
    #[error("there is neither `HOME` nor `XDG_DATA_HOME` to keep state in\nhint: say `--data-dir DIR`")]
    NoDataDir,
    /// A path that can't be made absolute.
    #[error("can't use the path `{}`", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("\nhint: did you mean `{name}`?"))
}
