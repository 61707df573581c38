//! What went wrong, in the words of rpmbuild and of the tools it ran.

use copr_sandbox::Exit;

/// The sentence for a build that rpmbuild gave up.
pub(crate) fn of_rpmbuild(output: &str, exit: Exit) -> String {
    let telling = telling_lines(output);
    let how = match exit {
        Exit::Exited(_) => "rpmbuild failed".to_owned(),
        Exit::Signaled(signal) => format!("rpmbuild was ended by signal {signal}"),
    };
    if telling.is_empty() { format!("{how} ({exit})") } else { format!("{how}:\n{telling}") }
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
    fn a_build_without_words_still_has_a_sentence() {
        assert_eq!(of_rpmbuild("", Exit::Signaled(9)), "rpmbuild was ended by signal 9 (signal 9)");
    }
}
