//! C++: the code of an answer, compiled without making anything of it.
//!
//! A snippet of an answer is rarely a file. It is tried as a file, as the body of a function, as members of a class,
//! and the surroundings in which the compiler finds least are taken. Names that the snippet does not declare (a type of
//! the project, a header that is not here) are no fault of it; the check is then *unchecked*, because what else the
//! compiler said rests on what it did not know. Where the source that the snippet comes from is open to the compiler, it is
//! compiled in its own file before that is said. An answer that is the rest of what its input begins is compiled behind it.

mod commands;
mod diagnostics;
mod frame;
mod in_place;
mod lint;
mod project;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use hafs_proto::task::{CheckSpec, SampleTexts};
use hafs_proto::{CheckName, Domain, Finding, Outcome, Reason};
use hafs_quality::syntax::{Language, continued, snippets, without_macros};
use hafs_sandbox::{End, Job, Report, Sandbox, Step, Stop, Tool};

use crate::bait::{Bait, input, refused};
use crate::findings::{MAX_FINDINGS, finding};
use crate::settings::ValidatorSettings;
use crate::validator::{Examined, Validator, unchecked, used};
use diagnostics::{Diagnostic, Severity};
use frame::{FRAMES, Frame};
use in_place::InPlace;

/// The file that is compiled.
const INPUT: &str = "in.cpp";
/// Snippets of one answer; more are unchecked.
const MAX_SNIPPETS: usize = 4;

/// What every compiler is told: look, make nothing, quote nothing, give up early.
const COMMON: &[&str] =
    &["-x", "c++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-ftemplate-depth=128"];
const GNU: &[&str] = &["-fno-diagnostics-show-caret", "-fmax-errors=20", "-fconstexpr-ops-limit=10000000"];
/// Warnings of a project's own headers would fill what a tool may say; the mark is heard all the same.
const QUIET_GNU: &[&str] = &["-w"];
const QUIET_CLANG: &[&str] = &["-Wno-everything", "-W#pragma-messages"];
const CLANG: &[&str] = &["-fno-caret-diagnostics", "-ferror-limit=20", "-fconstexpr-steps=10000000"];

/// How C++ asks for files. Source: the attack list of the project's threat model, 117 to 125.
const BAITS: &[Bait] = &[
    Bait { what: "#include of a path", input: "#include \"PATH\"\n" },
    Bait { what: ".incbin", input: "__asm__(\".incbin \\\"PATH\\\"\");\nint x = y;\n" },
    Bait { what: "#line with a quoted line", input: "#line 1 \"PATH\"\nint x = ;\n" },
    Bait { what: "#embed", input: "const char x[] = {\n#embed \"PATH\"\n};\nstatic_assert(x[0] == 0);\n" },
    Bait { what: "#pragma GCC dependency", input: "#pragma GCC dependency \"PATH\"\nint x = ;\n" },
    Bait {
        what: "__has_include",
        input: "#if __has_include(\"PATH\")\nint hafs_canary_4f1d9c_do_not_leak = \"\";\n#endif\n",
    },
];

/// A compiler of C++.
#[derive(Debug)]
pub struct Cpp {
    settings: ValidatorSettings,
    compiler: Compiler,
    sandbox: Sandbox,
    in_place: InPlace,
}

#[derive(Debug)]
struct Compiler {
    tool: Tool,
    options: Vec<&'static str>,
    quiet: &'static [&'static str],
    view: Vec<PathBuf>,
}

/// Code to compile.
#[derive(Debug)]
struct Piece<'a> {
    /// What stands in front of it and is not its own: the beginning that it is the rest of, or nothing.
    begun: &'a str,
    code: &'a str,
    /// Where it stands in the answer.
    range: Range<usize>,
}

/// What a compiler said of a piece in one frame.
struct Heard {
    end: End,
    diagnostics: Vec<Diagnostic>,
    level: hafs_sandbox::Level,
}

