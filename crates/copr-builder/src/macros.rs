//! The rpm macros of a task, as the `~/.rpmmacros` of the build user.

use std::fmt::Write as _;

use copr_types::ChrootDefinition;

/// Where builds happen inside; mock's place, which specs and tools have come to know.
pub(crate) const TOP: &str = "/builddir/build";

/// What every source build has besides: rpm fetches by itself what a spec file names, and over these protocols alone.
pub(crate) const OF_SOURCES: [(&str, &str); 3] =
    [("dist", ""), ("_disable_source_fetch", "0"), ("__urlhelper_localopts", "--proto -all,+https,+ftps")];

/// The file's text for programs that run on the builder's own rpm, whose macros are those of the machine.
pub(crate) fn of_tools(task: &[(String, String)], host: &str) -> String {
    let mut text = String::new();
    let task = task.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let host = host_name(host);
    write(&mut text, [("_buildhost", host.as_str())].into_iter().chain(task).chain(OF_SOURCES));
    text
}

/// The file's text: the chroot's macros, those that every build has, the task's, and `last`.
pub(crate) fn text(
    definition: &ChrootDefinition,
    host: &str,
    task: &[(String, String)],
    last: &[(&str, &str)],
) -> String {
    let host = host_name(host);
    let fixed =
        [("_topdir", TOP), ("_rpmfilename", "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm"), ("_buildhost", &host)];
    let mut text = String::new();
    let chroot = definition.macros.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let task = task.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    write(&mut text, chroot.chain(fixed).chain(task).chain(last.iter().copied()));
    text
}

/// The same for a program that writes the file itself and has the fixed ones: names without `%`, values of one line.
pub(crate) fn pairs(definition: &ChrootDefinition, host: &str, task: &[(String, String)]) -> Vec<(String, String)> {
    let chroot = definition.macros.iter().map(|(name, value)| (name.clone(), value.clone()));
    let all = chroot.chain([("_buildhost".to_owned(), host_name(host))]).chain(task.iter().cloned());
    all.filter_map(|(name, value)| one(&name, &value)).collect()
}

fn host_name(host: &str) -> String {
    let host: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).collect();
    if host.is_empty() { "builder".to_owned() } else { host }
}

fn write<'a>(text: &mut String, macros: impl Iterator<Item = (&'a str, &'a str)>) {
    for (name, value) in macros.filter_map(|(name, value)| one(name, value)) {
        let _ = writeln!(text, "%{name} {value}");
    }
}

/// A macro that can do nothing but be one; `None` when its name is none.
fn one(name: &str, value: &str) -> Option<(String, String)> {
    let name = name.trim_start_matches('%');
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    // A line end would begin another macro, and a macro without a body is an error.
    let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // A backslash at the end would take the next line with it.
    let value = value.trim_end().trim_end_matches('\\').to_owned();
    let value = if value.trim().is_empty() { "%{nil}".to_owned() } else { value };
    Some((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_can_not_define_another_macro() {
        let definition =
            serde_json::from_value(serde_json::json!({"releasever": "1", "install": [], "repos": []})).unwrap();
        let task = [
            ("vendor".to_owned(), "me\n%__spec_install_post evil\\".to_owned()),
            ("bad name".to_owned(), "x".to_owned()),
            ("%buildtag".to_owned(), ".copr7".to_owned()),
        ];
        let text = text(&definition, "build er\n1", &task, &[("dist", "")]);
        let expected = "%_topdir /builddir/build\n\
                        %_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm\n\
                        %_buildhost builder1\n\
                        %vendor me %__spec_install_post evil\n\
                        %buildtag .copr7\n\
                        %dist %{nil}\n";
        assert_eq!(text, expected);
    }
}
