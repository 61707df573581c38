//! Source files that people name by address or upload: the rules for their names.

use copr_types::FileName;
use url::Url;

/// What a source file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceFile {
    /// A source package.
    Srpm,
    /// A spec file.
    Spec,
}

/// What a file is by its name, whatever the case of its letters.
pub fn kind_of(name: &str) -> Option<SourceFile> {
    let name = name.to_ascii_lowercase();
    if name.ends_with(".src.rpm") || name.ends_with(".nosrc.rpm") {
        Some(SourceFile::Srpm)
    } else if name.ends_with(".spec") {
        Some(SourceFile::Spec)
    } else {
        None
    }
}

/// Why an address can not be a source. `Display` is the contract's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Not an address.
    #[error(
        "A list of http[s] URLs separated by whitespace characters is needed ('{0}' doesn't seem to be a valid URL)."
    )]
    NotHttp(String),
    /// An address of something else.
    #[error("URLs must end with .src.rpm, .nosrc.rpm, or .spec ('{0}' doesn't seem to be a valid URL).")]
    NotSource(String),
}

/// The file's name in an address of an SRPM or a spec file.
pub fn file_of_url(text: &str) -> Result<FileName, BadUrl> {
    let url = Url::parse(text).ok().filter(|_| crate::repos::is_http(text));
    let url = url.ok_or_else(|| BadUrl::NotHttp(text.to_owned()))?;
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let file = sanitise(last).filter(|file| kind_of(file.as_str()).is_some());
    file.ok_or_else(|| BadUrl::NotSource(text.to_owned()))
}

/// A file name that is safe everywhere: the last part of what was given, blanks and odd characters as `_`
/// (`he llo.spec` → `he_llo.spec`), no leading dots. `None` when nothing is left.
pub fn sanitise(name: &str) -> Option<FileName> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut safe = String::new();
    for c in last.chars() {
        if c.is_ascii_alphanumeric() || "._-+~^".contains(c) {
            safe.push(c);
        } else if !safe.ends_with('_') {
            safe.push('_');
        }
    }
    safe.trim_start_matches(['.', '-']).trim_end_matches(['.', '_', '-']).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_uploads_are_made_safe() {
        let safe = |name: &str| sanitise(name).map(|name| name.to_string());
        assert_eq!(safe("he llo.spec").as_deref(), Some("he_llo.spec"));
        assert_eq!(safe("../../etc/passwd.spec").as_deref(), Some("passwd.spec"));
        assert_eq!(safe("foo-1.0~rc1^git-1.src.rpm").as_deref(), Some("foo-1.0~rc1^git-1.src.rpm"));
        assert_eq!(safe("-x.spec").as_deref(), Some("x.spec"));
        assert_eq!(safe("příliš.src.rpm").as_deref(), Some("p_li_.src.rpm"));
        assert_eq!(safe("žluť.spec").as_deref(), Some("_lu_.spec"));
        assert_eq!(safe(".."), None);
    }

    #[test]
    fn addresses_must_be_http_and_end_in_a_source() {
        assert_eq!(file_of_url("http://x.org/a/foo-1-1.src.rpm?y=1").unwrap().as_str(), "foo-1-1.src.rpm");
        assert!(matches!(file_of_url("ftp://x/foo.spec"), Err(BadUrl::NotHttp(_))));
        assert!(matches!(file_of_url("http://x/.src.rpm"), Err(BadUrl::NotSource(_))));
        assert!(matches!(file_of_url("http://x/..spec"), Err(BadUrl::NotSource(_))));
        assert!(matches!(file_of_url("http://x/foo.tar.gz"), Err(BadUrl::NotSource(_))));
    }
}