impl Cpp {
    /// The validator of these settings with this compiler.
    ///
    /// # Errors
    /// Why this compiler cannot be trusted in this sandbox.
    pub fn new(settings: &ValidatorSettings, tool: Tool, sandbox: Sandbox) -> Result<Self, String> {
        let is_clang = tool.version.contains("clang");
        let (own, quiet) = if is_clang { (CLANG, QUIET_CLANG) } else { (GNU, QUIET_GNU) };
        let view = settings.view.iter().cloned().chain([tool.path.clone()]).collect();
        let compiler = Compiler { tool, options: [COMMON, own].concat(), quiet, view };
        if sandbox.level().hides_files() {
            refused(&sandbox, BAITS, |bytes| compiler.job(bytes, &[]))?;
        }
        let in_place = InPlace::open(&settings.sources)?;
        Ok(Self { settings: settings.clone(), compiler, sandbox, in_place })
    }

    fn look(&self, piece: &Piece<'_>, frame: &Frame, stop: &Stop) -> Heard {
        let whole = [piece.begun, piece.code].concat();
        let before = frame.before(&whole);
        let text = format!("{before}{whole}{}", frame.after);
        let above = before.matches('\n').count() + piece.begun.matches('\n').count();
        let lines = piece.code.lines().count().max(1);
        let heard = Heard::of(self.sandbox.run(&self.compiler.job(text.into_bytes(), &[]), stop));
        let within = heard.diagnostics.into_iter().map(|found| found.within(above, lines));
        Heard { diagnostics: within.collect(), ..heard }
    }

    /// The frame that fits best: the first without errors, or else the one with the fewest, of those that the piece can
    /// stand in.
    fn best(&self, piece: &Piece<'_>, stop: &Stop) -> Heard {
        let mut best: Option<Heard> = None;
        for frame in FRAMES {
            let heard = self.look(piece, frame, stop);
            // A header inside of a function makes errors in that header alone: such a frame says nothing of the piece.
            if best.is_some() && !heard.is_answer() && matches!(heard.end, End::Exited(_)) {
                continue;
            }
            if heard.is_clean() || !heard.is_answer() {
                return heard;
            }
            if best.as_ref().is_none_or(|known| heard.faults() < known.faults()) {
                best = Some(heard);
            }
        }
        // Proof: the table of frames is not empty; a test of it says so.
        best.unwrap_or(Heard { end: End::Stopped, diagnostics: Vec::new(), level: self.sandbox.level() })
    }
}

impl Compiler {
    /// Compiles a text, with more options than the usual.
    fn job(&self, bytes: Vec<u8>, more: &[String]) -> Job {
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let options = [self.options.as_slice(), &more, &[INPUT]].concat();
        let mut job = Job::new(Step::new(&self.tool.path, &options));
        job.files.push(input(INPUT, bytes));
        job.view.clone_from(&self.view);
        job
    }
}

impl Heard {
    fn of(report: Report) -> Self {
        let Report { end, said, level, .. } = report;
        Self { end, diagnostics: diagnostics::read(&said, INPUT), level }
    }

    fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|found| found.severity == Severity::Error)
    }

    /// How badly the piece fits: whether it cannot stand there at all, and the errors.
    fn faults(&self) -> (bool, usize) {
        (self.errors().any(Diagnostic::is_about_the_frame), self.errors().count())
    }

    fn is_clean(&self) -> bool {
        self.end.is_success()
    }

    /// Whether the compiler read the code to an end. One that fails without saying what is wrong broke.
    fn is_answer(&self) -> bool {
        self.end.is_success() || (matches!(self.end, End::Exited(_)) && self.errors().next().is_some())
    }

    fn outcome(&self, output: &str, range: &Range<usize>) -> Outcome {
        if !self.is_answer() {
            return unchecked(&format!("the compiler gave no answer: {}", self.end));
        }
        let macros = lines_with_macros(&output[range.clone()]);
        let unknown = |found: &&Diagnostic| found.is_about_surroundings() || macros.contains(&found.line);
        if let Some(unknown) = self.errors().find(unknown) {
            return unchecked(&format!("the code needs what it does not bring along: {}", unknown.message));
        }
        let findings: Vec<Finding> = self
            .errors()
            .take(MAX_FINDINGS)
            .map(|found| {
                let what = format!("C++, line {}: {}", found.line, found.message);
                finding(Reason::CompileError, &what, (output, range, found.line))
            })
            .collect();
        Outcome::from_findings(findings)
    }

    fn notes(&self) -> impl Iterator<Item = String> {
        let warnings = self.diagnostics.iter().filter(|found| found.severity == Severity::Warning);
        warnings.map(|found| format!("line {}: {}", found.line, found.message))
    }
}

