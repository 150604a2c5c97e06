//! Measures the validator of C++. `compile units FOLDER [EVERY]` lets it look at every unit (or at each EVERY-th) of a
//! repository's C++, as a sample that holds the unit would: the code compiles where it stands, so whatever is called wrong is a
//! mistake of ours. Then the same with a name in it that nobody has, which is wrong wherever it stands. `compile cost` compares a
//! check in the sandbox with the compiler run bare.

#![expect(clippy::print_stdout, reason = "a program whose output is its figures")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use hafs_proto::task::{CheckSpec, SampleTexts};
use hafs_proto::{BoundedText, Check, Outcome, Provenance, SampleId, SourceName};
use hafs_quality::syntax::{Language, units};
use hafs_runtime::clock::Stopwatch;
use hafs_sandbox::Stop;
use hafs_validators::{Validator, ValidatorKind, ValidatorSettings, equip};

/// Checks of each kind that `cost` makes.
const ROUNDS: usize = 40;
const SMALL: &str = "int add(int a, int b) {\n  return a + b;\n}\n";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["units", folder] => of_folder(Path::new(folder), 1),
        ["units", folder, every] => of_folder(Path::new(folder), every.parse().expect("EVERY is a number")),
        ["cost"] => cost(&*equipped(Vec::new())),
        _ => println!("compile units FOLDER [EVERY] | compile cost"),
    }
}

/// The validator, as a worker makes it. The launcher lies beside the examples' folder.
fn equipped(sources: Vec<(SourceName, PathBuf)>) -> Arc<dyn Validator> {
    let own = std::env::current_exe().expect("a path of the program");
    let launcher = own.parent().and_then(Path::parent).expect("a folder of programs").join("hafs-sandbox");
    let domain = "cpp".parse().expect("a domain");
    let settings =
        ValidatorSettings::new("cpp-compile".parse().expect("a name"), ValidatorKind::Cpp, vec![domain]);
    let equipped = equip(&[ValidatorSettings { sources, ..settings }], &launcher);
    equipped.validators.into_iter().next().unwrap_or_else(|| panic!("{}", equipped.missing.join("; ")))
}

fn source() -> SourceName {
    "measured".parse().expect("a name")
}

/// What the validator says of code in a fence.
fn checked(compiler: &dyn Validator, origin: Option<Box<Provenance>>, code: &str) -> Check {
    let sample = SampleTexts {
        id: "sample_018f3c5e7b7a7c3d9e4f5a6b7c8d9e0f".parse::<SampleId>().expect("an id"),
        domain: compiler.domains()[0].clone(),
        instruction: BoundedText::clipped("Write it."),
        input: BoundedText::clipped(""),
        output: BoundedText::clipped(&format!("```cpp\n{}\n```", code.trim_end())),
    };
    let asked = CheckSpec { check: compiler.name().clone(), sample, origin, witness: None };
    compiler.check(&asked, &Stop::default())
}

fn of_folder(folder: &Path, every: usize) {
    let compiler = equipped(vec![(source(), folder.to_owned())]);
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let all = files.iter().flat_map(|(path, text)| {
        units(Language::Cpp, text).unwrap_or_default().into_iter().map(move |unit| (path, text, unit))
    });
    let (mut honest, mut spoilt) = (BTreeMap::new(), BTreeMap::new());
    for (path, text, unit) in all.step_by(every) {
        let origin = origin(path.strip_prefix(folder).expect("below it"), unit.lines);
        let code = &text[unit.range.clone()];
        let (word, why) = told(&checked(&*compiler, Some(origin.clone()), code));
        if word == "called wrong" {
            println!("{}:{} {}: {why}", path.display(), unit.lines.0, unit.id);
        }
        *honest.entry(word).or_insert(0_usize) += 1;
        let Some(wrong) = with_strange_name(code) else { continue };
        *spoilt.entry(told(&checked(&*compiler, Some(origin), &wrong)).0).or_insert(0_usize) += 1;
    }
    println!("{} files, units as they are: {honest:?}; with a name that nobody has: {spoilt:?}", files.len());
}

fn told(check: &Check) -> (&'static str, String) {
    let notes = check.tool.iter().flat_map(|tool| &tool.notes);
    let in_place = notes.map(|note| note.as_str()).any(|note| note.starts_with("compiled in its own file"));
    match &check.outcome {
        Outcome::Pass if in_place => ("passes in its file", String::new()),
        Outcome::Pass => ("passes alone", String::new()),
        Outcome::NotApplicable => ("no code", String::new()),
        Outcome::Unchecked { why } => ("unchecked", why.to_string()),
        Outcome::Fail { findings } => ("called wrong", findings[0].message.to_string()),
    }
}

/// The last word that is called gets another name.
fn with_strange_name(code: &str) -> Option<String> {
    let body = code.find('{')?;
    let mut calls = code[body..].match_indices('(').map(|(at, _)| body + at);
    let called = |at: &usize| code[..*at].ends_with(|last: char| last.is_ascii_lowercase());
    let keyword = |at: &usize| {
        ["if", "for", "while", "switch", "sizeof", "return", "catch", "defined"]
            .iter()
            .any(|word| code[..*at].ends_with(word))
    };
    let at = calls.rfind(|at| called(at) && !keyword(at))?;
    Some(format!("{}_nobody_has_this{}", &code[..at], &code[at..]))
}

fn origin(path: &Path, lines: (u32, u32)) -> Box<Provenance> {
    let path = BoundedText::clipped(&path.display().to_string());
    Box::new(Provenance {
        source: source(),
        locator: BoundedText::clipped(path.as_str()),
        group: BoundedText::clipped(path.as_str()),
        revision: None,
        path: Some(path),
        lines: Some(lines),
        license: None,
        redactions: 0,
    })
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if Language::of_path(&path.display().to_string()) == Some(Language::Cpp)
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            files.push((path, text));
        }
    }
}

/// Both in turn, so that what else the machine does falls on both.
fn cost(compiler: &dyn Validator) {
    let (mut walled, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let watch = Stopwatch::start();
        assert_eq!(checked(compiler, None, SMALL).outcome, Outcome::Pass);
        walled.push(watch.elapsed());
        let watch = Stopwatch::start();
        run_bare();
        bare.push(watch.elapsed());
    }
    let (walled, bare) = (spread(walled), spread(bare));
    println!("a check: median {:?}, worst {:?}", walled.0, walled.1);
    println!("g++ bare: median {:?}, worst {:?}", bare.0, bare.1);
    println!("the sandbox and all around it: {:?}", walled.0.saturating_sub(bare.0));
}

fn run_bare() {
    let mut compiler = Command::new("g++")
        .args(["-x", "c++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("g++");
    compiler.stdin.take().expect("a pipe").write_all(SMALL.as_bytes()).expect("it reads");
    assert!(compiler.wait().expect("it ends").success());
}

/// The median and the longest.
fn spread(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() - 1])
}
