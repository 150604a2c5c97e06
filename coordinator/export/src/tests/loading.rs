//! The Hugging Face `datasets` library loads what was written.

use std::process::Command;

use crate::fixture::{export, forty, row, settings, with_texts};

/// Path of a Python that has the `datasets` package; without it the test counts as skipped.
const PYTHON: &str = "HAFS_DATASETS_PYTHON";

#[test]
fn hf_datasets_loads_every_format_and_split_with_the_rows_of_the_manifest() {
    let Some(python) = std::env::var_os(PYTHON) else {
        println!("SKIPPED: {PYTHON} names no Python with the `datasets` package");
        return;
    };
    let parent = tempfile::tempdir().expect("a folder");
    let mut rows = forty();
    rows.push(with_texts(row(90), "Odd\u{2028}ends\r\n\u{85}.", "", "\u{feff}x\u{2029}\u{7f}🦀"));
    let written = export(&rows, &settings(parent.path())).expect("exports");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/load_datasets.py");
    let output = Command::new(python).arg(script).arg(&written.path).output().expect("runs");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    println!("{said}");
}
