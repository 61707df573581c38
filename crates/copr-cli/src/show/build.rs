//! Builds.

use serde::Serialize;
use std::io::{self, Write};

use super::Show;
use crate::terminal::{of_state, painted};

/// Builds that were asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Submitted {
    /// The project, by the name that it has in the service.
    pub project: String,
    /// The builds.
    pub builds: Vec<Stated>,
}

impl Show for Submitted {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Build was added to {}:", self.project)?;
        self.builds.iter().filter_map(|build| build.url.as_ref()).try_for_each(|url| writeln!(out, "  {url}"))?;
        let numbers: Vec<String> = self.builds.iter().map(|build| build.id.to_string()).collect();
        writeln!(out, "Created builds: {}", numbers.join(" "))
    }
}

/// A build, and how far it is.
#[derive(Clone, Debug, Serialize)]
pub struct Stated {
    /// Its number.
    pub id: u64,
    /// Its state.
    pub state: String,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Show for Stated {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.state)
    }

    fn coloured(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", painted(&self.state, of_state(&self.state), true))
    }
}

/// Builds that were watched.
#[derive(Clone, Debug, Serialize)]
pub struct Builds {
    /// How they are now.
    pub builds: Vec<Stated>,
}

impl Show for Builds {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        self.builds.iter().try_for_each(|build| writeln!(out, "{}: {}", build.id, build.state))
    }
}

/// A build that is seen in another state than before.
#[derive(Clone, Debug, Serialize)]
pub struct Watched {
    /// The time of day.
    pub time: String,
    /// The build.
    pub build: u64,
    /// Its state.
    pub state: String,
}

impl Watched {
    fn line(&self, out: &mut dyn Write, colours: bool) -> io::Result<()> {
        let state = painted(&self.state, of_state(&self.state), colours);
        writeln!(out, "  {} Build {}: {state}", self.time, self.build)
    }
}

impl Show for Watched {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        self.line(out, false)
    }

    fn coloured(&self, out: &mut dyn Write) -> io::Result<()> {
        self.line(out, true)
    }
}
