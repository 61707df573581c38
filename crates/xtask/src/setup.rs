//! `cargo xtask setup`: what the machine must have, and how to get what it has not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use copr_testkit::{ARCHIVED, ENVIRONMENTS, Environment, GENERATORS, Proof, Python, VIRTUALENV, archives, run};

/// Something that has to be there, and the packages that bring it.
struct Need {
    what: What,
    debian: &'static str,
    fedora: &'static str,
}

enum What {
    Program(&'static str),
    /// One of these files.
    File(&'static [&'static str]),
    /// Debian leaves this part of Python's library out of `python3`.
    PythonModule(&'static str),
    /// What extensions of Python are compiled with.
    PythonHeaders,
}

/// Besides the programs that [`copr_testkit::TOOLS`] lists.
const FURTHER: &[Need] = &[
    Need {
        what: What::File(&[
            "/usr/lib/python3/dist-packages/dnf-plugins/copr.py",
            "/usr/share/doc/python3-dnf-plugins-core",
        ]),
        debian: "dnf-plugins-core",
        fedora: "python3-dnf-plugins-core",
    },
    Need {
        what: What::File(&[
            "/usr/share/keyrings/debian-archive-keyring.gpg",
            "/usr/share/keyrings/debian-archive-keyring.pgp",
        ]),
        debian: "debian-archive-keyring",
        fedora: "debian-keyring",
    },
    Need {
        what: What::File(&["/usr/lib/apache2/modules/mod_dav_svn.so", "/usr/lib64/httpd/modules/mod_dav_svn.so"]),
        debian: "libapache2-mod-svn",
        fedora: "mod_dav_svn",
    },
    // PyPI has Python's binding to the Kerberos library as source only.
    Need { what: What::PythonHeaders, debian: "python3-dev", fedora: "python3-devel" },
    // tito imports it.
    Need { what: What::PythonModule("rpm"), debian: "python3-rpm", fedora: "python3-rpm" },
    Need { what: What::PythonModule("ensurepip"), debian: "python3-venv", fedora: "python3-pip" },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Debian,
    Fedora,
}

/// Installs what is missing, or with `check_only` says what is; quick when all is there.
pub fn setup(check_only: bool) -> Result<()> {
    let family = family(&fs::read_to_string("/etc/os-release").unwrap_or_default());
    let missing = missing_packages(family.unwrap_or(Family::Debian));
    let environments: Vec<&Environment> =
        ENVIRONMENTS.iter().filter(|one| !one.is_made() && is_possible(one)).collect();
    let archives = !archives().join("complete").exists();
    if missing.is_empty() && environments.is_empty() && !archives {
        eprintln!("setup: everything is there");
        return Ok(());
    }
    if check_only {
        let archives = archives.then(|| format!("archives of {}", ARCHIVED.0));
        let from_pypi = environments.iter().map(|one| words(one)).chain(archives);
        bail!("missing: {}", missing.into_iter().map(str::to_owned).chain(from_pypi).collect::<Vec<_>>().join(", "));
    }
    if !missing.is_empty() {
        match family {
            Some(family) => install(family, &missing)?,
            None => bail!(
                "this is neither Debian, Ubuntu nor Fedora; install what these packages of Debian hold: {}",
                missing.join(" ")
            ),
        }
    }
    environments.into_iter().try_for_each(make)?;
    if archives { fetch_archives() } else { Ok(()) }
}

/// Fetches what tests serve in place of PyPI.
fn fetch_archives() -> Result<()> {
    let ((name, version), place) = (ARCHIVED, archives());
    eprintln!("setup: archives of {name} {version} into {}", place.display());
    for kind in ["--only-binary=:all:", "--no-binary=:all:"] {
        let mut pip = run::program(GENERATORS.program("python"))?;
        pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", kind, "--dest"]);
        pip.arg(&place).arg(format!("{name}=={version}"));
        run::read(&mut pip).with_context(|| format!("can't fetch {name} {version} from PyPI"))?;
    }
    Ok(fs::write(place.join("complete"), "")?)
}

fn family(os_release: &str) -> Option<Family> {
    let ids: Vec<&str> = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .collect();
    if ids.iter().any(|id| matches!(*id, "debian" | "ubuntu")) {
        Some(Family::Debian)
    } else if ids.contains(&"fedora") {
        Some(Family::Fedora)
    } else {
        None
    }
}

fn missing_packages(family: Family) -> Vec<&'static str> {
    let tools = copr_testkit::TOOLS.iter().map(|tool| Need {
        what: What::Program(tool.program),
        debian: tool.debian,
        fedora: tool.fedora,
    });
    let mut packages: Vec<&str> = tools
        .collect::<Vec<_>>()
        .iter()
        .chain(FURTHER)
        .filter(|need| !is_there(&need.what))
        .map(|need| match family {
            Family::Debian => need.debian,
            Family::Fedora => need.fedora,
        })
        .collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

fn is_there(what: &What) -> bool {
    match what {
        What::Program(name) => copr_testkit::find(name).is_some(),
        What::File(paths) => paths.iter().any(|path| Path::new(path).exists()),
        What::PythonModule(name) => python_can(&format!("import venv, {name}")),
        What::PythonHeaders => python_can("import sysconfig; open(sysconfig.get_path('include') + '/Python.h')"),
    }
}

fn python_can(script: &str) -> bool {
    let attempt = python().and_then(|python| run::tried(run::program(python)?.args(["-c", script])));
    attempt.is_ok_and(|done| done.status.success())
}

/// The system's Python before one from a version manager: Debian's packages belong to the former.
fn python() -> Result<PathBuf> {
    let system = PathBuf::from("/usr/bin/python3");
    if system.exists() {
        return Ok(system);
    }
    copr_testkit::find("python3").context("`python3` is not installed")
}

fn install(family: Family, packages: &[&str]) -> Result<()> {
    eprintln!("setup: installing {}", packages.join(", "));
    let by_hand = match family {
        Family::Debian => "apt-get install --no-install-recommends",
        Family::Fedora => "dnf install",
    };
    let done = match family {
        Family::Debian => install_debian(packages),
        Family::Fedora => install_fedora(packages),
    };
    done.with_context(|| format!("can't install packages; as root: {by_hand} {}", packages.join(" ")))
}

fn install_debian(packages: &[&str]) -> Result<()> {
    let apt = |arguments: &[&str]| {
        let mut words = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"];
        words.extend(["-o", "DPkg::Lock::Timeout=300"]);
        words.extend(arguments);
        run::passes(&mut privileged(&words)?)
    };
    apt(&["update"])?;
    let no_cluster = "/etc/postgresql-common/createcluster.d/coprd-setup.conf";
    let server = packages.contains(&"postgresql");
    if server {
        // Tests start a server of their own; Debian would make and start another one at installation.
        let write =
            format!("mkdir -p \"$(dirname {no_cluster})\" && echo 'create_main_cluster = false' > {no_cluster}");
        run::passes(&mut privileged(&["sh", "-c", &write])?)?;
    }
    let done = apt(&[&["install", "--no-install-recommends"], packages].concat());
    if server {
        run::passes(&mut privileged(&["rm", "-f", no_cluster])?)?;
    }
    done
}

fn install_fedora(packages: &[&str]) -> Result<()> {
    let words = ["dnf", "-y", "--setopt=install_weak_deps=False", "install"];
    run::passes(&mut privileged(&[&words[..], packages].concat())?)
}

/// A command run as the real root.
fn privileged(words: &[&str]) -> Result<Command> {
    if run::is_root() {
        let mut command = run::program(words[0])?;
        command.args(&words[1..]);
        return Ok(command);
    }
    if copr_testkit::find("sudo").is_none() {
        bail!("we are not root, and `sudo` is not installed");
    }
    let mut command = run::program("sudo")?;
    command.args(words);
    Ok(command)
}

/// Nobody can be asked to install a Python that distributions dropped.
fn is_possible(environment: &Environment) -> bool {
    match environment.python {
        Python::OneOf(versions) => copr_testkit::interpreter(versions).is_some(),
        Python::System | Python::SystemWithItsPackages | Python::SystemWithOldNames => true,
    }
}

/// Makes a virtual environment with unmodified packages, as their users have them.
fn make(environment: &Environment) -> Result<()> {
    let place = environment.place();
    eprintln!("setup: {} into {}", words(environment), place.display());
    if place.exists() {
        fs::remove_dir_all(&place)?; // a run that was interrupted
    }
    fs::create_dir_all(place.parent().context("the cache directory has a parent")?)?;
    run::read(maker(environment.python)?.arg(&place))?;
    for (name, version) in environment.packages {
        let mut pip = run::program(place.join("bin/python"))?;
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).arg(format!("{name}=={version}"));
        // The oldest clients ask the environment which version they are.
        run::read(pip.env("version", version)).with_context(|| format!("can't install {name} {version} from PyPI"))?;
    }
    match environment.proof {
        Proof::Import(module) => run::read(environment.python().args(["-c", &format!("import {module}")]))?,
        Proof::Program(name) => run::read(run::program(place.join("bin").join(name))?.arg("--version"))?,
    };
    fs::write(place.join("complete"), "")?;
    Ok(())
}

