//! Forms with files in them, in constant memory. Their length is known before they are sent.

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use reqwest::{RequestBuilder, header};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::sync::Arc;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::ReaderStream;

use crate::flow::Flow;
use crate::upload::Origin;
use crate::{Progress, Trouble, Upload};

/// What is read at once.
const PIECE: usize = 64 << 10;

/// A part of a form.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    name: String,
    kind: Option<&'static str>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Text { text: String, filename: Option<&'static str> },
    File(Upload),
}

impl Part {
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), kind: None, content: Content::Text { text: text.into(), filename: None } }
    }

    /// A file of this machine.
    pub fn file(name: &'static str, kind: &'static str, upload: &Upload) -> Self {
        Self { name: name.to_owned(), kind: Some(kind), content: Content::File(upload.clone()) }
    }

    /// Says of which type it is.
    pub fn of_kind(self, kind: &'static str) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// As if the text came from a file of this name.
    pub fn named_file(mut self, name: &'static str) -> Self {
        if let Content::Text { filename, .. } = &mut self.content {
            *filename = Some(name);
        }
        self
    }

    /// The lines before its content.
    fn head(&self, boundary: &str) -> Result<String, Trouble> {
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quotable(&self.name));
        let filename = match &self.content {
            Content::Text { filename, .. } => filename.map(str::to_owned),
            Content::File(upload) => Some(quotable(upload.told_name()?)),
        };
        if let Some(filename) = filename {
            head.push_str(&format!("; filename=\"{filename}\""));
        }
        if let Some(kind) = self.kind {
            head.push_str(&format!("\r\nContent-Type: {kind}"));
        }
        head.push_str("\r\n\r\n");
        Ok(head)
    }
}

