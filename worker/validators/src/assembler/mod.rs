//! 65816 assembly: assembled by a real assembler, and its bytes compared with those of our own encoder.
//!
//! A snippet rarely says how wide its registers are and where its names come from, so it is tried at all widths, and
//! names that nothing defines are given a value, as a linker would. What the assembler then refuses is wrong, unless it
//! leans on what the snippet does not bring along; what our encoder reads differently is nobody's fault but ours. Both
//! leave the check open.

mod asar;
mod ca65;
mod errors;
mod in_place;
mod outside;
mod tree;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::ops::Range;
use std::path::{Path, PathBuf};

use hafs_asm65816::encode::{Options, encode};
use hafs_asm65816::names::names;
use hafs_asm65816::syntax::{Dialect, detect, parse};
use hafs_asm65816::units::units;
use hafs_proto::task::{CheckSpec, SampleTexts};
use hafs_proto::{CheckName, ContentHash, Domain, Finding, Outcome, Reason};
use hafs_quality::fences;
use hafs_quality::gates::assembly_snippets;
use hafs_sandbox::{End, Job, Level, Report, Sandbox, Stop, Tool};

use crate::bait::{Bait, refused};
use crate::cpp::worst;
use crate::findings::{MAX_FINDINGS, finding};
use crate::place::Folders;
use crate::settings::ValidatorSettings;
use crate::validator::{Examined, Validator, unchecked, used};
pub(crate) use asar::Asar;
pub(crate) use ca65::Ca65;
pub(crate) use errors::{Complaint, ErrorClass};
use outside::{Leaning, StandIns};

/// Where snippets are assembled to. The bytes of names and branches depend on it.
const ORIGIN: u32 = 0x8000;
/// Names that one snippet may lack.
const MAX_LACKING: usize = 64;
/// How often an assembler may come to names that it did not come to before.
const ROUNDS: usize = 4;
/// Snippets of one answer.
const MAX_SNIPPETS: usize = 8;
/// Bytes of what was assembled.
const MAX_BYTES: usize = 1 << 20;

/// An assembler that can be asked.
pub(crate) trait Backend: Debug + Send + Sync {
    /// The program.
    fn tool(&self) -> &Tool;
    /// The dialect that it reads.
    fn dialect(&self) -> Dialect;
    /// The job that assembles a text.
    fn job(&self, source: Vec<u8>) -> Job;
    /// The line that makes it say a text when it comes there.
    fn mark(&self, text: &str) -> String;
    /// The job that assembles the program that begins with a file, with folders to look in and a person's own options;
    /// nothing where a path is not UTF-8.
    fn program_job(&self, main: &Path, dirs: &[PathBuf], options: &[String]) -> Option<Job>;
    /// What may stand in front of a snippet, one try each; whole lines.
    fn heads(&self) -> &'static [&'static str];
    /// Lines that give names a value.
    fn define(&self, names: &[(String, u32)]) -> String;
    /// What it complains of, with the lines in this file.
    fn complaints(&self, said: &str, file: &Path) -> Vec<Complaint>;
    /// The name of the file of a snippet alone.
    fn input(&self) -> &'static str;
    /// Whether what it made begins with these bytes, and where its format ends with them, ends too.
    fn made(&self, file: &[u8], bytes: &[u8]) -> bool;
    /// Inputs that ask for files of the machine.
    fn baits(&self) -> &'static [Bait];
}

/// A validator by an assembler.
#[derive(Debug)]
pub(crate) struct Assembler {
    settings: ValidatorSettings,
    backend: Box<dyn Backend>,
    sandbox: Sandbox,
    folders: Folders,
}

/// Code to assemble.
struct Piece {
    /// What stands in front of it where it is the rest of something, and the piece.
    code: String,
    /// Lines of it that are not its own.
    above: usize,
    /// Where it stands in the answer.
    range: Range<usize>,
}

/// What an assembler is made to say where a piece begins and where it ends. A piece cannot say it by itself, for it would have to
/// hold its own hash.
struct Marks {
    begins: String,
    ends: String,
}

impl Marks {
    fn of(code: &str) -> Self {
        let hash = ContentHash::of(code.as_bytes());
        Self { begins: format!("begins {hash}"), ends: format!("ends {hash}") }
    }
}

/// One try of one snippet.
struct Try {
    end: End,
    made: Vec<u8>,
    complaints: Vec<Complaint>,
    /// All that was assembled.
    text: String,
    level: Level,
    said: String,
    /// Whether the assembler came to the end of the code: words of its own can make it stop before.
    is_read: bool,
    /// Names that a value was given for.
    lacking: usize,
}

