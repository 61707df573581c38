//! What a repository has besides its packages: groups, advisories, modules, descriptions of programs.

use std::fmt;
use std::io::Write;

use quick_xml::Reader;
use quick_xml::events::Event;
use sha2::{Digest, Sha256};

use super::pack::Packer;
use super::{Options, Record};
use crate::Error;

/// Longest document of each kind.
const LONGEST: usize = 64 << 20;

/// A document that was checked, to be listed in `repomd.xml`.
#[derive(Clone, PartialEq, Eq)]
pub struct Extra {
    kind: ExtraKind,
    bytes: Vec<u8>,
}

/// Which documents there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExtraKind {
    /// `comps.xml`, packages in groups. Written as it is: dnf 4 and yum look for an unpacked `group`.
    Comps,
    /// `updateinfo.xml`, advisories. Written packed.
    UpdateInfo,
    /// `modules.yaml`. Written packed.
    Modules,
    /// `appstream.xml`, maybe packed by who made it: written as it is.
    AppStream,
    /// `appstream-icons.tar.gz`, written as it is.
    AppStreamIcons,
}

impl ExtraKind {
    /// As `repomd.xml` calls it.
    pub fn name(self) -> &'static str {
        match self {
            ExtraKind::Comps => "group",
            ExtraKind::UpdateInfo => "updateinfo",
            ExtraKind::Modules => "modules",
            ExtraKind::AppStream => "appstream",
            ExtraKind::AppStreamIcons => "appstream-icons",
        }
    }

    /// Its file's name without what packing adds.
    fn file(self) -> &'static str {
        match self {
            ExtraKind::Comps => "comps.xml",
            ExtraKind::UpdateInfo => "updateinfo.xml",
            ExtraKind::Modules => "modules.yaml",
            ExtraKind::AppStream => "appstream.xml",
            ExtraKind::AppStreamIcons => "appstream-icons.tar",
        }
    }

    fn is_packed_here(self) -> bool {
        matches!(self, ExtraKind::UpdateInfo | ExtraKind::Modules)
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extra({}, {} bytes)", self.kind.name(), self.bytes.len())
    }
}

impl Extra {
    /// Takes a document that readers will not stumble over. At most 64 MiB. Advisories have to be well-formed XML without
    /// a document type, modules UTF-8 that says `document` and `version` in each of its parts; of the others only the
    /// beginning is looked at, if at all.
    pub fn new(kind: ExtraKind, bytes: Vec<u8>) -> Result<Extra, Error> {
        if bytes.len() > LONGEST {
            let (size, limit) = (bytes.len() as u64, LONGEST as u64);
            return Err(Error::TooLarge { what: kind.file().to_owned(), size, limit });
        }
        let checked = match kind {
            ExtraKind::UpdateInfo => check_xml(&bytes, "updates"),
            ExtraKind::Modules => check_modules(&bytes),
            ExtraKind::AppStreamIcons if packing_of(&bytes).is_none() => Err("it is not packed".to_owned()),
            ExtraKind::Comps | ExtraKind::AppStream | ExtraKind::AppStreamIcons => Ok(()),
        };
        checked.map_err(|what| Error::BadMetadata { file: kind.file().to_owned(), what })?;
        Ok(Extra { kind, bytes })
    }

    /// Which it is.
    pub fn kind(&self) -> ExtraKind {
        self.kind
    }

    /// What `repomd.xml` says of its file, the file's name and its bytes.
    pub fn file(&self, options: &Options) -> Result<(Record, String, Vec<u8>), Error> {
        let packed_here = self.kind.is_packed_here();
        let (bytes, ending) = if packed_here {
            let pack = || {
                let mut packer = Packer::new(options.compression, Vec::new())?;
                packer.write_all(&self.bytes)?;
                packer.finish()
            };
            (pack().map_err(Error::Packing)?, Some(options.compression.ending()))
        } else {
            (self.bytes.clone(), packing_of(&self.bytes))
        };
        let checksum = hex::encode(Sha256::digest(&bytes));
        let ending = ending.map(|ending| format!(".{ending}")).unwrap_or_default();
        let name = format!("{checksum}-{}{ending}", self.kind.file());
        let record = Record {
            kind: self.kind.name().to_owned(),
            href: format!("repodata/{name}"),
            checksum,
            size: bytes.len() as u64,
            open_checksum: packed_here.then(|| hex::encode(Sha256::digest(&self.bytes))),
            open_size: packed_here.then_some(self.bytes.len() as u64),
            timestamp: options.timestamp,
        };
        Ok((record, name, bytes))
    }
}

/// How a file was packed that came ready.
fn packing_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x1f, 0x8b, ..] => Some("gz"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zst"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz"),
        _ => None,
    }
}

