//! A look at the machine before anything is asked of it.

use std::fmt;
use std::path::Path;

use copr_sandbox::Sandbox;

use crate::buildroot::resolve::Manager;
use crate::config::{Config, Engine};
use crate::tools::{self, Tools};

/// One fact about this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub subject: &'static str,
    /// Whether builds can do with it.
    pub verdict: Verdict,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Whether builds can do with what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Builds work, less well.
    Weak,
    /// No build works.
    Missing,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict {
            Verdict::Good => "ok",
            Verdict::Weak => "weak",
            Verdict::Missing => "missing",
        };
        write!(f, "{}: {word}: {}", self.subject, self.text)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Looks at isolation, programs and the data directory. Blocks for some 20 ms. A builder can work when
/// no finding is [`Verdict::Missing`].
pub fn check(config: &Config) -> Vec<Finding> {
    let mut findings = isolation(config);
    findings.push(package_manager());
    if config.engine == Engine::Mock {
        findings.push(mock(config));
    }
    findings.push(program("rpm", "rpm", Verdict::Missing, "base trees are installed by it"));
    findings.push(program(
        "gpg",
        "gpg",
        Verdict::Weak,
        "repositories with signed metadata can not be checked without it",
    ));
    findings.extend(sources(config));
    findings.push(data_dir(&config.data_dir));
    findings.push(good("architectures", config.arches.join(", ")));
    findings
}

fn good(subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { subject, verdict: Verdict::Good, text: text.into(), hint: None }
}

fn isolation(config: &Config) -> Vec<Finding> {
    let mut sandbox = config.sandbox.clone();
    if sandbox.stage == Path::new("/proc/self/exe") {
        sandbox.stage.clone_from(&config.program);
    }
    match Sandbox::new(sandbox) {
        Ok(sandbox) => {
            let capabilities = sandbox.capabilities();
            let weak = |line: &String| Finding {
                subject: "isolation",
                verdict: Verdict::Weak,
                text: line.clone(),
                hint: None,
            };
            let mut findings = vec![good("isolation", crate::header::isolation(capabilities))];
            findings.extend(capabilities.missing.iter().map(weak));
            findings
        }
        Err(error) => {
            let text = error.to_string();
            let (text, hint) = match text.split_once("\nhint: ") {
                Some((text, hint)) => (text.to_owned(), Some(hint.to_owned())),
                None => (text, None),
            };
            vec![Finding { subject: "isolation", verdict: Verdict::Missing, text, hint }]
        }
    }
}

fn mock(config: &Config) -> Finding {
    let subject = "mock";
    let missing =
        |text: String, hint: &str| Finding { subject, verdict: Verdict::Missing, text, hint: Some(hint.to_owned()) };
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    match crate::mock::find(config) {
        None => missing(
            format!("there is no `{}`, which the configuration wants packages to be built with", config.mock.display()),
            "install `mock`, or set `engine = \"native\"`",
        ),
        Some(_) if !root => missing(
            "mock makes its chroots as root, and this builder is another user".to_owned(),
            "run the builder as root, or set `engine = \"native\"`",
        ),
        Some(path) => good(subject, path.display().to_string()),
    }
}

fn package_manager() -> Finding {
    let subject = "package manager";
    match Manager::find() {
        None => Finding {
            subject,
            verdict: Verdict::Missing,
            text: "there is no `dnf` or `dnf5`, which buildroots are installed with".to_owned(),
            hint: Some("install `dnf` and `dnf-plugins-core`".to_owned()),
        },
        Some((Manager::Dnf4, path)) if !has_builddep() => Finding {
            subject,
            verdict: Verdict::Missing,
            text: format!("`{}` lacks its `builddep` plugin", path.display()),
            hint: Some("install `dnf-plugins-core`".to_owned()),
        },
        Some((_, path)) => good(subject, path.display().to_string()),
    }
}

/// dnf 4 keeps its plugins with Python's packages, wherever a distribution has those.
fn has_builddep() -> bool {
    let python = |directory: &str| {
        std::fs::read_dir(directory).into_iter().flatten().flatten().any(|entry| {
            let path = entry.path();
            entry.file_name().to_string_lossy().starts_with("python3")
                && ["dist-packages", "site-packages"]
                    .iter()
                    .any(|name| path.join(name).join("dnf-plugins/builddep.py").exists())
        })
    };
    python("/usr/lib") || python("/usr/lib64")
}

fn program(subject: &'static str, name: &str, without: Verdict, why: &str) -> Finding {
    let found = ["/usr/bin", "/bin", "/usr/sbin"]
        .iter()
        .map(|directory| Path::new(directory).join(name))
        .find(|path| path.exists());
    match found {
        Some(path) => good(subject, path.display().to_string()),
        None => Finding {
            subject,
            verdict: without,
            text: format!("there is no `{name}`; {why}"),
            hint: Some(format!("install `{name}`")),
        },
    }
}

/// The programs that make sources, and what is made elsewhere without them.
fn sources(config: &Config) -> Vec<Finding> {
    let tools = Tools::new(config.tools_dir.clone());
    let mut findings: Vec<Finding> = tools::ALL
        .into_iter()
        .map(|tool| match tools.find(tool) {
            Some(path) => good(tool.program, path.display().to_string()),
            None => Finding {
                subject: tool.program,
                verdict: Verdict::Weak,
                text: format!("there is no `{}`; {} are left to other builders", tool.program, tool.sources),
                hint: Some(format!("install the package `{}`, if this machine shall make them", tool.package)),
            },
        })
        .collect();
    if let Some(directory) = config.tools_dir.as_ref().filter(|directory| !directory.join("bin").is_dir()) {
        findings.push(Finding {
            subject: "tools directory",
            verdict: Verdict::Weak,
            text: format!("`{}` has no directory `bin`", directory.display()),
            hint: Some("make it with `python3 -m venv`, or name another".to_owned()),
        });
    }
    findings
}

fn data_dir(path: &Path) -> Finding {
    let subject = "data directory";
    let probe = path.join(format!(".probe-{}", std::process::id()));
    let written = std::fs::create_dir_all(path).and_then(|()| std::fs::write(&probe, b""));
    let _ = std::fs::remove_file(&probe);
    match written {
        Ok(()) => good(subject, path.display().to_string()),
        Err(error) => Finding {
            subject,
            verdict: Verdict::Missing,
            text: format!("`{}` can not be written: {error}", path.display()),
            hint: Some("give the builder a directory of its own that its user may write".to_owned()),
        },
    }
}
