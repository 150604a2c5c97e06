//! Live events: server-sent events read from a response.
//! Source: HTML Standard, section 9.2.6, "Interpreting an event stream".

use std::collections::VecDeque;

use hafs_proto::people::Event;
use reqwest::{Response, Url};

use super::client::ApiError;

/// Bytes of the longest line; an event is far shorter.
const LINE: usize = 64 * 1024;

/// What the stream says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Something happened.
    Event(Event),
    /// This many events came faster than they were read.
    Missed(u64),
}

/// A stream of events.
#[derive(Debug)]
pub struct Events {
    base: Url,
    response: Response,
    parser: Parser,
    ready: VecDeque<News>,
}

impl Events {
    pub(super) fn new(base: Url, response: Response) -> Self {
        Self { base, response, parser: Parser::default(), ready: VecDeque::new() }
    }

    /// The next news; nothing when the coordinator has ended the stream. May be dropped and called again.
    ///
    /// # Errors
    /// [`ApiError::Unreachable`] when the connection breaks.
    pub async fn next(&mut self) -> Result<Option<News>, ApiError> {
        loop {
            if let Some(news) = self.ready.pop_front() {
                return Ok(Some(news));
            }
            let chunk = self.response.chunk().await;
            match chunk.map_err(|source| ApiError::Unreachable { base: self.base.clone(), source })? {
                Some(bytes) => self.ready.extend(self.parser.push(&bytes)),
                None => return Ok(None),
            }
        }
    }
}

#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    missed: bool,
    data: String,
}

impl Parser {
    /// The news that these bytes complete.
    fn push(&mut self, bytes: &[u8]) -> Vec<News> {
        let mut news = Vec::new();
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                news.extend(self.line(String::from_utf8_lossy(&line).trim_end_matches('\r')));
            } else if self.line.len() < LINE {
                self.line.push(*byte);
            }
        }
        news
    }

    fn line(&mut self, line: &str) -> Option<News> {
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.missed = value == "missed",
            "data" if self.data.len() < LINE => self.data.push_str(value),
            // Comments keep the connection alive; ids are in the events themselves.
            _ => {}
        }
        None
    }

    /// An event that this version does not know is left out.
    fn dispatch(&mut self) -> Option<News> {
        let (data, missed) = (std::mem::take(&mut self.data), std::mem::take(&mut self.missed));
        if missed {
            data.parse().ok().map(News::Missed)
        } else {
            serde_json::from_str(&data).ok().map(News::Event)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"sequence":7,"at":"2026-11-22T12:00:00.000Z","kind":"accepted","about":"sample_x","message":"good"}"#;

    #[test]
    fn events_are_read_however_the_bytes_are_cut() {
        let stream =
            format!(": hello\n\nid: 7\ndata: {EVENT}\n\nevent: missed\ndata: 12\n\ndata: {{}}\r\n\r\n");
        let whole = Parser::default().push(stream.as_bytes());
        let [News::Event(event), News::Missed(12)] = whole.as_slice() else { panic!("{whole:?}") };
        assert_eq!((event.sequence, event.message.as_str()), (7, "good"));
        let mut parser = Parser::default();
        let drips: Vec<News> = stream.bytes().flat_map(|byte| parser.push(&[byte])).collect();
        assert_eq!(drips, whole);
    }

    #[test]
    fn an_endless_line_takes_no_endless_memory() {
        let mut parser = Parser::default();
        (0..100).for_each(|_| drop(parser.push(&[b'x'; 4_096])));
        assert_eq!(parser.line.len(), LINE);
    }
}