/// As browsers do: without what would end the name or the line.
fn quotable(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

type Source = Box<dyn AsyncRead + Send + Unpin>;

/// A form that can be sent once.
pub(crate) struct Form {
    boundary: String,
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    File(Upload, Source, u64),
}

impl Form {
    /// Opens the files.
    pub async fn open(parts: &[Part]) -> Result<Self, Trouble> {
        Self::open_with(boundary(), parts).await
    }

    async fn open_with(boundary: String, parts: &[Part]) -> Result<Self, Trouble> {
        let mut pieces = Vec::new();
        for part in parts {
            let mut text = part.head(&boundary)?;
            match &part.content {
                Content::Text { text: content, .. } => text.push_str(content),
                Content::File(upload) => {
                    let (file, size) = opened(upload).await.map_err(|source| unreadable(upload, source))?;
                    pieces.extend([Piece::Text(text), Piece::File(upload.clone(), file, size)]);
                    text = String::new();
                }
            }
            text.push_str("\r\n");
            pieces.push(Piece::Text(text));
        }
        pieces.push(Piece::Text(format!("--{boundary}--\r\n")));
        Ok(Self { boundary, pieces })
    }

    fn length(&self) -> u64 {
        let length = |piece: &Piece| match piece {
            Piece::Text(text) => text.len() as u64,
            Piece::File(_, _, size) => *size,
        };
        self.pieces.iter().map(length).sum()
    }

    /// Makes it a request's body; what becomes of it is told to `flow`.
    pub fn attached(self, request: RequestBuilder, flow: &Arc<Flow>) -> RequestBuilder {
        let kind = format!("multipart/form-data; boundary={}", self.boundary);
        let request = request.header(header::CONTENT_TYPE, kind).header(header::CONTENT_LENGTH, self.length());
        request.body(reqwest::Body::wrap_stream(self.bytes(Arc::clone(flow))))
    }

    fn bytes(self, flow: Arc<Flow>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let of = move |piece| match piece {
            Piece::Text(text) => stream::iter([Ok(Bytes::from(text))]).left_stream(),
            Piece::File(upload, file, size) => file_pieces(upload, file, size, Arc::clone(&flow)).right_stream(),
        };
        stream::iter(self.pieces).flat_map(of)
    }
}

/// Exactly `size` bytes of the file, or an error.
fn file_pieces(
    upload: Upload,
    file: Source,
    size: u64,
    flow: Arc<Flow>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let upload = Arc::new(upload);
    let start = (ReaderStream::with_capacity(file.take(size), PIECE), 0);
    stream::try_unfold(start, move |(mut reader, sent)| {
        let (upload, flow) = (Arc::clone(&upload), Arc::clone(&flow));
        async move {
            let piece = match reader.next().await {
                Some(piece) => piece,
                None if sent < size => Err(io::Error::other("it became shorter while it was sent")),
                None => return Ok(None),
            };
            let piece = piece.map_err(|source| {
                let text = source.to_string();
                flow.failed(unreadable(&upload, source));
                io::Error::other(text)
            })?;
            let sent = sent + piece.len() as u64;
            flow.add(piece.len() as u64);
            upload.tell(Progress { sent, total: size });
            Ok(Some((piece, (reader, sent))))
        }
    })
}

async fn opened(upload: &Upload) -> io::Result<(Source, u64)> {
    let path = match upload.origin() {
        Origin::Path(path) => path,
        Origin::Memory(bytes) => return Ok((Box::new(io::Cursor::new(bytes.clone())), bytes.len() as u64)),
    };
    let file = File::open(path).await?;
    let facts = file.metadata().await?;
    if !facts.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    Ok((Box::new(file), facts.len()))
}

fn unreadable(upload: &Upload, source: io::Error) -> Trouble {
    Trouble::File { path: upload.path().to_owned(), source }
}

/// 128 bits that no file holds by chance.
fn boundary() -> String {
    let number = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", number(), number())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(parts: &[Part]) -> String {
        let form = Form::open_with("BOUNDARY".to_owned(), parts).await.unwrap();
        let length = form.length();
        let pieces: Vec<io::Result<Bytes>> = form.bytes(Arc::new(Flow::default())).collect().await;
        let bytes: Vec<u8> = pieces.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(bytes.len() as u64, length);
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn parts_come_in_their_order() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a\"b.spec");
        std::fs::write(&path, "Name: x\n").unwrap();
        let json = Part::text("json", "{}").named_file("json").of_kind("application/json");
        let parts = [Part::file("pkgs", "application/x-rpm", &Upload::new(&path)), json, Part::text("timeout", "5")];
        assert_eq!(
            sent(&parts).await,
            "--BOUNDARY\r\nContent-Disposition: form-data; name=\"pkgs\"; filename=\"a%22b.spec\"\r\n\
             Content-Type: application/x-rpm\r\n\r\nName: x\n\r\n\
             --BOUNDARY\r\nContent-Disposition: form-data; name=\"json\"; filename=\"json\"\r\n\
             Content-Type: application/json\r\n\r\n{}\r\n\
             --BOUNDARY\r\nContent-Disposition: form-data; name=\"timeout\"\r\n\r\n5\r\n--BOUNDARY--\r\n"
        );
    }

    #[tokio::test]
    async fn a_file_that_becomes_shorter_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.spec");
        std::fs::write(&path, "12345").unwrap();
        let flow = Arc::new(Flow::default());
        let form = Form::open(&[Part::file("pkgs", "application/x-rpm", &Upload::new(&path))]).await.unwrap();
        std::fs::write(&path, "12").unwrap();
        let pieces: Vec<io::Result<Bytes>> = form.bytes(Arc::clone(&flow)).collect().await;
        assert!(pieces.iter().any(Result::is_err));
        let problem = flow.problem().unwrap().to_string();
        assert!(problem.ends_with("x.spec`: it became shorter while it was sent"), "{problem}");
    }

    #[tokio::test]
    async fn what_is_not_there_is_named() {
        let part = Part::file("pkgs", "application/x-rpm", &Upload::new("/nowhere/x.spec"));
        let error = Form::open(&[part]).await.err().unwrap();
        assert!(error.to_string().starts_with("can't read `/nowhere/x.spec`: No such file"), "{error}");
    }
}
