//! Server-sent events out of chunks that may end anywhere.
//! Source: the HTML standard, section 9.2 (server-sent events).

use bytes::Bytes;

use super::lines::LineReader;

/// Collects chunks and gives the data of whole events. Their names are not needed: all wires repeat them inside the
/// data. Comments, which keep a connection alive, are left out.
#[derive(Debug)]
pub(crate) struct EventReader {
    lines: LineReader,
    data: Option<Vec<u8>>,
}

impl Default for EventReader {
    fn default() -> Self {
        Self { lines: LineReader::with_empty_lines(), data: None }
    }
}

impl EventReader {
    /// Takes a chunk and gives the events that it completes, or nothing when a line grows beyond reason.
    pub(crate) fn push(&mut self, chunk: &Bytes) -> Option<Vec<Vec<u8>>> {
        let lines = self.lines.push(chunk)?;
        Some(lines.iter().filter_map(|line| self.line(line)).collect())
    }

    /// What is left when the stream ended: servers often leave out the last empty line.
    pub(crate) fn finish(mut self) -> Option<Vec<u8>> {
        if let Some(line) = std::mem::take(&mut self.lines).finish() {
            // The last line ends no event.
            let _none = self.line(&line);
        }
        self.data
    }

    fn line(&mut self, line: &[u8]) -> Option<Vec<u8>> {
        if line.is_empty() {
            return self.data.take();
        }
        let rest = line.strip_prefix(b"data:")?;
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        match &mut self.data {
            Some(data) => {
                data.push(b'\n');
                data.extend_from_slice(rest);
            }
            None => self.data = Some(rest.to_vec()),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(stream: &[u8], cuts: &[usize]) -> Vec<String> {
        let mut reader = EventReader::default();
        let mut events = Vec::new();
        let mut at = 0;
        for cut in cuts.iter().cycle() {
            if at == stream.len() {
                break;
            }
            let end = (at + cut).min(stream.len());
            events.extend(reader.push(&Bytes::copy_from_slice(&stream[at..end])).expect("short lines"));
            at = end;
        }
        events.extend(reader.finish());
        events.into_iter().map(|data| String::from_utf8(data).expect("UTF-8")).collect()
    }

    #[test]
    fn comments_names_and_line_ends_of_windows_are_read_over() {
        let stream =
            b": hello\r\n\r\nevent: a\r\ndata: {\"x\":1}\r\n\r\nid: 4\ndata:two\ndata: lines\n\ndata: end";
        assert_eq!(read(stream, &[1_000]), ["{\"x\":1}", "two\nlines", "end"]);
    }

    proptest! {
        #[test]
        fn events_do_not_depend_on_where_the_chunks_were_cut(
            events in proptest::collection::vec("[a-zé🦀]{1,12}", 0..6),
            cuts in proptest::collection::vec(1_usize..9, 1..20),
        ) {
            let stream: String = events.iter().map(|data| format!("event: e\ndata: {data}\n\n")).collect();
            prop_assert_eq!(read(stream.as_bytes(), &cuts), events);
        }
    }
}
