//! Reading fragments back: what a published package says that it provides and needs.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::repomd::attribute;
use crate::{Dependency, Error};

/// What a package's part of `primary` says about dependencies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// `src` for a source package.
    pub arch: String,
    /// `[epoch:]version-release`; epoch 0 is left out.
    pub evr: String,
    /// What it provides.
    pub provides: Vec<Dependency>,
    /// What it needs to be installed, or to be built when it is a source package.
    pub requires: Vec<Dependency>,
    /// The files that `primary` names: programs, configuration, and few others.
    pub files: Vec<String>,
}

impl Described {
    /// Reads the `<package>` element of `primary`.
    pub fn read(primary: &[u8]) -> Result<Described, Error> {
        let mut reader = Reader::from_reader(primary);
        let mut buffer = Vec::new();
        let mut found = Described::default();
        let (mut list, mut text) = (List::Neither, Text::Other);
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer).map_err(bad)? {
                Event::Start(start) => match start.name().as_ref() {
                    "rpm:provides" => list = List::Provides,
                    "rpm:requires" => list = List::Requires,
                    "arch" => text = Text::Arch,
                    "file" => {
                        found.files.push(String::new());
                        text = Text::File;
                    }
                    "rpm:entry" => found.entry(list, &start)?,
                    "version" => found.evr = evr(&start)?,
                    _ => {}
                },
                Event::Empty(start) => match start.name().as_ref() {
                    "rpm:entry" => found.entry(list, &start)?,
                    "version" => found.evr = evr(&start)?,
                    _ => {}
                },
                Event::Text(words) => found.text(text, &words),
                Event::GeneralRef(name) => found.text(text, referred(&name)),
                Event::End(end) => match end.name().as_ref() {
                    "rpm:provides" | "rpm:requires" => list = List::Neither,
                    "arch" | "file" => text = Text::Other,
                    _ => {}
                },
                Event::DocType(_) => return Err(bad("it has a document type")),
                Event::Eof => return Ok(found),
                _ => {}
            }
        }
    }

    fn entry(&mut self, list: List, start: &BytesStart<'_>) -> Result<(), Error> {
        let entries = match list {
            List::Provides => &mut self.provides,
            List::Requires => &mut self.requires,
            List::Neither => return Ok(()),
        };
        let name = attribute(start, "name")?;
        let comparison = match attribute(start, "flags").unwrap_or_default().as_str() {
            "LT" => "<",
            "LE" => "<=",
            "EQ" => "=",
            "GE" => ">=",
            "GT" => ">",
            _ => "",
        };
        let version = if comparison.is_empty() { String::new() } else { evr(start)? };
        entries.push(Dependency { name, comparison: comparison.to_owned(), version });
        Ok(())
    }

    fn text(&mut self, text: Text, words: &str) {
        match text {
            Text::Arch => self.arch.push_str(words),
            Text::File => {
                if let Some(file) = self.files.last_mut() {
                    file.push_str(words);
                }
            }
            Text::Other => {}
        }
    }
}

#[derive(Clone, Copy)]
enum List {
    Provides,
    Requires,
    Neither,
}

#[derive(Clone, Copy)]
enum Text {
    Arch,
    File,
    Other,
}

/// The characters that XML has names for.
fn referred(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

/// When a package was built, in seconds since 1970, by its part of `primary`. `None` when it does not say.
pub fn build_time(primary: &[u8]) -> Option<i64> {
    let mut reader = Reader::from_reader(primary);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Empty(start) | Event::Start(start) if start.name().as_ref() == "time" => {
                return attribute(&start, "build").ok()?.parse().ok().filter(|time| *time > 0);
            }
            Event::DocType(_) | Event::Eof => return None,
            _ => {}
        }
    }
}

fn evr(start: &BytesStart<'_>) -> Result<String, Error> {
    let epoch = attribute(start, "epoch").unwrap_or_default();
    let version = attribute(start, "ver")?;
    let release = attribute(start, "rel").unwrap_or_default();
    let mut evr = if matches!(epoch.as_str(), "" | "0") { version } else { format!("{epoch}:{version}") };
    if !release.is_empty() {
        evr = format!("{evr}-{release}");
    }
    Ok(evr)
}

fn bad(what: impl ToString) -> Error {
    Error::BadMetadata { file: "primary".to_owned(), what: what.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_build_is_read_where_it_stands() {
        let primary = br#"<package type="rpm"><name>a</name><summary>build="5" &lt;time build="6"/&gt;</summary>
            <time file="7" build="1700000000"/></package>"#;
        assert_eq!(build_time(primary), Some(1_700_000_000));
        for unsaid in [&b"<package/>"[..], b"<package><time file=\"1\"/></package>", b"<time build=\"0\"/>", b"<", b""]
        {
            assert_eq!(build_time(unsaid), None);
        }
    }

    #[test]
    fn dependencies_come_back_as_they_went_in() {
        let primary = br#"<package type="rpm"><name>lib</name><arch>x86_64</arch>
            <version epoch="1" ver="2.0" rel="3"/><format>
            <rpm:provides><rpm:entry name="lib" flags="EQ" epoch="1" ver="2.0" rel="3"/>
              <rpm:entry name="pkgconfig(a&amp;b)" flags="EQ" epoch="0" ver="2.0"/>
              <rpm:entry name="lib.so.1()(64bit)"/></rpm:provides>
            <rpm:requires><rpm:entry name="glibc" flags="GE" epoch="0" ver="2"/></rpm:requires>
            <rpm:conflicts><rpm:entry name="old"/></rpm:conflicts>
            <file>/usr/bin/a&amp;b</file></format></package>"#;
        let found = Described::read(primary).expect("it can be read");
        let words = |list: &[Dependency]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!((found.arch.as_str(), found.evr.as_str()), ("x86_64", "1:2.0-3"));
        assert_eq!(words(&found.provides), ["lib = 1:2.0-3", "pkgconfig(a&b) = 2.0", "lib.so.1()(64bit)"]);
        assert_eq!(words(&found.requires), ["glibc >= 2"]);
        assert_eq!(found.files, ["/usr/bin/a&b"]);
        assert!(Described::read(b"<package><rpm:provides><rpm:entry/></rpm:provides></package>").is_err());
    }
}
