//! The proxy: HTTP's `CONNECT` and requests with whole addresses, and nowhere but where the rules allow.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use url::Url;

use super::{SOCKET, block_on};
use crate::config::Downloads;
use crate::fetch::rules::{REFUSED, addresses};

/// Largest head of a request.
const LARGEST: usize = 64 << 10;

/// Listens until its sandbox ends.
pub(super) fn run(order: &str) -> Result<(), String> {
    let rules: Downloads = serde_json::from_str(order).map_err(|error| error.to_string())?;
    block_on(async move {
        let listener = UnixListener::bind(SOCKET).map_err(|error| error.to_string())?;
        // Whoever runs beside the relay is another user than we are.
        let open = std::fs::Permissions::from_mode(0o666);
        std::fs::set_permissions(SOCKET, open).map_err(|error| error.to_string())?;
        println!("ready");
        loop {
            let Ok((inner, _)) = listener.accept().await else { continue };
            let rules = rules.clone();
            tokio::spawn(async move {
                let _ = serve(inner, &rules).await;
            });
        }
    })
}

/// Where a request wants to go, and what is to be said there first.
struct Wish {
    host: String,
    port: u16,
    /// Sent on; none when the client only wants a connection.
    head: Option<Vec<u8>>,
}

async fn serve(mut inner: UnixStream, rules: &Downloads) -> std::io::Result<()> {
    let Some((head, rest)) = read_head(&mut inner).await? else { return Ok(()) };
    let Some(wish) = wish(&head) else { return refuse(&mut inner, "400 Bad Request", "no request for a proxy").await };
    let (host, port) = (&wish.host, wish.port);
    let mut outer = match reach(host, port, rules).await {
        Ok(outer) => outer,
        Err(Unreached::Refused) => {
            let why = format!("`{host}` {REFUSED}");
            println!("refused {why}");
            return refuse(&mut inner, "403 Forbidden", &why).await;
        }
        Err(Unreached::Failed(why)) => {
            let why = format!("`{host}:{port}` can not be reached: {why}");
            println!("failed {why}");
            return refuse(&mut inner, "502 Bad Gateway", &why).await;
        }
    };
    match &wish.head {
        None => inner.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?,
        Some(head) => outer.write_all(head).await?,
    }
    outer.write_all(&rest).await?;
    copy_bidirectional(&mut inner, &mut outer).await.map(drop)
}

async fn refuse(inner: &mut UnixStream, status: &str, why: &str) -> std::io::Result<()> {
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{why}\n",
        why.len() + 1
    );
    inner.write_all(answer.as_bytes()).await?;
    inner.shutdown().await
}

/// The head of the request, and what came behind it.
async fn read_head(inner: &mut UnixStream) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(at + 4);
            return Ok(String::from_utf8(bytes).ok().map(|head| (head, rest)));
        }
        if bytes.len() > LARGEST || inner.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

/// Reads a request's head. Behind each answer the connection ends, so that one is of one request alone.
fn wish(head: &str) -> Option<Wish> {
    let (line, headers) = head.split_once("\r\n")?;
    let mut words = line.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if method == "CONNECT" {
        let (host, port) = target.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        return Some(Wish { host: host.to_owned(), port: port.parse().ok()?, head: None });
    }
    let url = Url::parse(target).ok().filter(|url| url.scheme() == "http")?;
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let ours = ["connection:", "proxy-connection:", "proxy-authorization:", "keep-alive:"];
    let kept = headers.split("\r\n").filter(|line| {
        let line = line.to_ascii_lowercase();
        !line.is_empty() && !ours.iter().any(|name| line.starts_with(name))
    });
    let mut head = format!("{method} {path} {version}\r\n");
    for line in kept {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("Connection: close\r\n\r\n");
    Some(Wish { host, port: url.port_or_known_default()?, head: Some(head.into_bytes()) })
}

enum Unreached {
    Refused,
    Failed(String),
}

async fn reach(host: &str, port: u16, rules: &Downloads) -> Result<TcpStream, Unreached> {
    let failed = |error: std::io::Error| Unreached::Failed(error.to_string());
    let good: Vec<SocketAddr> = addresses(host, port, rules.private).await.map_err(failed)?;
    if good.is_empty() {
        return Err(Unreached::Refused);
    }
    let patience = Duration::from_secs(rules.stall_seconds);
    match tokio::time::timeout(patience, TcpStream::connect(&good[..])).await {
        Ok(connected) => connected.map_err(failed),
        Err(_) => Err(Unreached::Failed(format!("no answer in {} s", patience.as_secs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::wish;

    #[test]
    fn whole_addresses_become_requests_to_one_host() {
        let asked = wish(
            "GET http://host.org:81/a/b?c=d HTTP/1.1\r\nHost: host.org:81\r\nProxy-Connection: Keep-Alive\r\nX: y\r\n\r\n",
        );
        let asked = asked.unwrap();
        assert_eq!((asked.host.as_str(), asked.port), ("host.org", 81));
        let head = String::from_utf8(asked.head.unwrap()).unwrap();
        assert_eq!(head, "GET /a/b?c=d HTTP/1.1\r\nHost: host.org:81\r\nX: y\r\nConnection: close\r\n\r\n");
    }

    #[test]
    fn connections_are_made_to_hosts_and_numbers() {
        let asked = wish("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert_eq!((asked.host.as_str(), asked.port, asked.head.is_none()), ("2001:db8::1", 443, true));
    }

    #[test]
    fn what_is_no_request_for_a_proxy_goes_nowhere() {
        for head in
            ["GET /a HTTP/1.1\r\n\r\n", "GET file:///etc/passwd HTTP/1.1\r\n\r\n", "CONNECT host HTTP/1.1\r\n\r\n", "x"]
        {
            assert!(wish(head).is_none(), "{head}");
        }
    }
}
