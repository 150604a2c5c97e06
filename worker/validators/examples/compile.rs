//! Measures the validators of code. `compile units FOLDER [EVERY]` lets it look at every unit (or at each EVERY-th) of a
//! repository's C++, as a sample that holds the unit would: the code compiles where it stands, so whatever is called wrong is a
//! mistake of ours. Then the same with a name in it that nobody has, which is wrong wherever it stands. `compile routines
//! ca65|asar FOLDER [EVERY] [OPTION...]` does so with the routines of 65816 assembly, with the options that the repository's
//! program is assembled with, and then with an instruction in each that there is not. `compile links FOLDER` takes each
//! document of a repository for an answer about itself. `compile cost` compares a check in the sandbox with the compiler run
//! bare.

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
        ["routines", kind, folder, rest @ ..] => {
            let (every, options) =
                rest.split_first().map_or(("1", rest), |(every, options)| (*every, options));
            routines(kind, Path::new(folder), every.parse().expect("EVERY is a number"), options);
        }
        ["links", folder] => documents(Path::new(folder)),
        ["cost"] => cost(&*equipped(ValidatorKind::Cpp, None, &[])),
        _ => println!(
            "compile units FOLDER [EVERY] | compile routines ca65|asar FOLDER [EVERY] [OPTION...] | compile links \
             FOLDER | compile cost"
        ),
    }
}

/// The validator, as a worker makes it, with a folder as its source. The launcher lies beside the examples' folder.
fn equipped(kind: ValidatorKind, folder: Option<&Path>, options: &[&str]) -> Arc<dyn Validator> {
    let own = std::env::current_exe().expect("a path of the program");
    let launcher = own.parent().and_then(Path::parent).expect("a folder of programs").join("hafs-sandbox");
    let domain = if kind == ValidatorKind::Cpp { "cpp" } else { "asm" }.parse().expect("a domain");
    let settings = ValidatorSettings::new("measured".parse().expect("a name"), kind, vec![domain]);
    let sources = folder.map(|folder| (source(), folder.to_owned())).into_iter().collect();
    let arguments = options.iter().copied().map(str::to_owned).collect();
    let equipped = equip(&[ValidatorSettings { sources, arguments, ..settings }], &launcher);
    equipped.validators.into_iter().next().unwrap_or_else(|| panic!("{}", equipped.missing.join("; ")))
}

fn source() -> SourceName {
    "measured".parse().expect("a name")
}

/// What the validator says of code in a fence.
fn checked(compiler: &dyn Validator, origin: Option<Box<Provenance>>, code: &str) -> Check {
    let fenced = format!("```{}\n{}\n```", compiler.domains()[0], code.trim_end());
    answer(compiler, origin, &fenced)
}

/// What the validator says of an answer.
fn answer(validator: &dyn Validator, origin: Option<Box<Provenance>>, output: &str) -> Check {
    let sample = SampleTexts {
        id: "sample_018f3c5e7b7a7c3d9e4f5a6b7c8d9e0f".parse::<SampleId>().expect("an id"),
        domain: validator.domains()[0].clone(),
        instruction: BoundedText::clipped("Write it."),
        input: BoundedText::clipped(""),
        output: BoundedText::clipped(output),
    };
    let asked = CheckSpec { check: validator.name().clone(), sample, origin, witness: None };
    validator.check(&asked, &Stop::default())
}

fn of_folder(folder: &Path, every: usize) {
    let compiler = equipped(ValidatorKind::Cpp, Some(folder), &[]);
    let files = files(folder, |path| Language::of_path(path) == Some(Language::Cpp));
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

/// The routines of a folder's assembly, each alone.
fn routines(kind: &str, folder: &Path, every: usize, options: &[&str]) {
    let kind = if kind == "asar" { ValidatorKind::Asar } else { ValidatorKind::Ca65 };
    let assembler = equipped(kind, Some(folder), options);
    let files = files(folder, |path| {
        let ending = path.rsplit('.').next().unwrap_or_default();
        ["asm", "s", "inc", "a65"].iter().any(|known| ending.eq_ignore_ascii_case(known))
    });
    let all = files.iter().flat_map(|(path, text)| {
        let units = hafs_asm65816::units::units(text).unwrap_or_default();
        units.into_iter().map(move |unit| (path, text, unit))
    });
    let (mut honest, mut spoilt) = (BTreeMap::new(), BTreeMap::new());
    for (path, text, unit) in all.step_by(every) {
        let code = &text[unit.range.clone()];
        let origin = origin(path.strip_prefix(folder).expect("below it"), unit.lines);
        let (word, why) = told(&checked(&*assembler, Some(origin.clone()), code));
        if word == "called wrong" || std::env::var_os("HAFS_MISSED").is_some() && word == "unchecked" {
            println!("{word} {}:{} {}: {why}", path.display(), unit.lines.0, unit.name);
        }
        *honest.entry(word).or_insert(0_usize) += 1;
        let (label, rest) = code.split_once('\n').unwrap_or((code, ""));
        let wrong = format!("{label}\n  STX $12,x\n{rest}");
        *spoilt.entry(told(&checked(&*assembler, Some(origin), &wrong)).0).or_insert(0_usize) += 1;
    }
    println!("{} files, routines as they are: {honest:?}; with STX $12,x: {spoilt:?}", files.len());
}

/// The documents of a folder, each as an answer about itself.
fn documents(folder: &Path) {
    let validator = equipped(ValidatorKind::Links, Some(folder), &[]);
    let files = files(folder, |path| path.to_ascii_lowercase().ends_with(".md"));
    let (mut honest, mut spoilt) = (BTreeMap::new(), BTreeMap::new());
    for (path, text) in &files {
        let origin = origin(path.strip_prefix(folder).expect("below it"), (1, 1));
        let check = |text: &str| told(&answer(&*validator, Some(origin.clone()), text));
        let (word, why) = check(text);
        if word == "called wrong" {
            println!("{}: {why}", path.display());
        }
        *honest.entry(word).or_insert(0_usize) += 1;
        let wrong = check(&format!("{text}\n\n[gone](gone-{}.md)\n", text.len()));
        *spoilt.entry(wrong.0).or_insert(0_usize) += 1;
    }
    println!("{} documents as they are: {honest:?}; with a link to nothing: {spoilt:?}", files.len());
}

fn told(check: &Check) -> (&'static str, String) {
    let notes = check.tool.iter().flat_map(|tool| &tool.notes);
    let in_place = notes.map(|note| note.as_str()).any(|note| note.contains("in its own file"));
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

/// The files of a folder, in order.
fn files(folder: &Path, wanted: fn(&str) -> bool) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    collect(folder, wanted, &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, wanted: fn(&str) -> bool, files: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, wanted, files);
        } else if wanted(&path.display().to_string())
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
