//! The entries of the fuzz targets, with random bytes and with random pieces of what they read.

#[path = "../fuzz/entries/tables.rs"]
mod tables;
#[path = "../fuzz/entries/texts.rs"]
mod texts;

use proptest::prelude::*;

/// Bytes that get past the first branches: pieces of tables, code and documents among noise.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 40] = [
        "00:8000 ",
        "al 008000 .",
        "sym\t",
        "type=lab,",
        "name=\"a\",",
        "val=0x8000",
        "SnesWorkRam:10:",
        "[labels]\n",
        "[definitions]\n",
        "\n",
        "{\"nodes\":",
        "{\"k\":",
        "{\"name\":\"x\",\"address\":\"$2100\"}",
        "}",
        ",\"edges\":[",
        "]",
        "[{\"name\":\"x\",\"calls\":[\"y\"]}",
        "name,address\n",
        "x,$7E:0010\n",
        "\"",
        "|",
        "|---|---|\n",
        "name",
        "Link_Main",
        ":",
        "!Hp = ",
        "$7E0022",
        " lda ",
        " sta $2100\n",
        " jsr ",
        "macro m()\n",
        "endmacro\n",
        ".proc ",
        "```asm\n",
        "`",
        "INIDISP ($2105)",
        "](a.md)",
        "void f() { g(); }\n",
        "fn f() { g() }\n",
        "def f():\n g()\n",
    ];
    let piece = prop_oneof![
        5 => prop::sample::select(PIECES.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..24),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_table_is_read_whole_or_refused(bytes in bytes()) {
        tables::tables(&bytes);
    }

    #[test]
    fn names_stand_where_they_are_said_to(bytes in bytes()) {
        texts::texts(&bytes);
    }
}
