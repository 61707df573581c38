//! The three files that every repository has, and what stands around their packages.

use super::Fragments;

/// One of the three files that describe packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Names, dependencies, places.
    Primary,
    /// All files.
    Filelists,
    /// Changelogs.
    Other,
}

impl Kind {
    /// All of them, in the order of `repomd.xml`.
    pub const ALL: [Kind; 3] = [Kind::Primary, Kind::Filelists, Kind::Other];

    /// As `repomd.xml` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Primary => "primary",
            Kind::Filelists => "filelists",
            Kind::Other => "other",
        }
    }

    /// The name of the root element.
    fn root(self) -> &'static str {
        match self {
            Kind::Primary => "metadata",
            Kind::Filelists => "filelists",
            Kind::Other => "otherdata",
        }
    }

    fn namespaces(self) -> &'static str {
        match self {
            Kind::Primary => {
                r#"xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm""#
            }
            Kind::Filelists => r#"xmlns="http://linux.duke.edu/metadata/filelists""#,
            Kind::Other => r#"xmlns="http://linux.duke.edu/metadata/other""#,
        }
    }

    /// What stands before the packages.
    pub(super) fn head(self, packages: u64) -> String {
        let (root, namespaces) = (self.root(), self.namespaces());
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} {namespaces} packages=\"{packages}\">\n")
    }

    /// What stands behind them.
    pub(super) fn tail(self) -> String {
        format!("</{}>\n", self.root())
    }

    /// Its piece of a package's.
    pub(super) fn of(self, fragments: &Fragments) -> &[u8] {
        match self {
            Kind::Primary => &fragments.primary,
            Kind::Filelists => &fragments.filelists,
            Kind::Other => &fragments.other,
        }
    }
}
