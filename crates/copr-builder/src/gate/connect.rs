//! A connection to a host on standard input and output: for programs that know tunnels but no proxies.

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, stdin, stdout};
use tokio::net::UnixStream;

use super::{SOCKET, block_on};

/// Subversion's, which is what uses this.
const USUAL_PORT: u16 = 3690;
const LONGEST: usize = 4096;

/// Connects to `host[:port]` or, as git has it, to a host and a port, through the gate. Subversion says what should be started at the
/// other end in place of the port.
pub(super) fn run(host: &str, port: &str) -> Result<(), String> {
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let target = match port.parse::<u16>() {
        Ok(port) => format!("{host}:{port}"),
        Err(_) if has_port => host.to_owned(),
        Err(_) => format!("{host}:{USUAL_PORT}"),
    };
    block_on(async move {
        let words = |error: std::io::Error| error.to_string();
        let mut outer = UnixStream::connect(SOCKET).await.map_err(words)?;
        outer
            .write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes())
            .await
            .map_err(words)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() >= LONGEST {
                return Err("the answer has no end".to_owned());
            }
            answer.push(outer.read_u8().await.map_err(words)?);
        }
        if !answer.starts_with(b"HTTP/1.1 200") {
            let answer = String::from_utf8_lossy(&answer);
            return Err(format!("`{target}` can not be reached: {}", answer.lines().next().unwrap_or_default()));
        }
        let (mut from, mut to) = outer.into_split();
        tokio::select! {
            done = async {
                copy(&mut stdin(), &mut to).await?;
                to.shutdown().await?;
                std::future::pending::<std::io::Result<()>>().await
            } => done.map_err(words),
            done = async { copy(&mut from, &mut stdout()).await.map(drop) } => done.map_err(words),
        }
    })
}
