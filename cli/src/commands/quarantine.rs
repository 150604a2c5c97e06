//! `quarantine`: sets aside afterwards what somebody has produced, and takes that back.

use std::time::Duration;

use hafs_proto::people::{
    Page, QuarantinePreview, QuarantineRequest, QuarantineState, QuarantineView, Selection,
};
use hafs_proto::{BoundedText, QuarantineId, SourceName, TeacherName, Timestamp, WorkerId};

use super::exports;
use crate::api::{Api, ask};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape, pairs, table};

/// Between two looks at a quarantine that takes long.
const PAUSE: Duration = Duration::from_millis(500);

/// Set aside all that a worker, teacher or source has produced, or what came in some time; and take that back.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    after_help = "Examples:
  hafs-factory quarantine --worker worker_0198c0de… --reason \"invented file names\" --dry-run
  hafs-factory quarantine --teacher ollama/qwen2.5-coder:14b --since 2026-11-20T00:00:00Z --reason \"bad weights\"
  hafs-factory quarantine list
  hafs-factory quarantine lift quarantine_0198c0de…

Options that are given together must all fit. Samples are set aside with the reason, whatever was decided about them, and
with them those that were derived from them. Verdicts of the worker or teacher do not count any more, and decisions that
hung on them are drawn again. The data sets that hold such samples are named."
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    begin: Begin,
}

/// What else to do with quarantines.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Take a quarantine back: every sample becomes what it was.
    #[command(after_help = "Example:\n  hafs-factory quarantine lift quarantine_0198c0de…")]
    Lift {
        /// The quarantine.
        quarantine: QuarantineId,
    },
    /// Quarantines, newest first.
    #[command(after_help = "Example:\n  hafs-factory quarantine list --json")]
    List,
    /// A quarantine, how far it is, and the data sets that it taints.
    #[command(after_help = "Example:\n  hafs-factory quarantine show quarantine_0198c0de…")]
    Show {
        /// The quarantine.
        quarantine: QuarantineId,
    },
}

/// What is meant.
#[derive(Debug, clap::Args)]
struct Begin {
    /// Made or judged by this worker.
    #[arg(long)]
    worker: Option<WorkerId>,
    /// Written or judged by this teacher.
    #[arg(long)]
    teacher: Option<TeacherName>,
    /// Made from seeds of this source.
    #[arg(long)]
    source: Option<SourceName>,
    /// Received at this time or later, such as 2026-11-20T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Received before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Why; every sample that is set aside carries it.
    #[arg(long, required = true)]
    reason: Option<String>,
    /// Say what would be set aside, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Does it.
///
/// # Errors
/// [`Failure`] when nothing is selected, or there is no such worker or quarantine.
pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    match args.command {
        Some(Command::List) => {
            let page: Page<QuarantineView> =
                ask(context, &config, async |api| Ok(api.list("/v1/quarantines", &[], 500).await?)).await?;
            context.out.result(&page, rows)?;
        }
        Some(Command::Show { quarantine }) => {
            let path = format!("/v1/quarantines/{quarantine}");
            let view = ask(context, &config, async |api| Ok(api.get(&path, &[]).await?)).await?;
            context.out.result(&view, one)?;
        }
        Some(Command::Lift { quarantine }) => {
            let path = format!("/v1/quarantines/{quarantine}/lift");
            let lift = async |api: &Api| to_its_end(api, api.act(&path).await?).await;
            context.out.result(&ask(context, &config, lift).await?, one)?;
        }
        None => {
            let (request, dry_run) = request(args.begin)?;
            if dry_run {
                let preview: QuarantinePreview = ask(context, &config, async |api| {
                    Ok(api.post("/v1/quarantines/preview", &request).await?)
                })
                .await?;
                context.out.result(&preview, preview_text)?;
            } else {
                let begin =
                    async |api: &Api| to_its_end(api, api.post("/v1/quarantines", &request).await?).await;
                context.out.result(&ask(context, &config, begin).await?, one)?;
            }
        }
    }
    Ok(Exit::Done)
}

fn request(begin: Begin) -> Result<(QuarantineRequest, bool), Failure> {
    let Begin { worker, teacher, source, since, until, reason, dry_run } = begin;
    let selection = Selection { worker, teacher, source, since, until };
    if selection.is_empty() {
        return Err(Failure::new(Exit::Usage, "nothing is selected, and that does not mean everything")
            .remedy("name a worker, a teacher, a source or a time"));
    }
    let reason = BoundedText::new(reason.unwrap_or_default())?;
    Ok((QuarantineRequest { selection, reason }, dry_run))
}

/// Waits until nothing is under way any more. Whoever stops waiting stops nothing.
async fn to_its_end(api: &Api, mut view: QuarantineView) -> Result<QuarantineView, Failure> {
    while view.state.moves() {
        tokio::time::sleep(PAUSE).await;
        view = api.get(&format!("/v1/quarantines/{}", view.id), &[]).await?;
    }
    Ok(view)
}

fn meant(selection: &Selection) -> String {
    let Selection { worker, teacher, source, since, until } = selection;
    let parts = [
        worker.map(|it| it.to_string()),
        teacher.as_ref().map(ToString::to_string),
        source.as_ref().map(|it| format!("source {it}")),
        since.map(|it| format!("since {it}")),
        until.map(|it| format!("until {it}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn rows(page: &Page<QuarantineView>) -> String {
    let mut table = table(&["quarantine", "state", "samples", "verdicts", "data sets", "what", "why"]);
    for view in &page.items {
        table.add_row([
            view.id.to_string(),
            view.state.word().to_owned(),
            count(view.samples),
            count(view.verdicts),
            count(view.tainted.len() as u64),
            meant(&view.selection),
            escape(&view.reason),
        ]);
    }
    table.to_string()
}

fn one(view: &QuarantineView) -> String {
    let head = pairs([
        ("quarantine", view.id.to_string()),
        ("state", view.state.word().to_owned()),
        ("what", meant(&view.selection)),
        ("why", escape(&view.reason)),
        ("samples set aside", count(view.samples)),
        ("verdicts that do not count", count(view.verdicts)),
        ("decisions drawn again", count(view.redrawn)),
        ("stay set aside after lifting", count(view.kept)),
    ]);
    let next = match view.state {
        QuarantineState::Done | QuarantineState::Standing => {
            format!("\n\nTo take it back:\n  hafs-factory quarantine lift {}", view.id)
        }
        QuarantineState::Running | QuarantineState::Lifting | QuarantineState::Lifted => String::new(),
    };
    format!("{head}\n\n{}{next}", datasets(&view.tainted))
}

fn datasets(tainted: &[hafs_proto::people::DatasetView]) -> String {
    if tainted.is_empty() {
        return "No data set holds such samples.".to_owned();
    }
    format!("Tainted data sets:\n{}", exports::rows(tainted))
}

fn preview_text(preview: &QuarantinePreview) -> String {
    format!(
        "{} samples would be set aside, {} of them accepted; {} verdicts would not count. Nothing was changed.\n\n{}",
        count(preview.samples),
        count(preview.accepted),
        count(preview.verdicts),
        datasets(&preview.tainted)
    )
}