/// The lines, from 1, with words that can only be macros, which a snippet seldom brings along.
fn lines_with_macros(code: &str) -> BTreeSet<usize> {
    let plain = without_macros(code);
    let lines = code.lines().zip(plain.lines()).zip(1..);
    lines.filter(|((own, plain), _)| own != plain).map(|(_, number)| number).collect()
}

impl Validator for Cpp {
    fn name(&self) -> &CheckName {
        &self.settings.name
    }

    fn version(&self) -> u32 {
        3
    }

    fn domains(&self) -> &[Domain] {
        &self.settings.domains
    }

    fn examine(&self, asked: &CheckSpec, stop: &Stop) -> Examined {
        let sample = &asked.sample;
        let found = pieces(sample);
        if found.is_empty() {
            return Examined { outcome: Outcome::NotApplicable, tool: None };
        }
        let mut level = self.sandbox.level();
        let (mut outcomes, mut notes) = (Vec::new(), Vec::new());
        for piece in found.iter().take(MAX_SNIPPETS) {
            let heard = self.best(piece, stop);
            level = heard.level;
            notes.extend(lint::risks(piece.code));
            notes.extend(heard.notes());
            let alone = heard.outcome(&sample.output, &piece.range);
            outcomes.push(match (&alone, &asked.origin) {
                (Outcome::Unchecked { .. }, Some(origin)) => {
                    let placed = self.placed(origin, piece, &sample.output, stop);
                    placed.map_or(alone, |(outcome, note)| {
                        // In front, so that many warnings do not crowd it out.
                        notes.insert(0, note);
                        outcome
                    })
                }
                _ => alone,
            });
        }
        if found.len() > MAX_SNIPPETS {
            outcomes
                .push(unchecked(&format!("only {MAX_SNIPPETS} of {} snippets are compiled", found.len())));
        }
        Examined { outcome: worst(outcomes), tool: Some(used(&self.compiler.tool, level, &notes)) }
    }
}

/// The C++ of an answer: all of it where it is the rest of what its input begins, else its snippets.
fn pieces(sample: &SampleTexts) -> Vec<Piece<'_>> {
    let (input, output) = (sample.input.as_str(), sample.output.as_str());
    if continued(Language::Cpp, input, output).is_some() {
        return vec![Piece { begun: input, code: output, range: 0..output.len() }];
    }
    let found = snippets(output, Language::Cpp).into_iter();
    let found = found.filter(|snippet| snippet.language == Language::Cpp);
    found.map(|snippet| Piece { begun: "", code: snippet.code, range: snippet.range }).collect()
}

/// All failures together; else what could not be checked; else a pass.
pub(crate) fn worst(outcomes: Vec<Outcome>) -> Outcome {
    let (mut findings, mut open) = (Vec::new(), None);
    for outcome in outcomes {
        match outcome {
            Outcome::Fail { findings: more } => findings.extend(more),
            Outcome::Unchecked { why } => open = open.or(Some(why)),
            Outcome::Pass | Outcome::NotApplicable => {}
        }
    }
    findings.truncate(MAX_FINDINGS);
    match open {
        Some(why) if findings.is_empty() => Outcome::Unchecked { why },
        Some(_) | None => Outcome::from_findings(findings),
    }
}