/// Well-formed, without a document type, with a given root.
fn check_xml(bytes: &[u8], root: &str) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut reader = Reader::from_str(text);
    let (mut depth, mut roots) = (0_usize, 0);
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        let (opened, closed) = match &event {
            Event::Start(start) | Event::Empty(start) => {
                for attribute in start.attributes() {
                    let attribute = attribute.map_err(|error| error.to_string())?;
                    quick_xml::escape::unescape(&attribute.value).map_err(|error| error.to_string())?;
                }
                if depth == 0 {
                    roots += 1;
                    if start.name().as_ref() != root {
                        return Err(format!("it does not begin with `{root}`"));
                    }
                }
                (matches!(event, Event::Start(_)), false)
            }
            Event::End(_) => (false, true),
            Event::Text(words) if depth == 0 && !words.trim().is_empty() => {
                return Err("there is text outside of its root".to_owned());
            }
            Event::CData(_) if depth == 0 => return Err("there is text outside of its root".to_owned()),
            Event::GeneralRef(name) => {
                let known = name.starts_with('#') || matches!(&**name, "amp" | "lt" | "gt" | "quot" | "apos");
                if depth == 0 || !known {
                    return Err(format!("`&{};` means nothing in it", &**name));
                }
                (false, false)
            }
            Event::DocType(_) => return Err("it has a document type".to_owned()),
            Event::Eof => break,
            _ => (false, false),
        };
        depth = (depth + usize::from(opened)).saturating_sub(usize::from(closed));
    }
    match (depth, roots) {
        (0, 1) => Ok(()),
        (0, 0) => Err(format!("it has no `{root}`")),
        (0, _) => Err("it has more than one root".to_owned()),
        _ => Err("it is cut short".to_owned()),
    }
}

/// Documents in a row, separated by lines of three dashes; each has `document` and `version` at its outermost level. Whoever
/// reads modules parses them with care; here only what is something else is kept out.
fn check_modules(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let forbidden = |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t');
    if text.contains(forbidden) {
        return Err("there are control characters in it".to_owned());
    }
    let mut documents = 0;
    let mut keys: Option<(bool, bool)> = None;
    let mut finish = |keys: &mut Option<(bool, bool)>| match keys.take() {
        None => Ok(()),
        Some((true, true)) => {
            documents += 1;
            Ok(())
        }
        Some(_) => Err("one of its documents has no `document` or no `version`".to_owned()),
    };
    for line in text.lines() {
        if line == "---" || line.starts_with("--- ") || line == "..." {
            finish(&mut keys)?;
            continue;
        }
        if line.trim_start_matches(' ').starts_with('\t') {
            return Err("a line is indented by a tab".to_owned());
        }
        if line.trim().is_empty() || line.starts_with(['#', '%']) {
            continue;
        }
        let (document, version) = keys.get_or_insert((false, false));
        *document |= line.starts_with("document:");
        *version |= line.starts_with("version:");
    }
    finish(&mut keys)?;
    if documents == 0 { Err("there is no document in it".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(kind: ExtraKind, text: &str) -> String {
        match Extra::new(kind, text.as_bytes().to_vec()) {
            Err(Error::BadMetadata { what, .. }) => what,
            other => panic!("{text:?} made {other:?}"),
        }
    }

    #[test]
    fn advisories_are_well_formed() {
        let good =
            "<?xml version=\"1.0\"?>\n<updates><update from=\"a\"><id>A-1 &amp; &#8220;</id></update></updates>\n";
        assert!(Extra::new(ExtraKind::UpdateInfo, good.into()).is_ok());
        assert!(Extra::new(ExtraKind::UpdateInfo, b"<updates/>".to_vec()).is_ok());
        for (bad, why) in [
            ("", "no `updates`"),
            ("<update/>", "does not begin"),
            ("<updates>", "cut short"),
            ("<updates></update>", "expected"),
            ("<updates/><updates/>", "more than one"),
            ("<updates/>text", "outside"),
            ("<updates>&x;</updates>", "means nothing"),
            ("<updates a=\"&x;\"/>", "x"),
            ("<!DOCTYPE updates [<!ENTITY x \"y\">]><updates/>", "document type"),
        ] {
            let what = refused(ExtraKind::UpdateInfo, bad);
            assert!(what.contains(why), "{bad}: {what}");
        }
        assert!(Extra::new(ExtraKind::UpdateInfo, b"<updates>\xff</updates>".to_vec()).is_err());
    }

    #[test]
    fn modules_are_documents() {
        let good = "---\ndocument: modulemd\nversion: 2\ndata:\n  name: x\n...\n---\n# next\ndocument: modulemd-defaults\nversion: 1\n";
        assert!(Extra::new(ExtraKind::Modules, good.into()).is_ok());
        for (bad, why) in [
            ("", "no document"),
            ("---\n...\n", "no document"),
            ("---\ndocument: x\n---\ndocument: y\nversion: 2\n", "no `version`"),
            ("document: x\nversion: 1\n\tdata: 1\n", "tab"),
            ("document: x\nversion: 1\u{0}\n", "control"),
        ] {
            let what = refused(ExtraKind::Modules, bad);
            assert!(what.contains(why), "{bad:?}: {what}");
        }
    }

    #[test]
    fn icons_are_packed() {
        assert!(refused(ExtraKind::AppStreamIcons, "icons").contains("not packed"));
    }
}
