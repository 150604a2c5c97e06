//! Rows, runs and settings for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use hafs_proto::people::{ExportFormat, SplitRatios};
use hafs_proto::run::Policy;
use hafs_proto::sample::{Lineage, TemplateRef, content_hash};
use hafs_proto::{
    BoundedText, ContentHash, Provenance, Reason, Run, RunSpec, RunState, Sample, SampleState, Score,
    Timestamp,
};
use uuid::Uuid;

use crate::counts::Counts;
use crate::error::ExportError;
use crate::input::{CheckSummary, ExportRow, Inputs, JudgeUse, Settings, Votes};
use crate::special::SpecialTokens;
use crate::write::{Written, write};

/// An accepted sample that shares nothing with the rows of other numbers.
pub fn row(number: u32) -> ExportRow {
    let uuid = Uuid::from_u128(0x0190_b2f6_7c1a_7000_8000_0000_0000_0000 + u128::from(number));
    let at = Timestamp::from_millis(1_795_351_405_120 + i64::from(number)).expect("in range");
    let group = BoundedText::clipped(&format!("repo/file-{number}.rs"));
    let texts = (format!("Explain {number}."), format!("fn f{number}() {{}}"), format!("It is {number}."));
    let name = |text: &str| text.parse().expect("a name");
    let sample = Sample {
        id: uuid.into(),
        domain: "rust".parse().expect("a domain"),
        content_hash: content_hash(&texts.0, &texts.1, &texts.2),
        canon_hash: ContentHash::of(texts.2.as_bytes()),
        instruction: BoundedText::clipped(&texts.0),
        input: BoundedText::clipped(&texts.1),
        output: BoundedText::clipped(&texts.2),
        lineage: Lineage {
            run: Uuid::from_u128(7).into(),
            task: uuid.into(),
            slot: 0,
            attempt: uuid.into(),
            worker: Uuid::from_u128(1).into(),
            seed: uuid.into(),
            parent: None,
            generator: name("explain-code"),
            template: TemplateRef { name: name("explain-code"), version: 3, hash: ContentHash::of(b"t") },
            teacher: "ollama/qwen2.5-coder:14b".parse().expect("a teacher"),
            served_model: Some(BoundedText::clipped("qwen2.5-coder:14b-q4")),
            prompt_hash: ContentHash::of(b"p"),
            group: group.clone(),
        },
        created_at: at,
        state: SampleState::Accepted { at },
    };
    let provenance = Provenance {
        source: "repo".parse().expect("a source"),
        locator: BoundedText::clipped(&format!("file-{number}.rs:1-9")),
        group,
        revision: None,
        path: None,
        lines: Some((1, 9)),
        license: Some(BoundedText::clipped("MIT")),
        redactions: 0,
    };
    let checks = CheckSummary { passed: 5, ..CheckSummary::default() };
    ExportRow {
        sample,
        provenance,
        checks,
        votes: Votes { agree: 2, of: 3 },
        unverified: None,
        reviewed: BTreeSet::new(),
    }
}

/// Gives a row other texts, and the hashes that go with them.
pub fn with_texts(mut row: ExportRow, instruction: &str, input: &str, output: &str) -> ExportRow {
    let sample = &mut row.sample;
    sample.instruction = BoundedText::new(instruction).expect("fits");
    sample.input = BoundedText::new(input).expect("fits");
    sample.output = BoundedText::new(output).expect("fits");
    sample.content_hash = content_hash(instruction, input, output);
    sample.canon_hash = ContentHash::of(output.as_bytes());
    row
}

/// A rejected answer to the prompt of another row.
pub fn sibling(of: &ExportRow, number: u32, output: &str, reason: Reason) -> ExportRow {
    let mut row = with_texts(row(number), &of.sample.instruction, &of.sample.input, output);
    row.sample.state = SampleState::Rejected { at: Timestamp::EPOCH, reasons: vec![reason] };
    row
}

/// The state of a row that was set aside.
pub fn quarantined() -> SampleState {
    SampleState::Quarantined { at: Timestamp::EPOCH, why: BoundedText::clipped("poisoned worker") }
}

