//! The files of `catalogue/`.

use crate::Entry;
use crate::error::Error;
use crate::expand::{self, Lists};
use crate::form::Document;
use std::sync::LazyLock;

macro_rules! files {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../../catalogue/", $name)))),*]
    };
}

const FILES: [(&str, &str); 19] = files!(
    "almalinux.toml" "amazonlinux.toml" "anolis.toml" "azure-linux.toml" "centos-stream.toml" "circlelinux.toml"
    "custom.toml" "epel.toml" "fedora.toml" "kylin.toml" "mageia.toml" "navy.toml" "openeuler.toml"
    "openmandriva.toml" "opensuse.toml" "oraclelinux.toml" "rhel.toml" "rocky.toml" "shared.toml"
);

struct Shipped {
    lists: Lists,
    entries: Vec<Entry>,
}

static SHIPPED: LazyLock<Shipped> =
    LazyLock::new(|| load(&FILES).expect("the shipped files are right: a test reads them all"));

pub(crate) fn entries() -> &'static [Entry] {
    &SHIPPED.entries
}

pub(crate) fn lists() -> &'static Lists {
    &SHIPPED.lists
}

fn load(files: &[(&str, &str)]) -> Result<Shipped, Error> {
    let documents =
        files.iter().map(|(file, text)| Document::read(file, text)).collect::<Result<Vec<Document>, Error>>()?;
    let mut lists = Lists::default();
    for document in &documents {
        debug_assert_eq!(lists.shared_with(document), None, "a list of this name is in two files");
        lists.take(document);
    }
    let mut entries = Vec::new();
    for document in &documents {
        lists.flatten(document)?;
        entries.extend(expand::document(document, &lists)?);
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Shipped { lists, entries })
}
