//! A validator of one's own: a program that reads a sample as JSON and writes an outcome as JSON.
//!
//! It reads one object from standard input: `domain`, `instruction`, `input`, `output`, where the sample comes from as `origin`
//! (`source`, `path`, `lines` and more), and the `folder` of that source if it may read it. It writes one object: `outcome`
//! is `pass`, `fail` (with `findings`: objects of `reason`, `message`, `field`, and if it likes `span`),
//! `not_applicable`, or `unchecked` (with `why`). Anything else, and any end but the code 0, is unchecked.

use hafs_proto::check::Field;
use hafs_proto::task::{CheckSpec, SampleTexts};
use hafs_proto::{CheckName, Domain, Finding, Outcome};
use hafs_sandbox::{Job, Sandbox, Step, Stop, Tool};
use serde_json::json;

use crate::bait::input;
use crate::settings::ValidatorSettings;
use crate::validator::{Examined, Validator, unchecked, used};

/// The file that it reads as standard input.
const INPUT: &str = "sample.json";
/// Findings that are kept.
const MAX_FINDINGS: usize = 64;

/// A program of one's own.
#[derive(Debug)]
pub struct Program {
    settings: ValidatorSettings,
    tool: Tool,
    sandbox: Sandbox,
}

impl Program {
    /// The validator of these settings.
    #[must_use]
    pub fn new(settings: &ValidatorSettings, tool: Tool, sandbox: Sandbox) -> Self {
        Self { settings: settings.clone(), tool, sandbox }
    }

    fn job(&self, CheckSpec { sample, origin, .. }: &CheckSpec) -> Job {
        let arguments: Vec<&str> = self.settings.arguments.iter().map(String::as_str).collect();
        let mut job = Job::new(Step::new(&self.tool.path, &arguments).reading(INPUT));
        let told = json!({
            "domain": sample.domain,
            "instruction": sample.instruction,
            "input": sample.input,
            "output": sample.output,
            "origin": origin,
            "folder": self.settings.folder_of(origin.as_deref()),
        });
        job.files.push(input(INPUT, told.to_string().into_bytes()));
        job.view.push(self.tool.path.clone());
        job.view.extend(self.settings.view.iter().cloned());
        job.view.extend(self.settings.sources.iter().map(|(_, folder)| folder.clone()));
        job
    }
}

impl Validator for Program {
    fn name(&self) -> &CheckName {
        &self.settings.name
    }

    fn version(&self) -> u32 {
        1
    }

    fn domains(&self) -> &[Domain] {
        &self.settings.domains
    }

    fn examine(&self, asked: &CheckSpec, stop: &Stop) -> Examined {
        let report = self.sandbox.run(&self.job(asked), stop);
        let outcome = if report.end.is_success() {
            read(&report.result, &asked.sample)
        } else {
            unchecked(&format!("the program gave no answer: {}", report.end))
        };
        Examined { outcome, tool: Some(used(&self.tool, report.level, &[])) }
    }
}

/// The outcome that a program wrote, if it is one.
fn read(answer: &[u8], sample: &SampleTexts) -> Outcome {
    match serde_json::from_slice::<Outcome>(answer) {
        Ok(Outcome::Fail { findings }) if findings.is_empty() => {
            unchecked("the program says `fail` without a finding; say what is wrong")
        }
        Ok(Outcome::Fail { findings }) => {
            let known = findings.into_iter().take(MAX_FINDINGS).map(|finding| placed(finding, sample));
            Outcome::Fail { findings: known.collect() }
        }
        Ok(outcome @ (Outcome::Pass | Outcome::NotApplicable | Outcome::Unchecked { .. })) => outcome,
        Err(error) => unchecked(&format!("the program's answer is no outcome: {error}")),
    }
}

/// A finding whose place is taken away when there is no such place.
fn placed(finding: Finding, sample: &SampleTexts) -> Finding {
    let text: &str = match finding.field {
        Field::Instruction => &sample.instruction,
        Field::Input => &sample.input,
        Field::Output => &sample.output,
    };
    let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    let stands = finding.span.is_some_and(|span| text.get(place(span.start)..place(span.end)).is_some());
    if stands { finding } else { Finding { span: None, ..finding } }
}
