//! Real packages of other projects, when they lie beside the checkout.

use std::path::{Path, PathBuf};

/// All packages below `../shared/testdata/rpms`; empty, and said aloud, when they are not there.
pub fn collected() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let found = ["shared", "../shared"].map(|place| top.join(place).join("testdata/rpms"));
    let Some(directory) = found.iter().find(|directory| directory.is_dir()) else {
        eprintln!("skipped: no collection of packages in `../shared/testdata/rpms`");
        return Vec::new();
    };
    let mut packages = Vec::new();
    for source in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if source.is_dir() {
            let files = std::fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path());
            packages.extend(files.filter(|path| path.extension().is_some_and(|ending| ending == "rpm")));
        }
    }
    packages.sort();
    packages
}
