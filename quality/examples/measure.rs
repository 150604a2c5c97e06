//! Measures the checks of code on real files. `measure syntax FOLDER` says, by language, how many files do not parse, and of
//! C++ how many brackets balance and how many dropped braces are noticed. `measure units FOLDER` compares the units of C++
//! with those of Universal Ctags. `measure spoilt FOLDER` checks every unit of C++ as it is and with a fault put in.
//! `measure links FOLDER` reads the links of documents.

#![expect(clippy::print_stdout, reason = "a program whose output is its figures")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use hafs_quality::links;
use hafs_quality::sql::{self, Sql};
use hafs_quality::syntax::{Language, MAX_CODE_BYTES, Syntax, check, is_balanced, units};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().expect("`syntax`, `units`, `spoilt` or `links`");
    let folder = arguments.next().expect("a folder");
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    match what.as_str() {
        "syntax" => syntax(&files),
        "units" => compare(&files),
        "spoilt" => spoilt(&files),
        _ => documents(&files),
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path)
            && text.len() <= MAX_CODE_BYTES
            && !text.trim().is_empty()
        {
            files.push((path, text));
        }
    }
}

/// Nothing when it parses, why it is unchecked, or why it is broken.
type Found = Option<Result<String, String>>;

fn syntax(files: &[(PathBuf, String)]) {
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (path, text) in files {
        let name = path.display().to_string();
        let (word, outcome) = if name.ends_with(".sql") {
            ("sql", of_sql(text))
        } else if let Some(language) = Language::of_path(&name) {
            (language.word(), of_code(language, text))
        } else {
            continue;
        };
        let [files, broken, unchecked] = counts.entry(word).or_default();
        *files += 1;
        match outcome {
            None => {}
            Some(Ok(why)) => {
                *unchecked += 1;
                println!("unchecked {name}: {why}");
            }
            Some(Err(why)) => {
                *broken += 1;
                println!("broken {name}: {why}");
            }
        }
    }
    for (word, [files, broken, unchecked]) in &counts {
        println!("{word}: {files} files, {broken} broken, {unchecked} unchecked");
    }
    braces(files);
}

fn of_code(language: Language, text: &str) -> Found {
    match check(language, text) {
        Syntax::Clean => None,
        Syntax::Unchecked(why) => Some(Ok(why.to_string())),
        Syntax::Broken(problems) => Some(Err(problems[0].what.clone())),
    }
}

fn of_sql(text: &str) -> Found {
    match sql::check(text) {
        Sql::Clean => None,
        Sql::Unchecked(why) => Some(Ok(why)),
        Sql::Broken(problems) => Some(Err(problems[0].what.clone())),
    }
}

fn is_cpp(path: &Path) -> bool {
    Language::of_path(&path.display().to_string()) == Some(Language::Cpp)
}

/// Drops braces of honest files, three of each, one at a time.
fn braces(files: &[(PathBuf, String)]) {
    let (mut cpp, mut unbalanced, mut dropped, mut missed) = (0, 0, 0, 0);
    for (path, text) in files.iter().filter(|(path, _)| is_cpp(path)) {
        cpp += 1;
        if !is_balanced(Language::Cpp, text) {
            unbalanced += 1;
            println!("unbalanced {}", path.display());
            continue;
        }
        let all = braces_of(text);
        for nth in 0..3_usize.min(all.len()) {
            let at = all[(nth * all.len() / 3 + text.len()) % all.len()];
            dropped += 1;
            if is_balanced(Language::Cpp, &format!("{}{}", &text[..at], &text[at + 1..])) {
                missed += 1;
                println!("missed {}:{}", path.display(), text[..at].lines().count());
            }
        }
    }
    println!("C++: {cpp} files, {unbalanced} unbalanced; {dropped} braces dropped, {missed} missed");
}

/// The braces that end a line outside of macros, raw strings and comments, found without the lexer that is measured.
fn braces_of(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let (mut at, mut macros, mut comment) = (0, false, false);
    for line in text.split_inclusive('\n') {
        let code = line.trim();
        let continued = code.ends_with('\\');
        comment |= code.contains("/*") || code.contains("R\"");
        if !macros && !code.starts_with('#') && !continued && !comment && !code.contains("//") {
            let end = code.strip_suffix(';').unwrap_or(code);
            if end.ends_with('{') || end.ends_with('}') {
                found.push(at + line.find(end).unwrap_or(0) + end.len() - 1);
            }
        }
        if code.contains("*/") || code.contains(")\"") {
            comment = false;
        }
        macros = continued;
        at += line.len();
    }
    found
}

/// Faults put into code: what is replaced, by what.
const FAULTS: [(&str, &str); 5] =
    [(";\n", "\n"), (");\n", ";\n"), (" = ", " = = "), ("(", "(("), (" {\n", "\n")];

