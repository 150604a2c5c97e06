//! A body that is no JSON: a form with one file in it.

use bytes::Bytes;
use hafs_proto::ContentHash;

/// Letters of what parts a form: too many to stand in a file by chance, and they follow from the file.
const BOUNDARY_LETTERS: usize = 32;

/// A body and what it is.
#[derive(Debug, Clone)]
pub(crate) struct Payload {
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

impl Payload {
    /// A form with these fields and one file.
    ///
    /// Source: RFC 7578, `multipart/form-data`.
    pub(crate) fn form(fields: &[(&str, &str)], (name, file): (&str, &str)) -> Self {
        let hash = ContentHash::of(file.as_bytes()).to_string();
        let letters = hash.chars().rev().filter(char::is_ascii_alphanumeric);
        let boundary: String = letters.take(BOUNDARY_LETTERS).collect();
        let mut body = String::with_capacity(file.len() + 512);
        for (key, value) in fields {
            body.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n{file}\r\n--{boundary}--\r\n"
        ));
        Self { content_type: format!("multipart/form-data; boundary={boundary}"), body: body.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_ends_where_it_says_and_holds_the_file_unchanged() {
        let payload = Payload::form(&[("purpose", "batch")], ("a.jsonl", "{}\n{}"));
        let boundary = payload.content_type.split_once("boundary=").expect("one").1;
        let text = std::str::from_utf8(&payload.body).expect("text");
        assert_eq!(text.matches(boundary).count(), 3);
        assert!(text.contains("\r\n\r\n{}\n{}\r\n--") && text.ends_with("--\r\n"));
        assert!(text.contains("name=\"purpose\"\r\n\r\nbatch\r\n"));
    }
}
