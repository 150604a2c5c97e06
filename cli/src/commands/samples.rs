//! `samples`: list, and show one with its whole chain.

use hafs_proto::check::Outcome;
use hafs_proto::people::{CheckView, ClaimView, Page, Repetition, ReviewView, SampleDetail, SamplePrice};
use hafs_proto::verdict::CriterionVerdict;
use hafs_proto::{
    CheckedBy, Domain, Reason, RunId, Sample, SampleId, SampleState, Tag, TeacherName, ToolUse, Verdict,
};

use super::tasks;
use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{escape, one_line, pairs, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory samples list --state rejected --reason near_duplicate
  hafs-factory samples show sample_0198c0de…
  hafs-factory samples list --state accepted --limit 1000 --json
  hafs-factory samples list --csv > samples.csv";

/// What to do with samples.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Samples, newest first.
    List(Filter),
    /// A sample with its lineage, every check, every verdict and the decision.
    Show {
        /// The sample.
        sample: SampleId,
    },
}

/// Which samples.
#[derive(Debug, clap::Args)]
pub struct Filter {
    /// Of this run.
    #[arg(long)]
    run: Option<RunId>,
    /// In this state.
    #[arg(long, value_parser = ["candidate", "accepted", "rejected", "quarantined"])]
    state: Option<String>,
    /// Of this domain.
    #[arg(long)]
    domain: Option<Domain>,
    /// Rejected for this reason, among others.
    #[arg(long)]
    reason: Option<Reason>,
    /// Written by this teacher.
    #[arg(long)]
    teacher: Option<TeacherName>,
    /// Marked with this tag.
    #[arg(long)]
    tag: Option<Tag>,
    /// With this text in one of its three; letters from A to Z in either case.
    #[arg(long)]
    text: Option<String>,
    /// At most this many.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// Does it.
///
/// # Errors
/// [`Failure`] when there is no such sample.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    match command {
        Command::List(filter) => {
            let query = query(&filter);
            let page: Page<Sample> =
                ask(context, &config, async |api| Ok(api.list("/v1/samples", &query, filter.limit).await?))
                    .await?;
            context.out.result(&page, rows)?;
        }
        Command::Show { sample } => {
            let path = format!("/v1/samples/{sample}");
            let detail: SampleDetail =
                ask(context, &config, async |api| Ok(api.get(&path, &[]).await?)).await?;
            context.out.result(&detail, one)?;
        }
    }
    Ok(Exit::Done)
}

fn query(filter: &Filter) -> Vec<(&'static str, String)> {
    let run = filter.run.iter().map(|run| ("run", run.to_string()));
    let state = filter.state.iter().map(|state| ("state", state.clone()));
    let domain = filter.domain.iter().map(|domain| ("domain", domain.to_string()));
    let reason = filter.reason.iter().map(|reason| ("reason", reason.to_string()));
    let teacher = filter.teacher.iter().map(|teacher| ("teacher", teacher.to_string()));
    let tag = filter.tag.iter().map(|tag| ("tag", tag.to_string()));
    let text = filter.text.iter().map(|text| ("text", text.clone()));
    run.chain(state).chain(domain).chain(reason).chain(teacher).chain(tag).chain(text).collect()
}

fn rows(page: &Page<Sample>) -> String {
    let mut table = table(&["sample", "state", "domain", "generator", "reasons", "instruction"]);
    for sample in &page.items {
        table.add_row([
            sample.id.to_string(),
            sample.state.word().to_owned(),
            sample.domain.to_string(),
            sample.lineage.generator.to_string(),
            reasons(&sample.state),
            one_line(&sample.instruction, 60),
        ]);
    }
    table.to_string()
}

fn reasons(state: &SampleState) -> String {
    match state {
        SampleState::Candidate | SampleState::Accepted { .. } => String::new(),
        SampleState::Rejected { reasons, .. } => {
            reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>().join(" ")
        }
        SampleState::Quarantined { why, .. } => one_line(why, 60),
    }
}

pub(super) fn one(detail: &SampleDetail) -> String {
    let sample = &detail.sample;
    let decision = detail.decision.as_ref().map_or_else(
        || "none yet".to_owned(),
        |decision| {
            let by = if decision.review.is_some() { "a person, above " } else { "" };
            format!("{by}rule {}, {} of {} judges agree", decision.rule, decision.agree, decision.of)
        },
    );
    let state = format!("{} {}", sample.state.word(), reasons(&sample.state));
    let head = pairs([
        ("sample", sample.id.to_string()),
        ("state", state.trim_end().to_owned()),
        ("decision", decision),
        ("domain", sample.domain.to_string()),
        ("tags", detail.tags.iter().map(|tag| tag.as_str()).collect::<Vec<_>>().join(" ")),
        ("made", sample.created_at.to_string()),
        ("price", detail.price.map_or_else(|| "none, it is not accepted".to_owned(), price)),
    ]);
    let mut parts =
        vec![head.to_string(), lineage(detail), tasks::attempts(std::slice::from_ref(&detail.attempt))];
    parts.push(checks(&detail.checks, &detail.claims));
    parts.extend(detail.verdicts.iter().map(verdict));
    if !detail.reviews.is_empty() {
        parts.push(reviews(&detail.reviews));
    }
    for (name, text) in
        [("INSTRUCTION", &*sample.instruction), ("INPUT", &*sample.input), ("OUTPUT", &*sample.output)]
    {
        if !text.is_empty() {
            parts.push(format!("--- {name}\n{}", escape(text)));
        }
    }
    parts.join("\n\n")
}