impl Assembler {
    /// The validator of these settings with this assembler.
    ///
    /// # Errors
    /// Why this assembler cannot be trusted in this sandbox.
    pub fn new(
        settings: &ValidatorSettings,
        backend: Box<dyn Backend>,
        sandbox: Sandbox,
    ) -> Result<Self, String> {
        let folders = Folders::open(&settings.sources)?;
        let assembler = Self { settings: settings.clone(), backend, sandbox, folders };
        if assembler.sandbox.level().hides_files() {
            let baits = assembler.backend.baits();
            refused(&assembler.sandbox, baits, |bytes| assembler.job(bytes))?;
        }
        Ok(assembler)
    }

    fn job(&self, source: Vec<u8>) -> Job {
        let mut job = self.backend.job(source);
        job.view.extend(self.settings.view.iter().cloned());
        job.limits.output = MAX_BYTES;
        job
    }

    /// Assembles once, with names that lack standing for something.
    fn attempt(&self, head: &str, code: &str, names: &StandIns, stop: &Stop) -> Try {
        let mut text = format!("{head}{}", self.backend.define(&names.before));
        let above = text.matches('\n').count();
        text += &format!("{code}\n");
        let marks = Marks::of(code);
        let behind: String = names.behind.iter().map(|name| format!("{name}:\n")).collect();
        let marked = format!("{text}{}\n{behind}", self.backend.mark(&marks.ends));
        text += &behind;
        let Report { end, result, said, level, .. } = self.sandbox.run(&self.job(marked.into_bytes()), stop);
        let is_read = said.contains(&marks.ends);
        let lines = code.lines().count().max(1);
        let complaints = self.backend.complaints(&said, Path::new(self.backend.input()));
        let own = complaints.into_iter().filter(|one| !one.lines.is_empty());
        let complaints = own.map(|one| one.within(above, lines)).collect();
        Try { end, made: result, complaints, text, level, said, is_read, lacking: 0 }
    }

    /// Assembles with values for names that lack; what is complained of then counts as far as the snippet is to blame.
    fn with_names(&self, head: &str, code: &str, leaning: &Leaning<'_>, stop: &Stop) -> Try {
        let mut lacking: BTreeSet<String> = BTreeSet::new();
        let mut this = self.attempt(head, code, &StandIns::default(), stop);
        for _ in 0..ROUNDS {
            let known = lacking.len();
            lacking.extend(this.complaints.iter().filter_map(|one| leaning.lacking(one)));
            if lacking.len() == known || lacking.len() > MAX_LACKING {
                break;
            }
            this = self.attempt(head, code, &leaning.stand_ins(lacking.iter()), stop);
        }
        let complaints = this.complaints.into_iter().map(|one| leaning.judge(one, &lacking)).collect();
        Try { complaints, lacking: lacking.len(), ..this }
    }

    /// The try that fits best: the first that is clean, or else the one with the fewest complaints.
    fn best(&self, code: &str, stop: &Stop) -> Option<Try> {
        let leaning = Leaning::of(code, self.backend.dialect());
        let mut best: Option<Try> = None;
        for head in self.backend.heads() {
            let this = self.with_names(head, code, &leaning, stop);
            if this.end.is_success() || !this.is_answer() {
                return Some(this);
            }
            if best.as_ref().is_none_or(|known| this.complaints.len() < known.complaints.len()) {
                best = Some(this);
            }
        }
        best
    }

    fn outcome(&self, sample: &SampleTexts, piece: &Piece, found: (&Try, &mut Vec<String>)) -> Outcome {
        let (this, notes) = found;
        let tool = self.settings.name.as_str();
        if !this.is_answer() {
            return unchecked(&format!("{tool} gave no answer: {}", this.end));
        }
        if let Some(outside) = this.complaints.iter().find(|one| one.class.is_open()) {
            return unchecked(&format!("the code needs what it does not bring along: {}", outside.message));
        }
        if !this.complaints.is_empty() {
            let findings: Vec<Finding> = this
                .complaints
                .iter()
                .take(MAX_FINDINGS)
                .map(|one| {
                    let line = one.line().saturating_sub(piece.above).max(1);
                    let what = format!("{tool}, {}, line {line}: {}", one.class.word(), one.message);
                    finding(one.class.reason(), &what, (&sample.output, &piece.range, line))
                })
                .collect();
            return Outcome::from_findings(findings);
        }
        if !this.is_read {
            return unchecked(&format!("{tool} stopped reading before the end of the code"));
        }
        if this.lacking > 0 {
            notes.push(format!("with values for {} names that it does not define", this.lacking));
        }
        if this.end.is_success() { self.compare(this, notes) } else { not_linked(this, notes) }
    }

