//! Shell-style patterns in which users name chroots and forge projects, as Python's `fnmatch` reads them.

use glob::Pattern;

/// Whether a text fits a pattern. `*` stands for anything, slashes too, however many of it stand in a row; a pattern
/// that is broken stands for itself.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let mut plain = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        // Two in a row are something else to the library.
        if c != '*' || !plain.ends_with('*') {
            plain.push(c);
        }
    }
    pattern == text || Pattern::new(&plain).is_ok_and(|pattern| pattern.matches(text))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_are_those_of_fnmatch() {
        for (pattern, text, expected) in [
            ("fedora-*", "fedora-44-x86_64", true),
            ("fedora-**-x86_64", "fedora-44-x86_64", true),
            ("**", "", true),
            ("fedora-4[34]-*", "fedora-44-x86_64", true),
            ("fedora-4[!34]-*", "fedora-44-x86_64", false),
            ("fedora-?-x86_64", "fedora-44-x86_64", false),
            ("github.com/a/**", "github.com/a/b/c", true),
            ("github.com/a**", "github.com/a/b", true),
            ("Fedora-*", "fedora-44-x86_64", false),
            ("[x", "[x", true),
            ("[x", "x", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