/// Forty accepted samples in twenty groups, and for every fourth of them a rejected sibling.
pub fn forty() -> Vec<ExportRow> {
    let mut rows = Vec::new();
    for number in 1..=40 {
        let mut row = row(number);
        row.sample.lineage.group = BoundedText::clipped(&format!("repo/file-{}.rs", number.div_ceil(2)));
        row.provenance.group = row.sample.lineage.group.clone();
        if number % 4 == 0 {
            let reason = if number % 8 == 0 { Reason::LowConsensus } else { Reason::Hedge };
            rows.push(sibling(&row, number + 100, &format!("No idea what {number} is."), reason));
        }
        rows.push(row);
    }
    rows
}

/// Counts that fit the rows, with two generations that were given up.
pub fn counts(rows: &[ExportRow]) -> Counts {
    let mut counts =
        Counts { failed: 2, failed_by_reason: BTreeMap::from([(Reason::Timeout, 2)]), ..Counts::default() };
    for row in rows {
        counts.generated += 1;
        let count = match &row.sample.state {
            SampleState::Candidate => &mut counts.candidates,
            SampleState::Accepted { .. } => &mut counts.accepted,
            SampleState::Rejected { reasons, .. } => {
                *counts.rejected_by_first_reason.entry(reasons[0]).or_default() += 1;
                &mut counts.rejected
            }
            SampleState::Quarantined { .. } => &mut counts.quarantined,
        };
        *count += 1;
    }
    counts
}

/// The run that all rows belong to.
pub fn run() -> Run {
    let score = |value| Score::new(value).expect("a score");
    let policy = Policy {
        agree: 2,
        of: 3,
        min_quality_score: score(0.7),
        diversity_threshold: score(0.8),
        self_judge: false,
        allow_unchecked: false,
        min_output_chars: 1,
        max_output_chars: 9_000,
        repairs: 1,
        feedback: false,
        active_learning: false,
        augmentation_ratio: Score::ZERO,
        validators: Vec::new(),
    };
    let spec = RunSpec {
        name: BoundedText::clipped("a <b>run</b>"),
        target: 40,
        sources: vec!["repo".parse().expect("a source")],
        generators: vec!["explain-code".parse().expect("a generator")],
        teachers: vec!["ollama/qwen2.5-coder:14b".parse().expect("a teacher")],
        judges: vec![],
        policy,
        budget: None,
        batch: hafs_proto::run::Batching::Never,
        within_s: None,
        max_attempts: 3,
        max_tokens: 1_000,
        seed: 11,
        checkpoint_interval: 100,
    };
    Run {
        id: Uuid::from_u128(7).into(),
        spec,
        config_fingerprint: ContentHash::of(b"config"),
        state: RunState::Finished,
        created_at: Timestamp::EPOCH,
        ended_at: None,
        ended_because: None,
    }
}

/// Every format, 80/10/10, special tokens rejected.
pub fn settings(parent: &Path) -> Settings {
    Settings {
        id: Uuid::from_u128(0x99).into(),
        name: "rust-explained".parse().expect("a name"),
        parent: parent.to_owned(),
        formats: ExportFormat::ALL.iter().copied().collect(),
        ratios: SplitRatios { train: 800, val: 100, test: 100 },
        seed: 5,
        unverified_share: 1_000,
        special_tokens: SpecialTokens::Reject,
    }
}

/// Finds a few of the tokens that the real finder knows.
pub fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<_> = ["<|im_end|>", "[/INST]", "</s>", "### Response:"]
        .iter()
        .flat_map(|token| text.match_indices(token).map(|(at, token)| at..at + token.len()))
        .collect();
    found.sort_by_key(|range| range.start);
    found
}

/// Exports rows with counts that fit them.
pub fn export(rows: &[ExportRow], settings: &Settings) -> Result<Written, ExportError> {
    let judges = [JudgeUse {
        judge: "openai/gpt-x".parse().expect("a judge"),
        served_models: BTreeMap::from([("gpt-x-2026".to_owned(), 120)]),
        verdicts: 120,
    }];
    let inputs =
        Inputs { rows, counts: &counts(rows), runs: &[run()], judges: &judges, code_version: "0.1.0+test" };
    write(&inputs, settings, &find)
}
