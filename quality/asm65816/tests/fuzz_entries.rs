//! The entries of the fuzz targets, with random bytes and with random pieces of assembly.

#[path = "../fuzz/entries/assembly.rs"]
mod assembly;
#[path = "../fuzz/entries/machine.rs"]
mod machine;

use proptest::prelude::*;

/// Pieces that get past the first branches, among noise.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 44] = [
        "lda ",
        "sta ",
        "rep #$30",
        "sep #$20",
        "php",
        "plp",
        "rts",
        "jsr ",
        "bne ",
        "+",
        "-",
        ".sub",
        "main:",
        "@x:",
        "#$",
        "$12",
        "(",
        ")",
        ",x",
        "),y",
        "[",
        "]",
        "!a",
        "!a = ",
        "macro m(a)\n",
        "endmacro\n",
        "if ",
        "endif\n",
        "else\n",
        "db ",
        "org $8000\n",
        ".proc p\n",
        ".endproc\n",
        ".a16\n",
        "<a>",
        "%m(1)",
        " : ",
        "\n",
        "; x\n",
        "/*",
        "*/",
        "\"",
        "mvn $7e,$7f",
        "And then ",
    ];
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_read_checked_and_encoded(bytes in bytes()) {
        assembly::assembly(&bytes);
    }

    #[test]
    fn every_program_ends_within_its_steps(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        machine::machine(&bytes);
    }
}
