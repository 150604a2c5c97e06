//! `teachers`: how they stand with their limits and providers, and letting one be asked again.

use hafs_proto::people::{Page, ResumeTeacher, TeacherView, WorkerView};
use hafs_proto::worker::{TeacherFacts, TeacherTrial};
use hafs_proto::{BoundedText, Limits, TeacherName};
use serde::Serialize;
use serde_json::json;

use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory teachers list
  hafs-factory teachers tried
  hafs-factory teachers resume anthropic/claude-opus-4-5-20251101";

/// What to do with teachers.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Teachers that are asked with a key or within limits, and whether they may be asked now.
    List,
    /// What workers know of their teachers: family, what came of trying them, and why one is not offered.
    Tried,
    /// Let a teacher be asked again, after its key or its account was mended.
    Resume {
        /// The teacher.
        teacher: TeacherName,
    },
}

/// Does it.
///
/// # Errors
/// [`Failure`] when there is no such teacher.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List => list(context).await?,
        Command::Tried => tried(context).await?,
        Command::Resume { teacher } => resume(context, teacher).await?,
    }
    Ok(Exit::Done)
}

async fn list(context: &Context) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let page: Page<TeacherView> =
        ask(context, &config, async |api| Ok(api.get("/v1/teachers", &[]).await?)).await?;
    context.out.result(&page, |page| {
        let head =
            ["teacher", "key", "standing", "until", "limits", "room", "in flight", "spent today", "why"];
        let mut table = table(&head);
        for teacher in &page.items {
            table.add_row([
                teacher.teacher.to_string(),
                escape(&teacher.key),
                teacher.standing.word().to_owned(),
                teacher.until.map(|until| until.to_string()).unwrap_or_default(),
                limits(&teacher.limits),
                teacher.room.map(count).unwrap_or_default(),
                count(teacher.in_flight),
                teacher.spent_today.to_string(),
                teacher.why.as_deref().map(escape).unwrap_or_default(),
            ]);
        }
        table.to_string()
    })
}

/// A teacher of a worker.
#[derive(Debug, Serialize)]
struct Tried {
    worker: BoundedText<64>,
    #[serde(flatten)]
    facts: TeacherFacts,
}

async fn tried(context: &Context) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let page: Page<WorkerView> =
        ask(context, &config, async |api| Ok(api.get("/v1/workers", &[]).await?)).await?;
    let of_worker = |view: WorkerView| {
        let worker = view.name;
        view.facts.teachers.into_iter().map(move |facts| Tried { worker: worker.clone(), facts })
    };
    let all: Vec<Tried> = page.items.into_iter().flat_map(of_worker).collect();
    context.out.result(&all, |all| {
        let mut table =
            table(&["worker", "teacher", "family", "tried", "ms", "served", "form", "cost", "not offered"]);
        all.iter().for_each(|tried| {
            table.add_row(row(tried));
        });
        table.to_string()
    })
}

fn row(tried: &Tried) -> [String; 9] {
    let TeacherFacts { teacher, family, trial, withheld } = &tried.facts;
    let trial = trial.as_ref();
    let said = |text: Option<&str>| text.map(escape).unwrap_or_default();
    let form = |trial: &TeacherTrial| match (&trial.call.error, trial.structured) {
        (Some(error), _) => error.reason.code().to_owned(),
        (None, true) => "as asked".to_owned(),
        (None, false) => "other".to_owned(),
    };
    [
        escape(&tried.worker),
        teacher.to_string(),
        said(family.as_deref()),
        trial.map_or_else(|| "no".to_owned(), |trial| trial.at.to_string()),
        trial.map(|trial| count(trial.call.latency_ms)).unwrap_or_default(),
        said(trial.and_then(|trial| trial.call.served_model.as_deref())),
        trial.map(form).unwrap_or_default(),
        trial.map(|trial| trial.call.cost.to_string()).unwrap_or_default(),
        said(withheld.as_deref()),
    ]
}

fn limits(limits: &Limits) -> String {
    let named = [
        (limits.requests_per_minute, "requests/min"),
        (limits.requests_per_day, "requests/day"),
        (limits.input_tokens_per_minute, "tokens in/min"),
        (limits.output_tokens_per_minute, "tokens out/min"),
        (limits.tokens_per_minute, "tokens/min"),
    ];
    let named = named.into_iter().filter_map(|(limit, unit)| Some(format!("{} {unit}", count(limit?))));
    named.collect::<Vec<_>>().join(", ")
}

async fn resume(context: &Context, teacher: TeacherName) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let request = ResumeTeacher { teacher: teacher.clone() };
    ask(context, &config, async |api| Ok(api.tell("/v1/teachers/resume", &request).await?)).await?;
    context.out.result(&json!({ "teacher": teacher, "standing": "open" }), |_| {
        format!("{teacher} is asked again, with one second's delay at most.")
    })
}
