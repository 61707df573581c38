//! The programs of this machine that make sources, and the words by which the server knows of them.

use std::path::{Path, PathBuf};

use copr_types::Phase;

use crate::end::{self, End, Step};

/// A program that some sources are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    /// What is called; also the word for the server.
    pub program: &'static str,
    /// The package that brings it.
    pub package: &'static str,
    /// What can not be built without it.
    pub sources: &'static str,
}

pub(crate) const GIT: Tool = Tool { program: "git", package: "git", sources: "sources from git and dist-gits" };
pub(crate) const SVN: Tool = Tool { program: "svn", package: "subversion", sources: "sources from Subversion" };
pub(crate) const TITO: Tool = Tool { program: "tito", package: "tito", sources: "sources made by tito" };
pub(crate) const PYP2SPEC: Tool =
    Tool { program: "pyp2spec", package: "pyp2spec", sources: "sources from PyPI made by pyp2spec" };
pub(crate) const PYP2RPM: Tool =
    Tool { program: "pyp2rpm", package: "pyp2rpm", sources: "sources from PyPI made by pyp2rpm" };
pub(crate) const GEM2RPM: Tool =
    Tool { program: "gem2rpm", package: "rubygem-gem2rpm", sources: "sources from RubyGems" };

pub(crate) const RPMAUTOSPEC: Tool = Tool {
    program: "rpmautospec",
    package: "rpmautospec",
    sources: "spec files of dist-gits whose release or changelog is made from commits",
};

/// All of them.
pub(crate) const ALL: [Tool; 7] = [GIT, SVN, TITO, PYP2SPEC, PYP2RPM, GEM2RPM, RPMAUTOSPEC];

/// Where programs of the machine are looked for, besides the operator's directory.
const PLACES: [&str; 2] = ["/usr/local/bin", "/usr/bin"];

/// The programs, as far as sandboxes see them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tools {
    directory: Option<PathBuf>,
}

impl Tools {
    /// Those of the machine, and those below the operator's directory.
    pub fn new(directory: Option<PathBuf>) -> Tools {
        Tools { directory }
    }

    /// The operator's directory, if it is there.
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref().filter(|directory| directory.is_dir())
    }

    /// `PATH` for sandboxes that see the machine's programs.
    pub fn path(&self) -> String {
        let own = self.directory().map(|directory| format!("{}/bin:", directory.display())).unwrap_or_default();
        format!("{own}{}:/bin:/usr/sbin:/sbin", PLACES.join(":"))
    }

    /// Where a tool is.
    pub fn find(&self, tool: Tool) -> Option<PathBuf> {
        let own = self.directory().map(|directory| directory.join("bin"));
        let places = own.into_iter().chain(PLACES.map(PathBuf::from));
        places.map(|place| place.join(tool.program)).find(|path| path.is_file())
    }

    /// The words for the server.
    pub fn words(&self) -> Vec<String> {
        ALL.iter().filter(|tool| self.find(**tool).is_some()).map(|tool| tool.program.to_owned()).collect()
    }
}

/// The tool of a word.
pub(crate) fn of_word(word: &str) -> Option<Tool> {
    ALL.into_iter().find(|tool| tool.program == word)
}

/// Fails when this machine lacks what a source is made with: the server gives such tasks to others, so it has gone
/// since the builder began.
pub(crate) fn require(tools: &Tools, words: &[&str]) -> Step<()> {
    match words.iter().filter_map(|word| of_word(word)).find(|tool| tools.find(*tool).is_none()) {
        Some(tool) => Err(missing(tool)),
        None => Ok(()),
    }
}

/// The failure of a build for which a program is missing.
pub(crate) fn missing(tool: Tool) -> End {
    let Tool { program, package, sources } = tool;
    let message = format!("this builder lacks `{program}` for {sources}\nhint: install the package `{package}` on it");
    end::infrastructure(Phase::Srpm, message)
}
