//! Files on their way to the service, in constant memory.
//!
//! The layout of the form is that of python-copr: the file first, then a *file* part named `json` with everything else.
//! Its length is known before it is sent.

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use reqwest::{RequestBuilder, header};
use serde_json::Value;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use super::Error;

/// What is read at once.
const PIECE: usize = 64 << 10;

/// How much of a file is sent, in bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// So many.
    pub sent: u64,
    /// Of so many.
    pub total: u64,
}

type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// A file to be uploaded.
///
/// ```
/// use copr_client::v3::Upload;
///
/// let upload = Upload::new("hello-1-1.src.rpm").on_progress(|progress| {
///     eprintln!("{} of {} bytes", progress.sent, progress.total);
/// });
/// ```
#[derive(Clone)]
pub struct Upload {
    path: PathBuf,
    name: Option<String>,
    on_progress: Option<OnProgress>,
    field: &'static str,
    kind: &'static str,
}

impl Upload {
    /// A file of this machine, which the service is told by the last part of its path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), name: None, on_progress: None, field: "pkgs", kind: "application/x-rpm" }
    }

    /// Sets the name that the service is told. Services go by its ending.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Calls `on_progress` after each piece that was handed to the network. When the connection could not be made and
    /// the file is sent again, it begins anew.
    pub fn on_progress(mut self, on_progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(on_progress));
        self
    }

    /// As the comps file of a chroot.
    pub(super) fn comps(path: &Path) -> Self {
        Self { field: "upload_comps", kind: "application/text", ..Self::new(path) }
    }

    fn told_name(&self) -> Result<String, Error> {
        let name = self.name.as_deref().or_else(|| self.path.file_name()?.to_str());
        let name = name.ok_or_else(|| Error::Argument(format!("`{}` has no name for a file", self.path.display())))?;
        // As browsers do: what would end the name or the line.
        Ok(name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A"))
    }
}

impl<P: AsRef<Path>> From<P> for Upload {
    fn from(path: P) -> Self {
        Self::new(path.as_ref())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Upload").field("path", &self.path).field("name", &self.name).finish_non_exhaustive()
    }
}

/// What has become of a call on its way.
#[derive(Debug, Default)]
pub(super) struct Flow {
    moved: AtomicU64,
    problem: Mutex<Option<Error>>,
}

impl Flow {
    /// Adds bytes of what was sent or received.
    pub fn add(&self, bytes: u64) {
        self.moved.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Grows as long as something moves.
    pub fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Why the file could not be read on.
    pub fn problem(&self) -> Option<Error> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn failed(&self, problem: Error) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
    }
}

/// A form that can be sent once.
pub(super) struct Form {
    boundary: String,
    file: Option<(Upload, File, u64)>,
    head: String,
    tail: String,
}

impl Form {
    /// Opens the file.
    pub async fn open(upload: Option<&Upload>, json: &Value) -> Result<Self, Error> {
        Self::open_with(boundary(), upload, json).await
    }

    async fn open_with(boundary: String, upload: Option<&Upload>, json: &Value) -> Result<Self, Error> {
        let json_part = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"json\"; filename=\"json\"\r\n\
             Content-Type: application/json\r\n\r\n{json}\r\n--{boundary}--\r\n"
        );
        let Some(upload) = upload else {
            return Ok(Self { boundary, file: None, head: String::new(), tail: json_part });
        };
        let (name, field, kind) = (upload.told_name()?, upload.field, upload.kind);
        let (file, size) = opened(&upload.path).await.map_err(|source| unreadable(upload, source))?;
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: {kind}\r\n\r\n"
        );
        Ok(Self { boundary, file: Some((upload.clone(), file, size)), head, tail: format!("\r\n{json_part}") })
    }

    fn length(&self) -> u64 {
        (self.head.len() + self.tail.len()) as u64 + self.file.as_ref().map_or(0, |(_, _, size)| *size)
    }

    /// Makes it a request's body; what becomes of it is told to `flow`.
    pub fn attached(self, request: RequestBuilder, flow: &Arc<Flow>) -> RequestBuilder {
        let kind = format!("multipart/form-data; boundary={}", self.boundary);
        let request = request.header(header::CONTENT_TYPE, kind).header(header::CONTENT_LENGTH, self.length());
        request.body(reqwest::Body::wrap_stream(self.pieces(Arc::clone(flow))))
    }

    fn pieces(self, flow: Arc<Flow>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let file = self.file.map(|(upload, file, size)| file_pieces(upload, file, size, flow));
        let file = stream::iter(file).flatten();
        one(self.head).chain(file).chain(one(self.tail))
    }
}

