//! Builds.

use serde::Serialize;
use std::io::{self, Write};

use super::Show;

/// Builds that were asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Submitted {
    /// The project, by the name that it has in the service.
    pub project: String,
    /// The builds' numbers.
    pub builds: Vec<u64>,
    /// Their pages.
    pub urls: Vec<String>,
}

impl Show for Submitted {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Build was added to {}:", self.project)?;
        self.urls.iter().try_for_each(|url| writeln!(out, "  {url}"))?;
        let numbers: Vec<String> = self.builds.iter().map(u64::to_string).collect();
        writeln!(out, "Created builds: {}", numbers.join(" "))
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

impl Show for Watched {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "  {} Build {}: {}", self.time, self.build, self.state)
    }
}
