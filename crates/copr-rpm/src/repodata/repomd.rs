//! `repomd.xml`: the list of metadata files with their checksums.

use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

use crate::Error;

/// Longest `repomd.xml` that is read.
const LONGEST: usize = 1 << 20;

/// The content of a `repomd.xml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repomd {
    /// Changes with every generation.
    pub revision: String,
    /// The files in their order.
    pub records: Vec<Record>,
}

/// One metadata file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// `primary`, `filelists`, `other`, `group`.
    pub kind: String,
    /// Relative to the repository: `repodata/<sha256>-primary.xml.zst`.
    pub href: String,
    /// SHA-256 of the file.
    pub checksum: String,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the unpacked content; None for files that are not compressed.
    pub open_checksum: Option<String>,
    /// Bytes of the unpacked content.
    pub open_size: Option<u64>,
    /// Seconds since 1970.
    pub timestamp: u64,
}

impl Repomd {
    /// The record of a kind.
    pub fn record(&self, kind: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.kind == kind)
    }

    /// Writes the document.
    pub(super) fn to_xml(&self) -> Vec<u8> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        let written = self.write(&mut writer);
        // A Vec takes everything.
        debug_assert!(written.is_ok());
        let mut bytes = writer.into_inner();
        bytes.push(b'\n');
        bytes
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let mut root = BytesStart::new("repomd");
        root.push_attribute(("xmlns", "http://linux.duke.edu/metadata/repo"));
        root.push_attribute(("xmlns:rpm", "http://linux.duke.edu/metadata/rpm"));
        writer.write_event(Event::Start(root))?;
        text(writer, "revision", &self.revision)?;
        for record in &self.records {
            record.write(writer)?;
        }
        writer.write_event(Event::End(BytesEnd::new("repomd")))
    }
}

impl Record {
    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let mut data = BytesStart::new("data");
        data.push_attribute(("type", self.kind.as_str()));
        writer.write_event(Event::Start(data))?;
        let checksum = |writer: &mut Writer<Vec<u8>>, name, value: &str| {
            let element = writer.create_element(name).with_attribute(("type", "sha256"));
            element.write_text_content(BytesText::new(value)).map(drop)
        };
        checksum(writer, "checksum", &self.checksum)?;
        if let Some(open) = &self.open_checksum {
            checksum(writer, "open-checksum", open)?;
        }
        writer.create_element("location").with_attribute(("href", self.href.as_str())).write_empty()?;
        text(writer, "timestamp", &self.timestamp.to_string())?;
        text(writer, "size", &self.size.to_string())?;
        if let Some(open) = self.open_size {
            text(writer, "open-size", &open.to_string())?;
        }
        writer.write_event(Event::End(BytesEnd::new("data")))
    }
}

fn text(writer: &mut Writer<Vec<u8>>, name: &str, value: &str) -> std::io::Result<()> {
    writer.create_element(name).write_text_content(BytesText::new(value)).map(drop)
}

/// Reads a `repomd.xml`. Elements that we do not know are passed over; checksums of other types than
/// sha256 are refused.
pub fn parse(xml: &[u8]) -> Result<Repomd, Error> {
    if xml.len() > LONGEST {
        let what = "repomd.xml".to_owned();
        return Err(Error::TooLarge { what, size: xml.len() as u64, limit: LONGEST as u64 });
    }
    let mut reader = Reader::from_str(std::str::from_utf8(xml).map_err(bad)?);
    let mut repomd = Repomd::default();
    let mut record: Option<Record> = None;
    let mut element = String::new();
    let mut closed = false;
    loop {
        match reader.read_event().map_err(bad)? {
            Event::Start(start) => {
                element = start.local_name().as_ref().to_owned();
                if element == "data" {
                    record = Some(Record { kind: attribute(&start, "type")?, ..Record::default() });
                } else if element.ends_with("checksum") && attribute(&start, "type")? != "sha256" {
                    return Err(bad("a checksum is not of the type sha256"));
                }
            }
            Event::Empty(start) if start.local_name().as_ref() == "location" => {
                if let Some(record) = &mut record {
                    record.href = attribute(&start, "href")?;
                }
            }
            Event::Text(words) => {
                take_text(&mut repomd, record.as_mut(), &element, words.trim())?;
            }
            Event::End(end) if end.local_name().as_ref() == "data" => repomd.records.extend(record.take()),
            Event::End(end) => {
                closed |= end.local_name().as_ref() == "repomd";
                element.clear();
            }
            Event::DocType(_) => return Err(bad("it has a document type")),
            Event::Eof if closed => return Ok(repomd),
            Event::Eof => return Err(bad("it is cut short")),
            _ => {}
        }
    }
}

fn take_text(repomd: &mut Repomd, record: Option<&mut Record>, element: &str, words: &str) -> Result<(), Error> {
    if words.is_empty() {
        return Ok(());
    }
    let number = || words.parse().map_err(|_| bad(format!("`{element}` is not a number")));
    match (element, record) {
        ("revision", None) => repomd.revision = words.to_owned(),
        ("checksum", Some(record)) => record.checksum = words.to_owned(),
        ("open-checksum", Some(record)) => record.open_checksum = Some(words.to_owned()),
        // createrepo_c of old wrote fractions of a second.
        ("timestamp", Some(record)) => {
            let whole = words.split('.').next().unwrap_or(words);
            record.timestamp = whole.parse().map_err(|_| bad("`timestamp` is not a number"))?;
        }
        ("size", Some(record)) => record.size = number()?,
        ("open-size", Some(record)) => record.open_size = Some(number()?),
        _ => {}
    }
    Ok(())
}

pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Result<String, Error> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(bad)?;
        if attribute.key.local_name().as_ref() == name {
            return Ok(quick_xml::escape::unescape(&attribute.value).map_err(bad)?.into_owned());
        }
    }
    Err(bad(format!("the attribute `{name}` is missing")))
}

fn bad(what: impl ToString) -> Error {
    Error::BadMetadata { file: "repomd.xml".to_owned(), what: what.to_string() }
}
