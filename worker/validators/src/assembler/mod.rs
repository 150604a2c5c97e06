//! 65816 assembly: assembled by a real assembler, and its bytes compared with those of our own encoder.
//!
//! A snippet rarely says how wide its registers are and where its names come from, so it is tried at both widths, and
//! names that nothing defines are given an address, as a linker would. What the assembler then refuses is wrong; what
//! our encoder reads differently is nobody's fault but ours, and leaves the check open.

mod asar;
mod ca65;
mod errors;

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::ops::Range;

use hafs_asm65816::encode::{Options, encode};
use hafs_asm65816::names::names;
use hafs_asm65816::syntax::{Dialect, detect, parse};
use hafs_proto::task::{CheckSpec, SampleTexts};
use hafs_proto::{CheckName, Domain, Finding, Outcome};
use hafs_quality::gates::assembly_snippets;
use hafs_sandbox::{End, Job, Level, Report, Sandbox, Stop, Tool};

use crate::bait::{Bait, refused};
use crate::cpp::worst;
use crate::findings::{MAX_FINDINGS, finding};
use crate::settings::ValidatorSettings;
use crate::validator::{Examined, Validator, unchecked, used};
pub(crate) use asar::Asar;
pub(crate) use ca65::Ca65;
pub(crate) use errors::{Complaint, ErrorClass};

/// Where snippets are assembled to. The bytes of names and branches depend on it.
const ORIGIN: u32 = 0x8000;
/// Where names that nothing defines are put, one every sixteen bytes.
const FOREIGN: u32 = 0x9000;
/// Names that one snippet may lack.
const MAX_FOREIGN: usize = 64;
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
    /// What may stand in front of a snippet, one try each; whole lines.
    fn heads(&self) -> &'static [&'static str];
    /// The line that gives a name a value.
    fn define(&self, name: &str, value: u32) -> String;
    /// What it complains of.
    fn complaints(&self, said: &str) -> Vec<Complaint>;
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
}

/// One try of one snippet.
struct Try {
    end: End,
    made: Vec<u8>,
    complaints: Vec<Complaint>,
    /// The lines in front of the snippet.
    head: String,
    level: Level,
    said: String,
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
        let assembler = Self { settings: settings.clone(), backend, sandbox };
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

    fn attempt(&self, head: String, code: &str, stop: &Stop) -> Try {
        let text = format!("{head}{code}\n");
        let Report { end, result, said, level, .. } = self.sandbox.run(&self.job(text.into_bytes()), stop);
        let above = head.matches('\n').count();
        let lines = code.lines().count().max(1);
        let complaints = self.backend.complaints(&said);
        let complaints = complaints.into_iter().map(|one| one.within(above, lines)).collect();
        Try { end, made: result, complaints, head, level, said }
    }

    /// Assembles with names that lack, once they are known to be all that is wrong.
    fn with_names(&self, head: &str, code: &str, stop: &Stop) -> Try {
        let first = self.attempt(head.to_owned(), code, stop);
        let lacking: Option<BTreeSet<&str>> =
            first.complaints.iter().map(|one| one.undefined.as_deref()).collect();
        match lacking {
            Some(names) if !names.is_empty() && names.len() <= MAX_FOREIGN => {
                let mut head = head.to_owned();
                for (name, value) in names.iter().zip((FOREIGN..).step_by(16)) {
                    // Writing to a text cannot fail.
                    let _ = writeln!(head, "{}", self.backend.define(name, value));
                }
                self.attempt(head, code, stop)
            }
            _ => first,
        }
    }

    /// The try that fits best: the first that is clean, or else the one with the fewest complaints.
    fn best(&self, code: &str, stop: &Stop) -> Option<Try> {
        let mut best: Option<Try> = None;
        for head in self.backend.heads() {
            let this = self.with_names(head, code, stop);
            if this.end.is_success() || !this.is_answer() {
                return Some(this);
            }
            if best.as_ref().is_none_or(|known| this.complaints.len() < known.complaints.len()) {
                best = Some(this);
            }
        }
        best
    }

    fn outcome(
        &self,
        sample: &SampleTexts,
        range: &Range<usize>,
        found: (&Try, &mut Vec<String>),
    ) -> Outcome {
        let (this, notes) = found;
        let tool = self.settings.name.as_str();
        if !this.is_answer() {
            return unchecked(&format!("{tool} gave no answer: {}", this.end));
        }
        if let Some(outside) = this.complaints.iter().find(|one| one.class == ErrorClass::Outside) {
            return unchecked(&format!("the code needs what it does not bring along: {}", outside.message));
        }
        if !this.complaints.is_empty() {
            let findings: Vec<Finding> = this
                .complaints
                .iter()
                .take(MAX_FINDINGS)
                .map(|one| {
                    let what = format!("{tool}, {}, line {}: {}", one.class.word(), one.line, one.message);
                    finding(one.class.reason(), &what, (&sample.output, range, one.line))
                })
                .collect();
            return Outcome::from_findings(findings);
        }
        if this.end.is_success() {
            self.compare(sample, range, (this, notes))
        } else {
            not_linked(this, notes)
        }
    }

    /// Holds the assembler's bytes against our own.
    fn compare(
        &self,
        sample: &SampleTexts,
        range: &Range<usize>,
        (this, notes): (&Try, &mut Vec<String>),
    ) -> Outcome {
        let code = sample.output.get(range.clone()).unwrap_or_default();
        match own_bytes(&format!("{}{code}\n", this.head), self.backend.dialect()) {
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
        1
    }

    fn domains(&self) -> &[Domain] {
        &self.settings.domains
    }

    fn examine(&self, CheckSpec { sample, .. }: &CheckSpec, stop: &Stop) -> Examined {
        let ranges = assembly_snippets(&sample.output);
        if ranges.is_empty() {
            return Examined { outcome: Outcome::NotApplicable, tool: None };
        }
        let mut level = self.sandbox.level();
        let (mut outcomes, mut notes) = (Vec::new(), Vec::new());
        for range in ranges.iter().take(MAX_SNIPPETS) {
            let code = sample.output.get(range.clone()).unwrap_or_default();
            if let Some(other) = detect(code).filter(|dialect| *dialect != self.backend.dialect()) {
                let own = self.backend.dialect().word();
                outcomes.push(unchecked(&format!(
                    "the code is written for {}, which {own} does not read",
                    other.word()
                )));
                continue;
            }
            let Some(this) = self.best(code, stop) else { continue };
            level = this.level;
            outcomes.push(self.outcome(sample, range, (&this, &mut notes)));
        }
        if ranges.len() > MAX_SNIPPETS {
            outcomes
                .push(unchecked(&format!("only {MAX_SNIPPETS} of {} snippets are assembled", ranges.len())));
        }
        Examined { outcome: worst(outcomes), tool: Some(used(self.backend.tool(), level, &notes)) }
    }
}
