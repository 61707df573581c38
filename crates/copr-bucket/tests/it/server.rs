//! A real S3 service on a directory, in this process.

use copr_bucket::{Bucket, Settings};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::net::SocketAddr;
use tokio::net::TcpListener;

const NAME: &str = "reader";
const SECRET: &str = "a-secret-of-the-tests";

pub struct Server {
    pub address: SocketAddr,
    pub root: tempfile::TempDir,
}

impl Server {
    /// Begins to serve one bucket, `copr`; the runtime of the test ends it.
    pub async fn start() -> Server {
        let root = copr_testkit::temp_dir();
        std::fs::create_dir(root.path().join("copr")).expect("a bucket");
        let mut builder = S3ServiceBuilder::new(FileSystem::new(root.path()).expect("a directory to serve"));
        builder.set_auth(SimpleAuth::from_single(NAME, SECRET));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    // A client that hangs up is no fault of the server's.
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Server { address, root }
    }

    pub fn settings(&self) -> Settings {
        Settings {
            bucket: "copr".to_owned(),
            prefix: "live".to_owned(),
            endpoint: Some(format!("http://{}", self.address)),
            access_key: Some(NAME.to_owned()),
            secret_key: Some(SECRET.to_owned().into()),
            allow_http: true,
            retry: std::time::Duration::from_secs(2),
            ..Settings::default()
        }
    }

    pub fn bucket(&self) -> Bucket {
        Bucket::open(&self.settings()).expect("a bucket")
    }
}
