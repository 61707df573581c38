//! Servers of one kind of trouble each.

use rustls::pki_types::PrivateKeyDer;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// Where nobody listens any more.
pub fn nowhere() -> u16 {
    listener().1
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

/// Does something with every connection; gives the port, and news of each connection that was dealt with.
pub fn that(does: impl Fn(TcpStream) + Send + 'static) -> (u16, Receiver<()>) {
    let (listener, port) = listener();
    let (news, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            does(stream);
            // Not everybody wants to hear of it.
            let _ = news.send(());
        }
    });
    (port, heard)
}

/// The length of the body, once the head is read.
fn head(reader: &mut impl BufRead) -> u64 {
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        let value = line.to_lowercase().strip_prefix("content-length:").map(|value| value.trim().to_owned());
        length = value.and_then(|value| value.parse().ok()).unwrap_or(length);
        line.clear();
    }
    length
}

/// Answers everything so.
pub fn that_says(status: u16, body: &'static str) -> u16 {
    let answer = move |stream: TcpStream| {
        let mut reader = BufReader::new(stream);
        let length = head(&mut reader);
        let _ = std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink());
        let mut stream = reader.into_inner();
        let length = body.len();
        let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    };
    that(answer).0
}

/// Hangs up in the middle of what it is sent, when that is long.
pub fn that_hangs_up() -> u16 {
    let hang_up = |stream: TcpStream| {
        let mut reader = BufReader::new(stream);
        let length = head(&mut reader);
        if length < 100_000 {
            let _ = std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink());
            let text = "{\"message\": \"ok\"}";
            let stream = reader.get_mut();
            let _ =
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len());
        } else {
            let _ = reader.read_exact(&mut [0; 10_000]);
        }
    };
    that(hang_up).0
}

/// Takes long bodies only as far as a buffer goes until it is told to go on; answers everything with this.
pub fn that_dawdles(go_on: Receiver<()>, body: &'static str) -> u16 {
    let answer = move |stream: TcpStream| {
        let mut reader = BufReader::new(stream);
        let length = head(&mut reader);
        if length > 100_000 {
            let _ = go_on.recv();
        }
        let _ = std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink());
        let stream = reader.get_mut();
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    };
    that(answer).0
}

/// Speaks TLS with a certificate that nobody knows.
pub fn that_nobody_trusts() -> u16 {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions of TLS").with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![made.cert.der().clone()], key).expect("a configuration"));
    let greet = move |mut stream: TcpStream| {
        let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).expect("a connection");
        while tls.is_handshaking() && tls.complete_io(&mut stream).is_ok() {}
    };
    that(greet).0
}
