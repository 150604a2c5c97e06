//! `recheck`: lets newer gates and validators look again at samples that were decided before.

use std::time::Duration;

use hafs_proto::people::{
    Page, RecheckPreview, RecheckRequest, RecheckSelection, RecheckStage, RecheckState, RecheckView,
};
use hafs_proto::{BoundedText, CheckName, Domain, RecheckId, RunId};

use crate::api::{Api, ask};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape, pairs, table};

/// Between two looks at a recheck that takes long.
const PAUSE: Duration = Duration::from_millis(500);

/// Let newer gates and validators look again at samples that were decided before, and draw the decisions again.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:
  hafs-factory recheck --reason \"new release\" --dry-run
  hafs-factory recheck --domain asm --check ca65 --reason \"cc65 was updated\"
  hafs-factory recheck --state quarantined --check cpp-compile --reason \"the headers are in view now\"
  hafs-factory recheck list

Gates run on the coordinator, validators on workers that have them, after all other work. Every earlier check stays on record.
Without `--state` the accepted samples are meant. It goes on when this command is ended, and after a restart."
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    begin: Begin,
}

/// What else to do with rechecks.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Rechecks, newest first.
    #[command(after_help = "Example:\n  hafs-factory recheck list --json")]
    List,
    /// A recheck and how far it is.
    #[command(after_help = "Example:\n  hafs-factory recheck show recheck_0198c0de…")]
    Show {
        /// The recheck.
        recheck: RecheckId,
    },
}

/// What is meant.
#[derive(Debug, clap::Args)]
struct Begin {
    /// Samples in this state; `all` are all that were decided.
    #[arg(long, value_parser = ["accepted", "quarantined", "all"], default_value = "accepted")]
    state: String,
    /// Of this run.
    #[arg(long)]
    run: Option<RunId>,
    /// Of this domain.
    #[arg(long)]
    domain: Option<Domain>,
    /// With this gate or validator alone.
    #[arg(long, value_name = "NAME")]
    check: Option<CheckName>,
    /// Why, for the audit log.
    #[arg(long, required = true)]
    reason: Option<String>,
    /// Say how many samples would be looked at, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Begin it and do not wait for its end.
    #[arg(long)]
    no_wait: bool,
}

/// Does it.
///
/// # Errors
/// [`Failure`] when there is no such run or recheck, or no reason is given.
pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    match args.command {
        Some(Command::List) => {
            let page: Page<RecheckView> =
                ask(context, &config, async |api| Ok(api.list("/v1/rechecks", &[], 500).await?)).await?;
            context.out.result(&page, rows)?;
        }
        Some(Command::Show { recheck }) => {
            let path = format!("/v1/rechecks/{recheck}");
            let view = ask(context, &config, async |api| Ok(api.get(&path, &[]).await?)).await?;
            context.out.result(&view, one)?;
        }
        None => {
            let (dry_run, wait) = (args.begin.dry_run, !args.begin.no_wait);
            let request = request(args.begin)?;
            if dry_run {
                let preview = async |api: &Api| Ok(api.post("/v1/rechecks/preview", &request).await?);
                context.out.result(&ask(context, &config, preview).await?, preview_text)?;
            } else {
                let begin = async |api: &Api| {
                    let view = api.post("/v1/rechecks", &request).await?;
                    if wait { to_its_end(context, api, view).await } else { Ok(view) }
                };
                context.out.result(&ask(context, &config, begin).await?, one)?;
            }
        }
    }
    Ok(Exit::Done)
}

fn request(begin: Begin) -> Result<RecheckRequest, Failure> {
    let state = match begin.state.as_str() {
        "quarantined" => RecheckState::Quarantined,
        "all" => RecheckState::All,
        _ => RecheckState::Accepted,
    };
    let Begin { run, domain, check, reason, .. } = begin;
    let selection = RecheckSelection { state, run, domain, check, checked_by: None };
    Ok(RecheckRequest { selection, reason: BoundedText::new(reason.unwrap_or_default())? })
}

/// Waits until nothing is under way any more, and says how far it is. Whoever stops waiting stops nothing.
async fn to_its_end(context: &Context, api: &Api, mut view: RecheckView) -> Result<RecheckView, Failure> {
    let mut told = String::new();
    while view.stage != RecheckStage::Done {
        let now = progress(&view);
        if now != told {
            context.out.note(&now);
            told = now;
        }
        tokio::time::sleep(PAUSE).await;
        view = api.get(&format!("/v1/rechecks/{}", view.id), &[]).await?;
    }
    Ok(view)
}

fn progress(view: &RecheckView) -> String {
    format!(
        "{} of {} samples looked at, {} of {} checks by workers under way, {} decisions changed",
        count(view.samples),
        count(view.meant),
        count(view.open),
        count(view.asked),
        count(view.changed)
    )
}

fn meant(selection: &RecheckSelection) -> String {
    let RecheckSelection { state, run, domain, check, checked_by } = selection;
    let parts = [
        Some(state.word().to_owned()),
        run.map(|it| it.to_string()),
        domain.as_ref().map(|it| format!("domain {it}")),
        check.as_ref().map(|it| format!("check {it}")),
        checked_by.map(|it| format!("checked by {it}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn rows(page: &Page<RecheckView>) -> String {
    let mut table = table(&["recheck", "stage", "samples", "under way", "changed", "what", "why"]);
    for view in &page.items {
        table.add_row([
            view.id.to_string(),
            view.stage.word().to_owned(),
            count(view.samples),
            count(view.open),
            count(view.changed),
            meant(&view.selection),
            escape(&view.reason),
        ]);
    }
    table.to_string()
}

fn one(view: &RecheckView) -> String {
    pairs([
        ("recheck", view.id.to_string()),
        ("stage", view.stage.word().to_owned()),
        ("what", meant(&view.selection)),
        ("why", escape(&view.reason)),
        ("by", escape(&view.by)),
        ("samples looked at", format!("{} of {}", count(view.samples), count(view.meant))),
        ("outcomes of gates recorded", count(view.gates)),
        (
            "checks by workers",
            format!("{}, {} under way, {} lost", count(view.asked), count(view.open), count(view.lost)),
        ),
        ("checks that nobody has", count(view.unasked)),
        ("decisions changed", count(view.changed)),
    ])
    .to_string()
}

fn preview_text(preview: &RecheckPreview) -> String {
    let (samples, accepted) = (count(preview.samples), count(preview.accepted));
    format!("{samples} samples would be looked at again, {accepted} of them accepted. Nothing was changed.")
}
