//! Programs of Python's world, in virtual environments that `cargo xtask setup` makes: the unmodified clients, and what
//! judges the description of the API.

use std::path::PathBuf;

use crate::cache_dir;

/// A virtual environment with packages from PyPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Environment {
    /// What is installed, in this order: names of distributions and their versions.
    pub packages: &'static [(&'static str, &'static str)],
    /// What shows that it works.
    pub proof: Proof,
    /// Whether the system's own packages can be imported too.
    pub with_system: bool,
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
    packages: &[("copr", "2.7"), ("copr-cli", "2.6"), ("gssapi", "1.12.0"), ("requests-gssapi", "1.4.0")],
    proof: Proof::Program("copr-cli"),
    with_system: false,
};

/// python-copr of May 2024: the last one that posts where newer ones put and delete.
pub const OF_2024: Environment =
    Environment { packages: &[("copr", "1.132")], proof: Proof::Import("copr.v3"), with_system: false };

/// The clients of February 2020.
pub const OF_2020: Environment = Environment {
    packages: &[("copr", "1.101"), ("copr-cli", "1.85")],
    proof: Proof::Program("copr-cli"),
    with_system: false,
};

/// The clients of early 2019: the oldest release on PyPI that speaks version 3 of the API.
///
/// Its code for versions 1 and 2, which `import copr` loads too, wants the marshmallow of its time.
pub const OLDEST: Environment = Environment {
    packages: &[("marshmallow", "2.21.0"), ("copr", "1.93"), ("copr-cli", "1.79.1")],
    proof: Proof::Program("copr-cli"),
    with_system: false,
};

/// What generates requests from the description of the API and judges the answers. Its dependencies are none of the
/// clients' business.
pub const SCHEMATHESIS: Environment =
    Environment { packages: &[("schemathesis", "4.32.5")], proof: Proof::Program("schemathesis"), with_system: false };

/// What makes source packages. tito imports the binding of the system's rpm.
pub const GENERATORS: Environment = Environment {
    packages: &[("tito", "0.6.26"), ("pyp2spec", "0.16.0"), ("pyp2rpm", "3.3.10")],
    proof: Proof::Program("tito"),
    with_system: true,
};

/// A project of PyPI of which tests serve the archives themselves: its name and version.
pub const ARCHIVED: (&str, &str) = ("six", "1.17.0");

/// The archives of [`ARCHIVED`], source and wheel, which `cargo xtask setup` fetches.
pub fn archives() -> PathBuf {
    let (name, version) = ARCHIVED;
    cache_dir().join(format!("archives-{name}-{version}"))
}

/// All of them.
pub const ENVIRONMENTS: &[Environment] = &[NEWEST, OF_2024, OF_2020, OLDEST, SCHEMATHESIS, GENERATORS];

impl Environment {
    /// Where it is; it need not exist yet.
    ///
    /// The name holds the packages and their versions: others are another environment.
    pub fn place(&self) -> PathBuf {
        let packages: Vec<String> = self.packages.iter().map(|(name, version)| format!("{name}-{version}")).collect();
        cache_dir().join(format!("venv-{}", packages.join("-")))
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
