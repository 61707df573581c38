//! Tags that name a version of a package.

/// Whether a tag is that of a version of a package: `<package>-<version>` or `<package>-<version>-<release>`, with `_` as good as
/// `-`. What stands for version and release has a digit in it.
pub fn is_of(tag: &str, package: &str) -> bool {
    // Tags may stand below something: `release/hello-1.0`.
    let names = [tag, tag.rsplit('/').next().unwrap_or_default()];
    names.iter().any(|name| names_version(name, &package.replace('_', "-")))
}

fn names_version(tag: &str, package: &str) -> bool {
    let parts: Vec<&str> = tag.split(['-', '_']).collect();
    let is_number = |part: &&str| part.chars().any(|c| c.is_ascii_digit());
    (1..=2).any(|dropped| {
        let Some(left) = parts.len().checked_sub(dropped).filter(|left| *left > 0) else { return false };
        let (name, numbers) = parts.split_at(left);
        numbers.iter().all(is_number) && name.join("-") == package
    })
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn tags_are_told_apart() {
        for (tag, package, expected) in [
            ("hello-1.0", "hello", true),
            ("hello-1.0-2", "hello", true),
            ("hello_1.0", "hello", true),
            ("hello_1.0-2.fc44", "hello", true),
            ("hello-v1", "hello", true),
            ("releases/hello-1.0", "hello", true),
            ("hello-world-1", "hello_world", true),
            ("hello_world_1_2", "hello-world", true),
            ("python3-six-1.17.0-1", "python3-six", true),
            ("hello2-1.0", "hello2", true),
            ("hello2-1.0", "hello", false),
            ("hello-2-1.0", "hello-2", true),
            // It may be release 1.0 of version 2 as well.
            ("hello-2-1.0", "hello", true),
            ("hello-1-2-3", "hello", false),
            ("hello-world-1.0", "hello", false),
            ("hello-1.0-rc", "hello", false),
            ("hello-one", "hello", false),
            ("hello", "hello", false),
            ("1.0", "hello", false),
            ("v1.0", "hello", false),
            ("-1.0", "hello", false),
            ("", "hello", false),
        ] {
            assert_eq!(is_of(tag, package), expected, "{tag} {package}");
        }
    }
}