fn reviews(reviews: &[ReviewView]) -> String {
    let mut table = table(&["act of a person", "by", "before", "after", "why"]);
    for view in reviews {
        let despite = view.despite_checks.then(|| "despite checks".to_owned());
        let tag = view.tag.as_ref().map(ToString::to_string);
        let successor = view.successor.map(|id| format!("as {id}"));
        let parts = [Some(view.act.to_string()), tag, successor, despite];
        table.add_row([
            parts.into_iter().flatten().collect::<Vec<_>>().join(" "),
            escape(&view.by),
            view.before.to_string(),
            view.after.to_string(),
            one_line(&view.why, 160),
        ]);
    }
    table.to_string()
}

fn price(price: SamplePrice) -> String {
    format!(
        "{}: {} for it and its judges, {} its share of calls that came to nothing",
        price.total(),
        price.own,
        price.shared
    )
}

fn lineage(detail: &SampleDetail) -> String {
    let (lineage, origin) = (&detail.sample.lineage, &detail.seed.draft.provenance);
    let template = &lineage.template;
    let served = lineage.served_model.as_deref().unwrap_or("not said");
    pairs([
        ("seed", format!("{} ({})", lineage.seed, detail.seed.draft.kind.word())),
        ("mined from", format!("{} {}", origin.source, escape(&origin.locator))),
        ("revision", origin.revision.as_deref().map(escape).unwrap_or_default()),
        ("licence", origin.license.as_deref().map(escape).unwrap_or_else(|| "not known".to_owned())),
        ("generator", format!("{}, template version {}", lineage.generator, template.version)),
        ("teacher", format!("{} (served as {})", lineage.teacher, escape(served))),
        ("run, task", format!("{}, {} slot {}", lineage.run, lineage.task, lineage.slot)),
        ("worker", lineage.worker.to_string()),
    ])
    .to_string()
}

fn checks(checks: &[CheckView], claims: &[ClaimView]) -> String {
    let mut table = table(&["check", "version", "outcome", "by", "found"]);
    for (at, CheckView { check, .. }) in (0_u32..).zip(checks) {
        let claim = claims.iter().find(|claim| claim.check == at);
        let found = match &check.outcome {
            Outcome::Pass | Outcome::NotApplicable => check.tool.as_ref().map(tool).unwrap_or_default(),
            Outcome::Unchecked { why } => one_line(why, 160),
            Outcome::Fail { findings } => {
                let messages =
                    findings.iter().map(|it| format!("{}: {}", it.reason, one_line(&it.message, 160)));
                messages.collect::<Vec<_>>().join("\n")
            }
        };
        table.add_row([
            check.name.to_string(),
            check.version.to_string(),
            check.outcome.word().to_owned(),
            claim.map_or_else(|| by(check.by).to_owned(), claimed),
            found,
        ]);
    }
    table.to_string()
}

const fn by(by: CheckedBy) -> &'static str {
    match by {
        CheckedBy::Coordinator => "coordinator",
        CheckedBy::Worker => "worker",
    }
}

/// Who reported a check, and who vouches for it.
fn claimed(claim: &ClaimView) -> String {
    let vouched = match claim.repetition {
        Repetition::NotDrawn => "not repeated: few of its checks are, so many were confirmed",
        Repetition::NobodyElse => "not repeated: no other trusted worker has the tool",
        Repetition::Asked => "another worker was asked to repeat it and has not answered",
        Repetition::Confirmed => "repeated by another worker, with the same outcome",
        Repetition::OtherTool => "repeated by another worker with another version of the tool",
        Repetition::NotComparable => "not repeated: it, or the repetition, could not run",
        Repetition::Contradicted => "CONTRADICTED by another worker",
        Repetition::Repeats => "repeats the check of another worker",
    };
    let void = if claim.void { "\ndoes not count any more" } else { "" };
    format!("{}\n{vouched}{void}", claim.worker)
}

/// Which program of a machine spoke, behind which walls.
fn tool(tool: &ToolUse) -> String {
    let notes = tool.notes.iter().map(|note| one_line(note, 160));
    let said = format!("{} in {}", one_line(&tool.version, 80), escape(&tool.sandbox));
    std::iter::once(said).chain(notes).collect::<Vec<_>>().join("\n")
}

fn verdict(verdict: &Verdict) -> String {
    let mut table = table(&["criterion", "verdict", "why"]);
    for criterion in &verdict.opinion.criteria {
        let word = match criterion.verdict {
            CriterionVerdict::Pass => "pass",
            CriterionVerdict::Fail => "fail",
            CriterionVerdict::Na => "n/a",
        };
        table.add_row([escape(&criterion.id), word.to_owned(), one_line(&criterion.why, 160)]);
    }
    format!("Judge {} gives {:.2}:\n{table}", verdict.judge, verdict.opinion.score.get())
}
