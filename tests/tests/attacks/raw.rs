//! Connections whose bytes no proper HTTP client would send.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

/// A connection from this loopback address.
pub async fn connect(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(SocketAddr::new(IpAddr::from(from), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

/// What came back on one connection.
#[derive(Debug)]
pub struct Reply {
    pub text: String,
    /// The server has closed it.
    pub closed: bool,
}

impl Reply {
    /// The status of the first answer; none when the connection ended without one.
    pub fn status(&self) -> Option<u16> {
        self.text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    }

    /// How many answers came.
    pub fn answers(&self) -> usize {
        self.text.matches("HTTP/1.1 ").count()
    }

    /// It was answered with one of these, or closed without a word.
    #[track_caller]
    pub fn refused(&self, what: &str, statuses: &[u16]) {
        let fits = self.status().map_or(self.closed, |status| statuses.contains(&status));
        assert!(fits, "{what}: {} closed: {}", self.text.chars().take(200).collect::<String>(), self.closed);
    }
}

/// Sends bytes and reads until the server closes the connection or is silent for `patience`.
pub async fn exchange(to: SocketAddr, bytes: &[u8], patience: Duration) -> Reply {
    let (mut reader, mut writer) = connect([127, 0, 0, 1], to).await.into_split();
    // The server may close before it has read all.
    let send = async {
        let _ = writer.write_all(bytes).await;
        writer
    };
    let receive = async {
        let (mut text, mut buffer) = (Vec::new(), vec![0; 64 * 1_024]);
        loop {
            match timeout(patience, reader.read(&mut buffer)).await {
                Err(_) => break (text, false),
                Ok(Ok(0) | Err(_)) => break (text, true),
                Ok(Ok(read)) => text.extend_from_slice(&buffer[..read]),
            }
        }
    };
    tokio::pin!(send);
    tokio::pin!(receive);
    // What is still being sent when the server has closed is of no interest any more.
    let (bytes, closed) = tokio::select! {
        received = &mut receive => received,
        _writer = &mut send => receive.await,
    };
    Reply { text: String::from_utf8_lossy(&bytes).into_owned(), closed }
}

/// Many connections of one kind.
pub struct Crowd(Vec<TcpStream>);

impl Crowd {
    /// Opens them, so many from each address, each with these first bytes.
    pub async fn open(to: SocketAddr, from: &[[u8; 4]], each: usize, first: &[u8]) -> Self {
        let mut streams = Vec::with_capacity(from.len() * each);
        for _ in 0..each {
            for ip in from {
                let mut stream = connect(*ip, to).await;
                // One above a cap is closed at once.
                let _ = stream.write_all(first).await;
                streams.push(stream);
            }
        }
        Self(streams)
    }

    /// Sends one byte on each, again and again.
    pub async fn dribble(&self, byte: u8, pause: Duration, until: Instant) {
        while Instant::now() < until {
            for stream in &self.0 {
                let _ = stream.try_write(&[byte]);
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Reads each to its end; gives what came. All are closed within `limit`.
    pub async fn closed(self, limit: Duration) -> Vec<String> {
        let deadline = Instant::now() + limit;
        let mut texts = Vec::with_capacity(self.0.len());
        for mut stream in self.0 {
            let mut text = Vec::new();
            let read = tokio::time::timeout_at(deadline, stream.read_to_end(&mut text)).await;
            assert!(read.is_ok(), "{} of the connections are closed within {limit:?}", texts.len());
            texts.push(String::from_utf8_lossy(&text).into_owned());
        }
        texts
    }
}
