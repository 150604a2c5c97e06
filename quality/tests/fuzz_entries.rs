//! The entries of the fuzz targets, with random bytes and with random pieces of what they read.

#[path = "../fuzz/entries/redact.rs"]
mod redact;
#[path = "../fuzz/entries/reply.rs"]
mod reply;
#[path = "../fuzz/entries/sources.rs"]
mod sources;
#[path = "../fuzz/entries/statements.rs"]
mod statements;

use proptest::prelude::*;

/// Bytes that get past the first branches: pieces of replies, documents, code and keys among noise.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 28] = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        "\\",
        ":",
        ",",
        "\n",
        " ",
        "\"instruction\"",
        "\"output\"",
        "```",
        "<think>",
        "</think>",
        "# ",
        "---\n",
        "fn a() {",
        "class A:\n",
        "password=",
        "://u:",
        "@",
        "AKIA",
        "-----BEGIN ",
        "\u{202e}",
        "True",
        "\\u12",
    ];
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..24),
        1 => "[a-zA-Z0-9+/]{8,48}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_reply_is_read_whole_or_refused(bytes in bytes()) {
        reply::reply(&bytes);
    }

    #[test]
    fn a_redacted_text_has_nothing_left_to_redact(bytes in bytes()) {
        redact::redacted(&bytes);
    }

    #[test]
    fn sections_blocks_and_units_lie_inside_their_text(bytes in bytes()) {
        sources::sources(&bytes);
    }

    #[test]
    fn statements_and_links_lie_inside_their_text(bytes in bytes()) {
        statements::statements(&bytes);
    }
}
