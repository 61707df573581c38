//! Programs of Python's world, in virtual environments that `cargo xtask setup` makes: the unmodified clients, and what
//! judges the description of the API.

use std::env;
use std::path::{Path, PathBuf};

use crate::{cache_dir, run};

/// A virtual environment with packages from PyPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Which Python it is made of.
    pub python: Python,
    /// What is installed, in this order: names of distributions and their versions.
    pub packages: &'static [(&'static str, &'static str)],
    /// What shows that it works.
    pub proof: Proof,
}

/// Which Python an environment is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Python {
    /// The system's.
    System,
    /// The system's, which can import the system's own packages too.
    SystemWithItsPackages,
    /// The system's, which is given back what it no longer has by `python/sitecustomize.py` when it starts.
    SystemWithOldNames,
    /// The first of these versions, as in `2.7`, that the machine has. Where it has none there is no environment.
    OneOf(&'static [&'static str]),
}

/// What shows that an environment works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A module can be imported.
    Import(&'static str),
    /// A program says its version.
    Program(&'static str),
}

/// The newest releases of python-copr and copr-cli, with what they need to log in by Kerberos.
pub const NEWEST: Environment = Environment {
    python: Python::System,
    packages: &[("copr", "2.7"), ("copr-cli", "2.6"), ("gssapi", "1.12.0"), ("requests-gssapi", "1.4.0")],
    proof: Proof::Program("copr-cli"),
};

/// python-copr of May 2024: the last one that posts where newer ones put and delete.
pub const OF_2024: Environment =
    Environment { python: Python::System, packages: &[("copr", "1.132")], proof: Proof::Import("copr.v3") };

/// The clients of February 2020.
pub const OF_2020: Environment = Environment {
    python: Python::System,
    packages: &[("copr", "1.101"), ("copr-cli", "1.85")],
    proof: Proof::Program("copr-cli"),
};

/// The clients of early 2019: the oldest release on PyPI that speaks version 3 of the API.
///
/// Its code for versions 1 and 2, which `import copr` loads too, wants the marshmallow of its time.
pub const OLDEST: Environment = Environment {
    python: Python::System,
    packages: &[("marshmallow", "2.21.0"), ("copr", "1.93"), ("copr-cli", "1.79.1")],
    proof: Proof::Program("copr-cli"),
};

/// python-copr of May 2020: the last one that speaks version 1 of the API, and version 2, with the marshmallow of its time.
pub const LAST_WITH_V1: Environment = Environment {
    python: Python::System,
    packages: &[("marshmallow", "2.21.0"), ("copr", "1.109"), ("copr-cli", "1.65")],
    proof: Proof::Program("copr-cli"),
};

/// python-copr of August 2021: the last one that speaks version 2 of the API.
pub const LAST_WITH_V2: Environment =
    Environment { python: Python::System, packages: &[("copr", "1.112")], proof: Proof::Import("copr.client_v2") };

const RELEASE_1_63: &[(&str, &str)] = &[("marshmallow", "2.21.0"), ("copr", "1.63")];

/// python-copr of January 2016, which speaks versions 1 and 2 of the API.
///
/// It asks `collections` for a name that moved away in Python 3.10.
pub const OF_2016: Environment = Environment {
    python: Python::SystemWithOldNames,
    packages: RELEASE_1_63,
    proof: Proof::Import("copr.client_v2.client"),
};

/// The same on a Python of its time, where the machine has one: version 2 submits builds on Python 2 only.
pub const OF_2016_ON_OLD_PYTHON: Environment =
    Environment { python: Python::OneOf(&["2.7", "3.9", "3.8", "3.7", "3.6"]), ..OF_2016 };

/// What makes environments of Pythons that come without `venv`; the last release that knows Python 2.
pub const VIRTUALENV: Environment =
    Environment { python: Python::System, packages: &[("virtualenv", "20.21.1")], proof: Proof::Program("virtualenv") };

/// What generates requests from the description of the API and judges the answers. Its dependencies are none of the
/// clients' business.
pub const SCHEMATHESIS: Environment = Environment {
    python: Python::System,
    packages: &[("schemathesis", "4.32.5")],
    proof: Proof::Program("schemathesis"),
};

/// What makes source packages. tito imports the binding of the system's rpm.
pub const GENERATORS: Environment = Environment {
    python: Python::SystemWithItsPackages,
    packages: &[
        ("tito", "0.6.26"),
        ("pyp2spec", "0.16.0"),
        ("pyp2rpm", "3.3.10"),
        ("rpmautospec", "0.8.5"),
        ("pygit2", "1.21.0"),
    ],
    proof: Proof::Program("tito"),
};

/// A project of PyPI of which tests serve the archives themselves: its name and version.
pub const ARCHIVED: (&str, &str) = ("six", "1.17.0");

/// The archives of [`ARCHIVED`], source and wheel, which `cargo xtask setup` fetches.
pub fn archives() -> PathBuf {
    let (name, version) = ARCHIVED;
    cache_dir().join(format!("archives-{name}-{version}"))
}

/// All that tests use.
pub const ENVIRONMENTS: &[Environment] = &[
    NEWEST,
    OF_2024,
    OF_2020,
    OLDEST,
    LAST_WITH_V2,
    LAST_WITH_V1,
    OF_2016,
    OF_2016_ON_OLD_PYTHON,
    SCHEMATHESIS,
    GENERATORS,
];

impl Environment {
    /// Where it is; it need not exist yet.
    ///
    /// The name holds the packages and their versions: others are another environment.
    pub fn place(&self) -> PathBuf {
        let packages: Vec<String> = self.packages.iter().map(|(name, version)| format!("{name}-{version}")).collect();
        let old = if matches!(self.python, Python::OneOf(_)) { "-on-old-python" } else { "" };
        cache_dir().join(format!("venv-{}{old}", packages.join("-")))
    }

    /// Whether `cargo xtask setup` has made it.
    pub fn is_made(&self) -> bool {
        self.place().join("complete").exists()
    }

    /// Its Python with nothing of this process's environment, told where to find what it needs beside it.
    ///
    /// # Panics
    /// As [`Environment::program`].
    pub fn python(&self) -> std::process::Command {
        let mut python = crate::command(self.program("python"));
        python.env_clear();
        if self.python == Python::SystemWithOldNames {
            python.env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")).join("python"));
        }
        python
    }

    /// A program of the environment: `copr-cli`, or `python` to run scripts that `import copr`.
    ///
    /// # Panics
    /// When `cargo xtask setup` has not made the environment.
    pub fn program(&self, name: &str) -> PathBuf {
        let path = self.place().join("bin").join(name);
        assert!(path.exists(), "no `{}`\nhint: `cargo xtask setup` installs what tests need from PyPI", path.display());
        path
    }
}

/// A program of the newest clients' environment.
///
/// # Panics
/// As [`Environment::program`].
pub fn client(program: &str) -> PathBuf {
    NEWEST.program(program)
}

/// The interpreter of the first of these versions that the machine has: in `PATH`, or where pyenv keeps them.
pub fn interpreter(versions: &[&str]) -> Option<PathBuf> {
    versions.iter().flat_map(|version| places(version)).find(|path| runs(path))
}

fn places(version: &str) -> Vec<PathBuf> {
    let program = format!("python{version}");
    let mut places: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let pyenv = env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")));
    let kept = pyenv.and_then(|root| root.join("versions").read_dir().ok()).into_iter().flatten().flatten();
    places.extend(kept.map(|one| one.path().join("bin")));
    places.into_iter().map(|place| place.join(&program)).filter(|path| path.exists()).collect()
}

/// pyenv also has programs of that name in `PATH` which only say what they are not.
fn runs(python: &Path) -> bool {
    run::program(python)
        .and_then(|mut python| run::tried(python.args(["-c", "import ssl"])))
        .is_ok_and(|done| done.status.success())
}
