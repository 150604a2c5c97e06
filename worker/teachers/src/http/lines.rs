//! Lines out of chunks that may end anywhere, also inside a character.

use bytes::Bytes;

/// Bytes of one line; a stream's line holds a few tokens, its last one the counters.
const LINE_BYTES: usize = 4 * 1024 * 1024;

/// Collects chunks and gives whole lines, without their line end and white space around them.
#[derive(Debug, Default)]
pub(crate) struct LineReader {
    rest: Vec<u8>,
    /// Bytes of the rest that are known to hold no line end.
    searched: usize,
    keeps_empty: bool,
}

impl LineReader {
    /// One that gives empty lines too; the usual one leaves them out.
    pub(crate) fn with_empty_lines() -> Self {
        Self { keeps_empty: true, ..Self::default() }
    }

    /// Takes a chunk and gives the lines that it completes, or nothing when a line grows beyond reason.
    pub(crate) fn push(&mut self, chunk: &Bytes) -> Option<Vec<Vec<u8>>> {
        self.rest.extend_from_slice(chunk);
        let mut lines = Vec::new();
        let (mut begin, mut from) = (0, self.searched);
        while let Some(length) = self.rest[from..].iter().position(|b| *b == b'\n') {
            let line = trimmed(&self.rest[begin..from + length]);
            lines.extend(line.or_else(|| self.keeps_empty.then(Vec::new)));
            begin = from + length + 1;
            from = begin;
        }
        self.rest.drain(..begin);
        self.searched = self.rest.len();
        (self.rest.len() <= LINE_BYTES).then_some(lines)
    }

    /// What is left when the stream ended: a last line without a line end.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        trimmed(&self.rest)
    }
}

fn trimmed(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii();
    (!line.is_empty()).then(|| line.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_do_not_depend_on_where_the_chunks_were_cut(
            lines in proptest::collection::vec("[a-zé🦀 ]{0,12}", 0..6),
            cuts in proptest::collection::vec(1_usize..7, 1..40),
        ) {
            let whole = lines.join("\n").into_bytes();
            let mut reader = LineReader::default();
            let mut read = Vec::new();
            let mut at = 0;
            for cut in cuts.iter().cycle().take_while(|_| !whole.is_empty()) {
                let end = (at + cut).min(whole.len());
                read.extend(reader.push(&Bytes::copy_from_slice(&whole[at..end])).expect("short lines"));
                at = end;
                if at == whole.len() { break; }
            }
            read.extend(reader.finish());
            let expected: Vec<Vec<u8>> =
                lines.iter().map(|l| l.trim_matches(' ').as_bytes().to_vec()).filter(|l| !l.is_empty()).collect();
            prop_assert_eq!(read, expected);
        }
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let mut reader = LineReader::default();
        assert!(reader.push(&Bytes::from(vec![b'x'; LINE_BYTES])).is_some());
        assert!(reader.push(&Bytes::from_static(b"x")).is_none());
    }
}
