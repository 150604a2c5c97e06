//! Opening an encrypted connection: the handshake, with its deadline, in the connection's own task.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

/// The first byte of a TLS handshake. Source: RFC 8446, section 5.1 (`ContentType.handshake`).
const HANDSHAKE: u8 = 22;

/// What somebody gets who speaks plain HTTP here, before the connection is closed.
const SPEAK_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Connection: close\r\nContent-Length: 56\r\n\r\nThis port speaks TLS only: use https:// in the address.\n";

/// Shakes hands with a peer; nothing when it does not get so far within `patience`.
pub(super) async fn greet(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: &TlsAcceptor,
    patience: Duration,
) -> Option<TlsStream<TcpStream>> {
    match tokio::time::timeout(patience, shake(stream, acceptor)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            debug!(peer = %peer, error = %error, "closed a connection that did not become encrypted");
            None
        }
        Err(_) => {
            debug!(peer = %peer, "closed a connection that was too slow to become encrypted");
            None
        }
    }
}

async fn shake(
    mut stream: TcpStream,
    acceptor: &TlsAcceptor,
) -> std::io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [0];
    match stream.peek(&mut first).await? {
        0 => Ok(None),
        _ if first[0] == HANDSHAKE => acceptor.accept(stream).await.map(Some),
        _ => {
            stream.write_all(SPEAK_TLS).await?;
            stream.shutdown().await?;
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_answer_has_the_length_that_it_says() {
        let text = std::str::from_utf8(SPEAK_TLS).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }
}