fn one(text: String) -> impl Stream<Item = io::Result<Bytes>> {
    stream::iter([Ok(Bytes::from(text))])
}

/// Exactly `size` bytes of the file, or an error.
fn file_pieces(
    upload: Upload,
    file: File,
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
            if let Some(on_progress) = &upload.on_progress {
                on_progress(Progress { sent, total: size });
            }
            Ok(Some((piece, (reader, sent))))
        }
    })
}

async fn opened(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path).await?;
    let facts = file.metadata().await?;
    if !facts.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    Ok((file, facts.len()))
}

fn unreadable(upload: &Upload, source: io::Error) -> Error {
    Error::File { path: upload.path.clone(), source }
}

/// 128 bits that no file holds by chance.
fn boundary() -> String {
    let number = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", number(), number())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    async fn sent(upload: Option<&Upload>, json: Value) -> String {
        let form = Form::open_with("BOUNDARY".to_owned(), upload, &json).await.unwrap();
        let length = form.length();
        let pieces: Vec<io::Result<Bytes>> = form.pieces(Arc::new(Flow::default())).collect().await;
        let bytes: Vec<u8> = pieces.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(bytes.len() as u64, length);
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn the_form_has_the_layout_of_python_copr() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a\"b.spec");
        std::fs::write(&path, "Name: x\n").unwrap();
        assert_eq!(
            sent(Some(&Upload::new(&path)), json!({"ownername": "u", "timeout": 5})).await,
            "--BOUNDARY\r\nContent-Disposition: form-data; name=\"pkgs\"; filename=\"a%22b.spec\"\r\n\
             Content-Type: application/x-rpm\r\n\r\nName: x\n\r\n\
             --BOUNDARY\r\nContent-Disposition: form-data; name=\"json\"; filename=\"json\"\r\n\
             Content-Type: application/json\r\n\r\n{\"ownername\":\"u\",\"timeout\":5}\r\n--BOUNDARY--\r\n"
        );
    }

    #[tokio::test]
    async fn a_form_without_a_file_has_the_json_part_alone() {
        assert_eq!(
            sent(None, json!({})).await,
            "--BOUNDARY\r\nContent-Disposition: form-data; name=\"json\"; filename=\"json\"\r\n\
             Content-Type: application/json\r\n\r\n{}\r\n--BOUNDARY--\r\n"
        );
    }

    #[tokio::test]
    async fn a_file_that_becomes_shorter_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.spec");
        std::fs::write(&path, "12345").unwrap();
        let flow = Arc::new(Flow::default());
        let form = Form::open(Some(&Upload::new(&path)), &json!({})).await.unwrap();
        std::fs::write(&path, "12").unwrap();
        let pieces: Vec<io::Result<Bytes>> = form.pieces(Arc::clone(&flow)).collect().await;
        assert!(pieces.iter().any(Result::is_err));
        let problem = flow.problem().unwrap().to_string();
        assert!(problem.ends_with("x.spec`: it became shorter while it was sent"), "{problem}");
    }

    #[tokio::test]
    async fn what_is_not_there_is_named() {
        let error = Form::open(Some(&Upload::new("/nowhere/x.spec")), &json!({})).await.err().unwrap();
        assert!(error.to_string().starts_with("can't read `/nowhere/x.spec`: No such file"), "{error}");
    }
}
