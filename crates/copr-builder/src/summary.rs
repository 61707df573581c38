//! What went wrong, in the words of rpmbuild and of the tools it ran.

use copr_sandbox::Exit;

/// The sentence for a build that rpmbuild gave up.
pub(crate) fn of_rpmbuild(output: &str, exit: Exit) -> String {
    let telling = telling_lines(output);
    let how = match exit {
        Exit::Exited(_) => "rpmbuild failed".to_owned(),
        Exit::Signaled(signal) => format!("rpmbuild was ended by signal {signal}"),
    };
    let hint = hint(&telling).map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    if telling.is_empty() { format!("{how} ({exit})") } else { format!("{how}:\n{telling}{hint}") }
}

/// rpm's errors alone.
pub(crate) fn errors(output: &str) -> String {
    telling_lines(output)
}

/// What to do about the mistakes that are made most.
fn hint(telling: &str) -> Option<String> {
    if let Some(program) = telling.lines().find_map(missing_program) {
        return Some(format!(
            "`{program}` is not in the buildroot: add a BuildRequires for it to the spec file, or its package to those of \
             the chroot"
        ));
    }
    let no_debug_files =
        telling.lines().any(|line| line.starts_with("error: Empty %files file ") && line.contains("/debug"));
    no_debug_files.then(|| {
        "nothing was compiled, so there is nothing for a debug package: say `BuildArch: noarch` or `%global debug_package \
         %{nil}` in the spec file"
            .to_owned()
    })
}

/// The program that a shell or make looked for in vain.
fn missing_program(line: &str) -> Option<&str> {
    let from_script = line.split_once("/rpm-tmp.").and_then(|(_, rest)| rest.split_once(": line ")?.1.split_once(": "));
    let from_make = line.starts_with("make").then(|| line.split_once(": ")).flatten();
    let (_, said) = from_script.or(from_make)?;
    let program = match said.split_once(": ")? {
        (program, "command not found" | "Command not found") => program,
        // A path that the shell was given, and not one that some command was.
        (program, "No such file or directory") if from_make.is_some() || program.starts_with('/') => program,
        _ => return None,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.+".contains(c);
    program.chars().all(plain).then_some(program)
}

/// rpmbuild's errors, with what the failing script said last before them.
fn telling_lines(output: &str) -> String {
    let lines: Vec<&str> = output.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).collect();
    let is_error = |line: &str| line.starts_with("error: ");
    let first = lines.iter().position(|line| is_error(line));
    let mut told: Vec<&str> = match first {
        Some(at) => {
            // The script's last words, less the shell's own tracing.
            let before = lines[..at].iter().rev().filter(|line| !is_noise(line)).take(4);
            let mut told: Vec<&str> = before.copied().collect();
            told.reverse();
            told.extend(lines[at..].iter().filter(|line| is_error(line)));
            told
        }
        None => {
            let mut told: Vec<&str> = lines.iter().rev().filter(|line| !is_noise(line)).take(5).copied().collect();
            told.reverse();
            told
        }
    };
    // rpmbuild says each error twice: when it happens and at the end.
    let mut seen = std::collections::HashSet::new();
    told.retain(|line| seen.insert(*line));
    told.truncate(10);
    let mut text = told.join("\n");
    text.truncate(text.char_indices().nth(1500).map_or(text.len(), |(at, _)| at));
    text
}

/// Lines that say where rpmbuild is, and not what is wrong.
fn is_noise(line: &str) -> bool {
    const BEGINNINGS: [&str; 13] = [
        "+ ",
        "++ ",
        "$ ",
        "Executing(",
        "warning: ",
        "Wrote: ",
        "RPM build ",
        "Building target platforms: ",
        "Building for target ",
        "Processing files: ",
        "Provides: ",
        "Requires",
        "rpm: ",
    ];
    BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

/// The lines that name missing dependencies.
pub(crate) fn missing(output: &str) -> String {
    let lines: Vec<&str> =
        output.lines().filter(|line| line.contains(" is needed by ") || line.contains(" conflicts with ")).collect();
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compilers_words_come_before_rpmbuilds() {
        let output = "+ cd broken\n+ make\ngcc -o broken broken.c\nbroken.c:3: error: 'x' undeclared\nmake: *** [broken] \
                      Error 1\nerror: Bad exit status from /var/tmp/rpm-tmp.a (%build)\n\nRPM build errors:\n    Bad exit \
                      status from /var/tmp/rpm-tmp.a (%build)\n";
        assert_eq!(
            of_rpmbuild(output, Exit::Exited(1)),
            "rpmbuild failed:\ngcc -o broken broken.c\nbroken.c:3: error: 'x' undeclared\nmake: *** [broken] Error 1\n\
             error: Bad exit status from /var/tmp/rpm-tmp.a (%build)"
        );
    }

    #[test]
    fn a_missing_program_is_a_missing_dependency() {
        let missing = |line: &str| missing_program(line).map(str::to_owned);
        assert_eq!(missing("/var/tmp/rpm-tmp.a: line 29: make: command not found").as_deref(), Some("make"));
        assert_eq!(
            missing("/var/tmp/rpm-tmp.a: line 29: /usr/bin/make: No such file or directory").as_deref(),
            Some("/usr/bin/make")
        );
        assert_eq!(missing("make: gcc: No such file or directory").as_deref(), Some("gcc"));
        assert_eq!(missing("make[1]: cc: Command not found").as_deref(), Some("cc"));
        assert_eq!(missing("/var/tmp/rpm-tmp.a: line 36: cd: x-0: No such file or directory"), None);
        assert_eq!(missing("make: *** [all] Error 1"), None);
        let told = of_rpmbuild("/var/tmp/rpm-tmp.a: line 2: cmake: command not found\nerror: x\n", Exit::Exited(1));
        assert!(told.contains("\nhint: `cmake` is not in the buildroot"), "{told}");
    }

    #[test]
    fn a_build_without_words_still_has_a_sentence() {
        assert_eq!(of_rpmbuild("", Exit::Signaled(9)), "rpmbuild was ended by signal 9 (signal 9)");
    }
}
