//! What a spec file says that will be built: names of packages, their `Provides`, and files that rpm makes capabilities of.
//!
//! Read from the text, with the few macros that one can know without the distribution: what the file defines itself, the
//! package's name, version and release, and the usual directories. All branches of conditionals are taken. So this is a
//! guess, and meant to be one: it says which of several packages is to be built first, before any of them was. What no one
//! can know (capabilities that rpm's generators find in compiled files) is left out, never invented.
//!
//! ```
//! use copr_rpm::foreseen::{Known, of_spec};
//!
//! let spec = "Name: libx\n%package devel\nSummary: x\n%files\n%files devel\n%{_libdir}/pkgconfig/x.pc\n";
//! let found = of_spec(spec, "libx", "1.0-1");
//! let names: Vec<&str> = found.iter().map(|one| one.provide.name.as_str()).collect();
//! assert_eq!(names, ["libx", "libx-devel", "pkgconfig(x)", "/usr/lib64/pkgconfig/x.pc"]);
//! assert_eq!(found[2].known, Known::File("/usr/lib64/pkgconfig/x.pc".to_owned()));
//! ```

mod macros;

use crate::Dependency;
use macros::Macros;

/// Something that will be provided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// What.
    pub provide: Dependency,
    /// How it is known.
    pub known: Known,
}

/// What in the spec file says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// The name of a package.
    Package,
    /// A line `Provides`.
    Provides,
    /// A file, which it packages.
    File(String),
}

/// Nobody's spec file provides more.
const MOST: usize = 20_000;

/// What the spec file of a source package says that will be provided. `evr` is that of the source package.
pub fn of_spec(text: &str, name: &str, evr: &str) -> Vec<Foreseen> {
    let mut reader = Reader::new(name, evr);
    for line in joined(text) {
        if reader.found.len() >= MOST {
            break;
        }
        reader.line(&line);
    }
    reader.finish()
}

/// Lines, those put together that a backslash joins.
fn joined(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        let (line, more) = match line.strip_suffix('\\') {
            Some(line) => (line, true),
            None => (line, false),
        };
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.push(' ');
                last.push_str(line);
            }
            None => lines.push(line.to_owned()),
        }
        goes_on = more;
    }
    lines
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Tags: the beginning, and what follows `%package`.
    Tags,
    Files,
    /// Scripts, texts and the rest.
    Other,
}

struct Reader<'a> {
    name: &'a str,
    evr: &'a str,
    macros: Macros,
    section: Section,
    packages: Vec<String>,
    has_files: Vec<String>,
    found: Vec<Foreseen>,
}

