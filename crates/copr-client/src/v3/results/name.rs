//! Names that may become names of files here. Whoever writes a listing may want to write elsewhere.

/// File systems take 255 bytes; what is not finished has a longer name.
const LONGEST: usize = 240;

/// Whether a name is one, and nothing more: it does not lead to another directory, is not hidden (so it never is one of
/// our unfinished files), and can be printed.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST
        && !name.starts_with('.')
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control)
}

/// Whether a path is made of such names alone.
pub(super) fn is_plain_path(path: &str) -> bool {
    path.split('/').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere() {
        for good in ["hello-1-1.x86_64.rpm", "fedora-review/review.txt", "hello-2.0~rc1^git+x.src.rpm", "žlutý kůň"]
        {
            assert!(is_plain_path(good), "{good}");
        }
        let long = "x".repeat(241);
        for bad in ["", "/etc/passwd", "..", "../x", "a/../b", "a//b", "a/", ".ssh", "a\\b", "a\nb", "a\0", &long] {
            assert!(!is_plain_path(bad), "{bad}");
        }
    }
}
