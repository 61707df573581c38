//! The relay: beside the program that wants out, where there is no network but loopback.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};

use super::{SOCKET, block_on};

/// Listens, prints the port, and passes connections on until its sandbox ends.
pub(super) fn run() -> Result<(), String> {
    block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| error.to_string())?;
        println!("{}", listener.local_addr().map_err(|error| error.to_string())?.port());
        loop {
            let Ok((mut inner, _)) = listener.accept().await else { continue };
            tokio::spawn(async move {
                // Whatever goes wrong, the program sees a connection that ends.
                if let Ok(mut outer) = UnixStream::connect(SOCKET).await {
                    let _ = copy_bidirectional(&mut inner, &mut outer).await;
                }
            });
        }
    })
}