impl<'a> Reader<'a> {
    fn new(name: &'a str, evr: &'a str) -> Self {
        let macros = Macros::of_package(name, evr);
        let (packages, has_files, found) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, evr, macros, section: Section::Tags, packages, has_files, found }
    }

    fn line(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        match first {
            "%global" | "%define" => self.define(line),
            "%package" => {
                self.section = Section::Tags;
                let package = self.section_of(line);
                self.packages.extend(package);
            }
            "%files" => {
                self.section = Section::Files;
                let package = self.section_of(line);
                self.has_files.extend(package);
            }
            _ if is_other_section(first) => self.section = Section::Other,
            _ => match self.section {
                Section::Tags => self.tag(line),
                Section::Files => self.file(line),
                Section::Other => {}
            },
        }
    }

    /// `%global name value`; macros with arguments are no values.
    fn define(&mut self, line: &str) {
        let mut words = line.splitn(3, char::is_whitespace).skip(1);
        if let (Some(name), Some(body)) = (words.next(), words.next())
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        {
            // What has a meaning that can not be known has none here; an older one would be wrong.
            match self.expanded(body.trim()) {
                Some(value) => self.macros.define(name, value),
                None => self.macros.forget(name),
            }
        }
    }

    /// The package that `%package` or `%files` is about.
    fn section_of(&self, line: &str) -> Option<String> {
        let line = self.expanded(line.trim_start_matches('%'))?;
        let mut words = line.split_whitespace().skip(1);
        let mut package = None;
        while let Some(word) = words.next() {
            match word {
                "-n" => package = words.next().map(str::to_owned),
                // A file with a list of files.
                "-f" => drop(words.next()),
                word if word.starts_with('-') => {}
                word => package = Some(format!("{}-{word}", self.name)),
            }
        }
        package.or_else(|| Some(self.name.to_owned())).filter(|name| is_name(name))
    }

    fn tag(&mut self, line: &str) {
        let Some((tag, value)) = line.split_once(':') else { return };
        // What the header says of the source package itself is better than what the text does.
        if tag.trim().eq_ignore_ascii_case("provides")
            && let Some(value) = self.expanded(value)
        {
            let provides = listed(&value).into_iter().filter(|one| !one.name.starts_with('('));
            self.found.extend(provides.map(|provide| Foreseen { provide, known: Known::Provides }));
        }
    }

    fn file(&mut self, line: &str) {
        let Some(line) = self.expanded(&without_directives(line)) else { return };
        for path in line.split_whitespace().filter(|word| word.starts_with('/')) {
            if path.contains(['*', '?', '[', '{', '"']) {
                continue;
            }
            let known = || Known::File(path.to_owned());
            let plain = |name: String| Dependency { name, comparison: String::new(), version: String::new() };
            if let Some(name) = generated(path) {
                self.found.push(Foreseen { provide: plain(name), known: known() });
            }
            self.found.push(Foreseen { provide: plain(path.to_owned()), known: known() });
        }
    }

    /// Names first. A package without `%files` is not built; where there is none at all nobody knows.
    fn finish(self) -> Vec<Foreseen> {
        let mut names = vec![self.name.to_owned()];
        names.extend(self.packages);
        if !self.has_files.is_empty() {
            names.retain(|name| self.has_files.contains(name));
        }
        let mut all: Vec<Foreseen> = Vec::new();
        for name in names {
            let provide = Dependency { name, comparison: "=".to_owned(), version: self.evr.to_owned() };
            let one = Foreseen { provide, known: Known::Package };
            if !all.contains(&one) {
                all.push(one);
            }
        }
        all.extend(self.found);
        all
    }

    fn expanded(&self, text: &str) -> Option<String> {
        self.macros.expanded(text)
    }
}

fn is_other_section(word: &str) -> bool {
    const SECTIONS: [&str; 26] = [
        "%description",
        "%prep",
        "%generate_buildrequires",
        "%conf",
        "%build",
        "%install",
        "%check",
        "%clean",
        "%pre",
        "%post",
        "%preun",
        "%postun",
        "%pretrans",
        "%posttrans",
        "%preuntrans",
        "%postuntrans",
        "%triggerin",
        "%triggerun",
        "%triggerprein",
        "%triggerpostun",
        "%filetriggerin",
        "%filetriggerun",
        "%transfiletriggerin",
        "%transfiletriggerun",
        "%verifyscript",
        "%changelog",
    ];
    SECTIONS.contains(&word)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
}

/// The list of a tag: capabilities with or without versions, by blanks or commas.
fn listed(value: &str) -> Vec<Dependency> {
    let words: Vec<&str> = value.split([' ', '\t', ',']).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let with = words.get(at..at + 3).map(|three| Dependency::parse(&three.join(" ")));
        match with.filter(|with| !with.comparison.is_empty()) {
            Some(with) => {
                found.push(with);
                at += 3;
            }
            None => {
                found.push(Dependency::parse(words[at]));
                at += 1;
            }
        }
    }
    found
}

