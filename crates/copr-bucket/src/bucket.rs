//! The bucket.

use crate::{Error, Key, Settings};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path as ObjectPath;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, ClientOptions, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions,
    PutOptions, PutPayload, RetryConfig, UpdateVersion, WriteMultipart,
};
use secrecy::ExposeSecret;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// Bytes of one part of a large object; S3 wants 5 MiB at least, and 10,000 parts at most: 80 GiB.
const PART: usize = 8 << 20;
/// Parts on their way at once: what an upload takes of our memory, times [`PART`].
const PARTS_AT_ONCE: usize = 3;

/// A bucket of an S3-compatible service, below a prefix.
#[derive(Clone)]
pub struct Bucket {
    store: Arc<AmazonS3>,
    prefix: String,
}

/// Tells whether an object is still the one that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    tag: Option<String>,
    number: Option<String>,
}

/// An object that is read.
pub struct Object {
    /// Bytes of the whole object.
    pub size: u64,
    /// Which part of it comes.
    pub range: Range<u64>,
    /// Its version.
    pub version: Version,
    /// Seconds since 1970.
    pub modified: i64,
    /// What it holds, in pieces.
    pub body: BoxStream<'static, Result<Bytes, Error>>,
}

/// An object in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub key: Key,
    /// Bytes.
    pub size: u64,
    /// Seconds since 1970.
    pub modified: i64,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({}/{})", self.store, self.prefix)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object").field("size", &self.size).field("range", &self.range).finish_non_exhaustive()
    }
}

/// Names what was tried, and with what, when it fails.
fn failed(doing: &'static str, key: &Key) -> impl Fn(object_store::Error) -> Error {
    move |source| Error::Store { doing, key: key.to_string(), source }
}

impl Bucket {
    /// Prepares the use of a bucket; asks nothing of the service yet.
    pub fn open(settings: &Settings) -> Result<Bucket, Error> {
        // Fine when the program has chosen one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig { retry_timeout: settings.retry, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_virtual_hosted_style_request(settings.virtual_host)
            .with_client_options(
                ClientOptions::new().with_timeout(settings.timeout).with_allow_http(settings.allow_http),
            )
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_retry(retry);
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(name) = &settings.access_key {
            builder = builder.with_access_key_id(name);
        }
        if let Some(secret) = &settings.secret_key {
            builder = builder.with_secret_access_key(secret.expose_secret());
        }
        let store = builder.build().map_err(|source| Error::Settings { bucket: settings.bucket.clone(), source })?;
        Ok(Bucket { store: Arc::new(store), prefix: settings.prefix.trim_matches('/').to_owned() })
    }

    fn path(&self, key: &Key) -> Result<ObjectPath, Error> {
        key.below(&self.prefix)
    }

    /// The name of a path of ours; none when it is no name that [`Key`] takes, which is nothing that we made.
    fn key(&self, path: &ObjectPath) -> Option<Key> {
        let whole: &str = path.as_ref();
        let rest = if self.prefix.is_empty() { whole } else { whole.strip_prefix(&self.prefix)?.strip_prefix('/')? };
        Key::new(rest).ok()
    }

    /// Puts a few bytes; replaces what is there.
    pub async fn put(&self, key: &Key, bytes: impl Into<Bytes>, content_type: &'static str) -> Result<(), Error> {
        let options = PutOptions { attributes: typed(content_type), ..PutOptions::default() };
        let payload = PutPayload::from(bytes.into());
        self.store.put_opts(&self.path(key)?, payload, options).await.map_err(failed("put", key))?;
        Ok(())
    }

    /// Puts a file of any size, in parts where it is large, and looks afterwards whether as many bytes arrived; replaces
    /// what is there.
    pub async fn put_file(&self, key: &Key, file: &Path, content_type: &'static str) -> Result<(), Error> {
        let broken = |doing| move |source| Error::File { doing, path: file.display().to_string(), source };
        let mut from = tokio::fs::File::open(file).await.map_err(broken("open"))?;
        let size = from.metadata().await.map_err(broken("look at"))?.len();
        if size <= PART as u64 {
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
            from.read_to_end(&mut bytes).await.map_err(broken("read"))?;
            self.put(key, bytes, content_type).await?;
        } else {
            self.put_parts(key, &mut from, content_type).await.map_err(|error| match error {
                Trouble::Read(source) => broken("read")(source),
                Trouble::Store(source) => failed("put", key)(source),
                Trouble::Other(error) => error,
            })?;
        }
        match self.size(key).await? {
            Some(found) if found == size => Ok(()),
            found => Err(Error::Different { key: key.to_string(), expected: size, found: found.unwrap_or(0) }),
        }
    }

    async fn put_parts(
        &self,
        key: &Key,
        from: &mut tokio::fs::File,
        content_type: &'static str,
    ) -> Result<(), Trouble> {
        let options = PutMultipartOptions { attributes: typed(content_type), ..PutMultipartOptions::default() };
        let path = self.path(key).map_err(Trouble::Other)?;
        let upload = self.store.put_multipart_opts(&path, options).await.map_err(Trouble::Store)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        let mut buffer = vec![0; 256 << 10];
        loop {
            match from.read(&mut buffer).await {
                Ok(0) => break,
                Ok(count) => {
                    upload.wait_for_capacity(PARTS_AT_ONCE).await.map_err(Trouble::Store)?;
                    upload.write(&buffer[..count]);
                }
                Err(error) => {
                    // What has arrived is no object yet; a service forgets it sooner or later, when this fails too.
                    let _ = upload.abort().await;
                    return Err(Trouble::Read(error));
                }
            }
        }
        upload.finish().await.map_err(Trouble::Store)?;
        Ok(())
    }