/// What makes a virtual environment of that Python in the directory that is to be its last argument.
fn maker(wanted: Python) -> Result<Command> {
    let Python::OneOf(versions) = wanted else {
        let mut venv = run::program(python()?)?;
        venv.args(["-m", "venv"]);
        if wanted == Python::SystemWithItsPackages {
            venv.arg("--system-site-packages");
        }
        return Ok(venv);
    };
    let interpreter = copr_testkit::interpreter(versions).context("the machine has no such Python")?;
    if !VIRTUALENV.is_made() {
        make(&VIRTUALENV)?;
    }
    let mut virtualenv = run::program(VIRTUALENV.program("virtualenv"))?;
    virtualenv.arg("--python").arg(interpreter);
    Ok(virtualenv)
}

/// As in `copr 2.7 and copr-cli 2.6`.
fn words(environment: &Environment) -> String {
    let packages: Vec<String> =
        environment.packages.iter().map(|(name, version)| format!("{name} {version}")).collect();
    packages.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_known_by_their_own_or_their_parents_id() {
        for (text, expected) in [
            ("ID=debian\n", Some(Family::Debian)),
            ("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n", Some(Family::Debian)),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Some(Family::Debian)),
            ("ID=fedora\nVERSION_ID=44\n", Some(Family::Fedora)),
            ("ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\n", Some(Family::Fedora)),
            ("ID=arch\n", None),
        ] {
            assert!(family(text) == expected, "{text}");
        }
    }
}
