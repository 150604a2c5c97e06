//! A scripted server: each connection gets the next script, byte for byte, so that a test can misbehave as it likes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use hafs_teachers::{ChatRequest, Connector, Message, TeacherConfig, TeacherKind};
use serde_json::Value;

/// What the server does after the request was read.
pub enum Act {
    /// Sends these bytes at once.
    Send(Vec<u8>),
    /// Sends one byte every so often, until the client gives up.
    Drip(u8, Duration),
    /// Sends nothing more until the client gives up.
    Stall,
    /// Closes the connection.
    Close,
}

/// A running server. Each script answers one request.
pub struct Scripted {
    pub base_url: String,
    requests: Receiver<Value>,
    scripts: usize,
}

impl Scripted {
    /// Serves the scripts in order, then ends.
    pub fn start(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, requests) = channel();
        let count = scripts.len();
        std::thread::spawn(move || {
            for script in scripts {
                let (mut stream, _) = listener.accept().expect("a connection");
                let request = read_request(&mut stream);
                let _ = sender.send(request);
                script.into_iter().for_each(|act| perform(&mut stream, act));
            }
        });
        Self { base_url, requests, scripts: count }
    }

    /// The bodies of the requests, one for each script.
    pub fn requests(self) -> Vec<Value> {
        let next = |_| self.requests.recv_timeout(Duration::from_secs(5)).expect("a request for each script");
        (0..self.scripts).map(next).collect()
    }
}

fn read_request(stream: &mut TcpStream) -> Value {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
            let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            if bytes.len() >= head + 4 + length {
                return serde_json::from_slice(&bytes[head + 4..]).unwrap_or(Value::Null);
            }
        }
        match stream.read(&mut buffer).expect("a request") {
            0 => return Value::Null,
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

/// Waits on the client for at most `patience`; says whether it has gone.
fn client_left(stream: &mut TcpStream, patience: Duration) -> bool {
    stream.set_read_timeout(Some(patience)).expect("a timeout");
    !matches!(stream.read(&mut [0; 64]), Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset)
}

fn perform(stream: &mut TcpStream, act: Act) {
    match act {
        Act::Send(bytes) => {
            let _ = stream.write_all(&bytes);
        }
        Act::Drip(byte, pause) => while !client_left(stream, pause) && stream.write_all(&[byte]).is_ok() {},
        Act::Stall => while !client_left(stream, Duration::from_millis(50)) {},
        Act::Close => {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// A whole answer.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<Act> {
    let mut text = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    let typed = headers.iter().any(|(name, _)| *name == "content-type");
    if !typed {
        text.push_str("content-type: application/json\r\n");
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    vec![Act::Send(format!("{text}\r\n{body}").into_bytes())]
}

/// The head of an answer whose body follows in pieces and ends when the connection does.
pub fn head() -> Act {
    Act::Send(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\n\r\n".to_vec())
}

pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

pub fn connector() -> Connector {
    Connector::new(client(), std::env::temp_dir())
}

pub fn config(kind: TeacherKind, model: &str, server: &Scripted) -> TeacherConfig {
    let mut config = TeacherConfig::new(kind, kind.word(), model);
    config.base_url = Some(server.base_url.clone());
    config.idle_timeout = Duration::from_millis(300);
    config
}

pub fn request() -> ChatRequest {
    ChatRequest {
        system: "Be brief.".to_owned(),
        messages: vec![Message::user("Say hello in one short sentence.")],
        schema: None,
        max_tokens: 24,
        temperature: 0.0,
        seed: 1,
        num_ctx: None,
        deadline: Duration::from_secs(5),
    }
}