/// A line of `%files` without `%config(noreplace)`, `%attr(…)` and the like. Directories are left out with their line, and
/// so is what `%doc` and `%license` name.
fn without_directives(line: &str) -> String {
    let mut rest = line.trim();
    loop {
        let word_end = rest.find(|c: char| !(c.is_alphanumeric() || c == '%' || c == '_')).unwrap_or(rest.len());
        match &rest[..word_end] {
            "%attr" | "%config" | "%verify" | "%caps" | "%lang" => {
                rest = &rest[word_end..];
                if let Some(inside) = rest.strip_prefix('(') {
                    rest = inside.split_once(')').map_or("", |(_, after)| after);
                }
                rest = rest.trim_start();
            }
            "%artifact" | "%missingok" | "%readme" => rest = rest[word_end..].trim_start(),
            "%dir" | "%doc" | "%license" | "%exclude" | "%ghost" | "%defattr" => return String::new(),
            _ => return rest.to_owned(),
        }
    }
}

/// The capability that rpm's generators make of a file of this name.
fn generated(path: &str) -> Option<String> {
    let (directory, file) = path.rsplit_once('/')?;
    if directory.ends_with("/pkgconfig") {
        return file.strip_suffix(".pc").map(|name| format!("pkgconfig({name})"));
    }
    if directory.contains("/cmake") {
        let name = file.strip_suffix("Config.cmake").or_else(|| file.strip_suffix("-config.cmake"))?;
        return Some(format!("cmake({name})"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(spec: &str) -> Vec<String> {
        of_spec(spec, "lib", "1:2.0-3").iter().map(|one| one.provide.to_string()).collect()
    }

    #[test]
    fn names_of_packages_are_found_with_macros_in_them() {
        let spec = "%global series 2\nName: lib\n%package -n other%{series}\nSummary: s\n%package devel\n\
                    %package unbuilt\n%package -n %{unknown}-x\n%description\nProvides: nothing\n\
                    %files\n%files -n other%{series} -f list\n%files devel\n";
        assert_eq!(words(spec), ["lib = 1:2.0-3", "other2 = 1:2.0-3", "lib-devel = 1:2.0-3"]);
        assert_eq!(words("Name: lib\n%package x\n%files x\n"), ["lib-x = 1:2.0-3"], "there is no main package");
        assert_eq!(words("Name: lib\n"), ["lib = 1:2.0-3"]);
    }

    #[test]
    fn provides_are_found_with_and_without_versions() {
        let spec = "Name: lib\nProvides: a = %{version}, b %{?nothing}\nprovides:c%{?_isa} = %{epoch}:%{version}-%{release}\n\
                    Provides: bundled(%{unknown}) = 1\n# Provides: no\nProvides: \\\n  d >= 1\n%files\n";
        assert_eq!(words(spec)[1..], ["a = 2.0", "b", "c = 1:2.0-3", "d >= 1"]);
    }

    #[test]
    fn files_become_the_capabilities_that_rpm_makes_of_them() {
        let spec = "Name: lib\n%files\n%dir %{_datadir}/lib\n%license COPYING\n%{_libdir}/pkgconfig/lib-2.pc\n\
                    %attr(0755,root,root) %{_bindir}/lib-config\n%config(noreplace) %{_sysconfdir}/lib.conf\n\
                    %{_libdir}/cmake/Lib/LibConfig.cmake\n%{_libdir}/pkgconfig/*.pc\n%{unknown}/x\n";
        assert_eq!(
            words(spec)[1..],
            [
                "pkgconfig(lib-2)",
                "/usr/lib64/pkgconfig/lib-2.pc",
                "/usr/bin/lib-config",
                "/etc/lib.conf",
                "cmake(Lib)",
                "/usr/lib64/cmake/Lib/LibConfig.cmake"
            ]
        );
    }

    #[test]
    fn macros_that_eat_themselves_come_to_nothing() {
        let spec = "%global a %{b}\n%global b %{c}%{c}\n%define c %%{c}%%{c}\nProvides: %{c}\n%files\n";
        assert_eq!(words(spec), ["lib = 1:2.0-3"]);
        assert_eq!(words("%global x 1\nProvides: %{!?x:no}%{?x:yes}%{?y:no} %x%?y\n%files\n")[1..], ["yes", "1"]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "(%|[%{}?!:a-c \n]|%package |%files |%global a |Provides: ){0,60}") {
            of_spec(&text, "lib", "1-1");
        }
    }
}