/// Units as they are, and each with one fault of every kind in its middle.
fn spoilt(files: &[(PathBuf, String)]) {
    let is_broken = |code: &str| matches!(check(Language::Cpp, code), Syntax::Broken(_));
    let (mut honest, mut broken, mut faults) = (0, 0, [[0; 2]; FAULTS.len()]);
    for (path, text) in files.iter().filter(|(path, _)| is_cpp(path)) {
        for unit in units(Language::Cpp, text).unwrap_or_default() {
            let code = &text[unit.range];
            honest += 1;
            if is_broken(code) {
                broken += 1;
                println!("broken {}:{} {}", path.display(), unit.lines.0, unit.id);
                continue;
            }
            for ((what, by), [all, found]) in FAULTS.iter().zip(&mut faults) {
                let places: Vec<usize> = code.match_indices(what).map(|(at, _)| at).collect();
                let Some(at) = places.get(places.len() / 2) else { continue };
                *all += 1;
                let is_found = is_broken(&format!("{}{by}{}", &code[..*at], &code[at + what.len()..]));
                *found += usize::from(is_found);
                if !is_found {
                    let line = code[..*at].lines().last().unwrap_or_default().trim();
                    println!("missed {what:?} {}:{} {}: {line}", path.display(), unit.lines.0, unit.id);
                }
            }
        }
    }
    println!("C++: {honest} units, {broken} called broken");
    for ((what, by), [all, found]) in FAULTS.iter().zip(faults) {
        println!("{what:?} -> {by:?}: {all} times, {found} found");
    }
}

/// Kinds of control blocks, which are never units.
const CONTROL: &[&str] = &["if", "for", "while", "switch", "catch", "else", "do", "return"];

fn compare(files: &[(PathBuf, String)]) {
    let (mut theirs, mut both, mut ours, mut control, mut twice, mut new) = (0, 0, 0, 0, 0, 0);
    for (path, text) in files.iter().filter(|(path, _)| is_cpp(path)) {
        let Ok(found) = units(Language::Cpp, text) else { continue };
        ours += found.len();
        for unit in found.iter().filter(|unit| CONTROL.contains(&unit.name.as_str())) {
            control += 1;
            println!("control block {}:{} {}", path.display(), unit.lines.0, unit.name);
        }
        let ids: BTreeSet<&str> = found.iter().map(|unit| unit.id.as_str()).collect();
        twice += found.len() - ids.len();
        let tags = tags(path);
        for unit in &found {
            let lines = unit.lines.0..=unit.lines.1;
            let is_known =
                tags.iter().any(|(name, line, _)| lines.contains(line) && bare(name) == bare(&unit.name));
            if !is_known {
                new += 1;
                println!("new {}:{} {:?} {}", path.display(), unit.lines.0, unit.kind, unit.id);
            }
        }
        for (name, line, kind) in tags {
            theirs += 1;
            let name_is = bare(&name);
            let same = found
                .iter()
                .any(|unit| bare(&unit.name) == name_is && unit.lines.0 <= line && line <= unit.lines.1);
            both += usize::from(same);
            if !same {
                println!("missed {}:{line} {kind} {name}", path.display());
            }
        }
    }
    println!("{theirs} definitions by ctags, {both} of them are units");
    println!("{ours} units, {new} that ctags does not know, {control} control blocks, {twice} ids twice");
}

/// A name without its scope and what stands in angle brackets; of a conversion the word `operator` alone.
fn bare(name: &str) -> String {
    let name = name.split_once("operator").map_or(name, |(_, symbol)| {
        if symbol.trim_start().starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            "operator"
        } else {
            symbol
        }
    });
    let end = name.find('<').filter(|at| *at > 0 && name.ends_with('>')).unwrap_or(name.len());
    name[..end].rsplit("::").next().unwrap_or(name).replace(' ', "")
}

/// Functions, classes, structs, unions and enumerations with names, and their lines.
fn tags(path: &Path) -> Vec<(String, u32, String)> {
    let arguments =
        ["--language-force=C++", "--kinds-C++=fcsug", "--fields=+nK", "-x", "--_xformat=%N\t%n\t%K"];
    let output = Command::new("ctags").args(arguments).arg(path).output().expect("ctags runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let tag = |line: &str| {
        let mut fields = line.split('\t');
        Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?, fields.next()?.to_owned()))
    };
    text.lines().filter_map(tag).filter(|(name, ..)| !name.starts_with("__anon")).collect()
}

fn documents(files: &[(PathBuf, String)]) {
    let (mut documents, mut all, mut malformed) = (0, 0, 0);
    for (path, text) in files.iter().filter(|(path, _)| path.extension().is_some_and(|ending| ending == "md"))
    {
        documents += 1;
        let found = links::links(text);
        all += found.links.len();
        malformed += found.malformed.len();
        for one in &found.malformed {
            let line = text[..one.range.start].lines().count();
            println!("malformed {}:{line}: {}: {}", path.display(), one.what, &text[one.range.clone()]);
        }
    }
    println!("{documents} documents, {all} links, {malformed} malformed");
}