    /// Holds the assembler's bytes against our own.
    fn compare(&self, this: &Try, notes: &mut Vec<String>) -> Outcome {
        match own_bytes(&this.text, self.backend.dialect()) {
            Some(own) if self.backend.made(&this.made, &own) => {
                notes.push(format!("{} bytes, the same as our encoder's", own.len()));
                Outcome::Pass
            }
            Some(own) => unchecked(&format!(
                "{} made {} bytes and our encoder {}, and they differ: one of the two reads this code wrongly",
                self.settings.name,
                this.made.len(),
                own.len()
            )),
            None => {
                notes.push("assembled; our encoder leaves some of its bytes open".to_owned());
                Outcome::Pass
            }
        }
    }
}

impl Try {
    /// Whether the assembler read the code to an end. One that fails without a complaint broke, unless only the linker
    /// failed, which a snippet does not need.
    fn is_answer(&self) -> bool {
        let failed = matches!(self.end, End::Exited(_));
        self.end.is_success() || failed && (!self.complaints.is_empty() || self.said.contains("ld65"))
    }
}

/// Whether the program that the code is a part of can say more than was said of the code alone. A local label that is not there
/// may stand in a file that is included behind it.
fn may_be_right_in_place(alone: &Outcome) -> bool {
    match alone {
        Outcome::Unchecked { .. } => true,
        Outcome::Fail { findings } => findings.iter().all(|found| found.reason == Reason::UndefinedLabel),
        Outcome::Pass | Outcome::NotApplicable => false,
    }
}

fn not_linked(this: &Try, notes: &mut Vec<String>) -> Outcome {
    let why = this.said.lines().find(|line| line.contains("ld65")).unwrap_or_default();
    notes.push(format!("assembled and not linked: {}", why.trim()));
    Outcome::Pass
}

/// The bytes that our encoder makes; none when it leaves some open.
fn own_bytes(text: &str, dialect: Dialect) -> Option<Vec<u8>> {
    let program = parse(text, Some(dialect)).ok()?;
    let names = names(&program);
    encode(&program, &names, &Options { origin: ORIGIN, symbols: &|_| None }).whole()
}

impl Validator for Assembler {
    fn name(&self) -> &CheckName {
        &self.settings.name
    }

    fn version(&self) -> u32 {
        3
    }

    fn domains(&self) -> &[Domain] {
        &self.settings.domains
    }

    fn examine(&self, CheckSpec { sample, origin, .. }: &CheckSpec, stop: &Stop) -> Examined {
        let found = pieces(sample);
        if found.is_empty() {
            return Examined { outcome: Outcome::NotApplicable, tool: None };
        }
        let mut level = self.sandbox.level();
        let (mut outcomes, mut notes) = (Vec::new(), Vec::new());
        for piece in found.iter().take(MAX_SNIPPETS) {
            if let Some(other) = detect(&piece.code).filter(|dialect| *dialect != self.backend.dialect()) {
                let own = self.backend.dialect().word();
                outcomes.push(unchecked(&format!(
                    "the code is written for {}, which {own} does not read",
                    other.word()
                )));
                continue;
            }
            let Some(this) = self.best(&piece.code, stop) else { continue };
            level = this.level;
            let alone = self.outcome(sample, piece, (&this, &mut notes));
            let origin = origin.as_ref().filter(|_| may_be_right_in_place(&alone));
            let placed = origin.and_then(|origin| self.placed(origin, piece, &sample.output, stop));
            outcomes.push(placed.map_or(alone, |(outcome, note)| {
                notes.push(note);
                outcome
            }));
        }
        if found.len() > MAX_SNIPPETS {
            outcomes
                .push(unchecked(&format!("only {MAX_SNIPPETS} of {} snippets are assembled", found.len())));
        }
        Examined { outcome: worst(outcomes), tool: Some(used(self.backend.tool(), level, &notes)) }
    }
}

/// The assembly of an answer: all of it where it is the rest of a routine that its input begins, else its snippets.
fn pieces(sample: &SampleTexts) -> Vec<Piece> {
    let (input, output) = (sample.input.as_str(), sample.output.as_str());
    let whole = [input, output].concat();
    let is_rest = !input.is_empty()
        && fences::blocks(output).is_empty()
        && units(&whole).is_ok_and(|found| found.iter().any(|unit| unit.range.contains(&input.len())));
    if is_rest {
        let above = input.matches('\n').count();
        return vec![Piece { code: whole, above, range: 0..output.len() }];
    }
    let piece = |range: Range<usize>| Piece { code: output[range.clone()].to_owned(), above: 0, range };
    assembly_snippets(output).into_iter().map(piece).collect()
}
