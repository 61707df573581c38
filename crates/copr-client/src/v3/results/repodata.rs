//! What the metadata of a repository say about its package files: digest and length.

use flate2::read::MultiGzDecoder;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use reqwest::Method;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use url::Url;

use super::digest::Digest;
use crate::fetch;
use crate::transport::Transport;

/// Metadata of more bytes than this, compressed, are let alone.
const LARGEST: usize = 64 << 20;

/// A package file as its repository knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub digest: Digest,
    pub size: Option<u64>,
}

/// Path in a repository to what is known of the file.
pub(super) type Packages = HashMap<String, Known>;

/// What is known of the packages in the directory `below` of the repository `base`. Nothing when the repository has no
/// metadata that could be read: then there is nothing to compare with.
pub(super) async fn packages(transport: &Transport, base: &Url, below: &str) -> Packages {
    look(transport, base, below).await.unwrap_or_default()
}

async fn look(transport: &Transport, base: &Url, below: &str) -> Option<Packages> {
    let repomd = get(transport, &base.join("repodata/repomd.xml").ok()?).await?;
    let primary = primary(&repomd)?;
    let (url, below) = (base.join(&primary).ok()?, below.to_owned());
    let content = get(transport, &url).await?;
    tokio::task::spawn_blocking(move || parsed(&primary, &content, &below)).await.ok()?
}

async fn get(transport: &Transport, url: &Url) -> Option<Vec<u8>> {
    let answer = fetch::open(transport, Method::GET, url, &[]).await.ok()?;
    if !answer.status().is_success() {
        return None;
    }
    fetch::whole(transport, answer, LARGEST).await.ok()
}

/// The path of the file with the packages.
fn primary(repomd: &[u8]) -> Option<String> {
    let (mut reader, mut buffer) = (Reader::from_reader(repomd), Vec::new());
    let mut inside = false;
    loop {
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Start(tag) if tag.local_name().as_ref() == "data" => inside = attribute(&tag, "type")? == "primary",
            Event::Empty(tag) | Event::Start(tag) if inside && tag.local_name().as_ref() == "location" => {
                return attribute(&tag, "href");
            }
            Event::Eof => return None,
            _ => {}
        }
        buffer.clear();
    }
}

fn parsed(name: &str, content: &[u8], below: &str) -> Option<Packages> {
    match name.rsplit('.').next()? {
        "gz" => of_xml(BufReader::new(MultiGzDecoder::new(content)), below),
        "zst" => of_xml(BufReader::new(zstd::Decoder::new(content).ok()?), below),
        "xml" => of_xml(content, below),
        _ => None,
    }
}

/// What stands in one package.
#[derive(Default)]
struct Package {
    digest: Option<Digest>,
    size: Option<u64>,
    location: Option<String>,
}

fn of_xml(xml: impl BufRead, below: &str) -> Option<Packages> {
    let (mut reader, mut buffer) = (Reader::from_reader(xml), Vec::new());
    let (mut packages, mut package, mut checksum) = (Packages::new(), Package::default(), None::<String>);
    loop {
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "package" => package = Package::default(),
                "checksum" => checksum = attribute(&tag, "type"),
                "size" => package.size = attribute(&tag, "package").and_then(|size| size.parse().ok()),
                "location" => package.location = attribute(&tag, "href"),
                _ => {}
            },
            Event::Text(text) => {
                if let Some(kind) = checksum.take() {
                    package.digest = Digest::new(&kind, text.as_ref().trim());
                }
            }
            Event::End(tag) if tag.local_name().as_ref() == "package" => {
                let Package { digest, size, location } = std::mem::take(&mut package);
                if let (Some(digest), Some(location)) = (digest, location)
                    && location.strip_prefix(below).is_some_and(|rest| rest.starts_with('/'))
                {
                    packages.insert(location, Known { digest, size });
                }
            }
            Event::Eof => return Some(packages),
            _ => {}
        }
        buffer.clear();
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok()??;
    Some(quick_xml::escape::unescape(&found.value).ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    const PRIMARY: &str = r#"<?xml version="1.0"?><metadata xmlns="c" xmlns:rpm="r" packages="2">
        <package type="rpm"><name>a</name><checksum type="sha256" pkgid="YES">
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</checksum><size package="7" installed="9"/>
        <location href="01-a/a&amp;b.rpm"/></package>
        <package type="rpm"><checksum type="sha256">bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb</checksum>
        <location href="02-b/b.rpm"/></package></metadata>"#;

    #[test]
    fn digests_of_one_directory_are_found() {
        let expected = Known { digest: Digest::new("sha256", &"a".repeat(64)).unwrap(), size: Some(7) };
        let packages = parsed("x/primary.xml", PRIMARY.as_bytes(), "01-a").unwrap();
        assert_eq!(packages, Packages::from([("01-a/a&b.rpm".to_owned(), expected)]));
    }

    #[test]
    fn both_compressions_are_known() {
        let zstd = zstd::encode_all(PRIMARY.as_bytes(), 1).unwrap();
        assert_eq!(parsed("a-primary.xml.zst", &zstd, "02-b").unwrap().len(), 1);
        let mut gzip = flate2::read::GzEncoder::new(PRIMARY.as_bytes(), flate2::Compression::fast());
        let mut packed = Vec::new();
        gzip.read_to_end(&mut packed).unwrap();
        assert_eq!(parsed("a-primary.xml.gz", &packed, "02-b").unwrap().len(), 1);
        assert_eq!(parsed("a-primary.xml.br", &packed, "02-b"), None);
    }

    #[test]
    fn the_file_with_the_packages_is_named_by_another() {
        let repomd = br#"<repomd><data type="filelists"><location href="repodata/f"/></data>
            <data type="primary"><checksum type="sha256">a</checksum><location href="repodata/p.xml.gz"/></data></repomd>"#;
        assert_eq!(primary(repomd).as_deref(), Some("repodata/p.xml.gz"));
        assert_eq!(primary(b"<html>"), None);
    }
}
