//! What a file is to its readers, told by its name.

/// How a file is labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) content_type: &'static str,
    /// `Content-Encoding`, where the compression is not part of what the file is.
    pub(super) encoding: Option<&'static str>,
    /// `Cache-Control`, where one is due.
    pub(super) caching: Option<&'static str>,
}

const TEXT: &str = "text/plain; charset=utf-8";

/// The kind of a file by its name.
pub(super) fn of(name: &str) -> Kind {
    Kind {
        content_type: content_type(name),
        // As Copr's backend sends them: browsers and curl show the text (pipeline contract, "Tree on the backend").
        encoding: name.ends_with(".log.gz").then_some("gzip"),
        caching: caching(name),
    }
}

fn content_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        _ if name.ends_with(".log.gz") => TEXT,
        "rpm" => "application/x-rpm",
        "xml" => "text/xml",
        "json" => "application/json",
        "gz" | "tgz" => "application/gzip",
        "zst" | "zck" => "application/zstd",
        "xz" => "application/x-xz",
        "bz2" => "application/x-bzip2",
        // Armoured keys and signatures; browsers would offer `application/pgp-keys` as a download.
        "asc" | "key" | "gpg" => TEXT,
        // Never as HTML or SVG, whatever a build left here.
        "log" | "txt" | "spec" | "info" | "md" | "html" | "htm" | "svg" | "patch" | "diff" | "dir" | "repo" | "cfg" => {
            TEXT
        }
        "" if matches!(name, "success" | "fail") => TEXT,
        _ => "application/octet-stream",
    }
}

fn caching(name: &str) -> Option<&'static str> {
    if name.starts_with("repomd.xml") {
        // The one name under which content changes: everything else of a generation hangs on it.
        Some("no-cache")
    } else if name.ends_with(".log") {
        Some("no-store")
    } else if has_digest(name) {
        Some("public, max-age=31536000, immutable")
    } else {
        None
    }
}

/// Metadata named after its content: `<hex digest>-primary.xml.zst`.
fn has_digest(name: &str) -> bool {
    name.split_once('-').is_some_and(|(digest, rest)| {
        digest.len() >= 32 && rest.contains('.') && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_labelled_by_their_names() {
        let digest = "a".repeat(64);
        let table = [
            ("hello-1-1.noarch.rpm".to_owned(), "application/x-rpm", None, None),
            ("repomd.xml".to_owned(), "text/xml", None, Some("no-cache")),
            ("repomd.xml.asc".to_owned(), TEXT, None, Some("no-cache")),
            (
                format!("{digest}-primary.xml.zst"),
                "application/zstd",
                None,
                Some("public, max-age=31536000, immutable"),
            ),
            ("builder-live.log".to_owned(), TEXT, None, Some("no-store")),
            ("build.log.gz".to_owned(), TEXT, Some("gzip"), None),
            ("configs.tar.gz".to_owned(), "application/gzip", None, None),
            ("evil.html".to_owned(), TEXT, None, None),
            ("success".to_owned(), TEXT, None, None),
            ("rpm".to_owned(), "application/octet-stream", None, None),
            (
                format!("{digest}-1.0.tar"),
                "application/octet-stream",
                None,
                Some("public, max-age=31536000, immutable"),
            ),
        ];
        for (name, content_type, encoding, caching) in table {
            assert_eq!(of(&name), Kind { content_type, encoding, caching }, "{name}");
        }
    }
}
