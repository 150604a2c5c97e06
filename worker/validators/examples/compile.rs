//! Measures the validator of C++. `compile units FOLDER` lets it look at every unit of a repository's C++, as a sample that
//! holds the unit would: the code compiles where it stands, so whatever is called wrong is a mistake of ours. `compile cost`
//! compares a check in the sandbox with the compiler run bare.

#![expect(clippy::print_stdout, reason = "a program whose output is its figures")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use hafs_proto::task::SampleTexts;
use hafs_proto::{BoundedText, Outcome, SampleId};
use hafs_quality::syntax::{Language, units};
use hafs_runtime::clock::Stopwatch;
use hafs_sandbox::Stop;
use hafs_validators::{Validator, ValidatorKind, ValidatorSettings, equip};

/// Checks of each kind that `cost` makes.
const ROUNDS: usize = 40;
const SMALL: &str = "int add(int a, int b) {\n  return a + b;\n}\n";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let compiler = equipped();
    match (what.as_str(), arguments.next()) {
        ("units", Some(folder)) => of_folder(&*compiler, Path::new(&folder)),
        ("cost", None) => cost(&*compiler),
        _ => println!("compile units FOLDER | compile cost"),
    }
}

/// The validator, as a worker makes it. The launcher lies beside the examples' folder.
fn equipped() -> Arc<dyn Validator> {
    let own = std::env::current_exe().expect("a path of the program");
    let launcher = own.parent().and_then(Path::parent).expect("a folder of programs").join("hafs-sandbox");
    let domain = "cpp".parse().expect("a domain");
    let settings =
        ValidatorSettings::new("cpp-compile".parse().expect("a name"), ValidatorKind::Cpp, vec![domain]);
    let equipped = equip(&[settings], &launcher);
    equipped.validators.into_iter().next().unwrap_or_else(|| panic!("{}", equipped.missing.join("; ")))
}

/// What the validator says of code in a fence.
fn checked(compiler: &dyn Validator, code: &str) -> Outcome {
    let sample = SampleTexts {
        id: "sample_018f3c5e7b7a7c3d9e4f5a6b7c8d9e0f".parse::<SampleId>().expect("an id"),
        domain: compiler.domains()[0].clone(),
        instruction: BoundedText::clipped("Write it."),
        input: BoundedText::clipped(""),
        output: BoundedText::clipped(&format!("```cpp\n{}\n```", code.trim_end())),
    };
    compiler.check(&sample, &Stop::default()).outcome
}

fn of_folder(compiler: &dyn Validator, folder: &Path) {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, text) in &files {
        for unit in units(Language::Cpp, text).unwrap_or_default() {
            let word = match checked(compiler, &text[unit.range]) {
                Outcome::Pass => "pass",
                Outcome::NotApplicable => "no code",
                Outcome::Unchecked { .. } => "unchecked",
                Outcome::Fail { findings } => {
                    println!("{}:{} {}: {}", path.display(), unit.lines.0, unit.id, findings[0].message);
                    "called wrong"
                }
            };
            *counts.entry(word).or_default() += 1;
        }
    }
    println!("{} files, units: {counts:?}", files.len());
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
        assert_eq!(checked(compiler, SMALL), Outcome::Pass);
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