    /// Gives an object a second life under another name, inside the service; false when there is none.
    pub async fn copy(&self, from: &Key, to: &Key) -> Result<bool, Error> {
        match self.store.copy(&self.path(from)?, &self.path(to)?).await {
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            copied => copied.map(|()| true).map_err(failed("copy", from)),
        }
    }

    /// Reads an object, or a part of it; none when there is none. A range must begin inside the object.
    pub async fn read(&self, key: &Key, range: Option<Range<u64>>) -> Result<Option<Object>, Error> {
        let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
        let found = match self.store.get_opts(&self.path(key)?, options).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(failed("read", key))?,
        };
        let of = key.clone();
        Ok(Some(Object {
            size: found.meta.size,
            range: found.range.clone(),
            version: Version { tag: found.meta.e_tag.clone(), number: found.meta.version.clone() },
            modified: found.meta.last_modified.timestamp(),
            body: found.into_stream().map_err(move |source| failed("read", &of)(source)).boxed(),
        }))
    }

    /// Reads a small object whole; none when there is none, an error when it is larger than `most` bytes.
    pub async fn read_small(&self, key: &Key, most: u64) -> Result<Option<(Bytes, Version)>, Error> {
        let Some(object) = self.read(key, None).await? else { return Ok(None) };
        if object.size > most {
            return Err(Error::Different { key: key.to_string(), expected: most, found: object.size });
        }
        let pieces: Vec<Bytes> = object.body.try_collect().await?;
        Ok(Some((pieces.concat().into(), object.version)))
    }

    /// Bytes of an object; none when there is none.
    pub async fn size(&self, key: &Key) -> Result<Option<u64>, Error> {
        match self.store.head(&self.path(key)?).await {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            found => found.map(|meta| Some(meta.size)).map_err(failed("look for", key)),
        }
    }

    /// Compare and swap: puts a small object in place of the version that was seen, or where there was none.
    /// [`Error::Changed`], with nothing changed, when somebody was faster.
    ///
    /// `bytes` must tell this write from all others: where the answer to a write was lost and it is tried again,
    /// it would be refused because of itself, which is told from another's write by what is there.
    pub async fn switch(&self, key: &Key, bytes: &[u8], seen: Option<&Version>) -> Result<Version, Error> {
        let mode = match seen {
            None => PutMode::Create,
            Some(seen) => PutMode::Update(UpdateVersion { e_tag: seen.tag.clone(), version: seen.number.clone() }),
        };
        let options = PutOptions { mode, attributes: typed("text/plain"), ..PutOptions::default() };
        let payload = PutPayload::from(Bytes::copy_from_slice(bytes));
        match self.store.put_opts(&self.path(key)?, payload, options).await {
            Ok(put) => Ok(Version { tag: put.e_tag, number: put.version }),
            // Another writer's that was removed meanwhile is NotFound with If-Match.
            Err(
                object_store::Error::AlreadyExists { .. }
                | object_store::Error::Precondition { .. }
                | object_store::Error::NotFound { .. },
            ) => match self.read_small(key, bytes.len() as u64 + 4096).await? {
                Some((found, version)) if found == bytes => Ok(version),
                _ => Err(Error::Changed { key: key.to_string() }),
            },
            Err(source) => Err(failed("switch", key)(source)),
        }
    }

    /// Removes an object. One that is gone already is fine.
    pub async fn remove(&self, key: &Key) -> Result<(), Error> {
        match self.store.delete(&self.path(key)?).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            removed => removed.map_err(failed("remove", key)),
        }
    }

    /// Removes everything below a name, and returns how much that was. What is put there meanwhile may stay.
    pub async fn remove_below(&self, key: &Key) -> Result<usize, Error> {
        let found = self.list(key).await?;
        for entry in &found {
            self.remove(&entry.key).await?;
        }
        Ok(found.len())
    }

    /// Everything below a name, in no order.
    pub async fn list(&self, key: &Key) -> Result<Vec<Entry>, Error> {
        let path = self.path(key)?;
        let found: Vec<_> = self.store.list(Some(&path)).try_collect().await.map_err(failed("list", key))?;
        let entry = |meta: object_store::ObjectMeta| {
            let key = self.key(&meta.location)?;
            Some(Entry { key, size: meta.size, modified: meta.last_modified.timestamp() })
        };
        Ok(found.into_iter().filter_map(entry).collect())
    }

    /// An address under which anybody may read an object for a while. Made without asking the service.
    pub async fn address(&self, key: &Key, valid: Duration) -> Result<String, Error> {
        let path = self.path(key)?;
        let url = self.store.signed_url(http::Method::GET, &path, valid).await;
        url.map(String::from).map_err(failed("sign an address of", key))
    }
}

enum Trouble {
    Read(std::io::Error),
    Store(object_store::Error),
    Other(Error),
}

fn typed(content_type: &'static str) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, content_type.into());
    attributes
}
