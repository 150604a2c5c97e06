//! Measures the checks on sources: `measure FOLDER [asar|ca65|wla-dx]` says what is found in its files, how fast, and
//! how much of seeded nonsense is caught.

#![expect(clippy::print_stdout, reason = "a program whose output is its figures")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_asm65816::diagnose::{Code, Diagnostic};
use hafs_asm65816::syntax::{Dialect, MAX_SOURCE};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let dialect = arguments.next().map(|word| match word.as_str() {
        "asar" => Dialect::Asar,
        "ca65" => Dialect::Ca65,
        _ => Dialect::Wla,
    });
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    report(&files, dialect);
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let ending =
            path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
        if path.is_dir() {
            collect(&path, files);
        } else if ["asm", "s", "inc", "a65"].contains(&ending.as_str()) {
            let bytes = std::fs::read(&path).expect("a file");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if text.len() < MAX_SOURCE {
                files.push((path, text));
            }
        }
    }
}

fn report(files: &[(PathBuf, String)], dialect: Option<Dialect>) {
    let (mut lines, mut found) = (0, BTreeMap::<Code, usize>::new());
    let mut spent = Duration::ZERO;
    for (path, text) in files {
        let (diagnostics, took) = timed(text, dialect);
        spent += took;
        lines += text.lines().count();
        for diagnostic in &diagnostics {
            *found.entry(diagnostic.code).or_default() += 1;
            let line = text[..diagnostic.span.range().start].lines().count();
            let at = &text[diagnostic.span.range().start..];
            let source = at.lines().next().unwrap_or("");
            println!("{}:{line}: {}: {} [{source:.60}]", path.display(), diagnostic.code, diagnostic.message);
        }
    }
    let total: usize = found.values().sum();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let (rate, share) =
        (lines as f64 / spent.as_secs_f64() * 60.0 / 1e6, total as f64 / (lines.max(1)) as f64 * 100.0);
    println!(
        "{} files, {lines} lines, {total} found ({share:.4} %), {rate:.1} million lines a minute",
        files.len()
    );
    println!("{found:?}");
}

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn timed(text: &str, dialect: Option<Dialect>) -> (Vec<Diagnostic>, Duration) {
    let start = std::time::Instant::now();
    let found =
        hafs_asm65816::check::check(text, dialect).map(|checked| checked.diagnostics).unwrap_or_default();
    (found, start.elapsed())
}
