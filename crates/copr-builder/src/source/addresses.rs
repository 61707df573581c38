//! The sources and patches that a spec file names, read from it after all macros are expanded.

/// One `Source:` or `Patch:` of an expanded spec file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// To be fetched; rpm calls the file by the address's last part.
    Address { url: String, file: String },
    /// A file that has to be there already.
    File(String),
}

impl Named {
    /// The name that the file will have.
    pub fn file(&self) -> &str {
        match self {
            Named::Address { file, .. } | Named::File(file) => file,
        }
    }
}

/// Reads what `rpmspec -P` printed. Only the preamble counts, as for rpm: descriptions and change
/// logs may well have lines that begin with `Source:`.
pub(crate) fn named(expanded: &str) -> Vec<Named> {
    enum Part {
        Preamble,
        List,
        Other,
    }
    let mut part = Part::Preamble;
    let mut found = Vec::new();
    for line in expanded.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('%') {
            let word = section.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
            match word {
                "package" => part = Part::Preamble,
                "sourcelist" | "patchlist" => part = Part::List,
                _ if SECTIONS.contains(&word) => part = Part::Other,
                _ => {}
            }
            continue;
        }
        let value = match part {
            Part::Preamble => tag_value(line),
            Part::List => (!line.is_empty() && !line.starts_with('#')).then_some(line),
            Part::Other => None,
        };
        if let Some(value) = value {
            let one = name(value);
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

const SECTIONS: [&str; 24] = [
    "description",
    "prep",
    "generate_buildrequires",
    "conf",
    "build",
    "install",
    "check",
    "clean",
    "changelog",
    "files",
    "pre",
    "post",
    "preun",
    "postun",
    "pretrans",
    "posttrans",
    "preuntrans",
    "postuntrans",
    "triggerin",
    "triggerun",
    "triggerpostun",
    "filetriggerin",
    "transfiletriggerin",
    "verifyscript",
];

/// The value of `Source7: value`, whatever the case of the tag.
fn tag_value(line: &str) -> Option<&str> {
    let (tag, value) = line.split_once(':')?;
    let tag = tag.trim().to_ascii_lowercase();
    let number = tag.strip_prefix("source").or_else(|| tag.strip_prefix("patch"))?;
    let value = value.trim();
    (number.chars().all(|c| c.is_ascii_digit()) && !value.is_empty()).then_some(value)
}

/// rpm takes what follows the last slash as the file's name, the fragment included:
/// `https://host/download?id=7#/name-1.0.tar.gz`.
fn name(value: &str) -> Named {
    let file = value.rsplit('/').next().unwrap_or_default().to_owned();
    if value.contains("://") { Named::Address { url: value.to_owned(), file } } else { Named::File(file) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preamble_names_the_sources_and_nothing_else_does() {
        let spec = "Name: x\nSource0:   https://example.org/x-1.tar.gz\nsource: https://h/get?id=1#/y.tgz\nPatch12: fix.patch\n\
                    %global not a section\nSource5: dir/plain.txt\n%description\nSource: https://no.example/\n\
                    %package devel\nSource6: https://example.org/z\n%changelog\n- Source: no\nSource0: x\n";
        let address = |url: &str, file: &str| Named::Address { url: url.into(), file: file.into() };
        assert_eq!(
            named(spec),
            [
                address("https://example.org/x-1.tar.gz", "x-1.tar.gz"),
                address("https://h/get?id=1#/y.tgz", "y.tgz"),
                Named::File("fix.patch".into()),
                Named::File("plain.txt".into()),
                address("https://example.org/z", "z"),
            ]
        );
    }

    #[test]
    fn lists_of_sources_are_read_too() {
        let spec = "Name: x\n%sourcelist\nhttps://example.org/a.tar\n\nb.conf\n%patchlist\nc.patch\n%prep\nd\n";
        let files: Vec<_> = named(spec).iter().map(|one| one.file().to_owned()).collect();
        assert_eq!(files, ["a.tar", "b.conf", "c.patch"]);
    }
}
