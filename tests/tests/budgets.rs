//! How large files and functions may be, and what no file may hold. Counted as text: a lead, but a firm one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const FILE_STOP: usize = 500;
const FILE_P90: usize = 340;
const FUNCTION_STOP: usize = 70;

struct Source {
    path: PathBuf,
    /// Lines with their numbers, `#[cfg(test)]` items left out.
    lines: Vec<(usize, String)>,
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if entry.is_dir()
            && !["target", "tests", "benches", "examples", "fuzz", "hafs-data"].contains(&name)
            && !name.starts_with('.')
        {
            rust_files(&entry, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(entry);
        }
    }
}

/// What stands above a module that no program holds: its own crate's tests, or a kit for the tests of others.
const FOR_TESTS: [&str; 3] =
    ["#[cfg(test)]", "#[cfg(feature = \"test-util\")]", "#[cfg(any(test, feature = \"conformance\"))]"];

/// Files and folders that a `mod name;` for tests only, beside them, takes in.
fn test_modules(files: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut modules = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).expect("a source is UTF-8");
        let folder = file.parent().expect("a folder");
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if !FOR_TESTS.contains(&line) {
                continue;
            }
            let next = lines.next().unwrap_or_default();
            let name = next.split_once("mod ").and_then(|(_, name)| name.strip_suffix(';'));
            if let Some(name) = name {
                modules.extend([folder.join(format!("{name}.rs")), folder.join(name)]);
            }
        }
    }
    modules
}

/// The sources of all crates but `tests`.
fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    rust_files(&root(), &mut files);
    let tests = test_modules(&files);
    files.retain(|file| !tests.iter().any(|test| file.starts_with(test)));
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source is UTF-8");
            Source { lines: without_tests(&text), path }
        })
        .collect()
}

fn braces(line: &str) -> (i64, bool) {
    let mut depth = 0;
    let mut quoted = false;
    let mut previous = ' ';
    for c in line.chars() {
        match c {
            '"' if previous != '\\' && previous != '\'' => quoted = !quoted,
            '{' if !quoted && previous != '\'' => depth += 1,
            '}' if !quoted && previous != '\'' => depth -= 1,
            '/' if !quoted && previous == '/' => break,
            _ => {}
        }
        previous = c;
    }
    (depth, line.contains('{') || line.trim_end().ends_with(';'))
}

fn without_tests(text: &str) -> Vec<(usize, String)> {
    let mut kept = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim_start().starts_with("#[cfg(test)]") {
            let (mut depth, mut seen) = (0, false);
            for (_, inside) in lines.by_ref() {
                let (change, opens) = braces(inside);
                depth += change;
                seen |= opens;
                if seen && depth <= 0 {
                    break;
                }
            }
        } else {
            kept.push((number + 1, line.to_owned()));
        }
    }
    kept
}

#[test]
fn files_stay_within_their_budget() {
    let mut sizes: Vec<(usize, PathBuf)> =
        sources().into_iter().map(|source| (source.lines.len(), source.path)).collect();
    sizes.sort();
    let (largest, path) = sizes.last().expect("there are sources");
    assert!(*largest <= FILE_STOP, "{} has {largest} lines; at most {FILE_STOP}", path.display());
    let p90 = sizes[sizes.len() * 9 / 10].0;
    assert!(p90 <= FILE_P90, "nine files of ten stay under {FILE_P90} lines; now {p90}");
}

#[test]
fn functions_stay_within_their_budget() {
    for source in sources() {
        let mut start: Option<(usize, i64, bool)> = None;
        for (number, line) in &source.lines {
            let code = line.trim_start();
            let begins = [
                "fn ",
                "pub fn ",
                "pub(crate) fn ",
                "pub(super) fn ",
                "async fn ",
                "pub async fn ",
                "const fn ",
                "pub const fn ",
            ]
            .iter()
            .any(|head| code.starts_with(head));
            if start.is_none() && begins {
                start = Some((*number, 0, false));
            }
            let Some((first, depth, opened)) = start else { continue };
            let depth = depth + braces(line).0;
            let opened = opened || line.contains('{');
            if (opened && depth <= 0) || (!opened && line.trim_end().ends_with(';')) {
                let length = number - first + 1;
                assert!(length <= FUNCTION_STOP, "{}:{first}: {length} lines", source.path.display());
                start = None;
            } else {
                start = Some((first, depth, opened));
            }
        }
    }
}

#[test]
fn no_file_holds_an_excuse_or_a_name_that_says_nothing() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat()];
    for source in sources() {
        let stem = source.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        assert!(
            !["util", "utils", "common", "helpers", "misc", "manager"].contains(&stem),
            "{}: a name that says nothing",
            source.path.display()
        );
        for (number, line) in &source.lines {
            // An excuse stands in a comment and ends with a colon; texts about such notes do not.
            let comment = line.split_once("//").map_or("", |(_, comment)| comment);
            let excuse = marks.iter().any(|mark| comment.contains(&format!("{mark}:")));
            assert!(!excuse, "{}:{number}: {line}", source.path.display());
        }
    }
}

#[test]
fn a_value_is_taken_for_granted_only_under_a_proof() {
    for source in sources() {
        for (at, (number, line)) in source.lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if !code.contains(".expect(\"") && !code.contains(".unwrap()") {
                continue;
            }
            let above = &source.lines[at.saturating_sub(4)..=at];
            let proved = above.iter().any(|(_, line)| line.contains("Proof:"));
            assert!(proved, "{}:{number}: expect without `// Proof:`", source.path.display());
        }
    }
}

/// The arguments of each call of a macro in a text, up to the bracket that closes it.
fn calls<'t>(text: &'t str, head: &str) -> Vec<&'t str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(head) {
        let before = text[..at].chars().next_back().unwrap_or(' ');
        let inside = &text[at + head.len()..];
        let (mut depth, mut quoted, mut previous) = (1, false, ' ');
        let end = inside.char_indices().find(|(_, c)| {
            match c {
                '"' if previous != '\\' => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth -= 1,
                _ => {}
            }
            previous = *c;
            depth == 0
        });
        if !before.is_alphanumeric() && before != '_' {
            found.push(&inside[..end.map_or(inside.len(), |(at, _)| at)]);
        }
    }
    found
}

/// What `hafs_runtime::recent` keeps of these crates' events may leave the machine, so no name can be in a sentence.
#[test]
fn the_coordinators_log_has_plain_sentences_and_says_what_differs_in_fields() {
    let mut seen = 0;
    for source in sources().into_iter().filter(|source| source.path.starts_with(root().join("coordinator"))) {
        let text: String = source.lines.iter().map(|(_, line)| format!("{line}\n")).collect();
        for call in ["error!(", "warn!(", "info!("].iter().flat_map(|head| calls(&text, head)) {
            let sentence = call.rsplit('"').nth(1).unwrap_or_default();
            let is_plain = !sentence.is_empty()
                && !sentence.contains('{')
                && call.trim_end().trim_end_matches(',').ends_with('"');
            assert!(is_plain, "{}: {call}", source.path.display());
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}
