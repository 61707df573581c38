//! A real S3 service on a temporary directory, for tests of whatever uses a bucket.
//!
//! It runs in threads of its own, so that tests without a runtime, and programs that they start, can use it.
//! Only `[dev-dependencies]` name it.
//!
//! ```
//! let bucket = copr_testbucket::Server::start();
//! assert!(bucket.endpoint().starts_with("http://127.0.0.1:"));
//! assert_eq!(bucket.objects(), [""; 0]);
//! ```

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The name of the one bucket.
pub const BUCKET: &str = "copr";
/// Who may use it.
pub const ACCESS_KEY: &str = "tests";
/// The secret of who may use it.
pub const SECRET_KEY: &str = "a-secret-of-the-tests";

/// A service with one bucket. It ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    root: tempfile::TempDir,
    runtime: Option<Runtime>,
}

impl Server {
    /// Begins to serve an empty bucket.
    ///
    /// # Panics
    ///
    /// When the machine has no port or no room for it.
    pub fn start() -> Server {
        let root = copr_testkit::temp_dir();
        std::fs::create_dir(root.path().join(BUCKET)).expect("a bucket");
        let mut builder = S3ServiceBuilder::new(FileSystem::new(root.path()).expect("a directory to serve"));
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = builder.build();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket of a runtime's");
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a socket of the runtime's");
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    // A client that hangs up is no fault of the server's.
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Server { address, root, runtime: Some(runtime) }
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The file of an object, which may not be there.
    pub fn file(&self, key: &str) -> PathBuf {
        self.root.path().join(BUCKET).join(key)
    }

    /// The names of all objects, in order.
    pub fn objects(&self) -> Vec<String> {
        let bucket = self.root.path().join(BUCKET);
        let mut found = Vec::new();
        walk(&bucket, &bucket, &mut found);
        found.sort_unstable();
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Fine where the test has a runtime too: nothing is waited for.
            runtime.shutdown_background();
        }
    }
}

fn walk(root: &Path, dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        // What the service notes for itself is hidden.
        if entry.file_name().to_string_lossy().starts_with(".upload")
            || path.extension().is_some_and(|end| end == "tmp")
        {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, found);
        } else if let Ok(name) = path.strip_prefix(root) {
            found.push(name.to_string_lossy().into_owned());
        }
    }
}
